"""The installation methods that a `GuestSpec` can specify, and the answers and seeds that these methods use.

Each method is a class with only those fields that apply to the method.
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

    `ssh_keys` are public SSH keys. `password` is in clear text; only its hash is written to the seed. An account
    requires a key or a password.
    """

    name: str = field(kw_only=False)
    ssh_keys: Sequence[str] = ()
    password: str | None = field(default=None, secret=True)

    def validate(self) -> None:
        """Check that the account name is valid, and that there is a key or a password.

        Raises: RequestError, if the name is invalid, or if there is no key and no password.
        """
        from virtinstall.seed.login import check_name

        check_name("user", self.name)
        if not self.ssh_keys and not self.password:
            raise RequestError(f"User({self.name!r}): no login method", hint="add ssh_keys=[...] or password=...")


class CloudInit(Record):
    """Configuration that cloud-init applies at the first boot of a cloud image.

    If `hostname` is None, the host name is derived from the guest's name. `users` are accounts to create. `ssh_keys`
    are public SSH keys for the image's default account, such as `debian`, and `root_ssh_keys` are public SSH keys for
    root. `root_password` is root's password in clear text; if it is None, and no password is generated, the image's
    password for root is not changed. `generate_root_password`: whether a password for root is generated; if so,
    `Plan.secrets` contains it. `packages` are installed before `commands` are run.

    `addresses` are static addresses, such as `192.0.2.5/24`, of the first network interface. `gateways` and
    `nameservers` apply to the same interface. If `addresses` is empty, the interface uses DHCP. `user_data`,
    `meta_data` and `network_config` are the contents of files of the seed. If one of them is None, this file is
    generated from the other fields if the guest needs it; otherwise, it replaces the generated file.

    `disable`: whether cloud-init is disabled after the first boot. `keep`: whether the seed stays attached to the guest
    after the first boot. `bus` is the bus of the seed's drive, such as `virtio`, `scsi` or `sata`; if it is None, a bus
    that the operating system supports is chosen.
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
        """Check that the host name is valid, and that the fields do not contradict each other.

        Raises: RequestError, if the host name is invalid, or if a field contradicts or requires another field.
        """
        from virtinstall.seed.login import check_name

        if self.hostname is not None:
            check_name("hostname", self.hostname)
        if self.generate_root_password and self.root_password is not None:
            raise RequestError(
                "CloudInit: 'generate_root_password' and 'root_password' cannot be used together",
                hint="omit one of them",
            )
        if (self.gateways or self.nameservers) and not self.addresses:
            raise RequestError(
                "CloudInit: 'gateways' and 'nameservers' require 'addresses'",
                hint='add addresses, for example: addresses=["192.0.2.5/24"]',
            )


class Ignition(Record):
    """Configuration that Ignition applies at the first boot of a CoreOS-like system.

    Either `config` or `source` is required. `config` is the configuration, as a JSON string or as a mapping. `source`
    is the path or URL of a file with the configuration.
    """

    config: str | Mapping[str, object] | None = field(default=None, kw_only=False, secret=True)
    source: str | Path | None = None

    def validate(self) -> None:
        """Check that exactly one of `config` and `source` is specified.

        Raises: RequestError, if neither or both are specified.
        """
        if (self.config is None) == (self.source is None):
            raise RequestError("Ignition: exactly one of 'config' and 'source' is required")


class Unattended(Record):
    """Answers for the installer of a `Tree` or `Iso`; they are written to a generated file, such as a kickstart file.

    `profile` is the installation profile, such as `desktop`, or `jeos` for a minimal system; if it is None, `desktop`
    is used if the operating system supports this profile. `admin_password` is the password of root or of the
    administrator. `user_login` is the name of the user account to create; by default, it is the name of the user who
    runs the program. `user_password` is the password of this account. `product_key` is the product key of Windows.
    `subscription_login` is the account name for an operating system that requires a subscription. `drivers`: whether
    virtio drivers are installed in Windows.
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

    `location` is an http, https, ftp or nfs URL, or the path of a directory or an ISO image. `kernel` and `initrd` are
    paths within the location; by default, they are found automatically. `extra_args` are added to the installer's
    kernel arguments. `initrd_inject` are the paths of files to add to the root of the initrd, such as a kickstart file.
    `unattended` are the answers for the installer; None if the user answers the installer's questions.
    """

    location: str | Path = field(kw_only=False)
    kernel: str | None = None
    initrd: str | None = None
    extra_args: Sequence[str] = ()
    initrd_inject: Sequence[str | Path] = ()
    unattended: Unattended | None = None


class Iso(Record):
    """Installation from a bootable ISO image.

    `path` is the path or URL of the image, or the path of a CD-ROM device. `live`: whether the image is a live system,
    which the guest boots without an installation and which stays in the drive. `unattended` are the answers for the
    installer; None if the user answers the installer's questions.
    """

    path: str | Path = field(kw_only=False)
    live: bool = False
    unattended: Unattended | None = None


class Pxe(Record):
    """Installation by booting from the network."""


class CloudImage(Record):
    """A boot from a cloud image, that is, a disk that contains an installed system; a seed can configure the system.

    The system reads `seed` at its first boot. If `seed` is None, the system is not configured.
    """

    seed: CloudInit | Ignition | None = field(default=None, kw_only=False)


class Kernel(Record):
    """Installation with a kernel and an initrd; the finished guest boots from its disk.

    `kernel` and `initrd` are paths or URLs; `initrd` is None if the kernel does not need one. `args` are kernel
    arguments, which are added to the default arguments or, if `replace_args` is true, replace the default arguments.
    """

    kernel: str | Path = field(kw_only=False)
    initrd: str | Path | None = field(default=None, kw_only=False)
    args: str | None = None
    replace_args: bool = False


class Existing(Record):
    """A boot from a disk that contains an installed system; nothing is installed or configured."""


class Reinstall(Record):
    """Reinstallation of the existing guest `name` with `method`; the guest keeps its configuration.

    `GuestSpec.domain` must be None.
    """

    name: str = field(kw_only=False)
    method: Tree | Iso | Pxe | CloudImage | Kernel = field(kw_only=False)


Install = Tree | Iso | Pxe | CloudImage | Kernel | Existing | Reinstall
"""An installation method."""
