"""The file of reviewed differences: patterns, each with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("differences.txt")


class Rule(NamedTuple):
    """A pattern for `CASE: DIFFERENCE`, and the reason why the difference is correct."""

    pattern: re.Pattern[str]
    reason: str


def read_rules(text: str) -> list[Rule]:
    """Parse the rules of a file: a comment is the reason of the patterns up to the next empty line."""
    found = []
    reason: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            reason = []
        elif line.startswith("#"):
            reason.append(line.lstrip("# "))
        else:
            found.append(Rule(re.compile(line), " ".join(reason)))
    return found


def rule_for(rules: Iterable[Rule], case: object, difference: str) -> Rule | None:
    """Return the first rule that explains a difference, or None."""
    line = f"{case}: {difference}"
    return next((rule for rule in rules if rule.pattern.search(line)), None)
