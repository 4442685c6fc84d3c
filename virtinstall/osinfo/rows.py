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
    """`<resources>`: the requirements on the architecture `arch`, or on any architecture if `arch` is `all`.

    `inherit` is true if missing values are inherited from the operating system that this one derives from.
    """

    arch: str
    inherit: bool
    minimum: Amounts | None
    recommended: Amounts | None
    maximum: Amounts | None
    network_install: Amounts | None


class Firmware(NamedTuple):
    """`<firmware>`: whether the firmware `type`, `bios` or `efi`, is supported on the architecture `arch`."""

    arch: str
    type: str
    supported: bool


def resources_from_json(row: list[Any]) -> Resources:
    """Return the resources for `row`, the JSON array of a Resources tuple, in which the amounts are nested arrays."""
    arch, inherit, *amounts = row
    return Resources(arch, inherit, *(Amounts(*values) if values else None for values in amounts))
