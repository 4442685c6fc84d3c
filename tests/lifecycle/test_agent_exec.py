"""`virt-guest exec`: output while the command runs, its exit status at the end."""

from __future__ import annotations

import base64
import subprocess
import tempfile
import time
from typing import IO, Any

import pytest

from virtinstall.errors import HypervisorError, RequestError, WaitTimeout
from virtinstall.lifecycle.agent_exec import execute


class _LocalAgent:
    """An agent that runs commands on this machine; `shell` is whether /bin/sh exists."""

    name = "web"

    def __init__(self, *, shell: bool = True) -> None:
        self.shell = shell
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self.captured: dict[int, tuple[IO[bytes], IO[bytes]]] = {}
        self.files: dict[int, IO[bytes]] = {}
        self.folders: list[str] = []

    def is_active(self) -> bool:
        return True

    def agent_command(self, command: str, **arguments: Any) -> Any:
        return getattr(self, command.replace("-", "_"))(**{k.replace("-", "_"): v for k, v in arguments.items()})

    def guest_exec(self, path: str, arg: list[str], capture_output: bool = False) -> dict[str, int]:
        if path == "/bin/sh" and not self.shell:
            raise HypervisorError("Failed to execute child process “/bin/sh” (No such file or directory)")
        out, error = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        process = subprocess.Popen([path, *arg], stdin=subprocess.DEVNULL, stdout=out, stderr=error)
        self.processes[process.pid] = process
        if capture_output:
            self.captured[process.pid] = (out, error)
        if path == "rm":
            self.folders.append(arg[-1])
        return {"pid": process.pid}

    def guest_exec_status(self, pid: int) -> dict[str, Any]:
        process = self.processes[pid]
        if process.poll() is None:
            return {"exited": False}
        answer: dict[str, Any] = {"exited": True}
        if pid in self.captured:
            for file in self.captured[pid]:
                file.seek(0)
            out, error = (file.read() for file in self.captured[pid])
            answer |= {"out-data": base64.b64encode(out).decode(), "err-data": base64.b64encode(error).decode()}
        ended = {"signal": -process.returncode} if process.returncode < 0 else {"exitcode": process.returncode}
        return {**answer, **ended}

    def guest_file_open(self, path: str, mode: str) -> int:
        self.files[len(self.files)] = open(path, "rb")  # noqa: SIM115
        return len(self.files) - 1

    def guest_file_read(self, handle: int, count: int) -> dict[str, Any]:
        data = self.files[handle].read(count)
        return {"count": len(data), "buf-b64": base64.b64encode(data).decode(), "eof": not data}

    def guest_file_close(self, handle: int) -> None:
        self.files[handle].close()


def run(agent: _LocalAgent, *command: str, timeout: float | None = None) -> tuple[int, bytes, bytes]:
    """Return exit status, standard output and standard error."""
    out, error = bytearray(), bytearray()
    status = execute(agent, command, stdout=out.extend, stderr=error.extend, timeout=timeout)  # type: ignore[arg-type]
    return status, bytes(out), bytes(error)


@pytest.mark.parametrize("shell", [True, False])
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("echo", "a b", "$HOME; 'c'"), (0, b"a b $HOME; 'c'\n", b"")),
        (("/bin/bash", "-c", "echo out; echo error >&2; exit 7"), (7, b"out\n", b"error\n")),
        (("/bin/bash", "-c", "kill -TERM $$"), (143, b"", b"")),
        (("head", "-c", "300000", "/dev/zero"), (0, bytes(300000), b"")),
    ],
)
def test_output_and_status_are_the_commands(
    command: tuple[str, ...], expected: tuple[int, bytes, bytes], shell: bool
) -> None:
    """Arguments, bytes and signals are unchanged, in guests with and without a shell."""
    agent = _LocalAgent(shell=shell)
    assert run(agent, *command) == expected
    assert len(agent.folders) == (1 if shell else 0), "what was created in the guest is removed"


def test_output_comes_while_the_command_runs() -> None:
    """The first output arrives before the command ends."""
    came: list[float] = []
    begin = time.monotonic()
    status = execute(
        _LocalAgent(),  # type: ignore[arg-type]
        ["/bin/bash", "-c", "echo early; sleep 1.5"],
        stdout=lambda data: came.append(time.monotonic() - begin),
        stderr=lambda data: None,
    )
    assert (status, len(came)) == (0, 1)
    assert came[0] < 1.2


def test_a_command_that_takes_too_long_raises_wait_timeout() -> None:
    """The command is still running."""
    with pytest.raises(WaitTimeout, match="still running"):
        run(_LocalAgent(), "sleep", "3", timeout=0.2)


def test_an_agent_that_refuses_is_an_error() -> None:
    """The error contains the agent's message."""
    agent = _LocalAgent()
    agent.guest_exec = lambda **arguments: (_ for _ in ()).throw(HypervisorError("disabled"))  # type: ignore[method-assign]
    with pytest.raises(HypervisorError, match="disabled"):
        run(agent, "true")


def test_no_command_is_an_error() -> None:
    """An empty command is rejected."""
    with pytest.raises(RequestError, match="no command"):
        run(_LocalAgent())
