"""The conditions of a guest that commands and scripts can wait for."""

from __future__ import annotations

from typing import Literal, get_args

from virtinstall.errors import RequestError

WaitFor = Literal["running", "shutdown", "ip", "agent", "ssh", "cloud-init"]
"""A condition that --wait-for can wait for."""
GOALS: tuple[WaitFor, ...] = get_args(WaitFor)
Goal = Literal["installed", WaitFor]
"""A condition that `Guest.wait_for` can wait for."""


def check_goal(goal: str) -> None:
    """Check that `goal` is one of `GOALS`, the conditions that --wait-for accepts.

    Raises: RequestError, if `goal` is not one of them.
    """
    if goal not in GOALS:
        raise RequestError(f"--wait-for {goal or repr('')}: must be one of: {', '.join(GOALS)}")
