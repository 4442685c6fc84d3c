"""The facts in osinfo-db about one operating system, as plain rows.

The rows are named tuples, because they are stored in the JSON of the cache unchanged.

Source: osinfo-db's schema, /usr/share/osinfo/schema/osinfo.rng
"""

from __future__ import annotations

from typing import Any

from virtinstall.named import NamedTuple


class Amounts(NamedTuple):
    """The amounts of resources; None if the database does not specify one."""

    cpu_hz: int | None = None
    n_cpus: int | None = None
    ram_bytes: int | None = None
    storage_bytes: int | None = None


class Resources(NamedTuple):
    """`<resources>`: the requirements of a guest of this architecture (or `all`).

    `inherit`: whether missing values are taken from the OS that the OS derives from.
    """

    arch: str
    inherit: bool
    minimum: Amounts | None
    recommended: Amounts | None
    maximum: Amounts | None
    network_install: Amounts | None


class Firmware(NamedTuple):
    """`<firmware>`: whether the OS boots with `bios` or `efi` on an architecture."""

    arch: str
    type: str
    supported: bool


def resources_from_json(row: list[Any]) -> Resources:
    """Return a row from JSON, whose amounts are nested rows."""
    arch, inherit, *amounts = row
    return Resources(arch, inherit, *(Amounts(*values) if values else None for values in amounts))
