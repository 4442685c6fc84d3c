"""libvirt's schema, which resolves dotted names that no class declares.

`--network vlan.tag0.id=42`: the RNG files of the installed libvirt show that `vlan/tag/@id` exists, that `tag` may
occur more than once, and which values it accepts.

How names are resolved: components are tags. The last component is an attribute, an element's text or its presence; an
attribute precedes an element of the same name. A name is first looked up unchanged (`vram64`), then as name and number
(`tag0`, and `tag` for the first) if the element may occur more than once. Elements of other namespaces have libvirt's
prefix: `qemu:commandline.qemu:arg0.value`.

Source: the schema files; https://libvirt.org/formatdomain.html for their meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from virtinstall.xml.paths import NAMESPACES
from virtinstall.xml.schema_cache import cache_file, find_schema, load_index, save_index, stamp_of

if TYPE_CHECKING:
    from virtinstall.xml.rng_index import Index

_MOST_DIGITS = 4
_YES_NO = frozenset(("yes", "no"))
_ON_OFF = frozenset(("on", "off"))


class Leaf:
    """One value in the schema, relative to an element.

    `steps` lead from the element to the value; each is a pair of a tag in lxml's notation and a number, counted from
    0, among the children with that tag. `attribute` is the name of the attribute; None if the value is an element's
    text or presence. `type` is `text`, `integer`, `yes/no`, `on/off`, `choice` (one of `values`) or `present`. For
    `text` and `integer`, `values` are the known values, and others are allowed too.
    """

    __slots__ = ("attribute", "steps", "type", "values")

    def __init__(
        self, steps: tuple[tuple[str, int], ...], attribute: str | None, kind: tuple[str, tuple[str, ...]]
    ) -> None:
        self.steps = steps
        self.attribute = attribute
        self.type, self.values = kind

    def __repr__(self) -> str:
        way = "".join(f"/{tag}[{number + 1}]" for tag, number in self.steps)
        return f"<Leaf .{way}{'/@' + self.attribute if self.attribute is not None else ''}: {self.type}>"


class _Element:
    """All definitions of an element at one path, merged."""

    __slots__ = ("attributes", "children", "may_be_empty", "texts")

    def __init__(self) -> None:
        self.attributes: dict[str, tuple[int, ...]] = {}
        self.children: dict[str, tuple[frozenset[int], bool]] = {}
        self.texts: tuple[int, ...] = ()
        self.may_be_empty = False


class Schema:
    """The part of the installed libvirt's schema below `<domain>`.

    An element is named by the path of its tags, such as `("devices", "interface")`; `()` is the domain. `found` is
    false if no schema is installed; all names are then unknown.
    """

    def __init__(self, index: Index) -> None:
        self._definitions, self._values = index
        self._merged: dict[frozenset[int], _Element] = {}
        self.found = bool(self._definitions)

    def resolve(self, element_path: tuple[str, ...], dotted: str) -> Leaf | None:
        """Return the value that `dotted`, such as `vlan.tag0.id`, names below the element; None if there is none."""
        element = self._element(element_path)
        if element is None:
            return None
        steps: list[tuple[str, int]] = []
        *above, last = dotted.split(".")
        for part in above:
            below = self._step(element, part)
            if below is None:
                return None
            steps.append(below)
            element = self._merge(element.children[below[0]][0])
        if last in element.attributes:
            return Leaf(tuple(steps), last, self._value(element.attributes[last]))
        below = self._step(element, last)
        if below is None:
            return None
        steps.append(below)
        kind = self._own_value(self._merge(element.children[below[0]][0]))
        return Leaf(tuple(steps), None, kind) if kind is not None else None

    def leaves(self, element_path: tuple[str, ...], number: str = "N") -> Iterator[str]:
        """Yield the dotted name of each value below the element, in the schema's order.

        `number` is appended to the name of an element that may occur more than once. An element that is nested in
        itself, such as `backingStore`, is entered once.
        """
        element = self._element(element_path)
        if element is not None:
            yield from self._leaves(element, "", number, frozenset())

    def _leaves(self, element: _Element, prefix: str, number: str, entered: frozenset[int]) -> Iterator[str]:
        for attribute in element.attributes:
            yield prefix + attribute
        for tag, (ids, many) in element.children.items():
            below = self._merge(ids)
            name = prefix + name_of(tag) + (number if many else "")
            if self._own_value(below) is not None:
                yield name
            if not ids <= entered:
                yield from self._leaves(below, name + ".", number, entered | ids)

    def nearest(self, element_path: tuple[str, ...], dotted: str) -> list[str]:
        """Return up to three names in the schema that are similar to `dotted`, the most similar first."""
        from virtinstall.similar import similar_names

        return similar_names(dotted, self.leaves(element_path, "0"))

    def values(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """Return all values that the schema allows at `path`; empty if others are allowed, or the path is unknown.

        The path ends in an element, whose text is the value, or in an attribute, such as `@cache`.
        """
        attribute = path[-1][1:] if path and path[-1].startswith("@") else None
        element = self._element(path if attribute is None else path[:-1])
        if element is None:
            return ()
        ids = element.texts if attribute is None else element.attributes.get(attribute, ())
        return self._value(ids)[1] if ids and self._closed(ids) else ()

    def child_order(self, element_path: tuple[str, ...]) -> tuple[str, ...]:
        """Return the tags of the element's children, in lxml's notation, in the order that the schema requires."""
        element = self._element(element_path)
        return tuple(element.children) if element is not None else ()

    def _element(self, path: tuple[str, ...]) -> _Element | None:
        if not self.found:
            return None
        element = self._merge(frozenset((0,)))
        for tag in path:
            found = element.children.get(tag) or element.children.get(_tag_of(tag, element))
            if found is None:
                return None
            element = self._merge(found[0])
        return element

    def _step(self, element: _Element, part: str) -> tuple[str, int] | None:
        """Return (tag, number) of the component `part`, or None if the element does not have such a child."""
        tag = _tag_of(part, element)
        if tag in element.children:
            return tag, 0
        name = part.rstrip("0123456789")
        digits = part[len(name) :]
        tag = _tag_of(name, element)
        if 0 < len(digits) <= _MOST_DIGITS and tag in element.children and element.children[tag][1]:
            return tag, int(digits)
        return None

    def _merge(self, ids: frozenset[int]) -> _Element:
        known = self._merged.get(ids)
        if known is not None:
            return known
        merged = self._merged[ids] = _Element()
        children: dict[str, tuple[frozenset[int], bool]] = {}
        order: list[str] = []
        for number in sorted(ids):
            attributes, own_children, text, may_be_empty = self._definitions[number]
            for name, value in attributes.items():
                merged.attributes[name] = (*merged.attributes.get(name, ()), value)
            place = 0
            for tag, below, many in own_children:
                if tag not in children:
                    order.insert(place, tag)
                place = order.index(tag) + 1
                former, often = children.get(tag, (frozenset(), False))
                children[tag] = (former.union(below), often or many)
            if text >= 0:
                merged.texts += (text,)
            merged.may_be_empty |= may_be_empty
        merged.children = {tag: children[tag] for tag in order}
        return merged

    def _own_value(self, element: _Element) -> tuple[str, tuple[str, ...]] | None:
        """Return the type and the values of an element's text or presence; None if it has neither."""
        if element.texts:
            return self._value(element.texts)
        return ("present", ()) if element.may_be_empty else None

    def _value(self, ids: tuple[int, ...]) -> tuple[str, tuple[str, ...]]:
        allowed = tuple(dict.fromkeys(word for number in ids for word in self._values[number][1]))
        if not self._closed(ids):
            texts = any(self._values[number][0] == "text" for number in ids)
            return "text" if texts else "integer", allowed
        if _YES_NO.issuperset(allowed):
            return "yes/no", allowed
        return "on/off" if _ON_OFF.issuperset(allowed) else "choice", allowed

    def _closed(self, ids: tuple[int, ...]) -> bool:
        return not any(self._values[number][0] for number in ids)


def load_schema(environ: Mapping[str, str], cache: bool = True) -> Schema:
    """Load the installed libvirt's schema; it is empty if no schema is installed.

    `environ` contains the environment variables that determine the directories of the schema and its cache. `cache`:
    whether the cache of the schema's index is used.

    Raises: OSError or ValueError, if a schema file cannot be read.
    """
    path = find_schema(environ)
    if path is None:
        return Schema(((), ()))
    place = cache_file(environ) if cache else None
    index = load_index(place, path) if place is not None else None
    if index is None:
        from virtinstall.xml.rng_grammar import read_grammar
        from virtinstall.xml.rng_index import build_index

        grammar = read_grammar(path)
        stamp = stamp_of(grammar.files)
        index = build_index(grammar)
        if place is not None:
            save_index(place, stamp, index)
    return Schema(index)


def name_of(tag: str) -> str:
    """Return a tag as users type it: `qemu:arg` for `{http://libvirt.org/schemas/domain/qemu/1.0}arg`.

    A tag without a namespace is not changed.
    """
    uri, brace, local = tag[1:].partition("}")
    if not brace:
        return tag
    for prefix, known in NAMESPACES.items():
        if known == uri:
            return f"{prefix}:{local}"
    # libvirt's namespaces end in NAME/VERSION
    return f"{uri.split('/')[-2]}:{local}"


def _tag_of(name: str, element: _Element) -> str:
    """Return the tag of the child of `element` that is typed as `name`; `name` if there is none."""
    if ":" in name:
        for tag in element.children:
            if name_of(tag) == name:
                return tag
    return name
