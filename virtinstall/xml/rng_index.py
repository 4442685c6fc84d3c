"""An index of libvirt's RELAX NG files: each element's attributes, children, text, and allowed values.

The index is a graph of element definitions, not a tree of paths: a definition that contains itself (`<backingStore>`)
is one node that points to itself. Choices and groups are merged: the index shows what an element may contain, not which
parts can be combined.

Source: https://relaxng.org/spec-20011203.html; the files are those of libvirt's docs/schemas (`domain.rng` and what it
includes).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from virtinstall.xml.rng_grammar import Grammar, Pattern

ChildEntry = tuple[str, tuple[int, ...], bool]
"""A tag in lxml's spelling, its possible definitions there, whether it may occur more than once."""

Definition = tuple[dict[str, int], tuple[ChildEntry, ...], int, bool]
"""Attribute -> value; children in the schema's order; value of the text (-1: none); whether it may be empty."""

ValueEntry = tuple[str, tuple[str, ...]]
"""The kind of open values, `text`, `integer` or `` (only known values are allowed), and the known values."""

Index = tuple[tuple[Definition, ...], tuple[ValueEntry, ...]]
"""All definitions, starting with `<domain>`, and the values that they refer to, as types that `marshal` can store."""

_INTEGERS = frozenset(
    (
        *("integer", "int", "long", "short", "byte", "positiveInteger", "nonNegativeInteger"),
        *("unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte"),
    )
)


class _Content:
    """The contents of one element's pattern, collected by `_Compiler`."""

    def __init__(self) -> None:
        self.attributes: dict[str, list[Pattern]] = {}
        self.children: dict[str, list[int]] = {}
        self.counts: dict[str, int] = {}
        self.texts: list[Pattern] = []


def names_of(pattern: Pattern, namespace: str) -> list[str]:
    """Return the names that an `element` or `attribute` pattern allows, in lxml's notation; empty if it allows any.

    `namespace` is the namespace of the names, or an empty string.
    """
    name = pattern.attributes.get("name")
    names = [name] if name is not None else list(_name_class(pattern))
    return [f"{{{namespace}}}{name}" for name in names] if namespace else names


def _name_class(pattern: Pattern) -> Iterator[str]:
    for part in pattern.parts[:1]:
        if part.tag == "name":
            yield part.text.strip()
        elif part.tag == "choice":
            for below in part.parts:
                yield from _name_class(Pattern("element", {}, [below]))


def build_index(grammar: Grammar) -> Index:
    """Build the index of everything that can be reached from the grammar's start."""
    return _Compiler(grammar.defines).compile()


class _Compiler:
    """A converter of patterns to definitions; an `element` pattern becomes one definition, even if it occurs several
    times.
    """

    def __init__(self, defines: dict[str, list[tuple[Pattern, str]]]) -> None:
        self._defines = defines
        self._numbers: dict[int, int] = {}
        self._patterns: list[tuple[Pattern, str]] = []
        self._values: dict[ValueEntry, int] = {}
        self._own_values: dict[str, tuple[set[str], list[str]]] = {}

    def compile(self) -> Index:
        top = _Content()
        for pattern, namespace in self._defines["start"]:
            self._walk_all(pattern, namespace, 1, top)
        definitions = []
        # walking a pattern queues the elements below it, so recursion is only as deep as one element
        for pattern, namespace in self._patterns:
            definitions.append(self._define(pattern, namespace))
        return tuple(definitions), tuple(self._values)

    def _define(self, pattern: Pattern, namespace: str) -> Definition:
        content = _Content()
        may_be_empty = self._walk_all(pattern, namespace, 1, content)
        return (
            {name: self._value(patterns) for name, patterns in content.attributes.items()},
            tuple((tag, tuple(ids), content.counts[tag] > 1) for tag, ids in content.children.items()),
            self._value(content.texts) if content.texts else -1,
            may_be_empty,
        )

    def _number(self, pattern: Pattern, namespace: str) -> int:
        number = self._numbers.get(id(pattern))
        if number is None:
            number = self._numbers[id(pattern)] = len(self._patterns)
            self._patterns.append((pattern, namespace))
        return number

    def _walk_all(self, pattern: Pattern, namespace: str, times: int, content: _Content) -> bool:
        """Collect the contents of the parts of `pattern`; return whether all of them are notAllowed."""
        may_be_empty = True
        for part in pattern.parts:
            may_be_empty &= self._walk(part, namespace, times, content)
        return may_be_empty

    def _walk(self, pattern: Pattern, namespace: str, times: int, content: _Content) -> bool:
        """Collect the contents of `pattern`, which occurs `times` times (2: more than once); return whether it is
        notAllowed.
        """
        tag = pattern.tag
        if tag == "ref":
            found = self._defines[pattern.attributes["name"]]
            # definitions of one name are combined by choice, except a few that specify another method
            empty = [self._walk_all(below, own, times, content) for below, own in found]
            return any(empty) if found[-1][0].attributes.get("combine") != "interleave" else all(empty)
        if tag == "optional":
            self._walk_all(pattern, namespace, times, content)
            return True
        if tag == "attribute":
            for name in names_of(pattern, pattern.attributes.get("ns", "")):
                content.attributes.setdefault(name, []).append(pattern)
            return False
        if tag == "element":
            own = pattern.attributes.get("ns", namespace)
            for name in names_of(pattern, own):
                numbers = content.children.setdefault(name, [])
                number = self._number(pattern, own)
                if number not in numbers:
                    numbers.append(number)
                content.counts[name] = content.counts.get(name, 0) + times
            return False
        if tag in ("value", "data", "text", "list"):
            content.texts.append(pattern)
            return tag == "text"
        if tag == "choice":
            return self._walk_choice(pattern, namespace, times, content)
        if tag in ("zeroOrMore", "oneOrMore"):
            return self._walk_all(pattern, namespace, 2, content) or tag == "zeroOrMore"
        if tag in ("name", "anyName", "nsName", "param", "notAllowed"):
            return tag != "notAllowed"
        return self._walk_all(pattern, namespace, times, content)

    def _walk_choice(self, pattern: Pattern, namespace: str, times: int, content: _Content) -> bool:
        before = content.counts
        most = dict(before)
        may_be_empty = False
        for part in pattern.parts:
            content.counts = dict(before)
            may_be_empty |= self._walk(part, namespace, times, content)
            for tag, count in content.counts.items():
                most[tag] = max(most.get(tag, 0), count)
        content.counts = most
        return may_be_empty

    def _value(self, patterns: Iterable[Pattern]) -> int:
        values: dict[str, None] = {}
        opens: set[str] = set()
        for pattern in patterns:
            if pattern.tag == "attribute" and len(pattern.parts) == int("name" not in pattern.attributes):
                opens.add("text")
            self._gather_values(pattern, values, opens)
        openness = "text" if "text" in opens else "integer" if opens else ""
        return self._values.setdefault((openness, tuple(values)), len(self._values))

    def _gather_values(self, pattern: Pattern, values: dict[str, None], opens: set[str]) -> None:
        tag = pattern.tag
        if tag == "value":
            values[" ".join(pattern.text.split())] = None
        elif tag in ("text", "list"):
            opens.add("text")
        elif tag == "data":
            alternatives = _alternatives(pattern)
            values.update(dict.fromkeys(alternatives))
            if not alternatives:
                opens.add("integer" if pattern.attributes.get("type") in _INTEGERS else "text")
        elif tag == "ref":
            self._gather_named(pattern.attributes["name"], values, opens)
        elif tag not in ("name", "anyName", "nsName"):
            for part in pattern.parts:
                self._gather_values(part, values, opens)

    def _gather_named(self, name: str, values: dict[str, None], opens: set[str]) -> None:
        known = self._own_values.get(name)
        if known is None:
            own_values: dict[str, None] = {}
            own_opens: set[str] = set()
            for below, _ in self._defines[name]:
                for part in below.parts:
                    self._gather_values(part, own_values, own_opens)
            known = self._own_values[name] = (own_opens, list(own_values))
        opens.update(known[0])
        values.update(dict.fromkeys(known[1]))


def _alternatives(data: Pattern) -> list[str]:
    """Return the values of a pattern that is only a list of them, such as `(tcp)|(udp)`."""
    for param in data.parts:
        values = param.text.replace("(", "").replace(")", "").split("|")
        if (
            param.attributes.get("name") == "pattern"
            and len(values) > 1
            and all(word.isidentifier() for word in values)
        ):
            return values
    return []
