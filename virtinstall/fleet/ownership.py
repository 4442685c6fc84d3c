"""The file that a guest was created from: what belongs to something else is neither changed nor deleted.

A guest has the project of its file, and, if the file does not set one, the path of the file: directories of the same
name contain different labs.
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
    """Project and file (None if the file sets its project) of a guest, and its name at the last apply."""

    project: str
    name: str | None
    file: str | None


def owner_of(guest: HostGuest) -> Owner | None:
    """Return what is in the record of the last apply; None where there is none, or it is another guest's."""
    root = record_element(guest.metadata(NAMESPACE), guest.uuid)
    return None if root is None else Owner(root.get("project", ""), root.get("name"), root.get("file"))


def other_file(owner: Owner | None, file: str | None) -> str | None:
    """Return the file that the guest belongs to, if that is another one than `file` and still exists."""
    if owner is None or owner.file is None or file is None or owner.file == file:
        return None
    return owner.file if os.path.isfile(owner.file) else None


def belongs(guest: HostGuest, project: str, file: str | None) -> bool:
    """Whether the guest was created from this file, also by a run that ended before it stored its record."""
    owner = owner_of(guest)
    if owner is None:
        return guest.uuid.lower() == uuid_of(project, guest.name)
    return owner.project == project and other_file(owner, file) is None


def was_renamed(owner: Owner, guest: HostGuest) -> bool:
    """Whether the guest was renamed after the last apply, as with `virsh domrename`."""
    return owner.name not in (None, guest.name)
