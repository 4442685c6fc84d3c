"""The mode, owner and group of new images: `--disk permissions.mode=0640,permissions.owner=anna`.

libvirt changes the owner of a running guest's images to QEMU's user, and back when the guest stops (remember_owner).
Source: https://libvirt.org/formatstorage.html (permissions); https://libvirt.org/drvqemu.html
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from virtinstall.errors import StorageError
from virtinstall.storage.files import storage_errors

if TYPE_CHECKING:
    from virtinstall.new_image import NewImage, Permissions

_DATABASES = {"user": "passwd", "group": "group"}


def numbers_of(permissions: Permissions) -> tuple[int, int]:
    """Return the numeric user ID and group ID; each is -1 if `permissions` does not specify it.

    Raises: StorageError, if the user or the group does not exist, or if another user is requested as the owner and this
    process does not run as root.
    """
    import grp
    import pwd

    owner = _number("user", permissions.owner, lambda name: pwd.getpwnam(name).pw_uid)
    group = _number("group", permissions.group, lambda name: grp.getgrnam(name).gr_gid)
    if os.geteuid() != 0 and owner not in (-1, os.geteuid()):
        raise StorageError(
            f"--disk permissions.owner={permissions.owner}: only root can create images for another user",
            hint="run as root, or omit permissions.owner=",
        )
    return owner, group


def _number(what: str, name: str | None, look_up: Callable[[str], int]) -> int:
    if name is None:
        return -1
    option = "owner" if what == "user" else what
    if name.isdecimal():
        return int(name)
    try:
        return look_up(name)
    except KeyError:
        raise StorageError(
            f"--disk permissions.{option}={name}: no such {what}",
            hint=f"list the {what}s with: getent {_DATABASES[what]}",
        ) from None


def set_permissions(fd: int, image: NewImage) -> None:
    """Set the mode, owner and group that are requested for `image` on the open file `fd`.

    Raises: StorageError, if they cannot be set.
    """
    if image.permissions is None:
        return
    owner, group = numbers_of(image.permissions)
    with storage_errors("cannot set the permissions of", image.path):
        if (owner, group) != (-1, -1):
            os.fchown(fd, owner, group)
        if image.permissions.mode is not None:
            os.fchmod(fd, image.permissions.mode)
