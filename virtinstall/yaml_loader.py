"""The YAML loader, and explanations of YAML errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

# messages of libyaml and PyYAML, as patterns, with messages (which may use the groups) and hints
_SYNTAX = (
    (
        r"expected (',' or '.')",
        r"expected \1",
        "put quotes around values that contain {, }, [, ] or a comma, and close each [ and {",
    ),
    (r"expected key|expected <block end>", "expected a key", "align the keys of each mapping"),
    (r"expected '-'", "expected '-'", "align the items of each list"),
    (r"expected ':'", "expected ':' after a key", "write a colon and a space after the key, for example: name: web"),
    (r"expected (?:the )?node content", "a value is missing", "put quotes around values that contain [, ], { or }"),
    (
        "mapping values are not allowed",
        "a colon is not allowed here",
        "put quotes around values that contain a colon, and align the keys of each mapping",
    ),
    (
        "cannot start any token",
        "a value without quotes cannot start with this character",
        "put quotes around values that start with @, ` or %",
    ),
    ("unexpected end of stream", "a closing quote is missing", "add the missing closing quote"),
    ("sequence entries are not allowed", "a list item is not allowed here", "start the list on a new line"),
    ("unknown escape character", "unknown escape sequence", "use single quotes around values that contain a backslash"),
    ("undefined alias", "unknown alias", "put quotes around values that start with *"),
    (r"constructor for the tag '(.*)'", r"unknown tag '\1'", "put quotes around values that start with !"),
)


def safe_loader() -> Any:
    """Return PyYAML's class for loading plain values; this is the faster class that uses libyaml, if available."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def explain(error: yaml.YAMLError) -> tuple[str, str | None]:
    """Return a message for an error from the YAML parser, and a hint for the usual cause of the error.

    The message does not contain the position of the error. If the error is not a known one, the message is the
    parser's message, and the hint is None.
    """
    problem = getattr(error, "problem", None) or getattr(error, "context", None) or str(error)
    for pattern, message, hint in _SYNTAX:
        if found := re.search(pattern, problem):
            return found.expand(message), hint
    return " ".join(problem.split()), None
