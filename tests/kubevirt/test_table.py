"""Each option and sub-option is mapped, rejected with a reason, or ignored with a reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from virtinstall.errors import RequestError
from virtinstall.kubevirt.leaves import DOMAIN_OPTIONS, SECTION_OPTIONS, plain
from virtinstall.kubevirt.manifests import manifests
from virtinstall.kubevirt.table import IGNORED, REFUSED, WHOLE, declared_reason
from virtinstall.options.fallback import fallback_for
from virtinstall.options.parser import parse_argv
from virtinstall.options.read import read_request, section_class
from virtinstall.options.suboptions import sub_option_names
from virtinstall.options.table import OPTIONS, Option

BASE = ("--name", "web", "--memory", "2048", "--osinfo", "generic")
MAPPED_OPTIONS = {
    *("name", "cdrom", "pxe", "image", "import", "ignition", "virt-type", "arch", "machine", "autostart", "noreboot"),
    *("count", "kubevirt-namespace", "kubevirt-run-strategy", "kubevirt-instancetype", "kubevirt-preference"),
    "kubevirt-device",
}
"""Options without sub-options that are mapped, at least for some values."""
MAPPED = {
    "memory": "memory currentMemory maxMemory maxmemory hugepages",
    "cpu": "model mode topology.sockets topology.cores topology.threads force + require optional disable - forbid",
    "vcpus": "maxvcpus sockets cores threads vcpu vcpu.current vcpu.placement",
    "metadata": "name title uuid description os_name os_full_id",
    "unattended": "profile admin-password-file user-login user-password-file product-key drivers",
    "install": "bootdev",
    "cloud-init": "root-password-generate root-password-file disable root-ssh-key clouduser-password-generate "
    "clouduser-password-file clouduser-ssh-key user-data network-config user user-password-generate "
    "user-password-file user-ssh-key hostname packages run address gateway nameservers bus",
    "boot": "hd arch machine uefi secure-boot loader.secure loader.stateless firmware firmware.feature.enabled "
    "firmware.feature.name firmware.secure-boot firmware.enrolled-keys boot.dev bios.useserial smbios.mode kernel "
    "initrd cmdline",
    "osinfo": "name id",
    "disk": "boot.order image image.copy pool vol size sparse device path source.pool source.volume serial readonly "
    "shareable transient target.bus perms driver.cache driver.discard driver.io driver.iothread driver.error_policy "
    "blockio.logical_block_size blockio.physical_block_size blockio.discard_granularity source.reservations.managed",
    "network": "boot.order type source network bridge backend.type source.network source.bridge mac.address model.type "
    "link.state driver.name driver.queues portForward.proto portForward.range.start portForward.range.end "
    "portForward.range.to portForward",
    "graphics": "type",
    "filesystem": "source.dir target.dir driver.type type source target",
    "serial": "type target.type mode protocol",
    "console": "type target.type mode protocol",
    "channel": "target.type target.name type mode source.mode protocol",
    "input": "type bus",
    "tpm": "backend.type backend.version backend.persistent_state",
    "sound": "model",
    "video": "model.type",
    "redirdev": "bus type",
    "watchdog": "model action",
    "memballoon": "model",
    "rng": "backend.model backend model",
    "panic": "model",
    "vsock": "model cid.auto",
    "iothreads": "iothreads",
    "cputune": "vcpupin.vcpu vcpupin.cpuset emulatorpin.cpuset vcpusched.vcpus vcpusched.scheduler vcpusched.priority",
    "numatune": "memory.placement",
    "memorybacking": "hugepages hugepages.page.size hugepages.page.unit",
    "features": "acpi apic apic.eoi hyperv.mode hyperv.relaxed.state hyperv.vapic.state hyperv.spinlocks.state "
    "hyperv.spinlocks.retries hyperv.vpindex.state hyperv.runtime.state hyperv.synic.state hyperv.stimer.state "
    "hyperv.stimer.direct.state hyperv.reset.state hyperv.vendor_id.state hyperv.vendor_id.value "
    "hyperv.frequencies.state hyperv.reenlightenment.state hyperv.tlbflush.state hyperv.tlbflush.direct.state "
    "hyperv.tlbflush.extended.state hyperv.ipi.state hyperv.evmcs.state kvm.hidden.state pvspinlock.state smm.state",
    "clock": "pit_tickpolicy rtc_tickpolicy platform_tickpolicy hpet_tickpolicy tsc_tickpolicy kvmclock_tickpolicy "
    "hypervclock_tickpolicy pit_present rtc_present hpet_present kvmclock_present hypervclock_present offset "
    "adjustment timezone timer.name timer.present timer.tickpolicy timer.track",
    "events": "on_poweroff on_reboot on_crash",
    "sysinfo": "type system.serial system.uuid chassis.manufacturer chassis.version chassis.serial chassis.asset "
    "chassis.sku",
    "launchSecurity": "type policy session dhCert",
}
"""Sub-options that are mapped, at least for some values."""


def name_of(option: Option) -> str:
    """Return the option's first long name without dashes."""
    return next(name for name in option.names if name.startswith("--"))[2:]


def sub_options(option: Option) -> list[str]:
    """Return the sub-options without numbers."""
    if not option.section:
        return []
    found = [name for name, _ in sub_option_names(section_class(option))]
    # N marks a number, and is not a part of the name
    return list(dict.fromkeys(".".join(part.removesuffix("N") for part in name.split(".")) for name in found))


VISIBLE = [option for option in OPTIONS if not option.hidden]
PAIRS = [(name_of(option), sub) for option in VISIBLE for sub in sub_options(option)]


@pytest.mark.parametrize("option", VISIBLE, ids=name_of)
def test_each_option_is_mapped_rejected_or_ignored(option: Option) -> None:
    """A new option must be added to the table or to the mapping."""
    name = name_of(option)
    places = [name in WHOLE, name in IGNORED, name in MAPPED_OPTIONS, name in MAPPED]

    assert sum(places) == 1, f"--{name}: add it to virtinstall/kubevirt/table.py or to the mapping"


@pytest.mark.parametrize("option", [option for option in VISIBLE if option.section], ids=name_of)
def test_each_sub_option_is_mapped_rejected_or_ignored(option: Option) -> None:
    """A new sub-option must be added to the table or to the mapping."""
    name = name_of(option)
    if name in WHOLE or name in IGNORED:
        return
    mapped = MAPPED.get(name, "").split()
    forgotten = [
        sub
        for sub in sub_options(option)
        if declared_reason(name, sub) is None and f"{name}.{sub}" not in IGNORED and sub not in mapped
    ]

    assert not forgotten, f"--{name}: add them to virtinstall/kubevirt/table.py or to the mapping"
    assert not set(mapped) - set(sub_options(option))


def test_table_contains_only_existing_options() -> None:
    """A row of a renamed option must be changed."""
    known = {name_of(option) for option in VISIBLE} | {each for option in VISIBLE for each in (name_of(option),)}
    known |= {f"{option}.{sub}" for option, sub in PAIRS}

    assert not [option for option in (*WHOLE, *REFUSED) if option not in known]
    assert not [option for option in IGNORED if option not in known]


def test_options_of_sections_exist() -> None:
    """They are listed in leaves.py."""
    known = {name_of(option): option for option in VISIBLE}
    wanted = {*DOMAIN_OPTIONS.values(), *SECTION_OPTIONS.values()}

    assert not wanted - known.keys()
    for cls, option in {**DOMAIN_OPTIONS, **SECTION_OPTIONS}.items():
        if cls not in ("Domain", "Vcpu", "Iothread"):
            assert known[option].section.endswith(f":{cls}")


VALUES = {
    "text": "x1",
    "integer": "7",
    "number": "7",
    "on/off": "yes",
    "yes/no": "yes",
    "size": "4096",
    "word": "hd",
}


def examples() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return (option, examples) of each option with sub-options that must be rejected."""
    found: dict[str, list[tuple[str, str]]] = {}
    for option, sub, value in rejected_values():
        found.setdefault(option, []).append((sub, value))
    return list(found.items())


def rejected_values() -> Iterator[tuple[str, str, str]]:
    """Yield (option, numbered sub-option, value) of each sub-option that must be rejected."""
    for option in VISIBLE:
        name = name_of(option)
        if not option.is_xml or name in WHOLE or name == "xml":
            continue
        for sub, declared in sub_option_names(section_class(option)):
            plain_name = ".".join(part.removesuffix("N") for part in sub.split("."))
            refused = declared_reason(name, plain_name) is not None
            # addresses, aliases and virtio's driver are the same for all devices
            common = sub.startswith(("address.", "alias.", "driver.")) and name not in ("disk", "tpm")
            mapped = f"{name}.{plain_name}" in IGNORED or plain_name in MAPPED[name].split()
            # --cpu topology.dies is an alias of --vcpus dies
            if refused and not common and not mapped and sub != "topology.dies":
                numbered = ".".join(part[:-1] + "0" if part.endswith("N") else part for part in sub.split("."))
                yield name, numbered, VALUES.get(declared.kind_name, "x1")


@pytest.mark.parametrize(("option", "values"), examples(), ids=lambda each: each if isinstance(each, str) else "")
def test_rejected_sub_options_are_errors(option: str, values: list[tuple[str, str]]) -> None:
    """The error names the sub-option, and --kubevirt-drop omits it."""
    tried = 0
    for sub, value in values:
        try:
            given = parse_argv([*BASE, f"--{option}", f"{sub}={value}"])
            request = read_request(given, fallback_for, preview=True)
        except RequestError:
            # the value is not valid for this sub-option
            continue
        tried += 1
        with pytest.raises(RequestError) as caught:
            manifests(request, environ={})

        lines = [line for line in caught.value.message.split("\n") if line.startswith(f"--{option} ")]
        assert lines, f"{sub}: {caught.value.message}"
        assert "not supported by KubeVirt" in lines[0]
        named = {plain(line.split(" ")[1].partition("=")[0]) for line in lines}
        drop = tuple(f"{option}.{name}" for name in named)
        try:
            manifests(request.replace(kubevirt=request.kubevirt.replace(drop=drop)), environ={})
        except RequestError as error:
            # there may be another problem, such as a disk without a volume
            assert not [line for line in error.message.split("\n") if line in lines], error.message
    assert tried
