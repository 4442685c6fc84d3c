"""A question on the terminal."""

from __future__ import annotations

import sys

from virtinstall.cli.terminal import has_terminal
from virtinstall.options.usage import UsageError


def confirmed(question: str, action: str) -> bool:
    """Print `question` to standard error, and return whether the answer is `y` or `yes`.

    `action`, such as `deleting guests`, is the start of the error message.

    Raises: UsageError, if standard input is not a terminal.
    """
    if not has_terminal():
        raise UsageError(
            f"{action} requires confirmation, but standard input is not a terminal",
            hint="add --yes to skip the confirmation",
        )
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
