"""The record of the last apply, in the guest's metadata: the planned XML and libvirt's version of it.

The record contains the guest's UUID. A record with a different UUID, such as a copy in the metadata of a clone, is
ignored.

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
    """The record of the last apply to a guest.

    `options` maps option names to hashes of the option values. `planned` and `base` map paths to values (see
    `leaves_of`): `planned` contains the values of the planned XML, and `base` those of the definition that libvirt
    returned after the apply. `devices` are the marks of the disks and network interfaces in the file. `creation` maps
    the options that determined the installation method and the image to their values.

    `pending` is None if all changes took effect. Otherwise, it is the libvirt ID of the running guest, which must be
    shut down and started again. `groups` are the guest's groups in the file, for inventories that are created without
    the file.
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
    """Return the hash of each option's values, by option name; the key `name` has the hash of the guest's name."""
    return {name: _hash(name, *values) for name, values in {**guest.options, "name": (guest.name,)}.items()}


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def read_applied(guest: HostGuest) -> Applied | None:
    """Return the record in a guest's metadata; None if it is missing, invalid, or belongs to another guest.

    For example, the record in the metadata of a clone is a copy that belongs to the original guest.
    """
    return parse_applied(guest.metadata(NAMESPACE), guest.uuid)


def record_element(text: str | None, uuid: str) -> etree._Element | None:
    """Return the root element of the record in a guest's metadata.

    The attributes of the element include the project, the guest's name, and the path of the guests file. `text` is the
    record as XML, or None if the guest has no record, and `uuid` is the guest's UUID. The result is None if `text` is
    None or invalid, or if the record belongs to another guest.
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
    """Return the record in a guest's metadata.

    `text` is the record as XML, or None if the guest has no record, and `uuid` is the guest's UUID. The result is None
    if `text` is None or invalid, or if the record belongs to another guest.
    """
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
    """Store the record in the guest's metadata; return False if the libvirt driver cannot store metadata.

    `file` is the path of the guests file, or None if the file sets `project`.

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
