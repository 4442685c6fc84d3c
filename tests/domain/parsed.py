"""Domains from options of the command line, for tests."""

from __future__ import annotations

from lxml import etree

from virtinstall.domain.domain import Domain
from virtinstall.options.read import section_class
from virtinstall.options.suboptions import apply_pairs, cut
from virtinstall.options.table import OPTIONS


def parsed(*options: str, domain: Domain | None = None) -> Domain:
    """Return the domain after options such as `--memory 512`, applied to `domain` if specified."""
    known = {name: option for option in OPTIONS if option.section for name in option.names}
    result = domain if domain is not None else Domain()
    for typed in options:
        name, _, text = typed.partition(" ")
        cls = section_class(known[name])
        apply_pairs(result.section(cls), name, cut(cls, name, text))
    return result


def inside(domain: Domain) -> str:
    """Return the content of <domain> on one line."""
    node = domain.ensure_node()
    return "".join(etree.tostring(child, encoding="unicode") for child in node)
