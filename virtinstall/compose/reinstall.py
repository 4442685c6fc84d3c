"""`--reinstall`: the install phase for an existing guest, whose configuration is kept."""

from __future__ import annotations

from virtinstall.compose import disk_targets, media, phases, seeds
from virtinstall.compose.draft import Draft
from virtinstall.compose.uploads import resolved_uploads
from virtinstall.devices.disk import Disk
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.plan import Plan


def compose_reinstall(draft: Draft) -> Plan:
    """Return the plan for installing an existing guest again; its configuration is kept.

    Raises: RequestError, if no install method was specified.
    """
    if not draft.request.install.has_method:
        raise RequestError(
            f"--reinstall {draft.domain.name}: an install method must be specified",
            hint="add --location URL, --cdrom PATH or --pxe",
        )
    if not draft.os.is_generic:
        draft.domain.os_id = draft.os.id
    before = draft.domain.clone()
    media.add_media(draft)
    disks = draft.domain.devices_of(Disk)
    present = [disk for disk in disks if disk.target_dev is not None]
    disk_targets.resolve_targets(draft, [disk for disk in disks if disk.target_dev is None], present)
    final = phases.final_domain(draft)
    seeds_there = {disks[position].target_dev for position in draft.seed_disks}
    for disk in [disk for disk in final.devices_of(Disk) if disk.target_dev in seeds_there]:
        final.remove(disk)
    _restore_media(before, final)
    seeds.fill_seeds(draft)
    _forget_order(draft)
    install = phases.install_domain(draft)
    return Plan(
        name=str(final.name),
        final=final,
        install=install,
        first_boot=phases.first_boot_domain(draft),
        boot_files=tuple(draft.boot_files),
        seeds=tuple(draft.seeds),
        uploads=tuple(resolved_uploads(draft, final)),
        start_pools=tuple(draft.start_pools),
        media=draft.facts.media,
        run=draft.request.run,
        reinstall=True,
        notes=tuple(draft.notes),
        secrets=tuple(draft.secrets),
        warnings=tuple(dict.fromkeys(draft.warnings)),
        request=draft.request,
    )


def _restore_media(before: Domain, final: Domain) -> None:
    """Put back the media of drives that the installation used for another medium."""
    drives = {disk.target_dev: disk for disk in before.devices_of(Disk) if disk.has_any_source}
    for disk in final.devices_of(Disk):
        if not disk.has_any_source and disk.target_dev in drives:
            final.add(drives[disk.target_dev], before=disk)
            final.remove(disk)


def _forget_order(draft: Draft) -> None:
    """Set the boot order of the installation."""
    draft.domain.os.boot_devices.clear()
    for device in draft.domain.devices:
        if getattr(device, "boot_order", None) is not None:
            device.boot_order = None  # type: ignore[attr-defined]
