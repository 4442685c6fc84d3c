"""The record of the last apply, in the guest's metadata: the planned XML and libvirt's version of it.

The record contains the guest's UUID; a record with another UUID, such as the copy in a clone, is ignored.

Source: https://libvirt.org/formatdomain.html#general-metadata
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from virtinstall.fleet.devices import Mark
from virtinstall.record import Record

if TYPE_CHECKING:
    from lxml import etree

    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.libvirt_host.host import HostGuest

NAMESPACE = "https://virtinstall.org/xmlns/lab/1"
PREFIX = "lab"
_LARGEST_BYTES = 1 << 20


class Applied(Record):
    """The last apply: hashes of the options, leaves of the planned XML, and leaves of the XML that libvirt returned.

    `devices` are the disks and interfaces of the file, and `creation` the values of options that act at creation.
    `pending` is the ID of the running guest that does not have all changes until its next boot; None if the guest has
    all changes. `groups` are the groups in the file, for inventories without the file.
    """

    project: str
    options: Mapping[str, str]
    planned: Mapping[str, str]
    base: Mapping[str, str]
    devices: tuple[Mark, ...] = ()
    creation: Mapping[str, Any] = {}
    pending: str | None = None
    groups: tuple[str, ...] = ()


def option_hashes(guest: LabGuest) -> dict[str, str]:
    """Return a hash of each option's values and of the name; a changed option has another hash."""
    return {name: _hash(name, *values) for name, values in {**guest.options, "name": (guest.name,)}.items()}


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def read_applied(guest: HostGuest) -> Applied | None:
    """Return the record of a guest; None if the guest has no record, or the record of another guest."""
    return parse_applied(guest.metadata(NAMESPACE), guest.uuid)


def record_element(text: str | None, uuid: str) -> etree._Element | None:
    """Return the element of a guest's record, whose attributes are the project, the name and the file.

    None if the guest has no record, or the record of another guest.
    """
    from lxml import etree

    if text is None:
        return None
    try:
        root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if root.get("uuid", "").lower() == uuid.lower() else None


def parse_applied(text: str | None, uuid: str) -> Applied | None:
    """Return the record in the XML `text`; None if it is missing, invalid, or the record of another guest."""
    root = record_element(text, uuid)
    if root is None:
        return None
    try:
        data = zlib.decompressobj().decompress(base64.b64decode(root.text or "", validate=True), _LARGEST_BYTES)
        document: dict[str, Any] = json.loads(data)
        planned = document["planned"]
        base = {path: value for path, value in {**planned, **document["base"]}.items() if value is not None}
        return Applied(
            project=root.get("project", ""),
            options=document["options"],
            planned=planned,
            base=base,
            devices=tuple(Mark(tag, key, tuple(parts), size) for tag, key, parts, size in document["devices"]),
            creation=document["creation"],
            pending=document.get("pending"),
            groups=tuple(document.get("groups", ())),
        )
    except (LookupError, ValueError, TypeError, zlib.error, RecursionError):
        return None


def store_applied(guest: HostGuest, applied: Applied, file: str | None = None) -> bool:
    """Store the record; return False if the driver stores no metadata.

    `file` is the path of the guests file, or None if the file sets its project.

    Raises: HypervisorError.
    """
    from lxml import etree

    root = etree.Element("applied", uuid=guest.uuid, project=applied.project, name=guest.name)
    if file is not None:
        root.set("file", file)
    # most values are as planned
    paths = {*applied.planned, *applied.base}
    base = {path: applied.base.get(path) for path in paths if applied.base.get(path) != applied.planned.get(path)}
    document: dict[str, Any] = {"options": dict(applied.options), "planned": dict(applied.planned), "base": base}
    document |= {"devices": applied.devices, "creation": dict(applied.creation)}
    if applied.pending is not None:
        document["pending"] = applied.pending
    if applied.groups:
        document["groups"] = applied.groups
    packed = zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 6)
    root.text = base64.b64encode(packed).decode()
    return guest.set_metadata(NAMESPACE, PREFIX, etree.tostring(root, encoding="unicode"))
