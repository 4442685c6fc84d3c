"""Warnings about values that the installed libvirt's schema does not list.

Such a value is not an error, because a newer libvirt may accept it. The value is used, and the warning shows the
most similar value in the schema.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from virtinstall.options.suboptions import Pair, Target, resolve, sub_option_names
from virtinstall.unlisted_values import unlisted_warning
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT
from virtinstall.xml.paths import parse_path

if TYPE_CHECKING:
    from virtinstall.xml.element import Element
    from virtinstall.xml.schema import Schema


def unknown_values(
    schema: Callable[[], Schema], cls: type[Element], path: tuple[str, ...], option: str, pairs: list[Pair]
) -> list[str]:
    """Return a warning for each sub-option in `pairs` whose value the schema does not list.

    `cls` declares the sub-options, and `path` contains the tags that lead from <domain> to an element of `cls`.
    `option` is the name of the option, for the warnings. `schema` returns the schema; it is called only if a value must
    be looked up.
    """
    warnings = []
    for pair in pairs:
        place = _place(cls, path, pair)
        known = () if place is None else schema().values(place)
        if known and pair.value not in known:
            warnings.append(unlisted_warning(f"{option} {pair.typed}", _nearest(pair.value, known)))
    return warnings


def _place(cls: type[Element], path: tuple[str, ...], pair: Pair) -> tuple[str, ...] | None:
    """Return the schema path of the value of `pair`, or None if the XML does not contain it unchanged."""
    if pair.target is None or not pair.value:
        return None
    place = place_of(cls, path, pair.target)
    if place is None:
        return None
    declared = pair.target.declared
    assert isinstance(declared, XmlField)
    is_replaced = declared.convert is not None and declared.convert(pair.value) != pair.value
    return None if is_replaced or pair.value in declared.own_values else place


def place_of(cls: type[Element], path: tuple[str, ...], target: Target) -> tuple[str, ...] | None:
    """Return the schema path of the value that `target`, a sub-option of `cls`, sets.

    The result is None if the value is not a string. Otherwise, it consists of `path`, which leads from <domain> to an
    element of `cls`, further tags and, if the value is an attribute, `@NAME`.
    """
    declared = target.declared
    if not isinstance(declared, XmlField) or declared.kind is not TEXT:
        return None
    place = list(path)
    for hop in target.hops:
        nested = next(found for name, found in cls.declarations() if name == hop.attribute)
        place.extend(step.tag for step in parse_path(nested.path).steps)
        cls = nested.cls
    steps, attribute = declared.parsed
    place.extend(step.tag for step in steps)
    if attribute is not None:
        place.append("@" + attribute)
    return tuple(place)


def sub_options_with_value(schema: Schema, cls: type[Element], path: tuple[str, ...], value: str) -> list[str]:
    """Return the names of the sub-options of `cls` with string values for which the schema lists `value`.

    `path` contains the tags that lead from <domain> to an element of `cls`.
    """
    found = []
    for name, _ in sub_option_names(cls):
        target = resolve(cls, name)
        place = None if target is None else place_of(cls, path, target)
        if place is not None and value in schema.values(place):
            found.append(name)
    return found


def _nearest(value: str, known: tuple[str, ...]) -> str:
    from virtinstall.similar import did_you_mean

    listed = f"the schema lists {', '.join(known[:8])}{', ...' if len(known) > 8 else ''}"
    return did_you_mean(value, known) or listed
