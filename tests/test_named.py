"""`named.NamedTuple` behaves like `typing.NamedTuple`."""

from __future__ import annotations

import copy
import typing
from typing import Any

import pytest

from virtinstall.named import NamedTuple


class Ours(NamedTuple):
    """A position."""

    x: int
    y: int = 2
    name: str = "here"

    @property
    def sum(self) -> int:
        """The sum of both items."""
        return self.x + self.y


class Theirs(typing.NamedTuple):
    """A position."""

    x: int
    y: int = 2
    name: str = "here"

    @property
    def sum(self) -> int:
        """The sum of both items."""
        return self.x + self.y


@pytest.mark.parametrize("args", [((1,), {}), ((1, 5), {"name": "n"}), ((), {"x": 3}), ((1, 2, "z"), {})])
def test_construction_and_reading_are_the_same(args: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
    """This includes values by position, by name and by default, the order of names, and the text."""
    ours, theirs = Ours(*args[0], **args[1]), Theirs(*args[0], **args[1])
    assert tuple(ours) == tuple(theirs)
    assert (ours.x, ours.y, ours.name, ours.sum) == (theirs.x, theirs.y, theirs.name, theirs.sum)
    assert ours._asdict() == theirs._asdict()
    assert repr(ours).removeprefix("Ours") == repr(theirs).removeprefix("Theirs")
    assert (ours._fields, ours._field_defaults, Ours.__doc__) == (
        theirs._fields,
        theirs._field_defaults,
        Theirs.__doc__,
    )


@pytest.mark.parametrize("args", [((), {}), ((1, 2, "z", 4), {}), ((1,), {"x": 1}), ((1,), {"other": 1})])
def test_wrong_arguments_raise_the_same_errors(args: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
    """Examples are a missing value, one too many, a repeated one, and an unknown name."""
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError):
            kind(*args[0], **args[1])


def test_named_tuples_are_values() -> None:
    """They can be compared, hashed, unpacked, matched, copied and replaced, but not changed."""
    place = Ours(1)
    assert place == Ours(1, 2) and hash(place) == hash(Ours(1, 2)) and place != place._replace(x=4)
    assert place._replace(name="there") == (1, 2, "there") == Ours._make((1, 2, "there"))
    assert copy.deepcopy(place) == place and type(copy.copy(place)) is Ours
    match place:
        case Ours(x, y):
            assert (x, y) == (1, 2)
    with pytest.raises(AttributeError):
        place.x = 3  # type: ignore[misc]
    with pytest.raises(AttributeError):
        place.other = 3  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        place._replace(other=3)  # type: ignore[call-arg]
