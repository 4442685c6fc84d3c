"""The probable meaning of sub-options that users try, but that do not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from virtinstall.xml.kinds import parse_switch

if TYPE_CHECKING:
    from virtinstall.xml.element import Element


def _named(name: str) -> Callable[[str], str]:
    return lambda value: f"{name}={value}"


def _switched(name: str) -> Callable[[str], str]:
    """Return a function that returns `name` with a value as on or off."""
    spellings = {"yes": "on", "no": "off", "true": "on", "false": "off", "1": "on", "0": "off"}
    return lambda value: f"{name}={spellings.get(value.lower(), value)}"


def _prefixed(sign: str) -> Callable[[str], str]:
    return lambda value: sign + value.lstrip("+-")


# names that users try, in lowercase without `_`, `-` and `.`, and the correct spelling as a function of the value
REPLACEMENTS: Mapping[str, Mapping[str, Callable[[str], str]]] = {
    "--boot": {
        "uefisecure": _switched("secure-boot"),
        "uefisecureboot": _switched("secure-boot"),
        "secure": _switched("secure-boot"),
        "secboot": _switched("secure-boot"),
        "efi": _switched("uefi"),
    },
    "--cpu": {
        **dict.fromkeys(("addfeature", "feature", "features", "enable", "add", "flag", "flags"), _prefixed("+")),
        **dict.fromkeys(("removefeature", "delfeature", "remove", "del", "nofeature"), _prefixed("-")),
        "cores": _named("topology.cores"),
        "sockets": _named("topology.sockets"),
        "threads": _named("topology.threads"),
    },
    "--disk": {
        "file": _named("path"),
        "filename": _named("path"),
        "if": _named("bus"),
        "interface": _named("bus"),
        "media": _named("device"),
        "capacity": _named("size"),
        "aio": _named("io"),
        "backingfile": _named("backing_store"),
    },
    "--network": {
        "br": _named("bridge"),
        "net": _named("network"),
        "nic": _named("model"),
        "bus": _named("model"),
        "driver": _named("model"),
        "ifname": _named("target.dev"),
        "macaddr": _named("mac"),
        "vlan": _named("vlan.tag0.id"),
        "macvtap": lambda value: f"type=direct,source={value}",
    },
    "--graphics": {"addr": _named("listen"), "passwordfile": _named("password")},
    "--memory": {"max": _named("maxmemory"), "size": _named("memory")},
    "--cloud-init": {"dns": _named("nameservers"), "ip": _named("address")},
    "--vcpus": {"max": _named("maxvcpus"), "count": _named("vcpus"), "cpus": _named("vcpus")},
}
_ON = ("", "on", "yes", "true", "1")
_SWITCHES = ("on/off", "yes/no", "present", "switch")
"""The names of the kinds whose values are on and off."""
_NUMBERS = {"integer": "a whole number", "number": "a number", "size": "a size"}


def is_mistaken(option: str, key: str, value: str) -> bool:
    """Return whether `key` is a name that users often try instead of the correct sub-option of `option`.

    The result is False if `value` is on or off, because `driver=on`, for example, adds the element <driver>.
    """
    if _plain(key) not in REPLACEMENTS.get(option, {}):
        return False
    try:
        parse_switch(value)
    except ValueError:
        return True
    return False


def _plain(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "").replace(".", "")


def meant(
    cls: type[Element],
    option: str,
    word: str,
    following: Sequence[str],
    with_value: Callable[[str], Iterable[str]],
) -> str | None:
    """Return what `word`, a `KEY=VALUE` that `cls` does not declare, probably means; None if this is not certain.

    `following` are the parts of the compound value after `word`. `with_value(value)` returns the names of the
    sub-options that accept `value`.
    """
    key, _, value = word.partition("=")
    replace = REPLACEMENTS.get(option, {}).get(_plain(key))
    if replace is not None and value:
        return replace(value)
    # `order=cdrom,hd`: the value alone is valid
    if value and cls.read_word(value) is not None:
        rest = [word for word in following if "=" not in word and cls.read_word(word) is not None]
        return ",".join([value, *rest])
    # `shared=yes`: the key is a value of another sub-option
    names = with_value(key.lower()) if value.lower() in _ON else ()
    return next((f"{name}={key.lower()}" for name in names), None)


def value_hint(option: str, key: str, kind: str) -> str:
    """Return the hint for the sub-option `key` if its value is missing; `kind` is the kind of value, such as `size`."""
    if kind in _SWITCHES:
        return f"use {key}=on or {key}=off"
    return f"add an equal sign and {_NUMBERS.get(kind, 'a value')}; `{option} help` describes the sub-option"
