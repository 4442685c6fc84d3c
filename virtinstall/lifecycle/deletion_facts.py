"""The parts of a guest, read from libvirt and from the guest's files.

Source: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms, formatsnapshot.html; stat(2), proc(5).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.errors import GuestNotFound
from virtinstall.guest_record import NAMESPACE, CreatedFile, GuestRecord, Reservation, parse_record
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.lifecycle.deletion_plan import DeletionFacts, FileFacts, ReservationFacts
from virtinstall.lifecycle.unfinished import (
    Unfinished,
    created_by_killed_run,
    reserved_by_killed_run,
    unfinished_deletion,
)
from virtinstall.rollback.birth_time import birth_time_ns, is_later_file
from virtinstall.run.state_files import guest_nvram, nvram_of_name, tpm_folder
from virtinstall.safe_text import reason_of
from virtinstall.storage.file_uses import Role
from virtinstall.storage.in_use import FilesInUse, file_identity, files_in_use, local_chain
from virtinstall.storage.open_files import open_by
from virtinstall.storage.overlays import overlays_of

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host, HostGuest

_DRIVES = ("cdrom", "floppy")


def deletion_facts(name: str, guest: HostGuest | None, host: Host) -> DeletionFacts:
    """Return the parts of the guest, and the files that interrupted deletions of guests with this name did not remove.

    `guest` is None if the guest no longer exists.

    Raises: GuestNotFound, if neither the guest nor such files exist; HostError.
    """
    left = unfinished_deletion(name, None if guest is None else guest.uuid, host)
    unfinished = _examined(left, host)
    if guest is None:
        if not left.uuids:
            from virtinstall.virsh_commands import guest_hint

            raise GuestNotFound(f"no such guest: '{name}'", hint=guest_hint(host, name))
        return DeletionFacts(
            name=name,
            exists=False,
            unfinished=unfinished,
            earlier_uuids=left.uuids,
            stale_pools=left.pools,
            reservations=_reservations(left.reservations, (), host),
        )
    live = etree.fromstring(guest.xml().encode())
    documents = [live, etree.fromstring(guest.xml(inactive=True).encode())]
    snapshots = [etree.fromstring(xml.encode()) for xml in guest.snapshots()]
    record = parse_record(guest.metadata(NAMESPACE), guest.uuid)
    created = tuple(() if record is None else record.files) + created_by_killed_run(name, guest.uuid, host)
    found = _Files(name, guest.uuid, created, host)
    for document in documents:
        found.add_disks(document)
    for snapshot in snapshots:
        found.add_snapshot(snapshot)
    found.add_seeds()
    nvram, objection, nvram_file = _nvram(documents, record, name, host)
    return DeletionFacts(
        name=name,
        uuid=guest.uuid,
        state=guest.state(),
        is_active=guest.is_active(),
        is_persistent=guest.is_persistent(),
        has_record=record is not None,
        has_saved_state=guest.has_managed_save(),
        snapshots=tuple(each.findtext("name") or "" for each in snapshots),
        checkpoints=tuple(guest.checkpoints()),
        nvram=nvram,
        nvram_file=nvram_file,
        nvram_objection=objection,
        former_nvram=_former_nvram(record, name, host),
        tpm=tpm_folder(documents[1], host),
        files=tuple(found.facts()),
        detached=tuple(found.detached()),
        reservations=_reservations(
            (
                *(() if record is None else record.reservations),
                *reserved_by_killed_run(name, guest.uuid, host),
                *left.reservations,
            ),
            _shared_macs(documents[1], guest, host) if record is not None and record.reservations else (),
            host,
        ),
        unfinished=unfinished,
        earlier_uuids=left.uuids,
        stale_pools=left.pools,
    )


def _nvram(
    documents: list[etree._Element], record: GuestRecord | None, name: str, host: Host
) -> tuple[str | None, str | None, FileFacts | None]:
    """Return the path of the UEFI variables, why they must be kept, and facts about the file; None where unknown."""
    # if libvirt chose the path, only the running guest's XML contains it
    found = [guest_nvram(domain, host) for domain in documents]
    path, is_libvirts = next((each for each in found if each[0] is not None), (None, False))
    if path is None or not has_real_storage(host):
        return None, None, None
    if not is_libvirts and (record is None or record.nvram != path):
        return path, "its path was chosen by the user", None
    uses = files_in_use(host)
    others = sorted({str(use) for use in uses.uses(path) if use.guest != name})
    if others:
        return path, f"it is used by {others[0]}", None
    file = examine(FileFacts(kind="nvram", path=path, is_ours=True), host, uses, but=name)
    return path, None, file if file.inode is not None else None


def _former_nvram(record: GuestRecord | None, name: str, host: Host) -> str | None:
    """Return the path of the UEFI variables under the guest's name before it was renamed; None if there are none."""
    if record is None or record.name in ("", name) or not has_real_storage(host):
        return None
    path = nvram_of_name(record.name, host) if host.guest_named(record.name) is None else None
    return None if path is None or files_in_use(host).uses(path) else path


def _reservations(
    recorded: tuple[Reservation, ...], shared_macs: Sequence[str], host: Host
) -> tuple[ReservationFacts, ...]:
    """Return the recorded reservations that still exist, or whose address is now reserved for something else."""
    found = []
    for each in dict.fromkeys(recorded):
        owners = host.reserved_for(each.network, each.address)
        if not owners:
            continue
        mac = each.mac.lower()
        other = next((owner for owner in owners if owner != mac), None) if ":" not in each.address else None
        found.append(
            ReservationFacts(
                network=each.network,
                mac=each.mac,
                address=each.address,
                objection=None
                if other is None and mac not in shared_macs
                else f"it is now reserved for {other}"
                if other is not None
                else "another guest has the same MAC address",
            )
        )
    return tuple(found)


def _shared_macs(domain: etree._Element, guest: HostGuest, host: Host) -> list[str]:
    macs = [mac.get("address", "").lower() for mac in domain.iterfind("devices/interface/mac")]
    return host.shared_macs(guest.uuid, macs)


def _examined(left: Unfinished, host: Host) -> tuple[FileFacts, ...]:
    if not left.files:
        return ()
    uses = files_in_use(host)
    paths = [file.path for file in left.files]
    # an image may have been created on one of them meanwhile
    overlays = overlays_of(paths, {os.path.dirname(path) for path in paths if path.startswith("/")}, host)
    return tuple(
        examine(file, host, uses, but=None).replace(overlays=tuple(overlays.get(file.path, ()))) for file in left.files
    )


class _Files:
    """Files of a guest, each once; a file that is found several times keeps the kind of the highest rank."""

    def __init__(self, name: str, uuid: str, created: tuple[CreatedFile, ...], host: Host) -> None:
        self._name = name
        self._uuid = uuid
        self._created = created
        self._host = host
        self._local = host.is_local() and has_real_storage(host)
        self._found: dict[str, FileFacts] = {}
        self._below: dict[str, list[str]] = {}

    def add_disks(self, domain: etree._Element) -> None:
        """Add the disks of a <domain>, and the images that they refer to."""
        for disk in domain.iterfind("devices/disk"):
            self._add_disk(disk)

    def _add_disk(self, disk: etree._Element, kind: str = "disk") -> None:
        target = disk.find("target")
        device = disk.get("name", "") if target is None else target.get("dev", "")
        source, driver = disk.find("source"), disk.find("driver")
        if source is None:
            return
        pool, volume = source.get("pool"), source.get("volume")
        path = next((value for key in ("file", "dev", "dir", "name") if (value := source.get(key))), None)
        if path is None and pool is not None and volume is not None:
            known = self._host.volume(pool, volume)
            path = f"{pool}/{volume}" if known is None else known.path
        if path is None:
            return
        is_drive = disk.get("device", "disk") in _DRIVES
        self._add(
            FileFacts(
                kind="cdrom" if is_drive else kind,
                path=path,
                device=device,
                source=disk.get("type", "file"),
                pool=pool,
                volume=volume,
                readonly=disk.find("readonly") is not None and not is_drive,
                shareable=disk.find("shareable") is not None,
            )
        )
        if disk.get("type", "file") in ("file", "volume") and not is_drive:
            self._add_chain(path, None if driver is None else driver.get("type"), device)

    def _add_chain(self, path: str, image_format: str | None, device: str) -> None:
        chain = list(local_chain(path, image_format)) if self._local else []
        if not chain:
            known = self._host.volume_by_path(path)
            if known is not None and known.backing_path is not None and known.backing_path != path:
                chain = [(Role.BACKING, known.backing_path)]
        self._below[path] = [below for role, below in chain if role is Role.BACKING]
        for role, below in chain:
            self._add(FileFacts(kind="data" if role is Role.DATA else "base", path=below, device=device))

    def add_snapshot(self, snapshot: etree._Element) -> None:
        """Add the overlays and the memory of an external snapshot, and the disks that the guest had before."""
        for disk in snapshot.iterfind("disks/disk[@snapshot='external']"):
            self._add_disk(disk, "snapshot")
        memory = snapshot.find("memory[@snapshot='external']")
        if memory is not None and memory.get("file"):
            self._add(FileFacts(kind="memory", path=memory.get("file", "")))
        for domain in (*snapshot.findall("domain"), *snapshot.findall("inactiveDomain")):
            self.add_disks(domain)

    def add_seeds(self) -> None:
        """Add the recorded seeds, even if they are no longer in a drive."""
        for each in self._created:
            if each.kind == "seed" and (not self._local or os.path.lexists(each.path)):
                self._add(FileFacts(kind="seed", path=each.path, pool=each.pool, volume=each.volume))

    def _add(self, file: FileFacts) -> None:
        key = file.path
        known = self._found.get(key)
        # the base of a snapshot's overlay still counts as a disk, and the overlay counts as a snapshot
        rank = ("base", "data", "disk", "snapshot", "cdrom", "seed", "memory")
        if known is None or rank.index(file.kind) > rank.index(known.kind):
            self._found[key] = file if known is None else file.replace(device=known.device or file.device)

    def facts(self) -> Iterator[FileFacts]:
        """Yield the current facts about each existing file, overlays before their backing images."""
        uses = files_in_use(self._host)
        owned = [file.replace(**self._ownership(file)) for file in self._found.values()]
        folders = {os.path.dirname(file.path) for file in owned if file.path.startswith("/")}
        dependents = overlays_of([file.path for file in owned], folders, self._host) if owned else {}
        for file in sorted(owned, key=self._depth):
            known = examine(file, self._host, uses, but=self._name, uuid=self._uuid)
            if known.is_regular or os.path.lexists(known.path) or not self._local:
                yield known.replace(overlays=tuple(dependents.get(file.path, ())))

    def _depth(self, file: FileFacts) -> int:
        return sum(file.path in below for below in self._below.values())

    def _ownership(self, file: FileFacts) -> dict[str, object]:
        """Return which facts change if the record names the file, or the disk that a snapshot's overlay is based on."""
        own = next((each for each in self._created if self._is(each, file)), None)
        if own is not None:
            replaced = self._local and own.inode is not None and _is_replaced(own, file.path)
            return {"is_ours": True, "is_replaced": replaced, "kind": own.kind if own.kind == "seed" else _own(file)}
        if file.kind in ("snapshot", "memory"):
            below = self._below.get(file.path, ())
            recorded = {each.path for each in self._created}
            ours = any(path in recorded for path in below) if file.kind == "snapshot" else bool(self._created)
            return {"is_ours": ours}
        return {}

    def _is(self, created: CreatedFile, file: FileFacts) -> bool:
        if created.pool is not None and (created.pool, created.volume) == (file.pool, file.volume):
            return True
        if created.path == file.path:
            return True
        return self._local and os.path.exists(file.path) and file_identity(created.path) == file_identity(file.path)

    def detached(self) -> Iterator[str]:
        """Yield the recorded disks that are no longer attached to the guest and still exist."""
        for each in self._created:
            gone = not any(self._is(each, file) for file in self._found.values())
            if each.kind == "disk" and gone and (not self._local or os.path.lexists(each.path)):
                yield each.path


def _own(file: FileFacts) -> str:
    return "disk" if file.kind == "base" else file.kind


def _is_replaced(created: CreatedFile, path: str) -> bool:
    """Return whether the file at `path` is not the one that was created."""
    try:
        return os.stat(path).st_ino != created.inode or is_later_file(path, created.born)
    except OSError:
        return True


def examine(file: FileFacts, host: Host, uses: FilesInUse, *, but: str | None, uuid: str = "") -> FileFacts:
    """Return `file` with its current state and its users.

    `uses` are the files that guests and the host use. If `but` is not None, uses by the guest of that name are ignored.
    The QEMU process of the guest with the UUID `uuid` is ignored, too.
    """
    if file.source not in ("file", "volume"):
        return file
    volume = None if file.pool is None or file.volume is None else (file.pool, file.volume)
    users = {str(use) for use in uses.uses(file.path, volume) if use.guest != but or use.role is Role.HOST}
    file = file.replace(users=tuple(sorted(users)))
    known = host.volume_by_path(file.path) if volume is None else host.volume(*volume)
    if known is not None:
        file = file.replace(pool=known.pool, volume=known.name)
    if not (host.is_local() and has_real_storage(host)):
        if known is None:
            where = "on another host" if has_real_storage(host) else "simulated by libvirt's test driver"
            return file.replace(unreachable=f"it is {where} and not in a storage pool", is_regular=False)
        kind = "block" if known.kind in ("block",) else file.source
        return file.replace(source=kind, is_regular=known.kind == "file", size_bytes=known.capacity_bytes)
    return _with_status(file, uuid)


def _with_status(file: FileFacts, uuid: str) -> FileFacts:
    path = os.path.realpath(file.path)
    try:
        status = os.stat(path)
    except OSError as error:
        return file.replace(is_regular=False, unreachable=f"it cannot be examined: {reason_of(error)}")
    if stat.S_ISBLK(status.st_mode):
        return file.replace(source="block")
    return file.replace(
        link=path if os.path.islink(file.path) else None,
        is_regular=stat.S_ISREG(status.st_mode),
        links=status.st_nlink,
        size_bytes=status.st_blocks * 512,
        filesystem=status.st_dev,
        inode=status.st_ino,
        born=birth_time_ns(path),
        open_by=tuple(open_by(path, but_guest=uuid)),
    )
