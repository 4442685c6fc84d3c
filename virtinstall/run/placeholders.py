"""Placeholders for seeds: empty files, which a guest needs to be restored or migrated during its first boot.

To restore a guest, QEMU and libvirt require every file that the guest was started with, even those that it no longer
reads. Seeds contain secrets and are deleted; a sparse file of the same size replaces each seed until the guest is off.

Source: virDomainRestore, virDomainMigrate3; https://www.qemu.org/docs/master/specs/fw_cfg.html
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from virtinstall.errors import VirtInstallError
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host
    from virtinstall.plan import Plan

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = re.compile(rf"virtinst-[^-]+-({_UUID})-(?:config\.ign|cloudinit\.iso)")


def placeholder_sizes(plan: Plan) -> dict[str, int]:
    """Return the sizes, in bytes and by path, of the seeds that will be replaced with placeholders.

    A placeholder is a sparse file of the same size without data. Call this before the seeds are deleted.
    """
    return {seed.path: os.path.getsize(seed.path) for seed in plan.seeds if seed.placeholder and _exists(seed.path)}


def leave_placeholders(plan: Plan, host: Host, sizes: dict[str, int]) -> list[str]:
    """Create placeholders for deleted seeds; return warnings about those that could not be created.

    A placeholder is a sparse file of the same size without data. `sizes` is the result of `placeholder_sizes`.
    """
    warnings = []
    uploads = {upload.path: upload for upload in plan.uploads}
    for path, size in sizes.items():
        upload = uploads.get(path)
        try:
            if upload is None:
                _create_sparse(path, size)
            else:
                from lxml import etree

                from virtinstall.compose.new_volumes import volume_element

                xml = etree.tostring(volume_element(upload.name, size), encoding="unicode")
                host.create_volume(upload.pool, xml)
        except (OSError, VirtInstallError) as error:
            target = path if upload is None else upload.target
            reason = reason_of(error)
            warnings.append(
                f"cannot create an empty file in place of the deleted seed '{target}': {reason}; "
                f"until the guest '{plan.name}' is shut down, it cannot be restored or migrated"
            )
    return warnings


def remove_placeholders(plan: Plan, host: Host) -> None:
    """Remove the placeholders for the seeds of guests that no longer exist or can no longer be restored.

    Only the directories that `plan` uses are searched.
    """
    if not has_real_storage(host) or not host.is_local():
        return
    paths = [seed.path for seed in plan.seeds] + [image.path for image in plan.images]
    for folder in dict.fromkeys(os.path.dirname(path) for path in paths):
        for entry in _entries(folder):
            match = _NAME.fullmatch(entry)
            path = os.path.join(folder, entry)
            if match is not None and _is_placeholder(path):
                guest = host.guest_by_uuid(match[1])
                if guest is None or not guest.may_be_restored():
                    _remove(path)


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # it does not exist yet, or is unreadable: there is nothing to clean up
        return []


def _exists(path: str) -> bool:
    return os.path.isfile(path)


def _is_placeholder(path: str) -> bool:
    """Return whether the file contains no data; a seed that another run uses contains data."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return status.st_size > 0 and status.st_blocks == 0


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError as error:
        import logging

        logging.getLogger("virtinstall").info("cannot remove %s: %s", path, error)


def _create_sparse(path: str, size: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as target:
        target.truncate(size)
