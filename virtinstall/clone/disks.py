"""The disks that are copied, with the paths and methods of the copies: --file, --force-copy, --skip-copy and
--preserve-data.

Source: the behavior of virt-clone: read-only and shareable disks and empty drives are kept.
https://libvirt.org/formatstorage.html for <volume>.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.clone.names import clone_path
from virtinstall.clone.request import CloneFacts, CloneRequest, Copy, Place, SourceFacts
from virtinstall.devices.disk import Disk
from virtinstall.errors import NoSpaceError, RequestError, StorageError
from virtinstall.named import NamedTuple
from virtinstall.storage.files import missing_directory_hint
from virtinstall.storage.in_use import IN_USE_HINT
from virtinstall.units import human_size
from virtinstall.virsh_commands import virsh_command

if TYPE_CHECKING:
    from virtinstall.facts import PoolFacts

# pools in which libvirt creates a volume with any name
_FILE_POOLS = ("dir", "fs", "netfs", "vstorage")
_CREATING_POOLS = (*_FILE_POOLS, "logical", "zfs")


class NewDisk(NamedTuple):
    """A disk of the copy whose image differs from the original's.

    `path` is the path of the image, and `kind` is the type of the <disk>: `file` or `block`. `copy` describes how the
    image is created, or is None if the image already exists. `image_format` is the format of an existing image, or None
    to keep the format in the original's XML.
    """

    disk: Disk
    path: str
    kind: str
    copy: Copy | None
    image_format: str | None = None


class DiskPlanner:
    """A planner for the disks of a copy; `warnings` are the warnings about these disks.

    `original` is the name of the original guest, and `name` is the name of the copy.
    """

    def __init__(self, request: CloneRequest, facts: CloneFacts, original: str, name: str) -> None:
        self._request = request
        self._facts = facts
        self._original = original
        self._name = name
        self._files = list(request.files)
        self._chosen: dict[str, set[str]] = {}
        self.warnings: list[str] = []

    def new_disks(self, disks: list[Disk]) -> list[NewDisk]:
        """Return the disks of the copy whose images differ from the original's, in the order of `disks`.

        `disks` are the disks in the XML of the original.

        Raises: RequestError or StorageError, if a disk cannot be copied as requested.
        """
        targets = [disk.target_dev or "" for disk in disks]
        for option, wanted in (("--force-copy", self._request.force_copy), ("--skip-copy", self._request.skip_copy)):
            for target in wanted:
                if target not in targets:
                    known = f"the guest has {', '.join(targets)}" if targets else "the guest has no disks"
                    self.warnings.append(f"{option} {target}: no such disk; {known}")
        found = [
            self._new_disk(disk, source)
            for disk, source in zip(disks, self._facts.disks, strict=True)
            if self._is_copied(disk, source)
        ]
        if self._files:
            self._refuse_further_files([new.disk.target_dev or "" for new in found])
        return found

    def _refuse_further_files(self, copied: list[str]) -> None:
        """Reject more --file options than disks; if no disk is copied, only add a warning.

        Raises: RequestError, if there are more options than disks.
        """
        message = f"--file {self._files[0]}: more --file options than disks to copy"
        if not copied:
            self.warnings.append(message)
            return
        raise RequestError(
            f"{message} ({', '.join(copied)})",
            hint="use --file once for each of these disks, or also copy a read-only or shared disk with: "
            "--force-copy TARGET",
        )

    def _is_copied(self, disk: Disk, source: SourceFacts) -> bool:
        target = disk.target_dev or ""
        if source.path is None and source.kind is None:
            return False
        if target in self._request.skip_copy:
            return False
        shared = disk.readonly or disk.shareable
        return target in self._request.force_copy or not shared

    def _new_disk(self, disk: Disk, source: SourceFacts) -> NewDisk:
        given = self._request.preserve_data and bool(self._files)
        if (source.path is None or source.kind in ("network", "dir")) and not given:
            problem = (
                f"'{disk.target_dev}': '{source.path}' is a directory"
                if source.kind == "dir"
                else f"'{disk.target_dev}' of type {_type_of(disk)}"
            )
            raise RequestError(
                f"cannot copy the disk {problem}; only files, block devices and volumes can be copied",
                hint=f"use --skip-copy {disk.target_dev} to share the disk between both guests",
            )
        if source.kind is None and not self._request.preserve_data:
            raise self._missing(disk.target_dev or "", source.path or "")
        generated = not self._files
        path = self._path_for(source.path or "")
        place = self._facts.places[os.path.dirname(path)]
        taken = os.path.basename(path) in place.names
        kind = "block" if place.pool is not None and place.pool.type not in _FILE_POOLS else "file"
        if self._request.preserve_data:
            self._check_preserved(path, taken)
            return NewDisk(disk, path, kind, None, self._facts.formats.get(path))
        self.check_overwritten(path)
        if taken:
            self._check_existing(path, place)
        return NewDisk(disk, path, kind, self.copy_to(source, path, overwrite=taken)._replace(generated=generated))

    def _missing(self, target: str, path: str) -> StorageError:
        """Return the error for a disk of the original whose image libvirt or this host does not find."""
        if self._facts.remote and path.startswith("/"):
            return StorageError(
                f"the original's disk '{target}', '{path}', is not in a storage pool on the remote host",
                hint=self._new_pool(path),
            )
        what = "file" if path.startswith("/") else "volume"
        return StorageError(
            f"no such {what}: '{path}', the original's disk '{target}'",
            hint=f"use --skip-copy {target}, or use an existing image with: --preserve-data --file PATH",
        )

    def _new_pool(self, path: str) -> str:
        """Return the hint to create a pool for the directory of `path`, through which libvirt can read the image."""
        create = ("pool-create-as", "NAME", "dir", "--target", os.path.dirname(path))
        return f"create a pool for the directory with: {virsh_command(self._facts.uri, *create)}"

    def _path_for(self, source: str) -> str:
        """Return the path of the next --file, or a generated path.

        Raises: RequestError, if there is neither a --file nor --auto-clone, or a path is used twice.
        """
        if self._files:
            path = os.path.abspath(self._files.pop(0))
        elif self._request.auto_clone:
            directory = os.path.dirname(source)
            taken = self._facts.places[directory].names | self._chosen.get(directory, set())
            path = clone_path(source, self._original, self._name, taken)
        else:
            raise RequestError(
                f"no destination specified for the copy of the disk '{source}'",
                hint="use --file PATH for each disk, or use --auto-clone to generate the paths",
            )
        chosen = self._chosen.setdefault(os.path.dirname(path), set())
        if os.path.basename(path) in chosen:
            raise RequestError(f"--file {path} is used for two disks", hint="use a different path for each disk")
        chosen.add(os.path.basename(path))
        return path

    def _check_preserved(self, path: str, exists: bool) -> None:
        if not exists:
            raise StorageError(
                f"no such file: '{path}', but --preserve-data requires an existing image",
                hint="use --file with an existing image for each disk, or omit --preserve-data",
            )
        self.check_in_use(path)

    def check_in_use(self, path: str) -> None:
        """Check that no other guest uses the file at `path`.

        With `--check path_in_use=off`, a warning is added to `warnings` instead of raising an error.

        Raises: StorageError, if another guest uses the file.
        """
        for message in self._facts.uses.get(path, ()):
            if self._request.checks.path_in_use:
                raise StorageError(message, hint=IN_USE_HINT)
            self.warnings.append(message)

    def check_overwritten(self, path: str) -> None:
        """Check that a copy to `path` does not overwrite data of the original or of another guest.

        Raises: StorageError, if the copy would overwrite such data.
        """
        if path in self._facts.onto_source:
            raise StorageError(
                f"cannot copy to '{path}': the original guest uses this file, or a file that it refers to",
                hint="use another path",
            )
        self.check_in_use(path)

    def _check_existing(self, path: str, place: Place) -> None:
        if place.pool is not None:
            raise StorageError(
                f"the volume '{path}' already exists, and volumes are not overwritten",
                hint="use another path, or use --preserve-data to keep the existing data",
            )
        if self._request.checks.path_exists:
            raise StorageError(
                f"'{path}' already exists and would be overwritten",
                hint="use another path, or overwrite the file with: --check path_exists=off",
            )
        self.warnings.append(f"'{path}' already exists and will be overwritten")

    def copy_to(self, source: SourceFacts, path: str, *, overwrite: bool = False) -> Copy:
        """Return the description of how the image `source` is copied to `path`.

        `overwrite` is true if the copy replaces an existing file. `source.path` must not be None.

        Raises: RequestError or StorageError, if `source` cannot be copied to `path`.
        """
        assert source.path is not None
        place = self._facts.places[os.path.dirname(path)]
        self._check_chain(source, path)
        needed = source.allocation_bytes if self._request.sparse else source.capacity_bytes
        copy = Copy(
            source.path,
            path,
            "file",
            sparse=self._request.sparse,
            reflink=self._request.reflink,
            overwrite=overwrite,
            allocation_bytes=needed,
            capacity_bytes=source.capacity_bytes,
        )
        pool = place.pool
        if pool is None:
            self._check_place(path, place)
            return copy
        here = not self._facts.remote and not self._facts.pretended
        if here and source.readable and place.writable and pool.type in _FILE_POOLS:
            return copy
        return self._through_libvirt(copy, source, pool, readable=here and source.readable)

    def _through_libvirt(self, copy: Copy, source: SourceFacts, pool: PoolFacts, *, readable: bool) -> Copy:
        """Return `copy` as a volume of `pool`.

        Raises: RequestError, StorageError, if libvirt cannot create the volume.
        """
        path = copy.target
        if pool.type not in _CREATING_POOLS:
            raise RequestError(
                f"cannot create '{path}': libvirt cannot create volumes in the {pool.type} pool '{pool.name}'",
                hint="use --file with a path in another pool",
            )
        _check_pool_space(path, copy.allocation_bytes, pool)
        volume = None if source.volume is None else (source.volume.pool, source.volume.name)
        if volume is None and not readable:
            raise StorageError(
                f"cannot read the original's disk '{source.path}' on this host, and it is not in a storage pool",
                hint=self._new_pool(source.path or ""),
            )
        # libvirt's copy of an overlay would be a complete image
        streamed = source.file_bytes > 0 and pool.type in _FILE_POOLS
        if copy.reflink and (streamed or volume is None):
            raise StorageError(
                f"--reflink: '{path}' cannot share data with '{source.path}', which is copied byte by byte",
                hint="omit --reflink",
            )
        name = os.path.basename(path)
        return copy._replace(
            how="upload" if volume is None else "stream" if streamed else "volume",
            pool=pool.name,
            volume=name,
            volume_xml=_volume_xml(name, source, copy.allocation_bytes, as_it_is=streamed),
            source_volume=volume,
        )

    def _check_chain(self, source: SourceFacts, path: str) -> None:
        """Check that the copy can refer to the same files as the original.

        Raises: StorageError, if it cannot.
        """
        if source.data_file is not None:
            raise StorageError(
                f"'{source.path}' stores its data in the external file '{source.data_file}', which a copy would share",
                hint="convert the original's disk to an image without an external data file with: "
                f"qemu-img convert -O qcow2 {shlex.quote(source.path or '')} NEW.qcow2",
            )
        assert source.path is not None
        moved = os.path.dirname(os.path.realpath(path)) != os.path.dirname(os.path.realpath(source.path))
        if source.relative_backing is not None and moved:
            raise StorageError(
                f"'{source.path}' refers to its backing file by the relative path '{source.relative_backing}', "
                f"which a copy in another directory would not find",
                hint=f"use a path in the same directory, or store the absolute path{_format_note(source)} with: "
                f"qemu-img rebase -u -b {shlex.quote(_absolute_backing(source))} "
                f"-F {shlex.quote(source.backing_format or 'FORMAT')} {shlex.quote(source.path)}",
            )

    def _check_place(self, path: str, place: Place) -> None:
        directory = os.path.dirname(path)
        if self._facts.remote:
            raise StorageError(
                f"'{path}' is not in a storage pool on the remote host",
                hint=f"list the pools with: {virsh_command(self._facts.uri, 'pool-list')}; show a pool's directory "
                f"with: {virsh_command(self._facts.uri, 'pool-dumpxml', 'POOL')}",
            )
        if not place.exists:
            raise StorageError(f"no such directory: '{directory}'", hint=missing_directory_hint(directory))


def _type_of(disk: Disk) -> str:
    """Return the type of a disk for a message: that of its XML, with the protocol of a network disk."""
    kind = disk.type or "file"
    return f"{kind} ({disk.source_protocol})" if disk.source_protocol else kind


def _format_note(source: SourceFacts) -> str:
    return "" if source.backing_format else " (FORMAT is the format of the backing file)"


def _absolute_backing(source: SourceFacts) -> str:
    """Return the absolute path of the image's relative backing file."""
    directory = os.path.dirname(os.path.realpath(source.path or ""))
    return os.path.normpath(os.path.join(directory, source.relative_backing or ""))


def _check_pool_space(path: str, needed: int, pool: PoolFacts) -> None:
    """Check the free space of the pool, even with --check disk_size=off, because libvirt would reject the volume.

    Raises: NoSpaceError, if the pool does not have `needed` bytes.
    """
    if pool.available_bytes is not None and needed > pool.available_bytes:
        free = human_size(pool.available_bytes)
        raise NoSpaceError(
            f"the pool '{pool.name}' has only {free} free, but '{path}' requires {human_size(needed)}",
            hint="free up space in the pool, or use --file with a path in another pool",
        )


def _volume_xml(name: str, source: SourceFacts, allocation: int, *, as_it_is: bool) -> str:
    """Return the <volume> of a copy; its format is raw if the data is sent unchanged (`as_it_is`, or not a volume)."""
    root = etree.Element("volume")
    etree.SubElement(root, "name").text = name
    capacity = source.file_bytes if as_it_is else source.capacity_bytes
    etree.SubElement(root, "capacity", unit="bytes").text = str(capacity)
    etree.SubElement(root, "allocation", unit="bytes").text = str(min(allocation, capacity))
    form = "raw" if as_it_is or source.volume is None else source.volume.format
    target = etree.SubElement(root, "target")
    if form is not None:
        etree.SubElement(target, "format", type=form)
    if form == "qcow2":
        etree.SubElement(target, "compat").text = "1.1"
    return str(etree.tostring(root, encoding="unicode"))
