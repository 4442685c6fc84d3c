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
    """A requested copy of a guest.

    `original` is the name of the guest; if it is None, `original_xml` is the XML of the guest, which need not be
    defined. `name` is generated if it is None and `auto_clone` is true, and `uuid` is generated if it is None. `files`
    are the paths of the new images, in the order of the copied disks; if `auto_clone` is true, missing paths are
    generated. `force_copy` and `skip_copy` are the targets, such as `vda`, of disks that are copied or not copied.
    `macs` are the MAC addresses or `RANDOM`, in the order of the interfaces. `nvram` is the path of the copy's UEFI
    variables, or None to generate it. If `reflink` is true, the copies share their data with the originals. If `sparse`
    is false, all space of the new images is allocated. If `preserve_data` is true, no images are copied, because
    `files` already exist. If `replaces` is true, an existing guest with the copy's name is deleted.
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
    the image's volume, or None if it is not in a storage pool. `readable` is whether this process can read the image.
    `relative_backing` is the path of the backing file as stored in the image, if it is a relative path.
    `backing_format` is the format of the backing file as stored in the image. `data_file` is the path of an external
    data file. These three are None if the image contains no such value. `file_bytes` is the size of a volume's file if
    the volume is an overlay, and 0 for other images.
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

    `writable` is whether this process can create files in it. `names` are the names of the files in it. `pool` is the
    active pool of the directory, or None if there is none.
    """

    exists: bool
    writable: bool
    names: frozenset[str] = frozenset()
    pool: PoolFacts | None = None


class CloneFacts(NamedTuple):
    """The facts from which the plan of a copy is created.

    `xml` is the XML of the original. `disks` are in the order of its <disk> elements. `nvram` describes its UEFI
    variables, or is None if there are none. `places` are the directories of all images, by path. `uses` maps a path in
    --file or --nvram to messages about its other users. `onto_source` are the paths in --file or --nvram whose file the
    original uses, or whose backing chain contains such a file. `formats` are the formats of the existing images in
    --file, by path. `guest_macs` maps each MAC address in lowercase to the name of its guest. `is_qemu` is whether the
    hypervisor is QEMU. `remote` is whether the hypervisor is on another host, and `uri` is its URI. `pretended` is
    whether it is libvirt's test driver, whose guests have no real images. The plan generates its UUID and MAC addresses
    from `random_bytes`. `tpm` is the directory of the original's TPM state, or None if there is none.
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
    and this process uploads a file). `overwrite` is whether `target` replaces an existing file. `generated` is whether
    `target` was generated, so that another path can be used. `allocation_bytes` is the space that the copy needs when
    it is created, and `capacity_bytes` is the size to which it may grow. `pool` and `volume` are the names of the new
    volume and its pool, and `volume_xml` is its XML; they are empty for `file`. `source_volume` is the names of the
    pool and the volume of the source, or None if it is not a volume.
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

    `virt_type` is the domain type, such as `kvm`. `generated` and `uuid_is_new` are whether the name and the UUID were
    generated. `replaces` is whether an existing guest with the same name is deleted. `keeps_nvram` is whether the user
    specified the path of the UEFI variables. `original_xml` is the XML of the original, or None if the user specified
    the XML instead of a guest's name. `tpm` is the directory of the original's TPM state and the directory of its copy,
    or None if there is no TPM state.
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
