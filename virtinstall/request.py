"""What was asked, as data: the command line makes a Request, a script makes one, nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from virtinstall.record import Record

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.seed.cloud_init import CloudInitRequest

TYPED = "-"
"""In place of a file's name: its text is typed, or comes by standard input."""
GOALS = ("running", "shutdown", "ip", "agent", "ssh", "cloud-init")
"""What --wait-for can wait for."""


class LocationRequest(Record):
    """An install tree or ISO (URL, directory, image); kernel and initrd below it where given by hand."""

    location: str = ""
    kernel: str | None = None
    initrd: str | None = None


class InstallRequest(Record):
    """How the guest is to be installed; all unset means the domain boots as configured.

    `boot_disk`: --import; `assume_import`: so it is where nothing else was said. `os`: the OS
    whose install tree the OS database knows. `kernel` and `initrd` are for the
    installation only, as is `boot_device`. `image_defaults` (--image): memory, disk size and login have
    defaults for the image. `ignition` is a path or URL. `typed`: the texts of answers that are given
    as `-`, by option (`--cloud-init user-password-file`).
    """

    location: LocationRequest | None = None
    cdrom: str | None = None
    live_cdrom: bool = False
    pxe: bool = False
    boot_disk: bool = False
    assume_import: bool = False
    no_install: bool = False
    boot_device: str | None = None
    kernel: str | None = None
    initrd: str | None = None
    kernel_args: str | None = None
    kernel_args_overwrite: bool = False
    extra_args: tuple[str, ...] = ()
    initrd_inject: tuple[str, ...] = ()
    os: str | None = None
    reinstall: str | None = None
    unattended: Mapping[str, str] | None = None
    cloud_init: Mapping[str, str] | CloudInitRequest | None = None
    ignition: str | None = None
    image_defaults: bool = False
    typed: Mapping[str, str] = MappingProxyType({})

    @property
    def has_method(self) -> bool:
        """Whether any way of installing was named."""
        return bool(
            self.location
            or self.cdrom
            or self.pxe
            or self.boot_disk
            or self.assume_import
            or self.no_install
            or self.boot_device
            or self.kernel
            or self.os
            or self.cloud_init is not None
            or self.ignition is not None
        )


class OsRequest(Record):
    """Which operating system: sub-options of --osinfo as given (`name`, `detect`, ...); None: not said."""

    values: Mapping[str, str] | None = None


class PlatformRequest(Record):
    """Hypervisor, architecture and machine as asked; None leaves the choice to the composer.

    `os_type` is libvirt's: `hvm`, `xen`, `exe`.
    """

    os_type: str | None = None
    virt_type: str | None = None
    arch: str | None = None
    machine: str | None = None


class Checks(Record):
    """Refusals that are switched on; one that is off becomes a warning."""

    path_in_use: bool = True
    disk_size: bool = True
    path_exists: bool = True
    path_access: bool = True
    mac_in_use: bool = True
    xml: bool = True
    migration: bool = False


class RunOptions(Record):
    """How the run goes: what becomes of the guest afterwards, waiting, console.

    `wait_minutes`: None (as the console decides), negative (for ever) or a limit.
    `autoconsole`: `text`, `graphical`, `none` or `default`. `wait_for`: how far the guest is to be when the
    run ends (`running`, `ip`, ...), `timeout_seconds` how long that may take.
    """

    autostart: bool = False
    transient: bool = False
    destroy_on_exit: bool = False
    wait_minutes: int | None = None
    autoconsole: str = "default"
    noreboot: bool = False
    wait_for: str | None = None
    timeout_seconds: float | None = None


class Request(Record):
    """A guest as wished for.

    `domain` holds all that was said of its XML, devices with their wishes included;
    nothing ever changes it: the composer works on a copy. `without` names device tags of
    which not even the default ones are wanted (`--network none`).
    """

    domain: Domain
    connect: str | None = None
    install: InstallRequest = InstallRequest()
    os: OsRequest = OsRequest()
    platform: PlatformRequest = PlatformRequest()
    checks: Checks = Checks()
    run: RunOptions = RunOptions()
    without: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
