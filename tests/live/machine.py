"""Tools of the live tests: virt-install as a command, and libvirt connections through virsh.

`VIRT_INSTALL` sets another command to test (`VIRT_INSTALL=virt-install` is the distribution's);
each run is a separate process, because a process that has opened the embedded driver cannot open another one.
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
    """Return the command under test, as a list of arguments."""
    given = os.environ.get("VIRT_INSTALL")
    return shlex.split(given) if given else [sys.executable, "-m", "virtinstall"]


def cache_of(script: str, timeout_seconds: float = 300) -> Path:
    """Run `scripts/SCRIPT` and return its cache directory; skip the test with a message if packages are missing."""
    cache = Path(os.environ.get("VIRTINSTALL_CACHE", "/var/cache/virtinstall"))
    created = subprocess.run(
        [PROJECT / "scripts" / script, cache], capture_output=True, text=True, timeout=timeout_seconds, check=False
    )
    if created.returncode != 0:
        pytest.skip(f"NOT RUN: scripts/{script} failed: {created.stderr.strip()[-200:]}")
    return cache


@dataclass(frozen=True)
class Connection:
    """A libvirt connection: `option` is the value for --connect, `uri` that for virsh."""

    option: str
    uri: str
    environ: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    """Command that runs every client of the connection as another user."""

    def virsh(self, *args: str) -> str:
        """Run virsh; return its output. Raises: CalledProcessError."""
        command = [*self.prefix, "virsh", "-q", "-c", self.uri, *args]
        for _ in range(MOST_CRASHES):
            ended = subprocess.run(command, env=self.full_environ(), capture_output=True, text=True, timeout=60)
            # virsh closes the embedded driver while one of its threads may still be reconnecting to guests, and
            # sometimes crashes, which does not affect the guest
            if ended.returncode >= 0 or self.option != "embed":
                break
        ended.check_returncode()
        return ended.stdout

    def full_environ(self) -> dict[str, str]:
        """Return the environment of a program that uses this connection."""
        return {**os.environ, **self.environ}

    def names(self) -> set[str]:
        """Return the names of all guests."""
        return set(self.virsh("list", "--all", "--name").split())

    def state(self, name: str) -> str:
        """Return `running`, `shut off`, and so on."""
        return self.virsh("domstate", name).strip()

    def xml(self, name: str) -> etree._Element:
        """Return the guest's definition."""
        return etree.fromstring(self.virsh("dumpxml", "--inactive", name))

    def live_xml(self, name: str) -> etree._Element:
        """Return the XML of the running guest."""
        return etree.fromstring(self.virsh("dumpxml", name))

    def remove(self, name: str) -> None:
        """Destroy and undefine a guest, if it exists."""
        if name not in self.names():
            return
        for command in ("destroy", "undefine --nvram --tpm"):
            try:
                self.virsh(*command.split(), name)
            except subprocess.CalledProcessError:
                # the guest has ended already, or was transient
                if command != "destroy" and name in self.names():
                    raise


@dataclass(frozen=True)
class Outcome:
    """Exit status of virt-install, and its standard output and standard error together."""

    status: int
    output: str

    def ok(self) -> Outcome:
        """Return the outcome; raise AssertionError with the output unless the run succeeded."""
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
    """Wait for the end of the process; kill it and fail the test after a timeout."""
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
    """Wait until `done()` is true. Raises: AssertionError if virt-install ends earlier or after a timeout."""
    end = time.monotonic() + timeout_seconds
    while not done():
        assert process.poll() is None, f"virt-install ended before {what}:\n{finish(process).output}"
        assert time.monotonic() < end, f"waited {timeout_seconds} s for {what}"
        time.sleep(0.2)


def listing(*folders: Path) -> set[str]:
    """Return all paths in `folders`, at any depth."""
    return {str(path) for folder in folders for path in folder.rglob("*")}


def serial_log(path: Path) -> str:
    """Return the guest's serial output so far, without carriage returns."""
    return re.sub(r"\r", "", path.read_text(errors="replace"))
