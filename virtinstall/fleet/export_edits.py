"""The XML edits (`--xml`) that change the planned guest into the existing one, if no other option can express this."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from virtinstall.fleet.export_pairs import SECRETS
from virtinstall.fleet.filled import drop_filled
from virtinstall.fleet.leaves import elements_of, own_leaves
from virtinstall.named import NamedTuple
from virtinstall.xml.paths import NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml import etree

# part of an XPath that options cannot express
_UNNAMED = "local-name()"
_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}


class Reduced:
    """A copy of a definition without the values that libvirt fills in.

    `elements` maps the paths of the remaining elements to the elements, and `xpaths` maps them to the XPaths of the
    elements in the complete definition. `counts` maps the XPath of each element to the number of its children by tag
    name. `leaves` maps paths to values, and `owners` maps the path of each value to the path of its element.
    """

    def __init__(self, root: etree._Element) -> None:
        self.root = copy.deepcopy(root)
        places = {node: _place(node) for node in self.root.iter() if isinstance(node.tag, str)}
        self.counts = {places[node]: _child_counts(node) for node in places}
        drop_filled(self.root)
        self.elements = dict(elements_of(self.root))
        self.xpaths = {path: places.get(node) or _place(node) for path, node in self.elements.items()}
        self.leaves: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        for path, node in self.elements.items():
            for leaf, value in own_leaves(path, node):
                self.leaves[leaf], self.owners[leaf] = value, path


def edits_between(planned: etree._Element, live: etree._Element, chosen: Sequence[str]) -> list[Any]:
    """Return the XML edits that change the <domain> `planned` into the <domain> `live`.

    The edits are values for the key `xml` in a guests file. `chosen` are the path prefixes of values that each plan
    chooses again. These values and passwords are not changed.
    """
    before, after = Reduced(planned), Reduced(live)
    raw = {leaf: value for path, node in elements_of(live) for leaf, value in own_leaves(path, node)}
    removed: list[_Edit] = []
    changed: list[_Edit] = []
    added: list[_Edit] = []
    deleted: dict[str, None] = {}
    present = set(before.xpaths)
    for leaf, value in after.leaves.items():
        if before.leaves.get(leaf) != value and not _is_kept(leaf, chosen):
            owner = after.owners[leaf]
            (changed if owner in present else added).extend(_set(before, after, owner, leaf, value))
    for leaf, owner in before.owners.items():
        if leaf in after.leaves or _is_kept(leaf, chosen):
            continue
        element = _missing_element(owner, after)
        attribute = _attribute(owner, leaf)
        if element is not None:
            deleted[before.xpaths[element]] = None
        elif leaf in raw:
            changed += _set(before, after, owner, leaf, raw[leaf])
        elif attribute is not None:
            removed.append(_Edit("delete", f"{before.xpaths[owner]}/@{attribute}"))
        elif before.leaves[leaf]:
            removed.append(_Edit("delete", f"{before.xpaths[owner]}/text()"))
    # the last of the elements to be deleted comes first, so that the numbers of the others stay
    deletions = [_Edit("delete", place) for place in reversed(deleted)]
    numbered = [each._replace(place=_numbered(each.place, before.counts)) for each in (*added, *deletions)]
    return [each.as_value() for each in (*removed, *changed, *numbered) if _UNNAMED not in each.place]


class _Edit(NamedTuple):
    action: str
    place: str
    value: str = ""

    def as_value(self) -> Any:
        """Return the edit as a value of the key `xml` in a guests file."""
        if self.action != "set":
            return f"xpath.{self.action}={self.place}"
        return (
            f"{self.place}={self.value}"
            if "=" not in self.value
            else {"xpath.set": self.place, "xpath.value": self.value}
        )


def _numbered(place: str, counts: Mapping[str, Mapping[str, int]]) -> str:
    """Return an XPath with numbers for elements that were the only one of their name, and are no longer."""
    parent, found = ".", "."
    for step in place.split("/")[1:]:
        several = "[" not in step and counts.get(parent, {}).get(step, 0) > 1
        parent, found = f"{parent}/{step}", f"{found}/{step}[1]" if several else f"{found}/{step}"
    return found


def differences_of(
    planned: etree._Element, live: etree._Element, chosen: Sequence[str]
) -> Iterator[tuple[str, str | None]]:
    """Yield the path of each value that differs between `planned` and `live`, and the value in `live`.

    The value is None if `live` does not have it. `chosen` are the path prefixes of values that each plan chooses again.
    These values and passwords are ignored.
    """
    before, after = Reduced(planned), Reduced(live)
    for leaf in {**after.leaves, **before.leaves}:
        if before.leaves.get(leaf) != after.leaves.get(leaf) and not _is_kept(leaf, chosen):
            yield leaf, after.leaves.get(leaf)


def _set(before: Reduced, after: Reduced, owner: str, leaf: str, value: str) -> list[_Edit]:
    """Return the edit of one value, which creates the elements around it; nothing if no edit can express it."""
    place = _place_in(before, after, owner)
    if place is None:
        return []
    attribute = _attribute(owner, leaf)
    if attribute is not None:
        place = f"{place}/@{attribute}"
    elif not value:
        return [_Edit("create", place)]
    return [_Edit("set", place, value)] if value else []


def _place_in(before: Reduced, after: Reduced, path: str) -> str | None:
    """Return the XPath of an element in the planned guest, also if it must be created; None if it cannot be created."""
    if path in before.xpaths:
        return before.xpaths[path]
    above = _above(path)
    parent = _place_in(before, after, above)
    name = _prefixed(str(after.elements[path].tag))
    if parent is None or name is None:
        return None
    counts = before.counts.setdefault(parent, {})
    counts[name] = counts.get(name, 0) + 1
    before.xpaths[path] = f"{parent}/{name}[{counts[name]}]" if counts[name] > 1 else f"{parent}/{name}"
    return before.xpaths[path]


def _missing_element(path: str, after: Reduced) -> str | None:
    """Return the outermost element, at `path` or around it, that the live guest lacks; None if it has all of them."""
    found = None
    while path and path not in after.elements:
        found, path = path, _above(path)
    return found


def _attribute(owner: str, leaf: str) -> str | None:
    """Return the name of the attribute; None if the value is the text of the element."""
    return leaf[len(owner) + 1 :] if leaf.startswith(f"{owner}@") else None


def _above(path: str) -> str:
    """Return the path of the parent; a key such as a target may contain slashes."""
    depth = 0
    for index in range(len(path) - 2, -1, -1):
        depth += {"]": 1, "[": -1}.get(path[index], 0)
        if path[index] == "/" and depth == 0:
            return path[: index + 1]
    return ""


def _is_kept(leaf: str, chosen: Sequence[str]) -> bool:
    """Return whether no edit sets the value, because it is a password or the plan chooses it."""
    return leaf.rpartition("@")[2] in SECRETS or leaf.startswith(tuple(chosen))


def _place(node: etree._Element) -> str:
    """Return the XPath of an element: tags, and numbers where there are several of one name."""
    parent = node.getparent()
    if parent is None:
        return "."
    same = [each for each in parent if each.tag == node.tag]
    number = f"[{same.index(node) + 1}]" if len(same) > 1 else ""
    tag = str(node.tag)
    name = _prefixed(tag) or f"*[{_UNNAMED}='{tag.rpartition('}')[2]}']"
    return f"{_place(parent)}/{name}{number}"


def _prefixed(tag: str) -> str | None:
    """Return a tag with the prefix that XPaths of options have; None if its namespace has none."""
    uri, _, name = tag.rpartition("}")
    if not uri:
        return name
    prefix = _PREFIXES.get(uri[1:])
    return None if prefix is None else f"{prefix}:{name}"


def _child_counts(node: etree._Element) -> dict[str, int]:
    counts: dict[str, int] = {}
    for child in node:
        name = _prefixed(str(child.tag)) if isinstance(child.tag, str) else None
        if name is not None:
            counts[name] = counts.get(name, 0) + 1
    return counts
