"""Run virt-install 4.1.0 many times: load it once, then fork for each command line.

Must be run with the Python of the old program. Reads a JSON list per line, (program, arguments, standard input), and
writes (exit status, output, errors). Loading the program takes ten times as long as composing a guest.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import signal
import sys
import tempfile
import traceback

SECONDS = 60
WARM_UP = (
    ("virt-install", ["--connect", "test:///default", "--name", "warm-up", "--memory", "64", "--disk", "none"]),
    ("virt-xml", ["--connect", "test:///default", "--build-xml", "--memballoon", "virtio"]),
)
MORE = ["--network", "none", "--osinfo", "debian11", "--import", "--print-xml"]


def run(folder: str, program: str, words: list[str]) -> int:
    """Run a program in this process; return its exit status."""
    sys.argv = [os.path.join(folder, program), *words]
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 -- a failure of the program is a result
        traceback.print_exc()
        return 70
    return 0


def forked(folder: str, program: str, words: list[str], stdin: str) -> tuple[int, str, str]:
    """Run a program in a child of this process; return exit status, output and errors."""
    with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        child = os.fork()
        if child == 0:
            signal.alarm(SECONDS)
            for number, stream in enumerate((given, out, err)):
                os.dup2(stream.fileno(), number)
            sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
            status = run(folder, program, words)
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status & 255)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        output, errors = (stream.read().decode(errors="replace") for stream in (out, err))
        return os.waitstatus_to_exitcode(status), output, errors


def main() -> None:
    """Answer requests until the end of the input."""
    folder = sys.argv[1]
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for program, words in WARM_UP:
            run(folder, program, words + (MORE if program == "virt-install" else []))
    for line in requests:
        program, words, stdin = json.loads(line)
        answers.write(json.dumps(forked(folder, program, words, stdin)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
