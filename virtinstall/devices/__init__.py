"""One file per device tag of libvirt's domain XML.

`from virtinstall.devices import Disk` loads that device's file only.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from virtinstall.devices.device import Device

_CLASSES = {
    "disk": "Disk",
    "controller": "Controller",
    "lease": "Lease",
    "filesystem": "Filesystem",
    "interface": "Interface",
    "smartcard": "Smartcard",
    "serial": "Serial",
    "parallel": "Parallel",
    "console": "Console",
    "channel": "Channel",
    "input": "Input",
    "tpm": "Tpm",
    "graphics": "Graphics",
    "sound": "Sound",
    "audio": "Audio",
    "video": "Video",
    "hostdev": "Hostdev",
    "redirdev": "Redirdev",
    "redirfilter": "Redirfilter",
    "hub": "Hub",
    "watchdog": "Watchdog",
    "memballoon": "Memballoon",
    "rng": "Rng",
    "nvram": "Nvram",
    "panic": "Panic",
    "shmem": "Shmem",
    "memory": "MemoryDevice",
    "crypto": "Crypto",
    "iommu": "Iommu",
    "vsock": "Vsock",
    "pstore": "Pstore",
}

DEVICE_TAGS = tuple(_CLASSES)
"""The tags of all devices, each the name of a module here."""


@functools.cache
def device_class(tag: str) -> type[Device] | None:
    """The class of the devices with that tag, its file loaded now; None for a tag that is no device's."""
    name = _CLASSES.get(tag)
    if name is None:
        return None
    cls: type[Device] = getattr(importlib.import_module(f"virtinstall.devices.{tag}"), name)
    return cls


def __getattr__(name: str) -> Any:
    for tag, known in _CLASSES.items():
        if known == name:
            return device_class(tag)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_CLASSES.values(), "DEVICE_TAGS", "device_class"])
