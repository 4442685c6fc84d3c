"""The installation methods of a guest that a script describes, in types that cannot contradict each other.

`virtinstall.guest_spec` uses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError
from virtinstall.record import Record, field

if TYPE_CHECKING:
    from pathlib import Path


class User(Record):
    """An account that cloud-init creates in the guest, with the right to use sudo.

    `password` is hashed before it leaves this process. An account requires a password or a key.
    """

    name: str = field(kw_only=False)
    ssh_keys: Sequence[str] = ()
    password: str | None = field(default=None, secret=True)

    def validate(self) -> None:
        """Require a login method and a valid account name.

        Raises: RequestError.
        """
        from virtinstall.seed.login import check_name

        check_name("user", self.name)
        if not self.ssh_keys and not self.password:
            raise RequestError(f"User({self.name!r}): no login method", hint="add ssh_keys=[...] or password=...")


class CloudInit(Record):
    """Configuration of a cloud image by cloud-init at its first boot.

    `ssh_keys` are for the default account (`debian`, `ubuntu`, ...), `root_ssh_keys` for root. `root_password` is
    root's password; `generate_root_password` generates one, which `Plan.secrets` shows. `packages` are installed, then
    `commands` are run. `addresses` (`192.0.2.5/24`), `gateways` and `nameservers` configure the first interface, which
    otherwise uses DHCP. `user_data`, `meta_data` and `network_config` are complete files that replace the generated
    ones. `disable`: cloud-init is disabled after the first boot. `keep`: the seed stays with the guest. `bus`: the bus
    of the seed (`virtio`, `scsi`, `sata`), by default chosen for the system.
    """

    hostname: str | None = None
    users: Sequence[User] = ()
    ssh_keys: Sequence[str] = ()
    root_ssh_keys: Sequence[str] = ()
    root_password: str | None = field(default=None, secret=True)
    generate_root_password: bool = False
    packages: Sequence[str] = ()
    commands: Sequence[str] = field(default=(), secret=True)
    addresses: Sequence[str] = ()
    gateways: Sequence[str] = ()
    nameservers: Sequence[str] = ()
    user_data: str | None = field(default=None, secret=True)
    meta_data: str | None = None
    network_config: str | None = None
    disable: bool = False
    keep: bool = False
    bus: str | None = None

    def validate(self) -> None:
        """Reject fields that contradict each other.

        Raises: RequestError.
        """
        from virtinstall.seed.login import check_name

        if self.hostname is not None:
            check_name("hostname", self.hostname)
        if self.generate_root_password and self.root_password is not None:
            raise RequestError(
                "CloudInit: generate_root_password and root_password cannot be used together", hint="omit one of them"
            )
        if (self.gateways or self.nameservers) and not self.addresses:
            raise RequestError(
                "CloudInit: gateways and nameservers require addresses",
                hint='add addresses, for example addresses=["192.0.2.5/24"]',
            )


class Ignition(Record):
    """Configuration of a CoreOS-like system for its first boot: either `config` or `source`.

    `config` is JSON text or data, `source` is a path or URL.
    """

    config: str | Mapping[str, object] | None = field(default=None, kw_only=False, secret=True)
    source: str | Path | None = None

    def validate(self) -> None:
        """Require exactly one of `config` and `source`.

        Raises: RequestError.
        """
        if (self.config is None) == (self.source is None):
            raise RequestError("Ignition: exactly one of config and source is required")


class Unattended(Record):
    """Answers for the installer of a `Tree` or `Iso`, from which a kickstart, preseed, autounattend, ... is generated.

    `profile` is `desktop` or `jeos`. `user_login` is the account to create (default: the user who runs the program).
    `product_key` is for Windows; `drivers`: whether Windows gets virtio drivers. `subscription_login` is for systems
    that require a subscription.
    """

    profile: str | None = None
    admin_password: str | None = field(default=None, secret=True)
    user_login: str | None = None
    user_password: str | None = field(default=None, secret=True)
    product_key: str | None = field(default=None, secret=True)
    subscription_login: str | None = None
    drivers: bool = True


class Tree(Record):
    """Installation from the kernel and initrd of an install tree or ISO image.

    `location` is an http, https, ftp or nfs URL, a directory or an ISO image; `kernel` and `initrd` are paths below it,
    if they are not found automatically. `extra_args` are added to the installer's command line; `initrd_inject` are
    files added to the root of the initrd (for example a kickstart file).
    """

    location: str | Path = field(kw_only=False)
    kernel: str | None = None
    initrd: str | None = None
    extra_args: Sequence[str] = ()
    initrd_inject: Sequence[str | Path] = ()
    unattended: Unattended | None = None


class Iso(Record):
    """Installation from a bootable ISO image (a path, URL or device).

    `live`: the image is a live system, and stays in the drive.
    """

    path: str | Path = field(kw_only=False)
    live: bool = False
    unattended: Unattended | None = None


class Pxe(Record):
    """Installation by booting from the network."""


class CloudImage(Record):
    """A boot from a disk with an installed system, whose first boot reads `seed`."""

    seed: CloudInit | Ignition | None = field(default=None, kw_only=False)


class Kernel(Record):
    """Installation with a kernel and initrd, specified by path or URL; the finished guest boots from its disk.

    `args` is added to the kernel's default command line; with `replace_args`, it replaces the command line.
    """

    kernel: str | Path = field(kw_only=False)
    initrd: str | Path | None = field(default=None, kw_only=False)
    args: str | None = None
    replace_args: bool = False


class Existing(Record):
    """An existing disk, which boots without an installation."""


class Reinstall(Record):
    """Reinstallation of the existing guest `name` with `method`, with the same configuration.

    `GuestSpec.domain` must be unset.
    """

    name: str = field(kw_only=False)
    method: Tree | Iso | Pxe | CloudImage | Kernel = field(kw_only=False)


Install = Tree | Iso | Pxe | CloudImage | Kernel | Existing | Reinstall
"""The installation methods."""
