"""The values that an edit looks up: the newest machine type, the ID of an OS, and the host's CPU and firmware."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from virtinstall.compose.firmware_features import leave_bios, leave_uefi, merge_firmware_features
from virtinstall.edit.convert import refresh_machine

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.libvirt_host.host import Host


def resolve_edit(domain: Domain, host: Host) -> list[str]:
    """Replace requested settings that depend on the host or on the OS database with actual values; return warnings.

    These are, for example, the newest machine type and the ID of an operating system.

    Raises: RequestError, if a setting is not possible; HostError, if the host cannot be queried.
    """
    if domain.os.refresh_machine_type:
        refresh_machine(domain)
    if domain.os_name is not None or domain.os_full_id is not None:
        _resolve_os(domain)
    warnings = []
    if domain.os.uefi is False:
        if domain.os.firmware == "efi" or domain.os.loader is not None:
            warnings.append("the guest now boots with BIOS; an operating system installed with UEFI may not boot")
        leave_uefi(domain.os)
    elif domain.os.uefi:
        leave_bios(domain.os)
    if domain.os.uefi is not None or domain.cpu.wanted_model is not None:
        warnings += _resolve_by_host(domain, host)
    merge_firmware_features(domain)
    return warnings


def _resolve_os(domain: Domain) -> None:
    from virtinstall.osinfo.catalog import Catalog

    name = domain.os_full_id or domain.os_name or ""
    domain.os_id = Catalog(os.environ).lookup(name).record.id


def _resolve_by_host(domain: Domain, host: Host) -> list[str]:
    from virtinstall.compose.cpu import fill_cpu
    from virtinstall.compose.draft import Draft
    from virtinstall.compose.firmware import fill_firmware
    from virtinstall.devices.table import DEVICE_TAGS
    from virtinstall.naming import Random
    from virtinstall.request import InstallRequest, Request
    from virtinstall.survey.host import Environment
    from virtinstall.survey.survey import survey

    bare = domain.clone()
    for device in bare.devices:
        bare.remove(device)
    request = Request(
        domain=bare, install=InstallRequest(reinstall=str(domain.name), boot_disk=True), without=frozenset(DEVICE_TAGS)
    )
    facts = survey(request, host, Environment.real())
    draft = Draft(request, facts, domain, facts.platform, Random(facts.random_bytes))
    if domain.cpu.wanted_model is not None:
        fill_cpu(draft)
    if domain.os.uefi is not None:
        fill_firmware(draft)
    return draft.warnings
