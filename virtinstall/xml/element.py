"""An XML element, accessed through the fields that its class declares.

Values are stored only in the lxml node. Parts of a parsed document that no field declares (comments, foreign
namespaces) are preserved, because the document is never rebuilt.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, dataclass_transform

from lxml import etree

from virtinstall.errors import UnknownFieldError
from virtinstall.record import unknown_field
from virtinstall.safe_text import referenced
from virtinstall.xml.field import Declared, XmlField
from virtinstall.xml.kinds import PRESENT
from virtinstall.xml.paths import Path, Rank, Step, drop, full_tag, new_node, parse_path, remove

Wrappers = dict[tuple[etree._Element, type["Element"]], "Element"]
"""The wrappers of one document; they keep lxml's nodes and their settings alive."""


class Origin(Protocol):
    """The interface of a declaration that can create the node of a child element; `children.Child` implements it."""

    @property
    def parsed(self) -> Path:
        """The path of the child below its parent."""

    def make(self, parent: Element) -> etree._Element:
        """Return the child's node below `parent`; create it if it is missing."""


@dataclass_transform(kw_only_default=True)
class Element:
    """The base of all element classes.

    `tag` is the element's name in libvirt's XML. `bare` names the sub-options that get the first values without `=` on
    the command line. `none_word` defines what the value `none` does there: `"no-op"` (nothing), `"suppress"` (no such
    device, not even the default one) or `"value"` (an ordinary value). `above` are the tags between <domain> and the
    element; None if the element is not a separate part of the domain. `trailing` are the tags of the children that come
    last.

    A keyword argument sets the field with that name: `Rng(model="virtio")`. Type checkers treat fields like those of a
    dataclass, so each field is annotated: `model: XmlField[str] = XmlField(...)`.

    Raises: UnknownFieldError, for a name that is not a field, and FieldError, for a value of the wrong type, in the
    constructor and when an attribute is set. Both errors name the field.
    """

    __slots__ = ("node", "origin", "pending", "settings", "wrappers")

    tag: ClassVar[str] = ""
    bare: ClassVar[tuple[str, ...]] = ()
    none_word: ClassVar[str] = "no-op"
    above: ClassVar[tuple[str, ...] | None] = None
    trailing: ClassVar[tuple[str, ...]] = ()
    _declarations: ClassVar[tuple[tuple[str, Any], ...] | None] = None
    _ranks: ClassVar[dict[tuple[Step, ...], Rank] | None] = None
    _kept: ClassVar[frozenset[tuple[Step, ...]] | None] = None

    def __init__(self, **values: Any) -> None:
        self.node: etree._Element | None = new_node(self.tag)
        self.wrappers: Wrappers = {(self.node, type(self)): self}
        self.settings: dict[str, Any] = {}
        self.pending: dict[object, Element] = {}
        self.origin: tuple[Element, Origin] | None = None
        for name, value in values.items():
            if name in Element.__slots__:
                raise self._unknown_field(name)
            setattr(self, name, value)

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            declared = getattr(type(self), name, None)
            if not hasattr(declared, "__set__") or (isinstance(declared, property) and declared.fset is None):
                raise self._unknown_field(name)
            object.__setattr__(self, name, value)

    def _unknown_field(self, name: str) -> UnknownFieldError:
        return unknown_field(type(self).__name__, name, [known for known, _ in self.declarations()])

    @classmethod
    def from_node(cls, node: etree._Element | None, wrappers: Wrappers) -> Self:
        """Return a wrapper of `node`, which is in the document of `wrappers`.

        If `node` is None, the node is created when the first field is set.
        """
        element = cls.__new__(cls)
        element.node = node
        element.wrappers = wrappers
        element.settings = {}
        element.pending = {}
        element.origin = None
        return element

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Return the element in `text`, an XML document with this element as its root.

        Entities are not expanded and nothing is downloaded.

        Raises: ValueError, if the text is not well-formed XML or its root has another tag.
        """
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        try:
            node = etree.fromstring(text.encode() if isinstance(text, str) else text, parser)
        except etree.XMLSyntaxError as error:
            line, column = error.position
            reason = (error.msg or "").rpartition(", line ")[0]
            raise ValueError(
                f"not well-formed XML at line {line}, column {column}: {reason[:1].lower()}{reason[1:]}"
            ) from None
        if node.tag != full_tag(cls.tag):
            raise ValueError(f"the root element is <{node.tag}>, not <{cls.tag}>")
        wrappers: Wrappers = {}
        element = cls.from_node(node, wrappers)
        wrappers[node, cls] = element
        return element

    def ensure_node(self) -> etree._Element:
        """Return the node; create it if it is missing."""
        if self.node is None:
            assert self.origin is not None
            parent, declared = self.origin
            parent.pending.pop(declared, None)
            self.bind(declared.make(parent), parent.wrappers)
            assert self.node is not None
        return self.node

    def bind(self, node: etree._Element, wrappers: Wrappers) -> None:
        """Set `node`, just created in the document of `wrappers`, as the node of this wrapper."""
        self.node = node
        self.wrappers = wrappers
        wrappers[node, type(self)] = self

    def prune(self) -> None:
        """Remove the element from the document if it was created when a field was set and is empty now."""
        node = self.node
        if node is None or self.origin is None or node.attrib or len(node) or (node.text or "").strip():
            return
        parent, declared = self.origin
        self.wrappers.pop((node, type(self)), None)
        remove(node)
        self.node = None
        parent.pending[declared] = self
        if parent.node is not None:
            drop(parent.node, declared.parsed.steps[:-1], parent.kept_when_empty())
            parent.prune()

    @property
    def exists(self) -> bool:
        """Whether the element exists in the document."""
        return self.node is not None

    def move_to(self, wrappers: Wrappers) -> None:
        """Assign this wrapper to the document of `wrappers`, after its node has been moved there."""
        old = self.wrappers
        if old is wrappers:
            return
        node = self.ensure_node()
        moved = set(node.iter())
        for key in [key for key in old if key[0] in moved]:
            known = wrappers[key] = old.pop(key)
            known.wrappers = wrappers
        wrappers[node, type(self)] = self
        self.wrappers = wrappers

    def clone(self) -> Self:
        """Return an independent copy, including the settings."""
        if self.node is None:
            copied = type(self)()
            copied.settings = dict(self.settings)
            _copy_pending(self, copied)
            return copied
        node = copy.deepcopy(self.node)
        node.tail = None
        wrappers: Wrappers = {}
        twins = dict(zip(self.node.iter(), node.iter(), strict=True))
        for (old, cls), known in self.wrappers.items():
            if old in twins and (known.settings or known.pending or known is self):
                twin = cls.from_node(twins[old], wrappers)
                twin.settings = dict(known.settings)
                _copy_pending(known, twin)
                wrappers[twins[old], cls] = twin
        twin = wrappers[node, type(self)]
        assert isinstance(twin, type(self))
        return twin

    @property
    def parent(self) -> Element | None:
        """The element from which this element was read as a child; None if there is none."""
        return self.origin[0] if self.origin is not None else None

    def clear(self) -> None:
        """Remove all attributes, children, text and settings."""
        node = self.ensure_node()
        tail = node.tail
        node.clear()
        node.tail = tail
        self.settings.clear()
        self.pending.clear()

    def to_xml(self) -> str:
        """Return the element as an indented XML string, which ends in a newline."""
        node = copy.deepcopy(self.ensure_node())
        node.tail = None
        etree.indent(node, "  ")
        return referenced(str(etree.tostring(node, encoding="unicode"))) + "\n"

    @classmethod
    def declarations(cls) -> tuple[tuple[str, Any], ...]:
        """Return (attribute name, declaration) pairs: in order, those of this class, then those of its base classes."""
        found = cls.__dict__.get("_declarations")
        if found is None:
            merged: dict[str, Any] = {}
            for base in cls.__mro__:
                for name, value in vars(base).items():
                    if isinstance(value, Declared) or hasattr(value, "prefixes"):
                        merged.setdefault(name, value)
            found = cls._declarations = tuple(merged.items())
        result: tuple[tuple[str, Any], ...] = found
        return result

    @classmethod
    def _paths(cls) -> Iterator[tuple[Step, ...]]:
        for first in cls.child_order():
            yield parse_path(first).steps
        for _, declared in cls.declarations():
            path: str | None = getattr(declared, "path", None)
            if path is not None:
                yield parse_path(path).steps

    @classmethod
    def child_order(cls) -> tuple[str, ...]:
        """Return the paths of the children in the required order; empty if the order of declaration is required."""
        return ()

    @classmethod
    def read_word(cls, word: str) -> tuple[str, str] | None:
        """Return (sub-option, value) for a word with special syntax, such as `+aes`; None for any other word."""
        return None

    @classmethod
    def cut_whole(cls, text: str) -> list[tuple[str, str]] | None:
        """Return the (sub-option, value) pairs of `text` if commas and `=` are not special in it; otherwise None."""
        return None

    def rank(self, steps: tuple[Step, ...]) -> Rank:
        """Return the rank of each tag among the children at `steps`, from 0 in the order of declaration."""
        ranks = type(self).__dict__.get("_ranks")
        if ranks is None:
            ranks = {}
            for path in self._paths():
                for depth, step in enumerate(path):
                    below = ranks.setdefault(_plain(path[:depth]), {})
                    below.setdefault(step.tag, len(below))
            ranks[()] = self._trailing_last(ranks.get((), {}))
            type(self)._ranks = ranks
        found: Rank = ranks.get(_plain(steps), {})
        return found

    @classmethod
    def _trailing_last(cls, rank: Rank) -> Rank:
        """Return `rank` with the tags in `trailing` moved to its end."""
        tags = [*(tag for tag in rank if tag not in cls.trailing), *(tag for tag in cls.trailing if tag in rank)]
        return {tag: place for place, tag in enumerate(tags)}

    def kept_when_empty(self) -> frozenset[tuple[Step, ...]]:
        """Return the paths of elements that are kept when they are empty, because their presence is a value."""
        kept = type(self).__dict__.get("_kept")
        if kept is None:
            kept = frozenset(
                declared.parsed.steps
                for _, declared in self.declarations()
                if isinstance(declared, XmlField) and declared.kind is PRESENT
            )
            type(self)._kept = kept
        found: frozenset[tuple[Step, ...]] = kept
        return found

    def __repr__(self) -> str:
        if self.node is None:
            return f"<{type(self).__name__}: not in the document>"
        return str(etree.tostring(self.node, encoding="unicode", with_tail=False))


def _copy_pending(element: Element, twin: Element) -> None:
    """Copy the settings for children of `element` that are not in the document yet."""
    for declared, known in element.pending.items():
        if known.node is None:
            copied = twin.pending[declared] = type(known).from_node(None, twin.wrappers)
            copied.settings = dict(known.settings)
            _copy_pending(known, copied)


def _plain(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(Step(step.tag, None) for step in steps)
