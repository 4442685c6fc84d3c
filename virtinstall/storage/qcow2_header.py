"""The header of a qcow2 image: its fields, how they are written and how they are read.

For any file, the reader returns the correct fields or raises a StorageError. At most the first cluster (2 MiB) is read.

Source: https://www.qemu.org/docs/master/interop/qcow2.html (Header, Header extensions).
"""

from __future__ import annotations

import struct

from virtinstall.errors import StorageError
from virtinstall.named import NamedTuple
from virtinstall.storage.files import DAMAGED_HINT, read_at

MAGIC = b"QFI\xfb"
MIN_CLUSTER_BITS, MAX_CLUSTER_BITS = 9, 21
MAX_L1_BYTES = 32 << 20  # a limit of QEMU's, as are the two below
MAX_REFCOUNT_TABLE_BYTES = 8 << 20
MAX_SNAPSHOTS = 65536
MAX_BACKING_NAME = 1023

DIRTY, CORRUPT, DATA_FILE, COMPRESSION_TYPE, EXTENDED_L2 = 1, 2, 4, 8, 16
LAZY_REFCOUNTS = 1

_BASE = struct.Struct(">4sIQIIQIIQQIIQ")
_VERSION_3 = struct.Struct(">QQQII")
_V2_LENGTH, _V3_MIN_LENGTH, _V3_LENGTH = 72, 104, 112
_EXT_END, _EXT_BACKING_FORMAT, _EXT_FEATURES = 0, 0xE2792ACA, 0x6803F857
_EXT_DATA_FILE, _EXT_BITMAPS = 0x44415441, 0x23852875

# (field, bit, name): field 0 is incompatible, 1 compatible, 2 autoclear
_FEATURE_NAMES = (
    (0, 0, b"dirty bit"),
    (0, 1, b"corrupt bit"),
    (0, 2, b"external data file"),
    (0, 3, b"compression type"),
    (0, 4, b"extended L2 entries"),
    (1, 0, b"lazy refcounts"),
    (2, 0, b"bitmaps"),
    (2, 1, b"raw external data"),
)


class Qcow2Header(NamedTuple):
    """The fields of a qcow2 header, with the names from the specification.

    `size` is the size of the guest's disk in bytes, offsets are in bytes, and `l1_size` is the number of entries in the
    L1 table. `backing_file`, `backing_format` and `data_file` are as stored in the image; each is None if the image
    contains no such value.
    """

    version: int
    cluster_bits: int
    size: int
    l1_size: int
    l1_table_offset: int
    refcount_table_offset: int
    refcount_table_clusters: int
    backing_file: bytes | None = None
    backing_format: bytes | None = None
    crypt_method: int = 0
    nb_snapshots: int = 0
    snapshots_offset: int = 0
    incompatible_features: int = 0
    compatible_features: int = 0
    autoclear_features: int = 0
    refcount_order: int = 4
    compression_type: int = 0
    data_file: bytes | None = None
    has_bitmaps: bool = False

    @property
    def cluster_size(self) -> int:
        """The size of a cluster in bytes."""
        return 1 << self.cluster_bits

    @property
    def l2_entry_size(self) -> int:
        """The size of an L2 table entry in bytes."""
        return 16 if self.incompatible_features & EXTENDED_L2 else 8

    @property
    def l1_reach(self) -> int:
        """The number of bytes of the guest's disk that one entry of the L1 table maps."""
        return self.cluster_size // self.l2_entry_size * self.cluster_size


def pack_header(header: Qcow2Header) -> bytes:
    """Return the start of the image: the header, the extensions and the backing file's name.

    Raises: StorageError, if these do not fit in the first cluster, or if the name is too long.
    """
    length = _V2_LENGTH if header.version == 2 else _V3_LENGTH
    extensions = b""
    if header.backing_format is not None:
        extensions += _extension(_EXT_BACKING_FORMAT, header.backing_format)
    name = header.backing_file or b""
    end = _extension(_EXT_END, b"")
    features = _extension(_EXT_FEATURES, b"".join(struct.pack(">BB46s", *f) for f in _FEATURE_NAMES))
    room = header.cluster_size - length - len(extensions) - len(end) - len(name)
    if header.version >= 3 and len(features) <= room:
        extensions += features
    if room < 0 or len(name) > MAX_BACKING_NAME:
        raise StorageError(
            f"the path of the backing file is too long for a qcow2 image: {len(name)} bytes", hint="use a shorter path"
        )
    extensions += end
    base = _BASE.pack(
        MAGIC,
        header.version,
        length + len(extensions) if name else 0,
        len(name),
        header.cluster_bits,
        header.size,
        header.crypt_method,
        header.l1_size,
        header.l1_table_offset,
        header.refcount_table_offset,
        header.refcount_table_clusters,
        header.nb_snapshots,
        header.snapshots_offset,
    )
    if header.version >= 3:
        base += _VERSION_3.pack(
            header.incompatible_features,
            header.compatible_features,
            header.autoclear_features,
            header.refcount_order,
            length,
        ) + struct.pack(">B7x", header.compression_type)
    return base + extensions + name


def _extension(kind: int, data: bytes) -> bytes:
    return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)


def read_header(fd: int, path: str) -> Qcow2Header:
    """Return the header of the qcow2 image that is open as `fd`; `path` is for messages.

    Raises: StorageError, if the file is not a valid qcow2 image of version 2 or 3; OSError, if it cannot be read.
    """
    start = read_at(fd, _V3_LENGTH, 0)
    if start[:4] != MAGIC:
        raise _invalid(path, "it has no qcow2 header", "specify the image's actual format, such as raw")
    if len(start) < _V2_LENGTH:
        raise _invalid(path, "its header is truncated")
    fields = _BASE.unpack_from(start)
    version, cluster_bits = fields[1], fields[4]
    if version not in (2, 3):
        raise _invalid(path, f"unknown version {version}")
    if not MIN_CLUSTER_BITS <= cluster_bits <= MAX_CLUSTER_BITS:
        raise _invalid(path, f"invalid cluster size: 2^{cluster_bits} bytes")
    # data after the end of the file reads as zeros, in QEMU too
    first = read_at(fd, 1 << cluster_bits, 0).ljust(1 << cluster_bits, b"\0")
    incompatible = compatible = autoclear = compression = 0
    order, length = 4, _V2_LENGTH
    if version == 3:
        incompatible, compatible, autoclear, order, length = _VERSION_3.unpack_from(first, _V2_LENGTH)
        if not _V3_MIN_LENGTH <= length <= len(first) or length % 8:
            raise _invalid(path, f"invalid header length: {length} bytes")
        compression = first[_V3_MIN_LENGTH] if length > _V3_MIN_LENGTH else 0
    name = _backing_name(first, fields[2], fields[3], path)
    extensions = _read_extensions(first, length, fields[2], path)
    header = Qcow2Header(
        version=version,
        cluster_bits=cluster_bits,
        size=fields[5],
        crypt_method=fields[6],
        l1_size=fields[7],
        l1_table_offset=fields[8],
        refcount_table_offset=fields[9],
        refcount_table_clusters=fields[10],
        nb_snapshots=fields[11],
        snapshots_offset=fields[12],
        backing_file=name,
        backing_format=extensions.get(_EXT_BACKING_FORMAT) if name else None,
        incompatible_features=incompatible,
        compatible_features=compatible,
        autoclear_features=autoclear,
        refcount_order=order,
        compression_type=compression,
        data_file=extensions.get(_EXT_DATA_FILE) if incompatible & DATA_FILE else None,
        has_bitmaps=_EXT_BITMAPS in extensions,
    )
    _check(header, path)
    return header


def _backing_name(first: bytes, offset: int, length: int, path: str) -> bytes | None:
    if not offset:
        return None
    if length > MAX_BACKING_NAME or offset + length > len(first):
        raise _invalid(path, "the name of its backing file is outside its first cluster")
    return first[offset : offset + length] or None


def _read_extensions(first: bytes, start: int, name_offset: int, path: str) -> dict[int, bytes]:
    """Return the header extensions by type, each no longer than the first cluster."""
    found: dict[int, bytes] = {}
    end = name_offset or len(first)
    offset = start
    while offset + 8 <= end:
        kind, length = struct.unpack_from(">II", first, offset)
        if kind == _EXT_END:
            break
        offset += 8
        if length > end - offset:
            raise _invalid(path, "a header extension does not fit in the first cluster")
        if kind in (_EXT_BACKING_FORMAT, _EXT_DATA_FILE, _EXT_BITMAPS):
            found[kind] = first[offset : offset + min(length, MAX_BACKING_NAME)]
        offset += length + -length % 8
    return found


def _check(header: Qcow2Header, path: str) -> None:
    """Check the header.

    Raises: StorageError, for everything that QEMU would reject too.
    """
    cluster = header.cluster_size
    known = DIRTY | CORRUPT | DATA_FILE | COMPRESSION_TYPE | EXTENDED_L2
    compressed = bool(header.incompatible_features & COMPRESSION_TYPE)
    end = (1 << 63) - 1
    l1_needed = -(-header.size // header.l1_reach)
    faults = (
        (header.incompatible_features & ~known, "it uses unknown features"),
        (header.refcount_order > 6, f"invalid refcount order {header.refcount_order}"),
        (header.crypt_method > 2, f"unknown encryption method {header.crypt_method}"),
        (compressed != bool(header.compression_type), "its compression type contradicts its features"),
        (header.compression_type > 1, f"unknown compression type {header.compression_type}"),
        (
            header.l2_entry_size == 16 and header.cluster_bits < 14,
            "extended L2 entries require clusters of at least 16 KiB",
        ),
        (header.size >= 1 << 63, f"invalid virtual size: {header.size} bytes"),
        (header.l1_size * 8 > MAX_L1_BYTES, f"its L1 table has too many entries: {header.l1_size}"),
        (header.l1_size < l1_needed, "its L1 table is too small for its virtual size"),
        (header.l1_table_offset % cluster, "its L1 table is not aligned"),
        (header.refcount_table_clusters == 0, "it has no refcount table"),
        (
            header.refcount_table_clusters * cluster > MAX_REFCOUNT_TABLE_BYTES,
            "its refcount table is too large",
        ),
        (header.refcount_table_offset % cluster, "its refcount table is not aligned"),
        (header.nb_snapshots > MAX_SNAPSHOTS, f"it has too many snapshots: {header.nb_snapshots}"),
        (header.nb_snapshots and header.snapshots_offset % cluster, "its snapshot table is not aligned"),
        (
            header.l1_table_offset + header.l1_size * 8 > end
            or header.refcount_table_offset + header.refcount_table_clusters * cluster > end
            or (header.nb_snapshots and header.snapshots_offset > end),
            "its table offsets are too large",
        ),
    )
    for wrong, what in faults:
        if wrong:
            raise _invalid(path, what)


def _invalid(path: str, why: str, hint: str = DAMAGED_HINT) -> StorageError:
    return StorageError(f"'{path}' is not a valid qcow2 image: {why}", hint=hint)
