"""A read-only tree of an XML document, for commands that read a few documents and exit.

The parser is expat: loading lxml would take a fifth of the time of `virt-guest list`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pyexpat import ExpatError, ParserCreate

_ANY = "{*}"


class Node:
    """An element of a parsed document.

    `tag` is `name`, or `{namespace}name`. `text` is the text before the first child.
    """

    __slots__ = ("_attributes", "children", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.text = ""
        self._attributes = attributes
        self.children: list[Node] = []

    def get(self, name: str, default: str = "") -> str:
        """Return the value of the attribute `name`; `default` if the element does not have it."""
        return self._attributes.get(name, default)

    def value(self, name: str) -> str | None:
        """Return the value of the attribute `name`; None if the element does not have it."""
        return self._attributes.get(name)

    def findall(self, path: str) -> Iterator[Node]:
        """Yield the elements at `path`, which consists of names separated by `/`.

        The name `{*}name` matches elements in any namespace or in none.
        """
        found: Iterator[Node] = iter((self,))
        for name in _steps(path):
            found = _below(found, name)
        return found

    def find(self, path: str) -> Node | None:
        """Return the first element at `path`; None if there is none."""
        return next(self.findall(path), None)

    def findtext(self, path: str) -> str | None:
        """Return the text of the first element at `path`; None if there is no such element."""
        found = self.find(path)
        return None if found is None else found.text


def _steps(path: str) -> list[str]:
    """Split a path, but not the URI of a namespace."""
    if "{" not in path:
        return path.split("/")
    head, brace, rest = path.partition("{")
    uri, _, tail = rest.partition("}")
    name, slash, below = tail.partition("/")
    before = head.split("/")[:-1]
    return [*before, f"{brace}{uri}}}{name}", *(_steps(below) if slash else ())]


def _below(nodes: Iterator[Node], name: str) -> Iterator[Node]:
    local = name.removeprefix(_ANY) if name.startswith(_ANY) else None
    for node in nodes:
        for child in node.children:
            if child.tag == name or (local is not None and child.tag.rpartition("}")[2] == local):
                yield child


def parse_tree(xml: str) -> Node:
    """Return the root of the XML document `xml`.

    Document types, and with them declarations of entities, are not supported, because libvirt's documents contain none.

    Raises: ValueError, if the document is not well-formed or declares a document type.
    """
    top = Node("", {})
    open_nodes = [top]

    def start(tag: str, attributes: dict[str, str]) -> None:
        node = Node(f"{{{tag}" if "}" in tag else tag, attributes)
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def end(tag: str) -> None:
        open_nodes.pop()

    def text(data: str) -> None:
        node = open_nodes[-1]
        if not node.children:
            node.text += data

    def refuse(*declaration: object) -> None:
        raise ValueError("document type declarations are not supported")

    parser = ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(xml, True)
    except ExpatError as error:
        raise ValueError(str(error)) from error
    return top.children[0]
