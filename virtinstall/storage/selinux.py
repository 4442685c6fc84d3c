"""Check whether SELinux allows QEMU to open a disk, as far as that can be known in advance: `--check path_access=`.

libvirt labels files when the guest starts. It cannot label files on a file system without labels, and does not label
files for which relabeling is disabled.

Source: svirt_selinux(8) (types and booleans), selinuxfs as in selinux(8), proc_pid_mountinfo(5).
"""

from __future__ import annotations

import errno
import os

from virtinstall.errors import StorageError
from virtinstall.safe_text import reason_of

SELINUX_FOLDER = "/sys/fs/selinux"
_ATTRIBUTE = "security.selinux"
# file systems without labels -> the boolean that opens all of them to guests
_BOOLEANS = {"nfs": "virt_use_nfs", "nfs4": "virt_use_nfs", "cifs": "virt_use_samba", "smb3": "virt_use_samba"}
_FUSE_BOOLEAN = "virt_use_fusefs"
# types of files that the policy hides from guests
_REFUSED_TYPES = ("user_home_t", "admin_home_t", "user_tmp_t", "tmp_t", "default_t", "unlabeled_t")


def is_enforced(folder: str = SELINUX_FOLDER) -> bool:
    """Return whether SELinux is in enforcing mode on this machine; selinuxfs is mounted on the directory `folder`."""
    return _read(f"{folder}/enforce") == "1"


def require_label(
    path: str,
    *,
    write: bool,
    relabels: bool = True,
    folder: str = SELINUX_FOLDER,
    mounts: str = "/proc/self/mountinfo",
) -> None:
    """Check that SELinux allows guests to access the file at `path`, which may not exist yet.

    `write` is true if the guest writes to the file. `relabels` is true if libvirt labels the file when the guest
    starts. `folder` is the directory where selinuxfs is mounted, and `mounts` is the path of the kernel's list of
    mounts.

    Raises: StorageError, if SELinux is in enforcing mode and is known to deny guests access to the file.
    """
    if not is_enforced(folder):
        return
    kind = _file_system(os.path.realpath(path), mounts)
    boolean = _FUSE_BOOLEAN if kind.startswith("fuse") else _BOOLEANS.get(kind)
    if boolean is not None:
        if _read(f"{folder}/booleans/{boolean}").startswith("0"):
            raise _refusal(path, f"its file system, {kind}, has no SELinux labels", f"setsebool -P {boolean} on")
        return
    if relabels or not os.path.isfile(path):
        return
    label = _label(path)
    parts = label.split(":")
    if len(parts) < 3 or parts[2] in _REFUSED_TYPES:
        import shlex

        problem = f"its label is '{label}'" if label else "it has no label"
        wanted = "svirt_image_t" if write else "virt_content_t"
        command = f"chcon -t {wanted} {shlex.quote(path)}"
        raise _refusal(path, f"{problem}, and libvirt does not relabel it", command)


def _refusal(path: str, why: str, command: str) -> StorageError:
    return StorageError(
        f"SELinux denies guests access to '{path}': {why}",
        hint=f"allow access with: {command}; or skip this check with: --check path_access=off",
    )


def _label(path: str) -> str:
    """Return the label as text; empty if the file has none."""
    try:
        return os.getxattr(path, _ATTRIBUTE).rstrip(b"\0").decode(errors="replace")
    except OSError as error:
        if error.errno not in (errno.ENODATA, errno.EOPNOTSUPP):
            raise StorageError(f"cannot read the SELinux label of '{path}': {reason_of(error)}") from error
        return ""


def _read(path: str) -> str:
    """Return the content of a file of selinuxfs; empty if SELinux is off."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


def _file_system(path: str, mounts: str) -> str:
    """Return the type of the file system of a path without links: `ext4`, `nfs4`, `fuse.sshfs`."""
    best, kind = "", ""
    with open(mounts, encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            before, _, after = line.partition(" - ")
            place = before.split(" ")[4].replace("\\040", " ").rstrip("/")
            # of two mounts at the same path, the later hides the earlier
            if (path == place or path.startswith(f"{place}/")) and len(place) >= len(best):
                best, kind = place, after.split(" ")[0]
    return kind
