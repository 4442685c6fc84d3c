"""`--finish` completes an installation whose virt-install was killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome, finish, serial_log, start_virt_install, wait_until

pytestmark = pytest.mark.live
VirtInstall = Callable[..., Outcome]


def args(name: str, work: Path, tree: Path, *arguments: str) -> list[str]:
    """Return the options of an installation from the tiny tree."""
    return [
        *("--name", name, "--memory", "256", "--vcpus", "1", "--osinfo", "fedora36", "--graphics", "none"),
        *("--disk", f"path={work / 'new.qcow2'},size=0.1,bus=virtio", "--network", "none", "--location", str(tree)),
        *("--extra-args", f"console=ttyS0 {' '.join(arguments)}", "--serial", f"file,path={work / 'serial.log'}"),
        *("--noautoconsole", "--wait", "4"),
    ]


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT], ids=["killed", "ctrl-c"])
def test_finish_waits_for_a_running_installation(
    system: Connection, tiny_tree: Path, work: Path, stop: signal.Signals
) -> None:
    """virt-install was killed during the installation; --finish starts the installed guest."""
    name = f"vitest-finish-{stop.name.lower()}"
    log = work / "serial.log"
    process = start_virt_install(
        *("--connect", system.option, "--virt-type", "qemu"), *args(name, work, tiny_tree, "tiny.wait=4")
    )
    try:
        wait_until(process, "the installer was there", lambda: log.exists() and "WAITING" in serial_log(log))
        os.killpg(process.pid, stop)
        printed = finish(process).output
        assert stop is signal.SIGKILL or f"virt-install --connect {system.uri} --finish {name}" in printed

        run = finish(start_virt_install("--connect", system.option, "--finish", name)).ok()

        assert f"The installation of '{name}' is finished" in run.output
        assert system.state(name) == "running"
        assert system.xml(name).find("os/kernel") is None
        again = finish(start_virt_install("--connect", system.option, "--finish", name))
        assert again.status == 1 and "is not being installed" in again.output
    finally:
        system.remove(name)


def test_finish_of_a_missing_guest_is_an_error(system: Connection) -> None:
    """The message names the problem."""
    run = finish(start_virt_install("--connect", system.option, "--finish", "vitest-nobody"))

    assert run.status == 1
    assert "no such guest" in run.output
