"""Hosts read from files: facts with the capabilities that libvirt reported on a machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lxml import etree

from virtinstall.capabilities import Capabilities, DomainCapabilities
from virtinstall.compose.compose import compose as compose_plan
from virtinstall.compose.platform import choose_platform, chosen_platform
from virtinstall.facts import DiskFacts, Facts, HostFacts, PathFacts, StorageFacts
from virtinstall.options.command import parse_request
from virtinstall.osinfo.catalog import Catalog
from virtinstall.osinfo.record import GENERIC, OsRecord
from virtinstall.plan import Plan
from virtinstall.request import PlatformRequest, Request

DATA = Path(__file__).parents[1] / "data"


class GuestKind(NamedTuple):
    """One kind of guest that a host can run."""

    os_type: str
    arch: str
    virt_type: str


class HostFiles(NamedTuple):
    """A <capabilities> document, and <domainCapabilities> if libvirt reported them."""

    capabilities: str
    domain_capabilities: str | None = None

    def platforms(self) -> Iterator[GuestKind]:
        """Yield the kinds of guests; only that of the domain capabilities, if there are any."""
        limits = None
        if self.domain_capabilities is not None:
            root = etree.fromstring(self.domain_capabilities.encode())
            limits = (root.findtext("arch"), root.findtext("domain"))
        for guest in Capabilities(self.capabilities).guests:
            for domain in guest.domains:
                if limits in (None, (guest.arch, domain.type)):
                    yield GuestKind(guest.os_type, guest.arch, domain.type)

    def facts(self, os: OsRecord = GENERIC, *, driver: str = "qemu", **more: Any) -> Facts:
        """Return the facts about a host without guests and files; `more` sets other facts, also those about storage."""
        host = HostFacts(
            uri=f"{driver}:///system",
            driver=driver,
            version=9000000,
            libvirt_version=10000000,
            local=True,
            privileged=True,
            capabilities=Capabilities(self.capabilities),
            boot_dir="/var/lib/libvirt/boot",
            image_dir="/var/lib/libvirt/images",
        )
        text = self.domain_capabilities
        disk = DiskFacts(path=PathFacts(path="/images/disk.qcow2", kind=None))
        facts = Facts(
            host=host,
            os=os,
            domain_capabilities=None if text is None else DomainCapabilities(text),
            platform=choose_platform(PlatformRequest(), host.capabilities, os, driver),
            random_bytes=bytes(range(32)),
            storage=StorageFacts(disks=(disk,)),
        )
        of_storage = {name: more.pop(name) for name in list(more) if hasattr(facts.storage, name)}
        return facts.replace(storage=facts.storage.replace(**of_storage), **more)


def compose(request: Request, facts: Facts) -> Plan:
    """Return the plan for `request`, on the platform that a survey would choose for it."""
    platform = chosen_platform(request, facts.host, facts.os)
    return compose_plan(request, facts.replace(platform=platform))


def from_folder(folder: Path) -> Iterator[tuple[str, HostFiles]]:
    """Yield the hosts in a folder: `NAME.xml` with each `NAME-domcaps*.xml`, or alone."""
    for path in sorted(folder.glob("*.xml")):
        if "-domcaps" in path.name:
            continue
        next_to = sorted(folder.glob(f"{path.stem}-domcaps*.xml"))
        for other in next_to:
            yield other.stem, HostFiles(path.read_text(), other.read_text())
        if not next_to:
            yield path.stem, HostFiles(path.read_text())


def driver_of(platform: GuestKind) -> str:
    """Return the libvirt driver that runs such a guest."""
    return {"kvm": "qemu", "linux": "lxc"}.get(platform.virt_type, platform.virt_type)


def os_named(name: str) -> OsRecord:
    """Return an OS of the installed database; skip the test without it. `generic` is an unknown OS."""
    if name == "generic":
        return GENERIC
    if not Path("/usr/share/osinfo").is_dir():
        pytest.skip("NOT RUN: osinfo-db isn't installed")
    return Catalog({"HOME": "/nonexistent"}, cache=False).lookup(name).record


def composed(files: HostFiles, platform: GuestKind, os: OsRecord, *args: str) -> Plan:
    """Return the plan of a guest of `platform` on that host, with these options only."""
    kind = {"exe": "--container", "xen": "--paravirt"}.get(platform.os_type, "--hvm")
    source = (
        ("--filesystem", "/srv/root,/")
        if platform.os_type == "exe"
        else ("--disk", "/images/disk.qcow2,size=10", "--import")
    )
    request = parse_request(
        [
            *("--name", "guest", "--memory", "2048", "--virt-type", platform.virt_type, "--arch", platform.arch),
            *(kind, *source, *args),
        ]
    )
    facts = files.facts(os, driver=driver_of(platform))
    if platform.os_type == "exe":
        facts = facts.replace(storage=StorageFacts())
    return compose(request, facts)
