"""Options that are no domain XML: --location, --install, --unattended, --cloud-init, --osinfo, --check.

Their sub-options are declared as the devices' are, so the same parser, help, completion
and manual serve them.
"""

from __future__ import annotations

from virtinstall.xml.element import Element
from virtinstall.xml.field import Setting
from virtinstall.xml.kinds import SWITCH, TEXT


class Location(Element):
    """--location: where the installer's kernel and initrd come from."""

    tag = "location"
    option = "--location"
    bare = ("location",)

    location = Setting(TEXT, "URL, local directory or ISO image of the install tree.", commas=True)
    kernel = Setting(TEXT, "Path of the kernel inside the tree, where it isn't found by itself.")
    initrd = Setting(TEXT, "Path of the initrd inside the tree, where it isn't found by itself.")


class Install(Element):
    """--install: the boot that installs, in detail."""

    tag = "install"
    option = "--install"
    bare = ("os",)

    bootdev = Setting(TEXT, "Boot device of the installation only: `network`, `hd`, `cdrom`.")
    kernel = Setting(TEXT, "Kernel of the installation only.")
    initrd = Setting(TEXT, "Initrd of the installation only.")
    kernel_args = Setting(TEXT, "Arguments added to the install kernel's command line.", commas=True)
    kernel_args_overwrite = Setting(SWITCH, "Whether kernel_args replaces all that would be derived.")
    os = Setting(TEXT, "Operating system whose install tree the OS database knows: `fedora36`.")
    no_install = Setting(SWITCH, "Leave the installation out: the guest boots as configured.")


class Unattended(Element):
    """--unattended: answers for the installer."""

    tag = "unattended"
    option = "--unattended"

    profile = Setting(TEXT, "What to install: `desktop` or `jeos`.")
    admin_password_file = Setting(
        TEXT, "File whose first line is the administrator's password; `-` asks for it.", name="admin-password-file"
    )
    user_login = Setting(TEXT, "Login of the user to create; by default, who runs the command.", name="user-login")
    user_password_file = Setting(
        TEXT, "File whose first line is the user's password; `-` asks for it.", name="user-password-file"
    )
    product_key = Setting(TEXT, "Product key (Windows).", name="product-key")
    reg_login = Setting(TEXT, "Login for the subscription.", name="reg-login")
    drivers = Setting(
        SWITCH, "Whether Windows gets virtio's drivers, fetched from where the OS database says; default yes."
    )


class CloudInit(Element):
    """--cloud-init: what a cloud image is told at its first boot."""

    tag = "cloud-init"
    option = "--cloud-init"

    root_password_generate = Setting(SWITCH, "Invent a root password and print it.", name="root-password-generate")
    root_password_file = Setting(
        TEXT, "File whose first line is root's password; `-` asks for it.", name="root-password-file"
    )
    disable = Setting(SWITCH, "Have cloud-init do nothing after the first boot.")
    root_ssh_key = Setting(TEXT, "File with a public key for root.", name="root-ssh-key", aliases=("ssh-key",))
    clouduser_password_generate = Setting(
        SWITCH, "Generate a password for the image's own user and print it.", name="clouduser-password-generate"
    )
    clouduser_password_file = Setting(
        TEXT,
        "File whose first line is the password of the image's own user; `-` asks for it.",
        name="clouduser-password-file",
    )
    clouduser_ssh_key = Setting(TEXT, "File with a public key for the image's own user.", name="clouduser-ssh-key")
    user_data = Setting(TEXT, "File used as user-data as it is.", name="user-data")
    meta_data = Setting(TEXT, "File used as meta-data as it is.", name="meta-data")
    network_config = Setting(TEXT, "File used as network-config as it is.", name="network-config")
    user = Setting(TEXT, "Login of a user to create, with sudo.")
    user_password_generate = Setting(
        SWITCH,
        "Generate a password for that user and print it; it expires at the first login.",
        name="user-password-generate",
    )
    user_password_file = Setting(
        TEXT, "File whose first line is that user's password; `-` asks for it.", name="user-password-file"
    )
    user_ssh_key = Setting(TEXT, "File with a public key for that user.", name="user-ssh-key")
    hostname = Setting(TEXT, "Host name of the guest.")
    packages = Setting(TEXT, "Packages to install, separated by commas.", commas=True)
    run = Setting(TEXT, "Commands to run at the end, separated by semicolons.", commas=True)
    address = Setting(TEXT, "Static address with prefix length: `192.0.2.5/24`.")
    gateway = Setting(TEXT, "Gateway that goes with `address`.")
    nameservers = Setting(TEXT, "Name servers that go with `address`, separated by commas.", commas=True)
    bus = Setting(TEXT, "Bus of the seed: `virtio`, `scsi`, `sata`, ...")
    keep = Setting(SWITCH, "Whether the seed stays with the guest; by default it goes after the first boot.")


class OsInfo(Element):
    """--osinfo: which operating system the guest will run."""

    tag = "osinfo"
    option = "--osinfo"
    bare = ("name",)

    name = Setting(TEXT, "Short name: `debian12`, `win11`.", aliases=("short-id",))
    id = Setting(TEXT, "Full id: `http://debian.org/debian/12`.")
    detect = Setting(SWITCH, "Whether to find it out from the install media; `name` is what to take otherwise.")
    require = Setting(SWITCH, "Whether it is an error when it isn't found out.")


class Check(Element):
    """--check: refusals to turn into warnings."""

    tag = "check"
    option = "--check"

    path_in_use = Setting(SWITCH, "Whether a disk that another guest uses is refused.")
    disk_size = Setting(SWITCH, "Whether a disk that can't fit is refused.")
    path_exists = Setting(SWITCH, "Whether a path that doesn't exist is refused.")
    path_access = Setting(SWITCH, "Whether a path that QEMU's user can't reach is refused.")
    mac_in_use = Setting(SWITCH, "Whether a MAC address that another guest has is refused.")
    xml = Setting(SWITCH, "Whether a preview of XML that libvirt rejects is refused.")
    migration = Setting(SWITCH, "Whether to warn of what blocks live migration.")
    all = Setting(SWITCH, "All checks at once.")
