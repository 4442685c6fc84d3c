"""Random strings that a schema's datatypes allow: XSD patterns, ranges, and free text.

Source: https://www.w3.org/TR/xmlschema-2/ (datatypes and regular expressions).
"""

from __future__ import annotations

import random
import re
from typing import Any

from virtinstall.xml.rng_grammar import Pattern

INTEGER_RANGES = {
    "byte": (-(1 << 7), (1 << 7) - 1),
    "short": (-(1 << 15), (1 << 15) - 1),
    "int": (-(1 << 31), (1 << 31) - 1),
    "long": (-(1 << 63), (1 << 63) - 1),
    "integer": (-(1 << 70), 1 << 70),
    "positiveInteger": (1, 1 << 70),
    "nonNegativeInteger": (0, 1 << 70),
    "unsignedByte": (0, (1 << 8) - 1),
    "unsignedShort": (0, (1 << 16) - 1),
    "unsignedInt": (0, (1 << 32) - 1),
    "unsignedLong": (0, (1 << 64) - 1),
}
FREE_TEXTS = (
    *("a", "vda", "/var/lib/libvirt/images/a b.qcow2", "-1", "0", "true", "x" * 300),
    *("two  spaces", " around ", "tab\there", "line\nbreak", "<&>\"'", "]]>", "%s{}$HOME", "a,b=c;d"),
    *("dünn", "日本語", "🐧", "e\u0301", "\u00a0", "\u200b"),
)
_LETTERS = "abcXYZ019-_.:/ ~é漢🐧"
_MOST_REPEATS = 4
_ATTEMPTS = 200


def random_text(rng: random.Random) -> str:
    """Return random text, never empty."""
    return rng.choice(FREE_TEXTS)


def random_data(rng: random.Random, data: Pattern) -> str:
    """Return a value that the `data` pattern allows, not empty if possible."""
    params = [(part.attributes["name"], part.text) for part in data.parts if part.tag == "param"]
    excluded = {value.text for part in data.parts if part.tag == "except" for value in _values(part)}
    for attempt in range(_ATTEMPTS):
        text = _candidate(rng, data.attributes["type"], dict(params))
        if (text or attempt > _ATTEMPTS // 2) and text not in excluded and _fits(text, data.attributes["type"], params):
            return text
    raise AssertionError(f"no value found for {data.attributes} {params}")


def _values(pattern: Pattern) -> list[Pattern]:
    if pattern.tag == "value":
        return [pattern]
    return [value for part in pattern.parts for value in _values(part)]


def _candidate(rng: random.Random, datatype: str, params: dict[str, str]) -> str:
    if datatype in INTEGER_RANGES:
        least, most = INTEGER_RANGES[datatype]
        least = max(least, int(params.get("minInclusive", least)))
        most = min(most, int(params.get("maxInclusive", most)))
        if "pattern" not in params or rng.random() < 0.5:
            return str(rng.choice((least, most, rng.randint(least, most), min(most, max(least, rng.randint(0, 100))))))
    if "pattern" in params:
        return random_match(rng, params["pattern"])
    if datatype == "NCName":
        return rng.choice(("clean-traffic", "_x", "a.b-c", "é1"))
    if datatype == "dateTime":
        return rng.choice(("2023-01-15T12:00:00Z", "1970-01-01T00:00:00", "2024-02-29T23:59:59.5+01:00"))
    assert datatype == "string", datatype
    return random_text(rng)


def _fits(text: str, datatype: str, params: list[tuple[str, str]]) -> bool:
    if datatype in INTEGER_RANGES:
        least, most = INTEGER_RANGES[datatype]
        if not re.fullmatch("[+-]?[0-9]+", text) or not least <= int(text) <= most:
            return False
    checks = {
        "pattern": lambda limit: re.fullmatch(limit, text) is not None,
        "minInclusive": lambda limit: int(text) >= int(limit),
        "maxInclusive": lambda limit: int(text) <= int(limit),
        "maxLength": lambda limit: len(text) <= int(limit),
    }
    return all(checks[name](limit) for name, limit in params)


def random_match(rng: random.Random, pattern: str) -> str:
    """A string that matches the complete regular expression.

    The schemas use the common subset of XSD and Python syntax. Python's parser, which is not public, is used to parse
    them.
    """
    parser: Any = re._parser  # type: ignore[attr-defined]
    return _match(rng, parser.parse(pattern))


def _match(rng: random.Random, parsed: Any) -> str:
    return "".join(_match_one(rng, str(op), argument) for op, argument in parsed)


def _match_one(rng: random.Random, op: str, argument: Any) -> str:
    if op == "LITERAL":
        return chr(argument)
    if op == "ANY":
        return rng.choice(_LETTERS)
    if op == "NOT_LITERAL":
        return rng.choice([letter for letter in _LETTERS if letter != chr(argument)])
    if op == "IN":
        return _member(rng, argument)
    if op == "BRANCH":
        return _match(rng, rng.choice(argument[1]))
    if op == "SUBPATTERN":
        return _match(rng, argument[3])
    assert op == "MAX_REPEAT", op
    least, most, repeated = argument
    times = rng.randint(least, min(int(most), least + _MOST_REPEATS))
    return "".join(_match(rng, repeated) for _ in range(times))


def _member(rng: random.Random, members: Any) -> str:
    """Return a character of a class such as `[a-z_]` or `[^/]`."""
    if str(members[0][0]) == "NEGATE":
        return rng.choice([letter for letter in _LETTERS if not _is_member(letter, members[1:])])
    op, argument = rng.choice(members)
    if str(op) == "RANGE":
        return chr(rng.randint(*argument))
    # the only other class that the schemas use is \s
    return chr(argument) if str(op) == "LITERAL" else " "


def _is_member(letter: str, members: Any) -> bool:
    for op, argument in members:
        if str(op) == "LITERAL" and ord(letter) == argument:
            return True
        if str(op) == "RANGE" and argument[0] <= ord(letter) <= argument[1]:
            return True
    return False
