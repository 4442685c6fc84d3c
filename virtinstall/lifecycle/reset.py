"""Reset a guest: its disks become empty overlays on the same images again; MAC addresses and seed stay.

Only disks that are in the record are reset. The file is overwritten in place (same inode, owner and label), so a reset
that is killed can be repeated.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError, StorageError
from virtinstall.guest_record import NAMESPACE, GuestRecord, parse_record
from virtinstall.lifecycle.deletion_facts import deletion_facts
from virtinstall.lifecycle.deletion_plan import FileFacts, plan_deletion
from virtinstall.new_image import NewImage
from virtinstall.progress import Silent
from virtinstall.record import Record
from virtinstall.rollback.undo import Undo
from virtinstall.storage.files import storage_errors
from virtinstall.storage.probe import probe_image
from virtinstall.storage.provision import provision_image

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Guest, Host


class ResetPlan(Record):
    """Plan of a reset: each disk with the image that it is based on."""

    name: str
    uuid: str
    is_active: bool
    disks: tuple[tuple[str, str], ...]
    has_saved_state: bool = False


def plan_reset(guest: Guest, host: Host) -> ResetPlan:
    """Return which disks are reset. Raises: RequestError, if there is no record, or a disk cannot be reset."""
    record = parse_record(guest.metadata(NAMESPACE), guest.uuid)
    if record is None:
        raise RequestError(
            f"the guest '{guest.name}' has no record of what was created for it",
            hint="only guests that virtinstall created can be reset",
        )
    facts = deletion_facts(guest.name, guest, host)
    if facts.snapshots:
        raise RequestError(
            f"the guest '{guest.name}' has snapshots, which a reset would destroy",
            hint=f"delete them first: virsh snapshot-delete {guest.name} {facts.snapshots[0]}",
        )
    _require_seed(record, facts.files, guest)
    plan = plan_deletion(facts)
    going = {item.path for item in plan.removed if item.kind == "disk"}
    reasons = {item.path: item.reason for item in plan.kept}
    bases = {each.path: each.base for each in record.files if each.base is not None}
    disks = []
    for file in facts.files:
        if file.kind == "disk" and not file.readonly and (file.path in going or file.path in bases):
            base = bases.get(file.path)
            if base is None:
                raise RequestError(f"cannot reset '{file.path}': the disk was not created from an image")
            if file.path not in going:
                raise RequestError(f"cannot reset '{file.path}': {reasons.get(file.path, 'it is not in the record')}")
            disks.append((file.path, base))
    if not disks:
        raise RequestError(f"the guest '{guest.name}' has no disk that was created from an image")
    return ResetPlan(
        name=guest.name,
        uuid=guest.uuid,
        is_active=facts.is_active,
        disks=tuple(disks),
        has_saved_state=facts.has_saved_state,
    )


def _require_seed(record: GuestRecord, files: tuple[FileFacts, ...], guest: Guest) -> None:
    """Raise RequestError if the guest was set up by a seed that no longer exists."""
    if record.user is None and record.host_key is None:
        return
    if not any(file.kind == "seed" for file in files):
        raise RequestError(
            f"cannot reset '{guest.name}': its cloud-init seed was not kept, so no user could log in",
            hint="create it with --cloud-init ...,keep=on",
        )


def reset(plan: ResetPlan, guest: Guest, host: Host) -> None:
    """Apply the plan; the guest must be off. Raises: RequestError, StorageError, HypervisorError."""
    if guest.is_active():
        raise RequestError(f"the guest '{guest.name}' is running", hint="power it off: --force")
    if plan_reset(guest, host).disks != plan.disks:
        raise RequestError(f"the disks of the guest '{guest.name}' changed after the reset was planned")
    guest.discard_managed_save()
    for path, base in plan.disks:
        _empty(path, base)


def _empty(path: str, base: str) -> None:
    """Replace the content of the image at `path` with an empty overlay on `base` of the same size."""
    below = probe_image(base)
    try:
        old = probe_image(path, "qcow2")
        capacity, base_format = old.virtual_size, old.backing_format or below.format
    except StorageError:
        # a killed reset left the image without a header
        capacity, base_format = below.virtual_size, below.format
    with tempfile.TemporaryDirectory(dir=os.path.dirname(path), prefix=".virtinst-reset-") as folder, Undo() as undo:
        fresh = os.path.join(folder, "disk.qcow2")
        image = NewImage(
            path=fresh, format="qcow2", capacity_bytes=capacity, backing_path=base, backing_format=base_format
        )
        provision_image(image, undo, Silent())
        undo.keep_everything()
        with storage_errors("cannot reset", path), open(fresh, "rb") as source, open(path, "r+b") as target:
            target.truncate(0)
            shutil.copyfileobj(source, target)
            target.truncate(os.path.getsize(fresh))
            target.flush()
            os.fsync(target.fileno())
