"""The decisions about which parts of a guest are removed and which are kept, without side effects.

A file is removed only if there is no objection; otherwise the plan contains the first objection as the reason.
"""

from __future__ import annotations

from typing import Literal

from virtinstall.record import Record
from virtinstall.units import human_size

Storage = Literal["own", "all", "none"]
"""Which disks may be removed: those that virtinstall created for the guest, all of its disks, or none."""
CREATOR = "virtinstall"
KEPT_BY_DESIGN = ("cdrom", "base")
"""Kinds of files that no deletion removes."""


class FileFacts(Record):
    """The current state of a file or volume that a guest uses.

    `kind` is `disk`, `snapshot` (the overlay of an external snapshot), `memory` (the saved memory of an external
    snapshot), `data` (the data file of a disk), `seed`, `nvram`, `base` (the backing image of a disk) or `cdrom`.
    `device` is the device name, such as `vda`. `source` is libvirt's disk type, such as `file`, `block` or `network`.
    `is_ours` is true if the guest's record names the file, or names the disk that the file is an overlay of.
    `is_replaced` is true if another file now has this path. `links` is the number of hard links. `users` describe uses
    by other guests or by this host, and `open_by` are processes that have the file open. `overlays` are the paths of
    images that are based on the file. `inode`, `filesystem` and `born` identify the file on this machine; they are None
    if the file cannot be examined. `link` is the resolved path if `path` is a symbolic link, otherwise None.
    `unreachable` is the reason why the file cannot be examined, or None.
    """

    kind: str
    path: str
    device: str = ""
    source: str = "file"
    pool: str | None = None
    volume: str | None = None
    link: str | None = None
    is_ours: bool = False
    is_replaced: bool = False
    is_regular: bool = True
    readonly: bool = False
    shareable: bool = False
    links: int = 1
    size_bytes: int = 0
    filesystem: int | None = None
    inode: int | None = None
    born: int | None = None
    users: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    open_by: tuple[str, ...] = ()
    unreachable: str | None = None


class ReservationFacts(Record):
    """A DHCP reservation that virtinstall added; `objection` is the reason why it must be kept, or None."""

    network: str
    mac: str
    address: str
    objection: str | None = None

    @property
    def label(self) -> str:
        """The string that identifies the reservation in output and in journals: `ADDRESS MAC NETWORK`."""
        return f"{self.address} {self.mac} {self.network}"


class DeletionFacts(Record):
    """The parts of a guest.

    `exists` is false if the guest has already been removed and only some of its files remain, because its deletion was
    interrupted. `nvram` is the path of the guest's UEFI variables, or None. `nvram_file` describes this file; it is
    None if the file cannot be examined. `nvram_objection` is the reason why the file must be kept, or None.
    `former_nvram` is the path of the UEFI variables under the guest's name before it was renamed, or None. `tpm` is the
    directory of the guest's TPM state, or None if it has no emulated TPM. `detached` are the paths of recorded disks
    that are no longer attached. `unfinished` are files that an interrupted deletion did not remove, `earlier_uuids` are
    the UUIDs of the guests that these files belonged to, and `stale_pools` are the pools that still list removed files.
    """

    name: str
    uuid: str = ""
    exists: bool = True
    state: str = "shut off"
    is_active: bool = False
    is_persistent: bool = True
    has_record: bool = False
    has_saved_state: bool = False
    snapshots: tuple[str, ...] = ()
    checkpoints: tuple[str, ...] = ()
    nvram: str | None = None
    nvram_file: FileFacts | None = None
    nvram_objection: str | None = None
    former_nvram: str | None = None
    tpm: str | None = None
    files: tuple[FileFacts, ...] = ()
    detached: tuple[str, ...] = ()
    reservations: tuple[ReservationFacts, ...] = ()
    unfinished: tuple[FileFacts, ...] = ()
    earlier_uuids: tuple[str, ...] = ()
    stale_pools: tuple[str, ...] = ()


class Item(Record):
    """One part of a guest; `kind` is its type, and `reason` is the reason why it is removed or kept.

    `path` is the path of a file, or the name of another part. `file` and `reservation` are None for parts that are not
    files or reservations.
    """

    kind: str
    path: str
    reason: str
    pool: str | None = None
    volume: str | None = None
    size_bytes: int | None = None
    file: FileFacts | None = None
    reservation: ReservationFacts | None = None

    def __str__(self) -> str:
        """Return a line of text: `disk /images/web.qcow2 (1.0 GiB): virtinstall created it`."""
        size = "" if not self.size_bytes else f" ({human_size(self.size_bytes)})"
        return f"{self.kind} {self.path}{size}: {self.reason}"


class DeletionPlan(Record):
    """The plan for a deletion: the parts to remove and to keep, each with the reason.

    `exists` is false if the guest has already been removed and only some of its files remain, because its deletion was
    interrupted. `must_stop` is true if the guest is running. `storage` is the requested `Storage` value.
    `would_remove_with_all` are the paths of kept files that `storage="all"` would remove. `earlier_uuids` are the UUIDs
    of earlier guests with the same name whose deletion was interrupted, and `stale_pools` are the pools to refresh
    after these deletions.
    """

    name: str
    uuid: str
    exists: bool
    must_stop: bool
    is_persistent: bool
    storage: str
    removed: tuple[Item, ...] = ()
    kept: tuple[Item, ...] = ()
    would_remove_with_all: tuple[str, ...] = ()
    earlier_uuids: tuple[str, ...] = ()
    stale_pools: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to remove."""
        return not self.removed

    def removes(self, kind: str) -> bool:
        """Return whether the plan removes an item whose kind is `kind`.

        A removed item can have these kinds: `guest`, `saved-state`, `snapshot-metadata`, `checkpoint`, `nvram`, `tpm`,
        `disk`, `snapshot`, `memory`, `data`, `seed` and `reservation`.
        """
        return any(each.kind == kind for each in self.removed)

    @property
    def files(self) -> tuple[Item, ...]:
        """The files and volumes to remove, overlays before their backing images."""
        return tuple(each for each in self.removed if each.file is not None)


def plan_deletion(facts: DeletionFacts, storage: Storage = "own") -> DeletionPlan:
    """Return the plan, which lists the parts of a guest to remove and to keep; change nothing."""
    decisions = _decisions(facts, storage)
    removed = list(_definition(facts))
    kept: list[Item] = []
    _decide_state(facts, decisions, removed, kept)
    for file in facts.files:
        reason = decisions[file.path]
        (removed if reason is None else kept).append(_item(file, reason or _why_removed(file)))
    for path in facts.detached:
        kept.append(Item(kind="disk", path=path, reason=f"{CREATOR} created it, but it was detached"))
    for each in facts.reservations:
        why = each.objection or f"{CREATOR} added it to the network '{each.network}'"
        item = Item(kind="reservation", path=each.label, reason=why, reservation=each)
        (removed if each.objection is None else kept).append(item)
    rest = _decisions_about(facts.unfinished, "all")
    for file in facts.unfinished:
        reason = rest[file.path]
        (removed if reason is None else kept).append(_item(file, reason or "left by a deletion that was killed"))
    more = (
        () if storage == "all" else tuple(path for path, reason in _decisions(facts, "all").items() if reason is None)
    )
    return DeletionPlan(
        name=facts.name,
        uuid=facts.uuid,
        exists=facts.exists,
        must_stop=facts.is_active,
        is_persistent=facts.is_persistent,
        storage=storage,
        removed=tuple(removed),
        kept=tuple(kept),
        would_remove_with_all=tuple(path for path in more if decisions[path] is not None),
        earlier_uuids=facts.earlier_uuids,
        stale_pools=facts.stale_pools,
    )


def _decisions(facts: DeletionFacts, storage: Storage) -> dict[str, str | None]:
    """Return the reason why each file is kept, by path; None for a file that is removed."""
    found = _decisions_about(facts.files, storage)
    disks = [file for file in facts.files if file.kind in ("disk", "snapshot")]
    if any(found[file.path] is not None for file in disks):
        for file in facts.files:
            if file.kind == "memory" and found[file.path] is None:
                found[file.path] = "it belongs to a snapshot whose disks are kept"
    return found


def _decisions_about(files: tuple[FileFacts, ...], storage: Storage) -> dict[str, str | None]:
    found = {file.path: _objection(file, storage) for file in files}
    changed = True
    while changed:
        # an image is kept if an overlay of it is kept
        changed = False
        for file in files:
            staying = [each for each in file.overlays if found.get(each, "") is not None]
            if found[file.path] is None and staying:
                found[file.path] = f"it is the backing file of '{staying[0]}'"
                changed = True
    return found


def _objection(file: FileFacts, storage: Storage) -> str | None:
    """Return why the file is kept, without regard to its overlays; None if it may be removed."""
    sources = {"block": "a block device is never deleted", "network": "a network disk is never deleted"}
    if file.unreachable is not None:
        return file.unreachable
    if file.source in sources:
        return sources[file.source]
    if file.source not in ("file", "volume"):
        return f"storage of type '{file.source}' is never deleted"
    if not file.is_regular:
        return "it is not a regular file"
    if file.kind == "base":
        return "a backing file is never deleted"
    if file.kind == "cdrom":
        return "a medium in a drive is never deleted"
    if storage == "none":
        return "disks are kept, as requested"
    if file.readonly:
        return "it is read-only for the guest"
    if file.shareable:
        return "it is marked as shareable with other guests"
    if storage == "own" and not file.is_ours:
        return f"{CREATOR} did not create it for this guest"
    if storage == "own" and file.is_replaced:
        return f"another file has replaced the one that {CREATOR} created"
    if file.users:
        return f"it is used by {', '.join(file.users)}"
    if file.links > 1:
        return f"it has {file.links} hard links"
    if file.open_by:
        return f"it is open in {', '.join(file.open_by)}"
    return None


def _why_removed(file: FileFacts) -> str:
    if file.kind in ("snapshot", "memory"):
        return "a snapshot of the guest created it"
    return f"{CREATOR} created it for this guest" if file.is_ours else "deletion of all disks was requested"


def _item(file: FileFacts, reason: str) -> Item:
    return Item(
        kind=file.kind,
        path=file.path,
        reason=reason,
        pool=file.pool,
        volume=file.volume,
        size_bytes=file.size_bytes,
        file=file,
    )


def _definition(facts: DeletionFacts) -> list[Item]:
    if not facts.exists:
        return []
    stopped = f"; the guest is {facts.state} and is stopped first" if facts.is_active else ""
    reason = f"its definition{stopped}" if facts.is_persistent else "it is transient: powering it off removes it"
    items = [Item(kind="guest", path=facts.name, reason=reason)]
    if facts.has_saved_state:
        items.append(Item(kind="saved-state", path=facts.name, reason="libvirt's managed save"))
    items += [Item(kind="snapshot-metadata", path=name, reason="libvirt's metadata") for name in facts.snapshots]
    items += [Item(kind="checkpoint", path=name, reason="libvirt's metadata") for name in facts.checkpoints]
    return items


def _decide_state(
    facts: DeletionFacts, decisions: dict[str, str | None], removed: list[Item], kept: list[Item]
) -> None:
    """Remove UEFI variables and TPM state together with the disks: a kept disk may be sealed by the TPM."""
    disks = [file for file in facts.files if file.kind in ("disk", "snapshot") and not file.readonly]
    needed = bool(disks) and all(decisions[file.path] is not None for file in disks)
    why_kept = "all disks are kept and may need it"
    if facts.nvram is not None:
        if facts.nvram_objection is not None:
            kept.append(Item(kind="nvram", path=facts.nvram, reason=facts.nvram_objection))
        elif needed:
            kept.append(Item(kind="nvram", path=facts.nvram, reason=why_kept))
        else:
            reason = "the guest's UEFI variables"
            removed.append(Item(kind="nvram", path=facts.nvram, reason=reason, file=facts.nvram_file))
    if facts.former_nvram is not None:
        why = "its name contains the guest's former name, so it may now belong to another guest"
        kept.append(Item(kind="nvram", path=facts.former_nvram, reason=why))
    if facts.tpm is not None:
        keeps = needed and facts.is_persistent
        (kept if keeps else removed).append(
            Item(kind="tpm", path=facts.tpm, reason=why_kept if keeps else "the guest's TPM state")
        )
