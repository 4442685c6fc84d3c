"""Handling of standard output that can no longer be written (full disk, closed pipe) when the guest already exists.

The remaining steps are completed anyway, and standard error reports that the guest exists, because a script that
receives an error assumes that there is no guest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from virtinstall.safe_text import reason_of


class _Tolerant:
    """A text stream that stores the first failure in `error` instead of raising it."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.error: OSError | None = None

    def write(self, text: str) -> int:
        try:
            return self.stream.write(text)
        except OSError as error:
            self.error = self.error or error
            return len(text)

    def flush(self) -> None:
        try:
            self.stream.flush()
        except OSError as error:
            self.error = self.error or error

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def tolerate_lost_output(fact: str) -> Iterator[None]:
    """Within the `with` block, ignore failures to write to standard output; afterwards, report them on standard error.

    The warning ends with `fact`, such as `the guest was created`.
    """
    before = sys.stdout
    tolerant = _Tolerant(before)
    sys.stdout = tolerant
    try:
        yield
    finally:
        tolerant.flush()
        sys.stdout = before
        if tolerant.error is not None:
            _discard_from_now_on(before)
            reason = reason_of(tolerant.error)
            print(f"WARNING  cannot write to standard output: {reason}; {fact}", file=sys.stderr)


def _discard_from_now_on(stream: TextIO) -> None:
    """Discard further output to the stream, so that the interpreter's last flush succeeds."""
    with suppress(OSError, ValueError):
        if stream.fileno() == sys.__stdout__.fileno():  # type: ignore[union-attr]
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
