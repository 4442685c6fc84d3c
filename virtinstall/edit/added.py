"""The devices that an option of `virt-xml --add-device` describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.domain.domain import Domain
from virtinstall.options.suboptions import apply_pairs, cut

if TYPE_CHECKING:
    from virtinstall.edit.change import XmlOption


def read_devices(option: XmlOption) -> Domain:
    """Return a domain that contains only the devices that an option describes.

    Raises: RequestError, if the option has an invalid value.
    """
    domain = Domain()
    for text in option.described():
        pairs = cut(option.cls, option.name, text, option.fallback)
        apply_pairs(domain.section(option.cls), option.name, pairs, option.fallback)
    return domain
