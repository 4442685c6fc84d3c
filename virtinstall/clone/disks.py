"""Which of the original's disks are copied, whereto and how: --file, --force-copy, --skip-copy, --preserve-data.

Source: what virt-clone does: read-only and shareable disks and empty drives stay as they are.
https://libvirt.org/formatstorage.html for <volume>.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.clone.names import clone_path
from virtinstall.clone.request import CloneFacts, CloneRequest, Copy, Place, SourceFacts
from virtinstall.errors import NoSpaceError, RequestError, StorageError
from virtinstall.named import NamedTuple
from virtinstall.units import human_size

if TYPE_CHECKING:
    from virtinstall.facts import PoolFacts

# pools in which libvirt makes a volume of any name
_FILE_POOLS = ("dir", "fs", "netfs", "vstorage")
_CREATING_POOLS = (*_FILE_POOLS, "logical", "zfs")


class NewDisk(NamedTuple):
    """A disk of the copy that gets an image of its own: `kind` is the <disk>'s type.

    `image_format` is that of an existing image, None where it is the original's.
    """

    node: etree._Element
    path: str
    kind: str
    copy: Copy | None
    image_format: str | None = None


class DiskPlanner:
    """Takes the disks one after the other; what it warns of is in `warnings`."""

    def __init__(self, request: CloneRequest, facts: CloneFacts, original: str, name: str) -> None:
        self._request = request
        self._facts = facts
        self._original = original
        self._name = name
        self._files = list(request.files)
        self._chosen: dict[str, set[str]] = {}
        self.warnings: list[str] = []

    def new_disks(self, nodes: list[etree._Element]) -> list[NewDisk]:
        """The disks of the copy that get images of their own. Raises: RequestError, StorageError."""
        targets = [_target(node) for node in nodes]
        for option, wanted in (("--force-copy", self._request.force_copy), ("--skip-copy", self._request.skip_copy)):
            for target in wanted:
                if target not in targets:
                    self.warnings.append(f"{option} {target}: the guest has no such disk ({', '.join(targets)})")
        found = [
            self._new_disk(node, source)
            for node, source in zip(nodes, self._facts.disks, strict=True)
            if self._is_copied(node, source)
        ]
        if self._files:
            self._refuse_further_files([_target(disk.node) for disk in found])
        return found

    def _refuse_further_files(self, copied: list[str]) -> None:
        """Raises: RequestError, for more --file options than disks; with no disk to copy they only have no effect."""
        message = f"--file {self._files[0]}: there is no further disk to copy"
        if not copied:
            self.warnings.append(message)
            return
        raise RequestError(
            f"{message} (the copied disks are {', '.join(copied)})",
            hint="give --file once for each of these; --force-copy TARGET copies a read-only or shared disk too",
        )

    def _is_copied(self, node: etree._Element, source: SourceFacts) -> bool:
        target = _target(node)
        if source.path is None and source.kind is None:
            return False
        if target in self._request.skip_copy:
            return False
        shared = node.find("readonly") is not None or node.find("shareable") is not None
        return target in self._request.force_copy or not shared

    def _new_disk(self, node: etree._Element, source: SourceFacts) -> NewDisk:
        if source.path is None or source.kind in ("network", "dir"):
            raise RequestError(
                f"the disk {_target(node)} ({_what(node)}) can't be copied: it is no file, block device or volume",
                hint=f"leave it shared with --skip-copy {_target(node)}",
            )
        if source.kind is None and not self._request.preserve_data:
            raise StorageError(
                f"the original's disk '{source.path}' does not exist",
                hint=f"leave it as it is: --skip-copy {_target(node)}, or give an image: --preserve-data --file",
            )
        generated = not self._files
        path = self._path_for(source.path)
        place = self._facts.places[os.path.dirname(path)]
        taken = os.path.basename(path) in place.names
        kind = "block" if place.pool is not None and place.pool.type not in _FILE_POOLS else "file"
        if self._request.preserve_data:
            self._check_preserved(path, taken)
            return NewDisk(node, path, kind, None, self._facts.formats.get(path))
        self.check_overwritten(path)
        if taken:
            self._check_existing(path, place)
        return NewDisk(node, path, kind, self.copy_to(source, path, overwrite=taken)._replace(generated=generated))

    def _path_for(self, source: str) -> str:
        """The next --file, else a path that is made up. Raises: RequestError, when neither may be."""
        if self._files:
            path = os.path.abspath(self._files.pop(0))
        elif self._request.auto_clone:
            directory = os.path.dirname(source)
            taken = self._facts.places[directory].names | self._chosen.get(directory, set())
            path = clone_path(source, self._original, self._name, taken)
        else:
            raise RequestError(
                f"no new path is given for the disk '{source}'", hint="give --file for each disk, or --auto-clone"
            )
        chosen = self._chosen.setdefault(os.path.dirname(path), set())
        if os.path.basename(path) in chosen:
            raise RequestError(f"--file {path} is given for two disks", hint="each disk needs a path of its own")
        chosen.add(os.path.basename(path))
        return path

    def _check_preserved(self, path: str, exists: bool) -> None:
        if not exists:
            raise StorageError(
                f"'{path}' does not exist", hint="--preserve-data needs an existing image (--file) for each disk"
            )
        self.check_in_use(path)

    def check_in_use(self, path: str) -> None:
        """Raises: StorageError, when others use the file at `path`; --check path_in_use=off makes it a warning."""
        for message in self._facts.uses.get(path, ()):
            if self._request.checks.path_in_use:
                raise StorageError(message, hint="choose another path; to use it anyway: --check path_in_use=off")
            self.warnings.append(message)

    def check_overwritten(self, path: str) -> None:
        """Raises: StorageError, when the copy would destroy what it is copied from, or what others use."""
        if path in self._facts.onto_source:
            raise StorageError(
                f"'{path}' is a file of the original guest, or is based on one: copying onto it would destroy the data",
                hint="choose another path",
            )
        self.check_in_use(path)

    def _check_existing(self, path: str, place: Place) -> None:
        if place.pool is not None:
            raise StorageError(
                f"'{path}' is an existing volume, and a copy does not overwrite volumes",
                hint="choose another path, or use its data as it is: --preserve-data",
            )
        if self._request.checks.path_exists:
            raise StorageError(
                f"'{path}' already exists and would be overwritten",
                hint="choose another path; to overwrite it: --check path_exists=off",
            )
        self.warnings.append(f"'{path}' already exists and will be overwritten")

    def copy_to(self, source: SourceFacts, path: str, *, overwrite: bool = False) -> Copy:
        """How `source` gets to `path`. Raises: RequestError, StorageError, when it can't."""
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
        """`copy` as a volume of `pool`. Raises: RequestError, StorageError, when libvirt can't make it there."""
        path = copy.target
        if pool.type not in _CREATING_POOLS:
            raise RequestError(
                f"the pool '{pool.name}' of '{path}' is of type {pool.type}, in which no copy can be made",
                hint="give a path in another pool with --file",
            )
        _check_pool_space(path, copy.allocation_bytes, pool)
        volume = None if source.volume is None else (source.volume.pool, source.volume.name)
        if volume is None and not readable:
            raise StorageError(
                f"the original's disk '{source.path}' is in no pool, and can't be read from here",
                hint="make a pool of its directory: virsh pool-create-as NAME dir --target DIRECTORY",
            )
        # libvirt's own copy of an overlay would be a whole image
        streamed = source.file_bytes > 0 and pool.type in _FILE_POOLS
        if copy.reflink and (streamed or volume is None):
            raise StorageError(
                f"--reflink: '{path}' can't share data with '{source.path}', which is copied byte by byte",
                hint="leave --reflink out",
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
        """Raises: StorageError, when the copy would not find what the original refers to."""
        if source.data_file is not None:
            raise StorageError(
                f"'{source.path}' keeps its data in another file ('{source.data_file}'), which a copy would share",
                hint="make the image whole first: qemu-img convert -O qcow2",
            )
        assert source.path is not None
        moved = os.path.dirname(os.path.realpath(path)) != os.path.dirname(os.path.realpath(source.path))
        if source.relative_backing is not None and moved:
            raise StorageError(
                f"'{source.path}' names its backing file without a directory ('{source.relative_backing}'): "
                f"a copy in another directory does not find it",
                hint="choose a path in the same directory, or give the original a full one: qemu-img rebase -u",
            )

    def _check_place(self, path: str, place: Place) -> None:
        directory = os.path.dirname(path)
        if self._facts.remote:
            raise StorageError(
                f"'{path}' is in no pool of the remote host",
                hint="give paths in its pools: `virsh pool-list --details` lists them",
            )
        if not place.exists:
            raise StorageError(f"there is no directory '{directory}'", hint="create it first, or choose another one")


def _check_pool_space(path: str, needed: int, pool: PoolFacts) -> None:
    """Raises: NoSpaceError; --check disk_size=off doesn't help, for libvirt would refuse the volume."""
    if pool.available_bytes is not None and needed > pool.available_bytes:
        free = human_size(pool.available_bytes)
        raise NoSpaceError(
            f"'{path}' needs {human_size(needed)}, but the pool '{pool.name}' has not enough free space ({free})",
            hint="free some room, or choose another pool with --file",
        )


def _volume_xml(name: str, source: SourceFacts, allocation: int, *, as_it_is: bool) -> str:
    """<volume> of a copy; what is sent byte by byte (`as_it_is`, or no volume) counts as raw until libvirt looks."""
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


def _target(node: etree._Element) -> str:
    target = node.find("target")
    return "" if target is None else target.get("dev", "")


def _what(node: etree._Element) -> str:
    source = node.find("source")
    protocol = None if source is None else source.get("protocol")
    return str(protocol or node.get("type", "file"))
