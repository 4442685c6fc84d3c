"""Settings of elements that do not exist yet, and lists that leave no empty elements."""

from __future__ import annotations

from virtinstall.domain.domain import Domain
from virtinstall.domain.os import BootDevice, FirmwareFeature


def test_setting_is_kept_when_its_element_is_created() -> None:
    """A section created by path, without its wrapper, keeps the wrapper's settings."""
    domain = Domain()
    features = domain.features
    features.settings["wish"] = True
    domain.ensure_node().append(domain.ensure_node().makeelement("features"))
    assert domain.features is features
    assert domain.features.settings == {"wish": True}


def test_copies_do_not_share_settings() -> None:
    """Settings of sections that do not exist are copied, not shared."""
    domain = Domain()
    domain.os.uefi = True
    copied = domain.clone()
    assert copied.os.uefi is True
    copied.os.uefi = False
    assert domain.os.uefi is True
    assert copied.to_xml() == "<domain/>\n"


def test_removing_the_last_item_removes_empty_parents() -> None:
    """The parents existed only for the list; the Python object can still be used."""
    domain = Domain()
    feature = FirmwareFeature(enabled=True, name="secure-boot")
    domain.os.firmware_features.append(feature)
    domain.os.firmware_features.remove(feature)
    assert domain.to_xml() == "<domain/>\n"
    domain.os.boot_devices.append(BootDevice(dev="hd"))
    domain.os.boot_devices.clear()
    assert domain.to_xml() == "<domain/>\n"
