"""The facts that osinfo-db has about one operating system, as plain rows.

Named tuples, because they go to and from the JSON of the cache as they are.

Source: osinfo-db's schema, /usr/share/osinfo/schema/osinfo.rng
"""

from __future__ import annotations

from typing import Any

from virtinstall.named import NamedTuple


class Amounts(NamedTuple):
    """An amount of resources; None where the database doesn't say."""

    cpu_hz: int | None = None
    n_cpus: int | None = None
    ram_bytes: int | None = None
    storage_bytes: int | None = None


class Resources(NamedTuple):
    """`<resources>`: what a guest of this architecture (or `all`) needs.

    `inherit`: what isn't said here is what the OS it derives from says.
    """

    arch: str
    inherit: bool
    minimum: Amounts | None
    recommended: Amounts | None
    maximum: Amounts | None
    network_install: Amounts | None


class Firmware(NamedTuple):
    """`<firmware>`: whether the OS boots by `bios` or `efi` on an architecture."""

    arch: str
    type: str
    supported: bool


def resources_from_json(row: list[Any]) -> Resources:
    """A row as JSON has it; amounts are rows themselves."""
    arch, inherit, *amounts = row
    return Resources(arch, inherit, *(Amounts(*values) if values else None for values in amounts))
