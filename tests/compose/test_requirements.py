"""Values that libvirt or the machine requires together: maxima, numbers, matching files, emulated CPUs."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from tests.compose.hosts import DATA, HostFiles, compose, os_named
from virtinstall.devices.audio import Audio
from virtinstall.devices.disk import Disk
from virtinstall.devices.memory import MemoryDevice
from virtinstall.devices.rng import Rng
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, PathFacts
from virtinstall.options.command import parse_request
from virtinstall.plan import Plan

CAPABILITIES = (DATA / "capabilities-debian12.xml").read_text()
EMULATED = (DATA / "domain-capabilities-qemu-q35.xml").read_text()
TWO_SIZES = ("/usr/share/OVMF/OVMF_CODE_4M.ms.fd", "/usr/share/OVMF/OVMF_CODE_4M.fd")


def plan_of(*words: str, domain_capabilities: str = EMULATED, os: str = "linux2020", **facts: Any) -> Plan:
    """Return the plan of an emulated guest with these options."""
    files = HostFiles(CAPABILITIES, domain_capabilities)
    known = files.facts(os_named(os), **{"disks": (), **facts})
    given = ["--name", "x", "--memory", "512", "--virt-type", "qemu", "--network", "none", "--import"]
    if "--disk" not in words:
        given += ["--disk", "none"]
    return compose(parse_request([*given, *words]), known)


def guest_of(*words: str, **more: Any) -> Domain:
    """Return the finished guest."""
    return plan_of(*words, **more).final


@pytest.mark.parametrize("words", ["host-passthrough", "host-passthrough,migratable=on", "mode=host-passthrough"])
def test_host_passthrough_without_kvm_is_replaced(words: str) -> None:
    """The command line works on a host without KVM, and a warning is printed."""
    plan = plan_of("--cpu", words)

    assert plan.final.cpu.mode == "maximum"
    assert any("host-passthrough requires KVM" in warning for warning in plan.warnings)


@pytest.mark.parametrize("words", ["host-model", "qemu64", "maximum"])
def test_other_cpus_are_kept_without_kvm(words: str) -> None:
    """QEMU can emulate them."""
    assert "requires KVM" not in "".join(plan_of("--cpu", words).warnings)


@pytest.mark.parametrize(("most", "expected"), [("1", 1), ("2", 2), ("288", 2), (None, 2)])
def test_default_vcpus_do_not_exceed_the_maximum(most: str | None, expected: int) -> None:
    """The OS database recommends two; some boards support only one."""
    root = etree.fromstring(EMULATED.encode())
    node = root.find("vcpu")
    assert node is not None
    if most is None:
        root.remove(node)
    else:
        node.set("max", most)
    capabilities = str(etree.tostring(root, encoding="unicode"))

    assert guest_of(domain_capabilities=capabilities, os="debian11").vcpu == expected


@pytest.mark.parametrize(
    ("modules", "most_mib"),
    [
        (["dimm,target.size=256"], 768),
        (["dimm,target.size=256,target.node=0", "dimm,target.size=256"], 1024),
        (["virtio-mem,target.size=512,target.block=2048,target.requested=0"], 1024),
        (["nvdimm,source.path=/p,target.size=512"], 1024),
    ],
)
def test_memory_modules_add_maximum_slots_and_a_numa_cell(modules: list[str], most_mib: int) -> None:
    """libvirt requires them; each module is assigned to the cell."""
    domain = guest_of(*(word for module in modules for word in ("--memdev", module)))

    assert domain.max_memory_kib == most_mib * 1024
    assert domain.max_memory_slots is not None
    assert [cell.id for cell in domain.cpu.cells] == [0]
    assert {module.target_node for module in domain.devices_of(MemoryDevice)} == {0}


def test_specified_maximum_memory_is_kept() -> None:
    """It may leave space for more modules."""
    domain = guest_of("--memory", "512,hotplugmemorymax=4096,hotplugmemoryslots=2", "--memdev", "dimm,target.size=256")

    assert (domain.max_memory_kib, domain.max_memory_slots) == (4096 * 1024, 2)


@pytest.mark.parametrize(
    ("template", "loader"),
    [
        ("/usr/share/OVMF/OVMF_VARS.fd", "/usr/share/OVMF/OVMF_CODE.fd"),
        ("/usr/share/OVMF/OVMF_VARS.ms.fd", "/usr/share/OVMF/OVMF_CODE.ms.fd"),
        ("/usr/share/OVMF/OVMF_VARS_4M.fd", "/usr/share/OVMF/OVMF_CODE_4M.fd"),
    ],
)
def test_nvram_template_gets_a_matching_loader(template: str, loader: str) -> None:
    """Firmware does not start with UEFI variables of another size."""
    root = etree.fromstring(EMULATED.encode())
    node = root.find("os/loader")
    assert node is not None
    for value in node.findall("value"):
        node.remove(value)
    for path in TWO_SIZES:
        etree.SubElement(node, "value").text = path
    capabilities = str(etree.tostring(root, encoding="unicode"))

    system = guest_of("--boot", f"uefi,nvram_template={template}", domain_capabilities=capabilities).os

    assert (system.loader, system.loader_type, system.nvram_template) == (loader, "pflash", template)
    assert system.firmware is None


@pytest.mark.parametrize(("words", "numbers"), [(["none"], []), (["type=none"], ["1"])])
def test_audio_device_gets_a_number(words: list[str], numbers: list[str]) -> None:
    """libvirt requires the ID."""
    assert [audio.id for audio in guest_of("--audio", *words).devices_of(Audio)] == numbers


def test_numbers_of_audio_devices_are_unique() -> None:
    """A specified ID is not used for another device."""
    domain = guest_of("--audio", "type=none", "--audio", "type=none,id=1", "--audio", "type=none")

    assert [audio.id for audio in domain.devices_of(Audio)] == ["2", "1", "3"]


def test_default_rng_reads_urandom() -> None:
    """`--rng default` is not the name of a backend."""
    (rng,) = guest_of("--rng", "default").devices_of(Rng)

    assert (rng.backend_model, rng.backend) == ("random", "/dev/urandom")


@pytest.mark.parametrize(
    ("words", "hint"),
    [("lab", "network=lab"), ("lab,model=virtio", "network=lab"), ("type=brige", "bridge"), ("netwrok", "network")],
)
def test_unknown_type_of_network_is_an_error(words: str, hint: str) -> None:
    """The name of a network, for example, is not a type."""
    with pytest.raises(RequestError, match="unknown interface type") as caught:
        plan_of("--network", words)

    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(("machine", "bus"), [("mac99", "scsi"), ("g3beige", "ide"), ("ppce500", "scsi")])
def test_power_boards_get_a_bus_that_libvirt_supports(machine: str, bus: str) -> None:
    """libvirt supports the IDE controller of only one of these boards."""
    disk = DiskFacts(path=PathFacts(path="/d.img", kind="file", format="raw"))
    board = (
        "<guest><os_type>hvm</os_type><arch name='ppc'><emulator>/usr/bin/qemu-system-ppc</emulator>"
        f"<machine>{machine}</machine><domain type='qemu'/></arch></guest></capabilities>"
    )
    files = HostFiles(CAPABILITIES.replace("</capabilities>", board))
    request = parse_request(
        ["--name", "x", "--memory", "512", "--import", "--arch", "ppc", "--machine", machine, "--disk", "/d.img"]
    )
    (found,) = compose(request, files.facts(disks=(disk,))).final.devices_of(Disk)

    assert found.target_bus == bus
