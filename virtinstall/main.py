"""argv -> exit status, for each of the commands; the only place that prints errors.

Exit statuses: 0 done, 1 error, 2 usage, 3 timed out with the guest left running, 4 the
guest crashed, 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from virtinstall.errors import VirtInstallError
from virtinstall.log import Log

_OBJECTS_BETWEEN_COLLECTIONS = 200_000
_Run = Callable[[list[str], Log], int]


def main(argv: Sequence[str] | None = None) -> int:
    """`virt-install`; gives the exit status."""

    def run(words: list[str], log: Log) -> int:
        from virtinstall.commands.virt_install import run as command

        return command(words, log)

    return _command("virt-install", run, argv)


def clone_main(argv: Sequence[str] | None = None) -> int:
    """`virt-clone`; gives the exit status."""

    def run(words: list[str], log: Log) -> int:
        from virtinstall.commands.virt_clone import run as command

        return command(words, log)

    return _command("virt-clone", run, argv)


def xml_main(argv: Sequence[str] | None = None) -> int:
    """`virt-xml`; gives the exit status."""

    def run(words: list[str], log: Log) -> int:
        from virtinstall.commands.virt_xml import run as command

        return command(words, log)

    return _command("virt-xml", run, argv)


def _command(prog: str, run: _Run, argv: Sequence[str] | None) -> int:
    """Run a command as the process (`argv` None) or as a part of one; gives the exit status."""
    if argv is not None:
        return _status_of(prog, run, list(argv))
    import gc

    # a run of a tenth of a second makes hardly any garbage: looking for it, and once more at the end, takes 15 % of it
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        return _status_of(prog, run, sys.argv[1:])
    finally:
        gc.freeze()


def _status_of(prog: str, run: _Run, words: list[str]) -> int:
    """Run a command; what it raises becomes a message and an exit status."""
    if words == ["--version"]:
        from virtinstall import __version__

        print(__version__)
        return 0
    from virtinstall.options.parser import UsageError
    from virtinstall.signals import Terminated, terminate_by_exception

    debug = "--debug" in words or "-d" in words
    try:
        if words[:1] == ["--complete"]:
            from virtinstall.options.complete import complete

            return complete(prog, words[1:])
        with terminate_by_exception():
            return run(words)
    except UsageError as error:
        return _report(prog, error, 2, debug)
    except VirtInstallError as error:
        return _report(prog, error, 1, debug)
    except KeyboardInterrupt:
        print("\nInterrupted; what this run had made is removed.", file=sys.stderr)
        return 130
    except Terminated as error:
        print(f"\nEnded by {error.signal_name}; what this run had made is removed.", file=sys.stderr)
        return 128 + error.number
    except BrokenPipeError:
        return 141


def _report(prog: str, error: VirtInstallError, status: int, debug: bool) -> int:
    """Print one error: what was wrong, then what to do."""
    if debug:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    for line in error.message.splitlines():
        print(f"{prog}: error: {line}", file=sys.stderr)
    for note in getattr(error, "__notes__", ()):
        print(f"{prog}: error: {note}", file=sys.stderr)
    if error.hint:
        print(f"{prog}: hint: {error.hint}", file=sys.stderr)
    return status
