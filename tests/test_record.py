"""Records: keyword-only, immutable, checked when they are created.

The `type: ignore` comments are part of the test: mypy reports unused ones, so type checkers see the same errors.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

import pytest

from virtinstall.errors import FieldError, RequestError, UnknownFieldError, VirtInstallError
from virtinstall.record import Record, field

if TYPE_CHECKING:
    from virtinstall.devices import Disk


class Place(Record):
    """A record with a required field and a derived value."""

    x: int
    y: int = 2

    @property
    def sum(self) -> int:
        """Return the sum of both values."""
        return self.x + self.y


class Named(Place):
    """A record with an inherited field and a positional one."""

    name: str = field(kw_only=False)
    password: str | None = field(default=None, secret=True)


class Speaks(Protocol):
    """Protocol with one method."""

    def speak(self) -> None:
        """Do nothing."""


Method = Place | Named


class Everything(Record):
    """A record with a field of each kind of type."""

    KIND: ClassVar[str] = "everything"
    text: str = ""
    number: int = 0
    share: float = 0.5
    switch: bool = False
    arguments: Sequence[str] = ()
    pair: tuple[str, int] = ("", 0)
    rows: tuple[tuple[str, ...], ...] = ()
    names: frozenset[str] = frozenset()
    values: Mapping[str, int] = MappingProxyType({})
    mode: Literal["a", "b"] = "a"
    method: Method | None = None
    places: Sequence[Place] = ()
    disk: Disk | None = None
    call: Callable[[str], None] | None = None
    speaker: Speaks | None = None
    anything: Any = None


def test_values_are_read_by_name_and_default() -> None:
    """Fields are required, have a default, or are derived; one is inherited, and one is positional."""
    named = Named("anna", x=1)
    assert (named.x, named.y, named.name, named.password, named.sum) == (1, 2, "anna", None, 3)
    assert Named(name="anna", x=1) == named


def test_a_record_is_a_value() -> None:
    """Records are compared, hashed, copied, pickled and replaced by value; records of two classes are never equal."""
    place = Place(x=1)
    assert place == Place(x=1, y=2) and hash(place) == hash(Place(x=1)) and place != place.replace(y=3)
    assert copy.deepcopy(place) == place == pickle.loads(pickle.dumps(place))
    assert copy.deepcopy(Everything(values={"a": 1})) == Everything(values={"a": 1})
    assert Place(x=1) != Named("anna", x=1)
    assert place.as_dict() == {"x": 1, "y": 2}


def test_a_record_is_not_a_tuple() -> None:
    """It has no length, no order and no positions."""
    place: Any = Place(x=1)
    for use in (len, iter, lambda value: value[0], lambda value: value < value):
        with pytest.raises(TypeError):
            use(place)


def test_a_record_is_immutable() -> None:
    """Attributes cannot be set or deleted; the error shows how to change a copy."""
    place: Any = Place(x=1)
    with pytest.raises(UnknownFieldError, match="'x' cannot be changed") as caught:
        place.x = 3
    assert "replace(x=" in str(caught.value.hint)
    with pytest.raises(UnknownFieldError, match="no field 'other'"):
        place.other = 3
    with pytest.raises(AttributeError, match="'x' cannot be changed"):
        del place.x
    assert place.x == 1


def test_collections_in_arguments_are_copied() -> None:
    """A list becomes a tuple and a dictionary read-only, so that the record cannot change later."""
    arguments, values = ["a"], {"a": 1}
    record = Everything(arguments=arguments, values=values, names=frozenset({"n"}), rows=(("a",), ("b", "c")))
    arguments.append("b")
    values["b"] = 2
    assert record.arguments == ("a",) and record.values == {"a": 1}
    with pytest.raises(TypeError):
        record.values["c"] = 3  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("text", 1), ("text", None), ("text", b"x"), ("number", "1"), ("number", True), ("number", 1.5)),
        *(("share", "1"), ("switch", 1), ("switch", "yes")),
        *(
            ("arguments", "console=ttyS0"),
            ("arguments", b"x"),
            ("arguments", ["a", 1]),
            ("arguments", {"a"}),
            ("arguments", None),
        ),
        *(("pair", ("a",)), ("pair", ("a", "b")), ("rows", ("ab",)), ("rows", [["a", 1]])),
        *(("names", "n"), ("names", ["n"]), ("values", {"a": "1"}), ("values", {1: 1}), ("values", [("a", 1)])),
        *(("mode", "c"), ("method", "x"), ("places", ["x"]), ("places", Place(x=1)), ("disk", "x"), ("call", "x")),
        *(("speaker", "x"), ("speaker", 1)),
    ],
)
def test_a_value_of_the_wrong_type_is_an_error(name: str, value: object) -> None:
    """The error names the record and the field, and shows the value; it is a FieldError and a TypeError."""
    with pytest.raises(
        FieldError, match=f"Everything: '{name}' must be .*(, not|the value is) {type(value).__name__}"
    ) as caught:
        Everything(**{name: value})  # type: ignore[arg-type]
    assert isinstance(caught.value, RequestError) and isinstance(caught.value, TypeError)
    with pytest.raises(FieldError, match=name):
        Everything().replace(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        *(("share", 1, 1), ("arguments", ["a"], ("a",)), ("arguments", ("a",), ("a",)), ("arguments", [], ())),
        *(("pair", ("a", 1), ("a", 1)), ("rows", [["a"]], (("a",),)), ("names", {"n"}, frozenset("n"))),
        *(("mode", "b", "b"), ("method", Named("a", x=1), Named("a", x=1))),
        *(("places", [Place(x=1), Named("a", x=1)], (Place(x=1), Named("a", x=1))), ("call", print, print)),
        *(("anything", ..., ...), ("disk", None, None)),
    ],
)
def test_a_value_of_the_type_is_accepted(name: str, value: Any, stored: object) -> None:
    """Subclasses, lists for sequences, and integers for floats are accepted."""
    assert getattr(Everything(**{name: value}), name) == stored


def test_a_protocol_is_checked_by_its_methods() -> None:
    """Any object with the methods is accepted."""

    class Person:
        def speak(self) -> None:
            """Speak."""

    person = Person()
    assert Everything(speaker=person).speaker is person


def test_a_class_imported_for_type_checkers_only_is_checked() -> None:
    """A record checks the types of its fields without importing them."""
    from virtinstall.devices import Disk, Rng

    disk = Disk()
    assert Everything(disk=disk).disk is disk
    with pytest.raises(FieldError, match="'disk' must be Disk or None, not Rng"):
        Everything(disk=Rng())  # type: ignore[arg-type]


def test_text_instead_of_a_sequence_has_a_hint() -> None:
    """This is the most frequent mistake."""
    with pytest.raises(FieldError) as caught:
        Everything(arguments="console=ttyS0")
    assert caught.value.hint == "write a list: arguments=['console=ttyS0']"


@pytest.mark.parametrize(
    ("positional", "named", "message"),
    [
        ((), {"x": 1}, "Named: 'name' is missing"),
        (("a",), {}, "Named: 'x' is missing"),
        (("a", "b"), {"x": 1}, "Named: too many positional arguments; accepted by position: 'name'"),
        (("a",), {"x": 1, "name": "b"}, "Named: 'name' is specified both by position and by name"),
        (("a",), {"x": 1, "passwrd": "b"}, "Named has no field 'passwrd'"),
    ],
)
def test_wrong_arguments_are_errors(positional: tuple[Any, ...], named: dict[str, Any], message: str) -> None:
    """Arguments are missing, too many, duplicate or unknown."""
    with pytest.raises(TypeError, match=message) as caught:
        Named(*positional, **named)
    assert isinstance(caught.value, VirtInstallError)


def test_hint_for_an_unknown_field_is_a_similar_name() -> None:
    """Most unknown fields are misspelled."""
    with pytest.raises(UnknownFieldError) as caught:
        Everything(nubmer=1)  # type: ignore[call-arg]
    assert caught.value.hint == "did you mean 'number'?"


def test_secrets_are_not_in_the_repr_or_in_errors() -> None:
    """The field is marked as secret."""
    assert "hidden" not in repr(Named("a", x=1, password="hidden"))
    with pytest.raises(FieldError) as caught:
        Named("a", x=1, password=b"hidden")  # type: ignore[arg-type]
    assert "hidden" not in f"{caught.value} {caught.value.hint}"


def test_validate_is_called_for_each_new_record() -> None:
    """This includes records that `replace` returns."""

    class Range(Record):
        low: int
        high: int

        def validate(self) -> None:
            if self.low > self.high:
                raise RequestError(f"low={self.low} is greater than high={self.high}")

    with pytest.raises(RequestError, match="low=3 is greater"):
        Range(low=1, high=2).replace(low=3)
