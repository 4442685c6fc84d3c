"""The request of virt-xml, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from virtinstall.record import Record
from virtinstall.request import Checks

if TYPE_CHECKING:
    from virtinstall.edit.change import XmlOption


class EditRequest(Record):
    """A requested change to a guest.

    `action` is `edit`, `add_device`, `remove_device` or `build_xml`. `selector` is the value of --edit. `option` is the
    option that describes the change, or None if only conversions are requested. `conversions` maps the conversions,
    such as `convert_to_q35`, to their sub-options. `os_values` are the values of --osinfo, or None if it is not used.
    `define` is true if the changed definition is saved, `start` if the guest is started, and `update` if the running
    guest is also changed. `confirm` is true if the user must confirm the change.
    """

    action: str
    selector: str
    option: XmlOption | None
    conversions: Mapping[str, Mapping[str, str]]
    os_values: Mapping[str, str] | None
    print_xml: bool
    print_diff: bool
    define: bool
    start: bool
    update: bool
    confirm: bool
    quiet: bool
    checks: Checks = Checks()
