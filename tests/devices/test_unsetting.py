"""Empty values remove a setting, together with everything that was set with it."""

from __future__ import annotations

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices import device_class


@pytest.mark.parametrize(
    ("tag", "text", "unset", "left"),
    [
        ("filesystem", "/srv,tag", "source=,target=", "<filesystem/>"),
        ("filesystem", "type=file,source=/a", "source=", '<filesystem type="file"/>'),
        ("filesystem", "readonly=on", "readonly=off", "<filesystem/>"),
        ("redirdev", "usb,server=localhost:4000", "server=", '<redirdev bus="usb"/>'),
        ("panic", "0x505", "iobase=", "<panic/>"),
        ("panic", "hyperv", "model=", "<panic/>"),
        ("rng", "/dev/hwrng", "device=", '<rng><backend model="random"/></rng>'),
        ("rng", "builtin", "type=", "<rng/>"),
        ("tpm", "emulator", "type=", "<tpm/>"),
        ("memory", "dimm,target.size=1", "target_size=", '<memory model="dimm"/>'),
        ("shmem", "s,size=4,size.unit=M", "size=,size.unit=", '<shmem name="s"/>'),
        ("vsock", "virtio,cid=3", "cid=", '<vsock model="virtio"/>'),
    ],
)
def test_empty_value_removes_the_setting(tag: str, text: str, unset: str, left: str) -> None:
    """No empty elements remain around it."""
    cls = device_class(tag)
    assert cls is not None
    assert line(parsed(cls, unset, parsed(cls, text))) == left
