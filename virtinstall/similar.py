"""Names for messages: those that are similar to a mistyped one, and lists of alternatives.

The measure is the edit distance in which a transposition counts as one edit (optimal string alignment). Names are
similar only if at most about one character in four differs: `virbr0` is not similar to `ifb0`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_CHARACTERS_PER_EDIT = 4
_SEPARATORS = str.maketrans("", "", "._-")


def similar_names(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return up to `count` names from `known` that `word` may be a misspelling of, the most similar first.

    Case and the separators `.`, `_` and `-` do not matter. A dotted name is also returned if `word` is its last part,
    such as `cache` for `driver.cache`, or omits some of its parts, such as `vlan.id` for `vlan.tag0.id`. `word` itself
    is never returned.
    """
    plain = word.lower().translate(_SEPARATORS)
    if not plain:
        return []
    found: list[tuple[int, int, str]] = []
    for place, name in enumerate(dict.fromkeys(known)):
        if name == word:
            continue
        distance = _distance(plain, name.lower().translate(_SEPARATORS))
        if distance is None and "." in name and (name.lower().endswith("." + word.lower()) or _omits_parts(word, name)):
            distance = 1
        if distance is not None:
            found.append((distance, place, name))
    return [name for _, _, name in sorted(found)[:count]]


def did_you_mean(word: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return the hint `did you mean 'A' or 'B'?` with names from `known`; `otherwise` if none is similar to `word`."""
    return question_for(similar_names(word, known)) or otherwise


def question_for(near: Sequence[str]) -> str | None:
    """Return the hint `did you mean 'A', 'B' or 'C'?` with the names in `near`; None if `near` is empty.

    Names that start with `-`, which are options, are not quoted.
    """
    named = alternatives(each if each.startswith("-") else f"'{each}'" for each in near)
    return f"did you mean {named}?" if named else None


def alternatives(names: Iterable[str]) -> str:
    """Return the names as alternatives, such as `a, b or c`; an empty string if there are no names."""
    *first, last = [*names] or [""]
    return f"{', '.join(first)} or {last}" if first else last


def _omits_parts(word: str, name: str) -> bool:
    """Return whether `word` has several parts and all of them occur in `name` in the same order."""
    parts = iter(name.lower().split("."))
    return "." in word and all(part in parts for part in word.lower().split("."))


def _distance(one: str, two: str) -> int | None:
    """Return the edit distance of two names; None if it is too large for similar names."""
    most = max(1, min(len(one), len(two)) // _CHARACTERS_PER_EDIT)
    if abs(len(one) - len(two)) > most:
        return None
    if min(len(one), len(two)) < _CHARACTERS_PER_EDIT and one[:1] != two[:1]:
        return None
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(two, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == two[j - 2] and one[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None
