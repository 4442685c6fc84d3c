"""Errors in YAML have the same explanation with each parser."""

from __future__ import annotations

import pytest
import yaml

from virtinstall.yaml_loader import explain

LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if hasattr(yaml, "CSafeLoader") else [])]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1, 2", "expected ',' or ']'"),
        ("{a: 1", "expected ',' or '}'"),
        ("a: b: c", "a colon is not allowed here"),
        ("a: @x", "a value without quotes cannot start with this character"),
        ("a: 'x", "a closing quote is missing"),
        ("a: - b", "a list item is not allowed here"),
        ('a: "\\q"', "unknown escape sequence"),
        ("a:\n  b: 1\n c: 2", "expected a key"),
        ("a: ]", "a value is missing"),
        ("a: 1\nb", "expected ':' after a key"),
        ("a: *y", "unknown alias"),
        ("!!foo a", "unknown tag 'tag:yaml.org,2002:foo'"),
    ],
)
def test_error_is_explained_with_a_hint(loader: type, text: str, problem: str) -> None:
    """Libyaml and PyYAML have different messages."""
    with pytest.raises(yaml.YAMLError) as caught:
        yaml.load(text, Loader=loader)
    message, hint = explain(caught.value)
    assert message == problem
    assert hint
