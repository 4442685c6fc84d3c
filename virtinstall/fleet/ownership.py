"""The file that a guest was created from; guests from other files are neither changed nor deleted.

The record of a guest contains the project and, if the file does not set `project`, the path of the file. The path is
necessary because several directories with guests files can have the same name.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from virtinstall.fleet.applied import NAMESPACE, record_element
from virtinstall.fleet.planning import uuid_of
from virtinstall.named import NamedTuple

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import HostGuest


class Owner(NamedTuple):
    """The origin of a guest, according to the record of the last apply.

    `project` is the name of the project. `name` is the guest's name at that time, or None if it was not recorded.
    `file` is the path of the guests file, or None if the file sets `project`.
    """

    project: str
    name: str | None
    file: str | None


def owner_of(guest: HostGuest) -> Owner | None:
    """Return the origin of a guest; None if the guest has no valid record, or only a copy of another guest's record."""
    root = record_element(guest.metadata(NAMESPACE), guest.uuid)
    return None if root is None else Owner(root.get("project", ""), root.get("name"), root.get("file"))


def other_file(owner: Owner | None, file: str | None) -> str | None:
    """Return the path of the guests file that a guest was created from if it is not the current guests file.

    `owner` is the origin of the guest or None, and `file` is the path of the current file, or None if this file sets
    `project`. The result is None if the guest was created from the current file, if the other file no longer exists, or
    if `owner`, `owner.file` or `file` is None.
    """
    if owner is None or owner.file is None or file is None or owner.file == file:
        return None
    return owner.file if os.path.isfile(owner.file) else None


def belongs(guest: HostGuest, project: str, file: str | None) -> bool:
    """Return whether a guest was created from the current guests file.

    `project` is the project of this file. `file` is its path, or None if the file sets `project`. If the guest has no
    record, its UUID is compared with the one that is derived from `project` and the name of the guest.
    """
    owner = owner_of(guest)
    if owner is None:
        return guest.uuid.lower() == uuid_of(project, guest.name)
    return owner.project == project and other_file(owner, file) is None


def was_renamed(owner: Owner, guest: HostGuest) -> bool:
    """Return whether the guest was renamed after the last apply, for example with `virsh domrename`."""
    return owner.name not in (None, guest.name)
