"""The fields that an element class declares, each in one place: an XML value, a setting, a sub-option.

A declaration defines the typed Python attribute, the command-line sub-option (named after its path: `./rate/@bytes` is
`rate.bytes`), its help line, its completion and its line in the manual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, overload

from virtinstall.errors import FieldError
from virtinstall.record import is_instance, type_and_value
from virtinstall.safe_text import require_xml
from virtinstall.xml.kinds import PRESENT, Kind
from virtinstall.xml.paths import Path, Rank, Step, drop, find, find_child, make_child, parse_path

if TYPE_CHECKING:
    from lxml import etree

T = TypeVar("T")

SWITCHED_OFF = "switched_off"
"""Key of an element's settings: paths of the elements whose presence the user switched off."""


class Holder(Protocol):
    """The interface of `element.Element` that declarations use."""

    tag: ClassVar[str]
    node: etree._Element | None
    settings: dict[str, Any]

    @classmethod
    def declarations(cls) -> tuple[tuple[str, Any], ...]:
        """Return the (attribute name, declaration) pairs, in order."""

    def ensure_node(self) -> etree._Element:
        """Return the node; create it if it is missing."""

    def rank(self, steps: tuple[Step, ...]) -> Rank:
        """Return the rank of each tag among the children of the element at `steps`."""

    def kept_when_empty(self) -> frozenset[tuple[Step, ...]]:
        """Return the paths of elements that are kept when they are empty, because their presence is a value."""

    def prune(self) -> None:
        """Remove the element from the document if it is empty."""


class Declared:
    """The base of all declarations: the sub-option's name and aliases, its documentation, and how its value is split.

    If `name` is None, the declaration has no sub-option. `commas`: whether commas belong to the value, up to the next
    known sub-option. `match`: whether virt-xml may select objects by the sub-option. `kind_name` is the kind of value,
    as help prints it. `repeat`: whether each use of the sub-option counts, instead of only the last. `joined`: whether
    repeated uses are applied together, separated by commas.
    """

    name: str | None
    aliases: tuple[str, ...]
    doc: str
    commas: bool
    match: bool
    kind_name: str
    repeat: bool = False
    joined: bool = False

    def apply(self, element: Holder, text: str) -> None:
        """Set the value from `text`, which a user typed; an empty string unsets the value.

        Raises: ValueError, if `text` is invalid; the message describes the expected value.
        """
        raise NotImplementedError


class XmlField(Declared, Generic[T]):
    """A value in the XML below an element, bound to a typed Python attribute.

    `path` is the path of the value below the element, and `kind` determines how it is written. `name` is the
    sub-option's name; an empty string derives it from the path, and None means that there is no sub-option. `convert`
    is needed if users type the value in a different form from the one in the XML, for example in MiB instead of KiB. It
    is called with the string that a user typed, returns the value, and raises ValueError if the string is invalid.
    `own_values` are values that the composer replaces before libvirt sees them.
    """

    def __init__(
        self,
        path: str,
        kind: Kind[T],
        doc: str,
        *,
        name: str | None = "",
        aliases: tuple[str, ...] = (),
        commas: bool = False,
        match: bool = True,
        convert: Callable[[str], T | None] | None = None,
        own_values: tuple[str, ...] = (),
    ) -> None:
        self.path = path
        self.kind = kind
        self.doc = doc
        self.name = sub_option_name(path) if name == "" else name
        self.aliases = aliases
        self.commas = commas
        self.match = match
        self.convert = convert
        self.own_values = own_values
        self.kind_name = kind.name
        self._parsed: Path | None = None

    @property
    def parsed(self) -> Path:
        """The steps of the path, parsed on first use so that declaring a field costs nothing."""
        if self._parsed is None:
            self._parsed = parse_path(self.path)
        return self._parsed

    @overload
    def __get__(self, element: None, owner: type[Holder]) -> XmlField[T]: ...

    @overload
    def __get__(self, element: Holder, owner: type[Holder]) -> T | None: ...

    def __get__(self, element: Holder | None, owner: type[Holder]) -> XmlField[T] | T | None:
        if element is None:
            return self
        if element.node is None:
            return None
        steps, attribute = self._parsed or self.parsed
        node = element.node
        for step in steps:
            found = node.find(step.tag) if step.condition is None else find_child(node, step)
            if found is None:
                return None
            node = found
        if attribute is not None:
            return self._read(node.get(attribute))
        if self.kind is PRESENT:
            return self.kind.read("")
        text = node.text
        return None if text is None or not text.strip() else self._read(text)

    def _read(self, text: str | None) -> T | None:
        """Return the value of a text; None if the text, from a foreign document, is of another kind."""
        if text is None:
            return None
        try:
            return self.kind.read(text)
        except ValueError:
            return None

    def __set__(self, element: Holder, value: T | None) -> None:
        _check(self, element, value)
        if self.kind is PRESENT:
            self._note_off(element, value is False)
        if value is None or (value is False and self.kind is PRESENT):
            self._unset(element)
            return
        text = self.kind.write(value)
        if not text.isprintable():
            require_xml(f"<{type(element).tag}> {self.name or self.path}", text)
        path = self._parsed or self.parsed
        node = element.ensure_node()
        for depth, step in enumerate(path.steps):
            found = find_child(node, step)
            node = found if found is not None else make_child(node, step, element.rank(path.steps[:depth]))
        if path.attribute is not None:
            node.set(path.attribute, text)
        elif self.kind is not PRESENT:
            node.text = text

    def _note_off(self, element: Holder, off: bool) -> None:
        """Record whether the user disabled the value: the XML cannot show this, but defaults depend on it."""
        noted: frozenset[str] = element.settings.get(SWITCHED_OFF, frozenset())
        if off:
            element.settings[SWITCHED_OFF] = noted | {self.path}
        elif self.path in noted:
            element.settings[SWITCHED_OFF] = noted - {self.path}

    def is_decided(self, element: Holder) -> bool:
        """Return whether the user set or disabled the value in `element`, or the XML contains it."""
        return self.__get__(element, type(element)) is not None or self.path in element.settings.get(SWITCHED_OFF, ())

    def _unset(self, element: Holder) -> None:
        if element.node is None:
            return
        path = self.parsed
        node = find(element.node, path.steps)
        if node is None:
            return
        if path.attribute is not None:
            if path.attribute in node.attrib:
                del node.attrib[path.attribute]
            drop(element.node, path.steps, element.kept_when_empty())
        else:
            node.text = None
            if self.kind is PRESENT:
                # <apic eoi="on"/> is still switched on
                node.clear()
            drop(element.node, path.steps)
        element.prune()

    def apply(self, element: Holder, text: str) -> None:
        """Set the value from `text`, which a user typed; an empty string unsets the value."""
        if text == "":
            value: T | None = None
        elif self.convert is not None:
            value = self.convert(text)
        else:
            value = self.kind.parse(text)
        self.__set__(element, value)


class Setting(Declared, Generic[T]):
    """A value that is requested for an element but is not part of the XML, such as the size of a disk to create.

    The value is stored in the element's `settings`. `kind` determines how the value is written. `name` is the
    sub-option's name; an empty string stands for the name of the attribute, None for no sub-option. `convert` is as for
    `XmlField`.
    """

    def __init__(
        self,
        kind: Kind[T],
        doc: str,
        *,
        name: str | None = "",
        aliases: tuple[str, ...] = (),
        commas: bool = False,
        match: bool = False,
        convert: Callable[[str], T | None] | None = None,
    ) -> None:
        self.kind = kind
        self.doc = doc
        self.name = name
        self.aliases = aliases
        self.commas = commas
        self.match = match
        self.convert = convert
        self.kind_name = kind.name
        self.attribute = ""

    def __set_name__(self, owner: type[Holder], attribute: str) -> None:
        self.attribute = attribute
        if self.name == "":
            self.name = attribute

    @overload
    def __get__(self, element: None, owner: type[Holder]) -> Setting[T]: ...

    @overload
    def __get__(self, element: Holder, owner: type[Holder]) -> T | None: ...

    def __get__(self, element: Holder | None, owner: type[Holder]) -> Setting[T] | T | None:
        if element is None:
            return self
        value: T | None = element.settings.get(self.attribute)
        return value

    def __set__(self, element: Holder, value: T | None) -> None:
        _check(self, element, value)
        if value is None:
            element.settings.pop(self.attribute, None)
        else:
            element.settings[self.attribute] = value

    def apply(self, element: Holder, text: str) -> None:
        """Set the setting from `text`, which a user typed; an empty string unsets the setting."""
        if text == "":
            self.__set__(element, None)
        else:
            self.__set__(element, (self.convert or self.kind.parse)(text))


class Suboption(Declared):
    """A sub-option that sets several values, or needs special handling, through `action`.

    `action(element, text)` is called with the text as the user typed it; an empty string unsets the values. The action
    raises ValueError if the text is invalid.
    """

    def __init__(
        self,
        name: str,
        action: Callable[[Any, str], None],
        doc: str,
        *,
        aliases: tuple[str, ...] = (),
        commas: bool = False,
        match: bool = False,
        kind_name: str = "text",
        repeat: bool = False,
        joined: bool = False,
    ) -> None:
        self.name = name
        self.action = action
        self.doc = doc
        self.aliases = aliases
        self.commas = commas
        self.match = match
        self.kind_name = kind_name
        self.repeat = repeat
        self.joined = joined

    def apply(self, element: Holder, text: str) -> None:
        """Call the action with `element` and `text`."""
        self.action(element, text)


def _check(declared: XmlField[T] | Setting[T], element: Holder, value: object) -> None:
    """Raise FieldError if a value has the wrong type."""
    if value is not None and not is_instance(value, declared.kind.type):
        expected = declared.kind.type.__name__
        raise FieldError(f"{_name_of(declared, element)} must be {expected} or None, not {type_and_value(value)}")


def _name_of(declared: Declared, element: Holder) -> str:
    """Return the name of the field in messages: `Disk: 'boot_order'`."""
    names = (name for name, known in element.declarations() if known is declared)
    return f"{type(element).__name__}: '{next(names, declared.name)}'"


def sub_option_name(path: str) -> str:
    """Return the name of the sub-option for a path: `rate.bytes` for `./rate/@bytes`; predicates are ignored."""
    parts = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        parts.append(part.partition("[")[0].lstrip("@"))
    return ".".join(parts)
