"""Raw edits by XPath: `--xml` on the domain, `xpathN.*` on any device.

Each number is one edit: set (with or without `value`), create or delete. Edits are applied in numeric order, after
everything else has been composed. All of XPath 1.0 is supported (by lxml). A missing node is created if the expression
is a plain path.
"""

from __future__ import annotations

from lxml import etree

from virtinstall.errors import RequestError
from virtinstall.named import NamedTuple
from virtinstall.safe_text import one_line, reason_of, require_xml
from virtinstall.xml.paths import NAMESPACES, full_tag, remove

_EXAMPLE = "use an XPath that selects elements or attributes, for example: ./devices/disk[2]/driver/@cache"
_PLAIN_NAMES = "use plain element names, optionally with [@attribute='value']"
_SEPARATE_VALUE = (
    "if the value contains '=', specify the value separately, for example: xpath.set=./@name,xpath.value=a=b"
)


class Edit(NamedTuple):
    """One edit of the XML; `action` is `set`, `create` or `delete`, and `value` is the value for `set`."""

    action: str
    xpath: str
    value: str = ""


def apply_edit(root: etree._Element, edit: Edit) -> None:
    """Apply `edit` below `root`; an XPath that starts with `.` is relative to `root`.

    Raises: RequestError, if the XPath is invalid, or if a node that it names cannot be created.
    """
    if edit.action == "delete":
        for found in _select(root, edit.xpath):
            _delete(found)
    elif edit.action == "create":
        if not _select(root, edit.xpath):
            _make(root, edit.xpath)
    else:
        try:
            _set(root, edit.xpath, edit.value)
        except ValueError as error:
            raise RequestError(
                f"cannot create a node at the XPath '{edit.xpath}': {reason_of(error)}",
                hint=_SEPARATE_VALUE if "=" in edit.xpath.rpartition("/")[2] else _PLAIN_NAMES,
            ) from None


def _select(root: etree._Element, xpath: str) -> list[object]:
    try:
        found = root.xpath(xpath, namespaces=dict(NAMESPACES))
    except etree.XPathError as error:
        reason = "" if str(error) == "Invalid expression" else f": {reason_of(error)}"
        raise RequestError(f"invalid XPath '{xpath}'{reason}", hint=_EXAMPLE) from None
    if not isinstance(found, list):
        raise RequestError(f"the XPath '{xpath}' returns a value, not elements or attributes", hint=_EXAMPLE)
    return list(found)


def _delete(found: object) -> None:
    if isinstance(found, etree._Element):
        remove(found)
        return
    parent = found.getparent()  # type: ignore[attr-defined]
    if found.is_attribute:  # type: ignore[attr-defined]
        del parent.attrib[found.attrname]  # type: ignore[attr-defined]
    else:
        parent.text = None


def _set(root: etree._Element, xpath: str, value: str) -> None:
    require_xml(f"the XPath '{one_line(xpath)}'", value)
    place, slash, last = xpath.rpartition("/")
    if slash and not place and last.startswith("@"):
        raise RequestError(
            f"the XPath '{xpath}' names an attribute without its element",
            hint=f"add the element, for example: ./{last} or /domain/{last}",
        )
    if slash and last.startswith("@"):
        nodes = _elements(root, place or ".")
        for node in nodes or [_make(root, place)]:
            if value:
                node.set(full_tag(last[1:]), value)
            elif full_tag(last[1:]) in node.attrib:
                del node.attrib[full_tag(last[1:])]
        return
    nodes = _elements(root, xpath)
    if not value:
        for node in nodes:
            remove(node)
        return
    for node in nodes or [_make(root, xpath)]:
        node.text = value


def _elements(root: etree._Element, xpath: str) -> list[etree._Element]:
    return [found for found in _select(root, xpath) if isinstance(found, etree._Element)]


def _make(root: etree._Element, xpath: str) -> etree._Element:
    """Create the missing steps of a plain path and return the last element."""
    node = root
    steps = [step for step in xpath.split("/") if step not in ("", ".")]
    if xpath.startswith("/") and steps and steps[0] == root.tag:
        steps = steps[1:]
    for step in steps:
        below = _elements(node, "./" + step)
        if below:
            node = below[0]
            continue
        name, _, predicate = step.partition("[")
        if not name.replace("_", "a").replace("-", "a").replace(":", "a").replace(".", "a").isalnum():
            raise RequestError(
                f"the XPath '{xpath}' matches nothing, and '{step}' cannot be created",
                hint=_PLAIN_NAMES,
            )
        node = etree.SubElement(node, full_tag(name))
        key, equals, value = predicate.rstrip("]").partition("=")
        if equals and key.startswith("@"):
            node.set(key[1:], value.strip("'\""))
    return node
