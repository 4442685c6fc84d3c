"""Defaults for rng, balloon, TPM, watchdog, panic, vsock, smartcard and redirection devices, and for filesystems.

Source: https://libvirt.org/formatdomain.html#devices
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from virtinstall.compose.draft import Draft
from virtinstall.compose.firmware import is_uefi
from virtinstall.devices.audio import Audio
from virtinstall.devices.crypto import Crypto
from virtinstall.devices.disk import Disk
from virtinstall.devices.filesystem import Filesystem
from virtinstall.devices.interface import Interface
from virtinstall.devices.memballoon import Memballoon
from virtinstall.devices.panic import Panic
from virtinstall.devices.redirdev import Redirdev
from virtinstall.devices.rng import Rng
from virtinstall.devices.smartcard import Smartcard
from virtinstall.devices.tpm import Tpm
from virtinstall.devices.video import Video
from virtinstall.devices.vsock import Vsock
from virtinstall.devices.watchdog import Watchdog
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError

if TYPE_CHECKING:
    from virtinstall.xml.element import Element


def add_rng(draft: Draft) -> None:
    """Add a random number generator that uses the host's entropy, if the guest's operating system has a driver for it.

    Requested generators are completed.
    """
    platform = draft.platform
    rngs = draft.domain.devices_of(Rng)
    suits = platform.is_qemu and not platform.is_fixed_board and draft.os.supports_virtio_rng(platform.arch)
    if not rngs and draft.wants("rng") and suits:
        if draft.offers("devices/rng", "backendModel", "random"):
            draft.domain.add(Rng(model="virtio", backend_model="random", backend="/dev/urandom"))
    for rng in rngs:
        if rng.model is None:
            rng.model = "virtio"
        if rng.backend_model is None and rng.backend_type is None:
            rng.backend_model = "random"
            rng.backend = rng.backend or "/dev/urandom"


def add_memballoon(draft: Draft) -> None:
    """Add a memory balloon if the guest's operating system has a driver; fill in missing values of a requested one."""
    platform = draft.platform
    balloons = draft.domain.devices_of(Memballoon)
    suits = platform.is_qemu and not platform.is_fixed_board and draft.os.supports_virtio_balloon(platform.arch)
    if not balloons and draft.wants("memballoon") and suits:
        draft.domain.add(Memballoon(model="virtio"))
    for balloon in balloons:
        if balloon.model is None:
            balloon.model = "xen" if platform.virt_type == "xen" else "virtio"


def add_tpm(draft: Draft) -> None:
    """Add an emulated TPM if the guest uses UEFI and the host supports TPMs; fill in values of a requested one."""
    platform = draft.platform
    tpms = draft.domain.devices_of(Tpm)
    if not tpms and draft.wants("tpm") and platform.is_qemu and is_uefi(draft):
        if draft.offers("devices/tpm", "backendModel", "emulator", unknown=False):
            tpms = [Tpm()]
            draft.domain.add(tpms[0])
            draft.default_tpm = True
    for tpm in tpms:
        if tpm.backend_type is None:
            tpm.backend_type = "passthrough" if tpm.backend_device_path else "emulator"
        if tpm.model is None and platform.is_x86 and tpm.backend_type == "emulator" and tpm.backend_version is None:
            tpm.model = "tpm-crb" if draft.offers("devices/tpm", "model", "tpm-crb") else "tpm-tis"
        if tpm.backend_type == "external" and tpm.backend_source_type == "unix" and tpm.backend_source_mode is None:
            tpm.backend_source_mode = "connect"


def fill_small_devices(draft: Draft) -> None:
    """Fill in the missing values of devices that are added only on request, such as watchdogs and smartcard readers."""
    domain = draft.domain
    for watchdog in domain.devices_of(Watchdog):
        watchdog.model = watchdog.model or "i6300esb"
        watchdog.action = watchdog.action or "reset"
    for vsock in domain.devices_of(Vsock):
        vsock.model = vsock.model or "virtio"
        if vsock.cid_auto is None and vsock.cid_address is None:
            vsock.cid_auto = True
    for smartcard in domain.devices_of(Smartcard):
        smartcard.mode = smartcard.mode or "passthrough"
        if smartcard.type is None:
            smartcard.type = "spicevmc" if smartcard.mode == "passthrough" else "tcp"
    for crypto in domain.devices_of(Crypto):
        crypto.type = crypto.type or "qemu"
        crypto.backend_model = crypto.backend_model or "builtin"
    for redirdev in domain.devices_of(Redirdev):
        redirdev.bus = redirdev.bus or "usb"
        redirdev.type = redirdev.type or "spicevmc"
    for panic in domain.devices_of(Panic):
        if panic.model is None and panic.address.type is None and not _has_panic_device(draft):
            draft.warnings.append(
                f"--panic default is ignored: libvirt has no default panic device for {draft.platform.arch}"
            )
            domain.remove(panic)
            continue
        if panic.model is None and panic.address.type is None and panic.address.iobase is not None:
            panic.address.type = "isa"
    _fill_filesystems(draft)
    number_audio(domain)


def match_watchdogs(domain: Domain, changed: Iterable[Element]) -> None:
    """Copy the action of a changed watchdog to the iTCO watchdog, because libvirt requires the same action for both.

    libvirt 9.1 and later add the iTCO watchdog to every q35 guest. `changed` are the changed elements of `domain`.

    Source: https://libvirt.org/formatdomain.html#watchdog-device
    """
    watchdogs = [each for each in changed if isinstance(each, Watchdog)]
    if not watchdogs:
        return
    for other in domain.devices_of(Watchdog):
        if other.model == "itco" and other not in watchdogs:
            other.action = watchdogs[-1].action or "reset"


def number_audio(domain: Domain, guest: Domain | None = None) -> None:
    """Assign an ID to each audio backend in `domain` that has none.

    `guest` is the existing guest to which the devices in `domain` are added, or None for a new guest. IDs that the
    audio backends of `guest` use are not assigned.
    """
    known = [*domain.devices_of(Audio), *(() if guest is None else guest.devices_of(Audio))]
    taken = {audio.id for audio in known}
    free = (str(number) for number in itertools.count(1) if str(number) not in taken)
    for audio in domain.devices_of(Audio):
        if audio.id is None:
            audio.id = next(free)


def _has_panic_device(draft: Draft) -> bool:
    """Return whether libvirt has a default panic device.

    Source: https://libvirt.org/formatdomain.html#panic-device
    """
    platform = draft.platform
    return not platform.is_qemu or platform.is_x86 or platform.is_s390x or platform.is_pseries


def _fill_filesystems(draft: Draft) -> None:
    by_tag = draft.facts.host.is_like_qemu
    for filesystem in draft.domain.devices_of(Filesystem):
        target = filesystem.target_dir
        tagged = by_tag and filesystem.type in (None, "mount")
        if target is not None and not tagged and not target.startswith("/"):
            raise RequestError(
                f"--filesystem target={target}: must be an absolute path, because only QEMU supports mount tags",
                hint=f"use target=/{target}",
            )
        if not by_tag and draft.platform.virt_type != "lxc":
            continue
        filesystem.type = filesystem.type or "mount"
        if filesystem.accessmode is None and filesystem.driver_type != "virtiofs":
            filesystem.accessmode = "mapped"


def share_memory(draft: Draft) -> None:
    """Share the guest's memory with other processes on the host if one of its devices requires that."""
    if draft.platform.is_qemu:
        require_shared_memory(draft.domain, "memfd" if draft.offers("memoryBacking", "sourceType", "memfd") else "file")


def require_shared_memory(domain: Domain, source_type: str = "memfd") -> None:
    """Share the memory of a guest that has virtiofs or vhost-user devices, because another process maps the memory.

    `source_type`, `memfd` or `file`, is the kind of memory to use if the domain does not specify one.

    Source: https://libvirt.org/kbase/virtiofs.html#sharing-a-host-directory-with-a-guest
    """
    virtiofs = any(filesystem.driver_type == "virtiofs" for filesystem in domain.devices_of(Filesystem))
    served = [interface.type for interface in domain.devices_of(Interface)]
    served += [disk.type for disk in domain.devices_of(Disk)] + [
        video.driver_name for video in domain.devices_of(Video)
    ]
    backing = domain.memory_backing
    shared_cells = any(cell.mem_access == "shared" for cell in domain.cpu.cells)
    if not (virtiofs or "vhostuser" in served) or backing.access_mode is not None or shared_cells:
        return
    backing.access_mode = "shared"
    if backing.source_type is None and not backing.hugepages:
        backing.source_type = source_type
