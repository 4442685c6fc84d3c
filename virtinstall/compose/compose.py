"""All decisions about a guest: compose(request, facts) returns a Plan and changes nothing.

Pure: no libvirt, no files, no network, no clock; randomness is part of the facts. The same
input results in the same XML on every machine.
"""

from __future__ import annotations

from virtinstall.compose import (
    basics,
    boot_order,
    controllers,
    cpu,
    disk_sources,
    disk_targets,
    disk_warnings,
    features,
    firmware,
    firmware_features,
    images,
    interfaces,
    media,
    phases,
    qemu_limits,
    security,
    seeds,
    small_devices,
)
from virtinstall.compose.devices import fill_devices
from virtinstall.compose.draft import Draft
from virtinstall.compose.missing_sources import no_source
from virtinstall.compose.reinstall import compose_reinstall
from virtinstall.compose.sysinfo import resolve_sysinfo
from virtinstall.compose.uploads import resolved_uploads
from virtinstall.devices.disk import Disk
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, Facts
from virtinstall.naming import Random
from virtinstall.plan import Plan
from virtinstall.request import Request
from virtinstall.xml.override import apply_edit


def compose(request: Request, facts: Facts) -> Plan:
    """Return the plan for `request` on the host that `facts` describe.

    Raises: RequestError, if the request contradicts itself or the host does not support it.
    """
    original, request = request, images.with_login(request, facts)
    draft = Draft(request, facts, request.domain.clone(), facts.platform, Random(facts.random_bytes))
    draft.warnings.extend([*request.warnings, *facts.warnings, *facts.seeds.warnings])
    if facts.platform.virt_type == "vz" and request.run.transient:
        raise RequestError("vz does not support transient guests", hint="omit --transient")
    if request.install.reinstall is not None:
        return compose_reinstall(draft)
    _require(draft)
    _fill_platform(draft)
    basics.fill_identity(draft)
    basics.fill_memory(draft)
    basics.fill_vcpus(draft)
    basics.fill_hotplug(draft)
    resolve_sysinfo(draft.domain)
    controllers.expand_keywords(draft)
    _add_disks(draft)
    firmware.fill_firmware(draft)
    firmware_features.merge_firmware_features(draft.domain)
    disk_warnings.warn_of_empty_boot_disk(draft)
    media.add_media(draft)
    disk_targets.resolve_targets(draft, draft.domain.devices_of(Disk))
    fill_devices(draft)
    small_devices.share_memory(draft)
    controllers.fill_controllers(draft)
    cpu.fill_cpu(draft)
    qemu_limits.validate_for_qemu(draft)
    features.fill_features(draft)
    features.fill_vmport(draft)
    features.fill_clock(draft)
    features.fill_pm(draft)
    security.fill_seclabels(draft)
    security.fill_launch_security(draft)
    boot_order.merge(draft.domain, draft.platform)
    boot_order.resolve_conflicts(draft.domain)
    return _finish(draft).replace(request=original)


def _require(draft: Draft) -> None:
    """Check that values without a default were requested.

    Raises: RequestError, which reports all missing values.
    """
    install, os = draft.request.install, draft.os
    missing = []
    images.fill_memory(draft)
    no_memory = draft.domain.memory_kib is None and draft.domain.current_memory_kib is None
    if no_memory and not draft.platform.is_container and os.recommended_ram_bytes(draft.platform.arch) is None:
        missing.append(("--memory must be specified", "--memory 2048"))
    if not draft.platform.is_container:
        if not _has_storage(draft) and os.recommended_storage_bytes(draft.platform.arch) is None:
            missing.append(("--disk must be specified", "--disk size=20"))
        if not _has_install(draft):
            missing.append(("an install method must be specified", _method_for(draft)))
    elif install.location is not None or install.cdrom is not None:
        option = "--location" if install.location is not None else "--cdrom"
        raise RequestError(
            f"{option} does not support containers", hint="specify the root directory instead: --filesystem DIRECTORY,/"
        )
    if missing:
        hint = f"for example: {' '.join(hint for _, hint in missing)}"
        if hint == "for example: --location URL":
            hint = "use --location URL, --cdrom PATH, --image NAME, --import, --pxe or --install OS"
        if any(example == "--disk size=20" for _, example in missing):
            hint += "; for a guest without disks, use --disk none instead"
        raise RequestError("\n".join(text for text, _ in missing), hint=hint)


def _method_for(draft: Draft) -> str:
    """Return the install method that suits the requested disks."""
    disks = [disk for disk in draft.domain.devices_of(Disk) if disk.path is not None]
    media = [disk.path for disk in disks if disk.device == "cdrom"]
    if media:
        return f"--cdrom {media[0]} instead of --disk {media[0]},device=cdrom"
    exists = any(disk.size_bytes is None for disk in disks)
    return "--import" if exists else "--location URL"


def _has_storage(draft: Draft) -> bool:
    from virtinstall.devices.filesystem import Filesystem

    has_any = bool(draft.domain.devices_of(Disk)) or bool(draft.domain.devices_of(Filesystem))
    return has_any or not draft.wants("disk") or draft.request.install.live_cdrom


def _has_install(draft: Draft) -> bool:
    os = draft.domain.os
    own_boot = bool(os.boot_devices) or os.kernel is not None or os.init is not None or os.loader is not None
    return draft.request.install.has_method or own_boot


def _fill_platform(draft: Draft) -> None:
    domain, platform = draft.domain, draft.platform
    domain.type = platform.virt_type
    domain.os.type = platform.os_type
    domain.os.type_arch = platform.arch
    if platform.machine is not None:
        domain.os.type_machine = platform.machine
    if domain.emulator is None and not platform.is_xen_pv and platform.virt_type != "vz":
        domain.emulator = platform.emulator
    if platform.is_container and domain.os.init is None:
        domain.os.init = "/sbin/init" if features.has_root_filesystem(draft) else "/bin/sh"
    if platform.virt_type == "xen" and platform.is_hvm and domain.os.loader is None:
        domain.os.loader = platform.guest.loader


def _add_disks(draft: Draft) -> None:
    """Add the requested disks, or one disk of the size that the OS recommends."""
    disks = draft.domain.devices_of(Disk)
    facts = list(draft.facts.storage.disks)
    if not disks and not _has_storage(draft) and not draft.platform.is_container:
        size = draft.os.recommended_storage_bytes(draft.platform.arch)
        disk = Disk(size_bytes=size)
        draft.domain.add(disk)
        disks = [disk]
        facts = [draft.facts.storage.default_disk or DiskFacts()]
        draft.notes.append(f"Using {basics.os_before(draft)}default --disk size={(size or 0) // 1024**3}")
    for disk, found in zip(disks, facts, strict=True):
        disk_sources.take_from_backing(draft, disk, found)
        if disk.device not in ("cdrom", "floppy") and disk.is_empty:
            raise no_source(disk)
        images.resolve_disk(draft, disk, found)


def _finish(draft: Draft) -> Plan:
    if interfaces.want_addresses(draft.domain):
        from virtinstall.compose.addresses import assign_addresses

        assign_addresses(draft)
    seeds.fill_seeds(draft)
    final = phases.final_domain(draft)
    if draft.request.checks.migration:
        from virtinstall.compose.migration import warn_of_migration

        warn_of_migration(draft, final)
    install, first_boot = phases.install_domain(draft), phases.first_boot_domain(draft)
    for document in (final, install, first_boot):
        if document is not None:
            _apply_edits(document)
    return Plan(
        name=str(final.name),
        final=final,
        install=install,
        first_boot=first_boot,
        images=tuple(draft.images),
        fetches=tuple(draft.fetches),
        volumes=tuple(draft.volumes),
        start_pools=tuple(draft.start_pools),
        boot_files=tuple(draft.boot_files),
        seeds=tuple(draft.seeds),
        uploads=tuple(resolved_uploads(draft, final)),
        reservations=tuple(draft.reservations),
        media=draft.facts.media,
        run=draft.request.run,
        seeded=phases.install_kind(draft) == "seed",
        generated=frozenset(draft.generated),
        notes=tuple(draft.notes),
        secrets=tuple(draft.secrets),
        passwords=tuple(draft.passwords),
        login=draft.facts.seeds.login,
        account=seeds.account(draft),
        host_key=None if draft.facts.seeds.host_key is None else draft.facts.seeds.host_key.public,
        warnings=tuple(dict.fromkeys(draft.warnings)),
        qemu_label=draft.facts.host.capabilities.base_label("dac", final.type or "kvm"),
        request=draft.request,
    )


def _apply_edits(domain: Domain) -> None:
    """Apply the XPath edits: those of each section and device first, the domain's last."""
    for element in (*domain.sections(), *domain.devices):
        for edit in element.settings.get("xpath_edits", ()):
            apply_edit(element.ensure_node(), edit)
    for edit in domain.settings.get("xpath_edits", ()):
        apply_edit(domain.ensure_node(), edit)
