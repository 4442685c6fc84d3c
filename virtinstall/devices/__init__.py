"""One file per device tag of libvirt's domain XML.

`from virtinstall.devices import Disk` loads only that device's file. The imports below are for type checkers: a class
without an import is Any here, and has the full type only in the device's module.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

from virtinstall.devices.table import DEVICE_TAGS, DEVICES

if TYPE_CHECKING:
    from virtinstall.devices.audio import Audio as Audio
    from virtinstall.devices.channel import Channel as Channel
    from virtinstall.devices.console import Console as Console
    from virtinstall.devices.controller import Controller as Controller
    from virtinstall.devices.crypto import Crypto as Crypto
    from virtinstall.devices.device import Device as Device
    from virtinstall.devices.disk import Disk as Disk
    from virtinstall.devices.filesystem import Filesystem as Filesystem
    from virtinstall.devices.graphics import Graphics as Graphics
    from virtinstall.devices.hostdev import Hostdev as Hostdev
    from virtinstall.devices.hub import Hub as Hub
    from virtinstall.devices.input import Input as Input
    from virtinstall.devices.interface import Interface as Interface
    from virtinstall.devices.iommu import Iommu as Iommu
    from virtinstall.devices.lease import Lease as Lease
    from virtinstall.devices.memballoon import Memballoon as Memballoon
    from virtinstall.devices.memory import MemoryDevice as MemoryDevice
    from virtinstall.devices.nvram import Nvram as Nvram
    from virtinstall.devices.panic import Panic as Panic
    from virtinstall.devices.parallel import Parallel as Parallel
    from virtinstall.devices.pstore import Pstore as Pstore
    from virtinstall.devices.redirdev import Redirdev as Redirdev
    from virtinstall.devices.redirfilter import Redirfilter as Redirfilter
    from virtinstall.devices.rng import Rng as Rng
    from virtinstall.devices.serial import Serial as Serial
    from virtinstall.devices.shmem import Shmem as Shmem
    from virtinstall.devices.smartcard import Smartcard as Smartcard
    from virtinstall.devices.sound import Sound as Sound
    from virtinstall.devices.tpm import Tpm as Tpm
    from virtinstall.devices.video import Video as Video
    from virtinstall.devices.vsock import Vsock as Vsock
    from virtinstall.devices.watchdog import Watchdog as Watchdog

_CLASSES = {row.tag: row.cls for row in DEVICES}

__all__ = ["DEVICE_TAGS", "device_class", *_CLASSES.values()]


@functools.cache
def device_class(tag: str) -> type[Device] | None:
    """Return the class of devices with the tag `tag`, which is loaded if necessary; None if no device has this tag."""
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
    return sorted(__all__)
