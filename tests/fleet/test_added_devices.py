"""Devices that libvirt adds to a guest, and adds again after their removal when another device or the board changes."""

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
    """Return a guest."""
    return etree.fromstring(
        f"<domain type='qemu'><os><type arch='{arch}'>hvm</type></os><devices>{devices}</devices></domain>"
    )


def removed(devices: str, planned: str, change: Difference) -> list[str]:
    """Return the devices that are removed when the guest changes to `planned`."""
    found = added_devices(
        domain(devices), [change], leaves_of(domain(planned)), of_all_kinds=change.path == "os/type/@machine"
    )
    return [etree.tostring(each, encoding="unicode") for each in found]


def test_watchdog_of_the_board_is_removed_with_a_change_of_the_other_one() -> None:
    """libvirt copied its action from the other watchdog, and requires the same action for all."""
    assert removed(WATCHDOG + BOARDS, WATCHDOG, ACTION) == [BOARDS.replace("'", '"')]
    assert removed(WATCHDOG + BOARDS, WATCHDOG, BOARD._replace(path="title")) == []


@pytest.mark.parametrize(
    "device",
    [
        "<watchdog model='itco' action='reset'/>",
        "<input type='mouse' bus='ps2'/>",
        "<audio id='1' type='none'/>",
    ],
)
def test_device_of_a_board_is_removed_with_a_change_of_the_board(device: str) -> None:
    """A device that the file also requests is kept."""
    assert removed(device, "", BOARD) == [device.replace("'", '"')]
    assert removed(device, device, BOARD) == []


@pytest.mark.parametrize("device", [WATCHDOG, "<sound model='ich9'/>", "<watchdog model='itco' action='poweroff'/>"])
def test_device_of_the_user_is_kept(device: str) -> None:
    """libvirt does not add such devices."""
    assert removed(device, "", BOARD) == []


@pytest.mark.parametrize(("arch", "expected"), [("ppc64le", 0), ("s390x", 1), ("x86_64", 1)])
def test_panic_device_is_ignored_only_on_its_architecture(arch: str, expected: int) -> None:
    """On other architectures, libvirt does not add it."""
    root = domain("<panic model='pseries'/>", arch)
    drop_filled(root)
    assert len(list(root.iter("panic"))) == expected


def test_device_that_a_newer_libvirt_adds_is_recognized() -> None:
    """It is added when an old definition is read; libvirt does not add devices of other kinds."""
    base = leaves_of(domain(WATCHDOG))
    assert added_since(domain(WATCHDOG + BOARDS), base) == {"devices/watchdog[1]"}
    assert added_since(domain(WATCHDOG + "<sound model='ich9'/>"), base) == set()


def test_export_omits_the_watchdog_of_the_board() -> None:
    """libvirt adds it again with the same action; another action was set by the user."""
    root = domain(WATCHDOG + BOARDS)
    drop_filled(root)
    assert [each.get("model") for each in root.iter("watchdog")] == ["i6300esb"]
    root = domain(BOARDS)
    drop_filled(root)
    assert [each.get("model") for each in root.iter("watchdog")] == ["itco"]
