"""RELAX NG files as plain tuples: the named patterns of a schema and of the schemas that it includes.

Expat is used instead of lxml, because the patterns are walked in Python, which takes most of the time of a first
look-up.

Source: https://relaxng.org/spec-20011203.html, sections 4.7 and 4.17 (include, combine).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from xml.parsers import expat

_WITH_TEXT = frozenset(("value", "param", "name"))


class Pattern:
    """One element of a schema file; `text` is read only for the tags `value`, `param` and `name`."""

    __slots__ = ("attributes", "parts", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str], parts: Iterable[Pattern] = ()) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parts = [*parts]
        self.text = ""

    def add_text(self, text: str) -> None:
        """Append text that the parser has read."""
        self.text += text


class Grammar:
    """The named patterns of a schema, and the files that were read.

    `defines` maps each name to pairs of a definition and its namespace; there are several pairs if definitions are
    combined.
    """

    def __init__(self) -> None:
        self.defines: dict[str, list[tuple[Pattern, str]]] = {}
        self.files: list[str] = []


def read_grammar(path: str) -> Grammar:
    """Return the grammar in the file `path` and the files that it includes; the root pattern is named `start`.

    Raises: OSError, if a file cannot be read; ValueError, if a file is not well-formed.
    """
    grammar = Grammar()
    _read(path, frozenset(), grammar)
    return grammar


def _read(path: str, overridden: frozenset[str], grammar: Grammar) -> None:
    if path in grammar.files:
        return
    grammar.files.append(path)
    with open(path, "rb") as file:
        data = file.read()
    try:
        root = parse_pattern(data)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code).removeprefix("not well-formed (").removesuffix(")")
        raise ValueError(
            f"'{path}' is not well-formed XML at line {error.lineno}, column {error.offset + 1}: {reason}"
        ) from None
    _read_definitions(root, root.attributes.get("ns", ""), path, overridden, grammar)


def _read_definitions(
    pattern: Pattern, namespace: str, path: str, overridden: frozenset[str], grammar: Grammar
) -> None:
    for part in pattern.parts:
        own_namespace = part.attributes.get("ns", namespace)
        if part.tag == "include":
            replaced = overridden.union(_defined_name(below) for below in part.parts)
            _read(os.path.join(os.path.dirname(path), part.attributes["href"]), replaced, grammar)
        if part.tag in ("include", "div"):
            _read_definitions(part, own_namespace, path, overridden, grammar)
        elif _defined_name(part) not in overridden:
            grammar.defines.setdefault(_defined_name(part), []).append((part, own_namespace))


def _defined_name(pattern: Pattern) -> str:
    return pattern.attributes.get("name", "start")


def parse_pattern(data: bytes) -> Pattern:
    """Return the root pattern of one schema file.

    Raises: expat.ExpatError, if the file is not well-formed.
    """
    parser = expat.ParserCreate()
    root: list[Pattern] = []
    open_parts = [root]

    def start(tag: str, attributes: dict[str, str]) -> None:
        pattern = Pattern(tag, attributes)
        open_parts[-1].append(pattern)
        open_parts.append(pattern.parts)
        # half of the parser's reports would be white space between patterns
        if tag in _WITH_TEXT:
            parser.CharacterDataHandler = pattern.add_text

    def end(tag: str) -> None:
        del open_parts[-1]
        if tag in _WITH_TEXT:
            parser.CharacterDataHandler = None

    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(data, True)
    return root[0]
