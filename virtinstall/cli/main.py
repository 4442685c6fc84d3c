"""Entry points of the commands, which return exit statuses; the only place that prints errors.

Exit statuses: 0 done, 1 error, 2 usage, 3 timed out with the guest left running, 4 the
guest crashed, 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

from virtinstall.cli.safe_stream import SafeStream
from virtinstall.errors import VirtInstallError
from virtinstall.safe_text import reason_of, shortened

if TYPE_CHECKING:
    from virtinstall.cli.log import Log
    from virtinstall.options.complete import Find

_Run = Callable[[list[str], "Log"], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run `virt-install` with the arguments `argv` (None for those of this process); return the exit status."""

    def run(arguments: list[str], log: Log) -> int:
        from virtinstall.cli.virt_install import run as command

        return command(arguments, log)

    return _command("virt-install", run, argv)


def clone_main(argv: Sequence[str] | None = None) -> int:
    """Run `virt-clone` with the arguments `argv` (None for those of this process); return the exit status."""

    def run(arguments: list[str], log: Log) -> int:
        from virtinstall.cli.virt_clone import run as command

        return command(arguments, log)

    return _command("virt-clone", run, argv)


def xml_main(argv: Sequence[str] | None = None) -> int:
    """Run `virt-xml` with the arguments `argv` (None for those of this process); return the exit status."""

    def run(arguments: list[str], log: Log) -> int:
        from virtinstall.cli.virt_xml import run as command

        return command(arguments, log)

    return _command("virt-xml", run, argv)


def guest_main(argv: Sequence[str] | None = None) -> int:
    """Run `virt-guest` with the arguments `argv` (None for those of this process); return the exit status."""

    def run(arguments: list[str], log: Log) -> int:
        from virtinstall.cli.virt_guest import run as command

        return command(arguments, log)

    return _command("virt-guest", run, argv)


def _command(prog: str, run: _Run, argv: Sequence[str] | None) -> int:
    """Run a command with `argv`, by default the arguments of this process; return the exit status."""
    import os

    arguments, environ = (sys.argv[1:], os.environ) if argv is None else (list(argv), {})
    with redirect_stdout(SafeStream(sys.stdout)), redirect_stderr(SafeStream(sys.stderr)):
        try:
            status = _status_of(prog, run, arguments, environ)
            sys.stdout.flush()
            return status
        except BrokenPipeError:
            return 141
        except OSError as error:
            # errors without a better message: output to a full disk, a removed directory, ...
            subject = f"'{error.filename}': " if error.filename else ""
            print(f"{prog}: error: {subject}{reason_of(error)}", file=sys.stderr)
            return 1


def _status_of(prog: str, run: _Run, arguments: list[str], environ: Mapping[str, str]) -> int:
    """Run a command, with a log if `environ` contains a directory for it; return the exit status."""
    if arguments == ["--version"]:
        from virtinstall import __version__

        print(__version__)
        return 0
    if arguments[:1] == ["--complete"]:
        from virtinstall.options.complete import completion_lines

        find: Find | None = None
        if prog == "virt-guest":
            from virtinstall.cli.guest_completion import candidates

            find = candidates
        for line in completion_lines(prog, arguments[1:], find):
            print(line)
        return 0
    from virtinstall.cli.log import Log, library_log, log_path

    debug = "--debug" in arguments or "-d" in arguments
    log = Log(log_path(environ, prog), prog, sys.stderr if debug else None)
    log.command(arguments)
    try:
        with library_log(log, everything=True) if debug else nullcontext():
            status = _logged_status(prog, run, arguments, log)
        log.line(f"exit status {status}")
        return status
    finally:
        log.close()


def _logged_status(prog: str, run: _Run, arguments: list[str], log: Log) -> int:
    """Run a command; convert exceptions to a message and an exit status, and return the status."""
    from virtinstall.errors import EndedError
    from virtinstall.options.usage import UsageError
    from virtinstall.rollback.signals import Terminated, terminate_by_exception

    try:
        with terminate_by_exception():
            return run(arguments, log)
    except UsageError as error:
        return _report(prog, error, 2, log, arguments)
    except EndedError as error:
        print(file=sys.stderr)  # the terminal shows ^C
        return _report(prog, error, getattr(error, "status", 1), log, arguments)
    except VirtInstallError as error:
        return _report(prog, error, 1, log, arguments)
    except KeyboardInterrupt as error:
        return _report_end(prog, "Interrupted", error, 130, arguments)
    except Terminated as error:
        return _report_end(prog, f"Terminated by {error.signal_name}", error, 128 + error.number, arguments)
    except Exception:
        _log_trace(log)
        raise


def _report_end(prog: str, how: str, error: BaseException, status: int, arguments: Sequence[str]) -> int:
    """Report that the run was interrupted, and what could not be rolled back; return `status`."""
    from virtinstall.errors import EndedError

    notes: list[str] = []
    cause: BaseException | None = error
    while cause is not None:  # the notes belong to the first signal, the context of a second one
        notes += getattr(cause, "__notes__", ())
        cause = cause.__context__
    ended = EndedError(f"{how}.")
    if prog != "virt-guest" or notes:
        ended = EndedError(f"{how}; everything this run created has been removed{', except:' if notes else '.'}")
    for note in dict.fromkeys(notes):
        ended.add_note(note)
    _print_document(prog, ended, status, arguments)
    print(f"\n{ended.message}", file=sys.stderr)
    _print_notes(prog, ended)
    return status


def _log_trace(log: Log) -> None:
    import traceback

    log.line(traceback.format_exc())


def _report(prog: str, error: VirtInstallError, status: int, log: Log, arguments: Sequence[str]) -> int:
    """Print an error with its hint, and log the traceback; return `status`."""
    _log_trace(log)
    _print_document(prog, error, status, arguments)
    for line in error.message.split("\n"):
        print(f"{prog}: error: {shortened(line)}", file=sys.stderr)
    _print_notes(prog, error)
    if error.hint:
        from virtinstall.virsh_commands import for_connection

        print(f"{prog}: hint: {shortened(for_connection(error.hint, _typed_uri(arguments)))}", file=sys.stderr)
    return status


def _typed_uri(arguments: Sequence[str]) -> str | None:
    """Return the last URI of --connect in the arguments, or None if there is none."""
    uri = None
    for word, after in zip(arguments, [*arguments[1:], ""], strict=False):
        if word == "--connect":
            uri = after
        elif word.startswith("--connect="):
            uri = word.partition("=")[2]
    return uri


def _print_document(prog: str, error: VirtInstallError, status: int, arguments: Sequence[str]) -> None:
    """Print the error as JSON to standard output, if the arguments request JSON."""
    from virtinstall.cli.report import error_document, wants_json

    if prog in ("virt-install", "virt-guest") and wants_json(arguments):
        print(error_document(error, status), end="")
    sys.stdout.flush()


def _print_notes(prog: str, error: VirtInstallError) -> None:
    for note in getattr(error, "__notes__", ()):
        print(f"{prog}: error: {shortened(note)}", file=sys.stderr)
