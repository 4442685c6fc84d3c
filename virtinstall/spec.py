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

    `ssh_keys` are public keys. `password` is hashed before it leaves this process. An account requires a password or a
    key.
    """

    name: str = field(kw_only=False)
    ssh_keys: Sequence[str] = ()
    password: str | None = field(default=None, secret=True)

    def validate(self) -> None:
        """Require a login method and a valid account name.

        Raises: RequestError, if the login method is missing or the name is invalid.
        """
        from virtinstall.seed.login import check_name

        check_name("user", self.name)
        if not self.ssh_keys and not self.password:
            raise RequestError(f"User({self.name!r}): no login method", hint="add ssh_keys=[...] or password=...")


class CloudInit(Record):
    """Configuration that cloud-init applies at the first boot of a cloud image.

    `users` are accounts to create. `ssh_keys` are public keys for the image's default account, such as `debian`, and
    `root_ssh_keys` for root. `root_password` is root's password; `generate_root_password` generates one, which
    `Plan.secrets` shows. `packages` are installed, then `commands` are run. `addresses`, such as `192.0.2.5/24`,
    `gateways` and `nameservers` configure the first interface, which otherwise uses DHCP. `user_data`, `meta_data` and
    `network_config` are the contents of complete files that replace the generated ones. `disable`: whether cloud-init
    is disabled after the first boot. `keep`: whether the seed stays with the guest. `bus` is the bus of the seed's
    drive, such as `virtio`, `scsi` or `sata`; None chooses it for the operating system.
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
        """Reject invalid names, and fields that contradict each other.

        Raises: RequestError, if a field is invalid or contradicts another one.
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
    """Configuration of a CoreOS-like system for its first boot, specified by either `config` or `source`.

    `config` is the configuration as JSON, in a string or as a mapping. `source` is the path or URL of a file.
    """

    config: str | Mapping[str, object] | None = field(default=None, kw_only=False, secret=True)
    source: str | Path | None = None

    def validate(self) -> None:
        """Require exactly one of `config` and `source`.

        Raises: RequestError, if none or both are specified.
        """
        if (self.config is None) == (self.source is None):
            raise RequestError("Ignition: exactly one of 'config' and 'source' is required")


class Unattended(Record):
    """Answers for the installer of a `Tree` or `Iso`, in a generated file such as a kickstart or preseed file.

    `profile` is `desktop` or `jeos`; None chooses one. `admin_password` is the password of root or the administrator.
    `user_login` is the name of the account to create, by default that of the user who runs the program, and
    `user_password` is its password. `product_key` is for Windows. `subscription_login` is for operating systems that
    require a subscription. `drivers`: whether virtio drivers are installed in Windows.
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

    `location` is an http, https, ftp or nfs URL, a directory or an ISO image. `kernel` and `initrd` are paths within
    the location; None finds them automatically. `extra_args` are added to the installer's kernel arguments.
    `initrd_inject` are the paths of files to add to the root of the initrd, such as a kickstart file. `unattended` are
    the answers for the installer; None if the user answers its questions.
    """

    location: str | Path = field(kw_only=False)
    kernel: str | None = None
    initrd: str | None = None
    extra_args: Sequence[str] = ()
    initrd_inject: Sequence[str | Path] = ()
    unattended: Unattended | None = None


class Iso(Record):
    """Installation from a bootable ISO image, which `path` names: a path, a URL or a device.

    `live`: whether the image is a live system that stays in the drive. `unattended` are the answers for the installer;
    None if the user answers its questions.
    """

    path: str | Path = field(kw_only=False)
    live: bool = False
    unattended: Unattended | None = None


class Pxe(Record):
    """Installation by booting from the network."""


class CloudImage(Record):
    """A boot from a disk that contains an installed system, which reads `seed` at its first boot.

    Without a seed, the system boots as it is.
    """

    seed: CloudInit | Ignition | None = field(default=None, kw_only=False)


class Kernel(Record):
    """Installation with a kernel and initrd, specified by path or URL; the finished guest boots from its disk.

    `args` are kernel arguments. They are added to the default arguments or, if `replace_args` is true, replace them.
    """

    kernel: str | Path = field(kw_only=False)
    initrd: str | Path | None = field(default=None, kw_only=False)
    args: str | None = None
    replace_args: bool = False


class Existing(Record):
    """An existing disk, which boots without an installation."""


class Reinstall(Record):
    """Reinstallation of the existing guest `name` with `method`; the guest keeps its configuration.

    `GuestSpec.domain` must be None.
    """

    name: str = field(kw_only=False)
    method: Tree | Iso | Pxe | CloudImage | Kernel = field(kw_only=False)


Install = Tree | Iso | Pxe | CloudImage | Kernel | Existing | Reinstall
"""An installation method."""
