"""Changes of existing guests: how devices are matched, which values are kept, and which changes are errors."""

from __future__ import annotations

import pytest

import virtinstall
from virtinstall import Disk, Hypervisor, Interface, Lab, RequestError
from virtinstall.cli.guest_diff import difference_text
from virtinstall.fleet.compare import Comparison
from virtinstall.fleet.devices import marks_of, pinned
from virtinstall.fleet.leaves import Difference
from virtinstall.options.command import parse_request

BASE = "memory: 64, import: true, osinfo: generic"


def lab(values: str) -> Lab:
    """Return a lab with the guest `a`."""
    return Lab.parse(f"version: 1\nproject: p\nguests: {{a: {{{BASE}, {values}}}}}\n", "guests.yaml")


def created(hypervisor: Hypervisor, values: str) -> None:
    """Create the guest."""
    (outcome,) = lab(values).apply(hypervisor)
    assert outcome.message is None and outcome.status == "done"


def changed(hypervisor: Hypervisor, values: str) -> Comparison:
    """Apply other values; return the previous differences. Afterwards there are none."""
    (found,) = lab(values).diff(hypervisor)
    (outcome,) = lab(values).apply(hypervisor)
    assert outcome.message is None, outcome
    (again,) = lab(values).diff(hypervisor)
    assert not again.is_different, again.changes
    return found


def disks(hypervisor: Hypervisor) -> dict[str | None, str | None]:
    """Return the file of each target."""
    return {disk.target_dev: disk.source_file for disk in hypervisor.guest("a").domain.devices_of(Disk)}


def edit(hypervisor: Hypervisor, old: str, new: str) -> None:
    """Change the definition as `virsh edit` does."""
    xml = hypervisor.guest("a").handle.xml(inactive=True)
    assert old in xml
    hypervisor.host.define_guest(xml.replace(old, new))


def test_first_disk_can_be_removed(hypervisor: Hypervisor) -> None:
    """The second one keeps its target and its file."""
    created(hypervisor, "network: none, disk: [{size: 1}, {size: 2}]")
    first, second = disks(hypervisor).items()
    found = changed(hypervisor, "network: none, disk: [{size: 2}]")
    others = [each.path for each in found.changes if not each.path.startswith(f"devices/disk[{first[0]}]")]
    assert others == [f"devices/disk[{second[0]}]/boot/@order"]
    assert disks(hypervisor) == dict([second])


def test_first_interface_can_be_removed(hypervisor: Hypervisor) -> None:
    """The second one keeps its MAC address."""
    created(hypervisor, "disk: none, network: [{network: default}, {network: default, model: e1000}]")
    _, kept = hypervisor.guest("a").domain.devices_of(Interface)
    changed(hypervisor, "disk: none, network: [{network: default, model: e1000}]")
    assert [each.mac_address for each in hypervisor.guest("a").domain.devices_of(Interface)] == [kept.mac_address]


def test_order_of_disks_is_the_boot_order(hypervisor: Hypervisor) -> None:
    """When the order changes, the disks keep their targets."""
    created(hypervisor, "network: none, disk: [{path: /x/a.img, size: 1}, {path: /x/b.img, size: 2}]")
    before = disks(hypervisor)
    (found,) = lab("network: none, disk: [{path: /x/b.img, size: 2}, {path: /x/a.img, size: 1}]").diff(hypervisor)
    assert {each.path.rpartition("/boot/")[2] for each in found.changes} == {"@order"}
    assert disks(hypervisor) == before


def test_disk_added_at_the_front_does_not_replace_the_first(hypervisor: Hypervisor) -> None:
    """The existing disk keeps its target."""
    created(hypervisor, "network: none, disk: [{path: /x/a.img, size: 1}]")
    ((target, path),) = disks(hypervisor).items()
    found = changed(hypervisor, "network: none, disk: [{path: /x/b.img, size: 1}, {path: /x/a.img, size: 1}]")
    assert found.action == "update"
    after = disks(hypervisor)
    assert after[target] == path == "/x/a.img" and set(after.values()) == {"/x/a.img", "/x/b.img"}


def test_smaller_disk_is_an_error(hypervisor: Hypervisor) -> None:
    """Shrinking the disk would destroy data."""
    created(hypervisor, "network: none, disk: [{size: 2}]")
    smaller = lab("network: none, disk: [{size: 1}]")
    with pytest.raises(RequestError, match=r"guests.yaml:3:10: a.disk\[0\].size: cannot shrink the disk") as caught:
        smaller.apply(hypervisor)
    recreate = "delete the guest with its disks and create it again with: virt-guest apply -f guests.yaml --recreate a"
    assert caught.value.hint == f"use `size: 2`, or {recreate}"


def test_larger_size_grows_the_disk(hypervisor: Hypervisor) -> None:
    """The size is compared although the XML does not contain it."""
    created(hypervisor, "network: none, disk: [{size: 1}, {size: 2}]")
    (first, *_) = disks(hypervisor)
    (found,) = lab("network: none, disk: [{size: 3}, {size: 2}]").diff(hypervisor)
    assert found.changes == ((f"devices/disk[{first}]/size", str(1 << 30), str(3 << 30)),)
    assert found.at_creation == () and found.at_next_boot == ()
    changed(hypervisor, "network: none, disk: [{size: 3}, {size: 2}]")


def test_format_of_an_image_is_not_changed(hypervisor: Hypervisor) -> None:
    """The data would be misinterpreted; the diff reports that the option applies at creation."""
    created(hypervisor, "network: none, disk: [{size: 1, format: qcow2}]")
    (found,) = lab("network: none, disk: [{size: 1, format: raw}]").diff(hypervisor)
    assert found.changes == () and found.at_creation == ("disk",)


def test_drift_is_reverted_only_if_the_file_sets_the_value(hypervisor: Hypervisor) -> None:
    """`virsh edit` changed the memory, which the file sets, and the description, which it does not."""
    created(hypervisor, "disk: none, network: none")
    edit(hypervisor, "<currentMemory unit='KiB'>65536", "<currentMemory unit='KiB'>32768")
    edit(hypervisor, "</uuid>", "</uuid><description>mine</description>")
    (found,) = lab("disk: none, network: none").diff(hypervisor)
    assert found.action == "update"
    assert found.changes == (("currentMemory", "32768", "65536"),)
    assert found.drift == (("description", None, "mine"),)
    changed(hypervisor, "disk: none, network: none")
    domain = hypervisor.guest("a").domain
    assert (domain.current_memory_kib, domain.description) == (65536, "mine")


def test_detached_disk_is_attached_again_with_its_image(hypervisor: Hypervisor) -> None:
    """Somebody detached the disk; no new image is created."""
    created(hypervisor, "network: none, disk: [{size: 1}, {size: 2}]")
    before = disks(hypervisor)
    domain = hypervisor.guest("a").domain
    domain.remove(domain.devices_of(Disk)[1])
    hypervisor.host.define_guest(domain.to_xml())
    found = changed(hypervisor, "network: none, disk: [{size: 1}, {size: 2}]")
    assert found.action == "update" and disks(hypervisor) == before


def test_changed_mac_address_is_kept_if_the_file_does_not_set_it(hypervisor: Hypervisor) -> None:
    """No second interface is added."""
    created(hypervisor, "disk: none, network: [{network: default}]")
    mac = str(hypervisor.guest("a").domain.devices_of(Interface)[0].mac_address)
    edit(hypervisor, mac, "52:54:00:99:99:99")
    (found,) = lab("disk: none, network: [{network: default}]").diff(hypervisor)
    assert not found.is_different and found.drift


def test_changed_bus_keeps_the_image(hypervisor: Hypervisor) -> None:
    """The disk is matched although its target changes."""
    created(hypervisor, "network: none, disk: [{size: 1, bus: ide}]")
    (path,) = disks(hypervisor).values()
    changed(hypervisor, "network: none, disk: [{size: 1, bus: virtio}]")
    assert disks(hypervisor) == {"vda": path}


def test_changed_install_method_does_not_change_the_guest(hypervisor: Hypervisor) -> None:
    """The diff reports that the option applies at creation."""
    created(hypervisor, "disk: none, network: none")
    values = "memory: 128, disk: none, network: none, pxe: true, osinfo: generic"
    (found,) = Lab.parse(f"version: 1\nproject: p\nguests: {{a: {{{values}}}}}\n").diff(hypervisor)
    assert {each.path for each in found.changes} == {"memory", "currentMemory"}
    assert found.at_creation == ("import", "pxe") or found.at_creation == ("import-disk", "pxe")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["size=1", "size=2"], ["size=2"], [1]),
        (["size=1", "size=2"], ["size=2", "size=1"], [1, None]),
        (["size=1"], ["size=5"], [0]),
        (["size=1,bus=scsi", "size=1,bus=usb"], ["size=9,bus=usb"], [1]),
        (["/a", "/b", "/c"], ["/a", "/c"], [0, 2]),
        (["/a"], ["/b", "/a"], [None, 0]),
        (["/a,device=cdrom", "/b"], ["/z,device=cdrom", "/b"], [0, 1]),
    ],
)
def test_disks_are_matched_by_target_values_and_position(
    old: list[str], new: list[str], expected: list[int | None]
) -> None:
    """`expected` is the former position of each new disk, or None."""

    def request(texts: list[str]) -> virtinstall.Request:
        return parse_request(["--name", "a", "--import", *(word for text in texts for word in ("--disk", text))])

    first = request(old)
    final = first.domain.clone()
    for number, disk in enumerate(final.devices_of(Disk)):
        disk.target_dev = f"vd{chr(97 + number)}"
    found = pinned(request(new), marks_of(first, final))
    places = [None if mark is None else ord(mark.key[-1]) - 97 for _, mark in found.devices]
    if expected == [1, None]:
        assert sorted(place for place in places if place is not None) == [0, 1]
    else:
        assert places == expected


@pytest.mark.parametrize(
    ("removed", "line"),
    [
        (("devices/disk[vda]",), "devices/disk[vda]: remove"),
        ((), "devices/disk[vda]/driver/@discard: unmap -> (none)"),
    ],
)
def test_device_that_loses_a_value_is_not_shown_as_removed(removed: tuple[str, ...], line: str) -> None:
    """The line `remove` is printed only for a removed device."""
    changes = (Difference("devices/disk[vda]/driver/@discard", "unmap", None),)
    shown = difference_text([Comparison(name="a", action="update", changes=changes, removed=removed)])
    assert shown == f"a: change\n  {line}\n"


def test_disk_does_not_replace_a_drive(hypervisor: Hypervisor) -> None:
    """The CD-ROM drive is removed, and a new disk is added."""
    created(hypervisor, "network: none, disk: [{path: /x/a.img, size: 1}, {device: cdrom}]")
    changed(hypervisor, "network: none, disk: [{path: /x/a.img, size: 1}, {path: /x/b.img, size: 1}]")
    found = [(disk.device, disk.source_file) for disk in hypervisor.guest("a").domain.devices_of(Disk)]
    assert found == [("disk", "/x/a.img"), ("disk", "/x/b.img")]


def test_disk_with_another_path_is_a_new_disk(hypervisor: Hypervisor) -> None:
    """The image of the previous disk is not used for it."""
    created(hypervisor, "network: none, disk: [{path: /x/a.img, size: 1, bus: ide}]")
    changed(hypervisor, "network: none, disk: [{path: /x/b.img, size: 1, bus: virtio}]")
    assert disks(hypervisor) == {"vda": "/x/b.img"}


def test_changed_machine_type_resets_addresses(hypervisor: Hypervisor) -> None:
    """Addresses and controllers of the previous machine type are removed."""
    values = "disk: [{path: /x/a.img, size: 1}], network: none, controller: 'usb,model=ich9-ehci1'"
    created(hypervisor, f"machine: q35, {values}")
    changed(hypervisor, f"machine: pc, {values}")
    xml = hypervisor.guest("a").handle.xml(inactive=True)
    assert "pcie-root" not in xml and "machine='pc" in xml


def test_autostart_is_compared_and_set(hypervisor: Hypervisor) -> None:
    """The XML does not contain it; a change by somebody else is reverted."""
    created(hypervisor, "disk: none, network: none")
    guest = hypervisor.guest("a").handle
    for value, expected in (("true", True), ("false", False)):
        found = changed(hypervisor, f"disk: none, network: none, autostart: {value}")
        assert [each.path for each in found.changes] == ["autostart"] and guest.is_autostarted() == expected
    changed(hypervisor, "disk: none, network: none, autostart: true")
    guest.set_autostart(False)
    changed(hypervisor, "disk: none, network: none, autostart: true")
    assert guest.is_autostarted()


def test_adopted_guest_is_changed_by_the_next_apply(hypervisor: Hypervisor) -> None:
    """The adoption itself changes nothing; the existing disk keeps its target."""
    hypervisor.host.define_guest(
        "<domain type='test'><name>a</name><memory>32768</memory><os><type>hvm</type></os><devices>"
        "<disk type='file' device='disk'><source file='/x/a.img'/><target dev='sdb' bus='scsi'/></disk>"
        "</devices></domain>"
    )
    version = lab(
        "network: none, autostart: true, disk: [{path: /x/a.img, size: 1, bus: scsi}, {path: /x/b.img, size: 1}]"
    )
    before = hypervisor.guest("a").handle.xml(inactive=True)
    version.apply(hypervisor, adopt=["a"])
    assert disks(hypervisor) == {"sdb": "/x/a.img"} and "32768" in before
    (found,) = version.diff(hypervisor)
    assert {each.path for each in found.changes} >= {"memory", "currentMemory", "autostart"}
    assert [name for name in found.added if "/disk[" in name] == ["devices/disk[hda]"] and found.removed == ()
    (outcome,) = version.apply(hypervisor)
    assert outcome.message is None and disks(hypervisor) == {"sdb": "/x/a.img", "hda": "/x/b.img"}
    assert hypervisor.guest("a").domain.memory_kib == 65536
    assert not version.diff(hypervisor)[0].is_different


def test_disk_with_the_target_of_a_drive_gets_a_new_image(hypervisor: Hypervisor) -> None:
    """The medium of the drive is not used for the disk."""
    medium = f"{{path: {__file__}, device: cdrom, bus: ide}}"
    created(hypervisor, f"network: none, disk: [{{path: /x/a.img, size: 1, bus: virtio}}, {medium}]")
    changed(hypervisor, "network: none, disk: [{path: /x/a.img, size: 1, bus: virtio}, {size: 1, bus: ide}]")
    first, second = hypervisor.guest("a").domain.devices_of(Disk)
    assert first.source_file == "/x/a.img"
    assert (second.device, second.target_dev) == ("disk", "hda") and second.source_file not in (None, __file__)
    changed(hypervisor, f"network: none, disk: [{{path: /x/a.img, size: 1, bus: virtio}}, {medium}]")
    assert [disk.source_file for disk in hypervisor.guest("a").domain.devices_of(Disk)] == ["/x/a.img", __file__]


def test_generated_values_in_the_file_are_not_differences(hypervisor: Hypervisor) -> None:
    """They are UUID, MAC address and path; removing them again is not a difference either."""
    values = "network: [{network: default}], disk: [{size: 1}]"
    created(hypervisor, values)
    guest = hypervisor.guest("a")
    (interface,), (disk,) = guest.domain.devices_of(Interface), guest.domain.devices_of(Disk)
    named = (
        f"network: [{{network: default, mac: '{interface.mac_address}'}}], metadata: {{uuid: '{guest.uuid}'}}, "
        f"disk: [{{size: 1, path: {disk.source_file}}}]"
    )
    for version in (named, values):
        (found,) = lab(version).diff(hypervisor)
        assert not found.is_different, (version, found.changes, found.at_creation)


def test_guest_with_a_missing_medium_can_be_adopted(hypervisor: Hypervisor) -> None:
    """Nothing is created, so the medium is not needed."""
    hypervisor.host.define_guest(
        "<domain type='test'><name>a</name><memory>65536</memory><os><type>hvm</type></os><devices>"
        "<disk type='file' device='cdrom'><source file='/x/gone.iso'/><target dev='hda' bus='ide'/></disk>"
        "</devices></domain>"
    )
    version = lab("network: none, disk: [{path: /x/gone.iso, device: cdrom, bus: ide}]")
    (outcome,) = version.apply(hypervisor, adopt=["a"])
    assert (outcome.status, outcome.message) == ("done", None)


def test_drift_of_a_whole_device_is_one_line(hypervisor: Hypervisor) -> None:
    """Somebody added a sound card; another line shows a changed value."""
    created(hypervisor, "disk: none, network: none")
    edit(hypervisor, "</devices>", "<sound model='ich9'/></devices>")
    edit(hypervisor, "</uuid>", "</uuid><description>mine</description>")
    found = lab("disk: none, network: none").diff(hypervisor)
    assert "a: changed outside the file, kept: devices/sound[1] was added\n" in difference_text(found)
    assert "a: changed outside the file, kept: description: (none) -> mine\n" in difference_text(found)


def test_device_that_libvirt_adds_is_not_drift(hypervisor: Hypervisor) -> None:
    """A newer libvirt adds devices when it reads the definition of an existing guest."""
    created(hypervisor, "disk: none, network: none")
    edit(hypervisor, "</devices>", "<hub type='usb'/></devices>")
    (found,) = lab("disk: none, network: none").diff(hypervisor)
    assert found.drift == () and not found.is_different
