"""virt-xml's options: its actions, and every option of virt-install's that describes XML.

Source: the interface of virt-xml (spellings, hidden old ones).
"""

from __future__ import annotations

from virtinstall.options.table import GENERAL, MISC, OPTIONS, Option

ACTIONS = "What to do"
OUTPUT = "What becomes of it"
CONVERSIONS = "Conversions"

USAGE = "GUEST ACTION XML-OPTION [options]"
DESCRIPTION = (
    "Changes the XML of a guest that exists: ACTION is --edit, --add-device, --remove-device or --build-xml, and "
    "XML-OPTION one of those below, with the sub-options that virt-install gives it."
)

# old spellings of XML options, which rewrite themselves into today's
_OLD = ("check_cpu", "cpuset", "old_hostdevs")


def _flag(name: str, dest: str, group: str, text: str, stores: str | bool = True) -> Option:
    return Option((name,), dest, group, text, argument="none", stores=stores)


def _optional(name: str, dest: str, group: str, text: str, metavar: str, section: str = "") -> Option:
    return Option((name,), dest, group, text, argument="optional", metavar=metavar, section=section)


def _shared(dest: str) -> Option:
    return next(option for option in OPTIONS if option.dest == dest)


def _is_xml(option: Option) -> bool:
    return option.is_xml or option.dest in _OLD


XML_OPTIONS: tuple[Option, ...] = (
    _shared("connect")._replace(names=("-c", "--connect")),
    _optional(
        "--edit",
        "edit",
        ACTIONS,
        "Change an object: the first, number N (negative: from the end), `all`, or those that KEY=VALUE selects.",
        "WHICH",
    ),
    _flag("--remove-device", "remove_device", ACTIONS, "Remove the devices that the option selects."),
    _flag("--add-device", "add_device", ACTIONS, "Add the device that the option describes."),
    _flag("--build-xml", "build_xml", ACTIONS, "Print the XML that the option stands for; no guest is needed."),
    _flag("--update", "update", OUTPUT, "Change the running guest too: plug in, unplug, update."),
    _flag("--define", "define", OUTPUT, "Save the result though printing was asked for."),
    _flag("--no-define", "no_define", OUTPUT, "Don't save the result."),
    _flag("--start", "start", OUTPUT, "Start the guest with the change."),
    _flag("--print-diff", "print_diff", OUTPUT, "Print the change as a diff instead of saving it."),
    _flag("--print-xml", "print_xml", OUTPUT, "Print the resulting XML instead of saving it."),
    _flag("--confirm", "confirm", OUTPUT, "Show the change and ask before each step."),
    _optional(
        "--convert-to-q35",
        "convert_to_q35",
        CONVERSIONS,
        "With --edit: turn an i440FX guest into a q35 one.",
        "VALUE",
        "virtinstall.options.conversions:ConvertToQ35",
    ),
    _optional(
        "--convert-to-vnc",
        "convert_to_vnc",
        CONVERSIONS,
        "With --edit: VNC instead of spice and what belongs to it.",
        "VALUE",
        "virtinstall.options.conversions:ConvertToVnc",
    ),
    _shared("osinfo"),
    _shared("check"),
    *(option for option in OPTIONS if _is_xml(option)),
    *(option for option in OPTIONS if option.dest in ("quiet", "debug") and option.group in (GENERAL, MISC)),
)
