"""Effects of an edit on other parts of the guest: values that can be set in two places are merged by one rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.edit.conftest import GUEST, VirtXml

DIFF = "--print-diff"


def printed(virt_xml: VirtXml, *changes: list[str]) -> str:
    """Return the XML of a guest after the changes, applied one by one."""
    text = GUEST.format(name="new", uuid="11111111-0000-0000-0000-000000000009", state="")
    for args in changes:
        run = virt_xml(*args, stdin=text)
        assert run.status == 0, run.err
        text = run.out
    return text


@pytest.mark.parametrize(
    "args", [["--boot", "hd,network"], ["--boot", "boot0.dev=cdrom"], ["--xml", "./os/boot/@dev=network"]]
)
def test_boot_order_in_os_replaces_that_of_devices(virt_xml: VirtXml, args: list[str]) -> None:
    """libvirt accepts only one of them; new guests have boot orders in their devices."""
    text = printed(virt_xml, ["--edit", "--disk", "boot.order=1"], ["--edit", *args])

    assert "<boot order" not in text
    assert "<boot dev" in text


def test_boot_order_of_all_devices_is_assigned_in_turn(virt_xml: VirtXml) -> None:
    """The last device keeps the number and the others move, as with virt-xml 4.1.0."""
    run = virt_xml("off", DIFF, "--edit", "all", "--disk", "boot.order=5")

    assert [line for line in run.new if "order" in line] == ['<boot order="6"/>', '<boot order="5"/>']


@pytest.mark.parametrize("value", ["address.slot=0x07", "address.slot=7", "address.slot=0x7"])
def test_numbers_are_compared_by_value(virt_xml: VirtXml, value: str) -> None:
    """libvirt writes them in hexadecimal."""
    address = "address.type=pci,address.domain=0,address.bus=0,address.slot=7,address.function=0"

    text = printed(virt_xml, ["--edit", "--network", address], ["--remove-device", "--network", value])

    assert "<interface" not in text


@pytest.mark.parametrize("args", ["network=other", "bridge=default", "mac=52:54:00:00:00:09", "address.slot=9"])
def test_device_with_another_value_is_not_selected(virt_xml: VirtXml, args: str) -> None:
    """Examples are another network, a bridge, and another MAC address."""
    assert virt_xml("off", DIFF, "--remove-device", "--network", args).status != 0


def test_a_network_is_selected_by_name(virt_xml: VirtXml) -> None:
    """`network=NAME` selects only the interfaces of that network."""
    added = ["--add-device", "--network", "bridge=br0"]

    text = printed(virt_xml, added, ["--remove-device", "--network", "network=default"])

    assert '<source bridge="br0"/>' in text
    assert 'network="default"' not in text


def test_unset_numbered_elements_are_removed(virt_xml: VirtXml) -> None:
    """The numbers do not change until all are processed, and no empty element is left."""
    listed = ["--edit", "--boot", "hd,cdrom,network"]

    text = printed(virt_xml, listed, ["--edit", "--boot", "boot0.dev=,boot1.dev="])

    assert (text.count("<boot"), text.count('<boot dev="network"/>')) == (1, 1)


def test_removing_the_first_serial_port_removes_its_console(virt_xml: VirtXml) -> None:
    """libvirt shows the port as a console as well, and would restore the port."""
    added = [["--add-device", "--serial", "pty"], ["--add-device", "--console", "pty,target_type=serial"]]

    text = printed(virt_xml, *added, ["--remove-device", "--serial", "1"])

    assert "<serial" not in text
    assert "<console" not in text


@pytest.mark.parametrize("selector", ["1", "all", "target_type=serial"])
def test_removing_a_console_keeps_its_serial_port(virt_xml: VirtXml, selector: str) -> None:
    """The port may have another purpose."""
    added = [["--add-device", "--serial", "pty"], ["--add-device", "--console", "pty,target_type=serial"]]

    text = printed(virt_xml, *added, ["--remove-device", "--console", selector])

    assert "<serial" in text
    assert "<console" not in text


@pytest.mark.parametrize(
    "option",
    ["--sound", "--video", "--watchdog", "--tpm", "--smartcard", "--vsock", "--redirdev", "--memballoon", "--panic"],
)
def test_default_does_not_change_an_existing_device(virt_xml: VirtXml, option: str) -> None:
    """The default was chosen when the device was added."""
    given = {"--sound": "ac97", "--memballoon": "virtio", "--panic": "isa", "--redirdev": "usb"}
    before = printed(virt_xml, ["--add-device", option, given.get(option, "default")])

    run = virt_xml("--edit", option, "default", stdin=before)

    assert (run.status, run.out) == (0, before)


@pytest.mark.parametrize(
    ("path", "kind", "attribute"),
    [
        ("{}/image.raw", "file", "file"),
        ("{}", "dir", "dir"),
        ("/dev/null", "block", "dev"),
        ("/no/such", "block", "dev"),
    ],
)
def test_new_path_changes_the_type_of_the_disk(
    virt_xml: VirtXml, tmp_path: Path, path: str, kind: str, attribute: str
) -> None:
    """A regular file cannot be a block device; a path that does not exist keeps the type."""
    (tmp_path / "image.raw").write_bytes(b"x")
    path = path.format(tmp_path)
    edits = [["--edit", "--disk", "type=block,source.file=,source.dev=/dev/old"], ["--edit", "--disk", f"path={path}"]]

    text = printed(virt_xml, *edits)

    assert f'<disk type="{kind}" device="disk">' in text
    assert f'{attribute}="{path}"' in text


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("http://h:80/a.iso", 'protocol="http" name="a.iso"'),
        ("gluster://h/v/a.img", 'protocol="gluster" name="v/a.img"'),
        ("nbd://h/a", 'protocol="nbd" name="a"'),
    ],
)
def test_url_changes_a_disk_to_network_storage(virt_xml: VirtXml, url: str, source: str) -> None:
    """New disks behave the same."""
    text = printed(virt_xml, ["--edit", "--disk", f"path={url}"])

    assert '<disk type="network" device="disk">' in text
    assert f"<source {source}>" in text


def test_default_network_replaces_a_bridge(virt_xml: VirtXml) -> None:
    """As for a new guest, the default on the test driver is user mode."""
    text = printed(virt_xml, ["--edit", "--network", "bridge=br0"], ["--edit", "--network", "default"])

    assert '<interface type="user">' in text
    assert "br0" not in text


@pytest.mark.parametrize("device", ["device=/dev/hwrng", "/dev/hwrng", "type=random,device=/dev/hwrng"])
def test_entropy_device_replaces_an_egd_backend(virt_xml: VirtXml, device: str) -> None:
    """libvirt accepts one backend; the device can be specified in three ways."""
    egd = "egd,backend_type=tcp,backend_host=h,backend_service=1"

    text = printed(virt_xml, ["--add-device", "--rng", egd], ["--edit", "--rng", device])

    assert '<backend model="random">/dev/hwrng</backend>' in text


def test_smbios_data_enables_smbios(virt_xml: VirtXml) -> None:
    """Otherwise the guest would not see the data; a second block is merged with the first one."""
    values = ("chassis.manufacturer=x", "system.serial=y")

    text = printed(virt_xml, *(["--add-device", "--sysinfo", value] for value in values))

    assert text.count('<sysinfo type="smbios">') == 1
    assert '<smbios mode="sysinfo"/>' in text


def test_entropy_device_replaces_a_tcp_connection(virt_xml: VirtXml) -> None:
    """A TCP connection has settings that a device does not support."""
    daemon = "egd,backend_type=tcp,backend_host=192.0.2.1,backend_service=8000,backend_mode=connect"

    text = printed(virt_xml, ["--add-device", "--rng", daemon], ["--edit", "--rng", "/dev/random"])

    assert '<backend model="random">/dev/random</backend>' in text


def test_mac_address_in_use_causes_a_warning(virt_xml: VirtXml) -> None:
    """It is not an error, because the other guest may no longer be used."""
    run = virt_xml("off", DIFF, "--add-device", "--network", "user,mac=52:54:00:00:00:02")

    assert (run.status, "is already in use by the guest 'on'" in run.err) == (0, True)


@pytest.mark.parametrize("args", [["off", "--define", "--no-define"], ["--update"]])
def test_contradictory_options_are_errors(virt_xml: VirtXml, args: list[str]) -> None:
    """The error names the option."""
    run = virt_xml(*args, "--edit", "--memory", "512", stdin="<domain/>")

    assert run.status != 0
    assert args[-1] in run.err


@pytest.mark.parametrize("device", [["--filesystem", "/srv,data,driver.type=virtiofs"]])
def test_adding_virtiofs_shares_the_memory(virt_xml: VirtXml, device: list[str]) -> None:
    """New guests behave the same; libvirt rejects virtiofs without shared memory."""
    text = GUEST.format(name="new", uuid="11111111-0000-0000-0000-000000000009", state="").replace("'test'", "'kvm'", 1)

    out = virt_xml("--add-device", *device, stdin=text).out

    assert '<access mode="shared"/>' in out


def test_switching_off_an_element_with_attributes_removes_it(virt_xml: VirtXml) -> None:
    """The guest would still have an APIC with `<apic eoi="on"/>`."""
    text = printed(virt_xml, ["--edit", "--features", "apic=on,eoi=on"], ["--edit", "--features", "apic=off"])

    assert "<apic" not in text


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero"])
def test_disk_of_the_test_driver_can_be_any_device(virt_xml: VirtXml, path: str) -> None:
    """Its disks are simulated; a real guest needs a block device."""
    assert "/dev/" in virt_xml("off", DIFF, "--edit", "--disk", path).out


@pytest.mark.parametrize(("bus", "kept"), [("bus=scsi", False), ("bus=ide", True), ("serial=x", True)])
def test_new_bus_removes_the_address(virt_xml: VirtXml, bus: str, kept: bool) -> None:
    """libvirt rejects an address that does not suit the bus."""
    address = "address.type=drive,address.controller=0,address.bus=0,address.target=0,address.unit=1"

    text = printed(virt_xml, ["--edit", "--disk", address], ["--edit", "--disk", bus])

    assert ('unit="1"' in text) == kept


def test_new_bus_keeps_an_address_specified_with_it(virt_xml: VirtXml) -> None:
    """It is an address on the new bus."""
    address = "address.type=drive,address.controller=0,address.bus=0,address.target=0,address.unit=1"

    assert 'unit="1"' in printed(virt_xml, ["--edit", "--disk", f"bus=scsi,{address}"])


def test_unchanged_source_does_not_change_the_xml(virt_xml: VirtXml) -> None:
    """The element keeps its position."""
    before = printed(virt_xml, ["--edit", "--network", "default"])

    assert virt_xml("--edit", "--network", "default", stdin=before).out == before


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--edit", "--watchdog", "action=poweroff"], ["poweroff", "poweroff"]),
        (["--add-device", "--watchdog", "ib700,action=pause"], ["reset", "pause", "pause"]),
        (["--edit", "2", "--watchdog", "action=poweroff"], ["reset", "poweroff"]),
        (["--edit", "--vcpus", "4"], ["reset", "reset"]),
    ],
)
def test_watchdog_of_the_board_follows_a_changed_one(virt_xml: VirtXml, args: list[str], expected: list[str]) -> None:
    """libvirt adds it to q35 and requires the same action for all; an explicit change of its action is kept."""
    watchdogs = "<watchdog model='i6300esb' action='reset'/><watchdog model='itco' action='reset'/></devices>"
    text = GUEST.format(name="new", uuid="11111111-0000-0000-0000-000000000009", state="")
    run = virt_xml(*args, stdin=text.replace("</devices>", watchdogs))
    assert run.status == 0, run.err
    assert re.findall(r"<watchdog.* action=.(\w+)", run.out) == expected
