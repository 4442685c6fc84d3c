"""`virt-guest exec`: output while the command runs, its exit status at the end."""

from __future__ import annotations

import base64
import io
import subprocess
import tempfile
import time
from typing import IO, Any

import pytest

from virtinstall.errors import GuestStopped, HypervisorError, RequestError, WaitTimeout
from virtinstall.lifecycle.agent_exec import execute
from virtinstall.rollback.signals import Terminated


class _LocalAgent:
    """An agent that runs commands on this machine; `shell` is whether /bin/sh exists."""

    name = "web"

    def __init__(self, *, shell: bool = True) -> None:
        self.shell = shell
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self.captured: dict[int, tuple[IO[bytes], IO[bytes]]] = {}
        self.files: dict[int, IO[bytes]] = {}
        self.folders: list[str] = []

        self.active = True

    def is_active(self) -> bool:
        return self.active

    def agent_command(self, command: str, **arguments: Any) -> Any:
        return getattr(self, command.replace("-", "_"))(**{k.replace("-", "_"): v for k, v in arguments.items()})

    def guest_exec(
        self, path: str, arg: list[str], capture_output: bool = False, input_data: str = ""
    ) -> dict[str, int]:
        if path == "/bin/sh" and not self.shell:
            raise HypervisorError("Failed to execute child process “/bin/sh” (No such file or directory)")
        out, error, given = (tempfile.TemporaryFile() for _ in range(3))  # noqa: SIM115
        given.write(base64.b64decode(input_data))
        given.seek(0)
        process = subprocess.Popen([path, *arg], stdin=given, stdout=out, stderr=error)
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
        self.files[len(self.files)] = open(path, mode + "b")  # noqa: SIM115
        return len(self.files) - 1

    def guest_file_write(self, handle: int, buf_b64: str) -> None:
        self.files[handle].write(base64.b64decode(buf_b64))

    def guest_file_read(self, handle: int, count: int) -> dict[str, Any]:
        data = self.files[handle].read(count)
        return {"count": len(data), "buf-b64": base64.b64encode(data).decode(), "eof": not data}

    def guest_file_close(self, handle: int) -> None:
        self.files[handle].close()


def run(
    agent: _LocalAgent, *command: str, timeout: float | None = None, given: bytes | None = None
) -> tuple[int, bytes, bytes]:
    """Return exit status, standard output and standard error."""
    out, error = bytearray(), bytearray()
    stdin = None if given is None else io.BytesIO(given)
    status = execute(
        agent,  # type: ignore[arg-type]
        command,
        stdout=out.extend,
        stderr=error.extend,
        stdin=stdin,
        timeout=timeout,
    )
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


def test_output_is_printed_while_the_command_runs() -> None:
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
    """The command is still running; the hint contains a command that stops it."""
    with pytest.raises(WaitTimeout, match="still running") as raised:
        run(_LocalAgent(), "sleep", "3", timeout=0.2)
    process = raised.value.message.rpartition(" ")[2]
    assert (raised.value.hint or "").endswith(f" -- kill {process}")


@pytest.mark.parametrize("shell", [True, False])
@pytest.mark.parametrize(("given", "expected"), [(None, b""), (b"", b""), (bytes(range(256)) * 1000, None)])
def test_standard_input_reaches_the_command_unchanged(shell: bool, given: bytes | None, expected: bytes | None) -> None:
    """Without it, the command reads an empty file."""
    assert run(_LocalAgent(shell=shell), "cat", given=given) == (0, given if expected is None else expected, b"")


@pytest.mark.parametrize(
    ("came", "name"), [(KeyboardInterrupt(), "INT"), (Terminated(15), "TERM"), (Terminated(1), "HUP")]
)
def test_a_signal_is_passed_on_to_the_command(came: BaseException, name: str) -> None:
    """What the command prints then is forwarded, and the signal is raised again."""
    out = bytearray()
    begin = time.monotonic()

    def write(data: bytes) -> None:
        out.extend(data)
        if data == b"ready\n":
            raise came

    script = f"trap 'echo got; exit 1' {name}; echo ready; sleep 20 & wait"
    with pytest.raises(type(came)):
        execute(_LocalAgent(), ["/bin/bash", "-c", script], stdout=write, stderr=out.extend)  # type: ignore[arg-type]
    assert out == b"ready\ngot\n"
    assert time.monotonic() - begin < 10


def test_a_guest_that_powers_off_raises_guest_stopped() -> None:
    """The agent's error does not contain the reason."""
    agent = _LocalAgent()

    def stopped(**arguments: object) -> None:
        agent.active = False
        raise HypervisorError("domain is not running")

    agent.guest_exec_status = stopped  # type: ignore[assignment, method-assign]
    with pytest.raises(GuestStopped, match="powered off before the command ended"):
        run(agent, "true")


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (86, "does not respond", "qemu-guest-agent"),
        (74, "has no channel", "--add-device --channel"),
        (1, "The command guest-exec has been disabled for this instance", "allow guest-exec"),
    ],
)
def test_an_error_of_the_agent_has_a_hint(code: int, message: str, hint: str) -> None:
    """libvirt's messages do not contain a solution."""
    agent = _LocalAgent()
    error = HypervisorError(f"libvirt: {message}", code=code)
    agent.guest_exec = lambda **arguments: (_ for _ in ()).throw(error)  # type: ignore[method-assign]
    with pytest.raises(HypervisorError, match=message) as raised:
        run(agent, "true")
    assert hint in (raised.value.hint or "")


@pytest.mark.parametrize("answer", [None, [], {"pid": "x"}, {"pid": 1, "exited": True, "out-data": "YQ"}])
def test_an_invalid_answer_is_an_error(answer: object) -> None:
    """The guest may run any program as its agent."""
    agent = _LocalAgent()
    agent.agent_command = lambda *words, **arguments: answer  # type: ignore[method-assign]
    with pytest.raises(HypervisorError, match="agent") as raised:
        run(agent, "true")
    assert raised.value.kind == "HypervisorError"
    assert "update qemu-guest-agent" in (raised.value.hint or "")


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
