"""The values for completion: those of libvirt's schema, names from libvirt or the OS database, and files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from virtinstall.goals import GOALS
from virtinstall.named import NamedTuple
from virtinstall.options.table import Option

if TYPE_CHECKING:
    from virtinstall.options.suboptions import Target
    from virtinstall.xml.element import Element

Query = Callable[[str], list[str]]
"""A function that returns the names of all `guests`, `networks`, `pools`, `node devices` or `volumes of POOL`.

Its argument is one of these kinds.
"""

_URIS = ("qemu:///system", "qemu:///session", "embed", "test:///default", "qemu+ssh://", "xen:///system", "lxc:///")
_PLAIN: Mapping[str, tuple[str, ...]] = {
    "connect": _URIS,
    "autoconsole": ("text", "graphical", "none", "default"),
    "print_xml": ("all", "1", "2"),
    "virt_type": ("kvm", "qemu", "xen", "lxc", "hvf", "bhyve", "vz", "test"),
    "arch": ("x86_64", "i686", "aarch64", "armv7l", "ppc64le", "s390x", "riscv64", "loongarch64"),
    "machine": ("q35", "pc", "virt", "microvm", "pseries", "s390-ccw-virtio"),
    "edit": ("all",),
    "wait_for": GOALS,
    "output": ("text", "json", "spec", "kubevirt"),
    "kubevirt_run_strategy": ("Always", "RerunOnFailure", "Manual", "Halted", "Once", "WaitAsReceiver"),
}
_PLAIN_FILES = ("cdrom", "initrd_inject", "original_xml", "files", "nvram")
_PLAIN_GUESTS = ("reinstall", "original", "finish")
_FILE_ENDS = ("path", "file", "dir", "kernel", "initrd", "dtb", "loader", "nvram", "user-data", "meta-data", "acpi")
_FILE_SUFFIXES = ("-file", "-ssh-key", "network-config", "backing_store", "source_path", "nvram.template", "dir")
_SWITCHES = {"on/off": ("on", "off"), "switch": ("on", "off"), "present": ("on", "off"), "yes/no": ("yes", "no")}
# (option, sub-option): what libvirt has names for
_QUERIED = {
    ("disk", "pool"): "pools",
    ("disk", "source.pool"): "pools",
    ("network", "network"): "networks",
    ("network", "source"): "networks",
    ("network", "source.network"): "networks",
    ("hostdev", "name"): "node devices",
}
LEADING_VALUES: Mapping[str, tuple[str, ...]] = {
    "boot": ("uefi", "hd", "cdrom", "network", "fd"),
    "network": ("user", "default"),
}
"""The values that can start the value of an option without the name of a sub-option, by option."""
_BRIDGES = ("bridge", "source.bridge")


class Candidate(NamedTuple):
    """A possible completion and its description; if `open` is true, more text may follow without a space."""

    text: str
    doc: str = ""
    open: bool = False


def plain_values(option: Option, text: str, query: Query) -> list[Candidate]:
    """Return the values that begin with `text`, for an option without sub-options.

    `query` returns the names of libvirt objects of one kind, such as `guests`.
    """
    if option.dest in _PLAIN_FILES:
        return files(text)
    if option.dest in _PLAIN_GUESTS:
        return matching(query("guests"), text)
    if option.dest == "image":
        return [*matching(["list"], text), *image_names(text)]
    return matching(_PLAIN.get(option.dest, ()), text)


def sub_values(option: Option, cls: type[Element], key: str, text: str, query: Query) -> list[Candidate]:
    """Return the values that begin with `text`, for the sub-option `key` of `option`.

    `cls` declares the sub-options. `query` returns the names of libvirt objects of one kind, such as `networks`.
    """
    from virtinstall.options.suboptions import resolve

    if option.dest in ("osinfo", "install") and key in ("name", "short-id", "os"):
        return matching(_systems(), text)
    if (option.dest, key) in _QUERIED:
        return matching(query(_QUERIED[option.dest, key]), text)
    if (option.dest, key) == ("disk", "image"):
        return image_names(text)
    if (option.dest, key) == ("disk", "vol"):
        return _volumes(text, query)
    if (option.dest, key) == ("cpu", "model"):
        return matching(["host-passthrough", "host-model", "maximum", *_cpu_models()], text)
    if option.dest == "network" and key in _BRIDGES:
        return matching(_bridges(), text)
    target = resolve(cls, key)
    if target is not None and target.declared.kind_name in _SWITCHES:
        return matching(_SWITCHES[target.declared.kind_name], text)
    known = _schema_values(cls, target, key)
    if known:
        return matching(known, text)
    if names_a_file(option, key):
        return files(text)
    return []


def matching(known: list[str] | tuple[str, ...], text: str) -> list[Candidate]:
    """Return candidates for the strings in `known` that begin with `text`."""
    return [Candidate(word) for word in known if word.startswith(text)]


def files(text: str) -> list[Candidate]:
    """Return the files and directories whose path begins with `text`; an empty list if the directory is unreadable."""
    folder, slash, start = text.rpartition("/")
    try:
        with os.scandir(folder + slash or ".") as entries:
            found = [(entry.name, entry.is_dir()) for entry in entries if entry.name.startswith(start)]
    except OSError:
        # no such folder, or none that may be read: nothing in it begins so
        return []
    shown = [(name, is_folder) for name, is_folder in sorted(found) if start or not name.startswith(".")]
    return [Candidate(f"{folder}{slash}{name}{'/' if is_folder else ''}", "", is_folder) for name, is_folder in shown]


def names_a_file(option: Option, key: str) -> bool:
    """Return whether the value of the sub-option `key` of `option` is a path on this machine."""
    if option.dest == "location" or (option.dest, key) == ("filesystem", "source"):
        return True
    return key.rpartition(".")[2] in _FILE_ENDS or key.endswith(_FILE_SUFFIXES)


def _volumes(text: str, query: Query) -> list[Candidate]:
    pool, slash, _ = text.partition("/")
    if not slash:
        return [Candidate(f"{name}/", "", True) for name in query("pools") if name.startswith(text)]
    return matching([f"{pool}/{name}" for name in query(f"volumes of {pool}")], text)


def image_names(text: str) -> list[Candidate]:
    """Return the names of known images that begin with `text`, or files if `text` is the beginning of a path."""
    if text.startswith(("/", ".", "~")):
        return files(text)
    from virtinstall.images.catalogue import ImageCatalogue
    from virtinstall.osinfo.catalog import Catalog

    catalogue = ImageCatalogue(os.environ, Catalog(os.environ))
    return matching(catalogue.names() if ":" in text else [image.name for image in catalogue.listed()], text)


def _systems() -> list[str]:
    from virtinstall.osinfo.catalog import Catalog

    return [*Catalog(os.environ).names(), "list", "detect=", "require="]


def _cpu_models() -> list[str]:
    """Return the CPU models that libvirt knows for this machine's architecture: `x86_Skylake-Client.xml` is one."""
    place = "/usr/share/libvirt/cpu_map"
    kind = {"x86_64": "x86_", "aarch64": "arm_"}.get(os.uname().machine)
    if kind is None or not os.path.isdir(place):
        return []
    found = [name[len(kind) : -len(".xml")] for name in sorted(os.listdir(place)) if name.startswith(kind)]
    return [name for name in found if name not in ("vendors", "features")]


def _bridges() -> list[str]:
    place = "/sys/class/net"
    if not os.path.isdir(place):
        return []
    return [name for name in sorted(os.listdir(place)) if os.path.isdir(f"{place}/{name}/bridge")]


def _schema_values(cls: type[Element], target: Target | None, key: str) -> tuple[str, ...]:
    """Return the values that the installed libvirt's schema lists for the sub-option; empty if it lists none."""
    from virtinstall.options.fallback import element_path, installed_schema
    from virtinstall.options.known_values import place_of

    path = element_path(cls)
    if path is None:
        return ()
    if target is None:
        leaf = installed_schema().resolve(path, key) if "." in key else None
        return () if leaf is None else leaf.values
    place = place_of(cls, path, target)
    if place is None:
        return ()
    leaf = installed_schema().resolve(place[:-1], place[-1].lstrip("@"))
    return () if leaf is None else leaf.values
