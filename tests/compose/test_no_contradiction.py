"""Defaults never contradict options, and two options for the same setting are merged by one rule."""

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
    """Return the plan of a KVM guest on a PC."""
    return composed(PC, GuestKind("hvm", "x86_64", "kvm"), os_named(os), *args)


def guest(*args: str, os: str = "debian11") -> Domain:
    """Return a KVM guest after its installation."""
    return plan(*args, os=os).final


def orders(domain: Domain) -> list[int | None]:
    """Return the boot order of each disk, then of each interface."""
    disks = [disk.boot_order for disk in domain.devices_of(Disk)]
    return disks + [card.boot_order for card in domain.devices_of(Interface)]


@pytest.mark.parametrize("graphics", ["spice", "vnc"])
def test_no_usb_devices_without_a_usb_controller(graphics: str) -> None:
    """libvirt would reject the tablet and the USB redirection."""
    domain = guest("--graphics", graphics, "--controller", "usb,model=none")

    assert [device.bus for device in domain.devices_of(Input)] == []
    assert domain.devices_of(Redirdev) == []


@pytest.mark.parametrize("args", [("--disk", "/b.img,size=1,bus=ide"), ("--controller", "ide")])
def test_ide_changes_the_default_machine_to_pc(args: tuple[str, str]) -> None:
    """q35 has no IDE; a specified machine type is kept."""
    assert (guest("--controller", "ide").os.type_machine or "").startswith("pc")
    assert (guest("--controller", "ide", "--machine", "q35").os.type_machine or "").endswith("q35")


@pytest.mark.parametrize(
    "network", ["type=vdpa,source.dev=/dev/vhost-vdpa-0", "type=vhostuser,source.type=unix,source.path=/s"]
)
@pytest.mark.parametrize("os", ["win10", "generic", "debian11"])
def test_vdpa_and_vhost_user_interfaces_are_virtio(network: str, os: str) -> None:
    """They support no other model, whichever drivers the OS has."""
    assert [card.model_type for card in guest("--network", network, os=os).devices_of(Interface)] == ["virtio"]


@pytest.mark.parametrize(
    ("off", "gone"),
    [
        ("vpindex", {"synic", "stimer", "tlbflush", "ipi"}),
        ("synic", {"stimer"}),
        ("vapic", {"evmcs"}),
    ],
)
def test_enlightenments_without_their_prerequisite_are_omitted(off: str, gone: set[str]) -> None:
    """QEMU would not start with them."""
    features = guest("--features", f"hyperv.{off}.state=off", os="win11").features

    for name in gone:
        assert getattr(features, f"hyperv_{name}_state") is None, name


def test_synthetic_timers_require_the_hyperv_clock() -> None:
    """The user's timers do not include Hyper-V's clock."""
    assert guest("--clock", "timer0.name=rtc", os="win11").features.hyperv_stimer_state is None


def test_boot_order_of_a_device_replaces_the_boot_order_in_os() -> None:
    """libvirt accepts only one of `--boot` and boot.order; the other devices follow."""
    domain = guest("--boot", "network,hd", "--network", "user,boot.order=3")

    assert list(domain.os.boot_devices) == []
    assert orders(domain) == [4, 3]


def test_install_medium_boots_before_the_requested_boot_order() -> None:
    """boot.order= of a device applies to the finished guest."""
    cards = ("--network", "user", "--network", "user,boot.order=1")
    created = plan(*cards, "--install", "bootdev=hd")
    assert created.install is not None

    assert orders(created.install) == [1, None, 2]
    assert orders(created.final) == [None, None, 1]


def test_memory_is_the_sum_of_the_numa_cells() -> None:
    """It overrides the recommendation of the OS database."""
    domain = guest("--cpu", "cell0.memory=1048576,cell0.cpus=0,cell1.memory=1,cell1.unit=GiB,cell1.cpus=1")

    assert domain.memory_kib == 2 * 1024 * 1024


def test_memory_hotplug_adds_slots_and_a_numa_cell() -> None:
    """libvirt requires both."""
    domain = guest("--memory", "1024,hotplugmemorymax=4096", "--vcpus", "2")

    assert domain.max_memory_slots is not None
    assert [(cell.cpus, cell.memory) for cell in domain.cpu.cells] == [("0-1", domain.memory_kib)]


@pytest.mark.parametrize("secure", ["yes", "no"])
def test_loader_secure_with_uefi_is_a_firmware_feature(secure: str) -> None:
    """libvirt chooses the firmware, so the XML has no loader with a `secure` attribute."""
    os = guest("--boot", f"uefi,loader_secure={secure}").os

    assert os.loader_secure is None
    assert [feature.enabled for feature in os.firmware_features if feature.name == "secure-boot"] == [secure == "yes"]


def test_secure_loader_enables_smm() -> None:
    """libvirt rejects a secure loader without SMM."""
    loader = "loader=/x.fd,loader.readonly=yes,loader.type=pflash,loader_secure=yes"

    assert guest("--boot", loader).features.smm_state


def test_unsupported_default_panic_device_is_omitted() -> None:
    """`--panic default` causes a warning on an architecture without a panic device."""
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
def test_one_of_several_install_methods_is_used(args: list[str], counts: str) -> None:
    """The order is location, cdrom, pxe, import, as in virt-install 4.1.0; a warning names the others."""
    request = resolve_methods(parse_request(args))
    install = request.install

    fields = ("location", "cdrom", "pxe", "boot_disk")
    assert [name for name in fields if getattr(install, name)] == [counts]
    assert "has no effect" in request.warnings[-1]


def test_unattended_and_cloud_init_contradict() -> None:
    """The first is for an installer, the second for an installed image."""
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
def test_names_of_the_schema_are_sub_options(args: tuple[str, str], element: str) -> None:
    """This includes elements that newer versions of libvirt have."""
    assert element in guest(*args).to_xml()


@pytest.mark.parametrize("os", ["generic", "win10", "debian11"])
def test_opengl_changes_the_video_model_to_virtio(os: str) -> None:
    """virt-install does the same for every OS."""
    (video,) = guest("--graphics", "spice,gl=yes,listen=none", os=os).devices_of(Video)

    assert (video.model_type, video.model_acceleration_accel3d) == ("virtio", True)


@pytest.mark.parametrize(
    "option", ["features", "clock", "cpu", "pm", "memorybacking", "numatune", "boot", "sysinfo", "resource", "seclabel"]
)
def test_xpath_edits_of_a_section_are_applied_to_its_element(option: str) -> None:
    """`xpath1.set=` is relative to the element of the option, for sections as for devices."""
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
def test_input_device_gets_a_suitable_bus(value: str, bus: str | None) -> None:
    """libvirt's defaults, USB and PS/2, support neither virtio models nor passed-through devices."""
    assert [device.bus for device in guest("--input", value).devices_of(Input)] == [bus]


def test_requested_tablet_is_virtio_without_usb() -> None:
    """`--controller usb,model=none` disables USB."""
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
def test_sub_option_overrides_the_option_of_the_same_value(args: tuple[str, ...], warning: str) -> None:
    """A warning names the option without effect; virt-install 4.1.0 behaves the same."""
    request = parse_request([*args, "--import", "--disk", "none"])
    assert warning in request.warnings
    assert (request.domain.name, request.domain.os.type_machine) in [("b", None), (None, "pc")]


def test_boot_machine_overrides_machine() -> None:
    """The XML has the machine type of --boot machine=."""
    domain = guest("--machine", "q35", "--boot", "hd,machine=pc")
    assert domain.os.type_machine == "pc"


@pytest.mark.parametrize(
    ("label", "model"), [("+0:+0", "dac"), ("1000:100", "dac"), ("system_u:object_r:svirt_t:s0", None)]
)
def test_security_model_is_derived_from_the_label(label: str, model: str | None) -> None:
    """The host has neither SELinux nor AppArmor, so other labels get no model."""
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
def test_secure_boot_changes_the_default_machine_to_q35(boot: str) -> None:
    """Secure Boot requires SMM, which pc does not have; a specified machine type is kept."""
    of_q35 = (DATA / "domain-capabilities-kvm-q35.xml").read_text()
    of_pc = re.sub(r"(<enum name='secure'>\s*)<value>yes</value>", r"\1", of_q35)
    without_smm = HostFiles(CAPABILITIES, of_pc)

    def machine(*words: str) -> str:
        kind = GuestKind("hvm", "x86_64", "kvm")
        return composed(without_smm, kind, os_named("generic"), "--boot", boot, *words).final.os.type_machine or ""

    assert of_pc != of_q35
    assert machine().endswith("q35")
    assert machine("--machine", "pc") == "pc"


def test_last_value_of_a_firmware_feature_is_used() -> None:
    """secure-boot=yes implies enrolled keys, which the next sub-option disables."""
    domain = guest("--boot", "secure-boot=yes,firmware.feature1.name=enrolled-keys,firmware.feature1.enabled=no")
    features = {feature.name: feature.enabled for feature in domain.os.firmware_features}
    assert (len(domain.os.firmware_features), features) == (2, {"enrolled-keys": False, "secure-boot": True})


def test_arm_guest_without_keys_has_no_secure_boot() -> None:
    """Debian describes an image with Secure Boot and without keys, but does not contain it."""
    words = ("--boot", "uefi,firmware.feature0.name=enrolled-keys,firmware.feature0.enabled=no")
    domain = composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("debian11"), *words).final
    features = {feature.name: feature.enabled for feature in domain.os.firmware_features}
    assert features == {"enrolled-keys": False, "secure-boot": False}


def test_parallel_port_on_arm_is_an_error() -> None:
    """libvirt would define the guest, but QEMU would not start it."""
    with pytest.raises(RequestError, match="no parallel port on aarch64") as caught:
        composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("debian11"), "--parallel", "pty")
    assert caught.value.hint == "use --serial"


def test_unsupported_enlightenment_causes_a_warning() -> None:
    """QEMU ignores it or does not start the guest."""
    warnings = plan("--features", "hyperv.vpindex.state=on").warnings
    assert any("hyperv.vpindex.state=on: not supported by this host" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("value", "loader"),
    [
        ("nvram.template=/vars.fd", (True, "pflash")),
        ("loader.readonly=no", (False, "pflash")),
        ("loader.type=rom", (True, "rom")),
    ],
)
def test_default_firmware_keeps_sub_options_of_the_loader(value: str, loader: tuple[bool, str]) -> None:
    """libvirt rejects them together with firmware=efi, so the XML contains the path of the image."""
    domain = composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("debian11"), "--boot", value).final
    assert (domain.os.firmware, domain.os.loader is not None) == (None, True)
    assert (domain.os.loader_readonly, domain.os.loader_type) == loader


def test_missing_security_driver_is_an_error() -> None:
    """libvirt would define the guest, but could not start it."""
    with pytest.raises(RequestError, match="does not use this security driver") as caught:
        guest("--seclabel", "model=smack,type=dynamic")
    assert (caught.value.hint or "").startswith("use model=")
