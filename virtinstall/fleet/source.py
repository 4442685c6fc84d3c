"""A guests file that is being loaded: variables, values of keys, and the errors that have been found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from virtinstall.errors import RequestError
from virtinstall.fleet.nodes import Fields, FileError, Items, Node, Text
from virtinstall.fleet.substitute import expand_variables

R = TypeVar("R")
_MOST_LINES = 100
_POSITION = re.compile(r":([0-9]+):([0-9]+): ")


class Source:
    """A guests file that is being loaded.

    Error messages use `label` as the file name. `variables` maps the names in `${NAME}` to their values. `problems` are
    the errors that have been found so far.
    """

    def __init__(self, label: str, variables: Mapping[str, str]) -> None:
        self.label = label
        self.variables = variables
        self.problems: list[FileError] = []

    def place(self, node: Node) -> str:
        """Return the position of a node, such as `guests.yaml:14:9`."""
        return f"{self.label}:{node.line}:{node.column}"

    def error(self, node: Node, text: str, hint: str | None = None) -> FileError:
        """Return an error whose message is the position of a node followed by `text`."""
        return FileError(f"{self.place(node)}: {text}", hint=hint)

    def reported(self, step: Callable[[], R]) -> R | None:
        """Call `step`, without arguments, and return its result.

        If `step` raises FileError, the error is added to `problems`, and None is returned.
        """
        try:
            return step()
        except FileError as error:
            self.problems.append(error)
            return None

    @contextmanager
    def reported_together(self) -> Iterator[None]:
        """Context manager that raises an error on leaving the `with` block if `reported` has added errors in the block.

        The last of these errors is removed from `problems` and raised; the others remain in `problems`.
        """
        before = len(self.problems)
        yield
        if len(self.problems) > before:
            raise self.problems.pop()

    def expanded(self, node: Text, path: str) -> str:
        """Return the string of a node with the variables replaced by their values.

        `path` is the path of the node for error messages, such as `web.disk`.

        Raises: FileError, if a variable is invalid, or is not set and has no default.
        """
        try:
            return expand_variables(node.text, self.variables)
        except RequestError as error:
            raise self.error(node, f"{path}: {error.message}", error.hint) from None

    def text_of(self, parent: Fields, key: str) -> str | None:
        """Return the single value of `key` as a string; None if the key is missing or its value is null.

        Raises: FileError, if the value is a list or a mapping, or if the value contains a variable that is invalid or
        not set.
        """
        node = parent.get(key)
        if node is None:
            return None
        if not isinstance(node, Text):
            raise self.error(node, f"{key}: must be a single value")
        return self.expanded(node, key)

    def fields(self, parent: Fields, key: str) -> Fields:
        """Return the mapping that is the value of `key`; an empty mapping if the key is missing or its value is null.

        Raises: FileError, if the value is not a mapping.
        """
        node = parent.get(key)
        if node is None:
            return Fields(1, 1)
        if not isinstance(node, Fields):
            raise self.error(node, f"{key}: must be a mapping")
        return node

    def names(self, parent: Fields, key: str, path: str) -> list[tuple[str, Node]]:
        """Return the names in the value of `key`, each with its node.

        The value is one name or a list of names. The result is an empty list if the key is missing or its value is
        null. `path` is the path of `parent` for error messages.

        Raises: FileError, if the value contains something other than names.
        """
        node = parent.get(key)
        nodes = node.values if isinstance(node, Items) else [] if node is None else [node]
        found: list[tuple[str, Node]] = []
        for each in nodes:
            name = self.expanded(each, f"{path}.{key}") if isinstance(each, Text) and not each.is_null else ""
            if not name:
                raise self.error(each, f"{path}.{key}: must be a name or a list of names")
            found.append((name, each))
        return found


def together(problems: Sequence[RequestError]) -> FileError:
    """Combine several errors into one error, with a line for each of them, in the order of their positions in the file.

    If all errors have the same hint, this is the hint of the combined error. Otherwise, each line ends with its hint in
    parentheses. An error in the defaults or at an anchor has only one line, which also contains the number of other
    guests that the error affects.
    """
    alike: dict[tuple[str, str], list[RequestError]] = {}
    for problem in sorted(problems, key=_position):
        # the position, without the path in which the guest's name is
        place, _, rest = problem.message.partition(": ")
        alike.setdefault((place, rest.partition(": ")[2] or rest), []).append(problem)
    lines = {_line(each): each[0].hint for each in list(alike.values())[:_MOST_LINES]}
    hints = set(lines.values())
    more = [f"and {len(alike) - _MOST_LINES} more errors"] if len(alike) > _MOST_LINES else []
    if len(hints) == 1:
        return FileError("\n".join([*lines, *more]), hint=hints.pop())
    full = [message if hint is None else f"{message} ({hint})" for message, hint in lines.items()]
    return FileError("\n".join([*full, *more]))


def _line(alike: Sequence[RequestError]) -> str:
    others = len({problem.message for problem in alike}) - 1
    if not others:
        return alike[0].message
    return f"{alike[0].message} (the same for {others} other {'guest' if others == 1 else 'guests'})"


def _position(problem: RequestError) -> tuple[int, int]:
    found = _POSITION.search(problem.message)
    return (0, 0) if found is None else (int(found[1]), int(found[2]))
