"""Effects of sub-options on the element of their option."""

from __future__ import annotations

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.disk import Disk
from virtinstall.devices.smartcard import Smartcard
from virtinstall.devices.sound import Codec, Sound
from virtinstall.errors import RequestError
from virtinstall.options.command import parse_request


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("codec1.type=micro", ["micro"]),
        ("codec2.type=micro,codec0.type=duplex", ["duplex", "micro"]),
        ("codec1.type=micro,codec0.type=duplex", ["duplex", "micro"]),
        ("codec0.type=,codec2.type=", []),
    ],
)
def test_omitted_numbers_leave_no_empty_elements(text: str, types: list[str]) -> None:
    """A number determines the order; unused numbers create no elements."""
    assert [codec.type for codec in parsed(Sound, text).codecs] == types


def test_numbers_continue_after_existing_ones() -> None:
    """With one existing codec, every higher number adds a codec."""
    for number in (1, 3):
        sound = Sound()
        sound.codecs.append(Codec(type="duplex"))
        parsed(Sound, f"codec{number}.type=micro", sound)
        assert [codec.type for codec in sound.codecs] == ["duplex", "micro"]


def test_empty_parents_are_removed() -> None:
    """An element that was created only for numbered elements is removed with them."""
    assert line(parsed(Smartcard, "certificate1=,source.seclabel1.model=")) == "<smartcard/>"


def test_existing_empty_elements_are_kept() -> None:
    """They are part of a parsed document."""
    sound = Sound.parse("<sound><codec/></sound>")
    assert line(parsed(Sound, "codec1.type=micro", sound)) == '<sound><codec/><codec type="micro"/></sound>'


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("buss=virtio", "did you mean 'bus'?"),
        ("cahce=none", "did you mean 'cache'?"),
        ("size=1, bus=virtio", "remove the spaces"),
    ],
)
def test_misspelled_sub_option_has_a_hint(text: str, hint: str) -> None:
    """It suggests the short name, or the removal of a space."""
    with pytest.raises(RequestError) as caught:
        parsed(Disk, text)
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize(("text", "output"), [("1GG", "--memory 1GG: "), ("memory=1GG", "--memory memory=1GG: ")])
def test_error_contains_the_value_as_typed(text: str, output: str) -> None:
    """A value without a name has no name in the error."""
    with pytest.raises(RequestError) as caught:
        parse_request(["--name", "x", "--memory", text])
    assert output in caught.value.message
