"""Changes of guests that exist: which device is which, what is kept, what is refused. On libvirt's test driver."""

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
    """A lab with the guest `a`."""
    return Lab.parse(f"version: 1\nproject: p\nguests: {{a: {{{BASE}, {values}}}}}\n", "guests.yaml")


def created(hypervisor: Hypervisor, values: str) -> None:
    """Create the guest."""
    (outcome,) = lab(values).apply(hypervisor)
    assert outcome.message is None and outcome.status == "done"


def changed(hypervisor: Hypervisor, values: str) -> Comparison:
    """Apply other values; return what was different. A second comparison finds nothing."""
    (found,) = lab(values).diff(hypervisor)
    (outcome,) = lab(values).apply(hypervisor)
    assert outcome.message is None, outcome
    (again,) = lab(values).diff(hypervisor)
    assert not again.is_different, again.changes
    return found


def disks(hypervisor: Hypervisor) -> dict[str | None, str | None]:
    """File by target."""
    return {disk.target_dev: disk.source_file for disk in hypervisor.guest("a").domain.devices_of(Disk)}


def edit(hypervisor: Hypervisor, old: str, new: str) -> None:
    """Change the definition as `virsh edit` does."""
    xml = hypervisor.guest("a").handle.xml(inactive=True)
    assert old in xml
    hypervisor.host.define_guest(xml.replace(old, new))


def test_removed_first_disk_is_the_one_that_goes(hypervisor: Hypervisor) -> None:
    """The second one keeps its target and its file."""
    created(hypervisor, "network: none, disk: [{size: 1}, {size: 2}]")
    first, second = disks(hypervisor).items()
    found = changed(hypervisor, "network: none, disk: [{size: 2}]")
    others = [each.path for each in found.changes if not each.path.startswith(f"devices/disk[{first[0]}]")]
    assert others == [f"devices/disk[{second[0]}]/boot/@order"]
    assert disks(hypervisor) == dict([second])


def test_removed_first_interface_is_the_one_that_goes(hypervisor: Hypervisor) -> None:
    """The second one keeps its MAC address."""
    created(hypervisor, "disk: none, network: [{network: default}, {network: default, model: e1000}]")
    _, kept = hypervisor.guest("a").domain.devices_of(Interface)
    changed(hypervisor, "disk: none, network: [{network: default, model: e1000}]")
    assert [each.mac_address for each in hypervisor.guest("a").domain.devices_of(Interface)] == [kept.mac_address]


def test_order_of_disks_in_the_file_is_the_boot_order(hypervisor: Hypervisor) -> None:
    """They are recognized by their values, and keep their targets."""
    created(hypervisor, "network: none, disk: [{path: /x/a.img, size: 1}, {path: /x/b.img, size: 2}]")
    before = disks(hypervisor)
    (found,) = lab("network: none, disk: [{path: /x/b.img, size: 2}, {path: /x/a.img, size: 1}]").diff(hypervisor)
    assert {each.path.rpartition("/boot/")[2] for each in found.changes} == {"@order"}
    assert disks(hypervisor) == before


def test_added_disk_comes_to_the_others(hypervisor: Hypervisor) -> None:
    """Before the first in the file, but after it in the guest."""
    created(hypervisor, "network: none, disk: [{path: /x/a.img, size: 1}]")
    ((target, path),) = disks(hypervisor).items()
    found = changed(hypervisor, "network: none, disk: [{path: /x/b.img, size: 1}, {path: /x/a.img, size: 1}]")
    assert found.action == "update"
    after = disks(hypervisor)
    assert after[target] == path == "/x/a.img" and set(after.values()) == {"/x/a.img", "/x/b.img"}


def test_smaller_disk_is_refused(hypervisor: Hypervisor) -> None:
    """The data in it would be lost."""
    created(hypervisor, "network: none, disk: [{size: 2}]")
    smaller = lab("network: none, disk: [{size: 1}]")
    with pytest.raises(RequestError, match=r"guests.yaml:3:10: a.disk\[0\].size: .* cannot shrink") as caught:
        smaller.apply(hypervisor)
    assert caught.value.hint == "write size: 2, or create the guest again: --recreate a"


def test_larger_disk_grows(hypervisor: Hypervisor) -> None:
    """Its size is not in the XML."""
    created(hypervisor, "network: none, disk: [{size: 1}, {size: 2}]")
    (first, *_) = disks(hypervisor)
    (found,) = lab("network: none, disk: [{size: 3}, {size: 2}]").diff(hypervisor)
    assert found.changes == ((f"devices/disk[{first}]/size", str(1 << 30), str(3 << 30)),)
    assert found.at_creation == () and found.at_next_boot == ()
    changed(hypervisor, "network: none, disk: [{size: 3}, {size: 2}]")


def test_format_of_an_image_is_never_changed(hypervisor: Hypervisor) -> None:
    """The data would be read as something else; it acts at the creation."""
    created(hypervisor, "network: none, disk: [{size: 1, format: qcow2}]")
    (found,) = lab("network: none, disk: [{size: 1, format: raw}]").diff(hypervisor)
    assert found.changes == () and found.at_creation == ("disk",)


def test_drift_is_reverted_only_where_the_file_sets_the_value(hypervisor: Hypervisor) -> None:
    """`virsh edit` changed the memory, which the file has, and the description, which it does not have."""
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


def test_detached_disk_of_the_file_comes_back_with_its_image(hypervisor: Hypervisor) -> None:
    """Somebody detached it; no new image is created for it."""
    created(hypervisor, "network: none, disk: [{size: 1}, {size: 2}]")
    before = disks(hypervisor)
    domain = hypervisor.guest("a").domain
    domain.remove(domain.devices_of(Disk)[1])
    hypervisor.host.define_guest(domain.to_xml())
    found = changed(hypervisor, "network: none, disk: [{size: 1}, {size: 2}]")
    assert found.action == "update" and disks(hypervisor) == before


def test_mac_address_changed_by_somebody_is_kept(hypervisor: Hypervisor) -> None:
    """The file does not name it: no second interface is added."""
    created(hypervisor, "disk: none, network: [{network: default}]")
    mac = str(hypervisor.guest("a").domain.devices_of(Interface)[0].mac_address)
    edit(hypervisor, mac, "52:54:00:99:99:99")
    (found,) = lab("disk: none, network: [{network: default}]").diff(hypervisor)
    assert not found.is_different and found.drift


def test_bus_that_changes_keeps_the_image(hypervisor: Hypervisor) -> None:
    """The disk is the same one on another bus."""
    created(hypervisor, "network: none, disk: [{size: 1, bus: ide}]")
    (path,) = disks(hypervisor).values()
    changed(hypervisor, "network: none, disk: [{size: 1, bus: virtio}]")
    assert disks(hypervisor) == {"vda": path}


def test_changed_method_of_installation_changes_nothing_in_the_guest(hypervisor: Hypervisor) -> None:
    """It acts at the creation only."""
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
def test_disks_are_matched(old: list[str], new: list[str], expected: list[int | None]) -> None:
    """By target, all values, common values, and place."""

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
    """Only a device that the guest loses is removed."""
    changes = (Difference("devices/disk[vda]/driver/@discard", "unmap", None),)
    shown = difference_text([Comparison(name="a", action="update", changes=changes, removed=removed)])
    assert shown == f"a: change\n  {line}\n"


def test_a_drive_never_becomes_a_disk(hypervisor: Hypervisor) -> None:
    """The CD-ROM drive goes, and a new image is created for the disk."""
    created(hypervisor, "network: none, disk: [{path: /x/a.img, size: 1}, {device: cdrom}]")
    changed(hypervisor, "network: none, disk: [{path: /x/a.img, size: 1}, {path: /x/b.img, size: 1}]")
    found = [(disk.device, disk.source_file) for disk in hypervisor.guest("a").domain.devices_of(Disk)]
    assert found == [("disk", "/x/a.img"), ("disk", "/x/b.img")]


def test_another_path_is_another_disk(hypervisor: Hypervisor) -> None:
    """Also on another bus: the image of the former disk is not used for it."""
    created(hypervisor, "network: none, disk: [{path: /x/a.img, size: 1, bus: ide}]")
    changed(hypervisor, "network: none, disk: [{path: /x/b.img, size: 1, bus: virtio}]")
    assert disks(hypervisor) == {"vda": "/x/b.img"}


def test_another_board_gets_new_places_for_its_devices(hypervisor: Hypervisor) -> None:
    """Addresses and controllers of the former board are not kept."""
    values = "disk: [{path: /x/a.img, size: 1}], network: none, controller: 'usb,model=ich9-ehci1'"
    created(hypervisor, f"machine: q35, {values}")
    changed(hypervisor, f"machine: pc, {values}")
    xml = hypervisor.guest("a").handle.xml(inactive=True)
    assert "pcie-root" not in xml and "machine='pc" in xml


def test_autostart_follows_the_file(hypervisor: Hypervisor) -> None:
    """It is not in the XML; what somebody else changed is set again."""
    created(hypervisor, "disk: none, network: none")
    guest = hypervisor.guest("a").handle
    for value, expected in (("true", True), ("false", False)):
        found = changed(hypervisor, f"disk: none, network: none, autostart: {value}")
        assert [each.path for each in found.changes] == ["autostart"] and guest.is_autostarted() == expected
    changed(hypervisor, "disk: none, network: none, autostart: true")
    guest.set_autostart(False)
    changed(hypervisor, "disk: none, network: none, autostart: true")
    assert guest.is_autostarted()


def test_what_an_adopted_guest_lacks_is_a_difference_afterwards(hypervisor: Hypervisor) -> None:
    """It is taken over unchanged; then the file's values and devices are applied, and its disk keeps its place."""
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


def test_a_drive_that_becomes_a_disk_gets_a_new_image(hypervisor: Hypervisor) -> None:
    """Its medium is not used for the disk, although both have the same target."""
    medium = f"{{path: {__file__}, device: cdrom, bus: ide}}"
    created(hypervisor, f"network: none, disk: [{{path: /x/a.img, size: 1, bus: virtio}}, {medium}]")
    changed(hypervisor, "network: none, disk: [{path: /x/a.img, size: 1, bus: virtio}, {size: 1, bus: ide}]")
    first, second = hypervisor.guest("a").domain.devices_of(Disk)
    assert first.source_file == "/x/a.img"
    assert (second.device, second.target_dev) == ("disk", "hda") and second.source_file not in (None, __file__)
    changed(hypervisor, f"network: none, disk: [{{path: /x/a.img, size: 1, bus: virtio}}, {medium}]")
    assert [disk.source_file for disk in hypervisor.guest("a").domain.devices_of(Disk)] == ["/x/a.img", __file__]


def test_naming_what_the_guest_has_makes_no_difference(hypervisor: Hypervisor) -> None:
    """UUID, MAC address and path that were chosen for it; also on the way back."""
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


def test_a_guest_whose_medium_is_missing_can_be_adopted(hypervisor: Hypervisor) -> None:
    """Nothing is created for it, so nothing is checked."""
    hypervisor.host.define_guest(
        "<domain type='test'><name>a</name><memory>65536</memory><os><type>hvm</type></os><devices>"
        "<disk type='file' device='cdrom'><source file='/x/gone.iso'/><target dev='hda' bus='ide'/></disk>"
        "</devices></domain>"
    )
    version = lab("network: none, disk: [{path: /x/gone.iso, device: cdrom, bus: ide}]")
    (outcome,) = version.apply(hypervisor, adopt=["a"])
    assert (outcome.status, outcome.message) == ("done", None)


def test_drift_of_a_whole_device_is_one_line(hypervisor: Hypervisor) -> None:
    """A sound card that somebody added, and a changed value."""
    created(hypervisor, "disk: none, network: none")
    edit(hypervisor, "</devices>", "<sound model='ich9'/></devices>")
    edit(hypervisor, "</uuid>", "</uuid><description>mine</description>")
    found = lab("disk: none, network: none").diff(hypervisor)
    assert "a: drift, kept: devices/sound[1] was added\n" in difference_text(found)
    assert "a: drift, kept: description: (none) -> mine\n" in difference_text(found)
