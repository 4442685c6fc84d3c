"""Read facts from JSON: those of a host's directory, and those that a case adds or changes.

`facts.json` has the fields of `Facts` by name; objects become records. In addition:

    host       the name of a directory in `hosts/`, which has `facts.json` and `domcaps-*.xml`
    on         fields of `HostFacts` that differ from that host's
    os         the short ID of a system in `osinfo/`
    paths      path -> fields of `PathFacts`, for existing paths; disks are looked up here
    disks      fields of `DiskFacts` in the order of --disk, for disks without a path
    schema     `newer` if the installed libvirt's schema does not know an element of the XML
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from virtinstall import facts as records
from virtinstall.capabilities import Capabilities, DomainCapabilities
from virtinstall.compose.disk_sources import is_url, requested_path
from virtinstall.compose.platform import chosen_platform
from virtinstall.devices.disk import Disk
from virtinstall.facts import DiskFacts, Facts, HostFacts, PathFacts, Platform, PoolFacts, StorageFacts
from virtinstall.images.cache import CachedImage
from virtinstall.images.source import ImageSource
from virtinstall.osinfo.catalog import Catalog
from virtinstall.osinfo.record import GENERIC, OsRecord
from virtinstall.record import Record
from virtinstall.request import Request
from virtinstall.survey.seeds import survey_seeds

CASES = Path(__file__).parent
HOSTS = CASES / "hosts"
ENVIRONMENT = {"OSINFO_SYSTEM_DIR": str(CASES / "osinfo"), "OSINFO_LOCAL_DIR": "/nonexistent", "USER": "anna"}
_TYPES: dict[str, Any] = {"ImageSource": ImageSource, "CachedImage": CachedImage} | {
    name: value for name, value in vars(records).items() if isinstance(value, type) and issubclass(value, Record)
}


@cache
def host_json(name: str) -> dict[str, Any]:
    """Return the facts of a named host."""
    found: dict[str, Any] = json.loads((HOSTS / name / "facts.json").read_text())
    return found


@cache
def _domain_capabilities(name: str) -> list[str]:
    named = [HOSTS / name / other for other in host_json(name).get("domain_capabilities", ())]
    return [path.read_text() for path in (*sorted((HOSTS / name).glob("domcaps-*.xml")), *named)]


def domain_capabilities(name: str, platform: Platform) -> DomainCapabilities | None:
    """Return the host's domain capabilities for the platform; None if no file describes them."""
    for text in _domain_capabilities(name):
        root = etree.fromstring(text.encode())
        machine = root.findtext("machine") or ""
        family = re.sub(r"-[\d.]+$", "", machine).removeprefix("pc-").replace("i440fx", "pc")
        kind = (root.findtext("arch"), root.findtext("domain"))
        if kind == (platform.arch, platform.virt_type) and (platform.machine in (None, machine, family)):
            return DomainCapabilities(text)
    return None


def os_record(name: str) -> OsRecord:
    """Return the record of a system in `osinfo/`; `generic` is an unknown system."""
    if name == "generic":
        return GENERIC
    return Catalog(ENVIRONMENT, cache=False).lookup(name).record


def facts_for(request: Request, given: Mapping[str, Any]) -> Facts:
    """Return the facts that a survey of such a host would find for `request`."""
    more = dict(given)
    host_name = more.pop("host")
    more.pop("schema", None)
    host = _host(host_name, more.pop("on", {}))
    os = os_record(more.pop("os", "generic"))
    platform = chosen_platform(request, host, os)
    storage = {"disks": _disks(request, more.pop("paths", {}), more.pop("disks", None)), **more.pop("storage", {})}
    facts = Facts(
        host=host,
        os=os,
        platform=platform,
        domain_capabilities=domain_capabilities(host_name, platform),
        random_bytes=bytes(range(32)) * 4,
        **{name: build(Facts, name, value) for name, value in more.items()},
        storage=StorageFacts(**{name: build(StorageFacts, name, value) for name, value in storage.items()}),
    )
    install = request.install
    if install.cloud_init is not None or install.unattended is not None or install.ignition is not None:
        facts = facts.replace(seeds=survey_seeds(request, host, os, facts.media, ENVIRONMENT))
    return facts


def _host(name: str, changes: Mapping[str, Any]) -> HostFacts:
    fields = {key: value for key, value in host_json(name).items() if key != "domain_capabilities"} | dict(changes)
    capabilities = Capabilities((HOSTS / name / fields.pop("capabilities", "capabilities.xml")).read_text())
    return HostFacts(capabilities=capabilities, **fields)


def _disks(request: Request, paths: Mapping[str, Any], given: list[Any] | None) -> list[Any]:
    disks = request.domain.devices_of(Disk)
    named = [None] * len(disks) if given is None else given
    return [_disk(disk, paths, each) for disk, each in zip(disks, named, strict=True)]


def _disk(disk: Disk, paths: Mapping[str, Any], given: Any) -> Any:
    path = requested_path(disk)
    if given is not None or path is None or is_url(path):
        return given or DiskFacts()
    return DiskFacts(path=PathFacts(path=path, **{"kind": None, **paths.get(path, {})}))


def build(cls: Any, name: str, value: Any) -> Any:
    """Return the value of a record's field: objects become the records that the field's type names."""
    annotation = str(cls.__annotations__[name])
    kind = next((_TYPES[word] for word in re.findall(r"\w+", annotation) if word in _TYPES), None)
    if annotation.startswith("frozenset"):
        return frozenset(value)
    if kind is None:
        return value
    if isinstance(value, list):
        return [_record(kind, each) for each in value]
    if annotation.startswith("Mapping"):
        return {key: _record(kind, each) for key, each in value.items()}
    return _record(kind, value)


def _record(kind: Any, value: Any) -> Any:
    if kind is PoolFacts and isinstance(value, str):
        target = "/var/lib/libvirt/images" if value == "default" else f"/pools/{value}"
        return PoolFacts(name=value, type="dir", target=target, active=True)
    if not isinstance(value, dict):
        return value
    return kind(**{name: build(kind, name, each) for name, each in value.items()})
