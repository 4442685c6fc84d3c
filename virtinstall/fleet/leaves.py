"""A guest's XML as paths and values, which two versions of it can be compared by."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Mapping

GENERATED = "(generated)"
_SECRETS = ("passwd", "password")
# backing images belong to the disk's content, and metadata to other programs
_SKIPPED = ("metadata", "backingStore")


def leaves_of(root: etree._Element, generated: Collection[str] = ()) -> dict[str, str]:
    """Return the values by path (`devices/disk[vda]/source/@file`); those in `generated` are replaced by a word.

    A password is replaced by its hash.
    """
    found: dict[str, str] = {}
    _collect(root, "", set(generated), found)
    return found


def _collect(node: etree._Element, path: str, generated: Collection[str], found: dict[str, str]) -> None:
    for name, value in node.attrib.items():
        if path or name not in ("id",):
            key = etree.QName(str(name)).localname
            found[f"{path}@{key}"] = _shown(key, str(value), generated)
    text = (node.text or "").strip()
    if text:
        found[path.rstrip("/") or "."] = _shown("", text, generated)
    counts: dict[str, int] = {}
    for child in node:
        if not isinstance(child.tag, str):
            continue
        tag = etree.QName(child).localname
        if tag in _SKIPPED:
            continue
        number = counts.get(tag, 0)
        counts[tag] = number + 1
        _collect(child, f"{path}{tag}{key_of_child(child, tag, number)}/", generated, found)
    if not node.attrib and not text and not counts and path:
        found[path.rstrip("/")] = ""


def key_of_child(node: etree._Element, tag: str, number: int) -> str:
    """Return the value that distinguishes a child from its siblings of the same tag: a target, or its number."""
    target = node.find("target") if tag == "disk" else None
    if target is not None and target.get("dev"):
        return f"[{target.get('dev')}]"
    return "" if number == 0 and tag not in ("disk", "interface") else f"[{number}]"


def _shown(name: str, value: str, generated: Collection[str]) -> str:
    if name in _SECRETS:
        return "sha256:" + hashlib.sha256(value.encode()).hexdigest()[:16]
    return GENERATED if value in generated else value


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[str, str | None, str | None]]:
    """Return (path, former value, present value) of each leaf that differs."""
    paths = [path for path in before if before[path] != after.get(path)]
    paths += [path for path in after if path not in before]
    return [(path, before.get(path), after.get(path)) for path in paths]
