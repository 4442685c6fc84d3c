"""The files that a planned guest will use, for the checks of use and access."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.storage.file_uses import FileUse, Role, refuse_no_disks, uses_in

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.libvirt_host.host import Host
    from virtinstall.plan import Plan
    from virtinstall.request import Checks
    from virtinstall.storage.in_use import Conflict, FilesInUse

_STAND_INS = ("/dev/null", "/dev/zero")


def plan_uses(plan: Plan) -> list[FileUse]:
    """Return the guest's uses of files during and after the installation, including the backing files of new images."""
    found: list[FileUse] = []
    for document in (plan.install, plan.final):
        if document is None:
            continue
        known = {(use.role, use.path, use.device) for use in found}
        uses = uses_in(plan.name, document.ensure_node())
        found += (use for use in uses if (use.role, use.path, use.device) not in known)
    return [*found, *_backing_of_new(plan, found)]


def _backing_of_new(plan: Plan, uses: list[FileUse]) -> list[FileUse]:
    devices = {use.path: use.device for use in uses if use.role.is_image}
    found = [
        FileUse(
            plan.name, Role.BACKING, image.backing_path, devices.get(image.path, ""), image_format=image.backing_format
        )
        for image in plan.images
        if image.backing_path is not None
    ]
    for volume in plan.volumes:
        if "<backingStore" in volume.xml:
            from lxml import etree

            root = etree.fromstring(volume.xml.encode())
            form = root.find("backingStore/format")
            device = devices.get(volume.path, "")
            found += (
                FileUse(plan.name, Role.BACKING, path, device, image_format=None if form is None else form.get("type"))
                for path in (root.findtext("backingStore/path"),)
                if path
            )
    return found


def check_plan_in_use(
    plan: Plan,
    host: Host,
    checks: Checks,
    *,
    in_use: Callable[[], FilesInUse] | None = None,
    replacing: str | None = None,
) -> list[str]:
    """Check whether other guests or this host use the plan's files; return warnings.

    `in_use` is called once, and returns the files that guests use; if it is None, these files are read from `host`.
    `replacing` is the name of a guest that the plan replaces and whose uses are ignored, or None.

    Raises: RequestError, if a disk's path cannot be an image, or if a file is in use and `checks.path_in_use` is true;
    HostError, if the guests' XML cannot be read.
    """
    generated = generated_paths(plan)
    wanted = [use for use in plan_uses(plan) if use.path not in generated]
    if not wanted:
        return []
    _refuse_no_disks(wanted, host)
    from virtinstall.storage.in_use import files_in_use, refuse_conflicts

    # files that a guest has before it is reinstalled are not new
    known = uses_in(plan.name, plan.final.ensure_node()) if plan.reinstall else ()
    skip = plan.name if plan.reinstall else replacing
    conflicts = (in_use() if in_use is not None else files_in_use(host)).conflicts(wanted, known=known, skip=skip)
    return refuse_conflicts([each for each in conflicts if not _is_pretended(each, host)], checks)


def _refuse_no_disks(uses: Iterable[FileUse], host: Host) -> None:
    if host.is_local():
        # guests of the test driver have no real disks; /dev/null and /dev/zero can stand for one
        refuse_no_disks(use for use in uses if has_real_storage(host) or use.path not in _STAND_INS)


def _is_pretended(conflict: Conflict, host: Host) -> bool:
    """Return whether the conflict is about a volume without a directory, which only libvirt's test driver has."""
    if conflict.held.guest != conflict.wanted.guest or not host.is_local():
        return False
    try:
        os.stat(os.path.dirname(conflict.wanted.path))
    except (FileNotFoundError, NotADirectoryError):
        return host.volume_by_path(conflict.wanted.path) is not None
    except OSError:
        pass
    return False


def check_change_in_use(before: Domain, after: Domain, host: Host, checks: Checks) -> list[str]:
    """Check the files of a changed guest for conflicts with other guests, this host and each other; return warnings.

    `before` and `after` are the guest's configurations before and after the change.

    Raises: RequestError, if a disk's path cannot be an image, or if a file is in use and `checks.path_in_use` is true;
    HostError, if the guests' XML cannot be read.
    """
    name = str(before.name)
    known, wanted = uses_in(name, before.ensure_node()), uses_in(name, after.ensure_node())
    new = set(wanted) - set(known)
    if not new:
        return []
    _refuse_no_disks(new, host)
    from virtinstall.storage.in_use import files_in_use, refuse_conflicts

    return refuse_conflicts(files_in_use(host).conflicts(wanted, known=known, skip=name), checks)


def generated_paths(plan: Plan) -> set[str]:
    """Return the generated paths of new files, which no other guest can use because the files did not exist before."""
    found = {*plan.generated, *(boot.path for boot in plan.boot_files if boot.path != boot.source)}
    found |= {seed.path for seed in plan.seeds} | {upload.target for upload in plan.uploads}
    return found | {volume.path for volume in plan.volumes if f"{volume.pool}/{volume.name}" in plan.generated}
