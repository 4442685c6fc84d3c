"""Which guests use a disk: `--check path_in_use=`.

Pure: it works on the XML of the other guests; what lies behind their images is read by the
caller's `chain_of` (`local_chain_paths` reads it from disk).

Source: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms (`source`,
`backingStore`, `mirror`, `shareable`, `readonly`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from virtinstall.named import NamedTuple

if TYPE_CHECKING:
    from lxml.etree import _Element

ChainOf = Callable[[str, "str | None"], list[str]]


class DiskUse(NamedTuple):
    """Guest `domain` has the path behind its disk `target`; `as_backing`: below another image."""

    domain: str
    target: str
    path: str
    shareable: bool
    readonly: bool
    as_backing: bool

    def excludes(self, *, shareable: bool, readonly: bool) -> bool:
        """Whether one more user that opens it so would harm or be harmed.

        What is only read may be read by any number of guests and written by none; a reader of what another guest
        writes gets half of it, and QEMU lets it have nothing.
        """
        if self.as_backing or self.readonly:
            return not readonly
        return not (shareable and self.shareable)


def local_chain_paths(path: str, image_format: str | None) -> list[str]:
    """The paths below the image at `path`; none where it can't be read, for then it can't be in use so."""
    from virtinstall.errors import StorageError
    from virtinstall.storage.chain import backing_chain

    try:
        return [info.path for info in backing_chain(path, image_format)[1:]]
    except StorageError:
        return []


class DisksInUse:
    """The disks of guests, given as (name, XML), each looked at once.

    `chain_of` gives the files behind a guest's image by path and format, `path_of_volume` the path of a disk
    given by pool and volume; `resolve` makes names of one file equal (`os.path.realpath` follows links).
    """

    def __init__(
        self,
        domains: Iterable[tuple[str, str]],
        *,
        chain_of: ChainOf | None = None,
        path_of_volume: Callable[[str, str], str | None] = lambda pool, name: None,
        resolve: Callable[[str], str] = os.path.normpath,
    ) -> None:
        self._chain_of = chain_of
        self._path_of_volume = path_of_volume
        self._resolve = resolve
        self._held = [self._look(name, disk) for name, xml in domains for disk in _disks(xml)]

    def uses(self, path: str, volume: tuple[str, str] | None = None) -> list[DiskUse]:
        """All uses of the file or block device `path`; `volume` is (pool, volume) if it has those names."""
        wanted = self._resolve(path)
        found = []
        for held in self._held:
            top = wanted in held.written or (volume is not None and held.volume == volume)
            if top or wanted in held.below:
                found.append(held.use._replace(path=path, as_backing=not top))
        return found

    def _look(self, name: str, disk: _Element) -> _Held:
        source, target, driver = (disk.find(tag) for tag in ("source", "target", "driver"))
        volume = None
        top = _source_path(disk)
        if source is not None and source.get("pool") is not None:
            volume = (source.get("pool", ""), source.get("volume", ""))
            top = top or self._path_of_volume(*volume)
        # a copy job writes to its mirror as the guest does to its disk
        written = [top, *(_source_path(mirror) for mirror in disk.iterfind("mirror"))]
        below = [_source_path(backing) for backing in disk.iterfind(".//backingStore")]
        if self._chain_of is not None and top is not None:
            below += self._chain_of(top, None if driver is None else driver.get("type"))
        use = DiskUse(
            domain=name,
            target="" if target is None else target.get("dev", ""),
            path="",
            shareable=disk.find("shareable") is not None,
            readonly=disk.find("readonly") is not None or disk.get("device") == "cdrom",
            as_backing=False,
        )
        return _Held(use, volume, self._resolved(written), self._resolved(below))

    def _resolved(self, paths: Iterable[str | None]) -> frozenset[str]:
        return frozenset(self._resolve(path) for path in paths if path is not None)


class _Held(NamedTuple):
    """One disk of a guest: what it writes to, and what lies below that; paths resolved."""

    use: DiskUse
    volume: tuple[str, str] | None
    written: frozenset[str]
    below: frozenset[str]


def _disks(xml: str) -> list[_Element]:
    from lxml import etree

    root = etree.fromstring(xml.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    return root.findall("./devices/disk")


def _source_path(element: _Element) -> str | None:
    source = element.find("source")
    if source is None:
        return None
    return source.get("file") or source.get("dev") or source.get("dir")
