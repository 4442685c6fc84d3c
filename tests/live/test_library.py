"""The public API with real guests: features that libvirt's test driver does not support."""

from __future__ import annotations

import io
import runpy
import subprocess
import time
from pathlib import Path

import pytest

import virtinstall
from tests.docs.examples import examples
from tests.live.machine import Connection
from virtinstall import GIB, MIB, Disk, Domain, Existing, Guest, GuestSpec, Hypervisor, Interface, Pxe, State, Tree
from virtinstall.devices import Serial

pytestmark = pytest.mark.live


def small(name: str, *devices: Disk | Interface | Serial) -> Domain:
    """Return a guest without a disk or an interface, which does not boot."""
    return Domain(name=name, type="qemu", memory_kib=64 * 1024, devices=devices)


def spec(domain: Domain, install: virtinstall.Install = Existing()) -> GuestSpec:  # noqa: B008
    """Return a guest with only the devices of `domain`."""
    without = ["disk", "interface", "graphics", "video", "sound", "channel", "redirdev"]
    return GuestSpec(domain, install=install, os="generic", without=without)


def tiny(tree: Path, name: str, arguments: str) -> Domain:
    """Return a guest that boots the tiny kernel."""
    domain = small(name, Serial(type="pty"))
    domain.memory_kib = 192 * 1024
    files = tree / "images" / "pxeboot"
    domain.os.kernel, domain.os.initrd = str(files / "vmlinuz"), str(files / "initrd.img")
    domain.os.cmdline = f"console=ttyS0 quiet {arguments}"
    return domain


def test_devices_are_attached_to_guest_and_definition(hypervisor: Hypervisor, name: str, work: Path) -> None:
    """Each device is then updated and detached."""
    guest = hypervisor.create(hypervisor.plan(spec(small(name))))
    disk = guest.attach(Disk(path=str(work / "more.qcow2"), size_bytes=16 * MIB, target_bus="scsi"), live=False)
    card = guest.attach(Interface(type="user"), live=False)
    assert (work / "more.qcow2").exists() and disk.target_dev == "sda" and card.mac_address

    assert [each.mac_address for each in guest.domain.devices_of(Interface)] == [card.mac_address]
    guest.update(Interface(mac_address=card.mac_address, link_state="down"), live=False)
    assert guest.domain.devices_of(Interface)[0].link_state == "down"
    guest.detach(card, live=False)
    guest.detach(disk, live=False)
    assert not guest.domain.devices_of(Interface) and not guest.domain.devices_of(Disk)
    assert (work / "more.qcow2").exists(), "detaching keeps the image"


def test_attached_disk_is_deleted_with_the_guest(hypervisor: Hypervisor, name: str, work: Path) -> None:
    """It was created for the guest; afterwards each method raises an error, because the guest does not exist."""
    guest = hypervisor.create(hypervisor.plan(spec(small(name))))
    guest.attach(Disk(path=str(work / "more.qcow2"), size_bytes=16 * MIB), live=False)
    assert str(work / "more.qcow2") in [item.path for item in guest.delete(force=True).removed]
    assert guest.state is State.GONE and not (work / "more.qcow2").exists()
    for use in (guest.start, guest.shutdown, lambda: guest.xml, lambda: guest.domain, lambda: guest.wait_for("ip")):
        with pytest.raises(virtinstall.GuestNotFound, match=f"the guest '{name}' no longer exists"):
            use()


@pytest.mark.parametrize("os", ["generic", "fedora36", "winxp"])
def test_devices_with_defaults_are_attached_live(hypervisor: Hypervisor, name: str, work: Path, os: str) -> None:
    """They are a disk, a CD-ROM and an interface for any OS; devices without hot-plug have a hint."""
    guest = hypervisor.create(hypervisor.plan(spec(small(name)).replace(os=os)))
    (work / "cd.iso").write_bytes(bytes(65536))
    disk = guest.attach(Disk(path=str(work / "more.qcow2"), size_bytes=16 * MIB))
    drive = guest.attach(Disk(path=str(work / "cd.iso"), device="cdrom"))
    guest.attach(Interface(type="user"))
    for domain in (guest.domain, Domain.parse(guest.xml)):
        assert [each.target_dev for each in domain.devices_of(Disk)] == [disk.target_dev, drive.target_dev]
        assert len(domain.devices_of(Interface)) == 1
    with pytest.raises(virtinstall.HypervisorError) as caught:
        guest.attach(virtinstall.Sound())
    assert "live=False" in str(caught.value.hint)


def test_script_of_the_manual_attaches_devices(hypervisor: Hypervisor, name: str, work: Path) -> None:
    """The example of the library's page runs with a running guest."""
    text = next(each.text for each in examples("python") if "guest.attach" in each.text)
    guest = hypervisor.create(hypervisor.plan(spec(small(name)).replace(os="fedora36")))
    script = work / "script.py"
    script.write_text(text.replace('"web"', repr(name)).replace("qemu:///system", hypervisor.uri))
    runpy.run_path(str(script))
    live = Domain.parse(guest.xml)
    assert live.devices_of(Interface)[0].link_state == "down"
    assert not guest.domain.devices_of(Interface)
    for path in Path("/var/lib/libvirt/images").glob(f"{name}*"):
        path.unlink()


def test_installation_is_completed_in_the_background(hypervisor: Hypervisor, name: str, tiny_tree: Path) -> None:
    """The installer reboots; the guest is started again with its final definition, without another call."""
    domain = small(name, Serial(type="pty"))
    domain.memory_kib = 192 * 1024
    install = Tree(tiny_tree, extra_args=["console=ttyS0 quiet tiny.wait=1"])
    guest = hypervisor.create(hypervisor.plan(spec(domain, install).replace(os="fedora36")))
    assert Domain.parse(guest.xml).on_reboot == "destroy"
    wait_until(lambda: Domain.parse(guest.xml).on_reboot == "restart" and guest.state is State.RUNNING)
    assert guest.wait_for("installed", timeout=5) == ()
    assert guest.wait_for("running", timeout=5) == ()


def wait_until(done: object) -> None:
    """Wait up to a minute."""
    end = time.monotonic() + 60
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.2)


def test_each_failure_of_wait_for_has_an_error_class(hypervisor: Hypervisor, name: str) -> None:
    """After a timeout, the guest is still running."""
    guest = hypervisor.create(hypervisor.plan(spec(small(name), Pxe())))
    with pytest.raises(virtinstall.WaitTimeout):
        guest.wait_for("installed", timeout=1)
    assert guest.state.is_active
    guest.destroy()
    with pytest.raises(virtinstall.GuestStopped):
        guest.wait_for("running", timeout=20)
    assert not guest.state.is_active


def test_interrupted_installation_is_completed_later(system: Connection, name: str) -> None:
    """A script ends during the installation; the next one completes it."""
    with virtinstall.connect(system.option) as first:
        first.create(first.plan(spec(small(name), Pxe())))
    with virtinstall.connect(system.option) as second:
        with pytest.raises(virtinstall.WaitTimeout):
            second.finish(name, timeout=1)
        # the monitor command has the effect of the installer's reboot; QEMU may exit before it answers
        subprocess.run(
            ["virsh", "-q", "-c", system.option, "qemu-monitor-command", name, "--hmp", "system_reset"], check=False
        )
        guest = second.finish(name, timeout=30)
        assert guest.state is State.RUNNING
        assert Domain.parse(guest.xml).on_reboot == "restart"


def test_console_is_copied_to_a_stream(hypervisor: Hypervisor, name: str, tiny_tree: Path) -> None:
    """The guest is created paused, so that its first line is included."""
    output = io.BytesIO()
    request = spec(tiny(tiny_tree, name, "tiny.wait=1 tiny.print=hello-from-inside"))
    guest = hypervisor.create(hypervisor.plan(request), paused=True)
    assert guest.state is State.PAUSED
    guest.console(output)
    assert b"hello-from-inside" in output.getvalue()


def test_lookup_by_name_rejects_uuid_and_id(hypervisor: Hypervisor, name: str) -> None:
    """Only names are accepted."""
    guest: Guest = hypervisor.create(hypervisor.plan(spec(small(name))))
    assert hypervisor.guest_by_uuid(guest.uuid).name == name
    for other in (guest.uuid, str(guest.handle.domain.ID())):  # type: ignore[attr-defined]
        with pytest.raises(virtinstall.GuestNotFound):
            hypervisor.guest(other)
    assert guest.name in [each.name for each in hypervisor.guests()]


def test_failed_attach_removes_the_new_image(hypervisor: Hypervisor, name: str, work: Path) -> None:
    """The bus of the disk does not support hot-plug."""
    guest = hypervisor.create(hypervisor.plan(spec(small(name))))
    before = guest.domain.to_xml()
    with pytest.raises(virtinstall.VirtInstallError):
        guest.attach(Disk(path=str(work / "no.qcow2"), size_bytes=GIB, target_bus="ide", target_dev="hda"))
    assert not (work / "no.qcow2").exists()
    assert guest.domain.to_xml() == before
