"""The installation's media: the kernel and initrd of a tree, the CD-ROM, and the seeds.

Source: the behavior of virt-install; https://docs.kernel.org/admin-guide/kernel-parameters.html
for how arguments are joined.
"""

from __future__ import annotations

from virtinstall.compose.disk_sources import is_url, local_path, resolve_source
from virtinstall.compose.draft import Draft
from virtinstall.compose.ignition import add_ignition
from virtinstall.compose.seeds import new_seeds, seed_arguments, seed_bus
from virtinstall.compose.uploads import path_there
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, MediaFacts
from virtinstall.plan import BootFile

_NAME_LENGTH = 64


def add_media(draft: Draft) -> None:
    """Attach the install media and the seeds, and plan the download of the kernel and initrd.

    Raises: RequestError, if an option requires an install kernel and there is none.
    """
    install = draft.request.install
    if install.cdrom is not None:
        draft.install_cdrom = _add_cdrom(draft, install.cdrom, draft.facts.storage.cdrom)
    media = draft.facts.media
    if install.kernel is not None or install.initrd is not None:
        _use_own_kernel(draft)
    elif media is not None and media.kernel is not None:
        _use_tree(draft, media)
    if media is not None and media.is_iso and media.attach:
        position = _add_cdrom(draft, media.location, draft.facts.storage.cdrom)
        if draft.uploads or is_url(media.location):
            # the finished guest can't keep it as virt-install has it: the copy that was sent is deleted again,
            # and the web server of an image there may be gone when the guest starts next
            draft.install_cdrom = position
    bus = seed_bus(draft)
    for seed in new_seeds(draft, removable=bus != "virtio"):
        draft.seeds.append(seed)
        # virtio-blk has no CD-ROMs; there the seed is a plain disk, which finds its readers by its label as well
        position = _add_seed(draft, seed.path, "disk" if bus == "virtio" else "cdrom", bus)
        if not seed.keep:
            draft.seed_disks.append(position)
    add_ignition(draft)
    draft.kernel_arguments = _kernel_arguments(draft)
    _check_kernel_requests(draft)


def _check_kernel_requests(draft: Draft) -> None:
    """Raise RequestError if --extra-args or --initrd-inject is used without an install kernel."""
    install = draft.request.install
    if draft.boot_files:
        return
    for option, value in (("--extra-args", install.extra_args), ("--initrd-inject", install.initrd_inject)):
        if value:
            raise RequestError(
                f"{option} requires an install kernel",
                hint="use --location, which also accepts an ISO image, instead of --cdrom"
                if install.cdrom is not None
                else "use --location, or --install kernel=PATH,initrd=PATH",
            )


def _add_cdrom(draft: Draft, path: str, facts: DiskFacts | None) -> int:
    """Attach an ISO image and return the position of the disk; an existing guest uses one of its drives.

    A new drive becomes the first one, as with virt-install: firmware without a boot order boots the first drive.
    """
    drives = [disk for disk in draft.domain.devices_of(Disk) if disk.device == "cdrom"]
    exists = draft.request.install.reinstall is not None
    disk = next((drive for drive in drives if drive.is_empty), drives[0]) if exists and drives else None
    if disk is not None:
        disk.eject()
    else:
        disk = Disk(device="cdrom")
        draft.domain.add(disk, before=drives[0] if drives else None)
    facts = facts or DiskFacts()
    if facts.local is not None:
        path = path_there(draft, facts.local.path)
        facts = DiskFacts(path=facts.local.replace(path=path))
    disk.path = path
    resolve_source(draft, disk, facts)
    return draft.domain.devices_of(Disk).index(disk)


def _add_seed(draft: Draft, path: str, device: str, bus: str | None) -> int:
    position = len(draft.domain.devices_of(Disk))
    disk = Disk(device=device, type="file", source_file=path_there(draft, path), driver_type="raw")
    if bus is not None:
        disk.target_bus = bus
        disk.readonly = True
    draft.domain.add(disk)
    return position


def _use_own_kernel(draft: Draft) -> None:
    """Use --install kernel=,initrd=: URLs are fetched like those of a tree, and files are used where they are."""
    install = draft.request.install
    for what, path in (("kernel", install.kernel), ("initrd", install.initrd)):
        if path is not None and is_url(path):
            location, _, name = path.rpartition("/")
            inject = install.initrd_inject if what == "initrd" else ()
            draft.boot_files.append(
                BootFile(source=name, path=_boot_path(draft, path), location=location, inject=inject, what=what)
            )
        elif path is not None:
            path = local_path(path)
            inject = install.initrd_inject if what == "initrd" else ()
            draft.boot_files.append(
                BootFile(source=path, path=_boot_path(draft, path), location=None, inject=inject, what=what)
                if inject
                else BootFile(source=path, path=path, location=None, what=what)
            )


def _use_tree(draft: Draft, media: MediaFacts) -> None:
    assert media.kernel is not None
    install = draft.request.install
    inject = install.initrd_inject
    draft.boot_files.append(
        BootFile(source=media.kernel, path=_boot_path(draft, media.kernel), location=media.location, what="kernel")
    )
    if media.initrd is not None:
        draft.boot_files.append(
            BootFile(
                source=media.initrd,
                path=_boot_path(draft, media.initrd),
                location=media.location,
                inject=inject,
                what="initrd",
            )
        )


def _boot_path(draft: Draft, source: str) -> str:
    """Return the path of a boot file, whose name is unpredictable, so that no link can be placed there.

    The name ends in the harmless characters of the tree's file name, within the limit of file systems.
    """
    name = "".join(char if _is_harmless(char) else "_" for char in source.rpartition("/")[2][-_NAME_LENGTH:])
    stem = f"{draft.facts.host.boot_dir}/virtinst-{draft.facts.token}"
    path = f"{stem}-{name or 'file'}"
    # kernel and initrd may have the same name in different directories
    taken = any(boot_file.path == path for boot_file in draft.boot_files)
    return f"{stem}-initrd-{name or 'file'}" if taken else path


def _is_harmless(char: str) -> bool:
    return (char.isascii() and char.isalnum()) or char in "._-"


def _kernel_arguments(draft: Draft) -> str:
    """Return the install kernel's command line: the user's arguments first, then the install source."""
    install = draft.request.install
    if install.kernel_args is not None and install.kernel_args_overwrite:
        return install.kernel_args
    media = draft.facts.media
    parts = [*seed_arguments(draft)]
    if install.kernel_args is not None:
        parts.append(install.kernel_args)
    parts.extend(install.extra_args)
    if media is not None:
        parts.extend(media.kernel_arguments)
    return " ".join(part for part in parts if part)
