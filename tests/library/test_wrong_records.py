"""Every public record rejects an unknown field and a value of the wrong type; the error names record and field.

tests/test_record.py and tests/library/test_spec.py verify that type checkers report the same errors.
"""

from __future__ import annotations

from typing import Any

import pytest

import virtinstall
from virtinstall.errors import FieldError, UnknownFieldError
from virtinstall.record import Record

PUBLIC = [getattr(virtinstall, name) for name in virtinstall.__all__]
RECORDS = [each for each in PUBLIC if isinstance(each, type) and issubclass(each, Record)]
FIELDS = [(cls, name) for cls in RECORDS for name in cls._declared]


class Other:
    """A value that no field accepts."""


def empty(cls: type[Record]) -> Any:
    """Return a record of the class without a value."""
    return cls.__new__(cls)


@pytest.mark.parametrize(("cls", "name"), FIELDS, ids=lambda each: getattr(each, "__name__", each))
def test_field_rejects_a_value_of_the_wrong_type(cls: type[Record], name: str) -> None:
    """A string is an error if a sequence of strings is expected."""
    annotation = str(cls._declared[name].annotation)
    wrong = [Other()] + ["console=ttyS0"] * annotation.startswith(("Sequence", "tuple", "frozenset", "Mapping"))
    for value in wrong:
        with pytest.raises(FieldError, match=rf"^{cls.__name__}: '{name}' must be "):
            empty(cls).replace(**{name: value})


@pytest.mark.parametrize("cls", RECORDS, ids=lambda cls: str(cls.__name__))
def test_record_rejects_an_unknown_field(cls: type[Record]) -> None:
    """The field is used in the constructor, in `replace`, or in an assignment."""
    with pytest.raises(UnknownFieldError, match=f"^{cls.__name__} has no field 'nmae'"):
        empty(cls).replace(nmae=1)
    with pytest.raises(UnknownFieldError, match=f"^{cls.__name__} has no field 'nmae'"):
        empty(cls).nmae = 1
    with pytest.raises(FieldError, match=f"^{cls.__name__}"):
        cls(nmae=1)


@pytest.mark.parametrize(
    ("cls", "values", "expected"),
    [
        (virtinstall.RunOptions, {"autoconsole": "txt"}, "RunOptions: 'autoconsole' must be one of: text, graphical"),
        (virtinstall.RunOptions, {"wait_for": "up"}, "RunOptions: 'wait_for' must be one of: running, "),
        (virtinstall.GuestSpec, {"domain": virtinstall.Domain(), "os": " "}, "GuestSpec: 'os' is empty"),
        (
            virtinstall.GuestSpec,
            {"domain": virtinstall.Domain(), "without": ["dsk"]},
            "'without' contains 'dsk', which is not a device type",
        ),
        (virtinstall.CloudInit, {"hostname": "a b"}, "hostname=a b"),
        (virtinstall.CloudInit, {"gateways": ["192.0.2.1"]}, "'gateways' and 'nameservers' require 'addresses'"),
        (virtinstall.Ignition, {}, "Ignition: exactly one of 'config' and 'source'"),
    ],
)
def test_invalid_value_is_an_error(cls: Any, values: dict[str, Any], expected: str) -> None:
    """The error names the field."""
    with pytest.raises(virtinstall.RequestError, match=expected):
        cls(**values)
