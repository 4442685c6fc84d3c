"""`--output json`: the result or the plan as one JSON document, which schema/output.json describes.

The format is stable: keys may be added, but are not removed or changed.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lxml import etree

from virtinstall.plan import actions_of

if TYPE_CHECKING:
    from virtinstall.errors import VirtInstallError
    from virtinstall.libvirt_host.host import Host, HostGuest
    from virtinstall.plan import ImageFetch, NewVolume, Plan


_SHORTEST = len("--o")
"""Length of the longest prefix that other options share."""


def wants_json(arguments: Sequence[str]) -> bool:
    """Return whether the command line, which need not be valid, requests JSON output; `--output` may be abbreviated."""
    pairs = [
        *itertools.pairwise(arguments),
        *((name, value) for name, _, value in (word.partition("=") for word in arguments)),
    ]
    return any("--output".startswith(name) and len(name) > _SHORTEST and value == "json" for name, value in pairs)


def guest_document(plan: Plan, host: Host, warnings: Sequence[str], *, created: bool, status: int = 0) -> str:
    """Return the JSON document for a run that planned or created one guest.

    `created` is true if the guest was created. `status` is the exit status.
    """
    from virtinstall.devices.interface import Interface

    guest = host.find_guest(plan.name) if created else None
    running = guest is not None and guest.is_active()
    document: dict[str, Any] = {
        "name": plan.name,
        "uuid": plan.final.uuid,
        "connection": host.uri,
        "state": None if guest is None else guest.state(),
        "ips": guest.addresses() if guest is not None and running else [],
        "macs": [interface.mac_address for interface in plan.final.devices_of(Interface)],
        "disks": _disks(plan, host),
        "images": [_image(fetch) for fetch in plan.fetches],
        "login": None if plan.login is None else {"user": plan.login.user, "password": plan.login.password},
        "passwords": dict(plan.passwords) if created else {},
        "xml": plan.steps[-1] if guest is None else guest.xml(inactive=True),
        "install_xml": None if plan.install is None else plan.steps[0],
        "record": _record(plan, guest),
        "actions": [action._asdict() for action in actions_of(plan)],
        "changed": created,
        "warnings": list(warnings),
        "exit_status": status,
    }
    return json.dumps(document, indent=2) + "\n"


def _record(plan: Plan, guest: HostGuest | None) -> dict[str, Any] | None:
    """Return the record in the metadata of `guest`; if it is None, the record that the planned guest will have."""
    from virtinstall import __version__
    from virtinstall.guest_record import NAMESPACE, parse_record, record_of

    if guest is None:
        return record_of(plan, __version__).as_document()
    stored = parse_record(guest.metadata(NAMESPACE), guest.uuid)
    return None if stored is None else stored.as_document()


def _disks(plan: Plan, host: Host) -> list[dict[str, Any]]:
    """Return the disks that the plan creates; the path of a volume is its path in the pool."""
    images = [
        {"path": image.path, "pool": None, "format": image.format, "bytes": image.capacity_bytes}
        for image in plan.images
    ]
    return [*images, *(_volume(volume, host) for volume in plan.volumes)]


def _image(fetch: ImageFetch) -> dict[str, Any]:
    """Return an image that disks start from; values that are unknown before the download are null."""
    image = fetch.result or fetch.cached
    document = {"name": fetch.source.label, "arch": fetch.source.arch or None, "catalogue": fetch.source.origin}
    names = ("url", "path", "digest", "format", "virtual_size", "verified")
    return {**document, **{name: None if image is None else getattr(image, name) or None for name in names}}


def _volume(volume: NewVolume, host: Host) -> dict[str, Any]:
    volume_facts, pool = host.volume(volume.pool, volume.name), host.pool(volume.pool)
    path = f"{pool.target}/{volume.name}" if pool is not None and pool.target else volume.name
    return {
        "path": path if volume_facts is None else volume_facts.path,
        "pool": volume.pool,
        "format": etree.fromstring(volume.xml).xpath("string(target/format/@type)") or None,
        "bytes": volume.capacity_bytes,
    }


def error_document(error: VirtInstallError, status: int) -> str:
    """Return the JSON document for a run that failed with `error` and the exit status `status`."""
    described = {
        "kind": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "notes": list(getattr(error, "__notes__", ())),
    }
    return json.dumps({"error": described, "changed": False, "exit_status": status}, indent=2) + "\n"
