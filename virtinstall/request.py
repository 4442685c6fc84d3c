"""The request for a guest, as data that a command line or a script provides."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from virtinstall.goals import WaitFor
from virtinstall.record import Record

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.seed.cloud_init import CloudInitRequest

TYPED = "-"
"""Placeholder for a file name: the text is typed, or read from standard input."""
AutoConsole = Literal["text", "graphical", "none", "default"]
"""Console that a command opens."""


class LocationRequest(Record):
    """An install tree or ISO image (URL, directory, image), and paths of kernel and initrd in it, if specified."""

    location: str = ""
    kernel: str | None = None
    initrd: str | None = None


class InstallRequest(Record):
    """The installation method; if nothing is set, the domain boots as configured.

    `boot_disk`: --import; `assume_import`: --import if no other method is set. `os`: the OS whose install tree the OS
    database contains. `kernel`, `initrd` and `boot_device` are for the installation only. `image_defaults` (--image):
    memory, disk size and login have defaults for the image. `ignition` is a path or URL. `typed`: the texts of answers
    that are specified as `-`, by option (`--cloud-init user-password-file`).
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
        """Whether any installation method is set."""
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
    """The operating system: sub-options of --osinfo (`name`, `detect`, ...); None: not specified."""

    values: Mapping[str, str] | None = None


class PlatformRequest(Record):
    """The requested hypervisor, architecture and machine; None: chosen by the composer.

    `os_type` is libvirt's: `hvm`, `xen`, `exe`.
    """

    os_type: str | None = None
    virt_type: str | None = None
    arch: str | None = None
    machine: str | None = None


class Checks(Record):
    """The enabled checks; the error of a disabled check becomes a warning."""

    path_in_use: bool = True
    disk_size: bool = True
    path_exists: bool = True
    path_access: bool = True
    mac_in_use: bool = True
    xml: bool = True
    migration: bool = False


class RunOptions(Record):
    """Options of the run: the guest after the installation, waiting, and the console.

    `wait_minutes`: a limit, negative (no limit), or None (depends on the console). `autoconsole`: `text`, `graphical`,
    `none` or `default`. `wait_for`: the condition to reach before the run ends (`running`, `ip`, ...),
    `timeout_seconds`: its time limit.
    """

    autostart: bool = False
    transient: bool = False
    destroy_on_exit: bool = False
    wait_minutes: int | None = None
    autoconsole: AutoConsole = "default"
    noreboot: bool = False
    wait_for: WaitFor | None = None
    timeout_seconds: float | None = None


class KubevirtRequest(Record):
    """Options of the KubeVirt manifest, which have no effect on a guest of libvirt.

    `drop`: options that are omitted, `OPTION` or `OPTION.SUBOPTION`. `devices`: devices of the cluster's nodes,
    `RESOURCE[,type=gpu]`. `instancetype` and `preference` are `[KIND/]NAME`, or `infer`, which derives them from the
    boot disk.
    """

    drop: tuple[str, ...] = ()
    namespace: str | None = None
    run_strategy: str | None = None
    instancetype: str | None = None
    preference: str | None = None
    devices: tuple[str, ...] = ()


class Request(Record):
    """A requested guest.

    `domain` contains the requested XML values, including settings of devices; it is never changed: the composer works
    on a copy. `without` contains the tags of devices that are not added by default (`--network none`). `by_script`: a
    script described the guest as a `GuestSpec`, so errors and warnings name its classes and fields instead of options.
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
    by_script: bool = False
    kubevirt: KubevirtRequest = KubevirtRequest()
