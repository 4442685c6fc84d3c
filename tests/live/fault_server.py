"""Run virt-install many times in forked processes, each with a fault at one call.

Forking saves the start-up time. Reads jobs and writes results, one JSON object per line. A job has the command
(`virt-clone`, or else virt-install), its arguments, the fault (`error`, `SIGTERM`, `SIGKILL`), the number of the call
at which it occurs (0: none), and the file for the output; the result has the exit status. The names of the calls are in
a file next to the output.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

AT_ONCE = 3
SYSTEM_CALLS = (
    *("open", "write", "pwrite", "fsync", "fdatasync", "link", "unlink", "rename", "replace", "mkdir", "rmdir"),
    *("ftruncate", "posix_fallocate", "fchmod", "chmod", "copy_file_range", "statvfs"),
)


class Points:
    """Counts calls; at one of them, the call fails or the run is ended."""

    def __init__(self, what: str, failing: int) -> None:
        self.calls = 0
        self.names: list[str] = []
        self._what = what
        self._failing = failing

    def wrap(self, name: str, call: Callable[..., Any], error: Callable[[], Exception]) -> Callable[..., Any]:
        """Return a function that counts the call and then calls `call`."""

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            self.names.append(name)
            if self.calls == self._failing:
                if self._what == "error":
                    raise error()
                signal.raise_signal(signal.Signals[self._what])
            return call(*args, **kwargs)

        return counted


def install(points: Points) -> None:
    """Count the calls of libvirt, and the system calls that change something."""
    import libvirt

    from tests.live.faulty import CLASSES, HARMLESS

    for class_name in CLASSES:
        cls = getattr(libvirt, class_name)
        for name, method in list(vars(cls).items()):
            if callable(method) and not name.startswith("_") and name not in HARMLESS:
                setattr(cls, name, points.wrap(f"{class_name}.{name}", method, _failure))
    for name in SYSTEM_CALLS:
        setattr(os, name, points.wrap(f"os.{name}", getattr(os, name), _no_space))


def _failure() -> Exception:
    import libvirt

    failure: Exception = libvirt.libvirtError("injected failure")
    return failure


def _no_space() -> Exception:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def run(job: dict[str, Any]) -> None:
    """Run a job in this process, and end the process."""
    output = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for target in (1, 2):
        os.dup2(output, target)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    status = 99
    points = Points(job["what"], job["at"])
    report_to = os.open(job["output"] + ".calls", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    write = os.write
    try:
        from virtinstall.cli.main import clone_main, main

        install(points)
        status = (clone_main if job.get("command") == "virt-clone" else main)(job["words"])
    except BaseException:  # noqa: BLE001 - the traceback is the result
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        write(report_to, json.dumps(points.names).encode())
        os._exit(status)


def main() -> None:
    """Fork a process for each line of standard input."""
    import lxml.etree
    import pycdlib
    import tqdm

    import virtinstall.cli.install
    import virtinstall.compose.compose
    import virtinstall.create
    import virtinstall.run.boot
    import virtinstall.storage.apply

    del lxml, pycdlib, tqdm, virtinstall
    jobs = [json.loads(line) for line in sys.stdin]
    running: dict[int, dict[str, Any]] = {}
    while jobs or running:
        while jobs and len(running) < AT_ONCE:
            job = jobs.pop(0)
            process = os.fork()
            if process == 0:
                run(job)
            running[process] = job
        process, code = os.wait()
        job = running.pop(process)
        print(json.dumps({"id": job["id"], "status": os.waitstatus_to_exitcode(code)}), flush=True)


if __name__ == "__main__":
    main()
