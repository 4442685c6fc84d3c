"""Connections that cannot be used: no daemon, KVM that runs no guest, an embedded driver in use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome, finish, start_virt_install

VirtInstall = Callable[..., Outcome]


def test_error_without_a_daemon_names_an_alternative(tmp_path: Path) -> None:
    """The hint contains the command that starts the daemon, and --connect embed."""
    environ = {**os.environ, "LIBVIRT_DEFAULT_URI": f"qemu+unix:///system?socket={tmp_path}/no-such-socket"}
    args = ("--name", "x", "--memory", "64", "--disk", "none", "--pxe")

    run = finish(start_virt_install(*args, environ=environ), 30)

    assert run.status == 1
    assert "Traceback" not in run.output
    assert "--connect embed" in run.output
    assert "libvirtd" in run.output


@pytest.mark.live
def test_hint_for_broken_kvm_is_emulation(
    connection: Connection, virt_install: VirtInstall, tiny_tree: Path, work: Path, guest_name: str
) -> None:
    """The start of a KVM guest fails; nothing is left."""
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
def test_embedded_driver_in_use_is_an_error(embed: Connection, tiny_tree: Path, work: Path) -> None:
    """A second process may also succeed, if the first one has ended."""
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
