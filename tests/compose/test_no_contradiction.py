"""Defaults never contradict the user, and two options for the same setting are merged by one rule."""

from __future__ import annotations

import re

import pytest

from tests.compose.hosts import DATA, GuestKind, HostFiles, composed, os_named
from virtinstall.compose.validate import resolve_methods, validate_request
from virtinstall.devices.disk import Disk
from virtinstall.devices.input import Input
from virtinstall.devices.interface import Interface
from virtinstall.devices.panic import Panic
from virtinstall.devices.redirdev import Redirdev
from virtinstall.devices.video import Video
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.options.command import parse_request
from virtinstall.plan import Plan

CAPABILITIES = (DATA / "capabilities-debian12.xml").read_text()
PC = HostFiles(CAPABILITIES, (DATA / "domain-capabilities-kvm-q35.xml").read_text())
ARM = HostFiles(CAPABILITIES, (DATA / "domain-capabilities-qemu-aarch64.xml").read_text())


def plan(*args: str, os: str = "debian11") -> Plan:
    """A KVM guest on a PC."""
    return composed(PC, GuestKind("hvm", "x86_64", "kvm"), os_named(os), *args)


def guest(*args: str, os: str = "debian11") -> Domain:
    """A KVM guest as it is after its installation."""
    return plan(*args, os=os).final


def orders(domain: Domain) -> list[int | None]:
    """The places of disks and interfaces in the boot order."""
    disks = [disk.boot_order for disk in domain.devices_of(Disk)]
    return disks + [card.boot_order for card in domain.devices_of(Interface)]


@pytest.mark.parametrize("graphics", ["spice", "vnc"])
def test_without_a_usb_bus_nothing_is_on_it(graphics: str) -> None:
    """libvirt refuses the tablet and the redirection: USB bus is disabled."""
    domain = guest("--graphics", graphics, "--controller", "usb,model=none")

    assert [device.bus for device in domain.devices_of(Input)] == []
    assert domain.devices_of(Redirdev) == []


@pytest.mark.parametrize("args", [("--disk", "/b.img,size=1,bus=ide"), ("--controller", "ide")])
def test_ide_makes_the_machine_a_pc(args: tuple[str, str]) -> None:
    """q35 has no IDE; a machine type of the user's choice stays."""
    assert (guest("--controller", "ide").os.type_machine or "").startswith("pc")
    assert (guest("--controller", "ide", "--machine", "q35").os.type_machine or "").endswith("q35")


@pytest.mark.parametrize(
    "network", ["type=vdpa,source.dev=/dev/vhost-vdpa-0", "type=vhostuser,source.type=unix,source.path=/s"]
)
@pytest.mark.parametrize("os", ["win10", "generic", "debian11"])
def test_what_carries_only_virtio_is_virtio(network: str, os: str) -> None:
    """Whatever drivers the operating system comes with."""
    assert [card.model_type for card in guest("--network", network, os=os).devices_of(Interface)] == ["virtio"]


@pytest.mark.parametrize(
    ("off", "gone"),
    [
        ("vpindex", {"synic", "stimer", "tlbflush", "ipi"}),
        ("synic", {"stimer"}),
        ("vapic", {"evmcs"}),
    ],
)
def test_enlightenments_need_what_they_depend_on(off: str, gone: set[str]) -> None:
    """QEMU does not start with one whose prerequisite is off."""
    features = guest("--features", f"hyperv.{off}.state=off", os="win11").features

    for name in gone:
        assert getattr(features, f"hyperv_{name}_state") is None, name


def test_synthetic_timers_need_their_clock() -> None:
    """Timers of the user's choice without Hyper-V's clock."""
    assert guest("--clock", "timer0.name=rtc", os="win11").features.hyperv_stimer_state is None


def test_numbers_count_and_classes_follow() -> None:
    """`--boot` and boot.order together: libvirt accepts only one of them."""
    domain = guest("--boot", "network,hd", "--network", "user,boot.order=3")

    assert list(domain.os.boot_devices) == []
    assert orders(domain) == [4, 3]


def test_what_installs_boots_first() -> None:
    """A number at a device is for the finished guest; the installation boots from its medium, also with --import."""
    cards = ("--network", "user", "--network", "user,boot.order=1")
    created = plan(*cards, "--install", "bootdev=hd")
    assert created.install is not None

    assert orders(created.install) == [1, None, 2]
    assert orders(created.final) == [None, None, 1]


def test_memory_is_that_of_the_cells() -> None:
    """With --cpu cells and no size, the operating system's recommendation does not count."""
    domain = guest("--cpu", "cell0.memory=1048576,cell0.cpus=0,cell1.memory=1,cell1.unit=GiB,cell1.cpus=1")

    assert domain.memory_kib == 2 * 1024 * 1024


def test_hotplug_gets_slots_and_a_cell() -> None:
    """libvirt requires both where memory can be hot-plugged."""
    domain = guest("--memory", "1024,hotplugmemorymax=4096", "--vcpus", "2")

    assert domain.max_memory_slots is not None
    assert [(cell.cpus, cell.memory) for cell in domain.cpu.cells] == [("0-1", domain.memory_kib)]


@pytest.mark.parametrize("secure", ["yes", "no"])
def test_an_old_word_for_secure_boot_is_a_feature(secure: str) -> None:
    """libvirt chooses the firmware: there is no loader that could be secure."""
    os = guest("--boot", f"uefi,loader_secure={secure}").os

    assert os.loader_secure is None
    assert [feature.enabled for feature in os.firmware_features if feature.name == "secure-boot"] == [secure == "yes"]


def test_a_secure_loader_gets_smm() -> None:
    """libvirt refuses it without."""
    loader = "loader=/x.fd,loader.readonly=yes,loader.type=pflash,loader_secure=yes"

    assert guest("--boot", loader).features.smm_state


def test_a_panic_device_that_libvirt_lacks_is_omitted() -> None:
    """The word `default` asks for nothing that the architecture does not have."""
    created = composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("debian11"), "--panic", "default")

    assert created.final.devices_of(Panic) == []
    assert any("--panic default" in warning for warning in created.warnings)


@pytest.mark.parametrize(
    ("args", "counts"),
    [
        (["--import", "--pxe"], "pxe"),
        (["--pxe", "--cdrom", "/x.iso"], "cdrom"),
        (["--cdrom", "/x.iso", "--location", "http://h/tree"], "location"),
        (["--import", "--location", "http://h/tree"], "location"),
    ],
)
def test_of_several_methods_the_first_in_order_counts(args: list[str], counts: str) -> None:
    """location, cdrom, pxe, import: the others are warned of, as virt-install 4.1.0 ignores them."""
    request = resolve_methods(parse_request(args))
    install = request.install

    fields = ("location", "cdrom", "pxe", "boot_disk")
    assert [name for name in fields if getattr(install, name)] == [counts]
    assert "has no effect" in request.warnings[-1]


def test_two_kinds_of_answers_contradict() -> None:
    """One is for an installer, the other for an installed image."""
    with pytest.raises(RequestError, match="--unattended and --cloud-init"):
        validate_request(parse_request(["--unattended", "--cloud-init"]))


@pytest.mark.parametrize(
    ("args", "element"),
    [
        (("--graphics", "vnc,powerControl=yes"), 'powerControl="yes"'),
        (("--crypto", "virtio,type=qemu,backend.model=builtin"), '<crypto model="virtio" type="qemu">'),
        (("--iommu", "smmuv3,driver.accel=on,driver.pciBus=1"), 'accel="on"'),
    ],
)
def test_names_of_the_schema_work(args: tuple[str, str], element: str) -> None:
    """With and without a dot, also of elements that newer versions of libvirt have."""
    assert element in guest(*args).to_xml()


@pytest.mark.parametrize("os", ["generic", "win10", "debian11"])
def test_opengl_chooses_the_card_that_has_it(os: str) -> None:
    """Whatever drivers the operating system comes with, as virt-install does."""
    (video,) = guest("--graphics", "spice,gl=yes,listen=none", os=os).devices_of(Video)

    assert (video.model_type, video.model_acceleration_accel3d) == ("virtio", True)


@pytest.mark.parametrize(
    "option", ["features", "clock", "cpu", "pm", "memorybacking", "numatune", "boot", "sysinfo", "resource", "seclabel"]
)
def test_raw_edits_of_a_section_are_applied_to_it(option: str) -> None:
    """`xpath1.set=` is about the element of its option, for sections as for devices."""
    xml = plan(f"--{option}", "xpath1.set=./foo/@bar,xpath1.value=3").xml

    assert xml.count('<foo bar="3"/>') == 1


@pytest.mark.parametrize(
    ("value", "bus"),
    [
        ("tablet,model=virtio", "virtio"),
        ("passthrough,source.evdev=/dev/input/event1", "virtio"),
        ("tablet", None),
        ("mouse", None),
        ("evdev,source.dev=/dev/input/event1", None),
    ],
)
def test_input_is_on_a_bus_that_fits(value: str, bus: str | None) -> None:
    """libvirt's default is USB or PS/2, which have neither virtio models nor passed-through devices."""
    assert [device.bus for device in guest("--input", value).devices_of(Input)] == [bus]


def test_requested_tablet_is_not_on_a_missing_bus() -> None:
    """USB is off: the tablet is a virtio device."""
    domain = guest("--input", "tablet", "--controller", "usb,model=none")

    assert [device.bus for device in domain.devices_of(Input)] == ["virtio"]


@pytest.mark.parametrize(
    ("args", "warning"),
    [
        (
            ("--machine", "q35", "--boot", "hd,machine=pc"),
            "--machine q35 has no effect: --boot machine=pc overrides it",
        ),
        (("--name", "a", "--metadata", "name=b"), "--name a has no effect: --metadata name=b overrides it"),
    ],
)
def test_sub_option_of_a_platform_value_counts(args: tuple[str, ...], warning: str) -> None:
    """As in virt-install 4.1.0; the option without effect is named."""
    request = parse_request([*args, "--import", "--disk", "none"])
    assert warning in request.warnings
    assert (request.domain.name, request.domain.os.type_machine) in [("b", None), (None, "pc")]


def test_boot_machine_overrides_the_option() -> None:
    """--boot machine= is in the XML."""
    domain = guest("--machine", "q35", "--boot", "hd,machine=pc")
    assert domain.os.type_machine == "pc"


@pytest.mark.parametrize(
    ("label", "model"), [("+0:+0", "dac"), ("1000:100", "dac"), ("system_u:object_r:svirt_t:s0", None)]
)
def test_security_model_fits_the_label(label: str, model: str | None) -> None:
    """The host has neither SELinux nor AppArmor: their labels get no wrong model."""
    labels = guest("--seclabel", f"type=static,label={label}").seclabels
    assert [each.model for each in labels] == [model]


@pytest.mark.parametrize(
    "boot",
    [
        "uefi,firmware.feature0.name=secure-boot,firmware.feature0.enabled=yes",
        "uefi,secure-boot=yes",
        "uefi,firmware.enrolled-keys=yes",
    ],
)
def test_secure_boot_decides_the_machine(boot: str) -> None:
    """Firmware with Secure Boot runs in SMM, which pc does not have; a machine type of the user's choice stays."""
    of_q35 = (DATA / "domain-capabilities-kvm-q35.xml").read_text()
    of_pc = re.sub(r"(<enum name='secure'>\s*)<value>yes</value>", r"\1", of_q35)
    without_smm = HostFiles(CAPABILITIES, of_pc)

    def machine(*words: str) -> str:
        kind = GuestKind("hvm", "x86_64", "kvm")
        return composed(without_smm, kind, os_named("generic"), "--boot", boot, *words).final.os.type_machine or ""

    assert of_pc != of_q35
    assert machine().endswith("q35")
    assert machine("--machine", "pc") == "pc"


def test_last_value_of_a_firmware_feature_counts() -> None:
    """secure-boot=yes, which implies enrolled keys, without them."""
    domain = guest("--boot", "secure-boot=yes,firmware.feature1.name=enrolled-keys,firmware.feature1.enabled=no")
    features = {feature.name: feature.enabled for feature in domain.os.firmware_features}
    assert (len(domain.os.firmware_features), features) == (2, {"enrolled-keys": False, "secure-boot": True})


def test_arm_guest_without_keys_has_no_secure_boot() -> None:
    """Debian describes an image with Secure Boot and without keys, which it does not ship."""
    words = ("--boot", "uefi,firmware.feature0.name=enrolled-keys,firmware.feature0.enabled=no")
    domain = composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("debian11"), *words).final
    features = {feature.name: feature.enabled for feature in domain.os.firmware_features}
    assert features == {"enrolled-keys": False, "secure-boot": False}


def test_parallel_port_is_refused_where_qemu_has_none() -> None:
    """libvirt defines such a guest, and QEMU does not start it."""
    with pytest.raises(RequestError, match="no parallel port for aarch64") as caught:
        composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("debian11"), "--parallel", "pty")
    assert caught.value.hint == "use --serial"


def test_enlightenment_that_the_host_lacks_is_reported() -> None:
    """QEMU may ignore it, or not start the guest."""
    assert any(
        "does not offer vpindex" in warning for warning in plan("--features", "hyperv.vpindex.state=on").warnings
    )


@pytest.mark.parametrize(
    ("value", "loader"),
    [
        ("nvram.template=/vars.fd", (True, "pflash")),
        ("loader.readonly=no", (False, "pflash")),
        ("loader.type=rom", (True, "rom")),
    ],
)
def test_parts_of_a_loader_are_kept_with_the_default_firmware(value: str, loader: tuple[bool, str]) -> None:
    """libvirt rejects them together with firmware=efi: the image is named."""
    domain = composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("debian11"), "--boot", value).final
    assert (domain.os.firmware, domain.os.loader is not None) == (None, True)
    assert (domain.os.loader_readonly, domain.os.loader_type) == loader


def test_security_driver_that_the_host_lacks_is_refused() -> None:
    """libvirt defines the guest, but cannot start it."""
    with pytest.raises(RequestError, match="does not use this security driver") as caught:
        guest("--seclabel", "model=smack,type=dynamic")
    assert (caught.value.hint or "").startswith("use one of: ")
