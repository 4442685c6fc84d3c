"""`--wait-for` and `--timeout` with running guests: each exit status, without a terminal."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome, finish, start_virt_install, wait_until

pytestmark = pytest.mark.live


def guest(name: str, *args: str | Path) -> tuple[str | Path, ...]:
    """Return the options of a guest without devices, which does not boot."""
    return (
        *("--name", name, "--virt-type", "qemu", "--memory", "64", "--osinfo", "generic", "--import"),
        *("--disk", "none", "--network", "none", "--graphics", "none", *args),
    )


def tiny(tree: Path, arguments: str) -> tuple[str, ...]:
    """Return the options that boot the tiny kernel."""
    files = tree / "images" / "pxeboot"
    return (
        *("--memory", "192", "--boot", f"kernel={files / 'vmlinuz'},initrd={files / 'initrd.img'}"),
        *("--boot", f"kernel_args=console=ttyS0 quiet {arguments}"),
    )


def run(system: Connection, *args: str | Path) -> Outcome:
    """Run virt-install with the system's daemon to its end."""
    return finish(start_virt_install("--connect", system.option, *args), 90)


@pytest.fixture
def connection(system: Connection) -> Connection:
    """The system's daemon only, because guests of the embedded driver end with virt-install."""
    return system


def test_running_is_reached_when_the_guest_runs(connection: Connection, guest_name: str) -> None:
    """The exit status is 0."""
    outcome = run(connection, *guest(guest_name, "--wait-for", "running", "--timeout", "1m")).ok()

    assert "running" in outcome.output
    assert connection.state(guest_name) == "running"


def test_shutdown_is_reached_when_the_guest_powers_off(
    connection: Connection, tiny_tree: Path, guest_name: str
) -> None:
    """The guest powers itself off."""
    run(
        connection, *guest(guest_name, "--wait-for", "shutdown", "--timeout", "80"), *tiny(tiny_tree, "tiny.wait=1")
    ).ok()

    assert connection.state(guest_name) == "shut off"


def test_timeout_exits_with_3(connection: Connection, guest_name: str) -> None:
    """The guest is still running."""
    outcome = run(connection, *guest(guest_name, "--wait-for", "shutdown", "--timeout", "2s"))

    assert outcome.status == 3, outcome.output
    assert connection.state(guest_name) == "running"


def test_missing_agent_does_not_block_the_timeout(connection: Connection, guest_name: str) -> None:
    """The guest has a channel, but no agent answers."""
    channel = ("--channel", "unix,target.type=virtio,target.name=org.qemu.guest_agent.0")
    outcome = run(connection, *guest(guest_name, *channel, "--wait-for", "agent", "--timeout", "3"))

    assert outcome.status == 3, outcome.output


def test_crash_exits_with_4(connection: Connection, guest_name: str) -> None:
    """QEMU is killed; libvirt reports the state "shut off"."""
    process = start_virt_install(
        "--connect", connection.option, *guest(guest_name, "--wait-for", "shutdown", "--timeout", "80")
    )
    pid_file = Path(f"/run/libvirt/qemu/{guest_name}.pid")
    wait_until(process, "the guest runs", lambda: guest_name in connection.names() and pid_file.exists())
    wait_until(process, "it is resumed", lambda: connection.state(guest_name) == "running")

    os.kill(int(pid_file.read_text()), signal.SIGKILL)

    outcome = finish(process, 60)
    assert outcome.status == 4, outcome.output
    assert connection.state(guest_name) == "shut off"


def test_ctrl_c_exits_with_130(connection: Connection, guest_name: str) -> None:
    """The guest is still running."""
    process = start_virt_install("--connect", connection.option, *guest(guest_name, "--wait-for", "shutdown"))
    wait_until(process, "the guest runs", lambda: guest_name in connection.names())
    wait_until(process, "it is resumed", lambda: connection.state(guest_name) == "running")

    # virt-install prints this when it starts to wait
    assert process.stdout is not None
    while "Waiting" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)

    assert finish(process, 60).status == 130
    assert connection.state(guest_name) == "running"


@pytest.mark.parametrize("goal", ["ip", "ssh", "agent"])
def test_impossible_goal_is_an_error(connection: Connection, guest_name: str, goal: str) -> None:
    """It is reported immediately, and no guest is created."""
    outcome = run(connection, *guest(guest_name, "--wait-for", goal))

    assert outcome.status == 1
    assert f"--wait-for {goal}" in outcome.output
    assert guest_name not in connection.names()


def test_end_of_cloud_init_is_detected_on_the_console(connection: Connection, tiny_tree: Path, guest_name: str) -> None:
    """Its last line on the serial console is sufficient without an agent."""
    printed = "Cloud-init_v._22.4.2_finished_at_Thu"
    args = tiny(tiny_tree, f"tiny.wait=60 tiny.print={printed}")
    outcome = run(connection, *guest(guest_name, "--wait-for", "cloud-init", "--timeout", "80"), *args)

    assert outcome.status == 0, outcome.output
    assert connection.state(guest_name) == "running"


def test_wait_ends_when_the_guest_reboots(connection: Connection, work: Path, guest_name: str) -> None:
    """Scripts, such as Ansible's virt_cloud_instance, add a reboot to the user data and use --wait."""
    (work / "user-data").write_text("#cloud-config\n")
    options = guest(guest_name, "--cloud-init", f"user-data={work / 'user-data'}", "--noautoconsole", "--wait", "1")
    process = start_virt_install("--connect", connection.option, *options)
    wait_until(
        process,
        "the guest runs",
        lambda: guest_name in connection.names() and connection.state(guest_name) == "running",
    )

    while process.poll() is None:
        # a reboot before virt-install starts to wait is not detected
        connection.virsh("reset", guest_name)
        time.sleep(1)

    outcome = finish(process).ok()
    assert "has rebooted" in outcome.output
    assert connection.state(guest_name) == "running"
