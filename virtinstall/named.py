"""Typed named tuples that are made quickly.

`typing.NamedTuple` compiles source text for each class and each annotation: 0.2 ms a class, and a run makes some fifty.
The checker sees `typing.NamedTuple`; what runs behaves the same, and compiles nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from operator import itemgetter

    class _Maker(type):
        """Makes a class of annotated names into a tuple whose items have these names."""

        def __new__(cls, name, bases, body):
            if "__annotations__" not in body:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body["__annotations__"])
            defaults = {field: body.pop(field) for field in fields if field in body}
            getters = {field: property(itemgetter(place)) for place, field in enumerate(fields)}
            own = {"__slots__": (), "_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
            return super().__new__(cls, name, bases, {**own, **getters, **body})

    class NamedTuple(tuple, metaclass=_Maker):
        """Base of the named tuples: `class Point(NamedTuple): x: int; y: int = 0`."""

        __slots__ = ()
        _fields = ()
        _field_defaults = {}

        def __new__(cls, /, *values, **named):
            """Raises: TypeError, when the arguments don't fit the fields."""
            if named or len(values) != len(cls._fields):
                values = cls._filled(values, named)
            return tuple.__new__(cls, values)

        @classmethod
        def _filled(cls, values, named):
            """`values`, and those after them by name or by default."""
            if len(values) > len(cls._fields):
                raise TypeError(f"{cls.__name__} has {len(cls._fields)} fields, not {len(values)}")
            rest = cls._fields[len(values) :]
            unknown = named.keys() - set(rest)
            if unknown:
                raise TypeError(f"{cls.__name__} has no further field {', '.join(sorted(unknown))}")
            try:
                return (*values, *(named[field] if field in named else cls._field_defaults[field] for field in rest))
            except KeyError as missing:
                raise TypeError(f"{cls.__name__} needs a value for {missing}") from None

        @classmethod
        def _make(cls, values):
            """One made of all its values in order."""
            return cls(*values)

        def _replace(self, /, **changes):
            """The same but for `changes`."""
            return type(self)(**{**self._asdict(), **changes})

        def _asdict(self):
            """Its values by name."""
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            """As the call that makes it."""
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._asdict().items())})"

        def __getnewargs__(self):
            """For copy and pickle."""
            return tuple(self)
