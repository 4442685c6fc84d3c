"""Combination of an operating system and its ancestors into one record, and its conversion to JSON and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from virtinstall.osinfo.record import OsRecord
from virtinstall.osinfo.rows import Amounts, Firmware, Resources, resources_from_json

if TYPE_CHECKING:
    from virtinstall.osinfo.media_rows import Entry


def resolve(entry: Entry, find: Callable[[str], Entry | None]) -> OsRecord:
    """Combine `entry` and its ancestors into one record.

    `find` is called with the ID of an ancestor, and returns its entry, or None if the database does not contain it.
    """
    line = list(_lineage(entry, find))
    devices: dict[str, bool] = {}
    firmwares: dict[tuple[str, str], Firmware] = {}
    for ancestor in line:
        for identity, supported in ancestor.devices:
            devices.setdefault(identity, supported)
        for firmware in ancestor.firmwares:
            firmwares.setdefault((firmware.arch, firmware.type), firmware)
    return OsRecord(
        id=entry.id,
        short_ids=tuple(entry.short_ids) or (entry.id,),
        name=entry.name or entry.id,
        version=entry.version,
        vendor=entry.vendor,
        family=entry.family,
        distro=entry.distro,
        codename=entry.codename,
        release_date=entry.release_date,
        eol_date=entry.eol_date,
        release_status=entry.release_status,
        kernel_url_argument=next((one.kernel_url_argument for one in line if one.kernel_url_argument), None),
        cloud_image_username=next((one.cloud_image_username for one in line if one.cloud_image_username), None),
        ancestors=tuple(one.id for one in line[1:]),
        upgrades=tuple(entry.upgrades),
        devices=frozenset(identity for identity, supported in devices.items() if supported),
        resources=tuple(_resources(line)),
        inherited_resources=tuple(
            next((_resources(line[depth:]) for depth in range(1, len(line)) if line[depth].resources), [])
        ),
        firmwares=tuple(firmwares.values()),
        media_rows=tuple(entry.media),
        tree_rows=tuple(entry.trees),
        image_rows=tuple(entry.images),
        driver_rows=tuple(entry.drivers),
        scripts=tuple(entry.scripts),
    )


def _lineage(entry: Entry, find: Callable[[str], Entry | None]) -> Iterator[Entry]:
    """Yield `entry` and its ancestors, each once, the nearest first; a database may contain cycles."""
    seen = {entry.id}
    waiting = [entry]
    for current in waiting:
        yield current
        for identity in current.parents:
            if identity not in seen:
                seen.add(identity)
                parent = find(identity)
                if parent is not None:
                    waiting.append(parent)


def _resources(line: list[Entry]) -> list[Resources]:
    """Return the resources of the first system in `line`; rows with `inherit` are completed from the next one that has
    them.
    """
    return [_filled(row, line[1:]) if row.inherit else row for row in line[0].resources]


def _filled(row: Resources, line: list[Entry]) -> Resources:
    for ancestor in line:
        above = next((known for known in ancestor.resources if known.arch == row.arch), None)
        if above is None:
            continue
        row = row._replace(
            minimum=_merged(row.minimum, above.minimum),
            recommended=_merged(row.recommended, above.recommended),
            maximum=_merged(row.maximum, above.maximum),
            network_install=_merged(row.network_install, above.network_install),
        )
        if not above.inherit:
            break
    return row


def _merged(own: Amounts | None, above: Amounts | None) -> Amounts | None:
    if own is None or above is None:
        return own or above
    return Amounts(*(mine if mine is not None else theirs for mine, theirs in zip(own, above, strict=True)))


def to_json(record: OsRecord) -> dict[str, Any]:
    """Return the fields of `record`, by name, as values that can be converted to JSON."""
    return {**record._asdict(), "devices": sorted(record.devices)}


def from_json(data: dict[str, Any]) -> OsRecord:
    """Return the record for the result of `to_json`, after it has been read from JSON.

    Media, trees, images and drivers are converted only when they are accessed.

    Raises: TypeError or KeyError, if the data is not from `to_json`.
    """
    values = dict(data)
    for name in ("short_ids", "ancestors", "upgrades", "scripts"):
        values[name] = tuple(data[name])
    values["devices"] = frozenset(data["devices"])
    values["firmwares"] = tuple(Firmware._make(row) for row in data["firmwares"])
    for name in ("media_rows", "tree_rows", "image_rows", "driver_rows"):
        values[name] = tuple(map(tuple, data[name]))
    for name in ("resources", "inherited_resources"):
        values[name] = tuple(resources_from_json(row) for row in data[name])
    return OsRecord(**values)
