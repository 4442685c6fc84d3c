"""The properties of an existing image: the format, virtual size and backing file, read only from the header.

A detected format is a guess, because a guest can write any header to its raw disk. A format from the user or libvirt
has priority: `probe_image(path, format)` reads the image in that format.

Source: https://www.qemu.org/docs/master/interop/qcow2.html, .../qed_spec.html, .../parallels.html; VHD, VHDX and VMDK
specifications of their vendors; LUKS on-disk format; ECMA-119 8.1 (ISO 9660).
"""

from __future__ import annotations

import os
import stat
import struct

from virtinstall.errors import StorageError
from virtinstall.named import NamedTuple
from virtinstall.storage.files import DAMAGED_HINT, SECTOR, read_at, round_up, storage_errors

HEAD_BYTES = 2048
ISO_OFFSET, ISO_MAGIC = 32769, b"CD001"
QED_BACKING, QED_BACKING_IS_RAW = 1, 4
VMDK_DESCRIPTOR_LIMIT = 64 << 10

# (offset, magic, libvirt's name of the format)
_MAGICS = (
    (0, b"QED\0", "qed"),
    (0, b"KDMV", "vmdk"),
    (0, b"COWD", "vmdk"),
    (0, b"# Disk DescriptorFile", "vmdk"),
    (64, b"\x7f\x10\xda\xbe", "vdi"),
    (0, b"vhdxfile", "vhdx"),
    (0, b"conectix", "vpc"),
    (0, b"LUKS\xba\xbe", "luks"),
    (0, b"WithoutFreeSpace", "parallels"),
    (0, b"WithouFreSpacExt", "parallels"),
    (0, b"Bochs Virtual HD Image", "bochs"),
)


class ImageInfo(NamedTuple):
    """The properties of an image, read from its header.

    `virtual_size` is the size of the disk that the guest sees, in bytes; it is None for formats from whose headers the
    size is not read. `file_size` is in bytes. `backing_file`, `backing_format` and `data_file` (an external data file)
    are as stored in the image; each is None if the image contains no such value. `cluster_size` is in bytes, and
    `compat` is the qcow2 version, `0.10` or `1.1`; both are None for images that are not in the qcow2 format.
    """

    path: str
    format: str
    virtual_size: int | None
    file_size: int
    backing_file: str | None = None
    backing_format: str | None = None
    is_iso: bool = False
    is_block_device: bool = False
    cluster_size: int | None = None
    compat: str | None = None
    lazy_refcounts: bool = False
    extended_l2: bool = False
    encrypted: bool = False
    data_file: str | None = None


def probe_image(path: str, image_format: str | None = None) -> ImageInfo:
    """Return the properties in the header of the image at `path`, which is in the format `image_format`.

    If `image_format` is None, the format is detected. At most 4 MiB are read, even if the header refers to more data.

    Raises: StorageError, if the image cannot be read, is neither a regular file nor a block device, or has an invalid
    header.
    """
    with storage_errors("cannot read", path):
        # O_NONBLOCK: opening a FIFO would wait for its writer
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            mode = os.fstat(fd).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
                raise StorageError(
                    f"'{path}' is neither a regular file nor a block device", hint="use the path of a disk image"
                )
            size = os.lseek(fd, 0, os.SEEK_END)
            plain = ImageInfo(path, "raw", round_up(size, SECTOR), size, is_block_device=stat.S_ISBLK(mode))
            return _probe_open(fd, plain, image_format)
        finally:
            os.close(fd)


def _probe_open(fd: int, plain: ImageInfo, image_format: str | None) -> ImageInfo:
    head = read_at(fd, HEAD_BYTES, 0)
    kind = image_format or _guess(head)
    if kind == "raw":
        is_iso = read_at(fd, len(ISO_MAGIC), ISO_OFFSET) == ISO_MAGIC
        return plain._replace(is_iso=is_iso)
    if kind == "qcow2":
        return _from_qcow2(fd, plain)
    if image_format is not None and image_format != _guess(head):
        raise StorageError(
            f"'{plain.path}' is not a {image_format} image",
            hint=f"specify the image's actual format, probably format={_guess(head)}",
        )
    if kind == "qcow":
        return _from_qcow(fd, plain, head)
    if kind == "qed":
        return _from_qed(fd, plain, head)
    if kind == "vmdk":
        return _from_vmdk(fd, plain, head)
    return plain._replace(format=kind, virtual_size=_simple_size(kind, head), encrypted=kind == "luks")


def _guess(head: bytes) -> str:
    if head[:4] == b"QFI\xfb":
        version = int.from_bytes(head[4:8], "big")
        return "qcow" if version == 1 else "qcow2"
    for offset, magic, name in _MAGICS:
        if head[offset : offset + len(magic)] == magic:
            return name
    return "raw"


def _simple_size(kind: str, head: bytes) -> int | None:
    """Return the virtual size in bytes; None if the format has no fixed place for it in the header."""
    if kind == "vdi":
        return _field("<Q", head, 0x170)
    if kind == "vpc":
        return _field(">Q", head, 48)
    return None


def _field(layout: str, head: bytes, offset: int) -> int | None:
    """Return the number at `offset`; None if the file is shorter."""
    if len(head) < offset + struct.calcsize(layout):
        return None
    return int(struct.unpack_from(layout, head, offset)[0])


def _from_qcow2(fd: int, plain: ImageInfo) -> ImageInfo:
    from virtinstall.storage.qcow2_header import EXTENDED_L2, LAZY_REFCOUNTS, read_header

    header = read_header(fd, plain.path)
    backing = _name(header.backing_file)
    return plain._replace(
        format="qcow2",
        virtual_size=header.size // SECTOR * SECTOR,  # QEMU's disks end with a whole sector
        backing_file=backing,
        backing_format=_name(header.backing_format) if backing else None,
        cluster_size=header.cluster_size,
        compat="0.10" if header.version == 2 else "1.1",
        lazy_refcounts=bool(header.compatible_features & LAZY_REFCOUNTS),
        extended_l2=bool(header.incompatible_features & EXTENDED_L2),
        encrypted=header.crypt_method != 0,
        data_file=_name(header.data_file),
    )


def _from_qcow(fd: int, plain: ImageInfo, head: bytes) -> ImageInfo:
    """Read a header of version 1: magic, version, backing offset (8) and length (16), time, size (24), ..."""
    if len(head) < 48:
        raise _cut_short(plain, "qcow")
    offset, length, size = struct.unpack_from(">QI4xQ", head, 8)
    crypt = int.from_bytes(head[36:40], "big")
    backing = _stored_name(fd, plain, "qcow", offset, length) if offset else None
    return plain._replace(format="qcow", virtual_size=size, backing_file=backing, encrypted=crypt != 0)


def _from_qed(fd: int, plain: ImageInfo, head: bytes) -> ImageInfo:
    if len(head) < 64:
        raise _cut_short(plain, "qed")
    features, size, offset, length = struct.unpack_from("<16xQ24xQII", head)
    if not features & QED_BACKING:
        return plain._replace(format="qed", virtual_size=size)
    backing = _stored_name(fd, plain, "qed", offset, length)
    raw = "raw" if features & QED_BACKING_IS_RAW else None
    return plain._replace(format="qed", virtual_size=size, backing_file=backing, backing_format=raw)


def _from_vmdk(fd: int, plain: ImageInfo, head: bytes) -> ImageInfo:
    """Read a sparse extent that contains a descriptor, or a descriptor alone."""
    size: int | None = None
    text = b""
    if head[:4] == b"KDMV" and len(head) >= 44:
        sectors, start, length = struct.unpack_from("<12xQ8xQQ", head)
        size = sectors * SECTOR
        if 0 < start < 1 << 40:
            text = read_at(fd, min(length * SECTOR, VMDK_DESCRIPTOR_LIMIT), start * SECTOR)
    elif head[:1] == b"#":
        text = read_at(fd, VMDK_DESCRIPTOR_LIMIT, 0)
    parent = None
    for line in text.split(b"\n"):
        key, _, value = line.partition(b"=")
        if key.strip() == b"parentFileNameHint":
            parent = _name(value.strip().strip(b'"'))
    return plain._replace(
        format="vmdk", virtual_size=size, backing_file=parent, backing_format="vmdk" if parent else None
    )


def _stored_name(fd: int, plain: ImageInfo, kind: str, offset: int, length: int) -> str | None:
    if length > 1023 or offset + length > plain.file_size:
        raise StorageError(
            f"'{plain.path}' is not a valid {kind} image: its header places the name of the backing file beyond "
            "the end of the image",
            hint=DAMAGED_HINT,
        )
    return _name(read_at(fd, length, offset))


def _name(stored: bytes | None) -> str | None:
    """Return a name from an image up to the first NUL, which file names cannot contain; None if there is none."""
    if stored is None:
        return None
    return os.fsdecode(stored.split(b"\0", 1)[0]) or None


def _cut_short(plain: ImageInfo, kind: str) -> StorageError:
    return StorageError(
        f"'{plain.path}' is not a valid {kind} image: its header is truncated",
        hint=DAMAGED_HINT,
    )
