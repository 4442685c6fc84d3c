"""The record of a guest that was just created from a guests file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.fleet.applied import Applied, option_hashes
from virtinstall.fleet.devices import marks_of
from virtinstall.fleet.leaves import leaves_of
from virtinstall.fleet.planning import AUTOSTART, planned_leaves

if TYPE_CHECKING:
    from lxml import etree

    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.plan import Plan
    from virtinstall.request import Request

# they choose what the guest's disks hold at its creation; later plans have the values of that time
CREATION = ("image", "location", "cdrom", "install", "pxe", "import_disk", "livecd", "initrd_inject")


def as_created(guest: LabGuest, applied: Applied) -> Request:
    """Return the guest's request, with the installation method and the image that were used when the guest was created.

    `applied` is the record of the last apply.
    """
    given = {name: value for name, value in guest.given.items() if name not in CREATION}
    request = guest.replace(given={**given, **applied.creation}).request
    assert request is not None
    return request


def record_of(guest: LabGuest, project: str, plan: Plan, definition: etree._Element) -> Applied:
    """Return the record for a guest that was just created.

    `plan` is the plan that was applied, and `definition` is the <domain> that libvirt returned.
    """
    request = plan.request
    assert request is not None
    base = leaves_of(definition)
    if plan.run.autostart:
        base[AUTOSTART] = "yes"
    return Applied(
        project=project,
        options=option_hashes(guest),
        planned=planned_leaves(plan),
        base=base,
        devices=marks_of(request, plan.final),
        creation={name: guest.given[name] for name in CREATION if name in guest.given},
        groups=guest.groups,
    )
