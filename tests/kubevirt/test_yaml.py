"""YAML output with comments."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml

from virtinstall.kubevirt.conversion import Comment
from virtinstall.kubevirt.yaml_text import to_yaml

TEXTS = (
    *(
        "",
        " ",
        "yes",
        "No",
        "null",
        "~",
        "12",
        "0x1f",
        "1:20",
        "1e3",
        ".5",
        "2Gi",
        "-",
        "- a",
        "a: b",
        "a #b",
        "#a",
        "a\tb",
    ),
    *(
        "a\nb",
        "a\nb\n",
        "a\n\nb\n",
        "a\nb\n\n",
        " a\nb",
        "a\n  b\n",
        "\n",
        "a\r\nb",
        "é",
        "\u2028",
        "\x85x",
        "\x00",
        "\U0001f600",
    ),
    *(
        "docker://quay.io/a:1",
        "https://example.org/a?b=c#d",
        "52:54:00:12:34:56",
        "{case}",
        "[a]",
        "*a",
        "&a",
        "!a",
        "%a",
    ),
    *("@a", "`a`", "'a'", '"a"', "a: |", "\ufeffa", "true", "on", "2001-01-01", "=", "<<", "a\u00a0b", "x" * 300),
)
SPECIAL = "ab 01:#-?,[]{}&*!|>'\"%@`\n\t.~=/\\\x7f\u00e9"


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_text_is_preserved(text: str) -> None:
    """It is a value, an item of a list, and a key."""
    document: dict[str, Any] = {"a": text, "b": [text, {"c": text}], text: {"d": text}}

    assert yaml.safe_load(to_yaml([document])) == document


def test_random_text_is_preserved() -> None:
    """It consists of characters that are special in YAML."""
    chance = random.Random(22)
    for _ in range(2000):
        text = "".join(
            chance.choice("ab 01:#-?,[]{}&*!|>'\"%@`\n\t.~=/\\\x7f\u00e9") for _ in range(chance.randrange(9))
        )
        assert yaml.safe_load(to_yaml([{"a": [text], "b": text}])) == {"a": [text], "b": text}


def test_values_of_other_types_are_preserved() -> None:
    """They are numbers, booleans, empty mappings and lists."""
    document = {"a": 1, "b": True, "c": {}, "d": [], "e": [{}, [], 2, False], "f": {"g": {}}}

    assert yaml.safe_load(to_yaml([document])) == document


def test_comment_is_above_its_key() -> None:
    """For the first key of a list item, it is above the dash."""
    inner = {"b": 1}
    document = {"a": inner, "c": [inner]}

    assert to_yaml([document], [Comment(inner, "b", "why")]) == "a:\n  # why\n  b: 1\nc:\n# why\n- b: 1\n"


def test_documents_are_separated_by_three_dashes() -> None:
    """The first document has no separator."""
    assert to_yaml([{"a": 1}, {"b": 2}]) == "a: 1\n---\nb: 2\n"
