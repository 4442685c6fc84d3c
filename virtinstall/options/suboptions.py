"""Compound option values such as `path=/x.img,size=20,bus=virtio`: they are split and applied to an element.

Source of the rules: the behavior of virt-install. Values are split at commas with shell quoting, then at the first `=`;
leading parts without `=` are bare values; a sub-option that may contain commas ends at the next known sub-option; the
last of several pairs with the same key is used; `key=` unsets; sub-options are applied in order of declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError
from virtinstall.named import NamedTuple
from virtinstall.xml.children import Child, Children
from virtinstall.xml.field import Declared
from virtinstall.xml.kinds import parse_switch
from virtinstall.xml.override import Edit

if TYPE_CHECKING:
    from virtinstall.xml.children import ElementList
    from virtinstall.xml.element import Element

SHARED_NAMES = ("clearxml", "xpathN.delete", "xpathN.set", "xpathN.create", "xpathN.value")
_MOST_DIGITS = 4
"""The maximum number of digits of a number in a name, because all elements with lower numbers are created."""
_XPATH_ACTIONS = ("set", "delete", "create", "value")


class Hop(NamedTuple):
    """A step to a child element: its attribute, and its number, starting at 0, or None if there can be only one."""

    attribute: str
    number: int | None


class Target(NamedTuple):
    """The meaning of a sub-option: the steps to its element, its declaration, and the declaration's position."""

    hops: tuple[Hop, ...]
    declared: Declared
    order: tuple[int, ...]


class Pair(NamedTuple):
    """A `key=value` part of a compound value; `target` is None if no class declares the key.

    `bare` is true if the value was typed without the key.
    """

    key: str
    value: str
    target: Target | None
    bare: bool = False

    @property
    def typed(self) -> str:
        """The part as it was typed."""
        return self.value if self.bare else f"{self.key}={self.value}"


class Fallback(NamedTuple):
    """The handling of sub-options that no class declares, based on libvirt's schema.

    `knows(key)` returns whether the schema contains `key`, and `apply(element, key, value)` sets the sub-option. For
    hints, `nearest(key)` returns similar names, and `with_value(value)` the names of sub-options that accept `value`.
    `unknown_arguments(option, pairs)` returns warnings about values in `pairs` that the schema does not list.
    """

    knows: Callable[[str], bool]
    apply: Callable[[Any, str, str], None]
    nearest: Callable[[str], list[str]]
    unknown_arguments: Callable[[str, list[Any]], list[str]] = lambda option, pairs: []
    with_value: Callable[[str], list[str]] = lambda value: []


def split_parts(text: str) -> list[str]:
    """Split a compound value at commas that are neither quoted nor escaped; quotes and backslashes are removed.

    Raises: ValueError, if a closing quote is missing.
    """
    if not any(char in text for char in "\\\"'"):
        return text.split(",")
    parts: list[list[str]] = [[]]
    quote = ""
    position = 0
    while position < len(text):
        char = text[position]
        position += 1
        if char == "\\" and quote != "'" and position < len(text):
            following = text[position]
            position += 1
            parts[-1].append(following if not quote or following in '"\\' else char + following)
        elif quote:
            if char == quote:
                quote = ""
            else:
                parts[-1].append(char)
        elif char in "\"'":
            quote = char
        elif char == ",":
            parts.append([])
        else:
            parts[-1].append(char)
    if quote:
        raise ValueError("a closing quote is missing")
    return ["".join(part) for part in parts]


def resolve(cls: type[Element], key: str) -> Target | None:
    """Return the meaning of the sub-option `key`; None if neither `cls` nor its child elements declare it."""
    for position, (attribute, declared) in enumerate(cls.declarations()):
        if isinstance(declared, Declared):
            if declared.name == key or key in declared.aliases:
                return Target((), declared, (position,))
            continue
        for number, rest in _ways_into(declared, key):
            below = resolve(declared.cls, rest)
            if below is not None:
                return Target((Hop(attribute, number), *below.hops), below.declared, (position, *below.order))
    return None


def _ways_into(nested: Child[Any] | Children[Any], key: str) -> Iterator[tuple[int | None, str]]:
    """Yield (number or None, name below the child) for each interpretation of `key` that leads into `nested`."""
    numbered = isinstance(nested, Children)
    if key in nested.flat:
        yield 0 if numbered else None, nested.flat[key]
    if nested.prefix is None:
        return
    for prefix in (nested.prefix, *nested.prefixes):
        if not key.startswith(prefix):
            continue
        rest = key[len(prefix) :]
        end = 0
        while numbered and end < min(len(rest), _MOST_DIGITS) and rest[end] in "0123456789":
            end += 1
        digits, rest = rest[:end], rest[end:]
        if not prefix or rest == "" or rest[0] == ".":
            yield int(digits or 0) if numbered else None, rest.removeprefix(".")


def sub_option_names(cls: type[Element], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Declared]]:
    """Yield a tuple (name, declaration) for each sub-option of `cls`; an N, as in `hostN.name`, stands for a number."""
    for _, declared in cls.declarations():
        if isinstance(declared, Declared):
            if declared.name is not None:
                name = ".".join(part for part in (prefix, declared.name) if part)
                yield name, declared
        elif declared.prefix is not None and depth < 4:
            mark = "N" if isinstance(declared, Children) else ""
            below = ".".join(part for part in (prefix, declared.prefix + mark) if part)
            yield from sub_option_names(declared.cls, below, depth + 1)


def says_none(cls: type[Element], text: str) -> bool:
    """Return whether `text` is `none` and means that no element of `cls` is requested."""
    return text == "none" and cls.none_word != "value"


def cut(cls: type[Element], option: str, text: str, fallback: Fallback | None = None) -> list[Pair]:
    """Split a compound value into pairs, and return them in the order in which they are applied.

    Values without a name are assigned to the names in `cls.bare`. `cls.read_word` may convert another value, such as
    `+FEATURE`, to a pair, and `cls.cut_whole` may use `text` as one value. `option` is the option's name for messages.

    Raises: RequestError, if a sub-option is unknown or a closing quote is missing.
    """
    whole = cls.cut_whole(text)
    if whole is not None:
        return _in_order([Pair(key, value, resolve(cls, key), bare=value == text) for key, value in whole])
    try:
        parts = split_parts(text)
    except ValueError as error:
        raise RequestError(
            f"{option} {text}: {error}",
            hint="add the closing quote, or put a backslash before a quote that belongs to the value",
        ) from None
    pairs: list[Pair] = []
    bare = list(getattr(cls, "bare", ()))
    for place, word in enumerate(parts):
        key, equals, value = word.partition("=")
        bare_value = None if equals and _known(cls, key, fallback) else cls.read_word(word)
        if bare_value is not None:
            key, value, equals = bare_value[0], bare_value[1], "="
        target = resolve(cls, key)
        if equals and (target is not None or is_shared(key)):
            pairs.append(Pair(key, value, target))
            bare.clear()
        elif equals and fallback is not None and "." in key and fallback.knows(key):
            pairs.append(Pair(key, value, None))
            bare.clear()
        elif pairs and _takes_commas(pairs[-1]):
            pairs[-1] = pairs[-1]._replace(value=pairs[-1].value + "," + word)
        elif equals and fallback is not None and _is_plain_name(option, key, value) and fallback.knows(key):
            pairs.append(Pair(key, value, None))
            bare.clear()
        elif bare and (not equals or not _looks_like_name(key)):
            name = bare.pop(0)
            if word:
                pairs.append(Pair(name, word, resolve(cls, name), bare=True))
        elif word:
            raise _unknown(cls, option, parts, place, fallback)
    return _in_order(pairs)


def _known(cls: type[Element], key: str, fallback: Fallback | None) -> bool:
    return (
        is_shared(key) or resolve(cls, key) is not None or (fallback is not None and "." in key and fallback.knows(key))
    )


def _looks_like_name(key: str) -> bool:
    return key.replace(".", "a").replace("_", "a").replace("-", "a").isalnum()


def _is_plain_name(option: str, key: str, value: str) -> bool:
    """Return whether `key` may be a name of the schema, and not what users type in place of another one."""
    from virtinstall.options.unknown import is_mistaken

    return _looks_like_name(key) and not is_mistaken(option, key, value)


def _takes_commas(pair: Pair) -> bool:
    return is_shared(pair.key) if pair.target is None else pair.target.declared.commas


def is_shared(key: str) -> bool:
    """Return whether `key` is a sub-option that every XML option has, such as `clearxml` or `xpath0.set`."""
    if key == "clearxml":
        return True
    head, _, action = key.partition(".")
    digits = head.removeprefix("xpath")
    numbered = head == "xpath" or (digits != head and digits.isascii() and digits.isdecimal())
    return numbered and len(digits) <= _MOST_DIGITS and action in _XPATH_ACTIONS


def _in_order(pairs: list[Pair]) -> list[Pair]:
    last: dict[object, Pair] = {}
    for number, pair in enumerate(pairs):
        repeats = pair.target is not None and pair.target.declared.repeat
        if pair.target is None:
            identity: object = pair.key
        else:
            identity = (pair.target.hops, pair.target.declared, number if repeats else None)
        former = last.pop(identity, None)
        if former is not None and pair.target is not None and pair.target.declared.joined:
            pair = pair._replace(value=f"{former.value},{pair.value}")
        last[identity] = pair
    return sorted(last.values(), key=lambda pair: pair.target.order if pair.target else (1 << 20,))


def apply_pairs(element: Element, option: str, pairs: list[Pair], fallback: Fallback | None = None) -> None:
    """Apply `pairs` to `element`; XPath edits are stored in `element.settings` until the domain is complete.

    Raises: RequestError, if a value is invalid.
    """
    cleared = any(pair.key == "clearxml" and _switch(option, pair) for pair in pairs)
    if cleared:
        try:
            element.clear()
        except ValueError as error:
            raise RequestError(f"{option} clearxml: {error}", hint="omit clearxml") from None
    numbered: list[tuple[ElementList[Any], Element]] = []
    for pair in pairs:
        if pair.target is not None:
            below = _reach(element, pair.target.hops, numbered)
            try:
                pair.target.declared.apply(below, pair.value)
            except ValueError as error:
                raise RequestError(f"{option} {pair.typed}: {error}") from None
        elif not is_shared(pair.key):
            assert fallback is not None
            try:
                fallback.apply(element, pair.key, pair.value)
            except ValueError as error:
                raise RequestError(f"{option} {pair.typed}: {error}") from None
    # at the end, so that the numbers of the others do not change
    for siblings, child in reversed(numbered):
        if _is_empty(child):
            siblings.remove(child)
    if cleared:
        element.prune()
    edits = read_edits(option, pairs)
    if edits:
        element.settings["xpath_edits"] = (*element.settings.get("xpath_edits", ()), *edits)


def _reach(element: Element, hops: tuple[Hop, ...], numbered: list[tuple[ElementList[Any], Element]]) -> Element:
    """Return the element at the end of `hops`; numbered children on the way, and those created, go to `numbered`."""
    for attribute, number in hops:
        found = getattr(element, attribute)
        if number is None:
            element = found
        else:
            known = len(found)
            element = found.at(number)
            numbered += [(found, child) for child in [*list(found)[known:], element]]
    return element


def _is_empty(child: Element) -> bool:
    """Return whether `child`, created to fill a lower number or now unset, is empty."""
    node = child.node
    if node is None or node.getparent() is None:
        return False
    return not (node.attrib or len(node) or (node.text or "").strip() or child.settings)


def _switch(option: str, pair: Pair) -> bool:
    try:
        return parse_switch(pair.value)
    except ValueError as error:
        raise RequestError(f"{option} {pair.typed}: {error}") from None


def read_edits(option: str, pairs: list[Pair]) -> list[Edit]:
    """Return the XPath edits in `pairs`, in the order of their numbers; the last one replaces others with its number.

    Raises: RequestError, if `xpathN.value` is used without `xpathN.set`, or `xpathN.set` has no value.
    """
    numbered: dict[int, list[Pair]] = {}
    for pair in pairs:
        if pair.target is None and is_shared(pair.key) and pair.key != "clearxml":
            digits = pair.key.partition(".")[0][5:]
            numbered.setdefault(int(digits or 0), []).append(pair)
    edits = []
    for number in sorted(numbered):
        by_action = {pair.key.partition(".")[2]: pair for pair in numbered[number]}
        given = by_action.pop("value", None)
        if given is not None and "set" not in by_action:
            name = given.key.partition(".")[0]
            raise RequestError(
                f"{option} {given.typed} requires {name}.set", hint=f"for example: {name}.set=./vcpu/@placement"
            )
        value = None if given is None else given.value
        for action, pair in list(by_action.items())[-1:]:
            xpath = pair.value
            if action == "set" and value is None:
                xpath, equals, text = xpath.rpartition("=")
                if not equals:
                    raise RequestError(
                        f"{option} {pair.typed}: must be XPATH=VALUE",
                        hint="set a value, for example ./vcpu/@placement=static; or, to remove the node, leave the "
                        "value empty, for example: ./vcpu/@placement=",
                    )
                edits.append(Edit(action, xpath, text))
            else:
                edits.append(Edit(action, xpath, value or ""))
    return edits


def _short_names(cls: type[Element]) -> Iterator[str]:
    """Yield the aliases of the sub-options, which users type most: `bus` for `target.bus`."""
    for _, declared in cls.declarations():
        if isinstance(declared, Declared):
            yield from declared.aliases
        else:
            yield from declared.flat


def _unknown(
    cls: type[Element], option: str, parts: Sequence[str], place: int, fallback: Fallback | None
) -> RequestError:
    """Return the error for the part at `place` of a compound value."""
    from virtinstall.options.unknown import meant, value_hint
    from virtinstall.similar import question_for, similar_names

    word, following = parts[place], parts[place + 1 :]
    key, equals, _ = word.partition("=")
    target = resolve(cls, key)
    if not equals and target is not None:
        hint = value_hint(option, key, target.declared.kind_name)
        return RequestError(f"{option}: sub-option '{key}' requires a value", hint=hint)
    if key != key.strip() and resolve(cls, key.strip()) is not None:
        return RequestError(
            f"{option} '{word}': unexpected space around '{key.strip()}'",
            hint="remove the spaces around commas and equal signs",
        )
    with_value = fallback.with_value if fallback else lambda _: []
    spelling = meant(cls, option, word, following, with_value) if equals else None
    if spelling is not None:
        question = f"did you mean {option} {spelling}? "
    else:
        names = list(dict.fromkeys([name for name, _ in sub_option_names(cls)] + list(_short_names(cls))))
        near = similar_names(key, names) + (fallback.nearest(key) if fallback else [])
        near = list(dict.fromkeys(near))[:3]
        question = f"{question_for(near)} " if near else ""
    before = parts[place - 1].rpartition("=")[2] if place else ""
    if key[:1].isdigit() and before.isdigit() and not equals:
        return RequestError(
            f"{option}: unexpected '{key}' after '{before},'", hint=f"use a decimal point: {parts[place - 1]}.{key}"
        )
    # what has no = may be the rest of a value that was split at its comma: a path, a list
    commas = "" if equals or not place else "; put a backslash before a comma within a value, or quote the value"
    return RequestError(
        f"{option}: unknown sub-option '{key}'",
        hint=f"{question}`{option} help` lists all sub-options{commas}",
    )
