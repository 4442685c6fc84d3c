"""Sub-options that no class declares: they are looked up in libvirt's schema."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from virtinstall.options.suboptions import Fallback, Pair

if TYPE_CHECKING:
    from virtinstall.xml.element import Element
    from virtinstall.xml.schema import Schema


@functools.cache
def installed_schema() -> Schema:
    """Return the schema of the installed libvirt; it is read when this function is called for the first time."""
    from virtinstall.xml.schema import load_schema

    return load_schema(os.environ)


def element_path(cls: type[Element]) -> tuple[str, ...] | None:
    """Return the tags that lead from <domain> to an element of `cls`, such as `("devices", "disk")`.

    The result is None if `cls` does not describe domain XML.
    """
    if cls.above is None:
        return None
    return (*cls.above, cls.tag) if cls.tag and cls.tag != "domain" else cls.above


def fallback_for(cls: type[Element]) -> Fallback | None:
    """Return the handling of sub-options that `cls` does not declare; None if `cls` does not describe domain XML."""
    path = element_path(cls)
    if path is None:
        return None

    def knows(key: str) -> bool:
        return installed_schema().resolve(path, key) is not None

    def apply(element: Element, key: str, value: str) -> None:
        from virtinstall.xml.schema_leaf import write_leaf

        leaf = installed_schema().resolve(path, key)
        assert leaf is not None
        write_leaf(element.ensure_node(), leaf, value, installed_schema(), path)

    def nearest(key: str) -> list[str]:
        return installed_schema().nearest(path, key)

    def unknown_arguments(option: str, pairs: list[Pair]) -> list[str]:
        from virtinstall.options.known_values import unknown_values

        return unknown_values(installed_schema, cls, path, option, pairs)

    def with_value(value: str) -> list[str]:
        from virtinstall.options.known_values import sub_options_with_value

        return sub_options_with_value(installed_schema(), cls, path, value)

    return Fallback(knows, apply, nearest, unknown_arguments, with_value)


def schema_is_installed() -> bool:
    """Return whether libvirt's schema is installed."""
    return installed_schema().found
