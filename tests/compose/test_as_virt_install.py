"""Behavior of virt-install 4.1.0 that scripts of its users rely on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.compose.hosts import DATA, GuestKind, HostFiles, compose, composed, os_named
from virtinstall.cli.main import main, xml_main
from virtinstall.compose.validate import resolve_methods
from virtinstall.devices.channel import Channel
from virtinstall.devices.controller import Controller
from virtinstall.devices.disk import Disk
from virtinstall.devices.filesystem import Filesystem
from virtinstall.devices.graphics import Graphics
from virtinstall.devices.input import Input
from virtinstall.devices.interface import Interface
from virtinstall.devices.memballoon import Memballoon
from virtinstall.devices.rng import Rng
from virtinstall.devices.tpm import Tpm
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, MediaFacts
from virtinstall.options.command import parse_request
from virtinstall.plan import Plan

CAPABILITIES = (DATA / "capabilities-debian12.xml").read_text()
PC = HostFiles(CAPABILITIES, (DATA / "domain-capabilities-kvm-q35.xml").read_text())
XEN = HostFiles((DATA / "capabilities-xen.xml").read_text())
LXC = HostFiles((DATA / "capabilities-lxc.xml").read_text())
AGENT, CLIPBOARD = "org.qemu.guest_agent.0", "com.redhat.spice.0"


def guest(*args: str, os: str = "debian11") -> Domain:
    """Return a KVM guest after its installation."""
    return composed(PC, GuestKind("hvm", "x86_64", "kvm"), os_named(os), *args).final


def test_a_specified_channel_does_not_replace_the_channel_of_spice() -> None:
    """The user specifies the guest agent's channel; SPICE's channel is added."""
    channels = guest("--graphics", "spice", "--channel", f"unix,target.type=virtio,target.name={AGENT}").devices_of(
        Channel
    )
    assert {channel.target_name for channel in channels} == {AGENT, CLIPBOARD}


def test_a_specified_clipboard_channel_replaces_the_channel_of_spice() -> None:
    """The guest would find only one of two channels with the same name."""
    channels = guest("--graphics", "spice", "--channel", "qemu-vdagent").devices_of(Channel)
    assert [(channel.type, channel.target_name) for channel in channels] == [("qemu-vdagent", CLIPBOARD)]


def test_default_target_of_a_channel_is_virtio() -> None:
    """libvirt rejects a channel without a target type."""
    assert [channel.target_type for channel in guest("--channel", "pty", "--graphics", "none").devices_of(Channel)] == [
        "virtio"
    ]


def test_the_installation_cd_precedes_other_drives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The guest also has a CD with drivers and an empty drive: without a boot order, firmware boots the first drive."""
    for name in ("drivers.iso", "install.iso", "disk.img"):
        (tmp_path / name).touch()
    disks = f"--disk {tmp_path}/disk.img --disk {tmp_path}/drivers.iso,device=cdrom --disk device=cdrom"
    args = f"--connect test:///default --memory 2048 --osinfo generic --print-xml 1 {disks}"
    main([*args.split(), "--cdrom", f"{tmp_path}/install.iso"])
    drives = [disk for disk in Domain.parse(capsys.readouterr().out).devices_of(Disk) if disk.device == "cdrom"]
    assert [drive.source_file for drive in drives] == [f"{tmp_path}/install.iso", f"{tmp_path}/drivers.iso", None]


def test_default_type_of_a_label_is_dynamic() -> None:
    """This applies to a label with a model; a specified type is kept."""
    assert [label.type for label in guest("--seclabel", "model=dac,relabel=no").seclabels] == ["dynamic"]
    assert [label.type for label in guest("--seclabel", "model=dac,type=none").seclabels] == ["none"]


def test_cpu_default_is_the_same_as_no_option() -> None:
    """The guest has the same CPU mode and model."""
    named, unnamed = guest("--cpu", "default").cpu, guest().cpu
    assert (named.mode, named.model) == (unnamed.mode, unnamed.model)


def test_cdrom_overrides_import() -> None:
    """Scripts attach a seed ISO this way; the guest boots from it first, and a warning names the alternative."""
    request = resolve_methods(parse_request(["--memory", "1024", "--import", "--cdrom", "/x.iso"]))
    assert (request.install.cdrom, request.install.boot_disk) == ("/x.iso", False)
    assert "--disk PATH,device=cdrom" in request.warnings[-1]


@pytest.mark.parametrize(
    ("host", "platform"),
    [
        (XEN, GuestKind("xen", "x86_64", "xen")),
        (LXC, GuestKind("exe", "x86_64", "lxc")),
    ],
)
def test_filesystem_target_must_be_a_path_on_xen_and_lxc(host: HostFiles, platform: GuestKind) -> None:
    """Only QEMU has mount tags."""
    with pytest.raises(RequestError, match="absolute path"):
        composed(host, platform, os_named("generic"), "--filesystem", "/srv,share")


def test_filesystem_target_is_a_mount_tag_with_qemu() -> None:
    """A directory is shared with mapped access; an image file needs an absolute target path."""
    shares = guest("--filesystem", "/srv,share").devices_of(Filesystem)
    assert [(share.type, share.accessmode, share.target_dir) for share in shares] == [("mount", "mapped", "share")]
    with pytest.raises(RequestError, match="absolute path"):
        guest("--filesystem", "/srv.img,share,type=file")


def test_a_container_has_one_cpu() -> None:
    """The OS database's recommendation applies to virtual machines only."""
    plan = composed(LXC, GuestKind("exe", "x86_64", "lxc"), os_named("win10"), "--filesystem", "/srv,/")
    assert plan.final.vcpu == 1


@pytest.mark.parametrize(
    ("memory", "while_installing", "afterwards"),
    [
        ("2048", (3072, 3072), 2048),
        ("2048,maxmemory=8192", (8192, 3072), 2048),
        ("4096,currentMemory=1024", (4096, 3072), 1024),
        ("4096", (4096, 4096), 4096),
    ],
)
def test_memory_is_raised_for_an_installation_over_the_network(
    memory: str, while_installing: tuple[int, int], afterwards: int
) -> None:
    """The OS database states what the installer needs; after the installation the guest has the requested memory."""
    request = parse_request(f"--memory {memory} --location http://h/tree --disk none --virt-type kvm".split())
    media = MediaFacts(location="http://h/tree", kernel="vmlinuz", initrd="initrd.img")
    plan = compose(request, PC.facts(os_named("rhel9.0"), media=media, disks=()))
    assert plan.install is not None
    installing, final = plan.install, plan.final
    in_mib = [
        (kib or 0) // 1024 for kib in (installing.memory_kib, installing.current_memory_kib, final.current_memory_kib)
    ]
    assert in_mib == [*while_installing, afterwards]


def installed_from_a_tree(args: str, disks: tuple[DiskFacts, ...] = (DiskFacts(),)) -> Plan:
    """Return the plan of an installation from http://h/tree, with the URL as a kernel argument."""
    request = parse_request(f"--memory 2048 --location http://h/tree --virt-type kvm {args}".split())
    media = MediaFacts(
        location="http://h/tree", kernel="vmlinuz", initrd="initrd.img", kernel_arguments=("method=http://h/tree",)
    )
    return compose(request, PC.facts(os_named("fedora28"), media=media, disks=disks))


@pytest.mark.parametrize(
    ("args", "command_line"),
    [
        ("--extra-args a --extra-args b", "a b method=http://h/tree"),
        ("--install kernel_args=a", "a method=http://h/tree"),
        ("--install kernel_args=a,kernel_args_overwrite=yes", "a"),
    ],
)
def test_kernel_arguments_of_the_user_come_first(args: str, command_line: str) -> None:
    """The location of the install tree follows, unless the user's arguments replace it."""
    installing = installed_from_a_tree(f"--disk none {args}", disks=()).install
    assert installing is not None
    assert installing.os.cmdline == command_line


def boot_classes(domain: Domain | None) -> list[str | None]:
    """Return the kinds of devices in the boot order of the firmware."""
    assert domain is not None
    return [boot.dev for boot in domain.os.boot_devices]


@pytest.mark.parametrize(
    ("method", "first"), [("--pxe", "network"), ("--cdrom http://h/x.iso", "cdrom"), ("--install bootdev=floppy", "fd")]
)
def test_boot_order_applies_to_the_finished_guest(method: str, first: str) -> None:
    """The installation boots its medium first; otherwise an empty disk could come first."""
    args = f"--memory 2048 --disk /images/disk.qcow2,size=10 --virt-type kvm --boot hd,network {method}"
    plan = compose(parse_request(args.split()), PC.facts(os_named("debian11")))
    assert boot_classes(plan.install) == [first, "hd"]
    assert boot_classes(plan.final) == ["hd", "network"]


def test_direct_kernel_boot_has_no_boot_order() -> None:
    """QEMU boots the installer's kernel directly; the finished guest has the requested boot order."""
    plan = installed_from_a_tree("--disk /images/disk.qcow2,size=10 --boot hd,network")
    assert boot_classes(plan.install) == []
    assert boot_classes(plan.final) == ["hd", "network"]


@pytest.mark.parametrize(
    ("disks", "orders"),
    [
        (("device=cdrom", "size=1"), [1, 2]),
        (("device=floppy", "size=1"), [1, 2]),
        (("size=1", "device=cdrom"), [1, None]),
    ],
)
def test_an_imported_guest_boots_its_first_disk(disks: tuple[str, str], orders: list[int | None]) -> None:
    """A CD or a floppy disk that precedes the disks is booted first."""
    args = ["--memory", "2048", "--import", "--virt-type", "kvm", "--disk", disks[0], "--disk", disks[1]]
    final = compose(parse_request(args), PC.facts(os_named("debian11"), disks=(DiskFacts(), DiskFacts()))).final
    assert [disk.boot_order for disk in final.devices_of(Disk)] == orders


def emulated(arch: str, machine: str, *args: str) -> Domain:
    """Return a guest with this machine type, which the host emulates."""
    guest = f"<os_type>hvm</os_type><arch name='{arch}'><emulator>/usr/bin/qemu</emulator>"
    guest += f"<machine>{machine}</machine><domain type='qemu'/></arch>"
    host = "<host><cpu><arch>x86_64</arch></cpu></host>"
    files = HostFiles(f"<capabilities>{host}<guest>{guest}</guest></capabilities>")
    return composed(
        files,
        GuestKind("hvm", arch, "qemu"),
        os_named("debian11"),
        "--machine",
        machine,
        *args,
    ).final


@pytest.mark.parametrize(
    ("arch", "machine", "bus"),
    [
        ("armv7l", "vexpress-a15", "sd"),
        ("aarch64", "raspi3b", "sd"),
        ("armv6l", "versatilepb", "scsi"),
        ("ppc64", "mac99", "scsi"),
        ("ppc", "g3beige", "ide"),
    ],
)
def test_boards_without_pci_get_few_devices(arch: str, machine: str, bus: str) -> None:
    """libvirt cannot attach virtio devices, USB controllers or a display to these boards."""
    board = emulated(arch, machine)
    assert [disk.target_bus for disk in board.devices_of(Disk)] == [bus]
    assert [interface.model_type for interface in board.devices_of(Interface)] == [None]
    for kind in (Channel, Controller, Graphics, Input, Memballoon, Rng):
        assert not board.devices_of(kind)


@pytest.mark.parametrize(("arch", "machine"), [("armv7l", "virt"), ("ppc64", "pseries")])
def test_virt_and_pseries_boards_have_virtio_disks(arch: str, machine: str) -> None:
    """Other boards of the same architectures have no virtio."""
    assert [disk.target_bus for disk in emulated(arch, machine).devices_of(Disk)] == ["virtio"]


def test_tablet_on_ibm_z_is_virtio() -> None:
    """The machine has no USB."""
    final = emulated("s390x", "s390-ccw-virtio", "--graphics", "vnc")
    assert [(device.type, device.bus) for device in final.devices_of(Input)] == [
        ("tablet", "virtio"),
        ("keyboard", "virtio"),
    ]


@pytest.mark.parametrize(
    ("arch", "os", "name"),
    [
        ("armv7l", "generic", "vm-arm"),
        ("armv6l", "debian11", "debian11-armv6l"),
        ("x86_64", "generic", "vm1"),
        ("aarch64", "debian11", "debian11-aarch64"),
    ],
)
def test_a_generated_name_contains_a_foreign_architecture(arch: str, os: str, name: str) -> None:
    """The OS of the guest may be unknown."""
    args = f"--memory 2048 --disk none --import --boot kernel=/k --arch {arch}"
    assert compose(parse_request(args.split()), HostFiles(CAPABILITIES).facts(os_named(os), disks=())).name == name


def test_bridge_without_a_name_is_that_of_the_default_route() -> None:
    """`--network type=bridge` uses the bridge of the host; a named bridge is kept."""
    facts = PC.facts(os_named("debian11"))
    facts = facts.replace(host=facts.host.replace(default_bridge="br0"))
    args = "--memory 2048 --disk /images/disk.qcow2,size=10 --import --network type=bridge --network bridge=own"
    bridges = [
        interface.source_bridge for interface in compose(parse_request(args.split()), facts).final.devices_of(Interface)
    ]
    assert bridges == ["br0", "own"]


def test_paravirtual_guest_of_the_test_driver_has_a_usb_controller(capsys: pytest.CaptureFixture[str]) -> None:
    """A redirected USB device needs a controller."""
    args = "--connect test:///default --memory 2048 --paravirt --disk none --import --redirdev usb --print-xml"
    assert main(args.split()) == 0
    controllers = Domain.parse(capsys.readouterr().out).devices_of(Controller)
    assert "usb" in {controller.type for controller in controllers}


def test_missing_device_node_is_an_error_with_the_test_driver(capsys: pytest.CaptureFixture[str]) -> None:
    """QEMU guests get the same error."""
    args = "--connect test:///default --memory 2048 --osinfo generic --import --disk /dev/nosuchdevice --print-xml"
    assert main(args.split()) == 1
    assert "/dev/nosuchdevice: no such device" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tpm", "model"),
    [("emulator", "tpm-crb"), ("emulator,version=2.0", None), ("passthrough", None), ("/dev/tpm1", None)],
)
def test_default_tpm_model_is_chosen_by_libvirt(tpm: str, model: str | None) -> None:
    """libvirt knows which model suits the host's TPM or a TPM version; only a plain emulator gets a model."""
    (device,) = guest("--tpm", tpm).devices_of(Tpm)
    assert (device.model, device.backend_device_path) == (model, "/dev/tpm1" if "/" in tpm else None)


def test_disk_of_a_container_has_no_format() -> None:
    """The LXC driver does not support <driver type=>."""
    args = "--memory 1024 --virt-type lxc --container --filesystem /srv,/ --disk /images/disk.qcow2,format=qcow2,size=1"
    (disk,) = compose(parse_request(args.split()), LXC.facts(driver="lxc")).final.devices_of(Disk)
    assert disk.driver_type is None


GUEST_THAT_IS_OFF = """\
<node xmlns:test="http://libvirt.org/schemas/domain/test/1.0">
  <domain type="test">
    <test:runstate>5</test:runstate>
    <name>off</name>
    <metadata><o:libosinfo xmlns:o="http://libosinfo.org/xmlns/libvirt/domain/1.0">
      <o:os id="http://fedoraproject.org/fedora/17"/></o:libosinfo></metadata>
    <memory>65536</memory>
    <os><type arch="i686">hvm</type></os>
    <devices><disk type="block"><source dev="/dev/null"/><target dev="hda" bus="ide"/></disk></devices>
  </domain>
</node>
"""


def test_reinstall_records_the_new_os(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The metadata of the guest names the OS that is installed."""
    system = os_named("fedora28")
    (tmp_path / "node.xml").write_text(GUEST_THAT_IS_OFF)
    args = f"--connect test://{tmp_path}/node.xml --reinstall off --pxe --osinfo fedora28 --print-xml 2"
    assert main(args.split()) == 0
    assert Domain.parse(capsys.readouterr().out).os_id == system.id


def test_reinstall_ignores_options_of_new_guests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One warning lists the options without effect."""
    (tmp_path / "node.xml").write_text(GUEST_THAT_IS_OFF)
    args = f"--connect test://{tmp_path}/node.xml --reinstall off --pxe --memory 512 --disk size=1 --dry-run"
    assert main(args.split()) == 0
    assert "--memory, --disk have no effect" in capsys.readouterr().err


def test_an_edited_cpu_mode_keeps_the_match_attribute(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the model is removed."""
    before = '<domain type="kvm"><name>x</name><cpu mode="custom" match="exact"><model>Penryn</model></cpu></domain>'
    monkeypatch.setattr("sys.stdin", io.StringIO(before))
    assert xml_main(["--connect", "test:///default", "--edit", "--cpu", "host-passthrough", "--print-xml"]) == 0
    cpu = Domain.parse(capsys.readouterr().out).cpu
    assert (cpu.mode, cpu.match, cpu.model) == ("host-passthrough", "exact", None)
