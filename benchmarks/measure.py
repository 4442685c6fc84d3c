"""Cost of one run of a program as the kernel reports it (rusage of wait4), and medians of several runs.

Runs of the programs alternate, so a temporary slowdown of the machine affects all of them.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Cost(NamedTuple):
    """CPU time of a process and its children, elapsed time, and peak memory of the process.

    The memory is at least that of the measuring process: the kernel counts the child before it executes the program.
    """

    cpu_seconds: float
    wall_seconds: float
    memory_mib: float


class RunError(Exception):
    """Failure of a measured program, whose figures would be meaningless."""


def run(args: Sequence[str], environ: Mapping[str, str], output: str = os.devnull) -> Cost:
    """Run a program and write its output to a file. Raises: RunError, with the output."""
    log = output if output != os.devnull else environ["BENCHMARK_LOG"]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    start = time.perf_counter()
    pid = os.posix_spawnp(args[0], list(args), environ, file_actions=actions)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    if status:
        with open(log, encoding="utf-8", errors="replace") as printed:
            raise RunError(f"{' '.join(args)}: status {os.waitstatus_to_exitcode(status)}\n{printed.read()[-2000:]}")
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def alternate(runs: Sequence[Callable[[], Cost]], times: int) -> list[Cost]:
    """Return the median cost of each run; the first round warms caches and bytecode and is not measured."""
    for measured in runs:
        measured()
    costs: list[list[Cost]] = [[] for _ in runs]
    for _ in range(times):
        for measured, seen in zip(runs, costs, strict=True):
            seen.append(measured())
    return [Cost(*(statistics.median(column) for column in zip(*seen, strict=True))) for seen in costs]
