"""Request of virt-xml, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from virtinstall.record import Record
from virtinstall.request import Checks

if TYPE_CHECKING:
    from virtinstall.edit.change import XmlOption


class EditRequest(Record):
    """Requested change: `action` is one of `edit`, `add_device`, `remove_device`, `build_xml`.

    `option` is None for the conversions, whose sub-options are in `conversions`.
    `define` and `start`: whether the result is saved and started; `update` whether the running guest is changed too.
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
