"""The manifests as YAML with comments, which PyYAML cannot write.

Source: https://yaml.org/spec/1.2.2/ (scalars are quoted where YAML 1.1 would read another type)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from virtinstall.kubevirt.conversion import Comment

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+-]+)*")
_QUANTITY = re.compile(r"[1-9][0-9]*[KMG]i")
_URL = re.compile(r"[a-z]+://[A-Za-z0-9_./@+%=?&~:-]*[A-Za-z0-9_/]")
_VALUE_NAMES = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_STEP = "  "


def to_yaml(documents: Sequence[Mapping[str, Any]], comments: Sequence[Comment] = ()) -> str:
    """Return the documents as YAML, separated by `---`, with each comment above its key.

    The order of the keys is kept.
    """
    notes = {(id(comment.node), comment.key): comment.text for comment in comments}
    return "---\n".join("".join(f"{line}\n" for line in _mapping(document, "", notes)) for document in documents)


def _mapping(node: Mapping[str, Any], indent: str, notes: Mapping[tuple[int, str], str]) -> Iterator[str]:
    for key, value in node.items():
        note = notes.get((id(node), key))
        if note is not None:
            yield f"{indent}# {note}"
        yield from _entry(f"{indent}{_scalar(key)}:", value, indent, notes)


def _entry(head: str, value: Any, indent: str, notes: Mapping[tuple[int, str], str]) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, indent + _STEP, notes)
    elif isinstance(value, list | tuple) and value:
        yield head
        yield from _items(value, indent, notes)
    elif isinstance(value, str) and _is_block(value):
        # the number of line ends at the end
        end = "" if value.endswith("\n") and not value.endswith("\n\n") else "-" if value[-1] != "\n" else "+"
        yield f"{head} |{end}"
        for line in value.removesuffix("\n").split("\n"):
            yield f"{indent}{_STEP}{line}" if line else ""
    else:
        yield f"{head} {_scalar(value)}"


def _items(items: Sequence[Any], indent: str, notes: Mapping[tuple[int, str], str]) -> Iterator[str]:
    for item in items:
        if not isinstance(item, Mapping) or not item:
            yield f"{indent}- {_scalar(item)}"
            continue
        lines = list(_mapping(item, indent + _STEP, notes))
        # a comment of the first key is above the dash
        first = next(number for number, line in enumerate(lines) if not line.lstrip().startswith("#"))
        yield from (f"{indent}{line.strip()}" for line in lines[:first])
        yield f"{indent}- {lines[first][len(indent) + len(_STEP) :]}"
        yield from lines[first + 1 :]


def _is_block(text: str) -> bool:
    """Return whether a text is readable as a block: several lines, without anything that a block cannot contain."""
    if "\n" not in text.rstrip("\n") or text[0] in " \n\t":
        return False
    return all(char == "\n" or _is_printable(char) for char in text) and not text.endswith("\n\n")


def _is_printable(char: str) -> bool:
    return char.isprintable() and char not in "\ufeff\ufffe\uffff"


def _scalar(value: Any) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    text = str(value)
    if (
        (_PLAIN.fullmatch(text) and text.lower() not in _VALUE_NAMES)
        or _QUANTITY.fullmatch(text)
        or _URL.fullmatch(text)
    ):
        return text
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if _is_printable(char):
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"
