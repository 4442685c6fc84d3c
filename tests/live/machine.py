"""What the live tests drive: virt-install as a command, and a libvirt connection through virsh.

`VIRT_INSTALL` names another command to try (`VIRT_INSTALL=virt-install` is the distribution's);
each runs in a separate process, because a process that has opened the embedded driver cannot open another one.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from lxml import etree

TIMEOUT_SECONDS = 300
MOST_CRASHES = 3
PROJECT = Path(__file__).parents[2]


def virt_install_command() -> list[str]:
    """The command under test, as a list of arguments."""
    given = os.environ.get("VIRT_INSTALL")
    return shlex.split(given) if given else [sys.executable, "-m", "virtinstall"]


def created_by(script: str, timeout_seconds: float = 300) -> Path:
    """The cache folder with what `scripts/SCRIPT` makes in it; skips, loudly, where apt doesn't have the packages."""
    cache = Path(os.environ.get("VIRTINSTALL_CACHE", "/var/cache/virtinstall"))
    created = subprocess.run(
        [PROJECT / "scripts" / script, cache], capture_output=True, text=True, timeout=timeout_seconds, check=False
    )
    if created.returncode != 0:
        pytest.skip(f"NOT RUN: scripts/{script} failed: {created.stderr.strip()[-200:]}")
    return cache


@dataclass(frozen=True)
class Connection:
    """One libvirt connection: `option` is what --connect gets, `uri` what virsh gets."""

    option: str
    uri: str
    environ: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    """Program with arguments that runs every client of the connection, for another user."""

    def virsh(self, *args: str) -> str:
        """What virsh prints. Raises: CalledProcessError."""
        command = [*self.prefix, "virsh", "-q", "-c", self.uri, *args]
        for _ in range(MOST_CRASHES):
            ended = subprocess.run(command, env=self.full_environ(), capture_output=True, text=True, timeout=60)
            # virsh takes the embedded driver down while a thread of it may still be finding the guests again, and
            # sometimes crashes, which does not affect the guest
            if ended.returncode >= 0 or self.option != "embed":
                break
        ended.check_returncode()
        return ended.stdout

    def full_environ(self) -> dict[str, str]:
        """The environment of a program that uses this connection."""
        return {**os.environ, **self.environ}

    def names(self) -> set[str]:
        """Names of all guests."""
        return set(self.virsh("list", "--all", "--name").split())

    def state(self, name: str) -> str:
        """`running`, `shut off`, ..."""
        return self.virsh("domstate", name).strip()

    def xml(self, name: str) -> etree._Element:
        """The guest's definition at its next start."""
        return etree.fromstring(self.virsh("dumpxml", "--inactive", name))

    def live_xml(self, name: str) -> etree._Element:
        """The guest as it runs."""
        return etree.fromstring(self.virsh("dumpxml", name))

    def remove(self, name: str) -> None:
        """Destroy and forget a guest, if there is one."""
        if name not in self.names():
            return
        for command in ("destroy", "undefine --nvram --tpm"):
            try:
                self.virsh(*command.split(), name)
            except subprocess.CalledProcessError:
                # it has ended in the meantime, or is a transient guest
                if command != "destroy" and name in self.names():
                    raise


@dataclass(frozen=True)
class Outcome:
    """How a virt-install run ended; `output` is its standard output and error together."""

    status: int
    output: str

    def ok(self) -> Outcome:
        """Itself; an AssertionError with the output unless the run succeeded."""
        assert self.status == 0, f"virt-install ended with status {self.status}:\n{self.output}"
        return self


def start_virt_install(
    *args: str | Path, environ: dict[str, str] | None = None, prefix: tuple[str, ...] = ()
) -> subprocess.Popen[str]:
    """Start virt-install in a new process group, without a terminal."""
    return subprocess.Popen(
        [*prefix, *virt_install_command(), *map(str, args)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environ,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], timeout_seconds: float = TIMEOUT_SECONDS) -> Outcome:
    """Wait for it; one that hangs is killed and fails the test."""
    try:
        output, _ = process.communicate(timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        raise AssertionError(f"virt-install still ran after {timeout_seconds} s:\n{output}") from None
    return Outcome(process.returncode, output)


def wait_until(
    process: subprocess.Popen[str], what: str, done: Callable[[], bool], timeout_seconds: float = 60
) -> None:
    """Wait until `done()` is true. Raises: AssertionError, when virt-install ends earlier or the time is over."""
    end = time.monotonic() + timeout_seconds
    while not done():
        assert process.poll() is None, f"virt-install ended before {what}:\n{finish(process).output}"
        assert time.monotonic() < end, f"waited {timeout_seconds} s for {what}"
        time.sleep(0.2)


def listing(*folders: Path) -> set[str]:
    """All paths in `folders`, at any depth."""
    return {str(path) for folder in folders for path in folder.rglob("*")}


def serial_log(path: Path) -> str:
    """The guest's serial output so far, with plain line ends."""
    return re.sub(r"\r", "", path.read_text(errors="replace"))
