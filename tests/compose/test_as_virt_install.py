"""What virt-install makes of command lines, as its 4.1.0 was seen to, and what its users' scripts therefore rely on."""

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
    """A KVM guest as it is after its installation."""
    return composed(PC, GuestKind("hvm", "x86_64", "kvm"), os_named(os), *args).final


def test_a_channel_of_ones_own_leaves_the_clipboard() -> None:
    """The guest agent's channel is given explicitly: SPICE's channel is added as well."""
    channels = guest("--graphics", "spice", "--channel", f"unix,target.type=virtio,target.name={AGENT}").devices_of(
        Channel
    )
    assert {channel.target_name for channel in channels} == {AGENT, CLIPBOARD}


def test_a_clipboard_of_ones_own_is_the_only_one() -> None:
    """Two channels of one name: the guest would find one of them."""
    channels = guest("--graphics", "spice", "--channel", "qemu-vdagent").devices_of(Channel)
    assert [(channel.type, channel.target_name) for channel in channels] == [("qemu-vdagent", CLIPBOARD)]


def test_a_channel_is_virtio() -> None:
    """libvirt rejects a channel without a target type."""
    assert [channel.target_type for channel in guest("--channel", "pty", "--graphics", "none").devices_of(Channel)] == [
        "virtio"
    ]


def test_the_installation_cd_is_the_first_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The guest also has a CD with drivers and an empty drive: firmware without a boot order boots the first."""
    for name in ("drivers.iso", "install.iso", "disk.img"):
        (tmp_path / name).touch()
    disks = f"--disk {tmp_path}/disk.img --disk {tmp_path}/drivers.iso,device=cdrom --disk device=cdrom"
    args = f"--connect test:///default --memory 2048 --osinfo generic --print-xml 1 {disks}"
    main([*args.split(), "--cdrom", f"{tmp_path}/install.iso"])
    drives = [disk for disk in Domain.parse(capsys.readouterr().out).devices_of(Disk) if disk.device == "cdrom"]
    assert [drive.source_file for drive in drives] == [f"{tmp_path}/install.iso", f"{tmp_path}/drivers.iso", None]


def test_a_label_of_a_model_is_dynamic() -> None:
    """Unless another type is named."""
    assert [label.type for label in guest("--seclabel", "model=dac,relabel=no").seclabels] == ["dynamic"]
    assert [label.type for label in guest("--seclabel", "model=dac,type=none").seclabels] == ["none"]


def test_the_default_cpu_by_its_name() -> None:
    """`--cpu default` is what no --cpu is."""
    named, unnamed = guest("--cpu", "default").cpu, guest().cpu
    assert (named.mode, named.model) == (unnamed.mode, unnamed.model)


def test_a_cd_with_an_imported_disk_counts() -> None:
    """Scripts attach a seed's CD this way; the guest boots from it first, and the warning names the alternative."""
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
def test_where_there_are_no_tags_a_target_is_a_path(host: HostFiles, platform: GuestKind) -> None:
    """A share's name is QEMU's alone."""
    with pytest.raises(RequestError, match="absolute path"):
        composed(host, platform, os_named("generic"), "--filesystem", "/srv,share")


def test_a_share_has_a_tag_with_qemu() -> None:
    """Mapped rights, as a directory that QEMU shares."""
    shares = guest("--filesystem", "/srv,share").devices_of(Filesystem)
    assert [(share.type, share.accessmode, share.target_dir) for share in shares] == [("mount", "mapped", "share")]
    with pytest.raises(RequestError, match="absolute path"):
        guest("--filesystem", "/srv.img,share,type=file")


def test_a_container_has_one_cpu() -> None:
    """What the OS database recommends is for machines."""
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
def test_an_installation_over_the_network_takes_memory(
    memory: str, while_installing: tuple[int, int], afterwards: int
) -> None:
    """The OS database lists what the installer needs; after the installation the guest has the requested memory."""
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
    """The plan of an installation from http://h/tree, with the URL passed to the installer."""
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
    """The location of the install tree follows."""
    installing = installed_from_a_tree(f"--disk none {args}", disks=()).install
    assert installing is not None
    assert installing.os.cmdline == command_line


def boot_classes(domain: Domain | None) -> list[str | None]:
    """The classes of devices that it boots from."""
    assert domain is not None
    return [boot.dev for boot in domain.os.boot_devices]


@pytest.mark.parametrize(
    ("method", "first"), [("--pxe", "network"), ("--cdrom http://h/x.iso", "cdrom"), ("--install bootdev=floppy", "fd")]
)
def test_an_order_of_classes_is_for_the_finished_guest(method: str, first: str) -> None:
    """The installation boots what installs, or an empty disk would come first."""
    args = f"--memory 2048 --disk /images/disk.qcow2,size=10 --virt-type kvm --boot hd,network {method}"
    plan = compose(parse_request(args.split()), PC.facts(os_named("debian11")))
    assert boot_classes(plan.install) == [first, "hd"]
    assert boot_classes(plan.final) == ["hd", "network"]


def test_an_installer_s_kernel_boots_without_classes() -> None:
    """It is booted directly."""
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
    """A CD that comes before the disks is there to be booted."""
    args = ["--memory", "2048", "--import", "--virt-type", "kvm", "--disk", disks[0], "--disk", disks[1]]
    final = compose(parse_request(args), PC.facts(os_named("debian11"), disks=(DiskFacts(), DiskFacts()))).final
    assert [disk.boot_order for disk in final.devices_of(Disk)] == orders


def emulated(arch: str, machine: str, *args: str) -> Domain:
    """A guest of that machine, which the host emulates."""
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
def test_a_board_gets_nothing_that_it_has_no_place_for(arch: str, machine: str, bus: str) -> None:
    """libvirt has no slots on such boards, for virtio, USB or a screen."""
    board = emulated(arch, machine)
    assert [disk.target_bus for disk in board.devices_of(Disk)] == [bus]
    assert [interface.model_type for interface in board.devices_of(Interface)] == [None]
    for kind in (Channel, Controller, Graphics, Input, Memballoon, Rng):
        assert not board.devices_of(kind)


@pytest.mark.parametrize(("arch", "machine"), [("armv7l", "virt"), ("ppc64", "pseries")])
def test_virtual_machines_of_these_have_virtio(arch: str, machine: str) -> None:
    """These machine types have virtio devices."""
    assert [disk.target_bus for disk in emulated(arch, machine).devices_of(Disk)] == ["virtio"]


def test_the_pointer_of_ibm_z_is_virtio() -> None:
    """There is no USB."""
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
    """This includes a guest with an unknown OS."""
    args = f"--memory 2048 --disk none --import --boot kernel=/k --arch {arch}"
    assert compose(parse_request(args.split()), HostFiles(CAPABILITIES).facts(os_named(os), disks=())).name == name


def test_a_bridge_without_a_name_is_the_host_s() -> None:
    """The one that its default route goes over."""
    facts = PC.facts(os_named("debian11"))
    facts = facts.replace(host=facts.host.replace(default_bridge="br0"))
    args = "--memory 2048 --disk /images/disk.qcow2,size=10 --import --network type=bridge --network bridge=own"
    bridges = [
        interface.source_bridge for interface in compose(parse_request(args.split()), facts).final.devices_of(Interface)
    ]
    assert bridges == ["br0", "own"]


def test_the_test_driver_has_usb_for_paravirtual_guests(capsys: pytest.CaptureFixture[str]) -> None:
    """What is redirected there needs a controller."""
    args = "--connect test:///default --memory 2048 --paravirt --disk none --import --redirdev usb --print-xml"
    assert main(args.split()) == 0
    controllers = Domain.parse(capsys.readouterr().out).devices_of(Controller)
    assert "usb" in {controller.type for controller in controllers}


def test_a_device_that_is_not_there_is_refused_with_the_test_driver_too(capsys: pytest.CaptureFixture[str]) -> None:
    """As with QEMU."""
    args = "--connect test:///default --memory 2048 --osinfo generic --import --disk /dev/nosuchdevice --print-xml"
    assert main(args.split()) == 1
    assert "/dev/nosuchdevice: no such device" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tpm", "model"),
    [("emulator", "tpm-crb"), ("emulator,version=2.0", None), ("passthrough", None), ("/dev/tpm1", None)],
)
def test_the_model_of_another_tpm_is_left_to_libvirt(tpm: str, model: str | None) -> None:
    """libvirt knows which model goes with the host's TPM or with a version, and which device there is."""
    (device,) = guest("--tpm", tpm).devices_of(Tpm)
    assert (device.model, device.backend_device_path) == (model, "/dev/tpm1" if "/" in tpm else None)


def test_a_container_s_disk_has_no_format() -> None:
    """Its driver takes none."""
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


def test_what_is_installed_again_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The guest gets another OS than before: its metadata names the new one."""
    system = os_named("fedora28")
    (tmp_path / "node.xml").write_text(GUEST_THAT_IS_OFF)
    args = f"--connect test://{tmp_path}/node.xml --reinstall off --pxe --osinfo fedora28 --print-xml 2"
    assert main(args.split()) == 0
    assert Domain.parse(capsys.readouterr().out).os_id == system.id


def test_what_is_installed_again_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One warning names the options that have no effect."""
    (tmp_path / "node.xml").write_text(GUEST_THAT_IS_OFF)
    args = f"--connect test://{tmp_path}/node.xml --reinstall off --pxe --memory 512 --disk size=1 --dry-run"
    assert main(args.split()) == 0
    assert "--memory, --disk have no effect" in capsys.readouterr().err


def test_an_edited_cpu_keeps_how_it_is_matched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the model goes."""
    before = '<domain type="kvm"><name>x</name><cpu mode="custom" match="exact"><model>Penryn</model></cpu></domain>'
    monkeypatch.setattr("sys.stdin", io.StringIO(before))
    assert xml_main(["--connect", "test:///default", "--edit", "--cpu", "host-passthrough", "--print-xml"]) == 0
    cpu = Domain.parse(capsys.readouterr().out).cpu
    assert (cpu.mode, cpu.match, cpu.model) == ("host-passthrough", "exact", None)
