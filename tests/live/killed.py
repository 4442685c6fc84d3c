"""Run virt-guest and kill it at any line that it executes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# the kill comes before the Nth line after `function` starts, or `delay` seconds after that line
_PROGRAM = """
import os, signal, sys, threading
last, delay, function, parts = int(sys.argv.pop(1)), float(sys.argv.pop(1)), sys.argv.pop(1), sys.argv.pop(1).split()
lines, started = 0, False
def trace(frame, event, argument):
    global lines, started
    if not any(part in frame.f_code.co_filename for part in parts):
        return None
    if event == "call":
        started = started or frame.f_code.co_name == function and parts[0] in frame.f_code.co_filename
    if started and event == "line":
        lines += 1
        if lines == last:
            if not delay:
                os.kill(os.getpid(), signal.SIGKILL)
            signal.setitimer(signal.ITIMER_REAL, delay)
    return trace
threading.settrace(trace)
sys.settrace(trace)
from virtinstall.cli.main import guest_main
status = guest_main()
sys.settrace(None)
print(lines)
sys.exit(status)
"""


def run_killed(
    words: Sequence[str | Path], *, line: int, delay: float, function: str, parts: Sequence[str]
) -> subprocess.CompletedProcess[str]:
    """Run virt-guest; kill it at line number `line` after `function` starts, or `delay` seconds later; 0: never.

    Only lines of files with one of `parts` in their path are counted; `function` is in the first. The last line of the
    output is the number of lines.
    """
    command = [sys.executable, "-c", _PROGRAM, str(line), str(delay), function, " ".join(parts), *words]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
