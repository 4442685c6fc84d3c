"""Exit statuses of the commands, documented in the manual."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """The exit statuses of the commands."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    TIMED_OUT = 3
    CRASHED = 4
    CLOUD_INIT_FAILED = 5
    INTERRUPTED = 130
