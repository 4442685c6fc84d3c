"""The data types of virt-clone: the request, the facts and the plan."""

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
    """A requested copy of a guest.

    `original` is the name of the guest; if it is None, `original_xml` is the XML of the guest, which need not be
    defined. `name` is generated if it is None and `auto_clone` is true, and `uuid` is generated if it is None. `files`
    are the paths of the new images, in the order of the copied disks; if `auto_clone` is true, missing paths are
    generated. `force_copy` and `skip_copy` are the targets, such as `vda`, of disks that are always copied or never
    copied. `macs` are the MAC addresses or `RANDOM`, in the order of the interfaces. `nvram` is the path of the copy's
    UEFI variables; None generates it. If `reflink` is true, the copies share their data with the originals. If `sparse`
    is false, all space for the new images is allocated. If `preserve_data` is true, no images are copied, and `files`
    must already exist. If `replaces` is true, an existing guest with the copy's name is deleted.
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

    `kind` is `file`, `block`, `dir`, `network`, or None if the image was not found or the drive is empty. `volume` is
    the image's volume, or None if it is not in a storage pool. `readable` is true if this process can read the image.
    `relative_backing` is the path of the backing file as stored in the image, or None if that path is not relative.
    `backing_format` is the format of the backing file as stored in the image, or None. `data_file` is the path of an
    external data file, or None. `file_bytes` is the size of a volume's file if the volume is an overlay, and 0 for
    other images.
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
    """A directory for new images.

    `writable` is true if this process can create files in the directory, and `names` are the names of the files in it.
    `pool` is the active pool for the directory, or None if there is none.
    """

    exists: bool
    writable: bool
    names: frozenset[str] = frozenset()
    pool: PoolFacts | None = None


class CloneFacts(NamedTuple):
    """The facts from which the plan of a copy is created.

    `xml` is the XML of the original, and `disks` are in the order of the <disk> elements in that XML. `nvram` describes
    the original's UEFI variables, or is None if there are none. `places` maps the path of each directory that contains
    an existing or new image to the facts about that directory. `uses` maps a path in --file or --nvram to messages
    about other users of the file. `onto_source` are the paths in --file or --nvram that must not be overwritten,
    because the original uses the file or a file that it refers to. `formats` are the formats of the existing images in
    --file, by path. `guest_macs` maps each MAC address in lowercase to the name of the guest that has it. `is_qemu` is
    true if the hypervisor is QEMU. `remote` is true if the hypervisor is on another host, and `uri` is the connection's
    URI. `pretended` is true if the hypervisor is libvirt's test driver, whose guests have no real images. The copy's
    UUID and MAC addresses are generated from `random_bytes`. `tpm` is the directory of the original's TPM state, or
    None if there is none.
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
    uri: str | None = None


class Copy(NamedTuple):
    """An image to copy from the path `source` to the path `target`.

    `how` is the method: `file` (this process copies the file), `volume` (libvirt copies a volume), `stream` (libvirt
    creates a volume, and this process transfers the data from the source volume) or `upload` (libvirt creates a volume,
    and this process uploads a file). `sparse` and `reflink` are those of `CloneRequest`. `overwrite` is true if
    `target` replaces an existing file. `generated` is true if `target` was generated, so that a different path can be
    used. `allocation_bytes` is the space that the copy needs when it is created, and `capacity_bytes` is the size to
    which it may grow. `pool` and `volume` are the names of the pool and of the new volume, and `volume_xml` is the XML
    of the new volume; for the method `file`, these are empty strings. `source_volume` is a pair of the names of the
    source's pool and volume, or None if the source is not a volume.
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

    `virt_type` is the domain type, such as `kvm`. `generated` is true if the name was generated, and `uuid_is_new` is
    true if the UUID was generated. `replaces` is true if an existing guest with the same name is deleted. `keeps_nvram`
    is true if the user specified the path of the UEFI variables. `original_xml` is the XML of the original, or None if
    the user specified the XML instead of a guest's name. `tpm` is a pair of the directories of the original's and the
    copy's TPM state, or None if there is no TPM state.
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
