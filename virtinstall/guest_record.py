"""The record of the objects that were created for a guest, stored in the guest's `<metadata>`.

`virt-guest delete` removes only disks that the record names, and `virt-guest ssh` reads the account and the host key
from the record. A record contains the UUID of its guest; a copy of the record in a different guest is ignored.

Source: https://libvirt.org/formatdomain.html#general-metadata; virDomainSetMetadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from virtinstall.json_loader import parse_json
from virtinstall.record import Record
from virtinstall.redact import redacted
from virtinstall.xml.tree import Node, parse_tree

if TYPE_CHECKING:
    from lxml import etree

    from virtinstall.plan import NewVolume, Plan
    from virtinstall.request import Request

NAMESPACE = "https://virtinstall.org/xmlns/guest/1"
PREFIX = "virtinstall"
LARGEST_BYTES = 16 << 10
_SKIPPED = ("domain", "connect", "typed", "warnings", "checks", "run", "by_script")


class CreatedFile(Record):
    """A disk or seed that was created for a guest.

    `kind` is `disk` or `seed`. `pool` and `volume` are the names of the storage pool and the volume, or None if the
    file is not in a pool. `base` is the path of the backing image, or None if the disk has no backing image. `inode`
    and `born` (the creation time in nanoseconds since 1970) distinguish the file from a file that later gets the same
    path; each is None if unknown.
    """

    kind: str
    path: str
    pool: str | None = None
    volume: str | None = None
    base: str | None = None
    inode: int | None = None
    born: int | None = None


class Reservation(Record):
    """A DHCP reservation that was added for a guest to the virtual network `network`; `address` is the IP address."""

    network: str
    mac: str
    address: str


class GuestRecord(Record):
    """The record of the objects that were created for the guest with the UUID `uuid`, and of the guest's login.

    `version` is the version of virtinstall that created the guest. `created` is the time of creation in UTC, such as
    `2026-11-30T12:00:00Z`, and `name` is the guest's name at that time. `nvram` is the path of the UEFI variables file
    if the user specified a file that did not exist, otherwise None. `image` is the name of the image from which the
    guest was created, `user` is the account to log in as, and `host_key` is the public host key of the guest's SSH
    server; each of these three is None if unknown. `request` is the request for the guest, without secrets, as JSON; it
    is None if the request is unknown or too long to be stored. Any program can change a guest's metadata, so `request`
    may be invalid; `parsed_request` checks it.
    """

    uuid: str
    version: str = ""
    created: str = ""
    name: str = ""
    files: tuple[CreatedFile, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    nvram: str | None = None
    image: str | None = None
    user: str | None = None
    host_key: str | None = None
    request: str | None = None

    def to_xml(self) -> str:
        """Return the record, shortened by `fitted` if necessary, as an XML element for `<metadata>`."""
        return _serialized(self.fitted())

    def fitted(self) -> GuestRecord:
        """Return the record or, if its XML exceeds 16 KiB, a copy without the request.

        If the XML of this copy still exceeds 16 KiB, files are omitted from the end of the list until it fits.
        """
        found = self
        if _is_long(found):
            found = found.replace(request=None)
        while _is_long(found) and found.files:
            found = found.replace(files=found.files[:-1])
        return found

    def parsed_request(self) -> dict[str, Any] | None:
        """Return `request` as a dictionary; None if the request is not stored or is not a JSON object."""
        try:
            found = parse_json(self.request or "null")
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def as_document(self) -> dict[str, Any]:
        """Return the record as a dictionary for `--output json`."""
        return {
            "version": self.version,
            "created": self.created or None,
            "image": self.image,
            "user": self.user,
            "host_key": self.host_key,
            "nvram": self.nvram,
            "files": [
                {name: getattr(each, name) for name in ("kind", "path", "pool", "volume", "base")}
                for each in self.files
            ],
            "reservations": [each.as_dict() for each in self.reservations],
            "request": self.parsed_request(),
        }


def _is_long(record: GuestRecord) -> bool:
    return len(_serialized(record).encode()) > LARGEST_BYTES


def _serialized(record: GuestRecord) -> str:
    from lxml import etree

    # libvirt adds the namespace to each element, and rejects elements that already have it
    root = etree.Element("guest")
    for name in ("uuid", "version", "created", "name"):
        if getattr(record, name) or name != "name":
            root.set(name, getattr(record, name))
    for each in record.files:
        _add(root, "file", {name: None if value is None else str(value) for name, value in each.as_dict().items()})
    for reservation in record.reservations:
        _add(root, "reservation", reservation.as_dict())
    for name in ("nvram", "image", "request"):
        if getattr(record, name) is not None:
            _add(root, name, {}).text = getattr(record, name)
    if record.user is not None or record.host_key is not None:
        _add(root, "login", {"user": record.user, "hostKey": record.host_key})
    return etree.tostring(root, encoding="unicode")


def _add(root: etree._Element, tag: str, values: Mapping[str, str | None]) -> etree._Element:
    from lxml import etree

    child = etree.SubElement(root, tag)
    for name, value in values.items():
        if value is not None:
            child.set(name, value)
    return child


def parse_record(xml: str | None, uuid: str) -> GuestRecord | None:
    """Return the record of the guest with the UUID `uuid` from `xml`, an element in the guest's `<metadata>`.

    The result is None if `xml` is None or is not well-formed, or if the record belongs to a different guest. Any
    program can change a guest's metadata, so invalid values are ignored.
    """
    if xml is None:
        return None
    try:
        root = parse_tree(xml)
    except ValueError:
        return None
    return read_record(root, uuid)


def read_record(root: Node, uuid: str) -> GuestRecord | None:
    """Return the record from the parsed element `root`; None if the record is not for the guest with the UUID `uuid`.

    The elements in `root` may be in any namespace or in no namespace.
    """
    if root.get("uuid").lower() != uuid.lower():
        return None
    login = root.find("{*}login")
    texts = {name: root.findtext(f"{{*}}{name}") for name in ("nvram", "image", "request")}
    return GuestRecord(
        uuid=root.get("uuid"),
        version=root.get("version"),
        created=root.get("created"),
        name=root.get("name"),
        files=tuple(_file(node) for node in root.findall("{*}file") if node.get("path")),
        reservations=tuple(
            Reservation(network=node.get("network"), mac=node.get("mac"), address=node.get("address"))
            for node in root.findall("{*}reservation")
        ),
        nvram=texts["nvram"],
        image=texts["image"],
        request=texts["request"],
        user=None if login is None else login.value("user"),
        host_key=None if login is None else login.value("hostKey"),
    )


def _file(node: Node) -> CreatedFile:
    numbers = {name: int(node.get(name)) for name in ("inode", "born") if node.get(name).isdecimal()}
    return CreatedFile(
        kind=node.get("kind"),
        path=node.get("path"),
        pool=node.value("pool"),
        volume=node.value("volume"),
        base=node.value("base"),
        inode=numbers.get("inode"),
        born=numbers.get("born"),
    )


def record_of(plan: Plan, version: str, created: str = "") -> GuestRecord:
    """Return the record of the guest that `plan` describes; the guest's files need not exist yet.

    The inodes and creation times of files are None, and the path of a new volume may be `POOL/VOLUME`. `version` is the
    version of virtinstall. `created` is the time of creation in UTC, or an empty string if it is not yet known.
    """
    template = None if plan.request is None else plan.request.domain.os.nvram
    return GuestRecord(
        uuid=str(plan.final.uuid),
        version=version,
        created=created,
        name=plan.name,
        files=created_files(plan),
        reservations=reservations_of(plan),
        nvram=template,
        image=next((fetch.source.label for fetch in plan.fetches), None),
        user=plan.account,
        host_key=plan.host_key,
        request=None if plan.request is None else canonical_request(plan.request),
    )


def reservations_of(plan: Plan) -> tuple[Reservation, ...]:
    """Return the DHCP reservations in `plan` that are removed when the guest is deleted."""
    return tuple(
        Reservation(network=each.network, mac=each.mac, address=each.address)
        for each in plan.reservations
        if each.is_own
    )


def created_files(plan: Plan) -> tuple[CreatedFile, ...]:
    """Return the new disks in `plan`, and the new seeds that the guest keeps."""
    return tuple(_created(plan))


def _created(plan: Plan) -> Iterator[CreatedFile]:
    for image in plan.images:
        base = _fetched(plan, image.base.image) if image.base is not None and not image.base.copy else None
        yield CreatedFile(kind="disk", path=image.path, base=image.resolved_backing_path or base)
    for volume in plan.volumes:
        path = volume.path or f"{volume.pool}/{volume.name}"
        pool, name = (None, None) if volume.temporary_pool else (volume.pool, volume.name)
        yield CreatedFile(kind="disk", path=path, pool=pool, volume=name, base=_volume_base(volume))
    sent = {upload.path: upload for upload in plan.uploads if upload.keep}
    for seed in plan.seeds:
        if seed.keep:
            upload = sent.get(seed.path)
            if upload is None:
                yield CreatedFile(kind="seed", path=seed.path)
            else:
                yield CreatedFile(kind="seed", path=upload.target, pool=upload.pool, volume=upload.name)


def _fetched(plan: Plan, number: int) -> str | None:
    fetch = plan.fetches[number]
    image = fetch.result or fetch.cached
    return None if image is None else image.path


def _volume_base(volume: NewVolume) -> str | None:
    from lxml import etree

    return etree.fromstring(volume.xml.encode()).findtext("backingStore/path")


def canonical_request(request: Request) -> str | None:
    """Return the request as JSON with sorted keys and without secrets; None if the JSON is longer than 8 KiB."""
    import json

    from lxml import etree

    domain = request.domain
    document = {
        "domain": redacted(etree.tostring(domain.clone().ensure_node(), encoding="unicode")),
        "settings": _canonical(domain.settings),
        "devices": [{"tag": type(each).__name__.lower(), **_canonical(each.settings)} for each in domain.devices],
        **_canonical({name: value for name, value in request.as_dict().items() if name not in _SKIPPED}),
    }
    text = json.dumps({name: value for name, value in document.items() if value}, sort_keys=True)
    return text if len(text.encode()) <= LARGEST_BYTES // 2 else None


def _canonical(value: Any) -> Any:
    """Return plain data for JSON, without unset and secret values."""
    if isinstance(value, Record):
        hidden = {name for name, known in type(value)._declared.items() if known.secret}
        return _canonical({k: v for k, v in value.as_dict().items() if k not in hidden})
    if isinstance(value, Mapping):
        found = {str(name): _canonical(each) for name, each in value.items() if each not in (None, False, (), "")}
        return {name: each for name, each in sorted(found.items()) if each not in (None, {}, [])}
    if isinstance(value, tuple | list | set | frozenset):
        return [_canonical(each) for each in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, bool | int | float):
        return value
    # cloud-init's request contains password hashes and whole files, which must not be stored in the record
    return type(value).__name__ if value is not None else None
