"""Check that every file that QEMU opens exists and can be opened: `--check path_access=`.

Nothing is created before this check, so that a guest that cannot start costs no allocation or download.

Source: https://libvirt.org/drvqemu.html#posix-users-groups (the files whose owner libvirt changes).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from virtinstall.errors import StorageError
from virtinstall.storage.access import require_access
from virtinstall.storage.chain import backing_chain
from virtinstall.storage.file_uses import FileUse, Role
from virtinstall.storage.files import missing_directory_hint

if TYPE_CHECKING:
    from virtinstall.storage.qemu_account import Account

# libvirt changes the owner of these to QEMU's user before it starts QEMU; the rest must be readable
_GIVEN = (Role.KERNEL, Role.INITRD, Role.DTB, Role.ACPI, Role.NVRAM, Role.BACKING, Role.DATA)
# read by libvirt's daemon, not by QEMU
_READ_BY_LIBVIRT = (Role.TEMPLATE, Role.LOG)
_REQUIRED = (Role.KERNEL, Role.INITRD, Role.DTB, Role.ACPI, Role.FIRMWARE, Role.TEMPLATE, Role.BACKING, Role.DIRECTORY)
_IN_DIRECTORY = (Role.LOG, Role.NVRAM)
_FIRMWARE = (Role.FIRMWARE, Role.TEMPLATE)


def check_files(uses: Collection[FileUse], account: Account | None, *, created: Collection[str], session: bool) -> None:
    """Check that the files of a guest on this machine exist, and that QEMU can open them.

    `uses` are the guest's uses of files. `created` are the paths of files that do not exist yet; only their directories
    are checked. `account` is the user that QEMU runs as; if it is None because the user is unknown, access is not
    checked. `session` is true if libvirt runs as that user too, and therefore cannot change the owners of files.

    Raises: StorageError, if a required file does not exist, or if QEMU cannot open a file.
    """
    for use in with_chains(uses, created):
        if "://" in use.path:
            continue
        if use.path not in created:
            _require_file(use)
        if account is not None and (session or use.role not in _READ_BY_LIBVIRT):
            _require_access(use, account, session=session)


def with_chains(uses: Collection[FileUse], created: Collection[str]) -> Iterator[FileUse]:
    """Yield each element of `uses` and, if its file is a readable image, the uses of the image's backing files.

    `created` are the paths of images that do not exist yet; no backing chains are read for them.

    Raises: StorageError, if an image in a backing chain cannot be read.
    """
    for use in uses:
        yield use
        if (use.role.is_image or use.role is Role.BACKING) and use.path not in created and _is_readable_file(use.path):
            # an image whose format is not named is raw for libvirt, and a CD-ROM nearly always is
            for info in backing_chain(use.path, use.image_format or "raw")[1:]:
                yield use._replace(role=Role.BACKING, path=info.path, writes=False)


def _is_readable_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode) and os.access(path, os.R_OK)
    except OSError:
        return False


def _require_file(use: FileUse) -> None:
    """Check that a required file exists and has the right kind.

    Raises: StorageError.
    """
    path = os.path.dirname(use.path) if use.role in _IN_DIRECTORY else use.path
    if use.role not in (*_REQUIRED, *_IN_DIRECTORY):
        return
    is_directory = use.role is Role.DIRECTORY or use.role in _IN_DIRECTORY
    kind = "directory" if is_directory else "file"
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        # guides name the firmware of their distribution
        check = (
            "check the path, or use this host's firmware with: --boot uefi"
            if use.role in _FIRMWARE
            else "check the path"
        )
        hint = missing_directory_hint(path) if is_directory else check
        # the path is in the option's value, unless its directory is missing
        named = "" if path == use.path else f": '{path}'"
        raise StorageError(f"{_given(use)}: no such {kind}{named}", hint=hint) from None
    except OSError:
        # paths that this user cannot examine are not judged
        return
    if is_directory != stat.S_ISDIR(mode):
        subject = f"'{path}'" if path != use.path else "the path"
        problem = "not a directory" if is_directory else "a directory, not a file"
        raise StorageError(f"{_given(use)}: {subject} is {problem}", hint="check the path")


def _require_access(use: FileUse, account: Account, *, session: bool) -> None:
    if use.role is Role.DIRECTORY and use.device == "virtiofs" and not session:
        # virtiofsd runs as root
        return
    given = not session and (use.role.is_image or use.role in _GIVEN)
    require_access(use.path, account, write=use.writes, owner_is_given=given)


def _given(use: FileUse) -> str:
    """Return the option and its value."""
    return f"{use.option}{use.path}" if use.option.endswith("=") else f"{use.option} {use.path}"
