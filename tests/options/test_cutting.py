"""Classes that split the value of their option in special ways."""

from __future__ import annotations

import pytest

from virtinstall.domain.os import Os
from virtinstall.errors import RequestError
from virtinstall.options.suboptions import cut
from virtinstall.xml.element import Element
from virtinstall.xml.field import Setting, Suboption
from virtinstall.xml.kinds import TEXT


class Line(Element):
    """An element whose whole value is one text."""

    tag = "line"

    text = Setting(TEXT, "All of it.")
    args = Suboption("words", lambda element, text: None, "Words.", joined=True)

    @classmethod
    def cut_whole(cls, text: str) -> list[tuple[str, str]] | None:
        """Return the whole value, except for values with the key of the joined sub-option."""
        return None if text.startswith("words") else [("text", text)]


def test_whole_value_may_contain_special_characters() -> None:
    """Commas, quotes and `=` have no meaning."""
    [pair] = cut(Line, "--line", "a=b,c='d")
    assert (pair.key, pair.value) == ("text", "a=b,c='d")
    assert pair.target is not None


def test_joined_sub_options_become_one() -> None:
    """Their values are joined in order, at any position."""
    [args] = cut(Line, "--line", "words=a,words=b")
    assert args.value == "a,b"
    pairs = cut(Os, "--boot", "network,menu=on,hd")
    assert [(pair.key, pair.value) for pair in pairs] == [("hd", "network,hd"), ("menu", "on")]


def test_large_and_non_ascii_numbers_are_unknown() -> None:
    """Element 99999 would require 99999 others before it."""
    for number in ("99999", "²", "\u0663"):
        with pytest.raises(RequestError, match=f"unknown sub-option 'boot{number}.dev'"):
            cut(Os, "--boot", f"boot{number}.dev=hd")
