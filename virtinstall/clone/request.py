"""The request to virt-clone, the facts, and the plan, as data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from virtinstall.named import NamedTuple
from virtinstall.record import Record
from virtinstall.request import Checks

if TYPE_CHECKING:
    from virtinstall.facts import PoolFacts, VolumeFacts


class CloneRequest(Record):
    """A requested copy: `original` names a guest, or `original_xml` is the XML of one that need not be defined.

    `files` are the new disks' paths in order of the disks that are copied, `macs` the addresses in order of the
    interfaces. `sparse` False allocates the new disks completely.
    """

    original: str | None = None
    original_xml: str | None = None
    name: str | None = None
    uuid: str | None = None
    auto_clone: bool = False
    files: tuple[str, ...] = ()
    force_copy: tuple[str, ...] = ()
    skip_copy: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    nvram: str | None = None
    reflink: bool = False
    sparse: bool = True
    preserve_data: bool = False
    replaces: bool = False
    checks: Checks = Checks()


class SourceFacts(NamedTuple):
    """One image of the original. `path` None: there is none (an empty drive, a network disk).

    `kind` is `file`, `block`, `dir`, `network`, or None if it does not exist. `relative_backing` is the name of a
    backing file that is relative to the image's directory. `file_bytes` is the size of a volume's file, if the volume
    is an overlay.
    """

    path: str | None = None
    kind: str | None = None
    volume: VolumeFacts | None = None
    readable: bool = False
    capacity_bytes: int = 0
    allocation_bytes: int = 0
    relative_backing: str | None = None
    data_file: str | None = None
    file_bytes: int = 0


class Place(NamedTuple):
    """A directory for new images: its contents, and the active pool that manages it."""

    exists: bool
    writable: bool
    names: frozenset[str] = frozenset()
    pool: PoolFacts | None = None


class CloneFacts(NamedTuple):
    """The input of a copy's plan.

    `disks` are in order of the XML's <disk> elements; `places` are the directories of all
    images, by path; `uses` describes the users of the files of --file and --nvram, and `onto_source` are those
    that the original uses, or whose backing chain includes one of its files.
    `formats` are those of existing images of --file. `remote`: files of this machine are not the
    hypervisor's. `pretended`: libvirt's test driver, whose guests have no real images. `tpm` is the directory of
    the original's TPM state, None where there is none.
    """

    xml: str
    disks: tuple[SourceFacts, ...] = ()
    nvram: SourceFacts | None = None
    places: Mapping[str, Place] = MappingProxyType({})
    uses: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    onto_source: frozenset[str] = frozenset()
    formats: Mapping[str, str] = MappingProxyType({})
    guest_names: frozenset[str] = frozenset()
    guest_macs: Mapping[str, str] = MappingProxyType({})
    is_qemu: bool = True
    remote: bool = False
    pretended: bool = False
    random_bytes: bytes = b""
    tpm: str | None = None


class Copy(NamedTuple):
    """An image to copy from `source` to `target`.

    `how`: `file` (this process reads and writes), `volume` (libvirt copies a volume), `stream` (libvirt creates a
    volume, and this process transfers the data) or `upload` (libvirt creates a volume, and this process uploads a
    file). `pool` and `volume` are where libvirt creates it; `volume_xml` is its <volume>. `generated`: the path was
    generated, so another one can be used.
    """

    source: str
    target: str
    how: str
    sparse: bool = True
    reflink: bool = False
    overwrite: bool = False
    generated: bool = False
    allocation_bytes: int = 0
    capacity_bytes: int = 0
    pool: str = ""
    volume: str = ""
    volume_xml: str = ""
    source_volume: tuple[str, str] | None = None


class ClonePlan(NamedTuple):
    """The plan of a copy: the copied images, then the guest of `xml`.

    `replaces`: an existing guest with the name is removed; `keeps_nvram`: the copy gets the file of UEFI variables
    that the user named, existing or not; `generated`: the name was generated; `uuid_is_new`: the UUID, too.
    `original_xml`: the XML of the guest that is copied, None where libvirt has none. `tpm`: the directory of the TPM
    state, and where its copy goes.
    """

    name: str
    uuid: str
    xml: str
    virt_type: str
    generated: bool = False
    copies: tuple[Copy, ...] = ()
    replaces: bool = False
    keeps_nvram: bool = False
    uuid_is_new: bool = False
    original_xml: str | None = None
    tpm: tuple[str, str] | None = None
    warnings: tuple[str, ...] = ()
