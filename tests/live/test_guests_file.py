"""A guests file with libvirtd: changes of a running guest, without a restart if possible."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lxml import etree

import virtinstall
from virtinstall import GIB, MIB, Disk, Hypervisor, Interface, Lab, Outcome
from virtinstall.cli.main import guest_main
from virtinstall.fleet import apply as fleet_apply
from virtinstall.fleet.compare import Comparison
from virtinstall.storage.probe import probe_image

pytestmark = pytest.mark.live


def lab(name: str, values: str = "", *, vcpus: int = 1, disks: str = "[{size: 0.1}]", network: str = "none") -> Lab:
    """Return a lab with one small guest."""
    return Lab.parse(
        f"version: 1\nproject: {name}\nguests:\n  {name}: {{memory: {{memory: 160, currentMemory: 128}}, "
        f"vcpus: {{vcpus: {vcpus}, maxvcpus: 2}}, virt-type: qemu, import: true, osinfo: linux2022, graphics: none, "
        f"disk: {disks}, network: {network}{', ' if values else ''}{values}}}\n",
        "guests.yaml",
    )


class Running:
    """A running guest of a file; `apply` changes it and asserts that it was not restarted."""

    def __init__(self, hypervisor: Hypervisor, first: Lab) -> None:
        (outcome,) = first.apply(hypervisor)
        assert outcome.message is None
        self.hypervisor = hypervisor
        self.guest = hypervisor.guest(outcome.name)
        self.number = self.id()

    def id(self) -> int:
        """Return libvirt's ID of the running guest."""
        return int(self.guest.handle.domain.ID())  # type: ignore[attr-defined]

    def apply(self, changed: Lab, *, releases: bool = True) -> tuple[Comparison, Outcome]:
        """Apply another file; with `releases=False`, the guest keeps a detached device until it is started again."""
        (found,) = changed.diff(self.hypervisor)
        (outcome,) = changed.apply(self.hypervisor)
        assert (outcome.status, outcome.message) == ("done", None)
        assert self.id() == self.number, "it was restarted"
        assert outcome.pending == (bool(found.at_next_boot) or not releases), (found, outcome)
        (after,) = changed.diff(self.hypervisor)
        assert not after.is_different, after.changes
        assert after.drift == () and after.pending == outcome.pending
        return found, outcome

    def live(self) -> virtinstall.Domain:
        """Return the XML of the running guest."""
        return virtinstall.Domain.parse(self.guest.xml)

    def defined(self) -> virtinstall.Domain:
        """Return the definition of the guest."""
        return self.guest.domain

    def edit(self, old: str, new: str) -> None:
        """Change the definition as `virsh edit` does."""
        xml = self.guest.handle.xml(inactive=True)
        assert old in xml
        self.hypervisor.host.define_guest(xml.replace(old, new))


def test_running_guest_gets_vcpus_a_disk_and_an_interface(hypervisor: Hypervisor, name: str) -> None:
    """They are added without a restart; the new disk is deleted with the guest."""
    running = Running(hypervisor, lab(name))
    _, outcome = running.apply(lab(name, vcpus=2, disks="[{size: 0.1}, {size: 0.1}]", network="user"))
    assert not outcome.pending
    assert len(running.live().devices_of(Disk)) == 2 and len(running.live().devices_of(Interface)) == 1
    paths = [str(disk.source_file) for disk in running.live().devices_of(Disk)]
    running.guest.delete(force=True)
    assert [path for path in paths if os.path.exists(path)] == []


def test_memory_title_and_description_change_in_the_running_guest(hypervisor: Hypervisor, name: str) -> None:
    """The memory is within the maximum."""
    running = Running(hypervisor, lab(name))
    text = str(running.defined().title or "")
    changed = lab(name, "metadata: {title: one, description: two}")
    _, outcome = running.apply(changed)
    assert not outcome.pending and not text
    assert (running.live().title, running.live().description) == ("one", "two")
    more = Lab.parse(
        f"version: 1\nproject: {name}\nguests:\n  {name}: {{memory: {{memory: 160, currentMemory: 144}}, "
        "vcpus: {vcpus: 1, maxvcpus: 2}, virt-type: qemu, import: true, osinfo: linux2022, graphics: none, "
        "disk: [{size: 0.1}], network: none, metadata: {title: one, description: two}}\n"
    )
    _, outcome = running.apply(more)
    assert not outcome.pending
    # QEMU has the new target, but a guest without an OS has no balloon driver
    assert running.defined().current_memory_kib == 144 << 10


def test_removed_disk_and_interface_are_detached(hypervisor: Hypervisor, name: str) -> None:
    """The others keep target and MAC address, and the image is kept. Without an OS, this happens at the next start."""
    running = Running(hypervisor, lab(name, disks="[{size: 0.1}, {size: 0.2}]", network="[user, 'user,model=e1000']"))
    first, second = running.live().devices_of(Disk)
    _, kept = running.live().devices_of(Interface)
    changed = lab(name, disks="[{size: 0.2}]", network="['user,model=e1000']")
    _, outcome = running.apply(changed, releases=False)
    assert outcome.pending and os.path.exists(str(first.source_file))
    (disk,), (interface,) = running.defined().devices_of(Disk), running.defined().devices_of(Interface)
    assert (disk.target_dev, disk.source_file) == (second.target_dev, second.source_file)
    assert interface.mac_address == kept.mac_address


def test_disk_grows_in_a_running_guest_and_in_one_that_is_off(hypervisor: Hypervisor, name: str) -> None:
    """QEMU reports the new size, or the image has it; a smaller size is an error."""
    running = Running(hypervisor, lab(name))
    _, outcome = running.apply(lab(name, disks="[{size: 0.25}]"))
    assert not outcome.pending
    assert running.guest.handle.disk_capacity("vda") == GIB // 4
    running.guest.destroy()
    (outcome,) = lab(name, disks="[{size: 0.5}]").apply(hypervisor)
    assert outcome.status == "done"
    image = str(running.defined().devices_of(Disk)[0].source_file)
    assert probe_image(image, "qcow2").virtual_size == GIB // 2
    with pytest.raises(virtinstall.RequestError, match="cannot shrink"):
        lab(name, disks="[{size: 0.25}]").diff(hypervisor)


def test_media_and_links_change_in_the_running_guest(hypervisor: Hypervisor, name: str, work: Path) -> None:
    """A medium is replaced, ejected and inserted; the link of an interface goes down and up."""
    for letter in "ab":
        (work / f"{letter}.iso").write_bytes(letter.encode() * MIB)

    def version(medium: str, link: str) -> Lab:
        path = f"path: {work}/{medium}.iso, " if medium else ""
        return lab(
            name,
            disks=f"[{{size: 0.1}}, {{{path}device: cdrom}}]" if medium else "[{size: 0.1}, {device: cdrom}]",
            network=f"{{type: user, link.state: {link}}}",
        )

    running = Running(hypervisor, version("a", "up"))
    for medium, link in (("b", "down"), ("a", "up")):
        _, outcome = running.apply(version(medium, link))
        assert not outcome.pending
        (drive,) = [disk for disk in running.live().devices_of(Disk) if disk.device == "cdrom"]
        assert drive.source_file == str(work / f"{medium}.iso")
        assert running.live().devices_of(Interface)[0].link_state == link


def test_disk_without_hotplug_is_added_at_the_next_boot(hypervisor: Hypervisor, name: str) -> None:
    """It is pending until `reboot` restarts the guest."""
    running = Running(hypervisor, lab(name))
    changed = lab(name, disks="[{size: 0.1}, {size: 0.1, bus: sata}]")
    found, outcome = running.apply(changed)
    assert outcome.pending and found.at_next_boot
    assert len(running.live().devices_of(Disk)) == 1 and len(running.defined().devices_of(Disk)) == 2
    fleet_apply.SHUTDOWN_SECONDS, before = 0.5, fleet_apply.SHUTDOWN_SECONDS
    try:
        (outcome,) = changed.apply(hypervisor, reboot=True)
        assert outcome.status == "failed" and "--force" in str(outcome.hint), outcome
        (outcome,) = changed.apply(hypervisor, reboot=True, force=True)
    finally:
        fleet_apply.SHUTDOWN_SECONDS = before
    assert (outcome.status, outcome.action, outcome.restarted, outcome.pending) == ("done", "reboot", True, False)
    assert len(running.live().devices_of(Disk)) == 2
    (after,) = changed.diff(hypervisor)
    assert not after.is_different and not after.pending


def test_drift_is_reverted_or_reported(hypervisor: Hypervisor, name: str) -> None:
    """A value that the file sets is restored; other values are reported and kept."""
    running = Running(hypervisor, lab(name))
    running.edit("<currentMemory unit='KiB'>131072", "<currentMemory unit='KiB'>65536")
    running.edit("<on_crash>destroy", "<on_crash>preserve")
    (found,) = lab(name).diff(hypervisor)
    assert found.changes == (("currentMemory", "65536", "131072"),)
    assert [(each.path, each.after) for each in found.drift] == [("on_crash", "preserve")]
    (outcome,) = lab(name).apply(hypervisor)
    assert (outcome.status, outcome.message, outcome.pending) == ("done", None, False)
    assert running.id() == running.number
    root = etree.fromstring(running.guest.handle.xml(inactive=True).encode())
    assert (root.findtext("currentMemory"), root.findtext("on_crash")) == ("131072", "preserve")


def test_running_guests_are_deleted_in_parallel_in_the_reverse_order(
    hypervisor: Hypervisor, name: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Dependents are deleted first, the others in parallel; no disk is left."""
    work.chmod(0o777)
    path = work / "guests.yaml"
    options = "memory: 48, virt-type: qemu, import: true, osinfo: generic, graphics: none, network: none"
    disk = f"disk: {{path: '{work}/{{name}}.qcow2', size: 0.1}}"
    path.write_text(
        f"version: 1\nproject: {name}\ndefaults: {{{options}, {disk}}}\nguests:\n"
        f"  {name}-db:\n  {name}-web: {{count: 3, after: {name}-db}}\n"
    )
    assert {each.status for each in Lab.load(path).apply(hypervisor)} == {"done"}
    assert guest_main(["delete", "-f", str(path), "--force", "--yes"]) == 0
    deleted = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Deleted")]
    assert len(deleted) == 4 and deleted[-1] == f"Deleted '{name}-db'."
    assert not [each for each in hypervisor.guests() if each.name.startswith(name)]
    assert [each.name for each in work.iterdir()] == ["guests.yaml"]


def test_existing_guest_must_reach_its_goal_before_dependents(hypervisor: Hypervisor, name: str) -> None:
    """An apply that failed at a goal fails again, and does not create the dependents."""
    one = "virt-type: qemu, memory: 48, import: true, osinfo: linux2022, graphics: none, disk: none"
    first = f"{name}: {{{one}, network: {{type: user}}, wait-for: ip, timeout: 1s}}"
    guests = Lab.parse(
        f"version: 1\nproject: {name}\nguests:\n  {first}\n  {name}-2: {{{one}, network: none, after: {name}}}\n"
    )
    for status, action in (("failed", "create"), ("failed", "none")):
        found = [(each.status, each.action) for each in guests.apply(hypervisor)]
        assert found == [(status, action), ("skipped", "create")]
    (alone,) = guests.apply(hypervisor, [name])
    assert alone.status == "unchanged", "without a new guest after it, it is not waited for"
    guests = Lab.parse(
        f"version: 1\nproject: {name}\nguests:\n  {first.replace('wait-for: ip, timeout: 1s', 'wait-for: running')}\n"
        f"  {name}-2: {{{one}, network: none, after: {name}}}\n"
    )
    assert [(each.status, each.action) for each in guests.apply(hypervisor)] == [
        ("unchanged", "none"),
        ("done", "create"),
    ]
    gone = Lab.parse(f"version: 1\nproject: {name}\nguests: {{{name}-2: {{state: absent}}}}\n")
    assert [each.status for each in gone.apply(hypervisor, force=True)] == ["done"]
