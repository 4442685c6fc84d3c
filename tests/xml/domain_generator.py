"""Generate random valid `<domain>` documents from libvirt's grammar.

`DomainGenerator(schema).random_domain(rng)` returns a document that conforms to the schema, with comments, foreign
namespaces and unusual strings where the schema allows them. `random_domain(rng, want)` returns a small document with a
value at the requested place. `domains()` is a hypothesis strategy for the same documents.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Iterator, Sequence
from functools import cache

from hypothesis import strategies
from lxml import etree

from tests.xml.rng_values import random_data, random_text
from virtinstall.xml.rng_grammar import Pattern, read_grammar
from virtinstall.xml.rng_index import names_of
from virtinstall.xml.schema_cache import find_schema

Want = tuple[str, ...]
"""The place of a value: tags, then `@attribute` or `#text`, or nothing more for the element's presence."""

FOREIGN = {"nova": "http://openstack.org/xmlns/libvirt/nova/1.1", "ex": "urn:example:foreign"}
_MANY_BRANCHES = 8
# libxml2 takes twice as long for each optional attribute of one element, half a minute for 16
_MOST_ATTRIBUTES = 8
_LIBOSINFO = "http://libosinfo.org/xmlns/libvirt/domain/1.0"


@cache
def installed_schema() -> str:
    """Return the path of the installed libvirt's domain.rng."""
    path = find_schema(os.environ)
    assert path is not None, "libvirt's schemas are not installed"
    return path


@cache
def validator() -> etree.RelaxNG:
    """Return libxml2's validator of the installed schema."""
    return etree.RelaxNG(file=installed_schema())


@cache
def generator() -> DomainGenerator:
    """Return the generator of the installed schema."""
    return DomainGenerator(installed_schema())


def random_domain(rng: random.Random, want: Want = ()) -> etree._Element:
    """Return a valid `<domain>` of the installed schema; a small one with a value at `want` if specified."""
    return generator().random_domain(rng, want)


def domains() -> strategies.SearchStrategy[etree._Element]:
    """Return a strategy for valid `<domain>` documents."""
    return strategies.integers(0, (1 << 32) - 1).map(lambda seed: random_domain(random.Random(seed)))


class DomainGenerator:
    """Follows a grammar at random; the same `rng` produces the same document."""

    def __init__(self, schema: str) -> None:
        self._names: dict[int, list[str]] = {}
        self._defines: dict[str, Pattern] = {}
        for name, found in read_grammar(schema).defines.items():
            for define, namespace in found:
                self._name_elements(define, namespace)
            self._defines[name] = _combined([define for define, _ in found])
        self._costs: dict[int, float] = {}
        self._interleaves: dict[int, bool] = {}
        self._reach: dict[tuple[int, Want], bool] = {}
        self._find_costs()

    def _name_elements(self, pattern: Pattern, namespace: str) -> None:
        own = pattern.attributes.get("ns", namespace)
        if pattern.tag == "element":
            self._names[id(pattern)] = names_of(pattern, own)
        for part in pattern.parts:
            self._name_elements(part, own)

    def names(self, element: Pattern) -> list[str]:
        """Return the tags that an `element` pattern allows, in lxml's notation; none if any is allowed."""
        return self._names[id(element)]

    def random_domain(self, rng: random.Random, want: Want = ()) -> etree._Element:
        """Return a valid document; with `want`, a small document in the schema's order with a value there."""
        top = etree.Element("top")
        growth = _Growth(rng, self, small=bool(want), budget=0 if want else rng.choice((10, 40, 100, 250)))
        growth.all(self._defines["start"].parts, top, ("domain", *want) if want else ())
        domain = top[0]
        top.remove(domain)
        if not want:
            _decorate(domain, rng)
        return domain

    def referred(self, ref: Pattern) -> Pattern:
        """Return the pattern that `ref` refers to."""
        return self._defines[ref.attributes["name"]]

    def cost(self, pattern: Pattern) -> float:
        """Return the least number of elements that `pattern` needs; infinite if nothing can match it."""
        return self._costs.get(id(pattern), math.inf)

    def _find_costs(self) -> None:
        """Set all costs, starting from the patterns that need nothing, because patterns may contain themselves."""
        patterns = [pattern for define in self._defines.values() for pattern in _with_all_parts(define)]
        changed = True
        while changed:
            changed = False
            for pattern in reversed(patterns):
                cost = self._cost_now(pattern)
                if cost < self.cost(pattern):
                    self._costs[id(pattern)] = cost
                    changed = True

    def _cost_now(self, pattern: Pattern) -> float:
        if pattern.tag in ("optional", "zeroOrMore", "attribute", "data", "value", "text"):
            return 0.0
        if pattern.tag == "notAllowed":
            return math.inf
        if pattern.tag == "ref":
            return self.cost(self.referred(pattern))
        if pattern.tag == "choice":
            return min((self.cost(part) for part in pattern.parts), default=0.0)
        return sum(map(self.cost, pattern.parts)) + (pattern.tag == "element")

    def interleaves(self, pattern: Pattern) -> bool:
        """Return whether `pattern` directly contains an interleave of elements.

        Such elements are kept together: libxml2 wrongly rejects mixed elements of two interleaves that are parts of a
        third.
        """
        known = self._interleaves.get(id(pattern))
        if known is None:
            parts = [self.referred(pattern)] if pattern.tag == "ref" else pattern.parts
            inside = pattern.tag not in ("element", "attribute") and any(map(self.interleaves, parts))
            known = self._interleaves[id(pattern)] = pattern.tag == "interleave" or inside
        return known

    def reaches(self, pattern: Pattern, want: Want) -> bool:
        """Return whether `pattern` can have a value at `want`."""
        known = self._reach.get((id(pattern), want))
        if known is None:
            known = self._reach[id(pattern), want] = self._reaches(pattern, want)
        return known

    def _reaches(self, pattern: Pattern, want: Want) -> bool:
        if pattern.tag == "attribute":
            return want[0][0] == "@" and want[0][1:] in names_of(pattern, "")
        if pattern.tag in ("data", "value", "text"):
            return want[0] == "#text"
        if pattern.tag == "element":
            if want[0] not in self.names(pattern):
                return False
            return len(want) == 1 or any(self.reaches(part, want[1:]) for part in pattern.parts)
        if pattern.tag == "ref":
            return self.reaches(self.referred(pattern), want)
        return self.cost(pattern) < math.inf and any(self.reaches(part, want) for part in pattern.parts)


def _combined(found: list[Pattern]) -> Pattern:
    """Return one pattern for all definitions of a name."""
    if len(found) == 1:
        return found[0]
    how = "interleave" if found[-1].attributes.get("combine") == "interleave" else "choice"
    groups = [Pattern("group", {}, define.parts) for define in found]
    return Pattern("group", {}, [Pattern(how, {}, groups)])


def _with_all_parts(pattern: Pattern) -> Iterator[Pattern]:
    yield pattern
    for part in pattern.parts:
        yield from _with_all_parts(part)


class _Growth:
    """One growing document. A `small` one gets only what is required, and its elements are in the schema's order."""

    def __init__(self, rng: random.Random, grammar: DomainGenerator, small: bool, budget: int) -> None:
        self._rng = rng
        self._grammar = grammar
        self._small = small
        self._left = budget
        self._generosity = rng.choice((0.3, 0.5, 0.7))

    def all(self, parts: Sequence[Pattern], node: etree._Element, want: Want) -> None:
        """Generate each of `parts` below `node`, one of them on the way to `want`."""
        chosen = None
        if want:
            chosen = self._rng.choice([part for part in parts if self._grammar.reaches(part, want)])
        for part in parts:
            self.one(part, node, want if part is chosen else ())

    def one(self, pattern: Pattern, node: etree._Element, want: Want) -> None:
        """Generate `pattern` below `node`."""
        tag = pattern.tag
        if tag == "ref":
            self.all(self._grammar.referred(pattern).parts, node, want)
        elif tag == "choice":
            self.one(self._choose(pattern.parts, want), node, want)
        elif tag == "element":
            self._element(pattern, node, want)
        elif tag == "attribute":
            self._attribute(pattern, node)
        elif tag in ("data", "value", "text"):
            node.text = self._value(pattern)
        elif tag == "interleave" and not self._small:
            self._interleave(pattern, node)
        elif tag in ("optional", "zeroOrMore", "oneOrMore"):
            for number in range(self._times(pattern, node, want)):
                self.all(pattern.parts, node, want if number == 0 else ())
        else:
            assert tag in ("group", "interleave", "empty", "anyName"), tag
            self.all(pattern.parts, node, want)

    def _choose(self, parts: Sequence[Pattern], want: Want) -> Pattern:
        cost = self._grammar.cost
        if want:
            parts = [part for part in parts if self._grammar.reaches(part, want)]
        else:
            parts = [part for part in parts if cost(part) < math.inf]
        if self._left <= 0 and not want:
            least = min(map(cost, parts))
            parts = [part for part in parts if cost(part) == least]
        return self._rng.choice(parts)

    def _times(self, pattern: Pattern, node: etree._Element, want: Want) -> int:
        least = 1 if pattern.tag == "oneOrMore" else 0
        if want:
            return 1
        if self._small or sum(map(self._grammar.cost, pattern.parts)) > max(self._left, 0):
            return least
        if pattern.tag == "optional":
            return int(len(node.attrib) < _MOST_ATTRIBUTES and self._rng.random() < self._generosity)
        # the pattern with many alternatives is that of devices: generate more of them
        rich = any(part.tag == "choice" and len(part.parts) > _MANY_BRANCHES for part in pattern.parts)
        return max(least, self._rng.randint(0, 12) if rich else self._rng.choice((0, 1, 1, 2, 3)))

    def _element(self, pattern: Pattern, node: etree._Element, want: Want) -> None:
        names = self._grammar.names(pattern)
        if not names:
            _foreign_element(node, self._rng)
            return
        self._left -= 1
        tag = self._rng.choice(names)
        uri = tag[1:].partition("}")[0] if tag[0] == "{" else ""
        self.all(pattern.parts, etree.SubElement(node, tag, nsmap={uri.split("/")[-2]: uri} if uri else None), want[1:])

    def _attribute(self, pattern: Pattern, node: etree._Element) -> None:
        for name in names_of(pattern, ""):
            values = etree.Element("value")
            self.all(pattern.parts, values, ())
            text = values.text or ("" if pattern.parts else random_text(self._rng))
            assert name not in node.attrib
            node.set(name, text)

    def _value(self, pattern: Pattern) -> str:
        if pattern.tag == "value":
            return pattern.text
        return random_data(self._rng, pattern) if pattern.tag == "data" else random_text(self._rng)

    def _interleave(self, pattern: Pattern, node: etree._Element) -> None:
        """Return the generated parts in a random interleaved order; each part's elements keep their order."""
        hands: list[list[list[etree._Element]]] = []
        # generate in random order, so that the first parts do not use up the budget
        for part in self._rng.sample(pattern.parts, len(pattern.parts)):
            before = len(node)
            self.one(part, node, ())
            given = list(node)[before:]
            hands.append([given] if given and self._grammar.interleaves(part) else [[element] for element in given])
        deal = [number for number, hand in enumerate(hands) for _ in hand]
        self._rng.shuffle(deal)
        for number in deal:
            node.extend(hands[number].pop(0))


def _foreign_element(node: etree._Element, rng: random.Random) -> None:
    """Return an application-specific element for `<metadata>`."""
    if rng.random() < 0.3:
        root = etree.SubElement(node, f"{{{_LIBOSINFO}}}libosinfo", nsmap={"libosinfo": _LIBOSINFO})
        etree.SubElement(root, f"{{{_LIBOSINFO}}}os", id="http://debian.org/debian/12")
        return
    prefix = rng.choice(list(FOREIGN))
    element = etree.SubElement(node, f"{{{FOREIGN[prefix]}}}thing", nsmap={prefix: FOREIGN[prefix]})
    element.set(rng.choice(("id", f"{{{FOREIGN['ex']}}}id")), random_text(rng))
    element.text = random_text(rng)
    for _ in range(rng.choice((0, 0, 1, 2))):
        below = etree.SubElement(element, rng.choice(("plain", f"{{{FOREIGN['ex']}}}other")))
        below.tail = random_text(rng)


def _decorate(domain: etree._Element, rng: random.Random) -> None:
    """Add comments, processing instructions and white space between elements where they have no meaning."""
    if rng.random() < 0.5:
        etree.indent(domain)
    for parent in [element for element in domain.iter("*") if len(element) and rng.random() < 0.1]:
        note = etree.Comment(f" note {rng.random()} ") if rng.random() < 0.8 else etree.ProcessingInstruction("pi", "x")
        parent.insert(rng.randint(0, len(parent)), note)
    if rng.random() < 0.2:
        domain.addprevious(etree.Comment(" edited manually "))
