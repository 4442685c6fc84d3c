"""The effect of `--kubevirt-drop OPTION`: the request without options that a cluster cannot express."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from virtinstall.devices import device_class
from virtinstall.devices.table import DEVICES
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.kubevirt.leaves import (
    DOMAIN_OPTIONS,
    SECTION_OPTIONS,
    Leaf,
    drain,
    drain_domain,
    edits,
    option_of,
    plain,
)
from virtinstall.request import InstallRequest, PlatformRequest, Request, RunOptions
from virtinstall.similar import did_you_mean

_SYNONYMS = {
    "memory.hugepages": "memorybacking.hugepages",
    "memory.maxmemory": "memory.memory",
    "vcpus.sockets": "cpu.topology.sockets",
    "vcpus.dies": "cpu.topology.dies",
    "vcpus.cores": "cpu.topology.cores",
    "vcpus.threads": "cpu.topology.threads",
    "vcpus.cpuset": "vcpus.vcpu.cpuset",
    "vcpus.maxvcpus": "vcpus.vcpu",
    "tpm.type": "tpm.backend.type",
    "rng.type": "rng.backend.model",
    "panic.iobase": "panic.address.iobase",
    "filesystem.target": "filesystem.target.dir",
    "filesystem.source": "filesystem.source.dir",
    "network.network": "network.source.network",
    "network.bridge": "network.source.bridge",
    "boot.secure-boot": "boot.firmware.feature",
    "boot.firmware.secure-boot": "boot.firmware.feature",
    "boot.firmware.enrolled-keys": "boot.firmware.feature",
    "boot.hd": "boot.boot.dev",
    "disk.perms": "disk.readonly",
    "qemu-commandline.args": "qemu-commandline",
    "qemu-commandline.env": "qemu-commandline",
}
"""Sub-options whose value is stored under another name."""
_ALIASES = {"launchsecurity": "launchSecurity", "security": "seclabel", "os-variant": "osinfo", "os": "boot"}
_INSTALL: Mapping[str, Mapping[str, Any]] = {
    "cdrom": {"cdrom": None, "live_cdrom": False},
    "location": {"location": None},
    "pxe": {"pxe": False},
    "extra-args": {"extra_args": ()},
    "initrd-inject": {"initrd_inject": ()},
    "reinstall": {"reinstall": None},
    "unattended": {"unattended": None},
    "cloud-init": {"cloud_init": None},
    "ignition": {"ignition": None},
    "install": {
        "kernel": None,
        "initrd": None,
        "kernel_args": None,
        "kernel_args_overwrite": False,
        "os": None,
        "boot_device": None,
        "no_install": False,
    },
}
_PLATFORM = {
    "arch": "arch",
    "machine": "machine",
    "virt-type": "virt_type",
    "paravirt": "os_type",
    "container": "os_type",
    "hvm": "os_type",
}
_RUN = {"autostart": "autostart", "transient": "transient", "noreboot": "noreboot"}
_MAPPINGS = {"cloud-init": "cloud_init", "unattended": "unattended"}
_EXPRESSIBLE = ("kubevirt-device", "kubevirt-instancetype", "kubevirt-preference", "osinfo", "name", "image", "import")
_EXAMPLE = "use OPTION or OPTION.SUBOPTION, for example: --kubevirt-drop disk.snapshot"


def without_dropped(request: Request) -> Request:
    """Return the request without the options and sub-options that --kubevirt-drop names.

    Raises: RequestError, if a name is not that of an option or sub-option, or if the option cannot be dropped.
    """
    names = tuple(dict.fromkeys(_normal(each) for text in request.kubevirt.drop for each in text.split(",")))
    if not names:
        return request
    domain = request.domain.clone()
    for text in names:
        _check(text)
        option, _, name = text.partition(".")
        request = _without_plain(request, option, name)
        _drop_values(domain, option, name)
    dropped = {option for option in names if "." not in option}
    without = frozenset(tag for tag in request.without if option_of(tag) not in dropped)
    return request.replace(domain=domain, without=without)


def _normal(text: str) -> str:
    option, dot, name = text.strip().removeprefix("--").partition(".")
    full = f"{_ALIASES.get(option, option)}{dot}{plain(name) if name else ''}"
    return _SYNONYMS.get(full, full)


def _check(text: str) -> None:
    option, _, name = text.partition(".")
    known = [*option_names()]
    if not text:
        raise RequestError("--kubevirt-drop: the value is empty", hint=_EXAMPLE)
    if option not in known:
        hint = did_you_mean(option, known, _EXAMPLE)
        which = "" if text == option else f": '{option}'"
        raise RequestError(f"--kubevirt-drop {text}: no such option{which}", hint=hint)
    if option in _EXPRESSIBLE:
        raise RequestError(f"--kubevirt-drop {text}: --{option} cannot be dropped", hint=f"omit --{option} instead")
    if not name:
        return
    names = list(value_names(option))
    # a name with a dot may be one of libvirt's schema; the beginning of names means all of them: portForward
    if names and not any(_matches(each, name) for each in names) and "." not in name:
        hint = did_you_mean(name, names, f"list the sub-options with: virt-install --{option} help")
        raise RequestError(f"--kubevirt-drop {text}: --{option} has no sub-option '{name}'", hint=hint)


def option_names() -> list[str]:
    """Return the names of the options that may follow --kubevirt-drop, without dashes."""
    devices = [row.name for row in DEVICES if row.option]
    return [
        "xml",
        *dict.fromkeys([*devices, *DOMAIN_OPTIONS.values(), *SECTION_OPTIONS.values(), *_INSTALL, *_PLATFORM, *_RUN]),
        *_EXPRESSIBLE,
    ]


def value_names(option: str) -> Iterator[str]:
    """Yield the names and aliases of an option's sub-options, without numbers; `option` has no dashes."""
    if option in ("cloud-init", "unattended"):
        return
    if option == "install":
        yield from _INSTALL["install"]
        yield "bootdev"
        return
    yield from ("xpath.set", "xpath.delete", "xpath.create")
    for row in DEVICES:
        if row.option and row.name == option:
            yield from _declared(device_class(row.tag))
            return
    yield from _section_names(option)


def _section_names(option: str) -> Iterator[str]:
    from virtinstall.xml.children import Child, Children
    from virtinstall.xml.field import Setting, XmlField

    for attribute, declared in Domain.declarations():
        if isinstance(declared, Child | Children):
            if SECTION_OPTIONS.get(declared.cls.__name__) == option:
                own = declared.cls.__name__ in ("Vcpu", "Iothread")
                yield from _declared(declared.cls, str(declared.prefix) if own else "")
        elif isinstance(declared, XmlField):
            owner = next(base.__name__ for base in Domain.__mro__ if attribute in vars(base))
            if DOMAIN_OPTIONS[owner] == option:
                yield from _names(attribute, declared)
        elif isinstance(declared, Setting) and option == "metadata":
            yield from _names(attribute, declared)
    if option == "cpu":
        yield "feature"
    if option == "boot":
        yield from ("firmware.feature", "boot.dev")


def _declared(cls: Any, prefix: str = "") -> Iterator[str]:
    from virtinstall.xml.children import Child, Children
    from virtinstall.xml.field import Setting, XmlField

    for attribute, declared in cls.declarations():
        if isinstance(declared, XmlField | Setting):
            for name in _names(attribute, declared):
                yield f"{prefix}.{name}" if prefix and name else prefix or name
        elif isinstance(declared, Child | Children) and declared.prefix is not None:
            yield from _declared(declared.cls, f"{prefix}.{declared.prefix}" if prefix else str(declared.prefix))


def _names(attribute: str, declared: Any) -> tuple[str, ...]:
    from virtinstall.kubevirt.leaves import names_of

    return names_of(attribute, declared)


def _without_plain(request: Request, option: str, name: str) -> Request:
    """Return the request without an option that is not XML."""
    install: InstallRequest = request.install
    if option in _MAPPINGS and name:
        values = getattr(install, _MAPPINGS[option])
        if isinstance(values, Mapping):
            kept = {key: value for key, value in values.items() if key != name}
            return request.replace(install=install.replace(**{_MAPPINGS[option]: kept}))
        raise RequestError(
            f"--kubevirt-drop {option}.{name}: --{option} was not specified with sub-options",
            hint=f"omit --kubevirt-drop {option}.{name}, or use --kubevirt-drop {option}",
        )
    if option == "install" and name:
        attribute = {"bootdev": "boot_device"}.get(name, name)
        return request.replace(install=install.replace(**{attribute: _INSTALL["install"][attribute]}))
    if option in _INSTALL:
        return request.replace(install=install.replace(**_INSTALL[option]))
    if option in _PLATFORM:
        platform: PlatformRequest = request.platform
        return request.replace(platform=platform.replace(**{_PLATFORM[option]: None}))
    if option in _RUN:
        run: RunOptions = request.run
        return request.replace(run=run.replace(**{_RUN[option]: False}))
    return request


def _drop_values(domain: Domain, option: str, name: str) -> None:
    def matches(leaf: Leaf) -> bool:
        return not name or any(_matches(plain(each), name) for each in leaf.names)

    for device in domain.all_devices():
        if option_of(type(device).tag) != option:
            continue
        if not name:
            domain.remove(device)
            continue
        if name.startswith("xpath"):
            edits(device)
        drain(device, matches=matches)
    drain_domain(domain, only=lambda owner, leaf: owner == option and matches(leaf))
    if option == "cpu" and name in ("", "feature"):
        domain.cpu.features.clear()
    if option == "boot" and name in ("", "boot.dev"):
        domain.os.boot_devices.clear()


def _matches(value: str, name: str) -> bool:
    return value == name or value.startswith(f"{name}.")
