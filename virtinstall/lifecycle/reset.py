"""The reset of a guest: its disks become empty overlays on the same images again; MAC addresses and seed are kept.

Only disks that are in the record are reset. Each file is overwritten in place (same inode, owner and label), and
snapshots are forgotten last, so that a reset that is killed can be repeated.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, BinaryIO

from lxml import etree

from virtinstall.errors import RequestError, StorageError
from virtinstall.guest_record import NAMESPACE, GuestRecord, parse_record
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.lifecycle.deletion_facts import deletion_facts
from virtinstall.lifecycle.deletion_plan import DeletionFacts, plan_deletion
from virtinstall.new_image import NewImage
from virtinstall.progress import Silent
from virtinstall.record import Record
from virtinstall.rollback.file_state import remove_file
from virtinstall.rollback.undo import Undo
from virtinstall.storage.file_uses import Role
from virtinstall.storage.files import lock_against_qemu, storage_errors
from virtinstall.storage.in_use import local_chain
from virtinstall.storage.probe import probe_image
from virtinstall.storage.provision import provision_image

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host, HostGuest

_HEADER_BYTES = 1 << 16


class ResetPlan(Record):
    """The plan for a reset. `disks` are pairs of a disk's path and its image's path.

    `kept` are pairs of the path of another disk and the reason why it is kept. `snapshots` and `checkpoints` are the
    names of the snapshots and checkpoints to delete, and `overlays` are the files of external snapshots to remove.
    `inserts` is the path of a seed that is inserted again into an empty drive of the guest, or None. `xml` is the
    guest's new definition, or None if the definition is not changed.
    """

    name: str
    uuid: str
    is_active: bool
    disks: tuple[tuple[str, str], ...]
    kept: tuple[tuple[str, str], ...] = ()
    has_saved_state: bool = False
    snapshots: tuple[str, ...] = ()
    checkpoints: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    inserts: str | None = None
    xml: str | None = None


def plan_reset(
    guest: HostGuest, host: Host, *, delete_snapshots: bool = False, without_seed: bool = False
) -> ResetPlan:
    """Return the plan, which lists the disks to reset; change nothing.

    With `without_seed`, a guest can be reset even if the seed that configured it no longer exists. `delete_snapshots`
    allows the deletion of snapshots and checkpoints.

    Raises: RequestError, if the guest has no record, if a disk cannot be reset, or if the guest has snapshots or
    checkpoints and `delete_snapshots` is false; HostError.
    """
    record = parse_record(guest.metadata(NAMESPACE), guest.uuid)
    if record is None:
        raise RequestError(
            f"cannot reset the guest '{guest.name}': its metadata contains no record of what virtinstall created",
            hint="only guests that virtinstall created can be reset; delete the guest, and create it again with "
            "virt-install",
        )
    if not guest.is_persistent():
        raise RequestError(
            f"cannot reset the guest '{guest.name}': it is transient",
            hint="delete the guest, and create it again without --transient",
        )
    if not has_real_storage(host):
        raise RequestError(
            f"cannot reset the guest '{guest.name}': its disks are simulated by libvirt's test driver",
            hint="use a hypervisor with real disks, for example with: --connect qemu:///system",
        )
    if not host.is_local():
        raise RequestError(
            f"cannot reset the guest '{guest.name}': its disks are on another host", hint="run the command on that host"
        )
    facts = deletion_facts(guest.name, guest, host)
    if (facts.snapshots or facts.checkpoints) and not delete_snapshots:
        names = ", ".join((*facts.snapshots, *facts.checkpoints))
        raise RequestError(
            f"the guest '{guest.name}' has snapshots or checkpoints, which a reset destroys: {names}",
            hint="add --delete-snapshots to delete them",
        )
    disks, kept = _disks(guest, facts, record)
    definition = etree.fromstring(guest.xml(inactive=True).encode())
    overlays = _without_overlays(definition, facts, {path for path, _ in disks})
    inserted = None if without_seed else _with_seed(definition, record, facts, guest.name)
    return ResetPlan(
        name=guest.name,
        uuid=guest.uuid,
        is_active=facts.is_active,
        disks=tuple(disks),
        kept=tuple(kept),
        has_saved_state=facts.has_saved_state,
        snapshots=facts.snapshots,
        checkpoints=facts.checkpoints,
        overlays=overlays,
        inserts=inserted,
        xml=etree.tostring(definition, encoding="unicode") if overlays or inserted else None,
    )


_Pairs = list[tuple[str, str]]


def _disks(guest: HostGuest, facts: DeletionFacts, record: GuestRecord) -> tuple[_Pairs, _Pairs]:
    """Return the disks to reset, each with its image, and the others, each with the reason.

    Raises: RequestError, if a disk that was created from an image cannot be reset, or snapshots include another disk.
    """
    plan = plan_deletion(facts)
    going = {item.path for item in plan.removed if item.kind == "disk"}
    reasons = {item.path: item.reason for item in plan.kept}
    bases = {each.path: each.base for each in record.files if each.base is not None}
    disks: _Pairs = []
    kept: _Pairs = []
    for file in facts.files:
        base = bases.get(file.path)
        if file.kind not in ("disk", "snapshot") or file.readonly:
            continue
        if file.kind == "disk" and base is not None and file.path not in going:
            raise RequestError(f"cannot reset '{file.path}': {reasons.get(file.path, 'virtinstall did not create it')}")
        if file.kind == "disk" and base is not None:
            disks.append((file.path, base))
        elif file.kind == "disk" or file.path in reasons:
            kept.append((file.path, reasons.get(file.path, "it was not created from an image")))
    if kept and (facts.snapshots or facts.checkpoints):
        kind = "snapshot" if facts.snapshots else "checkpoint"
        names = " and ".join(f"'{name}'" for name in facts.snapshots or facts.checkpoints)
        raise RequestError(
            f"cannot reset the guest '{guest.name}': its {kind}s include '{kept[0][0]}', which cannot be reset: "
            f"{kept[0][1]}",
            hint=f"first delete {names} with: virsh {kind}-delete {guest.name} {kind.upper()}",
        )
    if not disks:
        raise RequestError(
            f"cannot reset the guest '{guest.name}': none of its disks was created from an image",
            hint="delete the guest, and create it again with --image NAME, or with --disk size=20,backing_store=FILE",
        )
    return disks, kept


def _without_overlays(definition: etree._Element, facts: DeletionFacts, disks: set[str]) -> tuple[str, ...]:
    """Replace the overlays of external snapshots in the definition by the disks below; return all such overlays."""
    overlays = {file.path: file for file in facts.files if file.kind == "snapshot"}
    for source in definition.iterfind("devices/disk/source"):
        path = source.get("file", "")
        if path in overlays:
            chain = [below for role, below in local_chain(path, "qcow2") if role is Role.BACKING and below in disks]
            if not chain:
                raise RequestError(f"cannot reset '{path}': it is an overlay of a disk that cannot be reset")
            source.set("file", chain[0])
            disk = source.getparent()
            assert disk is not None
            for chained in disk.findall("backingStore"):
                disk.remove(chained)
    return tuple(overlays)


def _with_seed(definition: etree._Element, record: GuestRecord, facts: DeletionFacts, name: str) -> str | None:
    """Insert a kept seed that is in no drive; return its path, or None if nothing changes.

    Raises: RequestError, if the guest was configured by a seed that no longer exists, or if no drive is free for the
    seed.
    """
    if record.user is None and record.host_key is None:
        return None
    seeds = [file for file in facts.files if file.kind == "seed"]
    if not seeds:
        raise RequestError(
            f"cannot reset the guest '{name}': its seed ISO was not kept, so no user could log in afterwards",
            hint="to reset only the disks, add --without-seed; to keep the seed ISO of a new guest, create the guest "
            "with --cloud-init keep=on",
        )
    paths = {file.path for file in seeds} | {f"{file.pool}/{file.volume}" for file in seeds if file.pool}
    drives = [disk for disk in definition.iterfind("devices/disk") if disk.get("device") in ("cdrom", "floppy")]
    for source in definition.iterfind("devices/disk/source"):
        if source.get("file") in paths or f"{source.get('pool')}/{source.get('volume')}" in paths:
            return None
    drive = next((disk for disk in drives if disk.find("source") is None), None)
    if drive is None:
        raise RequestError(
            f"cannot reset the guest '{name}': it has no empty drive for its seed ISO '{seeds[0].path}'",
            hint=f"attach the seed ISO with: virsh attach-disk {name} {seeds[0].path} sdz --type cdrom --config",
        )
    drive.set("type", "file")
    drive.insert(0, etree.Element("source", file=seeds[0].path))
    return seeds[0].path


def reset(plan: ResetPlan, guest: HostGuest, host: Host) -> None:
    """Apply the plan to the guest, which must be off.

    Raises: RequestError, if the guest is running or its disks have changed since the plan was computed; StorageError;
    HypervisorError.
    """
    if guest.is_active():
        raise RequestError(f"the guest '{guest.name}' is running", hint="add --force to power it off")
    now = plan_reset(guest, host, delete_snapshots=bool(plan.snapshots or plan.checkpoints), without_seed=True)
    if (now.uuid, now.disks, now.snapshots, now.overlays) != (plan.uuid, plan.disks, plan.snapshots, plan.overlays):
        raise RequestError(
            f"the disks of the guest '{guest.name}' have changed since the reset was planned",
            hint="run the command again",
        )
    with ExitStack() as stack:
        # a full file system, or a guest that is started meanwhile, ends the reset here, before anything is lost
        targets = [stack.enter_context(_locked(path)) for path, _ in plan.disks]
        empty = [stack.enter_context(_empty_image(path, base)) for path, base in plan.disks]
        guest.discard_managed_save()
        if plan.xml is not None:
            host.define_guest(plan.xml)
        for (path, _), target, fresh in zip(plan.disks, targets, empty, strict=True):
            _overwrite(path, target, fresh)
    for path in plan.overlays:
        with storage_errors("cannot remove", path):
            remove_file(path)
    if plan.snapshots or plan.checkpoints:
        guest.forget_snapshots()


@contextmanager
def _empty_image(path: str, base: str) -> Iterator[str]:
    """Yield an empty overlay on `base`, next to the image at `path` and of the same size; remove it afterwards."""
    below = probe_image(base)
    try:
        old = probe_image(path, "qcow2")
        capacity, base_format = old.virtual_size, old.backing_format or below.format
    except StorageError:
        # the image is damaged
        capacity, base_format = below.virtual_size, below.format
    with tempfile.TemporaryDirectory(dir=os.path.dirname(path), prefix=".virtinst-reset-") as folder, Undo() as undo:
        fresh = os.path.join(folder, "disk.qcow2")
        image = NewImage(
            path=fresh, format="qcow2", capacity_bytes=capacity, backing_path=base, backing_format=base_format
        )
        provision_image(image, undo, Silent())
        undo.keep_everything()
        yield fresh


@contextmanager
def _locked(path: str) -> Iterator[BinaryIO]:
    """Yield an image that no QEMU process has open, opened and locked so that none can open it.

    Raises: StorageError.
    """
    with ExitStack() as stack:
        with storage_errors("cannot reset", path):
            target = stack.enter_context(open(path, "r+b"))
            lock_against_qemu(target.fileno(), path)
        yield target


def _overwrite(path: str, target: BinaryIO, fresh: str) -> None:
    """Replace the content of the image at `path`, open as `target`, with that of `fresh`.

    The header is written last, so that the old header describes the size if the reset is killed and repeated.
    """
    with storage_errors("cannot reset", path), open(fresh, "rb") as source:
        header = source.read(_HEADER_BYTES)
        target.seek(len(header))
        shutil.copyfileobj(source, target)
        target.truncate()
        target.flush()
        os.fsync(target.fileno())
        os.pwrite(target.fileno(), header, 0)
        os.fsync(target.fileno())
