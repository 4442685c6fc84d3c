"""Child elements with declared fields: a single child or numbered children.

`Child("./address", Address)` provides `disk.address.bus` and the sub-option `address.bus`; `Children("./source/host",
Host)` provides `disk.hosts[1].name` and `source.host1.name`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar, overload

from lxml import etree

from virtinstall.errors import FieldError
from virtinstall.xml.element import Element
from virtinstall.xml.field import sub_option_name
from virtinstall.xml.paths import Path, Step, drop, find, find_child, insert, make_child, parse_path, remove

E = TypeVar("E", bound=Element)


class _Nested(Generic[E]):
    """The base of `Child` and `Children`: the path, the class and the prefix of the sub-options.

    If `prefix` is empty, it is derived from the path; if it is None, the sub-options have no prefix. `prefixes` are
    other spellings of the prefix. `flat` maps old spellings without a dot to a field of the (first) child:
    `{"source_host_name": "name"}`.
    """

    def __init__(
        self,
        path: str,
        cls: type[E] | Callable[[], type[E]],
        doc: str = "",
        *,
        prefix: str | None = "",
        prefixes: tuple[str, ...] = (),
        flat: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self._cls = cls
        self.doc = doc
        self.prefix = sub_option_name(path) if prefix == "" else prefix
        self.prefixes = prefixes
        self.flat = flat or {}
        self._parsed: Path | None = None

    @property
    def cls(self) -> type[E]:
        """The class of the child; for a recursive element, the class that the passed function returns."""
        if not isinstance(self._cls, type):
            self._cls = self._cls()
        return self._cls

    @property
    def parsed(self) -> Path:
        """The steps of the path, parsed on first use."""
        if self._parsed is None:
            self._parsed = parse_path(self.path)
        return self._parsed

    def wrapped(self, parent: Element, node: etree._Element) -> E:
        """Return the only wrapper of `node` in the document of `parent`; it is created on first use."""
        known = parent.wrappers.get((node, self.cls))
        if known is None:
            known = parent.wrappers[node, self.cls] = self.cls.from_node(node, parent.wrappers)
        assert isinstance(known, self.cls)
        return known


class Child(_Nested[E]):
    """A child element that occurs at most once.

    Reading the Python attribute never creates the element in the document; setting a field of the child does.
    """

    @overload
    def __get__(self, element: None, owner: type[Element]) -> Child[E]: ...

    @overload
    def __get__(self, element: Element, owner: type[Element]) -> E: ...

    def __get__(self, element: Element | None, owner: type[Element]) -> Child[E] | E:
        if element is None:
            return self
        node = find(element.node, self.parsed.steps) if element.node is not None else None
        if node is not None:
            pending = element.pending.pop(self, None)
            if pending is not None and (node, self.cls) not in element.wrappers:
                pending.bind(node, element.wrappers)
            child = self.wrapped(element, node)
        else:
            pending = element.pending.get(self)
            if pending is None:
                pending = element.pending[self] = self.cls.from_node(None, element.wrappers)
            assert isinstance(pending, self.cls)
            child = pending
        child.origin = (element, self)
        return child

    def __set__(self, element: Element, value: E | None) -> None:
        if value is not None:
            _check(self, element, value)
        old = self.__get__(element, type(element))
        if old is value:
            return
        if old.node is not None:
            remove(old.node)
            old.node = None
        element.pending.pop(self, None)
        if value is not None:
            _put(element, self.parsed.steps, value)

    def make(self, parent: Element) -> etree._Element:
        """Return the child's node below `parent`; create it if it is missing."""
        return make_steps(parent, self.parsed.steps)


def _check(declared: _Nested[E], element: Element, value: object) -> None:
    """Raise FieldError if the child has the wrong class."""
    if not isinstance(value, declared.cls):
        names = [name for name, known in element.declarations() if known is declared]
        expected = declared.cls.__name__
        field = f"each item of '{names[0]}'" if isinstance(declared, Children) else f"'{names[0]}'"
        raise FieldError(f"{type(element).__name__}: {field} must be {expected}, not {type(value).__name__}")


def _put(parent: Element, steps: tuple[Step, ...], child: Element) -> None:
    """Append `child` at `steps`, after removing it from its former parent."""
    above = make_steps(parent, steps[:-1])
    insert(above, child.ensure_node(), parent.rank(steps[:-1]))
    child.move_to(parent.wrappers)


def make_steps(parent: Element, steps: tuple[Step, ...]) -> etree._Element:
    """Return the node at the end of `steps` below `parent`; create missing elements."""
    node = parent.ensure_node()
    for depth, step in enumerate(steps):
        below = find_child(node, step)
        node = below if below is not None else make_child(node, step, parent.rank(steps[:depth]))
    return node


class ElementList(Generic[E]):
    """The numbered children of one parent in document order; changes to the XML are visible immediately."""

    def __init__(self, parent: Element, declared: Children[E]) -> None:
        self._parent = parent
        self._declared = declared

    def _nodes(self) -> list[etree._Element]:
        path = self._declared.parsed
        if self._parent.node is None:
            return []
        if len(path.steps) == 1:
            return list(self._parent.node.iterchildren(path.steps[0].tag))
        above = find(self._parent.node, path.steps[:-1])
        return [] if above is None else list(above.iterchildren(path.steps[-1].tag))

    def __iter__(self) -> Iterator[E]:
        return iter([self._declared.wrapped(self._parent, node) for node in self._nodes()])

    def __len__(self) -> int:
        return len(self._nodes())

    def __bool__(self) -> bool:
        return bool(self._nodes())

    def __getitem__(self, index: int) -> E:
        return self._declared.wrapped(self._parent, self._nodes()[index])

    def new(self) -> E:
        """Append an empty child; return it."""
        child = self._declared.cls()
        self.append(child)
        return child

    def append(self, child: E) -> None:
        """Append `child`, after removing it from its former parent.

        Raises: FieldError, if `child` has the wrong class.
        """
        _check(self._declared, self._parent, child)
        _put(self._parent, self._declared.parsed.steps, child)

    def at(self, index: int) -> E:
        """Return child number `index`, counted from 0; missing children up to this number are created empty."""
        for _ in range(index + 1 - len(self)):
            self.new()
        return self[index]

    def remove(self, child: E) -> None:
        """Remove `child` from the document, and enclosing elements that existed only for it."""
        if child.node is not None:
            remove(child.node)
            self._leave_if_empty()

    def clear(self) -> None:
        """Remove all children, and enclosing elements that existed only for them."""
        for node in self._nodes():
            remove(node)
        self._leave_if_empty()

    def _leave_if_empty(self) -> None:
        if self._parent.node is not None:
            drop(self._parent.node, self._declared.parsed.steps[:-1], self._parent.kept_when_empty())
            self._parent.prune()


class Children(_Nested[E]):
    """Child elements with the same tag, numbered from 0 on the command line."""

    @overload
    def __get__(self, element: None, owner: type[Element]) -> Children[E]: ...

    @overload
    def __get__(self, element: Element, owner: type[Element]) -> ElementList[E]: ...

    def __get__(self, element: Element | None, owner: type[Element]) -> Children[E] | ElementList[E]:
        if element is None:
            return self
        return ElementList(element, self)

    def __set__(self, element: Element, values: Sequence[E]) -> None:
        for value in values:
            _check(self, element, value)
        children = ElementList(element, self)
        kept = list(values)
        for known in list(children):
            if known not in kept:
                children.remove(known)
        for value in kept:
            children.append(value)
