"""The registry of devices: a class for each tag of libvirt's <devices>, loaded on request."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from virtinstall import devices
from virtinstall.devices import DEVICE_TAGS, device_class
from virtinstall.devices.disk import Disk


@pytest.mark.parametrize("tag", DEVICE_TAGS)
def test_class_is_found_by_its_tag(tag: str) -> None:
    """The class writes the same tag."""
    cls = device_class(tag)
    assert cls is not None
    assert cls.tag == tag


@pytest.mark.parametrize("tag", ["emulator", "no-such-device", ""])
def test_other_tags_have_no_class(tag: str) -> None:
    """A tag that is not a device has no class, and is not an error."""
    assert device_class(tag) is None


def test_class_is_found_by_its_name() -> None:
    """`from virtinstall.devices import Disk` works; an unknown name is an error."""
    assert devices.Disk is Disk
    with pytest.raises(AttributeError, match="Dsik"):
        _ = devices.Dsik


def test_type_checkers_see_all_classes() -> None:
    """The imports for type checkers equal the list of public names."""
    for line in re.findall(r"    from virtinstall.devices.* import .*", Path(devices.__file__ or "").read_text()):
        _, module, _, name, _, alias = line.split()
        assert name == alias == getattr(importlib.import_module(module), name).__name__
    for tag in DEVICE_TAGS:
        cls = device_class(tag)
        assert cls is not None
        assert cls.__name__ in devices.__all__
        assert cls.__name__ in dir(devices)


def test_only_the_requested_device_is_loaded() -> None:
    """The import of a device loads only its file."""
    program = (
        "import sys; from virtinstall.devices import device_class; device_class('rng');"
        "print(*sorted(name for name in sys.modules if name.startswith('virtinstall.devices.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "virtinstall.devices.rng" in loaded
    assert not {"virtinstall.devices.disk", "virtinstall.devices.interface"} & set(loaded)
