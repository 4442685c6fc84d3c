"""The request of virt-clone, the facts and the plan, as data."""

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
    """A requested copy: `original` is the name of a guest, or `original_xml` the XML of a guest, defined or not.

    `files` are the paths of the new disks in order of the copied disks, and `macs` are the addresses in order of the
    interfaces. `name` and `uuid` are generated if they are None. If `sparse` is False, all space of the new disks is
    allocated.
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
    """An image of the original; `path` is None for an empty drive or a network disk.

    `kind` is `file`, `block`, `dir`, `network`, or None if the image was not found. `relative_backing` is the path of
    the backing file if it is relative to the image's directory, and `backing_format` is the format of the backing
    file that the image contains; `data_file` is an external data file. All three are None if there is none.
    `file_bytes` is the size of a volume's file if the volume is an overlay, and 0 for other images.
    """

    path: str | None = None
    kind: str | None = None
    volume: VolumeFacts | None = None
    readable: bool = False
    capacity_bytes: int = 0
    allocation_bytes: int = 0
    relative_backing: str | None = None
    backing_format: str | None = None
    data_file: str | None = None
    file_bytes: int = 0


class Place(NamedTuple):
    """A directory for new images: the names in it, and the active pool that manages it, or None."""

    exists: bool
    writable: bool
    names: frozenset[str] = frozenset()
    pool: PoolFacts | None = None


class CloneFacts(NamedTuple):
    """The input of a copy's plan.

    `disks` are in order of the <disk> elements, and `places` are the directories of all images by path. `uses` are
    the messages about other users of the files of --file and --nvram by path, and `onto_source` are those of the
    files that the original uses, or whose backing chain contains a file of the original. `formats` are the formats of
    the existing images of --file by path. `remote` is whether the hypervisor is on another host, and `pretended` is
    whether it is libvirt's test driver, whose guests have no real images. `tpm` is the directory of the original's
    TPM state, or None if there is none.
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

    `how` is `file` (this process reads and writes), `volume` (libvirt copies a volume), `stream` (libvirt creates a
    volume, and this process transfers the data) or `upload` (libvirt creates a volume, and this process uploads a
    file). `pool` and `volume` are the names of the new volume, and `volume_xml` is its XML; they are empty for `file`.
    `source_volume` is the pool and the name of the source, or None if it is not a volume. `generated` is whether
    `target` was generated, so that another path can be used.
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
    """The plan of a copy: the images to copy, and the guest to define with `xml`.

    `replaces` is whether an existing guest of the same name is deleted, and `keeps_nvram` is whether the user named
    the file of the UEFI variables. `generated` and `uuid_is_new` are whether the name and the UUID were generated.
    `original_xml` is the XML of the copied guest, or None if the XML came from a file. `tpm` are the directories of
    the TPM state and of its copy, or None if there is no TPM state.
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
