"""`--connect embed`: libvirt's QEMU driver inside this process, no daemon needed.

Source: https://libvirt.org/drvqemu.html#connections-to-the-embedded-driver. The driver
keeps all its files below one directory, needs libvirt's event loop running, and has no
storage and no network driver.
"""

from __future__ import annotations

import os
import pwd
import struct
from collections.abc import Mapping
from pathlib import Path

from virtinstall.errors import HypervisorError, StorageError

QEMU_USER = "libvirt-qemu"
_ACL = "system.posix_acl_access"
_ACL_ENTRY = struct.Struct("<HHI")
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
SOCKET_DIRECTORY = "s"
"""Below the driver's directory, for sockets whose own place would make their path too long."""


def embed_root(environ: Mapping[str, str]) -> str:
    """The directory of the embedded driver: `virtinstall` below the user's data directory."""
    data = environ.get("XDG_DATA_HOME") or os.path.join(environ.get("HOME") or "/root", ".local/share")
    return os.path.join(data, "virtinstall")


def embed_uri(root: str) -> str:
    """The URI that opens the driver at `root`."""
    from urllib.parse import quote

    return f"qemu:///embed?root={quote(root)}"


def root_of(uri: str) -> str | None:
    """The directory in an embed URI, or None when `uri` is no such."""
    from urllib.parse import parse_qs, urlsplit

    parts = urlsplit(uri)
    if parts.scheme != "qemu" or parts.path != "/embed":
        return None
    return next(iter(parse_qs(parts.query).get("root", ())), None)


def log_environment(root: str) -> dict[str, str]:
    """What keeps libvirt's log out of our standard error, since the driver runs in our process."""
    return {"LIBVIRT_LOG_OUTPUTS": f"3:file:{root}/log/libvirt.log"}


def prepare(root: str) -> list[str]:
    """Make `root` ready for the driver's first open; gives what was changed outside of it, for people.

    Writes what is missing in DIR/etc/qemu.conf and lets QEMU's user pass through the
    directories above. Raises: StorageError, when that can't be done.
    """
    changed: list[str] = []
    try:
        for name in ("etc", "log", "images", "boot", SOCKET_DIRECTORY):
            Path(root, name).mkdir(parents=True, exist_ok=True, mode=0o755)
        conf = Path(root, "etc", "qemu.conf")
        text = conf.read_text() if conf.exists() else ""
        if "stdio_handler" not in text:
            conf.write_text(text + '# without it QEMU\'s output needs a running virtlogd\nstdio_handler = "file"\n')
        if os.geteuid() == 0:
            changed = _open_way(root)
    except OSError as error:
        raise StorageError(
            f"the embedded driver can't use {root}: {error.strerror or error}",
            hint='choose another directory: --connect "qemu:///embed?root=/var/lib/virtinstall"',
        ) from None
    return changed


def _open_way(root: str) -> list[str]:
    """Let QEMU's user search each directory above `root` that is closed to it."""
    try:
        user = pwd.getpwnam(QEMU_USER)
    except KeyError:
        raise HypervisorError(
            f"the user {QEMU_USER}, whom libvirt runs QEMU as, doesn't exist",
            hint="install libvirt's QEMU driver: apt-get install libvirt-daemon-system",
        ) from None
    groups = os.getgrouplist(user.pw_name, user.pw_gid)
    changed = []
    for directory in [*reversed(Path(root).parents), Path(root)]:
        found = directory.stat()
        bits = found.st_mode
        if found.st_uid == user.pw_uid:
            searchable = bits & 0o100
        elif found.st_gid in groups:
            searchable = bits & 0o010
        else:
            searchable = bits & 0o001
        if searchable or _acl_lets_search(directory, user.pw_uid):
            continue
        _grant_search(directory, user.pw_uid, bits)
        changed.append(f"{QEMU_USER} may now pass through {directory} (undo: setfacl -x u:{QEMU_USER} {directory})")
    return changed


def _acl_lets_search(directory: Path, uid: int) -> bool:
    try:
        raw = os.getxattr(directory, _ACL)
    except OSError:
        return False
    entries = list(_ACL_ENTRY.iter_unpack(raw[4:]))
    mask = next((perm for tag, perm, _ in entries if tag == _MASK), 7)
    return any(tag == _USER and owner == uid and perm & mask & 1 for tag, perm, owner in entries)


def _grant_search(directory: Path, uid: int, mode: int) -> None:
    """Add `u:UID:--x` to the directory's ACL (acl(5); the kernel's format is posix_acl_xattr.h)."""
    nobody = 0xFFFFFFFF
    try:
        entries = list(_ACL_ENTRY.iter_unpack(os.getxattr(directory, _ACL)[4:]))
    except OSError:
        entries = [
            (_USER_OBJ, mode >> 6 & 7, nobody),
            (_GROUP_OBJ, mode >> 3 & 7, nobody),
            (_OTHER, mode & 7, nobody),
        ]
    entries = [entry for entry in entries if not (entry[0] == _USER and entry[2] == uid)]
    entries.append((_USER, 1, uid))
    mask = next((perm for tag, perm, _ in entries if tag == _MASK), None)
    entries = [entry for entry in entries if entry[0] != _MASK]
    group = next(perm for tag, perm, _ in entries if tag == _GROUP_OBJ)
    entries.append((_MASK, (group if mask is None else mask) | 1, nobody))
    entries.sort(key=lambda entry: (entry[0], entry[2]))
    raw = (2).to_bytes(4, "little") + b"".join(_ACL_ENTRY.pack(*entry) for entry in entries)
    os.setxattr(directory, _ACL, raw)
