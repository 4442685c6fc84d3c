"""Warnings about values that the installed libvirt's schema does not list, and the advice if libvirt rejects them."""

from __future__ import annotations

from collections.abc import Iterable

_UNLISTED = "not in the schema of the installed libvirt"


def unlisted_warning(typed: str, listed: str) -> str:
    """Return the warning about `typed`, an option with its value; `listed` are the values in the schema."""
    return f"{typed}: {_UNLISTED} ({listed}); used unchanged"


def listed_values(warnings: Iterable[str], rejection: str) -> str | None:
    """Return the hint for libvirt's `rejection`, from the warning about the value in it; None if there is none."""
    for warning in warnings:
        typed, found, rest = warning.partition(f": {_UNLISTED} (")
        value = typed.rpartition(" ")[2].rpartition("=")[2]
        if found and (f"'{value}'" in rejection or rejection.endswith(f" {value}")):
            listed = rest.partition("); ")[0].replace("the schema lists", "use one of")
            return f"{typed}: {listed}"
    return None
