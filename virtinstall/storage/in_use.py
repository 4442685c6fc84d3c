"""The guests that use a file: `--check path_in_use=`.

The same check is used for creation, virt-clone, virt-xml, cleanup and deletion. Existing files are compared by identity
(the device and inode, or the number of a block device), and files that do not exist by path.

Source: stat(2); https://libvirt.org/kbase/backing_chains.html.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError, StorageError
from virtinstall.named import NamedTuple
from virtinstall.storage.chain import backing_chain
from virtinstall.storage.file_uses import FileUse, Role, uses_in
from virtinstall.storage.host_devices import HostTables, block_relatives, host_uses

if TYPE_CHECKING:
    from lxml.etree import _Element

    from virtinstall.libvirt_host.host import Host
    from virtinstall.request import Checks

Chain = Sequence[tuple[Role, str]]
ChainOf = Callable[[str, "str | None"], Chain]
_DEEPEST_CHAIN = 200
IN_USE_HINT = "use another path, or use the file anyway, which can destroy data, with: --check path_in_use=off"


def file_identity(path: str) -> Hashable:
    """Return a value that is equal for all paths of one file; None for a special file without content, such as a pipe.

    If the file does not exist, the value is the path with symbolic links resolved.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return os.path.realpath(path)
    if stat.S_ISBLK(status.st_mode):
        return ("block", status.st_rdev)
    if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
        return (status.st_dev, status.st_ino)
    return None


def local_chain(path: str, image_format: str | None) -> Chain:
    """Return the role and the path of each file that the image at `path` refers to.

    These files are the image's external data file and the files in its backing chain. `image_format` is the format of
    the image; None detects it. The result is empty if the image is raw or cannot be read.
    """
    if image_format == "raw":
        return []
    try:
        top, *below = backing_chain(path, image_format)
    except StorageError:
        return []
    data = top.data_file
    found = [] if data is None else [(Role.DATA, os.path.join(os.path.dirname(path), data.removeprefix("file:")))]
    return [*found, *((Role.BACKING, info.path) for info in below)]


class Conflict(NamedTuple):
    """Two uses of the same file that conflict: `wanted` is the requested use, and `held` is the existing one.

    `held` may also be a different requested use of the file by the same guest. `image` is None if the XML of the
    requesting guest names the file. Otherwise the XML names an image that refers to the file, for example as its
    backing file, and `image` is the path of that image.
    """

    wanted: FileUse
    held: FileUse
    image: str | None = None

    @property
    def reason(self) -> str:
        """The description of the conflict, without the command-line option."""
        if self.held.guest == self.wanted.guest and self.held.role is not Role.HOST:
            return f"the guest would use '{self.wanted.path}' twice: as {_role(self.held)} and as {_role(self.wanted)}"
        if self.image is None:
            return f"'{self.wanted.path}' is already in use by {self.held}"
        what = f"the {self.wanted.role.value} '{self.wanted.path}' of '{self.image}'"
        return f"{what} is already in use by {self.held}"

    def __str__(self) -> str:
        return f"{self.wanted.option}: {self.reason}"


def _role(use: FileUse) -> str:
    return f"{use.role.value} '{use.device}'" if use.device else use.role.value


class FilesInUse:
    """The files that guests and, if `tables` is not None, this host use.

    `domains` are pairs of a guest's name and the XML of the guest or of one of its snapshots. `chain_of` is called with
    the path and the format of an image, and returns the role and the path of each file that the image refers to.
    `path_of_volume` is called with the names of a pool and a volume, and returns the volume's path, or None if the
    volume does not exist. `identify` is called with a path, and returns a value that is equal for all paths of one
    file. `tables` are the kernel's lists of the disks that this host uses.
    """

    def __init__(
        self,
        domains: Iterable[tuple[str, str]],
        *,
        chain_of: ChainOf = lambda path, image_format: (),
        path_of_volume: Callable[[str, str], str | None] = lambda pool, name: None,
        identify: Callable[[str], Hashable] = os.path.normpath,
        tables: HostTables | None = None,
    ) -> None:
        self._chain_of = chain_of
        self._path_of_volume = path_of_volume
        self._identify = identify
        self._tables = tables
        self._held: dict[Hashable, list[FileUse]] = {}
        self._of_guest: dict[str, set[Hashable]] = {}
        for name, xml in domains:
            self._add(name, _parsed(xml))

    def _add(self, name: str, document: _Element) -> None:
        for use, _ in self.expand(uses_in(name, document)):
            for identity in self._identities(use):
                held = self._held.setdefault(identity, [])
                if use not in held:
                    held.append(use)
                    self._of_guest.setdefault(name, set()).add(identity)

    def put(self, name: str, documents: Iterable[_Element]) -> None:
        """Replace the recorded uses by the guest `name` with those in `documents`.

        `documents` are the <domain> element of the guest and the <domainsnapshot> elements of the guest's snapshots.
        For a deleted guest, `documents` contains no elements.
        """
        for identity in self._of_guest.pop(name, ()):
            self._held[identity] = [use for use in self._held[identity] if use.guest != name]
        for document in documents:
            self._add(name, document)

    def among(self, domains: Iterable[tuple[str, str]]) -> FilesInUse:
        """Return a new object with the files that the guests in `domains` use, but not those that this host uses.

        `domains` are pairs of a guest's name and XML. The new object has the same functions as this one.
        """
        return FilesInUse(
            domains, chain_of=self._chain_of, path_of_volume=self._path_of_volume, identify=self._identify
        )

    def same_file(self, path: str, other: str) -> bool:
        """Return whether `path` and `other` refer to the same file, which need not exist."""
        identity = self._identify(path)
        return identity is not None and identity == self._identify(other)

    def uses(self, path: str, volume: tuple[str, str] | None = None) -> list[FileUse]:
        """Return all uses of the file or block device at `path` by guests and this host.

        `volume` is a pair of the pool's name and the volume's name, or None if the file is not known as a volume.
        """
        return self._uses_of(FileUse("", Role.DISK, path, volume=volume))

    def conflicts(
        self, wanted: Sequence[FileUse], *, known: Sequence[FileUse] = (), skip: str | None = None
    ) -> list[Conflict]:
        """Return the conflicts of requested uses with existing uses and with each other.

        `wanted` are the uses that a guest requests. `known` are the existing uses of that guest, whose conflicts are
        not returned. `skip` is the name of a guest whose existing uses are ignored because the guest is edited or
        replaced; None ignores no guest.
        """
        old = {use for use, _ in self.expand(known)}
        expanded = [(use, image, self._identities(use)) for use, image in self.expand(wanted)]
        found = []
        for number, (use, image, _) in enumerate(expanded):
            overlapping = self._overlapping(use)
            for other, _, others in expanded[:number]:
                if overlapping & others and not (use in old and other in old) and _excludes_own(use, other):
                    found.append(Conflict(use, other, image))
            if use in old:
                continue
            held = (other for other in self._uses_of(use) if other.guest != skip or other.role is Role.HOST)
            found += [Conflict(use, other, image) for other in held if use.excludes(other)]
        return found

    def expand(self, uses: Sequence[FileUse]) -> list[tuple[FileUse, str | None]]:
        """Return `uses`, and the uses of all files that the images in `uses` refer to.

        The second item of each pair is the path of the image that refers to the file, or None for an element of `uses`.
        """
        found: list[tuple[FileUse, str | None]] = []
        for use in uses:
            if use.volume is not None:
                use = use._replace(path=self._path_of_volume(*use.volume) or use.path)
            found.append((use, None))
            if not (use.role.is_image or use.role in (Role.BACKING, Role.SNAPSHOT, Role.MIRROR)):
                continue
            for role, path in self._chain_of(use.path, use.image_format):
                writes = use.writes and role is Role.DATA
                below = FileUse(use.guest, role, path, use.device, writes=writes)
                if (below, None) not in found:
                    found.append((below, use.path))
        return found

    def _uses_of(self, use: FileUse) -> list[FileUse]:
        found: list[FileUse] = []
        for identity in self._overlapping(use):
            found += (held for held in self._held.get(identity, ()) if held not in found)
        if self._tables is not None:
            found += host_uses(use.path, self._tables)
        return found

    def _identities(self, use: FileUse) -> set[Hashable]:
        found: set[Hashable] = set()
        if use.volume is not None:
            found.add(("volume", *use.volume))
        # network storage is named by its URL
        identity = use.path if "://" in use.path else self._identify(use.path)
        return found if identity is None else {*found, identity}

    def _overlapping(self, use: FileUse) -> set[Hashable]:
        """Return the file's identities, including the disk of a partition and the partitions of a disk."""
        found = self._identities(use)
        if self._tables is not None:
            devices = [each[1] for each in found if isinstance(each, tuple) and each[0] == "block"]
            found |= {("block", number) for device in devices for number in block_relatives(device, self._tables)}
        return found


def _excludes_own(use: FileUse, other: FileUse) -> bool:
    """Return whether one guest must not have both uses; a disk's backing chain and two logs are allowed."""
    same_disk = use.device == other.device and bool(use.device) and use.role is not Role.LOG
    chain = (Role.BACKING, Role.DATA, Role.MIRROR)
    if same_disk and (use.role in chain or other.role in chain):
        return False
    return not (use.role is Role.LOG and other.role is Role.LOG) and use.excludes(other)


def files_in_use(host: Host, *, tables: HostTables | None = None) -> FilesInUse:
    """Return the files that the guests on `host` use and, if `host` is this machine, those that this machine uses.

    `tables` are the kernel's lists of the disks that this machine uses; None stands for the lists of the running
    kernel.

    Raises: HostError, if the guests' XML cannot be read.
    """
    local = host.is_local()
    return FilesInUse(
        host.guest_xmls(),
        chain_of=lambda path, image_format: _chain(path, image_format, host, local=local),
        path_of_volume=lambda pool, name: None if (found := host.volume(pool, name)) is None else found.path,
        identify=file_identity if local else os.path.normpath,
        tables=(tables or HostTables()) if local else None,
    )


def refuse_conflicts(conflicts: Sequence[Conflict], checks: Checks) -> list[str]:
    """Return the descriptions of the conflicts, to be shown as warnings.

    Raises: RequestError, if a conflict can destroy data and `checks.path_in_use` is true.
    """
    # two guests may append to one log; all other combinations destroy data
    severe = [each for each in conflicts if each.wanted.role is not Role.LOG or each.held.role is not Role.LOG]
    messages = list(dict.fromkeys(map(str, conflicts)))
    if severe and checks.path_in_use:
        raise RequestError(
            str(severe[0]),
            hint=IN_USE_HINT,
        )
    return messages


def _chain(path: str, image_format: str | None, host: Host, *, local: bool) -> Chain:
    """Return the files that an image refers to, from its header if that is readable, otherwise from its pool."""
    if local and os.access(path, os.R_OK):
        return local_chain(path, image_format)
    below: list[tuple[Role, str]] = []
    volume = host.volume_by_path(path)
    while volume is not None and volume.backing_path is not None and len(below) < _DEEPEST_CHAIN:
        below.append((Role.BACKING, volume.backing_path))
        volume = host.volume_by_path(volume.backing_path)
    return below


def _parsed(xml: str) -> _Element:
    from lxml import etree

    return etree.fromstring(xml.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
