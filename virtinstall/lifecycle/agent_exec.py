"""Run a command in a guest through its agent; forward its output while it runs and return its exit status.

The agent returns the captured output of a command only after the command ends. In guests with a shell, the output is
redirected to files that are read while the command runs; in other guests it is forwarded at the end.

Source: https://qemu-project.gitlab.io/qemu/interop/qemu-ga-ref.html (guest-exec, guest-exec-status, guest-file-read)
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.errors import HypervisorError, RequestError, WaitTimeout

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Guest

Write = Callable[[bytes], object]
_SHELL = "/bin/sh"
_PREPARE = 'd=$(mktemp -d) && : >"$d/out" && : >"$d/err" && printf %s "$d"'
_RUN = 'd=$1; shift; exec "$@" >"$d/out" 2>"$d/err"'
_CHUNK_BYTES = 1 << 16
_FIRST_SECONDS, _LONGEST_SECONDS = 0.05, 1.0
_SIGNALLED = 128


def execute(guest: Guest, command: Sequence[str], *, stdout: Write, stderr: Write, timeout: float | None = None) -> int:
    """Run `command` in the guest; return its exit status, or 128 + N if signal N ended it.

    Raises: RequestError, if `command` is empty or the guest is off; HypervisorError, if the agent does not respond or
    reports an error; WaitTimeout, if the command is still running after `timeout` seconds.
    """
    if not command:
        raise RequestError("exec: no command specified", hint="example: virt-guest exec NAME -- COMMAND")
    if not guest.is_active():
        raise RequestError(f"the guest '{guest.name}' is {guest.state()}", hint=f"start it: virsh start {guest.name}")
    deadline = None if timeout is None else time.monotonic() + timeout
    folder = _prepared(guest, deadline)
    if folder is None:
        return _execute_captured(guest, command, stdout, stderr, deadline)
    try:
        return _execute_streamed(guest, command, folder, (stdout, stderr), deadline)
    finally:
        guest.agent_command("guest-exec", path="rm", arg=["-rf", "--", folder])


def _prepared(guest: Guest, deadline: float | None) -> str | None:
    """Create a directory with two empty files in the guest; return its path, or None if the guest has no shell."""
    try:
        started = guest.agent_command("guest-exec", path=_SHELL, arg=["-c", _PREPARE], **{"capture-output": True})
    except HypervisorError as error:
        if "No such file" in error.message or "cannot find" in error.message.lower():
            return None
        raise
    ended = _wait(guest, started["pid"], deadline, lambda: None)
    return _decoded(ended, "out-data").decode() or None


def _execute_streamed(
    guest: Guest, command: Sequence[str], folder: str, writers: tuple[Write, Write], deadline: float | None
) -> int:
    handles = [guest.agent_command("guest-file-open", path=f"{folder}/{name}", mode="r") for name in ("out", "err")]
    try:
        started = guest.agent_command("guest-exec", path=_SHELL, arg=["-c", _RUN, _SHELL, folder, *command])

        def forward() -> None:
            for handle, write in zip(handles, writers, strict=True):
                while data := _read(guest, handle):
                    write(data)

        ended = _wait(guest, started["pid"], deadline, forward)
        forward()
    finally:
        for handle in handles:
            guest.agent_command("guest-file-close", handle=handle)
    return _status(ended)


def _execute_captured(
    guest: Guest, command: Sequence[str], stdout: Write, stderr: Write, deadline: float | None
) -> int:
    path, *arguments = command
    started = guest.agent_command("guest-exec", path=path, arg=arguments, **{"capture-output": True})
    ended = _wait(guest, started["pid"], deadline, lambda: None)
    stdout(_decoded(ended, "out-data"))
    stderr(_decoded(ended, "err-data"))
    return _status(ended)


def _wait(guest: Guest, pid: int, deadline: float | None, meanwhile: Callable[[], None]) -> dict[str, Any]:
    pause = _FIRST_SECONDS
    while True:
        answer: dict[str, Any] = guest.agent_command("guest-exec-status", pid=pid)
        if answer.get("exited"):
            return answer
        meanwhile()
        if deadline is not None and time.monotonic() >= deadline:
            raise WaitTimeout(f"the command is still running in the guest '{guest.name}' (process {pid})")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_SECONDS)


def _read(guest: Guest, handle: int) -> bytes:
    answer = guest.agent_command("guest-file-read", handle=handle, count=_CHUNK_BYTES)
    return base64.b64decode(answer.get("buf-b64") or "")


def _decoded(answer: dict[str, Any], name: str) -> bytes:
    return base64.b64decode(answer.get(name) or "")


def _status(answer: dict[str, Any]) -> int:
    if "signal" in answer:
        return _SIGNALLED + int(answer["signal"])
    return int(answer.get("exitcode", 0))
