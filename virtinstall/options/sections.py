"""Options that do not describe XML: --location, --install, --unattended, --cloud-init, --osinfo, --check.

Their sub-options are declared like those of devices, so the same parser, help, completion
and manual work for them.
"""

from __future__ import annotations

from virtinstall.xml.element import Element
from virtinstall.xml.field import Setting
from virtinstall.xml.kinds import SWITCH, TEXT


class Location(Element):
    """--location: the source of the installer's kernel and initrd."""

    tag = "location"
    option = "--location"
    bare = ("location",)

    location = Setting(TEXT, "URL, local directory or ISO image of the install tree.", commas=True)
    kernel = Setting(TEXT, "Path of the kernel inside the tree, if the kernel is not found automatically.")
    initrd = Setting(TEXT, "Path of the initrd inside the tree, if the initrd is not found automatically.")


class Install(Element):
    """--install: the details of the installation boot."""

    tag = "install"
    option = "--install"
    bare = ("os",)

    bootdev = Setting(TEXT, "Boot device during the installation: `network`, `hd`, `cdrom`.")
    kernel = Setting(TEXT, "Kernel of the installer.")
    initrd = Setting(TEXT, "Initrd of the installer.")
    kernel_args = Setting(TEXT, "Arguments to add to the command line of the installer's kernel.", commas=True)
    kernel_args_overwrite = Setting(SWITCH, "Whether `kernel_args` replaces the generated arguments.")
    os = Setting(TEXT, "Operating system with an install tree in the OS database: `fedora36`.")
    no_install = Setting(SWITCH, "Skip the installation: the guest boots as configured.")


class Unattended(Element):
    """--unattended: the answers to the installer's questions."""

    tag = "unattended"
    option = "--unattended"

    profile = Setting(TEXT, "Installation profile: `desktop`, or `jeos` for a minimal system.")
    admin_password_file = Setting(
        TEXT, "File whose first line is the administrator's password; `-` prompts for it.", name="admin-password-file"
    )
    user_login = Setting(TEXT, "Login name of the user to create; default: yours.", name="user-login")
    user_password_file = Setting(
        TEXT, "File whose first line is the user's password; `-` prompts for it.", name="user-password-file"
    )
    product_key = Setting(TEXT, "Product key (Windows).", name="product-key")
    reg_login = Setting(TEXT, "Login name for the subscription.", name="reg-login")
    drivers = Setting(
        SWITCH, "Whether to add virtio drivers to Windows, from the URL in the OS database; default: `yes`."
    )


class CloudInit(Element):
    """--cloud-init: the configuration that a cloud image receives at the first boot."""

    tag = "cloud-init"
    option = "--cloud-init"

    root_password_generate = Setting(
        SWITCH,
        "Generate a root password, which expires at the first login, and print it.",
        name="root-password-generate",
    )
    root_password_file = Setting(
        TEXT, "File whose first line is root's password; `-` prompts for it.", name="root-password-file"
    )
    disable = Setting(SWITCH, "Disable cloud-init after the first boot.")
    root_ssh_key = Setting(TEXT, "File with a public SSH key for root.", name="root-ssh-key", aliases=("ssh-key",))
    clouduser_password_generate = Setting(
        SWITCH,
        "Generate a password, which does not expire, for the image's default user, and print it.",
        name="clouduser-password-generate",
    )
    clouduser_password_file = Setting(
        TEXT,
        "File whose first line is the password of the image's default user; `-` prompts for it.",
        name="clouduser-password-file",
    )
    clouduser_ssh_key = Setting(
        TEXT, "File with a public SSH key for the image's default user.", name="clouduser-ssh-key"
    )
    user_data = Setting(TEXT, "File to use as user-data, unchanged.", name="user-data")
    meta_data = Setting(TEXT, "File to use as meta-data, unchanged.", name="meta-data")
    network_config = Setting(TEXT, "File to use as network-config, unchanged.", name="network-config")
    user = Setting(TEXT, "Login name of a user to create, who can use sudo.")
    user_password_generate = Setting(
        SWITCH,
        "Generate a password for `user`, which expires at the first login, and print it.",
        name="user-password-generate",
    )
    user_password_file = Setting(
        TEXT, "File whose first line is the password of `user`; `-` prompts for it.", name="user-password-file"
    )
    user_ssh_key = Setting(TEXT, "File with a public SSH key for `user`.", name="user-ssh-key")
    hostname = Setting(TEXT, "Host name of the guest.")
    packages = Setting(TEXT, "Packages to install, separated by commas: `packages=git,vim`.", commas=True)
    run = Setting(
        TEXT, "Commands to run at the end of the first boot, separated by semicolons: `run=CMD1;CMD2`.", commas=True
    )
    address = Setting(TEXT, "Static address with prefix length: `192.0.2.5/24`.")
    gateway = Setting(TEXT, "Gateway for `address`.")
    nameservers = Setting(
        TEXT, "Name servers for `address`, separated by commas: `nameservers=192.0.2.1,192.0.2.2`.", commas=True
    )
    bus = Setting(TEXT, "Bus of the seed ISO: `virtio`, `scsi`, `sata`, ...")
    keep = Setting(
        SWITCH,
        "Whether the seed ISO stays attached; by default it is detached at the first shutdown and its file deleted "
        "after the start.",
    )


class OsInfo(Element):
    """--osinfo: the operating system of the guest."""

    tag = "osinfo"
    option = "--osinfo"
    bare = ("name",)

    name = Setting(TEXT, "Short name: `debian12`, `win11`.", aliases=("short-id",))
    id = Setting(TEXT, "Full ID: `http://debian.org/debian/12`.")
    detect = Setting(
        SWITCH, "Whether to detect the system from the install medium; if the detection fails, `name` is used."
    )
    require = Setting(SWITCH, "Whether an unknown system is an error.")


class Check(Element):
    """--check: the checks that are enabled; a disabled check results in warnings instead of errors."""

    tag = "check"
    option = "--check"

    path_in_use = Setting(SWITCH, "Refuse disks that another guest uses; default: `on`.")
    disk_size = Setting(SWITCH, "Refuse disks that do not fit on the storage; default: `on`.")
    path_exists = Setting(SWITCH, "Refuse missing paths; in virt-clone, refuse to overwrite files; default: `on`.")
    path_access = Setting(SWITCH, "Refuse paths that QEMU's user cannot access; default: `on`.")
    mac_in_use = Setting(SWITCH, "Refuse MAC addresses that another guest uses; default: `on`.")
    xml = Setting(SWITCH, "Refuse XML that libvirt rejects, in previews as well; default: `on`.")
    migration = Setting(SWITCH, "Warn about everything that prevents live migration; default: `off`.")
    all = Setting(SWITCH, "All checks except `migration`.")
