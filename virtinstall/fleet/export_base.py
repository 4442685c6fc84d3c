"""The first options of an exported guest: platform, operating system, installation, disks and network interfaces."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from virtinstall.devices.disk import Disk
from virtinstall.devices.interface import Interface
from virtinstall.errors import RequestError
from virtinstall.fleet.export_pairs import pairs_of
from virtinstall.guest_record import NAMESPACE, CreatedFile, parse_record
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.units import GIB, MIB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from virtinstall.domain.domain import Domain
    from virtinstall.fleet.sessions import Session
    from virtinstall.libvirt_host.host import HostGuest

_SHORT = {"mac.address": "mac", "model.type": "model", "source.network": "network", "source.bridge": "bridge"}
_OS_ID = "./metadata/libosinfo:libosinfo/libosinfo:os/@id"


class Base:
    """The options of an exported guest that do not depend on a comparison with a plan.

    `request` is the request in the guest's record, as a dictionary that is empty if the guest has no record. Other
    programs may have changed the record. `created` are the path prefixes of values that each plan chooses again.
    `edits` are the values of the key `xml` in the guests file. If `can_be_planned` is false, all values of the disks
    are exported.
    """

    def __init__(self, handle: HostGuest, live: Domain, session: Session) -> None:
        self.handle = handle
        self.live = live
        self.session = session
        self.record = parse_record(handle.metadata(NAMESPACE), handle.uuid)
        self.request = (None if self.record is None else self.record.parsed_request()) or {}
        self.created: list[str] = []
        self.edits: list[Any] = []
        self.can_be_planned = True
        self.machine = (live.os.type_arch, live.os.type_machine)

    def options(self) -> dict[str, Any]:
        """Return a mapping from keys to option values; set `created` and `edits`."""
        found: dict[str, Any] = {}
        self.created, self.edits = [], []
        live = self.live
        found["memory"] = _sizes(live)
        current, most = live.vcpu_current, live.vcpu or 1
        found["vcpus"] = most if current in (None, most) else {"vcpus": current, "maxvcpus": most}
        if has_real_storage(self.session.host):
            found["virt-type"] = live.type
        found["arch"], found["machine"] = self.machine
        found["osinfo"] = self.system()
        cloud_init = _at(self.request, "install", "cloud_init")
        if isinstance(cloud_init, dict):
            found["cloud-init"] = {name: str(value) for name, value in cloud_init.items()}
        found["import"] = True
        found["disk"] = [self.disk(each) for each in live.devices_of(Disk) if not self.is_seed(each)] or "none"
        found["network"] = [self.interface(each) for each in live.devices_of(Interface)] or "none"
        return {name: value for name, value in found.items() if value is not None}

    def system(self) -> Any:
        """Return the value of --osinfo for the guest's operating system.

        If this value would result in a different operating system ID in the XML, an edit that sets the guest's ID is
        added to `edits`.
        """
        catalog = self.session.known.catalog(os.environ)
        name, identity = _at(self.request, "os", "values", "name"), self.live.os_id
        # http://debian.org/debian/12 may be unknown, and debian12 have the settings of debian11
        parts = [] if identity is None else ["".join(identity.split("/")[-2:])]
        for each in (each for each in (name, identity, *parts) if each and isinstance(each, str)):
            try:
                found = catalog.lookup(each).record
            except RequestError:
                continue
            if identity not in (None, found.id):
                self.edits.append(f"{_OS_ID}={identity}")
            return {"id": each} if each == identity else each
        if identity is not None:
            self.edits.append(f"{_OS_ID}={identity}")
        return "generic"

    def interface(self, interface: Interface) -> dict[str, Any]:
        """Return the sub-options of a network interface, including the IP address that is reserved for it, if any."""
        pairs = {_SHORT.get(key, key): value for key, value in pairs_of(interface).items()}
        if pairs.get("type") in pairs:
            del pairs["type"]
        mac = (interface.mac_address or "").lower()
        for each in () if self.record is None else self.record.reservations:
            if each.mac == mac:
                pairs["ip"] = each.address
        return pairs

    def is_seed(self, disk: Disk) -> bool:
        """Return whether the disk is the seed image that configures the guest at its first boot."""
        files = () if self.record is None else self.record.files
        return any(each.kind == "seed" and each.path == disk.source_file for each in files)

    def disk(self, disk: Disk) -> dict[str, Any]:
        """Return the sub-options of a disk.

        For a disk that was created for the guest, they contain the size and, if there is one, the image; for any other
        disk, they contain the path. If `can_be_planned` is false, all values of the disk are returned.
        """
        if not self.can_be_planned:
            return dict(pairs_of(disk))
        skipped = ("target.", "driver.name", "source.file", "source.dev", "source.index", "path", "type")
        pairs = {key: value for key, value in pairs_of(disk).items() if not key.startswith(skipped)}
        if disk.boot_order == 1 and disk.ensure_node() is self.live.devices_of(Disk)[0].ensure_node():
            del pairs["boot.order"]
        if disk.target_bus is not None:
            pairs["bus"] = disk.target_bus
        path = disk.source_file or disk.source_dev
        if path is None:
            return pairs
        size = self.created_size(disk, path)
        if size is None:
            return {"path": path, **pairs}
        requested = self.requested_disk(path)
        place = {key: str(requested[key]) for key in ("path", "pool") if key in requested}
        if "path" not in place:
            self.created.append(f"devices/disk[{disk.target_dev}]/source/")
        # the default of a new image; its format is explicit, because an edit of the XML would not create it
        pairs.pop("driver.discard", None)
        image = None if self.record is None or not self.created_file(path).base else self.record.image
        return {**({} if image is None else {"image": image}), **place, "size": _gib(size), **pairs}

    def created_file(self, path: str) -> CreatedFile:
        """Return the entry for the created disk at `path` in the guest's record.

        If no disk was created at `path`, the result is an entry with an empty path.
        """
        files = () if self.record is None else self.record.files
        return next(
            (each for each in files if each.kind == "disk" and each.path == path), CreatedFile(kind="", path="")
        )

    def created_size(self, disk: Disk, path: str) -> int | None:
        """Return the size in bytes of a disk that was created for the guest.

        `path` is the path of the disk. The result is None if the size is unknown, or if the disk was not created for
        the guest.
        """
        if not self.created_file(path).path:
            return None
        volume = self.session.host.volume_by_path(path)
        if volume is not None and volume.capacity_bytes:
            return volume.capacity_bytes
        if has_real_storage(self.session.host):
            return self.handle.disk_capacity(disk.target_dev or "")
        requested = self.requested_disk(path).get("size_bytes")
        return requested if isinstance(requested, int) else None

    def requested_disk(self, path: str) -> Mapping[str, Any]:
        """Return the requested values of the created disk at `path`, by name.

        They are the values of the first requested disk with this path. If there is none, the first disk in the same
        pool is used, or else the first disk without a path or pool. The result is empty if no disk matches.
        """
        devices = self.request.get("devices")
        disks = [each for each in devices if isinstance(each, dict)] if isinstance(devices, list) else []
        pool = self.created_file(path).pool
        for wanted in ({"path": path}, {"path": None, "pool": pool}, {"path": None, "pool": None}):
            for each in disks:
                if each.get("tag") == Disk.tag and all(each.get(key) == value for key, value in wanted.items()):
                    return each
        return {}


def _at(found: Any, *names: str) -> Any:
    """Return the value below these names in data of another program; None if the value does not exist."""
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _sizes(domain: Domain) -> Any:
    """Return the value of --memory: MiB, also of the current memory if it is less."""
    values = {
        "memory": domain.memory_kib or 0,
        "currentMemory": domain.current_memory_kib,
        "maxMemory": domain.max_memory_kib,
        "maxMemory.slots": domain.max_memory_slots,
    }
    if values["currentMemory"] == values["memory"]:
        del values["currentMemory"]
    sizes = {
        key: value if key.endswith("slots") else value >> 10 if value % 1024 == 0 else f"{value}KiB"
        for key, value in values.items()
        if value is not None
    }
    return sizes["memory"] if len(sizes) == 1 else sizes


def _gib(size: int) -> int | float | str:
    """Return the size in GiB; images are rounded up to whole clusters, which the file need not have."""
    if size < MIB:
        return f"{size}B"
    short = round(size / GIB, 3)
    exact = short if abs(short * GIB - size) <= MIB else size / GIB
    return int(exact) if exact == int(exact) else exact
