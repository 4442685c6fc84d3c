"""The kinds of values in libvirt's XML: text, integer, yes/no, on/off, or presence.

Source: https://libvirt.org/formatdomain.html; libvirt's schemas (basictypes.rng) name the same kinds `virYesNo`,
`virOnOff` and so on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_TRUE = ("y", "yes", "1", "true", "t", "on")
_FALSE = ("n", "no", "0", "false", "f", "off")


class Kind(Generic[T]):
    """A kind of value, such as text or a number: how it is written in XML and on the command line.

    `name` is what help prints. `type` is the class of the values in Python. `read` converts a string in the XML to a
    value, and `write` does the reverse. `parse` converts what a user typed, by default as `read` does; it raises
    ValueError with a message about the expected value.
    """

    __slots__ = ("name", "parse", "read", "type", "write")

    def __init__(
        self,
        name: str,
        type: type[T],
        read: Callable[[str], T],
        write: Callable[[T], str],
        parse: Callable[[str], T] | None = None,
    ) -> None:
        self.name = name
        self.type = type
        self.read = read
        self.write = write
        self.parse = parse or read


def parse_switch(text: str) -> bool:
    """Return whether a switch is on (y, yes, 1, true, t, on) or off (n, no, 0, false, f, off); case does not matter.

    Raises: ValueError, for any other text.
    """
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("must be on, off, yes or no")


def parse_integer(text: str) -> int:
    """Return the whole number in `text`, which is decimal or has the prefix 0x, 0o or 0b.

    Raises: ValueError, for any other text.
    """
    try:
        return int(text)
    except ValueError:
        try:
            return int(text, 0)
        except ValueError:
            raise ValueError("must be a whole number") from None


def parse_number(text: str) -> float:
    """Return the number in `text`, which may have a fraction.

    Raises: ValueError, for any other text.
    """
    try:
        return float(text)
    except ValueError:
        raise ValueError("must be a number") from None


def _same(text: str) -> str:
    return text


TEXT: Kind[str] = Kind("text", str, _same, _same)
INTEGER: Kind[int] = Kind("integer", int, parse_integer, str)
SIZE: Kind[int] = Kind("size", int, parse_integer, str)
"""An integer that users type with an optional unit; the field's `convert` reads it."""
YES_NO: Kind[bool] = Kind(
    "yes/no", bool, lambda text: text == "yes", lambda value: "yes" if value else "no", parse_switch
)
ON_OFF: Kind[bool] = Kind(
    "on/off", bool, lambda text: text == "on", lambda value: "on" if value else "off", parse_switch
)
PRESENT: Kind[bool] = Kind("present", bool, lambda text: True, lambda value: "", parse_switch)
SWITCH: Kind[bool] = Kind("switch", bool, parse_switch, lambda value: "on" if value else "off")
NUMBER: Kind[float] = Kind("number", float, parse_number, str)
