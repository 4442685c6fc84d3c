"""The names of objects in a cluster.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
"""

from __future__ import annotations

import re

from virtinstall.kubevirt.conversion import Conversion

LONGEST_LABEL = 63
LONGEST_NAME = 253
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def is_label(name: str) -> bool:
    """Return whether `name` is a DNS label as defined by RFC 1123."""
    return len(name) <= LONGEST_LABEL and _LABEL.fullmatch(name) is not None


def as_label(text: str, default: str) -> str:
    """Return a DNS label that is similar to `text`, or `default` if `text` contains no letters or digits."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return name[:LONGEST_LABEL].strip("-") or default


def is_reference(text: str) -> bool:
    """Return whether `text` is an object name, optionally with a namespace, such as `net-a` or `prod/net-a`."""
    parts = text.split("/")
    return 1 <= len(parts) <= 2 and all(is_name(part) for part in parts)


def is_name(text: str) -> bool:
    """Return whether `text` is a DNS subdomain as defined by RFC 1123: labels that are separated by periods."""
    return len(text) <= LONGEST_NAME and all(_LABEL.fullmatch(part) for part in text.split("."))


def map_name(conversion: Conversion) -> None:
    """Set the name of the guest; report a name that is not a DNS label."""
    name = conversion.take(conversion.domain, "name")
    if name is None:
        stem = "vm" if conversion.os.is_generic else conversion.os.short_id.removesuffix("-unknown")
        conversion.name = as_label(stem, "vm")
        conversion.warn(f"Using default --name {conversion.name}")
        return
    conversion.name = name
    if not is_label(name):
        conversion.break_rule(
            f"--name '{name}': must be a DNS label: at most {LONGEST_LABEL} lowercase letters, digits and hyphens",
            f"use --name {as_label(name, 'vm')}",
        )


def check_reference(conversion: Conversion, option: str, kind: str, name: str) -> None:
    """Report `name` if it is not a valid name for an object in a cluster.

    `option` is the text before the name in messages, such as `disk pool=`, without dashes. `kind` is the kind of the
    object, such as `StorageClass`.
    """
    if not is_reference(name):
        conversion.break_rule(
            f"--{option}{name}: invalid {kind} name",
            "use only lowercase letters, digits, hyphens and periods, with a letter or a digit at both ends",
        )
