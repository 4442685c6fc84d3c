"""Devices that libvirt adds to guests: removed where another device or the board changes; libvirt adds them again."""

from __future__ import annotations

import pytest
from lxml import etree

from virtinstall.fleet.filled import drop_filled
from virtinstall.fleet.leaves import Difference, leaves_of
from virtinstall.fleet.patch import added_devices, added_since

WATCHDOG = "<watchdog model='i6300esb' action='poweroff'/>"
BOARDS = "<watchdog model='itco' action='poweroff'/>"
ACTION = Difference("devices/watchdog/@action", "poweroff", "reset")
BOARD = Difference("os/type/@machine", "q35", "pc")


def domain(devices: str, arch: str = "x86_64") -> etree._Element:
    """A guest."""
    return etree.fromstring(
        f"<domain type='qemu'><os><type arch='{arch}'>hvm</type></os><devices>{devices}</devices></domain>"
    )


def added(devices: str, planned: str, change: Difference) -> list[str]:
    """Return the devices that are removed when the guest changes to `planned`."""
    found = added_devices(
        domain(devices), [change], leaves_of(domain(planned)), of_all_kinds=change.path == "os/type/@machine"
    )
    return [etree.tostring(each, encoding="unicode") for each in found]


def test_watchdog_of_the_board_follows_the_other_one() -> None:
    """libvirt copied the action of the other one, and requires one action of all."""
    assert added(WATCHDOG + BOARDS, WATCHDOG, ACTION) == [BOARDS.replace("'", '"')]
    assert added(WATCHDOG + BOARDS, WATCHDOG, BOARD._replace(path="title")) == []


@pytest.mark.parametrize(
    "device",
    [
        "<watchdog model='itco' action='reset'/>",
        "<input type='mouse' bus='ps2'/>",
        "<audio id='1' type='none'/>",
    ],
)
def test_device_of_a_board_does_not_go_to_another_board(device: str) -> None:
    """Unless the plan has it."""
    assert added(device, "", BOARD) == [device.replace("'", '"')]
    assert added(device, device, BOARD) == []


@pytest.mark.parametrize("device", [WATCHDOG, "<sound model='ich9'/>", "<watchdog model='itco' action='poweroff'/>"])
def test_device_of_the_user_is_kept(device: str) -> None:
    """libvirt adds no such device."""
    assert added(device, "", BOARD) == []


@pytest.mark.parametrize(("arch", "expected"), [("ppc64le", 0), ("s390x", 1), ("x86_64", 1)])
def test_panic_device_is_added_on_its_architecture(arch: str, expected: int) -> None:
    """On others it is the user's."""
    root = domain("<panic model='pseries'/>", arch)
    drop_filled(root)
    assert len(list(root.iter("panic"))) == expected


def test_device_of_a_newer_libvirt_is_known() -> None:
    """What it adds when it reads an old definition; other new devices are not by libvirt."""
    base = leaves_of(domain(WATCHDOG))
    assert added_since(domain(WATCHDOG + BOARDS), base) == {"devices/watchdog[1]"}
    assert added_since(domain(WATCHDOG + "<sound model='ich9'/>"), base) == set()


def test_export_omits_the_watchdog_of_the_board() -> None:
    """libvirt adds it again; one with another action is the user's."""
    root = domain(WATCHDOG + BOARDS)
    drop_filled(root)
    assert [each.get("model") for each in root.iter("watchdog")] == ["i6300esb"]
    root = domain(BOARDS)
    drop_filled(root)
    assert [each.get("model") for each in root.iter("watchdog")] == ["itco"]
