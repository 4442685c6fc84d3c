"""Warnings about values that the installed libvirt's schema does not list, and the advice if libvirt rejects them."""

from __future__ import annotations

from collections.abc import Iterable

_UNLISTED = "not in the installed libvirt's schema"


def unlisted_warning(typed: str, listed: str) -> str:
    """Return the warning about the value in `typed`, which the schema does not list.

    `typed` is an option with its value, such as `--disk cache=x`. `listed` describes the values in the schema.
    """
    return f"{typed}: {_UNLISTED} ({listed}); used unchanged"


def listed_values(warnings: Iterable[str], rejection: str) -> str | None:
    """Return the hint for libvirt's message `rejection`, from the warning about the rejected value.

    The result is None if none of `warnings` is about that value.
    """
    for warning in warnings:
        typed, found, rest = warning.partition(f": {_UNLISTED} (")
        value = typed.rpartition(" ")[2].rpartition("=")[2]
        if found and (f"'{value}'" in rejection or rejection.endswith(f" {value}")):
            listed = rest.partition("); ")[0].replace("the schema lists", "use one of:")
            return f"{typed}: {listed}"
    return None
