"""The options of virt-clone: spellings, argument, group, help.

Source: the interface of virt-clone (spellings, hidden old ones).
"""

from __future__ import annotations

from virtinstall.options.table import GENERAL, MISC, OPTIONS, Option

STORAGE = "Storage"
NETWORK = "Networking"

USAGE = "{--original GUEST | --original-xml FILE}\n                  {--auto-clone | --name NAME --file PATH} [options]"
DESCRIPTION = (
    "Copy the disks and the configuration of a guest that is shut off. The copy has a new name, UUID and MAC "
    "addresses; nothing inside it is changed."
)


def _value(names: str, dest: str, group: str, text: str, metavar: str = "VALUE", repeat: bool = False) -> Option:
    return Option(tuple(names.split()), dest, group, text, metavar=metavar, repeat=repeat)


def _flag(names: str, dest: str, group: str, text: str, hidden: bool = False) -> Option:
    return Option(tuple(names.split()), dest, group, text, argument="none", hidden=hidden)


def _shared(dest: str) -> tuple[Option, ...]:
    """Return the virt-install option of that destination, which has the same meaning here."""
    return tuple(option for option in OPTIONS if option.dest == dest)


CLONE_OPTIONS: tuple[Option, ...] = (
    *_shared("connect"),
    _value("-o --original", "original", GENERAL, "Guest to copy: its name or UUID.", "GUEST"),
    _value("--original-xml", "original_xml", GENERAL, "File with the XML of the guest to copy.", "FILE"),
    _flag("--auto-clone", "auto_clone", GENERAL, "Generate the copy's name and the paths of its disks."),
    _value("-n --name", "name", GENERAL, "Name of the copy.", "NAME"),
    *_shared("uuid"),
    _value(
        "-f --file",
        "files",
        STORAGE,
        "Path of a disk of the copy; repeat the option for each disk that is copied.",
        "PATH",
        True,
    ),
    _value(
        "--force-copy",
        "force_copy",
        STORAGE,
        "Copy the disk TARGET (`vda`) even if it is read-only or shared.",
        "TARGET",
        True,
    ),
    _value(
        "--skip-copy", "skip_copy", STORAGE, "Do not copy the disk TARGET (`vda`); both guests use it.", "TARGET", True
    ),
    _flag(
        "--reflink",
        "reflink",
        STORAGE,
        "Share data blocks with the originals; the file system must support it (Btrfs, XFS).",
    ),
    _flag("--nonsparse", "nonsparse", STORAGE, "Fully allocate the new disks."),
    _flag(
        "--preserve-data",
        "preserve_data",
        STORAGE,
        "Do not copy data: the copy uses the existing images that --file specifies.",
    ),
    _value("--nvram", "nvram", STORAGE, "Path of the file with the copy's UEFI variables.", "PATH"),
    _value(
        "-m --mac",
        "macs",
        NETWORK,
        "MAC address of a network interface of the copy; repeat the option for each interface.",
        "MAC",
        True,
    ),
    _flag("--replace", "replace", MISC, "Delete the existing guest that has the copy's name."),
    _flag("--print-xml", "print_xml", MISC, "Print the copy's XML and change nothing."),
    *_shared("check"),
    *_shared("prompt"),
    *_shared("force"),
    _flag("--__test-nodry", "test_nodry", MISC, "Accepted without effect.", hidden=True),
    *_shared("quiet"),
    *_shared("debug"),
)
