"""Errors and warnings in the terms of a script: `Disk(size_bytes=20 * GIB)` instead of `--disk size=20`.

Planning is shared with the commands, and its messages name options. `Hypervisor` and `Guest` rewrite them for callers
that describe guests with `GuestSpec` and device classes. Commands to type (`virsh ...`) stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING

from virtinstall.errors import VirtInstallError
from virtinstall.units import GIB, parse_size

if TYPE_CHECKING:
    import re

    from virtinstall.plan import Plan
    from virtinstall.xml.element import Element

_COMMAND = r"`[^`]*`|\b(?:virsh|virt-(?:install|clone|xml|guest)|qemu-img|butane|ssh|gpg) (?:(?!, or |, and ).)*"
_NO_ARGUMENT = (
    *("and", "or", "with", "without", "needs", "requires", "contradict", "contradicts", "must", "is", "are", "amount"),
    *("storage", "for", "to", "does", "in", "instead", "sets", "has", "which"),
    *("can", "cannot", "conflict", "conflicts"),
)
_END = r"(?=[,:.)'\"]*(?:\s|;|$))"
_ARGUMENT = rf" (?!(?:{'|'.join(_NO_ARGUMENT)})\b)(?!--)(\"[^\"]*\"|'[^']*'|[^\s;]*?[^\s;,:.)'\"]){_END}"
# the subject of a message may contain spaces: `--disk path=/a b.img: no such file`
_SUBJECT = r"--(disk|filesystem|cdrom|location|initrd-inject) ([^:]*[=/][^:]*)(?=: )"
_PATTERN = rf"({_COMMAND})|(?<![\w-])--([a-zA-Z][\w-]*)(?:{_ARGUMENT})?"
_PHRASES = (
    ("--boot hd|cdrom|...", "Kernel()"),
    ("omit --update", "use live=False"),
    ("--shutdown 60s", "shutdown_timeout=60"),
)
_FLAGS = {
    "noreboot": "start_installed=False",
    "transient": "transient=True",
    "autostart": "autostart=True",
    "pxe": "Pxe()",
    "import": "Existing()",
    "livecd": "Iso(..., live=True)",
    "force": "force=True",
    "delete-snapshots": "delete_snapshots=True",
    "without-seed": "without_seed=True",
}
# option -> function or class, and the parameter that a value without a name is for
_CALLS = {
    "location": ("Tree", "location"),
    "cdrom": ("Iso", "path"),
    "reinstall": ("Reinstall", "name"),
    "install": ("Kernel", "os"),
    "cloud-init": ("CloudInit", ""),
    "unattended": ("Unattended", ""),
    "ignition": ("Ignition", "source"),
    "finish": ("finish", "name"),
    "wait-for": ("wait_for", "goal"),
    "connect": ("connect", "uri"),
    "osinfo": ("GuestSpec", "os"),
    "image": ("Disk", "image"),
    "extra-args": ("Tree", "extra_args"),
    "initrd-inject": ("Tree", "initrd_inject"),
    "name": ("Domain", "name"),
    "uuid": ("Domain", "uuid"),
    "virt-type": ("Domain", "type"),
}
_SECTIONS = {
    "boot": "os",
    "arch": "os",
    "machine": "os",
    "cpu": "cpu",
    "features": "features",
    "clock": "clock",
    "memorybacking": "memory_backing",
    "launchSecurity": "launch_security",
    "sysinfo": "sysinfos",
    "qemu-commandline": "qemu_commandline",
}
_FIELDS = {"arch": "type_arch", "machine": "type_machine"}
_SWITCHES = {"on": "True", "yes": "True", "off": "False", "no": "False"}
# sub-options that messages name without their option
_SUB_OPTIONS = {"size": "size_bytes", "mac": "mac_address", "bus": "target_bus", "bridge": "source_bridge"}
_SUB_OPTION = rf"(?<![\w.,'(])({'|'.join(_SUB_OPTIONS)})=([A-Za-z0-9]*)"


@cache
def _devices() -> dict[str, tuple[str, str]]:
    # commands import this module but hardly ever translate a message
    from virtinstall.devices.table import DEVICES

    return {option.lstrip("-"): (row.tag, row.cls) for row in DEVICES for option in row.option.split()}


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    import re

    return re.compile(pattern)


def in_script_terms(text: str) -> str:
    """Return a message with the library's classes, fields and parameters in place of command-line options."""
    if "--" not in text and "=" not in text:
        return text
    for phrase, translated in _PHRASES:
        text = text.replace(phrase, translated)
    subject = _compiled(_SUBJECT).match(text)
    done = "" if subject is None else _translated(subject[1], subject[2], subject[0])
    text = text if subject is None else text[subject.end() :]
    done += _compiled(_PATTERN).sub(lambda found: found[1] or _translated(found[2], found[3], found[0]), text)
    done = _compiled(_SUB_OPTION).sub(_sub_option, done)
    return done.replace("' domain.", "', domain.")


@contextmanager
def script_terms() -> Iterator[None]:
    """Apply `in_script_terms` to the message, hint and notes of each error that is raised within the `with` block."""
    try:
        yield
    except VirtInstallError as error:
        error.message = in_script_terms(error.message)
        error.args = (error.message, *error.args[1:])
        error.hint = None if error.hint is None else in_script_terms(error.hint)
        notes: list[str] = getattr(error, "__notes__", [])
        notes[:] = map(in_script_terms, notes)
        raise


def terms_of(plan: Plan) -> AbstractContextManager[None]:
    """Return `script_terms()` if `plan` is the plan for a `GuestSpec`; otherwise, a context manager without effect."""
    return script_terms() if _is_by_script(plan) else nullcontext()


def in_terms_of(plan: Plan) -> Callable[[str], str]:
    """Return `in_script_terms` if `plan` is the plan for a `GuestSpec`; otherwise, a function that changes nothing."""
    return in_script_terms if _is_by_script(plan) else str


def _is_by_script(plan: Plan) -> bool:
    return plan.request is not None and plan.request.by_script


def warn_in_script_terms(warn: Callable[[str], None]) -> Callable[[str], None]:
    """Return a function that applies `in_script_terms` to a warning, and calls `warn` with the result."""
    return lambda text: warn(in_script_terms(text))


def _sub_option(found: re.Match[str]) -> str:
    name, value = _SUB_OPTIONS[found[1]], found[2]
    if not value:
        return f"{name}="
    if name != "size_bytes":
        return f"{name}={value!r}"
    with_unit = value[:-1].isdecimal() and value[-1].isalpha()
    return f"{name}={parse_size(value, GIB, 'size')}" if with_unit else f"{name}={value} * GIB"


def _translated(option: str, argument: str | None, typed: str) -> str:
    argument = None if argument is None else argument.strip("'\"")
    if option in _FLAGS:
        rest = typed.partition(" ")[2]
        return f"{_FLAGS[option]} {rest}" if rest else _FLAGS[option]
    if option == "check":
        return _check(argument)
    if option in ("memory", "vcpus"):
        return _amount(option, argument)
    if option in _devices():
        from virtinstall.devices import device_class

        tag, name = _devices()[option]
        if argument == "none":
            return f"GuestSpec(without=['{tag}'])"
        return name if argument is None else f"{name}({_arguments(argument, device_class(tag))})"
    if option in _SECTIONS:
        return _section(option, argument)
    if option not in _CALLS:
        return " ".join(filter(None, (option.replace("-", "_"), argument)))
    name, parameter = _CALLS[option]
    if argument is None:
        return f"{name}({parameter}=...)" if parameter else name
    if parameter and not argument.partition("://")[0].partition(",")[0].count("="):
        argument = f"{parameter}={argument}"
    return f"{name}({_arguments(argument)})" if "=" in argument else f"{name} {argument.replace('-', '_')}"


def _arguments(argument: str, cls: type[Element] | None = None) -> str:
    return ", ".join(f"{name}={value}" if name else value for name, value in _values(argument, cls))


def _values(argument: str, cls: type[Element] | None) -> Iterator[tuple[str, str]]:
    """Yield each field and the Python expression of its value."""
    bare = list(cls.bare) if cls is not None else []
    for word in argument.split(","):
        key, equals, value = word.partition("=")
        if word == "...":
            yield "", "..."
            continue
        if not equals or "/" in key:
            bare_value = None if cls is None else cls.read_word(word)
            key, value = bare_value or (bare.pop(0) if bare else "type", word)
        if cls is not None and not value and key in _SUB_OPTIONS:
            key = _SUB_OPTIONS[key]
        fields = None if cls is None or not value else _fields_set(cls, key, value)
        yield from (
            fields
            if fields is not None
            else [(key.replace(".", "_").replace("-", "_"), _SWITCHES.get(value) or _shown(value, value))]
        )


def _fields_set(cls: type[Element], key: str, value: str) -> list[tuple[str, str]] | None:
    """Return the fields that the sub-option `key` sets, with their values; None if it does not accept the value."""
    from virtinstall.xml.field import Declared, Setting, XmlField

    element = cls()
    known = (each for _, each in cls.declarations() if isinstance(each, Declared))
    declared = next((each for each in known if key in (each.name, *each.aliases)), None)
    if declared is None:
        return None
    try:
        declared.apply(element, value)
    except (ValueError, VirtInstallError):
        return None
    fields = []
    for name, each in cls.declarations():
        # without a sub-option: values that the composer replaces, such as `--network default`
        if isinstance(each, XmlField) or (isinstance(each, Setting) and each.name is not None):
            there = getattr(element, name)
            in_gib = name.endswith("_bytes") and isinstance(there, int) and there > 0 and there % GIB == 0
            if there is not None:
                fields.append((name, f"{there // GIB} * GIB" if in_gib else _shown(there, value)))
    return fields


def _shown(value: object, typed: str) -> str:
    if isinstance(value, str) and value.endswith(f"/{typed}"):
        value = typed  # a path as it was typed
    if isinstance(value, str) and value.isdecimal():
        return value
    return "..." if value in ("", "...") else repr(value)


def _section(option: str, argument: str | None) -> str:
    from virtinstall.domain.domain import Domain

    path = f"domain.{_SECTIONS[option]}"
    cls: type[Element] | None = getattr(getattr(Domain, _SECTIONS[option]), "cls", None)
    if argument is None:
        return f"{path}.{_FIELDS[option]}" if option in _FIELDS else path
    if option in _FIELDS:
        argument = f"{_FIELDS[option]}={argument}"
    elif "=" not in argument and (cls is None or cls.read_word(argument) is None):
        return f"{path} ({argument})"
    return ", ".join(f"{path}.{name} = {value}" for name, value in _values(argument, cls))


def _amount(option: str, argument: str | None) -> str:
    """Return the field of memory or vCPUs, with the value in Python's notation."""
    name = "memory_kib" if option == "memory" else "vcpu"
    first, _, rest = (argument or "").partition(",")
    most = rest.removeprefix("maxvcpus=")
    if option == "vcpus" and most != rest:
        return f"Domain(vcpu={most}, vcpu_current={first})"
    if first.isdecimal():
        return f"Domain({name}={first} * 1024)" if option == "memory" else f"Domain({name}={first})"
    if first[:-1].isdecimal() and first[-1] == "G":
        return f"Domain({name}={first[:-1]} * GIB // KIB)"
    return f"Domain({name}=...)" + ("" if argument is None else f" {argument}")


def _check(argument: str | None) -> str:
    if argument is None:
        return "Checks"
    name, _, value = argument.partition("=")
    return f"GuestSpec(checks=Checks({name}={value not in ('off', 'no')}))"
