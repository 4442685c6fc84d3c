"""The execution of a command in a guest through its agent, with its output while it runs and its exit status.

The agent returns the captured output of a command only after the command ends. In guests with a shell, the output is
redirected to files that are read while the command runs; in other guests, it is forwarded at the end.

Source: https://qemu-project.gitlab.io/qemu/interop/qemu-ga-ref.html (guest-exec, guest-exec-status, guest-file-read)
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from virtinstall.errors import GuestStopped, HypervisorError, RequestError, WaitTimeout
from virtinstall.lifecycle.running import require_running
from virtinstall.rollback.signals import Terminated

if TYPE_CHECKING:
    from typing import BinaryIO

    from virtinstall.libvirt_host.host import HostGuest

Write = Callable[[bytes], object]
_SHELL = "/bin/sh"
_PREPARE = 'd=$(mktemp -d) && : >"$d/in" && : >"$d/out" && : >"$d/err" && printf %s "$d"'
# in a new session, so that a signal reaches all processes of the command
_RUN = 'd=$1; shift; s=; command -v setsid >/dev/null && s=setsid; exec $s "$@" <"$d/in" >"$d/out" 2>"$d/err"'
_SIGNAL = 'kill -s "$1" -- "-$2" 2>/dev/null || kill -s "$1" -- "$2"'
_CHUNK_BYTES = 1 << 16
_LARGEST_INPUT_BYTES = 1 << 20
_FIRST_SECONDS, _LONGEST_SECONDS = 0.05, 1.0
_SIGNALLED_SECONDS = 2.0
_SIGNALLED = 128
_UNRESPONSIVE, _NO_CHANNEL = 86, 74
"""libvirt's codes (virErrorNumber): VIR_ERR_AGENT_UNRESPONSIVE, VIR_ERR_ARGUMENT_UNSUPPORTED."""


class _InvalidAnswer(HypervisorError):
    """An answer that a working agent does not send."""


class _StillRunning(Exception):
    """The time limit has passed, but the process `pid` in the guest is still running."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.pid = pid


def execute(
    guest: HostGuest,
    command: Sequence[str],
    *,
    stdout: Write,
    stderr: Write,
    stdin: BinaryIO | None = None,
    timeout: float | None = None,
    uri: str | None = None,
) -> int:
    """Run a command in the guest; return its exit status, or 128 + N if it was terminated by signal N.

    `command` is a program and its arguments. `stdout` and `stderr` are called with each part of its output. `stdin` is
    read to its end and becomes the command's standard input, which is empty by default. `timeout` is in seconds; None
    means no limit. If KeyboardInterrupt or Terminated is raised while the command runs, the command receives SIGINT,
    SIGTERM or SIGHUP, and the exception is raised again. `uri` is the connection's URI for the commands in hints.

    Raises: RequestError, if `command` is empty, the guest is off, or `stdin` is too large for a guest without a shell;
    HypervisorError, if the agent does not respond or reports an error; GuestStopped, if the guest powers off;
    WaitTimeout, if the command is still running after `timeout` seconds.
    """
    if not command:
        raise RequestError("no command specified", hint="specify the program and its arguments, for example: uname -r")
    require_running(guest, uri)
    deadline = None if timeout is None else time.monotonic() + timeout
    with _explained(guest, uri):
        folder = _prepared(guest, deadline)
        if folder is None:
            return _execute_captured(guest, command, (stdout, stderr), stdin, deadline)
        try:
            status = _execute_streamed(guest, command, folder, (stdout, stderr), stdin, deadline)
        except BaseException:
            with suppress(HypervisorError):
                _remove(guest, folder)
            raise
        _remove(guest, folder)
        return status


@contextmanager
def _explained(guest: HostGuest, uri: str | None) -> Iterator[None]:
    """Explain why an agent does not respond; report a guest that powered off meanwhile."""
    from virtinstall.virsh_commands import command

    try:
        yield
    except _StillRunning as error:
        raise WaitTimeout(
            f"timed out; the command is still running in the guest '{guest.name}' as process {error.pid}",
            hint=f"stop it with: {command('virt-guest exec', uri, guest.name, '--', 'kill', str(error.pid))}",
        ) from None
    except HypervisorError as error:
        if not guest.is_active():
            raise GuestStopped(
                f"the guest '{guest.name}' powered off before the command ended",
                hint="start the guest, and run the command again",
            ) from error
        if error.code == _UNRESPONSIVE:
            raise HypervisorError(
                f"the guest agent in '{guest.name}' does not respond",
                hint="install and start qemu-guest-agent in the guest, or use SSH: "
                f"{command('virt-guest ssh', uri, guest.name)}",
                code=error.code,
            ) from error
        if error.code == _NO_CHANNEL:
            from virtinstall.run.wait import AGENT_CHANNEL_OPTION

            raise HypervisorError(
                f"the guest '{guest.name}' has no channel for the guest agent",
                hint="add a channel, which takes effect after the guest is shut down and started again, with: "
                f"{command('virt-xml', uri, guest.name, '--add-device', '--channel', AGENT_CHANNEL_OPTION)}",
                code=error.code,
            ) from error
        if isinstance(error, _InvalidAnswer):
            raise HypervisorError(
                error.message,
                hint=f"update qemu-guest-agent in the guest, or use SSH: {command('virt-guest ssh', uri, guest.name)}",
            ) from error
        if "disabled" in error.message or "not found" in error.message:
            raise HypervisorError(
                error.message,
                hint="in the guest, allow guest-exec and guest-file-* in the configuration of qemu-guest-agent",
                code=error.code,
            ) from error
        raise


def _prepared(guest: HostGuest, deadline: float | None) -> str | None:
    """Create a directory with three empty files in the guest; return its path, or None if the guest has no shell."""
    try:
        pid = _start(guest, _SHELL, ["-c", _PREPARE], capture=True)
    except HypervisorError as error:
        if "No such file" in error.message or "cannot find" in error.message.lower():
            return None
        raise
    ended = _wait(guest, pid, deadline, lambda: None)
    return _decoded(guest, ended, "out-data").decode(errors="replace") or None


def _execute_streamed(
    guest: HostGuest,
    command: Sequence[str],
    folder: str,
    writers: tuple[Write, Write],
    stdin: BinaryIO | None,
    deadline: float | None,
) -> int:
    if stdin is not None:
        with _opened(guest, f"{folder}/in", "w") as handle:
            while data := stdin.read(_CHUNK_BYTES):
                guest.agent_command("guest-file-write", handle=handle, **{"buf-b64": base64.b64encode(data).decode()})
    with _opened(guest, f"{folder}/out", "r") as out, _opened(guest, f"{folder}/err", "r") as err:

        def forward() -> None:
            for handle, write in zip((out, err), writers, strict=True):
                while data := _read(guest, handle):
                    write(data)

        pid = _start(guest, _SHELL, ["-c", _RUN, _SHELL, folder, *command])
        try:
            ended = _wait(guest, pid, deadline, forward)
        except (KeyboardInterrupt, Terminated) as error:
            _pass_on(guest, pid, "INT" if isinstance(error, KeyboardInterrupt) else error.signal_name[3:], forward)
            raise
        forward()
    return _status(ended)


def _execute_captured(
    guest: HostGuest,
    command: Sequence[str],
    writers: tuple[Write, Write],
    stdin: BinaryIO | None,
    deadline: float | None,
) -> int:
    path, *arguments = command
    given = b"" if stdin is None else stdin.read(_LARGEST_INPUT_BYTES + 1)
    if len(given) > _LARGEST_INPUT_BYTES:
        raise RequestError(
            f"standard input exceeds 1 MiB, the limit for the guest '{guest.name}', which has no /bin/sh",
            hint="pass the input in several parts",
        )
    pid = _start(guest, path, arguments, capture=True, given=given)
    ended = _wait(guest, pid, deadline, lambda: None)
    for name, write in zip(("out-data", "err-data"), writers, strict=True):
        write(_decoded(guest, ended, name))
    return _status(ended)


def _start(guest: HostGuest, path: str, arguments: Sequence[str], *, capture: bool = False, given: bytes = b"") -> int:
    more: dict[str, object] = {"capture-output": True} if capture else {}
    if given:
        more["input-data"] = base64.b64encode(given).decode()
    pid = _answer(guest, "guest-exec", path=path, arg=list(arguments), **more).get("pid")
    if not isinstance(pid, int):
        raise _InvalidAnswer(f"the guest agent in '{guest.name}' returned no process ID for the command")
    return pid


def _answer(guest: HostGuest, command: str, **arguments: object) -> dict[str, Any]:
    # the guest may run any program as its agent
    found = guest.agent_command(command, **arguments)
    if not isinstance(found, dict):
        raise _InvalidAnswer(f"the guest agent in '{guest.name}' returned an invalid response to {command}")
    return found


def _wait(guest: HostGuest, pid: int, deadline: float | None, meanwhile: Callable[[], None]) -> dict[str, Any]:
    pause = _FIRST_SECONDS
    while True:
        answer = _answer(guest, "guest-exec-status", pid=pid)
        if answer.get("exited"):
            return answer
        meanwhile()
        if deadline is not None and time.monotonic() >= deadline:
            raise _StillRunning(pid)
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_SECONDS)


def _pass_on(guest: HostGuest, pid: int, signal_name: str, forward: Callable[[], None]) -> None:
    """Send a signal to the command, and forward what it still prints."""
    with suppress(HypervisorError, _StillRunning):
        _start(guest, _SHELL, ["-c", _SIGNAL, _SHELL, signal_name, str(pid)])
        _wait(guest, pid, time.monotonic() + _SIGNALLED_SECONDS, lambda: None)
        forward()


@contextmanager
def _opened(guest: HostGuest, path: str, mode: str) -> Iterator[Any]:
    handle = guest.agent_command("guest-file-open", path=path, mode=mode)
    try:
        yield handle
    except BaseException:
        with suppress(HypervisorError):
            guest.agent_command("guest-file-close", handle=handle)
        raise
    guest.agent_command("guest-file-close", handle=handle)


def _remove(guest: HostGuest, folder: str) -> None:
    guest.agent_command("guest-exec", path="rm", arg=["-rf", "--", folder])


def _read(guest: HostGuest, handle: Any) -> bytes:
    return _decoded(guest, _answer(guest, "guest-file-read", handle=handle, count=_CHUNK_BYTES), "buf-b64")


def _decoded(guest: HostGuest, answer: dict[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(str(answer.get(name) or ""))
    except ValueError as error:
        raise _InvalidAnswer(f"the guest agent in '{guest.name}' returned data that is not valid Base64") from error


def _status(answer: dict[str, Any]) -> int:
    signal, status = answer.get("signal"), answer.get("exitcode", 0)
    if isinstance(signal, int):
        return _SIGNALLED + signal
    return status if isinstance(status, int) else 1
