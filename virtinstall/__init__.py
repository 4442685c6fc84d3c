"""virtinstall: creates virtual machines through libvirt.

    import virtinstall

    host = virtinstall.open_host("qemu:///system")
    request = virtinstall.parse_request(["--name", "web", "--memory", "2048", "--disk", "size=20", "--import"])
    plan = virtinstall.plan_guest(request, host)
    guest = virtinstall.create_guest(plan, host)

The names below are the public ones; each is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PUBLIC = {
    "plan_guest": "virtinstall.install",
    "create_guest": "virtinstall.install",
    "parse_request": "virtinstall.options.command",
    "open_host": "virtinstall.libvirt_host.open",
    "Request": "virtinstall.request",
    "InstallRequest": "virtinstall.request",
    "LocationRequest": "virtinstall.request",
    "OsRequest": "virtinstall.request",
    "PlatformRequest": "virtinstall.request",
    "Checks": "virtinstall.request",
    "RunOptions": "virtinstall.request",
    "Plan": "virtinstall.plan",
    "Domain": "virtinstall.domain.domain",
    "Progress": "virtinstall.progress",
    "Silent": "virtinstall.progress",
    "VirtInstallError": "virtinstall.errors",
    "RequestError": "virtinstall.errors",
    "FieldError": "virtinstall.errors",
    "UnknownFieldError": "virtinstall.errors",
    "HostError": "virtinstall.errors",
    "StorageError": "virtinstall.errors",
    "FetchError": "virtinstall.errors",
    "HypervisorError": "virtinstall.errors",
}

__all__ = ["__version__", "devices", *_PUBLIC]

if TYPE_CHECKING:
    from virtinstall import devices as devices
    from virtinstall.domain.domain import Domain as Domain
    from virtinstall.errors import FetchError as FetchError
    from virtinstall.errors import FieldError as FieldError
    from virtinstall.errors import HostError as HostError
    from virtinstall.errors import HypervisorError as HypervisorError
    from virtinstall.errors import RequestError as RequestError
    from virtinstall.errors import StorageError as StorageError
    from virtinstall.errors import UnknownFieldError as UnknownFieldError
    from virtinstall.errors import VirtInstallError as VirtInstallError
    from virtinstall.install import create_guest as create_guest
    from virtinstall.install import plan_guest as plan_guest
    from virtinstall.libvirt_host.open import open_host as open_host
    from virtinstall.options.command import parse_request as parse_request
    from virtinstall.plan import Plan as Plan
    from virtinstall.progress import Progress as Progress
    from virtinstall.progress import Silent as Silent
    from virtinstall.request import Checks as Checks
    from virtinstall.request import InstallRequest as InstallRequest
    from virtinstall.request import LocationRequest as LocationRequest
    from virtinstall.request import OsRequest as OsRequest
    from virtinstall.request import PlatformRequest as PlatformRequest
    from virtinstall.request import Request as Request
    from virtinstall.request import RunOptions as RunOptions


def __getattr__(name: str) -> Any:
    import importlib

    if name == "devices":
        return importlib.import_module("virtinstall.devices")
    module = _PUBLIC.get(name)
    if module is None:
        raise AttributeError(f"module 'virtinstall' has no attribute {name!r}")
    return getattr(importlib.import_module(module), name)


def __dir__() -> list[str]:
    return sorted(__all__)
