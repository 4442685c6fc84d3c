"""The keys of a guest in a guests file: long names of command-line options, and keys that only a guests file has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from virtinstall.options.fallback import fallback_for
from virtinstall.options.introspect import known_sub_options
from virtinstall.options.read import section_class
from virtinstall.options.suboptions import is_shared, resolve
from virtinstall.options.table import OPTIONS, Option
from virtinstall.similar import did_you_mean

if TYPE_CHECKING:
    from virtinstall.xml.element import Element

MOST_GUESTS = 100_000
OWN_KEYS = ("count", "after", "groups", "state", "host", "spread")
FILE_KEYS = ("version", "project", "connect", "hosts", "defaults", "guests")
# what a run of the command does, and not what the guest is
_OF_THE_RUN = {
    *("connect", "name", "finish", "reinstall", "wait", "output", "print_xml", "dry_run", "quiet", "debug"),
    *("count", "autoconsole", "destroy_on_exit"),
}

# keys of old options and of other tools, with hints
_HINTS = {
    "name": "write the name as the key: `guests: {NAME: {...}}`",
    "connect": "use `connect` or `hosts` at the top level of the file",
    "noautoconsole": "omit the key, because virt-guest apply opens no console",
    **{
        key: f"use `{instead}`"
        for key, instead in {
            "ram": "memory",
            "mem": "memory",
            "cpuset": "vcpus: {cpuset: ...}",
            "uuid": "metadata: {uuid: ...}",
            "description": "metadata: {description: ...}",
            "title": "metadata: {title: ...}",
            "init": "boot: {init: ...}",
            "host-device": "hostdev",
            "soundhw": "sound",
            "file": "disk: {path: ...}",
            "file-size": "disk: {size: ...}",
            "nodisks": "disk: none",
            "nonetworks": "network: none",
            "nographics": "graphics: none",
            "bridge": "network: {bridge: ...}",
            "mac": "network: {mac: ...}",
            "ip": "network: {network: default, ip: ...}",
            "vnc": "graphics: vnc",
            "sdl": "graphics: sdl",
            "noapic": "features: {apic: off}",
            "noacpi": "features: {acpi: off}",
            "user": "cloud-init: {user: ...}",
            "hostname": "cloud-init: {hostname: ...}",
            "wait": "wait-for",
            "depends_on": "after",
            "replicas": "count",
        }.items()
    },
}

# an old option without a replacement
_HIDDEN = {"livecd"}


@cache
def options_by_key() -> dict[str, Option]:
    """Return the options that a guest in a guests file can have, by their long names without the leading dashes.

    An option with several long names has several entries.
    """
    return {
        name[2:]: option
        for option in OPTIONS
        if (not option.hidden or option.dest in _HIDDEN) and option.dest not in _OF_THE_RUN
        for name in option.names
        if name.startswith("--")
    }


def key_of(option: Option) -> str:
    """Return the key of an option in a guests file: its first long name, without the leading dashes."""
    return next(name[2:] for name in option.names if name.startswith("--"))


@cache
def has_sub_option(option: Option, key: str) -> bool:
    """Return whether an option has the sub-option `key`, either declared in code or known from libvirt's schema."""
    cls = section_class(option)
    if resolve(cls, key) is not None or (option.is_xml and is_shared(key)):
        return True
    fallback = fallback_for(cls)
    return fallback is not None and fallback.knows(key)


def sub_option_spellings(cls: type[Element]) -> Iterator[str]:
    """Yield the names and aliases of the sub-options that `cls` declares."""
    for known in known_sub_options(cls):
        yield known.name
        yield from known.aliases


def unknown_key(key: str) -> tuple[str, str | None]:
    """Return the error message for a key that a guest cannot have, and a hint or None."""
    dest = next((option.dest for option in OPTIONS if f"--{key}" in option.names), None)
    if key in _HINTS:
        return "unknown key", _HINTS[key]
    if dest in _OF_THE_RUN:
        return f"--{key} is a command-line option, not a key for a guest", "omit the key"
    otherwise = "use the long name of an option without dashes; to list the options, run: virt-install --help"
    return "unknown key", did_you_mean(key, [*options_by_key(), *OWN_KEYS], otherwise)
