"""Hosts that can't do what was asked: no daemon, a KVM that runs no guest, an embedded driver in use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome, finish, start_virt_install

VirtInstall = Callable[..., Outcome]


def test_no_daemon_names_both_ways_out(tmp_path: Path) -> None:
    """If libvirt's default connection fails, the error names the command that starts the daemon and an alternative."""
    environ = {**os.environ, "LIBVIRT_DEFAULT_URI": f"qemu+unix:///system?socket={tmp_path}/no-such-socket"}
    args = ("--name", "x", "--memory", "64", "--disk", "none", "--pxe")

    run = finish(start_virt_install(*args, environ=environ), 30)

    assert run.status == 1
    assert "Traceback" not in run.output
    assert "--connect embed" in run.output
    assert "libvirtd" in run.output


@pytest.mark.live
def test_broken_kvm_gets_a_hint(
    connection: Connection, virt_install: VirtInstall, tiny_tree: Path, work: Path, guest_name: str
) -> None:
    """A start that fails through KVM is one error, whose hint is software emulation; nothing is left."""
    if not os.access("/dev/kvm", os.W_OK):
        pytest.skip("NOT RUN: this machine has no /dev/kvm")

    run = virt_install(
        *("--virt-type", "kvm", "--name", guest_name, "--memory", "256", "--osinfo", "fedora36"),
        *("--disk", f"path={work / 'disk.qcow2'},size=0.1", "--network", "none", "--graphics", "none"),
        *("--location", tiny_tree, "--extra-args", "console=ttyS0", "--noautoconsole"),
    )

    if run.status == 0:
        pytest.skip("NOT RUN: KVM works here, so its failure can't be tried")
    assert "hint: " in run.output
    assert "--virt-type qemu" in run.output
    assert guest_name not in connection.names()
    assert list(work.iterdir()) == []


@pytest.mark.live
def test_embedded_driver_in_use(embed: Connection, tiny_tree: Path, work: Path) -> None:
    """A second process that wants the same embedded driver gets a clear error, or its turn."""
    args = ["--virt-type", "qemu", "--memory", "256", "--osinfo", "fedora36", "--connect", "embed"]
    args += ["--network", "none", "--graphics", "none", "--location", str(tiny_tree), "--noreboot"]
    args += ["--extra-args", "console=ttyS0", "--noautoconsole", "--wait", "4"]
    names = ("vitest-first", "vitest-second")
    try:
        runs = [
            start_virt_install(
                *args, "--name", name, "--disk", f"path={work / name},size=0.1", environ=embed.full_environ()
            )
            for name in names
        ]
        outcomes = [finish(run) for run in runs]
        assert 0 in [outcome.status for outcome in outcomes]
        for name, outcome in zip(names, outcomes, strict=True):
            if outcome.status != 0:
                assert "another process" in outcome.output
                assert not (work / name).exists()
    finally:
        for name in names:
            embed.remove(name)
