"""The kernel and initrd that a medium's boot loader configuration names: isolinux, syslinux and GRUB files.

Source: https://wiki.syslinux.org/wiki/index.php?title=Config (LABEL, KERNEL, LINUX, INITRD, APPEND, INCLUDE, CONFIG;
names are relative to the working directory, which CONFIG's APPEND changes); the GRUB manual, sections 16.3 (menuentry,
linux, initrd, source, configfile); KIWI's GRUB template ($linux);
https://discourse.ubuntu.com/t/spec-publishing-netboot-artifacts/28256 (pxelinux.cfg/default).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virtinstall.media.medium import InstallTree
    from virtinstall.media.probe import Probe

_SYSLINUX_FILES = (
    "isolinux/isolinux.cfg",
    "isolinux/txt.cfg",
    "syslinux/syslinux.cfg",
    "boot/isolinux/isolinux.cfg",
    "boot/syslinux/syslinux.cfg",
    "boot/syslinux/archiso_sys-linux.cfg",
    "boot/x86_64/loader/isolinux.cfg",
    "syslinux/isolinux.cfg",
    "isolinux.cfg",
    "syslinux.cfg",
    "pxelinux.cfg/default",
)
_GRUB_FILES = (
    "boot/grub/grub.cfg",
    "boot/grub2/grub.cfg",
    "boot/grub/loopback.cfg",
    "boot/grub/grubsrcd.cfg",
    "EFI/BOOT/grub.cfg",
    "grub/grub.cfg",
)
_MOST_INCLUDED = 20
_MOST_LINES = 5000
_GRUB_KERNEL = ("linux", "linuxefi", "linux16")
_GRUB_INCLUDE = ("source", "configfile")
_VARIABLE = re.compile(r"\$\{?(\w{1,40})\}?")
# paths and commands; names of devices, such as $root, are kept
_SET = re.compile(r"(?!prefix=)(\w{1,40})=([\"']?[\w./+:-]{1,200}[\"']?)$")
_GRUB_INITRD = ("initrd", "initrdefi", "initrd16")
_NO_KERNEL = (".c32", ".bin", ".0", ".com", ".bss")
_LOOKS_ONLY = ("quiet", "splash", "rhgb", "---", "--")
_MEDIUM = (
    "root=live:",
    "rd.live.",
    "boot=",
    "live-media",
    "layerfs-path=",
    "archiso",
    "misobasedir=",
    "misolabel=",
    "modules=",
    "alpine_dev=",
    "automatic=",
)


# another file of a menu, and the folder to which its names are relative
Included = tuple[str, str]


@dataclass(frozen=True)
class Entry:
    """An entry in a boot menu.

    `kernel` and `initrd` are paths relative to the install location, and `arguments` are the kernel arguments.
    """

    kernel: str
    initrd: str
    arguments: tuple[str, ...]


def recognize(probe: Probe) -> InstallTree | None:
    """Return the install tree for the first boot menu entry whose kernel and initrd exist; None if there is none."""
    from virtinstall.media.medium import InstallTree

    for entry in _entries(probe):
        if probe.has(entry.kernel) and probe.has(entry.initrd):
            return InstallTree("boot menu", entry.kernel, entry.initrd, arguments=_wanted(entry.arguments))
    return None


def menu_arguments(probe: Probe, kernel: str) -> tuple[str, ...]:
    """Return the kernel arguments that the boot menu of an ISO image contains for `kernel`, the path of a kernel.

    Arguments that only affect the display are omitted. The result is empty if the menu does not contain the kernel, or
    if the location is not an ISO image.
    """
    if probe.volume is None:
        return ()
    return next((_wanted(entry.arguments) for entry in _entries(probe) if entry.kernel == kernel), ())


def medium_arguments(probe: Probe, kernel: str) -> tuple[str, ...]:
    """Return only those `menu_arguments` for `kernel` with which the booted system finds its install medium."""
    return tuple(word for word in menu_arguments(probe, kernel) if word.startswith(_MEDIUM))


def parse_syslinux(text: str, folder: str) -> tuple[list[Entry], list[Included]]:
    """Return the entries in an isolinux or syslinux file, and the files that it includes.

    `text` is the contents of the file. `folder` is the working directory, in which relative names in the file are
    resolved. Each included file is returned as a pair of its path and its working directory.
    """
    entries: list[Entry] = []
    included: list[Included] = []
    current: dict[str, str] = {}
    for line in [*text.splitlines()[:_MOST_LINES], "label"]:
        word, rest = (*line.split(None, 1), "", "")[:2]
        word, rest = word.lower(), rest.strip()
        if word == "label":
            entries += _syslinux_entry(current, folder)
            included += _syslinux_config(current, folder)
            current = {}
        elif word in ("kernel", "linux"):
            current["kernel"] = rest
        elif word in ("initrd", "append", "config"):
            current[word] = rest
        elif word == "include" or (word == "menu" and rest.lower().startswith("include ")):
            included.append((_below((rest.split() or [""])[-1 if word == "menu" else 0], folder), folder))
    return entries, [each for each in included if each[0]]


def parse_grub(text: str, folder: str) -> tuple[list[Entry], list[Included]]:
    """Return the entries in a GRUB configuration file, and the files that it includes.

    `text` is the contents of the file, and `folder` is the directory in GRUB's variable `prefix`. Each included file is
    returned as a pair of its path and its `prefix` directory. Variables that the file sets are expanded, and a device
    before a path, such as `(cd0)`, is removed. Entries whose paths contain any other variable are omitted.
    """
    entries: list[Entry] = []
    included: list[Included] = []
    kernel: list[str] = []
    variables = {"prefix": f"/{folder}"}
    for line in text.splitlines()[:_MOST_LINES]:
        fields = _VARIABLE.sub(lambda found: variables.get(found[1], found[0]), line).split()
        if len(fields) < 2:
            continue
        command = fields[0].strip("${}")
        if command == "set" and (value := _SET.match(fields[1])):
            variables[value[1]] = value[2].strip("\"'")
        if command in _GRUB_KERNEL:
            kernel = fields[1:]
        elif command in _GRUB_INITRD and kernel:
            kernel_path, initrd_path = _without_device(kernel[0]), _without_device(_main_initrd(fields[1:]))
            if kernel_path and initrd_path:
                entries.append(Entry(kernel_path, initrd_path, tuple(kernel[1:])))
            kernel = []
        elif command in _GRUB_INCLUDE:
            included.append((_without_device(fields[1]), folder))
    return entries, [each for each in included if each[0]]


def _main_initrd(paths: list[str]) -> str:
    """Return the first initrd that does not contain only the processor's microcode."""
    return next((path for path in paths if not path.startswith("-") and "ucode" not in path), paths[0])


def _entries(probe: Probe) -> list[Entry]:
    return [*_read(probe, _SYSLINUX_FILES, parse_syslinux), *_read(probe, _GRUB_FILES, parse_grub)]


def _read(
    probe: Probe, paths: tuple[str, ...], parse: Callable[[str, str], tuple[list[Entry], list[Included]]]
) -> list[Entry]:
    """Return the entries of the files at `paths`, and of those that they include."""
    entries: list[Entry] = []
    # PXELINUX starts in the folder above that of its configuration
    pending = [(path, posixpath.dirname(path.removeprefix("pxelinux.cfg/"))) for path in paths]
    seen: set[str] = set()
    while pending and len(seen) < _MOST_INCLUDED + len(paths):
        path, folder = pending.pop(0)
        if path in seen:
            continue
        seen.add(path)
        if text := probe.text(path):
            found, included = parse(text, folder)
            entries += found
            pending = included + pending
    return entries


def _syslinux_config(settings: dict[str, str], folder: str) -> list[Included]:
    """Return the configuration files that a label loads, each with its working directory."""
    file, _, there = settings.get("config", "").partition(" ")
    there = there.strip() or settings.get("append", "")
    return [(_below(file, folder), _below(there.split(" ")[0], folder) if there.startswith("/") else folder)]


def _syslinux_entry(settings: dict[str, str], folder: str) -> list[Entry]:
    fields = settings.get("append", "").split()
    named = [word.partition("=")[2] for word in fields if word.startswith("initrd=")]
    kernel = _below(settings.get("kernel", "").split(" ")[0], folder)
    initrd = _below(_main_initrd((settings.get("initrd") or (named[0] if named else "")).split(",")), folder)
    if not kernel or not initrd or kernel.lower().endswith(_NO_KERNEL):
        return []
    return [Entry(kernel, initrd, tuple(word for word in fields if not word.startswith("initrd=")))]


def _below(name: str, folder: str) -> str:
    """Return `name` relative to the location; empty if it is not a file name or is outside the location."""
    if not name:
        return ""
    path = posixpath.normpath(posixpath.join("/", folder, name))
    return "" if "$" in path or "\0" in path else path.lstrip("/")


def _without_device(path: str) -> str:
    """Return `path` without GRUB's device (`($root)`, `(cd0)`) and quotes; empty if variables remain."""
    path = path.strip("\"'")
    if path.startswith("("):
        path = path.partition(")")[2]
    return _below(path, "")


def _wanted(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Return the arguments of a menu entry that the medium may need, without those for the appearance."""
    return tuple(
        word for word in arguments if word not in _LOOKS_ONLY and "$" not in word and not word.startswith("vga=")
    )
