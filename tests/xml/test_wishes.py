"""Wishes about elements that don't exist yet, and lists that leave nothing behind."""

from __future__ import annotations

from virtinstall.domain.domain import Domain
from virtinstall.domain.os import BootDevice, FirmwareFeature


def test_wish_outlives_the_making_of_its_element() -> None:
    """A section made behind the wrapper's back (by a path) is the one the wish is about."""
    domain = Domain()
    features = domain.features
    features.settings["wish"] = True
    domain.ensure_node().append(domain.ensure_node().makeelement("features"))
    assert domain.features is features
    assert domain.features.settings == {"wish": True}


def test_copies_keep_wishes_apart() -> None:
    """Settings of sections that aren't there are copied, not shared."""
    domain = Domain()
    domain.os.uefi = True
    copied = domain.clone()
    assert copied.os.uefi is True
    copied.os.uefi = False
    assert domain.os.uefi is True
    assert copied.to_xml() == "<domain/>\n"


def test_last_of_a_list_takes_its_parents_along() -> None:
    """Elements that stood there only for the list's sake leave with it; the wrapper goes on."""
    domain = Domain()
    feature = FirmwareFeature(enabled=True, name="secure-boot")
    domain.os.firmware_features.append(feature)
    domain.os.firmware_features.remove(feature)
    assert domain.to_xml() == "<domain/>\n"
    domain.os.boot_devices.append(BootDevice(dev="hd"))
    domain.os.boot_devices.clear()
    assert domain.to_xml() == "<domain/>\n"
