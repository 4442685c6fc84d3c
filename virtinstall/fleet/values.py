"""The value of an option in a guests file: a string as on the command line, sub-options, or a list of both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError
from virtinstall.fleet.keys import has_sub_option, sub_option_spellings
from virtinstall.fleet.nodes import Fields, Items, Node, Text
from virtinstall.options.read import section_class
from virtinstall.options.suboptions import resolve
from virtinstall.similar import did_you_mean
from virtinstall.xml.kinds import parse_switch

if TYPE_CHECKING:
    from virtinstall.options.table import Option

Expand = Callable[[Text], str]
Pairs = dict[str, Text]
# without spaces: a longer text may be several values
_MUST_BE = re.compile(r"([^\s:]+): (must be [^\n]+)")
_NUMBERS = {"integer": (int, "a whole number"), "number": (float, "a number")}


class Wrong(Exception):
    """An error in the value of an option.

    `node` is the invalid node, and `path` is its path relative to the option, such as `[1].sizee`.
    """

    def __init__(self, node: Node, path: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.node = node
        self.path = path
        self.message = message
        self.hint = hint


def flatten(node: Fields, option: Option, path: str = "") -> Pairs:
    """Return the sub-options in a mapping, by name.

    Keys in nested mappings are joined with periods, such as `target.bus`. The items of a list are joined into one value
    if the sub-option accepts several values; otherwise, numbers are appended to the name. `path` is the path of `node`
    relative to the option.

    Raises: Wrong, if a key is not a sub-option of the option, or if a sub-option that accepts a single value has a
    list.
    """
    found: Pairs = {}
    for key, value in node.values.items():
        for name, text in _below(key, value, option):
            if not has_sub_option(option, name):
                if not isinstance(value, Items):
                    raise _unknown(option, name, node.keys[key], f"{path}.{name}")
                if has_sub_option(option, key):
                    raise Wrong(value, f"{path}.{key}", "must be a single value, not a list")
                raise _unknown(option, key, node.keys[key], f"{path}.{key}")
            found[name] = text
    return found


def _below(name: str, node: Node, option: Option) -> Iterator[tuple[str, Text]]:
    if isinstance(node, Text):
        yield name, node
    elif isinstance(node, Fields):
        for key, value in node.values.items():
            yield from _below(f"{name}.{key}", value, option)
    elif isinstance(node, Items):
        target = resolve(section_class(option), name)
        texts = [each for each in node.values if isinstance(each, Text) and not each.is_null]
        if target is not None and target.declared.commas and len(texts) == len(node.values):
            separator = "; " if name == "run" else ","
            joined = Text(node.line, node.column, separator.join(each.text for each in texts))
            yield name, joined
            return
        for number, value in enumerate(node.values):
            yield from _below(f"{name}{number}", value, option)


def _unknown(option: Option, name: str, node: Node, path: str) -> Wrong:
    shown = next(spelling for spelling in option.names if spelling.startswith("--"))
    known = sub_option_spellings(section_class(option))
    return Wrong(node, path, "unknown key", did_you_mean(name, known, f"list the keys with: virt-install {shown} help"))


def as_text(pairs: Pairs, option: Option, expand: Expand) -> str:
    """Return sub-options as on the command line, such as `size=20,format=raw`. Sub-options that are null are omitted.

    `expand` is called with the node of each value and returns the string of the node with its placeholders replaced.
    """
    cls = section_class(option)
    values = {key: expand(text) for key, text in pairs.items() if not text.is_null}
    if len(values) == 1:
        text = "=".join(next(iter(values.items())))
        if cls.cut_whole(text) is not None:
            # all of such a text is one value, in which quotes mean themselves
            return text
    return ",".join(f"{key}={quoted(value)}" for key, value in values.items())


def quoted(value: str) -> str:
    """Return `value` with commas, quotes and backslashes escaped, for use as the value of a sub-option."""
    if not any(char in value for char in ",\\\"'"):
        return value
    return "".join("\\" + char if char in ",\\\"'" else char for char in value)


class Value:
    """One value of an option.

    `node` is the value in the file, and `path` is the path of the value relative to the option, such as `[1]`. `pairs`
    are the sub-options by name, or None if the value is a string.
    """

    def __init__(self, node: Node, path: str, pairs: Pairs | None = None) -> None:
        self.node = node
        self.path = path
        self.pairs = pairs

    def text(self, option: Option, expand: Expand) -> str:
        """Return the value as on the command line; `expand` has the same meaning as for `as_text`."""
        if self.pairs is not None:
            return as_text(self.pairs, option, expand)
        assert isinstance(self.node, Text)
        return expand(self.node)


def values_of(node: Node, option: Option, below: Node | None = None) -> list[Value]:
    """Return the values of an option; an empty list if the value in the file is null.

    `node` is the value in the file, and `below` is the value in the defaults, or None. If both are mappings, their
    sub-options are merged, unless the option describes a device.

    Raises: Wrong, if the option does not accept the value.
    """
    if isinstance(node, Text) and node.is_null:
        return []
    if isinstance(node, Items):
        if not option.repeat:
            raise Wrong(node, "", "must be a single value, not a list")
        return [_value(each, f"[{number}]", option) for number, each in enumerate(node.values)]
    value = _value(node, "", option)
    if value.pairs is not None and option.describes != "device" and isinstance(below, Fields):
        value.pairs = {**flatten(below, option), **value.pairs}
    return [value]


def _value(node: Node, path: str, option: Option) -> Value:
    if isinstance(node, Fields):
        if not option.section:
            raise Wrong(node, path, "must be a single value: this option has no sub-options")
        return Value(node, path, flatten(node, option, path))
    if isinstance(node, Items):
        raise Wrong(node, path, "must be a single value, not a nested list")
    if isinstance(node, Text) and node.is_null:
        raise Wrong(node, path, "the value is missing")
    return Value(node, path)


def given_value(values: list[Value], option: Option, expand: Expand) -> object:
    """Return the values of an option as the command-line parser would store them; None if there is nothing to store.

    `expand` has the same meaning as for `as_text`.

    Raises: Wrong, if a value is not of the option's type.
    """
    if not values:
        return None
    if option.argument == "none":
        return option.stores if _switch(values[0], expand) else None
    texts: list[object] = []
    for value in values:
        text = value.text(option, expand)
        if option.argument == "optional" and value.pairs is None and text in ("true", "false"):
            if text == "false":
                continue
            text = option.bare
        elif not text and value.pairs is not None:
            text = option.bare
        texts.append(_converted(text, value, option))
    if not texts:
        return None
    return texts if option.repeat else texts[-1]


def _switch(value: Value, expand: Expand) -> bool:
    if not isinstance(value.node, Text):
        raise Wrong(value.node, value.path, "must be true or false")
    text = expand(value.node)
    try:
        return parse_switch(text)
    except ValueError:
        raise Wrong(value.node, value.path, f"must be true or false, not '{text}'") from None


def _converted(text: str, value: Value, option: Option) -> object:
    if option.kind not in _NUMBERS:
        return text
    kind, described = _NUMBERS[option.kind]
    try:
        return kind(text)
    except ValueError:
        raise Wrong(value.node, value.path, f"must be {described}, not '{text}'") from None


def wrong_value(error: RequestError, option_name: str, path: str) -> str:
    """Return the message of `error` without the option and the sub-option, which the path in the file already shows.

    `option_name` is the name of the option without dashes. `path` is the path of the value relative to the option, such
    as `.size`, or an empty string for the whole option.
    """
    text = error.message.removeprefix(f"--{option_name}").removeprefix(":").strip()
    sub = path.rpartition(".")[2]
    found = _MUST_BE.fullmatch(text.removeprefix(f"{sub}=") if sub else text)
    return text if found is None else f"{found[2]}, not '{found[1]}'"
