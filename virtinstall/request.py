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
"""A placeholder for a file name: the contents are typed, or read from standard input."""
AutoConsole = Literal["text", "graphical", "none", "default"]
"""The console that a command opens."""


class LocationRequest(Record):
    """An install tree or ISO image.

    `location` is a URL, a directory or an image. `kernel` and `initrd` are paths in it, None if they must be detected.
    """

    location: str = ""
    kernel: str | None = None
    initrd: str | None = None


class InstallRequest(Record):
    """The installation method; if nothing is set, the domain boots as configured.

    `boot_disk` is true for --import; `assume_import` has the same effect if no other method is set. `os` is the name of
    an operating system whose install tree the OS database contains. `kernel`, `initrd` and `boot_device` are used only
    for the installation. `kernel_args` are added to the default kernel arguments, or replace them if
    `kernel_args_overwrite` is true. `reinstall` is the name of the guest to reinstall. `unattended` and `cloud_init`
    map the sub-options of these options to values, or are None; for a script, `cloud_init` is a `CloudInitRequest`.
    `ignition` is a path or URL. `image_defaults` (--image): whether memory, disk size and login get defaults for the
    image. `typed` contains the contents of files that are specified as `-`, by option, such as `--cloud-init
    user-password-file`.
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
        """Whether an installation method is set."""
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
    """The operating system: sub-options of --osinfo, such as `name` or `detect`; None if it is not specified."""

    values: Mapping[str, str] | None = None


class PlatformRequest(Record):
    """The requested hypervisor, architecture and machine type; the composer chooses values that are None.

    `os_type` is libvirt's OS type: `hvm`, `xen` or `exe`. `virt_type` is the type of the hypervisor, such as `kvm`.
    """

    os_type: str | None = None
    virt_type: str | None = None
    arch: str | None = None
    machine: str | None = None


class Checks(Record):
    """The enabled checks; if a check is disabled, its errors become warnings.

    `path_in_use`: other guests do not use the files. `disk_size`: the host has enough space for the disks.
    `path_exists`: the files that the request names exist. `path_access`: QEMU can access the files. `mac_in_use`: other
    guests do not use the MAC addresses. `xml`: libvirt accepts the XML. `migration`: the guest can be migrated.
    """

    path_in_use: bool = True
    disk_size: bool = True
    path_exists: bool = True
    path_access: bool = True
    mac_in_use: bool = True
    xml: bool = True
    migration: bool = False


class RunOptions(Record):
    """Options of the run: the guest's state after the installation, the conditions to wait for, and the console.

    `transient`: whether the guest runs without a definition. `destroy_on_exit`: whether the guest is powered off when
    the command exits. `wait_minutes` is the time limit for the installation; negative for no limit, None if it depends
    on the console. `noreboot`: whether the guest stays off after the installation. `wait_for` is the condition to reach
    before the run ends, such as `running` or `ip`, and `timeout_seconds` is the time limit for it; None if not
    specified.
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
    """Options of the KubeVirt manifest, which have no effect on a libvirt guest; None or empty if not specified.

    `drop` are the options to omit, as `OPTION` or `OPTION.SUBOPTION`. `instancetype` and `preference` are
    `[KIND/]NAME`, or `infer`, which derives them from the boot disk. `devices` are devices of the cluster's nodes, as
    `RESOURCE[,type=gpu]`.
    """

    drop: tuple[str, ...] = ()
    namespace: str | None = None
    run_strategy: str | None = None
    instancetype: str | None = None
    preference: str | None = None
    devices: tuple[str, ...] = ()


class Request(Record):
    """A requested guest.

    `domain` contains the requested XML values, including settings of devices. It is never changed, because the composer
    works on a copy. `connect` is the URI of the connection, or None for the default. `without` contains the tags of
    default devices to omit, for example because of `--network none`. `warnings` are lines for the user. `by_script`:
    whether a script described the guest as a `GuestSpec`, so that errors and warnings name its classes and fields
    instead of options.
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
