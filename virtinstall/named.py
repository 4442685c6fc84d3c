"""Typed named tuples that are created quickly.

`typing.NamedTuple` compiles source text for each class and each annotation, which takes 0.2 ms per class, and a run
creates about fifty classes. Type checkers see `typing.NamedTuple`; the class used at run time behaves the same but
compiles nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from operator import itemgetter

    class _Maker(type):
        """The metaclass that converts a class with annotations to a tuple whose items have these names."""

        def __new__(cls, name, bases, body):
            if "__annotations__" not in body:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body["__annotations__"])
            defaults = {field: body.pop(field) for field in fields if field in body}
            getters = {field: property(itemgetter(place)) for place, field in enumerate(fields)}
            own = {"__slots__": (), "_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
            return super().__new__(cls, name, bases, {**own, **getters, **body})

    class NamedTuple(tuple, metaclass=_Maker):
        """The base class of named tuples, for example `class Point(NamedTuple): x: int; y: int = 0`."""

        __slots__ = ()
        _fields = ()
        _field_defaults = {}

        def __new__(cls, /, *values, **named):
            """Create a tuple.

            Raises: TypeError, if the arguments do not match the fields.
            """
            if named or len(values) != len(cls._fields):
                values = cls._filled(values, named)
            return tuple.__new__(cls, values)

        @classmethod
        def _filled(cls, values, named):
            """Return `values`, followed by those passed by name and the defaults."""
            if len(values) > len(cls._fields):
                raise TypeError(
                    f"{cls.__name__}: too many values: {len(values)}, but at most {len(cls._fields)} are accepted"
                )
            rest = cls._fields[len(values) :]
            unexpected = sorted(named.keys() - set(rest))
            if unexpected:
                name = unexpected[0]
                if name in cls._fields:
                    raise TypeError(f"{cls.__name__}: '{name}' is specified both by position and by name")
                raise TypeError(f"{cls.__name__} has no field '{name}'")
            try:
                return (*values, *(named[field] if field in named else cls._field_defaults[field] for field in rest))
            except KeyError as missing:
                raise TypeError(f"{cls.__name__}: {missing} is missing") from None

        @classmethod
        def _make(cls, values):
            """Create a tuple from all its values in order."""
            return cls(*values)

        def _replace(self, /, **changes):
            """Return a copy with `changes`."""
            return type(self)(**{**self._asdict(), **changes})

        def _asdict(self):
            """Return the values by name."""
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            """Return the call that creates the tuple."""
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._asdict().items())})"

        def __getnewargs__(self):
            """Return the arguments for copy and pickle."""
            return tuple(self)
