"""The state of an emulated TPM, which contains the keys of the guest; libvirt stores it under the guest's UUID.

A copy without this state starts with an empty TPM, and cannot unlock a disk whose key is in the original's TPM.
Source: https://libvirt.org/formatdomain.html#tpm-device; libvirt's directories for swtpm.
"""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import TYPE_CHECKING

from virtinstall.storage.files import storage_errors

if TYPE_CHECKING:
    from virtinstall.rollback.undo import Undo

_CHUNK = 1 << 20
_OF_THE_RUNNING_SWTPM = (".lock",)


def copy_tpm_state(source: str, target: str, undo: Undo) -> None:
    """Copy the TPM state in the directory `source`, including the owners and modes of its files, to a new directory.

    `target` is the path of the new directory, whose removal is pushed to `undo`.

    Raises: StorageError, if `target` exists, or if a file cannot be copied.
    """
    with storage_errors("cannot copy the TPM state to", target):
        os.mkdir(target, 0o700)
        undo.push(f"the TPM state in '{target}'", partial(_remove_tree, target))
        _copy_folder(source, target)


def _copy_folder(source: str, target: str) -> None:
    for entry in os.scandir(source):
        status = entry.stat(follow_symlinks=False)
        copy = os.path.join(target, entry.name)
        if stat.S_ISDIR(status.st_mode):
            os.mkdir(copy, 0o700)
            _copy_folder(entry.path, copy)
        elif stat.S_ISREG(status.st_mode) and entry.name not in _OF_THE_RUNNING_SWTPM:
            _copy_file(entry.path, copy, status)
    _copy_owner(target, os.stat(source))


def _copy_file(source: str, target: str, status: os.stat_result) -> None:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    with (
        open(os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb") as read,
        open(os.open(target, flags, 0o600), "wb") as written,
    ):
        while data := read.read(_CHUNK):
            written.write(data)
        written.flush()
        os.fsync(written.fileno())
    _copy_owner(target, status)


def _copy_owner(path: str, status: os.stat_result) -> None:
    if os.geteuid() == 0:
        os.chown(path, status.st_uid, status.st_gid)
    os.chmod(path, stat.S_IMODE(status.st_mode))


def _remove_tree(path: str) -> None:
    """Remove the directory, unless libvirt has removed it together with the guest."""
    import shutil

    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        pass
