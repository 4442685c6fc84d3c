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

        A backing file may be read by any number of guests and written by none.
        """
        if self.as_backing or self.readonly:
            return not readonly
        return not (readonly or (shareable and self.shareable))


def local_chain_paths(path: str, image_format: str | None) -> list[str]:
    """The paths below the image at `path`; none where it can't be read, for then it can't be in use so."""
    from virtinstall.errors import StorageError
    from virtinstall.storage.chain import backing_chain

    try:
        return [info.path for info in backing_chain(path, image_format)[1:]]
    except StorageError:
        return []


def find_uses(
    path: str,
    domains: Iterable[tuple[str, str]],
    *,
    volume: tuple[str, str] | None = None,
    chain_of: ChainOf | None = None,
    path_of_volume: Callable[[str, str], str | None] = lambda pool, name: None,
    resolve: Callable[[str], str] = os.path.normpath,
) -> list[DiskUse]:
    """All uses of the file or block device `path` by `domains`, given as (name, XML).

    `volume` is (pool, volume) if it has those names; `chain_of` gives the files behind another guest's image
    by path and format, `path_of_volume` the path of a disk given by pool and volume; `resolve` makes names of
    one file equal (`os.path.realpath` follows links).
    """
    wanted = resolve(path)
    uses = []
    for name, xml in domains:
        for disk in _disks(xml):
            found = _find_in_disk(disk, wanted, volume, chain_of, path_of_volume, resolve)
            if found is None:
                continue
            target = disk.find("target")
            uses.append(
                DiskUse(
                    domain=name,
                    target="" if target is None else target.get("dev", ""),
                    path=path,
                    shareable=disk.find("shareable") is not None,
                    readonly=disk.find("readonly") is not None or disk.get("device") == "cdrom",
                    as_backing=found == "backing",
                )
            )
    return uses


def _disks(xml: str) -> list[_Element]:
    from lxml import etree

    root = etree.fromstring(xml.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    return root.findall("./devices/disk")


def _find_in_disk(
    disk: _Element,
    wanted: str,
    volume: tuple[str, str] | None,
    chain_of: ChainOf | None,
    path_of_volume: Callable[[str, str], str | None],
    resolve: Callable[[str], str],
) -> str | None:
    """`top` or `backing`, by where the disk has it; None where it hasn't."""
    top = _source_path(disk)
    source = disk.find("source")
    if top is not None and resolve(top) == wanted:
        return "top"
    if volume is not None and source is not None and (source.get("pool"), source.get("volume")) == volume:
        return "top"
    if top is None and source is not None and source.get("pool") is not None:
        top = path_of_volume(source.get("pool", ""), source.get("volume", ""))
    # a copy job writes to its mirror as the guest does to its disk
    if any(_is(mirror, wanted, resolve) for mirror in disk.iterfind("mirror")):
        return "top"
    if any(_is(below, wanted, resolve) for below in disk.iterfind(".//backingStore")):
        return "backing"
    if chain_of is not None and top is not None:
        driver = disk.find("driver")
        image_format = None if driver is None else driver.get("type")
        if any(resolve(below) == wanted for below in chain_of(top, image_format)):
            return "backing"
    return None


def _is(element: _Element, wanted: str, resolve: Callable[[str], str]) -> bool:
    path = _source_path(element)
    return path is not None and resolve(path) == wanted


def _source_path(element: _Element) -> str | None:
    source = element.find("source")
    if source is None:
        return None
    return source.get("file") or source.get("dev") or source.get("dir")
