"""File permissions: mode bits and POSIX access control lists.

Source: acl(5) (ACCESS CHECK ALGORITHM), linux/posix_acl_xattr.h (the attribute's layout).
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Collection

from virtinstall.named import NamedTuple

READ, WRITE, SEARCH = 4, 2, 1
ACCESS_ATTRIBUTE = "system.posix_acl_access"
_VERSION = 2
_USER_OBJ, _USER, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20


class Entry(NamedTuple):
    """One entry of an access control list.

    `tag` is the type of the entry, as in `linux/posix_acl.h`. `bits` is a combination of the permissions READ, WRITE
    and SEARCH. For an entry about a named user or group, `id` is the numeric user or group ID; for other entries, it
    has no meaning.
    """

    tag: int
    bits: int
    id: int


class Permissions(NamedTuple):
    """The access permissions of one file; `acl` is empty if only the mode applies.

    `acl_supported` is true if the file system supports access control lists.
    """

    uid: int
    gid: int
    mode: int
    acl: tuple[Entry, ...] = ()
    acl_supported: bool = False


def parse_acl(data: bytes) -> tuple[Entry, ...]:
    """Return the entries in `data`, the value of the extended attribute `system.posix_acl_access`.

    Raises: ValueError, if `data` is invalid.
    """
    if len(data) < 4 or (len(data) - 4) % 8 or int.from_bytes(data[:4], "little") != _VERSION:
        raise ValueError("not a POSIX ACL attribute")
    return tuple(Entry(*fields) for fields in struct.iter_unpack("<HHI", data[4:]))


def read_permissions(path: str) -> Permissions:
    """Return the permissions of the file at `path`; symbolic links are followed.

    Raises: OSError, if they cannot be read.
    """
    status = os.stat(path)
    acl: tuple[Entry, ...] = ()
    supported = True
    try:
        acl = parse_acl(os.getxattr(path, ACCESS_ATTRIBUTE))
    except OSError as error:
        if error.errno not in (errno.ENODATA, errno.EOPNOTSUPP):
            raise
        supported = error.errno == errno.ENODATA
    return Permissions(status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode), acl, supported)


def allows(file: Permissions, uid: int, groups: Collection[int], wanted: int) -> bool:
    """Return whether a user has all permissions in `wanted` for a file with the permissions `file`.

    `uid` is the numeric ID of the user, and `groups` are the numeric IDs of the user's groups. `wanted` is a
    combination of READ, WRITE and SEARCH.
    """
    if uid == 0:
        return True
    if uid == file.uid:
        return _includes(file.mode >> 6, wanted)
    # Linux ignores the list if its mask (the group bits of the mode) is empty
    if not file.acl or not file.mode & 0o070:
        return _includes(file.mode >> 3 if file.gid in groups else file.mode, wanted)
    mask = next((e.bits for e in file.acl if e.tag == _MASK), 7)
    for entry in file.acl:
        if entry.tag == _USER and entry.id == uid:
            return _includes(entry.bits & mask, wanted)
    matching = [
        entry.bits & mask
        for entry in file.acl
        if (entry.tag == _GROUP_OBJ and file.gid in groups) or (entry.tag == _GROUP and entry.id in groups)
    ]
    if matching:
        return any(_includes(bits, wanted) for bits in matching)
    return any(_includes(e.bits, wanted) for e in file.acl if e.tag == _OTHER)


def _includes(bits: int, wanted: int) -> bool:
    return bits & wanted == wanted
