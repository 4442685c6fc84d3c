"""A question on the terminal."""

from __future__ import annotations

import sys

from virtinstall.cli.terminal import has_terminal
from virtinstall.options.usage import UsageError


def confirmed(question: str, what: str) -> bool:
    """Ask once, on standard error; only `y` and `yes` agree. Raises: UsageError with `what`, without a terminal."""
    if not has_terminal():
        raise UsageError(f"{what}, and there is no terminal to confirm that", hint="add --yes")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
