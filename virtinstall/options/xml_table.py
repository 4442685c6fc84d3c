"""The options of virt-xml: the actions, and each virt-install option that describes XML.

Source: the interface of virt-xml (spellings, hidden old ones).
"""

from __future__ import annotations

from virtinstall.options.table import GENERAL, INSTALL, MISC, OPTIONS, Option

ACTIONS = "Actions"
BOOT = "Boot"
OUTPUT = "Output and effect"
CONVERSIONS = "Conversions"

USAGE = "[GUEST] ACTION XML-OPTION [options]"
DESCRIPTION = (
    "Change the XML of an existing guest. ACTION is one of the actions below. XML-OPTION, such as --disk, describes "
    "the change; it has the same sub-options as in virt-install."
)

# old spellings of XML options, which are rewritten into current ones
_OLD = ("check_cpu", "cpuset", "old_hostdevs")


def _flag(name: str, dest: str, group: str, text: str, stores: str | bool = True) -> Option:
    return Option((name,), dest, group, text, argument="none", stores=stores)


def _optional(name: str, dest: str, group: str, text: str, metavar: str, section: str = "") -> Option:
    return Option((name,), dest, group, text, argument="optional", metavar=metavar, section=section)


def _shared(dest: str) -> Option:
    return next(option for option in OPTIONS if option.dest == dest)


def _is_xml(option: Option) -> bool:
    return option.is_xml or option.dest in _OLD


def _in_boot_group(option: Option) -> Option:
    """Return `option`; those that describe the installation in virt-install describe only the boot here."""
    return option._replace(group=BOOT) if option.group == INSTALL else option


XML_OPTIONS: tuple[Option, ...] = (
    _shared("connect")._replace(names=("-c", "--connect")),
    _optional(
        "--edit",
        "edit",
        ACTIONS,
        "Change devices or sections. WHICH is `N` (the Nth, counting from 1; `-1` is the last), `all`, or "
        "`KEY=VALUE` (those that match); default: the first.",
        "WHICH",
    ),
    _flag("--remove-device", "remove_device", ACTIONS, "Remove the devices that the option selects."),
    _flag("--add-device", "add_device", ACTIONS, "Add the device that the option describes."),
    _flag("--build-xml", "build_xml", ACTIONS, "Print the XML that the option describes; no guest is needed."),
    _flag("--update", "update", OUTPUT, "Also change the running guest: attach, detach or change devices."),
    _flag("--define", "define", OUTPUT, "Also save the result when --print-xml or --print-diff prints it."),
    _flag("--no-define", "no_define", OUTPUT, "Do not save the result."),
    _flag("--start", "start", OUTPUT, "Start the guest with the changed XML."),
    _flag("--print-diff", "print_diff", OUTPUT, "Print the change as a diff instead of saving it."),
    _flag("--print-xml", "print_xml", OUTPUT, "Print the resulting XML instead of saving it."),
    _flag("--confirm", "confirm", OUTPUT, "Show the change, and ask for confirmation before each step."),
    _optional(
        "--convert-to-q35",
        "convert_to_q35",
        CONVERSIONS,
        "With --edit: convert an i440FX guest to the machine type q35.",
        "num_pcie_root_ports=N",
        "virtinstall.options.conversions:ConvertToQ35",
    ),
    _optional(
        "--convert-to-vnc",
        "convert_to_vnc",
        CONVERSIONS,
        "With --edit: replace SPICE and its devices with VNC.",
        "qemu-vdagent=on",
        "virtinstall.options.conversions:ConvertToVnc",
    ),
    _shared("osinfo"),
    *(_in_boot_group(option) for option in OPTIONS if _is_xml(option)),
    _shared("check"),
    *(option for option in OPTIONS if option.dest in ("quiet", "debug") and option.group in (GENERAL, MISC)),
)
