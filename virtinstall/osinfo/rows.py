"""The facts in osinfo-db about one operating system, as plain rows.

The rows are named tuples, because they are stored in the JSON of the cache unchanged.

Source: osinfo-db's schema, /usr/share/osinfo/schema/osinfo.rng
"""

from __future__ import annotations

from typing import Any

from virtinstall.named import NamedTuple


class Amounts(NamedTuple):
    """Amounts of resources, each None if the database does not specify it."""

    cpu_hz: int | None = None
    n_cpus: int | None = None
    ram_bytes: int | None = None
    storage_bytes: int | None = None


class Resources(NamedTuple):
    """`<resources>`: the requirements of a guest with the architecture `arch`, or with any architecture if it is `all`.

    `inherit` is whether missing values are those of the operating system from which this one is derived.
    """

    arch: str
    inherit: bool
    minimum: Amounts | None
    recommended: Amounts | None
    maximum: Amounts | None
    network_install: Amounts | None


class Firmware(NamedTuple):
    """`<firmware>`: whether the firmware `type`, `bios` or `efi`, is supported on an architecture."""

    arch: str
    type: str
    supported: bool


def resources_from_json(row: list[Any]) -> Resources:
    """Return the resources for a row from JSON, in which the amounts are nested rows."""
    arch, inherit, *amounts = row
    return Resources(arch, inherit, *(Amounts(*values) if values else None for values in amounts))
