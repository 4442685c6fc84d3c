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
"""The file name that stands for contents that are typed or read from standard input."""
AutoConsole = Literal["text", "graphical", "none", "default"]
"""The console that a command opens after the start of the guest."""


class LocationRequest(Record):
    """An install tree or ISO image.

    `location` is a URL, or the path of a directory or an image. `kernel` and `initrd` are paths within the install tree
    or image; None if they must be detected.
    """

    location: str = ""
    kernel: str | None = None
    initrd: str | None = None


class InstallRequest(Record):
    """The installation method; if no field is set, the guest boots as its domain specifies.

    `boot_disk` is true for --import; `assume_import` has the same effect if no other method is set. `os` is the name of
    an operating system whose install tree is in the OS database. `kernel`, `initrd` and `boot_device` are used only for
    the installation. `kernel_args` are added to the default kernel arguments or, if `kernel_args_overwrite` is true,
    replace them. `reinstall` is the name of the guest to reinstall. `unattended` and `cloud_init` map the sub-options
    of --unattended and --cloud-init to their values, or are None; scripts set `cloud_init` to a `CloudInitRequest`.
    `ignition` is the path or URL of an Ignition configuration, or None. `image_defaults`: whether --image was used, so
    that the memory size, the disk size and the login have defaults for the image. `typed` maps an option and its
    sub-option, such as `--cloud-init user-password-file`, to the text that was typed or read from standard input,
    because the name of the file is `-`.
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
    """The requested operating system.

    `values` maps the sub-options of --osinfo, such as `name` or `detect`, to their values; it is None if --osinfo is
    not specified.
    """

    values: Mapping[str, str] | None = None


class PlatformRequest(Record):
    """The requested hypervisor, architecture and machine type; values that are None are chosen during planning.

    `os_type` is libvirt's OS type: `hvm`, `xen` or `exe`. `virt_type` is the hypervisor type, such as `kvm`.
    """

    os_type: str | None = None
    virt_type: str | None = None
    arch: str | None = None
    machine: str | None = None


class Checks(Record):
    """The checks that are enabled; an error from a disabled check becomes a warning.

    `path_in_use` checks that no other guest uses the new guest's files. `disk_size` checks that the host has enough
    space for the new guest's disks. `path_exists` checks that the files that the request names exist or, for a clone,
    that no existing file is overwritten. `path_access` checks that QEMU can access the new guest's files. `mac_in_use`
    checks that no other guest uses the new guest's MAC addresses. `xml` checks that libvirt accepts the XML.
    `migration` adds a warning for everything that prevents live migration; if it is disabled, there are no such
    warnings.
    """

    path_in_use: bool = True
    disk_size: bool = True
    path_exists: bool = True
    path_access: bool = True
    mac_in_use: bool = True
    xml: bool = True
    migration: bool = False


class RunOptions(Record):
    """Options of the run: the guest's state after the installation, the condition to wait for, and the console.

    `autostart`: whether the guest starts when its host boots. `transient`: whether the guest runs without a definition.
    `destroy_on_exit`: whether the guest is powered off when its console is closed. `wait_minutes` is how long the
    command waits for the end of the installation. A negative number means no limit, 0 means that it does not wait, and
    None means that it waits only if it opens a console. `noreboot`: whether the guest stays off after the installation.
    `wait_for` is the condition that the guest must reach before the command ends, such as `running` or `ip`, or None.
    `timeout_seconds` is the time limit for reaching `wait_for`; None means no limit.
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

    `drop` are the options to omit from the manifest, as `OPTION` or `OPTION.SUBOPTION`. `instancetype` and `preference`
    are each `[KIND/]NAME`, or `infer`, with which KubeVirt infers the name from the volume of the first disk. `devices`
    are host devices of the cluster's nodes, as `RESOURCE[,type=gpu]`.
    """

    drop: tuple[str, ...] = ()
    namespace: str | None = None
    run_strategy: str | None = None
    instancetype: str | None = None
    preference: str | None = None
    devices: tuple[str, ...] = ()


class Request(Record):
    """A requested guest.

    `domain` contains the requested XML values, including those of devices. Planning changes only a copy of `domain`.
    `connect` is the URI of the connection, or None for the default. `without` contains the XML tags of default devices
    to omit, such as `interface` for `--network none`. `warnings` are lines for the user. `by_script`: whether a script
    described the guest as a `GuestSpec`, so that errors and warnings name Python classes and fields instead of options.
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
