"""The conversion of YAML or JSON text to nodes with positions.

Each scalar is stored as the string in the file: `on`, `012` and `1:20` are not converted to other types. Only null
values are recognized. The tree of nodes is built from the events of the YAML parser, so that the depth and the number
of nodes can be limited.
"""

from __future__ import annotations

import re
import shlex
from typing import Any

from virtinstall.errors import RequestError
from virtinstall.json_loader import parse_json
from virtinstall.yaml_loader import explain, safe_loader

STANDARD_INPUT = "standard input"
"""Label of a guests file that is read from standard input."""
_DEEPEST = 40
_MOST_NODES = 2_000_000
_NULL = ("", "~", "null", "Null", "NULL")
_TAGS = (None, "!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")))
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


class FileError(RequestError):
    """An error in a guests file. The message starts with the position, such as `guests.yaml:14:9`."""


class Node:
    """A value in a guests file, with its position.

    `line` and `column` start at 1. `size` is the number of nodes in the tree that starts at this node, including the
    node itself.
    """

    __slots__ = ("column", "line", "size")

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column
        self.size = 1


class Text(Node):
    """A scalar, which is stored as the string `text`.

    `is_null` is true for `null` or `~` without quotes, and for an empty value.
    """

    __slots__ = ("is_null", "text")

    def __init__(self, line: int, column: int, text: str, is_null: bool = False) -> None:
        super().__init__(line, column)
        self.text = text
        self.is_null = is_null


class Items(Node):
    """A list of values."""

    __slots__ = ("values",)

    def __init__(self, line: int, column: int) -> None:
        super().__init__(line, column)
        self.values: list[Node] = []


class Fields(Node):
    """A mapping.

    `values` maps keys to the nodes of their values. `keys` maps keys to the nodes of the keys, which contain the
    positions of the keys. `merged` are the keys that were added by a merge key (`<<`).
    """

    __slots__ = ("keys", "merged", "values")

    def __init__(self, line: int, column: int) -> None:
        super().__init__(line, column)
        self.keys: dict[str, Node] = {}
        self.values: dict[str, Node] = {}
        self.merged: set[str] = set()

    def get(self, name: str) -> Node | None:
        """Return the value node of the key `name`; None if the key is missing or its value is null."""
        found = self.values.get(name)
        return None if found is None or (isinstance(found, Text) and found.is_null) else found


def decoded(data: bytes, label: str) -> str:
    """Decode the content of a guests file, which must be UTF-8. Error messages use `label` as the file name.

    Raises: FileError, with the position of the first byte that is not valid UTF-8.
    """
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].split(b"\n")
        column = len(before[-1].decode(errors="replace").removeprefix("\ufeff")) + 1
        name = "FILE" if label == STANDARD_INPUT else shlex.quote(label)
        raise FileError(
            f"{label}:{len(before)}:{column}: the file is not valid UTF-8: invalid byte 0x{data[error.start]:02x}",
            hint=f"convert the file, for example with: iconv -f latin1 -t utf-8 {name} > utf8.yaml",
        ) from None


def parse(text: str, label: str) -> Node:
    """Parse the YAML or JSON document in `text`; return its root node. Error messages use `label` as the file name.

    Raises: FileError, if `text` is invalid, is empty, or contains several documents.
    """
    import yaml

    if ("\t" in text or "\\u" in text) and _is_json(text):
        # YAML's parser accepts no tabs between the tokens of JSON (which has none inside them), and no surrogates
        text = _SURROGATES.sub(_joined, text.replace("\t", " "))
    builder = _Builder(label)
    try:
        for event in yaml.parse(text, Loader=safe_loader()):
            builder.add(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = label if mark is None else f"{label}:{mark.line + 1}:{mark.column + 1}"
        if mark is not None and _has_tab(text, mark):
            raise FileError(f"{where}: tabs are not allowed in indentation", hint="use spaces") from None
        problem, hint = explain(error)
        raise FileError(f"{where}: {problem}", hint=hint) from None
    except yaml.reader.ReaderError as error:
        # the position of libyaml counts bytes
        before = text[: text.find(chr(int(error.character)))].split("\n")
        where = f"{label}:{len(before)}:{len(before[-1]) + 1}"
        raise FileError(
            f"{where}: the character U+{int(error.character):04X} is not allowed", hint="remove the character"
        ) from None
    except yaml.YAMLError as error:
        problem, hint = explain(error)
        raise FileError(f"{label}: {problem}", hint=hint) from None
    if builder.root is None:
        raise FileError(f"{label}: the file is empty", hint="start the file with `version: 1`")
    return builder.root


def _has_tab(text: str, mark: Any) -> bool:
    lines = text.split("\n")
    return mark.line < len(lines) and "\t" in lines[mark.line][: mark.column + 1]


def _joined(found: re.Match[str]) -> str:
    """Return the character that two surrogates encode."""
    high, low = int(found[2], 16), int(found[3], 16)
    return found[1] + chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)


def _is_json(text: str) -> bool:
    try:
        parse_json(text)
    except ValueError:
        return False
    return True


class _Builder:
    """Builder of the tree of nodes from the events of the parser."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.root: Node | None = None
        self.anchors: dict[str, Node] = {}
        self.open: list[tuple[Items | Fields, Text | None, str | None]] = []
        self.total = 0

    def error(self, mark: Any, text: str, hint: str | None = None) -> FileError:
        return FileError(f"{self.label}:{mark.line + 1}:{mark.column + 1}: {text}", hint=hint)

    def add(self, event: Any) -> None:
        import yaml

        mark = event.start_mark
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise self.error(mark, "the file contains a second document", "put all guests into one document")
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event)
            # true for text without quotes
            null = bool(event.implicit[0]) and event.tag is None and event.value in _NULL and not event.style
            self._put(Text(mark.line + 1, mark.column + 1, event.value, null), event)
        elif isinstance(event, yaml.AliasEvent):
            found = self.anchors.get(event.anchor or "")
            if found is None or any(each[0] is found for each in self.open):
                what = "undefined alias" if found is None else "recursive alias"
                hint = f"define the anchor &{event.anchor} before the alias" if found is None else "remove the alias"
                raise self.error(mark, f"{what} '*{event.anchor}'", hint)
            self._put(found, event)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._open(event)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            node, _, anchor = self.open.pop()
            self._put(node, event, anchor)

    def _open(self, event: Any) -> None:
        import yaml

        mark = event.start_mark
        if len(self.open) >= _DEEPEST:
            raise self.error(
                mark, f"lists and mappings are nested more than {_DEEPEST} levels deep", "use fewer levels"
            )
        self._refuse_tag(event)
        kind = Items if isinstance(event, yaml.SequenceStartEvent) else Fields
        node = kind(mark.line + 1, mark.column + 1)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self.open.append((node, None, event.anchor))

    def _refuse_tag(self, event: Any) -> None:
        if event.tag not in _TAGS:
            raise self.error(event.start_mark, f"unsupported YAML tag '{event.tag}'", "remove the tag")

    def _put(self, node: Node, event: Any, anchor: str | None = None) -> None:
        mark = event.start_mark
        if anchor is None and isinstance(node, Text) and getattr(event, "anchor", None):
            self.anchors[event.anchor] = node
        if not self.open:
            self.root = node
            return
        parent, key, parent_anchor = self.open[-1]
        if isinstance(parent, Items):
            parent.values.append(node)
        elif key is None:
            if not isinstance(node, Text):
                raise self.error(
                    mark,
                    "a key must be a string, not a list or a mapping",
                    "put the key in quotes if it starts with { or [",
                )
            if node.text in parent.keys and node.text not in parent.merged and node.text != "<<":
                first = parent.keys[node.text]
                raise self.error(
                    mark,
                    f"duplicate key '{node.text}'",
                    f"remove this key or the one at {self.label}:{first.line}:{first.column}",
                )
            self.open[-1] = (parent, node, parent_anchor)
            return
        else:
            self._put_field(parent, key, node, mark)
            self.open[-1] = (parent, None, parent_anchor)
        parent.size += node.size
        if parent.size > _MOST_NODES:
            raise self.error(mark, f"the aliases expand to more than {_MOST_NODES} values", "use fewer aliases")

    def _put_field(self, parent: Fields, key: Text, node: Node, mark: Any) -> None:
        if key.text != "<<":
            parent.merged.discard(key.text)
            parent.keys[key.text], parent.values[key.text] = key, node
            return
        for source in node.values if isinstance(node, Items) else [node]:
            if not isinstance(source, Fields):
                raise self.error(
                    mark, "<< must refer to a mapping", "write `<<: *NAME`, where &NAME is the anchor of a mapping"
                )
            for name, value in source.values.items():
                if name not in parent.values:
                    parent.keys[name], parent.values[name] = source.keys[name], value
                    parent.merged.add(name)
