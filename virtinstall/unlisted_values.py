"""Warnings about values that the installed libvirt's schema does not list, and hints if libvirt rejects them."""

from __future__ import annotations

from collections.abc import Iterable

_UNLISTED = "not in the installed libvirt's schema"


def unlisted_warning(typed: str, listed: str) -> str:
    """Return the warning about a value that the installed libvirt's schema does not list.

    `typed` is the option with this value, such as `--disk cache=x`. `listed` describes the values that the schema
    lists, such as `the schema lists none, writeback`.
    """
    return f"{typed}: {_UNLISTED} ({listed}); used unchanged"


def listed_values(warnings: Iterable[str], rejection: str) -> str | None:
    """Return a hint with the values in the schema, after libvirt has rejected a value that the schema does not list.

    `warnings` are warnings about the guest, some of which `unlisted_warning` may have returned, and `rejection` is
    libvirt's error message. The result is None if no warning is about the rejected value.
    """
    for warning in warnings:
        typed, found, rest = warning.partition(f": {_UNLISTED} (")
        value = typed.rpartition(" ")[2].rpartition("=")[2]
        if found and (f"'{value}'" in rejection or rejection.endswith(f" {value}")):
            listed = rest.partition("); ")[0].replace("the schema lists", "use one of:")
            return f"{typed}: {listed}"
    return None
