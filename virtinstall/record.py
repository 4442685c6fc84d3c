"""Immutable records whose values are checked when they are created.

    class User(Record):
        name: str = field(kw_only=False)
        groups: Sequence[str] = ()
        password: str | None = field(default=None, secret=True)

    User("anna", groups=["wheel"]).replace(password="...")

Fields are keyword-only unless declared with `field(kw_only=False)`. Type checkers read the class as a dataclass. No
code is generated; by contrast, `dataclasses` and `typing.NamedTuple` compile source text for each class at every
start of a command. A field's annotation is evaluated when its first value is checked; a class that the module imports
for type checkers only is compared by name. A protocol must be imported at run time, because its methods are checked.
"""

from __future__ import annotations

import builtins
import collections.abc
import sys
import types
import typing
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, ClassVar, Self, dataclass_transform

from virtinstall.errors import FieldError, UnknownFieldError

_MISSING: Any = object()
_LONGEST_VALUE = 60
_ONE_OF = "one of: "
# evaluating an annotation takes longer than checking a value
_SIMPLE = {"str": str, "int": int, "bool": bool, "str | None": str | None, "int | None": int | None}


class _Field:
    """The declaration of one field, as returned by `field`."""

    __slots__ = ("annotation", "default", "hint", "kw_only", "module", "name", "secret")

    def __init__(self, default: Any, kw_only: bool, secret: bool) -> None:
        self.default = default
        self.kw_only = kw_only
        self.secret = secret
        self.name = ""
        self.annotation: Any = None
        self.module = ""
        self.hint: Any = _MISSING

    def accept(self, owner: str, value: Any) -> Any:
        """Return `value` in the form in which the field stores it.

        `owner` is the name of the record or function, for the error.

        Raises: FieldError, if the value has the wrong type.
        """
        if self.hint is _MISSING:
            self.hint = self.evaluate()
        if type(value) is self.hint or (value is None and self.default is None):
            return value
        stored = conform(value, self.hint)
        if stored is not _MISSING:
            return stored
        shown = type(value).__name__ if self.secret else type_and_value(value)
        hint = None
        if isinstance(value, str | bytes) and conform([value], self.hint) is not _MISSING:
            hint = f"write a list: {self.name}=[{'...' if self.secret else shortened(value)}]"
        expected = _described(self.annotation, self.hint)
        found = f"; the value is {shown}" if expected.startswith(_ONE_OF) else f", not {shown}"
        raise FieldError(f"{owner}: '{self.name}' must be {expected}{found}", hint=hint)

    def evaluate(self) -> Any:
        """Return the type that the annotation denotes."""
        return _evaluate(self.annotation, _Names(self.module))


class Parameter(_Field):
    """A parameter of a function; the arguments passed for the parameter are checked like the values of a field.

    `module` is the name of the function's module. `resolve` is called with each name in `annotation` that this module
    does not define at run time. It returns the class with that name, or raises AttributeError if there is none.
    """

    __slots__ = ("resolve",)

    def __init__(
        self, name: str, annotation: Any, module: str, *, default: Any, resolve: typing.Callable[[str], Any]
    ) -> None:
        super().__init__(default, True, False)
        self.name, self.annotation, self.module = name, annotation, module
        self.resolve = resolve

    def evaluate(self) -> Any:
        """Return the type that the annotation denotes; a type variable is replaced with its bound."""
        return _evaluate(self.annotation, _Names(self.module, self.resolve))


def field(*, default: Any = _MISSING, kw_only: bool = True, secret: bool = False) -> Any:
    """Return the declaration of a field of a record.

    A field without `default` is required. If `kw_only` is false, the value can also be passed by position. If `secret`
    is true, `repr` and errors do not show the value.
    """
    return _Field(default, kw_only, secret)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Record:
    """The base class of immutable records.

    A list that is passed for a sequence field is stored as a tuple, and a dictionary is stored as a read-only mapping.

    Raises, on creation: UnknownFieldError, if an argument does not name a field; FieldError, if a required value is
    missing or a value has the wrong type. Both errors name the record and the field. Both are also TypeErrors.
    """

    _declared: ClassVar[Mapping[str, _Field]] = {}
    _by_position: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        declared: dict[str, _Field] = {}
        for base in reversed(cls.__mro__[1:]):
            declared.update(base.__dict__.get("_declared", {}))
        for name, annotation in cls.__annotations__.items():
            if str(annotation).startswith(("ClassVar", "typing.ClassVar")):
                continue
            default = cls.__dict__.get(name, _MISSING)
            known = default if isinstance(default, _Field) else _Field(default, True, False)
            known.name, known.annotation, known.module = name, annotation, cls.__module__
            declared[name] = known
            if known.default is not _MISSING:
                setattr(cls, name, known.default)
            elif default is known:
                delattr(cls, name)
        cls._declared = declared
        cls._by_position = tuple(name for name, known in declared.items() if not known.kw_only)

    def __init__(self, *positional: Any, **named: Any) -> None:
        cls = type(self)
        if positional:
            if len(positional) > len(cls._by_position):
                allowed = ", ".join(f"'{name}'" for name in cls._by_position) or "none"
                raise FieldError(f"{cls.__name__}: too many positional arguments; accepted by position: {allowed}")
            for name, value in zip(cls._by_position, positional, strict=False):
                if name in named:
                    raise FieldError(f"{cls.__name__}: '{name}' is specified both by position and by name")
                named[name] = value
        values = self.__dict__
        for name, known in cls._declared.items():
            if name in named:
                values[name] = known.accept(cls.__name__, named.pop(name))
            elif known.default is not _MISSING:
                values[name] = known.default
            else:
                raise FieldError(f"{cls.__name__}: '{name}' is missing")
        if named:
            raise unknown_field(cls.__name__, next(iter(named)), cls._declared)
        self.validate()

    def validate(self) -> None:
        """Check constraints other than types; subclasses override this method, and raise RequestError."""

    def replace(self, **changes: Any) -> Self:
        """Return a copy of the record in which the fields in `changes` have new values.

        Raises: UnknownFieldError, FieldError or RequestError, for the same reasons as on creation.
        """
        cls = type(self)
        copied = cls.__new__(cls)
        copied.__dict__.update(self.__dict__)
        for name, value in changes.items():
            if name not in cls._declared:
                raise unknown_field(cls.__name__, name, cls._declared)
            copied.__dict__[name] = cls._declared[name].accept(cls.__name__, value)
        copied.validate()
        return copied

    def as_dict(self) -> dict[str, Any]:
        """Return a dictionary that maps the names of the fields to their values."""
        return dict(self.__dict__)

    if not typing.TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            raise self._unchangeable(name)

        def __delattr__(self, name: str) -> None:
            raise self._unchangeable(name)

    def _unchangeable(self, name: str) -> FieldError:
        cls = type(self).__name__
        if name not in self._declared:
            return unknown_field(cls, name, self._declared)
        return UnknownFieldError(
            f"{cls}: '{name}' cannot be changed", hint=f"create a changed copy with: .replace({name}=...)"
        )

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        values = self.__dict__.items()
        shown = ", ".join(f"{name}={'***' if self._declared[name].secret else repr(value)}" for name, value in values)
        return f"{type(self).__name__}({shown})"

    def __getstate__(self) -> dict[str, Any]:
        return {
            name: dict(value) if isinstance(value, MappingProxyType) else value
            for name, value in self.as_dict().items()
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(
            {name: MappingProxyType(value) if isinstance(value, dict) else value for name, value in state.items()}
        )


def unknown_field(owner: str, name: str, known: typing.Iterable[str]) -> UnknownFieldError:
    """Return the error for `name`, which is not a field of `owner`; the hint suggests similar names from `known`."""
    from virtinstall.similar import did_you_mean

    public = [each for each in known if not each.startswith("_")]
    return UnknownFieldError(f"{owner} has no field '{name}'", hint=did_you_mean(name, public))


def conform(value: Any, hint: Any) -> Any:
    """Return `value` in the form that a field of the type `hint` stores; `_MISSING` if `value` has a different type."""
    if type(value) is hint or hint is Any or isinstance(hint, typing.TypeVar):
        return value
    if hint is None:
        return value if value is None else _MISSING
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        fits = (conform(value, each) for each in typing.get_args(hint))
        return next((stored for stored in fits if stored is not _MISSING), _MISSING)
    origin = typing.get_origin(hint)
    if origin is None:
        return value if is_instance(value, hint) else _MISSING
    if origin is typing.Literal:
        return value if value in typing.get_args(hint) else _MISSING
    return _conform_container(value, origin, typing.get_args(hint))


def is_instance(value: Any, cls: Any) -> bool:
    """Return whether `value` is an instance of `cls`.

    Unlike with `isinstance`, Booleans are not instances of `int`, integers are instances of `float`, and an object that
    has all methods of a protocol is an instance of that protocol.
    """
    if isinstance(value, bool):
        return cls in (bool, object)
    if cls is float:
        return isinstance(value, int | float)
    if getattr(cls, "_is_protocol", False):
        return all(hasattr(value, name) for name in vars(cls) if not name.startswith("_"))
    return isinstance(value, cls)


def _conform_container(value: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
    if origin is collections.abc.Callable:
        return value if callable(value) else _MISSING
    if origin is type:
        return value if isinstance(value, type) else _MISSING
    if issubclass(origin, collections.abc.Mapping):
        if not isinstance(value, collections.abc.Mapping):
            return _MISSING
        if type(value) is MappingProxyType and _may_fit(value, arguments):
            # a record has checked it, and large ones pass from record to record
            return value
        items = {conform(key, arguments[0]): conform(each, arguments[1]) for key, each in value.items()}
        return _MISSING if _MISSING in items or _MISSING in items.values() else MappingProxyType(items)
    if isinstance(value, str | bytes) or not isinstance(value, collections.abc.Collection):
        return _MISSING
    if issubclass(origin, collections.abc.Set):
        return _converted(value, arguments[0], frozenset) if isinstance(value, collections.abc.Set) else _MISSING
    if not isinstance(value, collections.abc.Sequence):
        return _MISSING
    if origin is tuple and Ellipsis not in arguments:
        if len(value) != len(arguments):
            return _MISSING
        stored = tuple(map(conform, value, arguments))
        return _MISSING if _MISSING in stored else stored
    return _converted(value, arguments[0], tuple)


def _may_fit(value: Mapping[Any, Any], arguments: tuple[Any, ...]) -> bool:
    """Return whether the first item of a mapping fits."""
    first = next(iter(value.items()), ())
    return all(conform(part, hint) is part for part, hint in zip(first, arguments, strict=False))


def _converted(value: Any, hint: Any, kind: type) -> Any:
    stored = kind(conform(each, hint) for each in value)
    return _MISSING if any(each is _MISSING for each in stored) else stored


def shortened(value: Any) -> str:
    """Return the `repr` of `value` for an error message, cut after 60 characters."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "..."


def type_and_value(value: Any) -> str:
    """Return the name of the type of `value` and the shortened `repr` of `value`, for an error message.

    The `repr` is omitted if it is that of the class `object`, which contains only the type and a memory address.
    """
    cls: Any = type(value)
    return str(cls.__name__) if cls.__repr__ is object.__repr__ else f"{cls.__name__} {shortened(value)}"


def _described(annotation: Any, hint: Any) -> str:
    parts = (
        typing.get_args(hint)
        if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union
        else (hint,)
    )
    literals = [value for part in parts if typing.get_origin(part) is typing.Literal for value in typing.get_args(part)]
    if literals:
        others = ["None" if part is type(None) else part.__name__ for part in parts if isinstance(part, type)]
        return _ONE_OF + ", ".join([*map(str, literals), *others])
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    return str(text).replace(" | ", " or ")


class _Named(type):
    """A class that is known only by name, because its module imports it only for type checkers."""

    def __instancecheck__(cls, value: object) -> bool:
        return any(base.__name__ == cls.__name__ for base in type(value).__mro__)

    def __getitem__(cls, arguments: object) -> _Named:
        return cls


class _Names(dict[str, Any]):
    """The names that an annotation may use."""

    def __init__(self, module: str, resolve: typing.Callable[[str], Any] | None = None) -> None:
        super().__init__()
        self.module = vars(sys.modules[module]) if module in sys.modules else {}
        self.resolve = resolve

    def __missing__(self, name: str) -> Any:
        if name in self.module:
            known = self.module[name]
            bound = getattr(known, "__bound__", None) if self.resolve is not None else None
            return known if bound is None else self[bound.__forward_arg__]
        if self.resolve is not None:
            with suppress(AttributeError):
                return self.resolve(name)
        for known in (builtins, collections.abc, typing):
            if hasattr(known, name):
                return getattr(known, name)
        return _Named(name, (), {})


def _evaluate(annotation: Any, names: _Names) -> Any:
    """Return the type that an annotation stands for."""
    if not isinstance(annotation, str):
        return annotation
    simple = _SIMPLE.get(annotation)
    return eval(annotation, {}, names) if simple is None else simple
