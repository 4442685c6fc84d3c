"""The request of virt-xml, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from virtinstall.record import Record
from virtinstall.request import Checks

if TYPE_CHECKING:
    from virtinstall.edit.change import XmlOption


class EditRequest(Record):
    """A requested change: `action` is `edit`, `add_device`, `remove_device` or `build_xml`.

    `option` is None for the conversions, whose sub-options are in `conversions`; `os_values` are those of --osinfo,
    or None if it is not used. `define` and `start` are whether the result is saved and started, and `update` is
    whether the running guest is changed as well.
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
