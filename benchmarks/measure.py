"""What one run of a program costs, as the kernel tells it (wait4's rusage), and medians of several.

Runs of the programs alternate, so a machine that grows slow for a while slows each of them.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Cost(NamedTuple):
    """CPU time of a process and its waited-for children, time on the clock, the process's largest memory.

    The memory is that of this process at least: the kernel counts what a child had before it became the program.
    """

    cpu_seconds: float
    wall_seconds: float
    memory_mib: float


class RunError(Exception):
    """A measured program failed: a figure of it would mean nothing."""


def run(words: Sequence[str], environ: Mapping[str, str], output: str = os.devnull) -> Cost:
    """Run a program to its end; its output goes to a file. Raises: RunError, with what it printed."""
    log = output if output != os.devnull else environ["BENCHMARK_LOG"]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    start = time.perf_counter()
    pid = os.posix_spawnp(words[0], list(words), environ, file_actions=actions)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    if status:
        with open(log, encoding="utf-8", errors="replace") as printed:
            raise RunError(f"{' '.join(words)}: status {os.waitstatus_to_exitcode(status)}\n{printed.read()[-2000:]}")
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def alternate(runs: Sequence[Callable[[], Cost]], times: int) -> list[Cost]:
    """The median cost of each, run in turn: first one unmeasured round that warms caches and compiles bytecode."""
    for measured in runs:
        measured()
    costs: list[list[Cost]] = [[] for _ in runs]
    for _ in range(times):
        for measured, seen in zip(runs, costs, strict=True):
            seen.append(measured())
    return [Cost(*(statistics.median(column) for column in zip(*seen, strict=True))) for seen in costs]
