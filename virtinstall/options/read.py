"""The conversion of options to a Request: each compound value is split and applied to an element."""

from __future__ import annotations

import importlib
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError
from virtinstall.goals import check_goal
from virtinstall.options.suboptions import Fallback, apply_pairs, cut, says_none
from virtinstall.options.table import OPTIONS, Option
from virtinstall.request import (
    Checks,
    InstallRequest,
    KubevirtRequest,
    LocationRequest,
    OsRequest,
    PlatformRequest,
    Request,
    RunOptions,
)

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.request import AutoConsole
    from virtinstall.xml.element import Element

FallbackFor = Callable[[type["Element"]], Fallback | None]
# virt-install's manual calls it floppy, libvirt fd
_BOOT_DEVICES = {"floppy": "fd"}


def section_class(option: Option) -> type[Element]:
    """Return the class whose fields are the sub-options of `option`; its module is imported if necessary."""
    module, _, name = option.section.partition(":")
    found: type[Element] = getattr(importlib.import_module(module), name)
    return found


def _as_list(values: Any) -> list[str]:
    if values is None:
        return []
    return list(values) if isinstance(values, list) else [values]


def read_request(
    given: Namespace, fallback_for: FallbackFor, *, warnings: Sequence[str] = (), preview: bool = False
) -> Request:
    """Return the request that `given`, the parsed command line, describes.

    `legacy.rewrite` must already have replaced the old options in `given`; `warnings` are its warnings.
    `fallback_for(cls)` returns the handling of sub-options that `cls` does not declare, or None to reject them. If
    `preview` is true, the XML is only printed, so no install method is required.

    Raises: RequestError, if values are invalid; its message contains one line for each invalid value.
    """
    from virtinstall.domain.domain import Domain

    _expand_image(given)
    domain = Domain()
    without: set[str] = set()
    problems: list[RequestError] = []
    found_warnings = list(warnings)
    for option in OPTIONS:
        if not option.is_xml or option.hidden:
            continue
        for text in _as_list(getattr(given, option.dest)):
            try:
                found_warnings.extend(_read_element(domain, option, text, without, fallback_for))
            except RequestError as error:
                problems.append(error)
    holders: dict[str, dict[str, str] | None] = {}
    for option in OPTIONS:
        if option.describes == "run":
            try:
                holders[option.dest] = read_holder(option, _as_list(getattr(given, option.dest)))
            except RequestError as error:
                problems.append(error)
    if given.name is not None and not given.name.strip():
        problems.append(
            RequestError(f"--name '{given.name}': must not be empty", hint="omit --name to generate a name")
        )
    if given.name is not None and domain.name is None:
        domain.name = given.name
    _raise_together(problems)
    found_warnings.extend(_overridden(given, domain))
    if given.reinstall is not None:
        found_warnings.extend(_left_aside(given))
    return Request(
        domain=domain,
        connect=given.connect,
        install=_install(given, holders, preview),
        os=OsRequest(values=holders["osinfo"]),
        platform=PlatformRequest(
            os_type=given.os_type, virt_type=given.virt_type, arch=given.arch, machine=given.machine
        ),
        checks=_checks(holders["check"]),
        run=_run(given),
        without=frozenset(without),
        warnings=tuple(found_warnings),
        kubevirt=KubevirtRequest(
            drop=tuple(given.kubevirt_drop or ()),
            namespace=given.kubevirt_namespace,
            run_strategy=given.kubevirt_run_strategy,
            instancetype=given.kubevirt_instancetype,
            preference=given.kubevirt_preference,
            devices=tuple(given.kubevirt_device or ()),
        ),
    )


def _expand_image(given: Namespace) -> None:
    """Replace --image NAME[,...] by --import --disk image=NAME[,...], before the other disks."""
    if given.image:
        given.disk = [f"image={given.image}", *_as_list(given.disk)]
        given.import_disk = True


def _left_aside(given: Namespace) -> list[str]:
    """Return a warning about options that describe the guest, which --reinstall does not change."""
    names = [
        next(name for name in option.names if name.startswith("--"))
        for option in OPTIONS
        if (option.is_xml or option.dest == "name") and getattr(given, option.dest) is not None
    ]
    if not names:
        return []
    return [
        f"--reinstall {given.reinstall} does not change the guest's configuration: {', '.join(names)} "
        f"{'has' if len(names) == 1 else 'have'} no effect; use virt-xml to change the configuration"
    ]


def _overridden(given: Namespace, domain: Domain) -> list[str]:
    """Return a warning for each option whose value a sub-option of --boot or --metadata replaces."""
    pairs = (
        ("--name", given.name, "--metadata name", domain.name),
        ("--arch", given.arch, "--boot arch", domain.os.type_arch),
        ("--machine", given.machine, "--boot machine", domain.os.type_machine),
        ("--virt-type", given.virt_type, "--boot domain_type", domain.type),
    )
    return [
        f"{option} {value} has no effect: {other}={used} overrides it"
        for option, value, other, used in pairs
        if value is not None and used is not None and value != used
    ]


def _raise_together(problems: list[RequestError]) -> None:
    if len(problems) == 1:
        raise problems[0]
    if problems:
        hints = list(dict.fromkeys(problem.hint for problem in problems if problem.hint))
        raise RequestError("\n".join(problem.message for problem in problems), hint="; ".join(hints) or None)


def _read_element(domain: Domain, option: Option, text: str, without: set[str], fallback_for: FallbackFor) -> list[str]:
    """Apply one compound value to `domain`; return warnings."""
    cls = section_class(option)
    name = option.names[0] if option.names[0].startswith("--") else option.names[-1]
    if says_none(cls, text):
        if cls.none_word == "suppress":
            without.add(cls.tag)
        return []
    fallback = fallback_for(cls)
    pairs = cut(cls, name, text, fallback)
    apply_pairs(domain.section(cls), name, pairs, fallback)
    return [] if fallback is None else fallback.unknown_arguments(name, pairs)


def read_holder(option: Option, texts: list[str]) -> dict[str, str] | None:
    """Return the sub-options of an option that does not describe XML, as a mapping of names to values.

    `texts` are the values of the option on the command line. The result is None if `texts` is empty or contains only
    `none`. For --osinfo, however, `none` is returned as the value of the sub-option `name`.

    Raises: RequestError, if a sub-option is unknown or has an invalid value.
    """
    if not texts:
        return None
    cls = section_class(option)
    name = next(spelling for spelling in option.names if spelling.startswith("--"))
    values: dict[str, str] = {}
    for text in texts:
        if text == option.bare or text == "none":
            continue
        pairs = cut(cls, name, text)
        apply_pairs(cls(), name, pairs)
        for pair in pairs:
            if pair.target is None:
                raise RequestError(f"{name} does not support XPath edits: {pair.key}", hint=f"omit {pair.key}")
            values[str(pair.target.declared.name)] = pair.value
    if texts == ["none"] and name != "--osinfo":
        return None
    if texts == ["none"]:
        values["name"] = "none"
    return values


def _install(given: Namespace, holders: Mapping[str, dict[str, str] | None], preview: bool) -> InstallRequest:
    from virtinstall.xml.kinds import parse_switch

    location = holders["location"]
    install = holders["install"] or {}
    return InstallRequest(
        location=None
        if location is None
        else LocationRequest(
            location=location.get("location", ""), kernel=location.get("kernel"), initrd=location.get("initrd")
        ),
        cdrom=_absolute(given.cdrom),
        live_cdrom=bool(given.livecd),
        pxe=bool(given.pxe),
        boot_disk=bool(given.import_disk),
        assume_import=preview,
        no_install=parse_switch(install.get("no_install") or "no"),
        boot_device=_BOOT_DEVICES.get(install.get("bootdev", ""), install.get("bootdev")),
        kernel=_absolute(install.get("kernel")),
        initrd=_absolute(install.get("initrd")),
        kernel_args=install.get("kernel_args"),
        kernel_args_overwrite=parse_switch(install.get("kernel_args_overwrite") or "no"),
        extra_args=tuple(given.extra_args or ()),
        initrd_inject=tuple(str(_absolute(path)) for path in given.initrd_inject or ()),
        os=install.get("os"),
        reinstall=given.reinstall,
        unattended=holders["unattended"],
        cloud_init=holders["cloud_init"],
        ignition=given.ignition,
        image_defaults=bool(given.image),
    )


def _absolute(path: str | None) -> str | None:
    from virtinstall.xml.convert import absolute_path

    return None if path is None else absolute_path(path)


def read_checks(texts: Sequence[str]) -> Checks:
    """Return the checks that `texts`, the values of --check, enable.

    Raises: RequestError, if a sub-option is unknown or has an invalid value.
    """
    option = next(option for option in OPTIONS if option.dest == "check")
    return _checks(read_holder(option, list(texts)))


def _checks(values: dict[str, str] | None) -> Checks:
    from virtinstall.xml.kinds import parse_switch

    switches = {name: parse_switch(value) for name, value in (values or {}).items()}
    everything = switches.pop("all", None)
    if everything is not None:
        names = ("path_in_use", "disk_size", "path_exists", "path_access", "mac_in_use", "xml")
        switches = {**dict.fromkeys(names, everything), **switches}
    return Checks(**switches)


def _run(given: Namespace) -> RunOptions:
    from virtinstall.units import parse_duration

    autoconsole: AutoConsole = given.autoconsole or "default"
    if autoconsole not in ("text", "graphical", "none", "default"):
        raise RequestError(f"--autoconsole {autoconsole}: must be text, graphical, none or default")
    if given.output not in (None, "text", "json", "spec", "kubevirt"):
        raise RequestError(f"--output {given.output or repr('')}: must be text, json, spec or kubevirt")
    timeout = None if given.timeout is None else parse_duration(given.timeout, "--timeout")
    if timeout is not None and given.wait_for is None:
        raise RequestError(
            "--timeout requires --wait-for",
            hint="add a condition, for example --wait-for ip, or use --wait MINUTES instead to limit the time of an "
            "installation",
        )
    if given.wait_for is not None:
        check_goal(given.wait_for)
    return RunOptions(
        autostart=bool(given.autostart),
        transient=bool(given.transient),
        destroy_on_exit=bool(given.destroy_on_exit),
        wait_minutes=given.wait,
        wait_for=given.wait_for,
        timeout_seconds=timeout,
        autoconsole=autoconsole,
        noreboot=bool(given.noreboot),
    )
