"""--cloud-init, --unattended, --ignition: what they ask for, files and addresses read; the answers come later."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from virtinstall.compose.disk_sources import requested_path
from virtinstall.devices.disk import Disk
from virtinstall.plan import SeedFile
from virtinstall.survey.text_files import given_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from virtinstall.facts import Facts
    from virtinstall.request import Request
    from virtinstall.seed.cloud_init import CloudInitRequest
    from virtinstall.seed.password import ReadFile


def with_seeds(facts: Facts, request: Request) -> Facts:
    """`facts` with what is known of the answers that the guest will be given.

    Raises: RequestError, when the options contradict each other; FetchError, when something
    they name can't be read.
    """
    read_file = partial(given_text, request.install.typed)
    if facts.host.local and (request.install.cloud_init is not None or request.install.ignition is not None):
        facts = facts.replace(disk_folder=_disk_folder(request))
    if request.install.cloud_init is not None:
        facts = _cloud_init_asked(facts, request.install.cloud_init, read_file)
    if request.install.unattended is not None:
        from virtinstall.survey.unattended import with_unattended

        arch = request.platform.arch or facts.host.capabilities.host_arch
        facts = with_unattended(facts, request.install.unattended, arch, read_file)
    if request.install.ignition is not None:
        from virtinstall.media.fetcher import display_url
        from virtinstall.seed.ignition import LIMIT_BYTES, config_bytes

        source = request.install.ignition
        shown = display_url(source) if "://" in source else source
        facts = facts.replace(ignition=config_bytes(shown, read_file(source, "--ignition", LIMIT_BYTES)))
    return facts


def _cloud_init_asked(facts: Facts, wanted: Mapping[str, str] | CloudInitRequest, read_file: ReadFile) -> Facts:
    from virtinstall.seed.cloud_init import CloudInitRequest, from_suboptions

    return with_cloud_init(
        facts, wanted if isinstance(wanted, CloudInitRequest) else from_suboptions(wanted, read_file)
    )


def with_cloud_init(facts: Facts, asked: CloudInitRequest) -> Facts:
    """`facts` with a seed for cloud-init."""
    # compose chooses the path
    seed = SeedFile(path="", label="cidata", files=(), keep=asked.keep)
    return facts.replace(
        cloud_init=asked,
        seeds=(*facts.seeds, seed),
        seed_bus=asked.bus or _cloud_bus(facts),
        warnings=(*facts.warnings, *asked.warnings),
    )


def _disk_folder(request: Request) -> str | None:
    """The directory of the guest's first disk, where that is given by path and we may create files there."""
    disk = next(iter(request.domain.devices_of(Disk)), None)
    path = None if disk is None else requested_path(disk)
    if path is None or "://" in path:
        return None
    folder = os.path.dirname(os.path.abspath(path))
    return folder if os.access(folder, os.W_OK | os.X_OK) and not folder.startswith("/dev") else None


def _cloud_bus(facts: Facts) -> str | None:
    """The kernel of Debian's cloud images has no driver for SATA, which is where CD-ROMs go by default."""
    sataless = facts.os.distro == "debian" and facts.os.supports_virtio_scsi()
    return "scsi" if sataless else None
