"""Typed named tuples that are made quickly.

`typing.NamedTuple` compiles the annotation of every field when a class is made: about 0.2 ms a class,
and a run makes some fifty. The checker sees `typing.NamedTuple`; what runs is `collections.namedtuple`,
with the class's own methods and docstring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import namedtuple

    class _Maker(type):
        """Makes a class of annotated names into a named tuple."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.get("__annotations__", {})
            defaults = [body.pop(field) for field in fields if field in body]

            fields_tuple = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            return type(name, (fields_tuple,), {"__slots__": (), **body})

    class NamedTuple(metaclass=_Maker):
        """Base of the named tuples: `class Point(NamedTuple): x: int; y: int = 0`."""
