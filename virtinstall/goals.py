"""The conditions of a guest that commands and scripts can wait for."""

from __future__ import annotations

from typing import Literal, get_args

WaitFor = Literal["running", "shutdown", "ip", "agent", "ssh", "cloud-init"]
"""Condition that --wait-for can wait for."""
GOALS: tuple[WaitFor, ...] = get_args(WaitFor)
Goal = Literal["installed", WaitFor]
"""Conditions that `Guest.wait_for` can wait for."""
