"""Create virtual machines through libvirt.

    import virtinstall
    from virtinstall import GIB, KIB, CloudImage, CloudInit, Disk, Domain, GuestSpec, Interface, User

    with virtinstall.connect("qemu:///system") as hypervisor:
        spec = GuestSpec(
            Domain(name="web", memory_kib=2 * GIB // KIB, vcpu=2,
                   devices=[Disk(size_bytes=20 * GIB, backing_store="/images/debian-12.qcow2")]),
            install=CloudImage(CloudInit(hostname="web", users=[User("anna", ssh_keys=[key])])),
            os="debian12",
        )
        guest = hypervisor.create(hypervisor.plan(spec))
        print(guest.wait_for("ip", timeout=300))

`__all__` lists the public names, which docs/reference/library.md documents. The classes of all devices, listed in
`virtinstall.devices`, are public too. Each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_NAMES = {
    "virtinstall.hypervisor": ("Hypervisor", "connect"),
    "virtinstall.goals": ("Goal",),
    "virtinstall.guest": ("Guest",),
    "virtinstall.guest_spec": ("GuestSpec",),
    "virtinstall.guest_state": ("State",),
    "virtinstall.spec": (
        "CloudImage",
        "CloudInit",
        "Existing",
        "Ignition",
        "Install",
        "Iso",
        "Kernel",
        "Pxe",
        "Reinstall",
        "Tree",
        "Unattended",
        "User",
    ),
    "virtinstall.images.cache": ("CachedImage",),
    "virtinstall.images.stored": ("StoredImage",),
    "virtinstall.domain.domain": ("Domain",),
    "virtinstall.guest_record": ("CreatedFile", "GuestRecord"),
    "virtinstall.lifecycle.addresses": ("GuestAddress", "Summary"),
    "virtinstall.lifecycle.delete": ("Deletion",),
    "virtinstall.lifecycle.deletion_plan": ("DeletionPlan", "Storage"),
    "virtinstall.lifecycle.reset": ("ResetPlan",),
    "virtinstall.devices": ("Disk", "Interface"),
    "virtinstall.units": ("GIB", "KIB", "MIB"),
    "virtinstall.plan": ("Plan",),
    "virtinstall.progress": ("Progress", "Silent"),
    "virtinstall.options.command": ("parse_request",),
    "virtinstall.request": (
        "Checks",
        "InstallRequest",
        "KubevirtRequest",
        "LocationRequest",
        "OsRequest",
        "PlatformRequest",
        "Request",
        "RunOptions",
    ),
    "virtinstall.errors": (
        "CloudInitFailed",
        "EndedError",
        "FetchError",
        "FieldError",
        "GuestCrashed",
        "GuestNotFound",
        "GuestStopped",
        "HostError",
        "HypervisorError",
        "NoSpaceError",
        "RequestError",
        "StorageError",
        "TakenError",
        "UnknownFieldError",
        "VirtInstallError",
        "WaitTimeout",
    ),
    "virtinstall.options.usage": ("UsageError",),
    "virtinstall.fleet.outcome": ("Outcome",),
    "virtinstall.fleet.compare": ("Comparison",),
    "virtinstall.fleet.hosts": ("Connections",),
    "virtinstall.fleet.inventory": ("Inventory",),
    "virtinstall.fleet.inventory_guest": ("InventoryGuest",),
    "virtinstall.fleet.lab": ("Lab",),
    "virtinstall.fleet.lab_guest": ("LabGuest",),
    "virtinstall.fleet.nodes": ("FileError",),
}
_PUBLIC = {name: module for module, names in _NAMES.items() for name in names}

__all__ = ["__version__", "devices", *_PUBLIC]

if TYPE_CHECKING:
    from virtinstall import devices as devices
    from virtinstall.devices import Disk as Disk
    from virtinstall.devices import Interface as Interface
    from virtinstall.domain.domain import Domain as Domain
    from virtinstall.errors import CloudInitFailed as CloudInitFailed
    from virtinstall.errors import EndedError as EndedError
    from virtinstall.errors import FetchError as FetchError
    from virtinstall.errors import FieldError as FieldError
    from virtinstall.errors import GuestCrashed as GuestCrashed
    from virtinstall.errors import GuestNotFound as GuestNotFound
    from virtinstall.errors import GuestStopped as GuestStopped
    from virtinstall.errors import HostError as HostError
    from virtinstall.errors import HypervisorError as HypervisorError
    from virtinstall.errors import NoSpaceError as NoSpaceError
    from virtinstall.errors import RequestError as RequestError
    from virtinstall.errors import StorageError as StorageError
    from virtinstall.errors import TakenError as TakenError
    from virtinstall.errors import UnknownFieldError as UnknownFieldError
    from virtinstall.errors import VirtInstallError as VirtInstallError
    from virtinstall.errors import WaitTimeout as WaitTimeout
    from virtinstall.fleet.compare import Comparison as Comparison
    from virtinstall.fleet.hosts import Connections as Connections
    from virtinstall.fleet.inventory import Inventory as Inventory
    from virtinstall.fleet.inventory_guest import InventoryGuest as InventoryGuest
    from virtinstall.fleet.lab import Lab as Lab
    from virtinstall.fleet.lab_guest import LabGuest as LabGuest
    from virtinstall.fleet.nodes import FileError as FileError
    from virtinstall.fleet.outcome import Outcome as Outcome
    from virtinstall.goals import Goal as Goal
    from virtinstall.guest import Guest as Guest
    from virtinstall.guest_record import CreatedFile as CreatedFile
    from virtinstall.guest_record import GuestRecord as GuestRecord
    from virtinstall.guest_spec import GuestSpec as GuestSpec
    from virtinstall.guest_state import State as State
    from virtinstall.hypervisor import Hypervisor as Hypervisor
    from virtinstall.hypervisor import connect as connect
    from virtinstall.images.cache import CachedImage as CachedImage
    from virtinstall.images.stored import StoredImage as StoredImage
    from virtinstall.lifecycle.addresses import GuestAddress as GuestAddress
    from virtinstall.lifecycle.addresses import Summary as Summary
    from virtinstall.lifecycle.delete import Deletion as Deletion
    from virtinstall.lifecycle.deletion_plan import DeletionPlan as DeletionPlan
    from virtinstall.lifecycle.deletion_plan import Storage as Storage
    from virtinstall.lifecycle.reset import ResetPlan as ResetPlan
    from virtinstall.options.command import parse_request as parse_request
    from virtinstall.options.usage import UsageError as UsageError
    from virtinstall.plan import Plan as Plan
    from virtinstall.progress import Progress as Progress
    from virtinstall.progress import Silent as Silent
    from virtinstall.request import Checks as Checks
    from virtinstall.request import InstallRequest as InstallRequest
    from virtinstall.request import KubevirtRequest as KubevirtRequest
    from virtinstall.request import LocationRequest as LocationRequest
    from virtinstall.request import OsRequest as OsRequest
    from virtinstall.request import PlatformRequest as PlatformRequest
    from virtinstall.request import Request as Request
    from virtinstall.request import RunOptions as RunOptions
    from virtinstall.spec import CloudImage as CloudImage
    from virtinstall.spec import CloudInit as CloudInit
    from virtinstall.spec import Existing as Existing
    from virtinstall.spec import Ignition as Ignition
    from virtinstall.spec import Install as Install
    from virtinstall.spec import Iso as Iso
    from virtinstall.spec import Kernel as Kernel
    from virtinstall.spec import Pxe as Pxe
    from virtinstall.spec import Reinstall as Reinstall
    from virtinstall.spec import Tree as Tree
    from virtinstall.spec import Unattended as Unattended
    from virtinstall.spec import User as User
    from virtinstall.units import GIB as GIB
    from virtinstall.units import KIB as KIB
    from virtinstall.units import MIB as MIB


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module 'virtinstall' has no attribute {name!r}")
    devices = importlib.import_module("virtinstall.devices")
    if name == "devices":
        return devices
    module = _PUBLIC.get(name)
    if module is not None:
        return getattr(importlib.import_module(module), name)
    if name in devices.__all__:
        return getattr(devices, name)
    raise AttributeError(f"module 'virtinstall' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
