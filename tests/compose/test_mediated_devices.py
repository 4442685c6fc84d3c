"""Mediated devices of the host, passed to a guest as virt-install 4.1.0 does."""

from __future__ import annotations

import pytest

from tests.compose.hosts import DATA, HostFiles, compose, os_named
from virtinstall.devices.hostdev import Hostdev
from virtinstall.options.command import parse_request

PC = HostFiles((DATA / "capabilities-debian12.xml").read_text(), (DATA / "domain-capabilities-kvm-q35.xml").read_text())
UUID = "4b20d080-1b54-4048-85b3-a6a62d165c01"
NAME = "mdev_" + UUID.replace("-", "_")
DEVICE = "<device><name>{name}</name><capability type='mdev'><type id='{type}'/></capability></device>"


def hostdev(kind: str, more: str = "") -> Hostdev:
    """Return the device of a guest with a mediated device of this type."""
    args = ["--name", "g", "--memory", "64", "--disk", "none", "--pxe", "--hostdev", NAME + more]
    facts = PC.facts(os_named("generic"), disks=(), node_devices=(DEVICE.format(name=NAME, type=kind),))
    (device,) = compose(parse_request(args), facts).final.devices_of(Hostdev)
    return device


@pytest.mark.parametrize(
    ("kind", "model", "managed", "display"),
    [
        ("nvidia-11", "vfio-pci", True, False),
        ("vfio_ccw-io", "vfio-ccw", False, None),
        ("vfio_ap-passthrough", "vfio-ap", False, None),
    ],
)
def test_defaults_depend_on_the_model(kind: str, model: str, managed: bool, display: bool | None) -> None:
    """Devices on the PCI bus are managed, and have no display."""
    device = hostdev(kind)

    assert (device.model, device.source_address_uuid) == (model, UUID)
    assert (device.managed, device.display, device.ramfb) == (managed, display, display)


def test_specified_display_is_kept() -> None:
    """Defaults do not override options."""
    device = hostdev("nvidia-11", ",display=on,ramfb=on")

    assert (device.display, device.ramfb) == (True, True)
