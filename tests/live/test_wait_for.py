"""`--wait-for` and `--timeout` with guests that really run: each exit status, with no terminal."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome, finish, start_virt_install, wait_until

pytestmark = pytest.mark.live


def guest(name: str, *args: str | Path) -> tuple[str | Path, ...]:
    """A guest with nothing in it; it stays in its firmware."""
    return (
        *("--name", name, "--virt-type", "qemu", "--memory", "64", "--osinfo", "generic", "--import"),
        *("--disk", "none", "--network", "none", "--graphics", "none", *args),
    )


def tiny(tree: Path, arguments: str) -> tuple[str, ...]:
    """Options that boot the tiny kernel."""
    files = tree / "images" / "pxeboot"
    return (
        *("--memory", "192", "--boot", f"kernel={files / 'vmlinuz'},initrd={files / 'initrd.img'}"),
        *("--boot", f"kernel_args=console=ttyS0 quiet {arguments}"),
    )


def run(system: Connection, *args: str | Path) -> Outcome:
    """virt-install on the system's daemon, to its end."""
    return finish(start_virt_install("--connect", system.option, *args), 90)


@pytest.fixture
def connection(system: Connection) -> Connection:
    """The system's daemon only: guests of the embedded driver end with virt-install."""
    return system


def test_running(connection: Connection, guest_name: str) -> None:
    """It ends as soon as the guest runs, with 0."""
    outcome = run(connection, *guest(guest_name, "--wait-for", "running", "--timeout", "1m")).ok()

    assert "running" in outcome.output
    assert connection.state(guest_name) == "running"


def test_shutdown(connection: Connection, tiny_tree: Path, guest_name: str) -> None:
    """A guest that powers itself off is waited for."""
    run(
        connection, *guest(guest_name, "--wait-for", "shutdown", "--timeout", "80"), *tiny(tiny_tree, "tiny.wait=1")
    ).ok()

    assert connection.state(guest_name) == "shut off"


def test_time_is_up(connection: Connection, guest_name: str) -> None:
    """3, and the guest is left running."""
    outcome = run(connection, *guest(guest_name, "--wait-for", "shutdown", "--timeout", "2s"))

    assert outcome.status == 3, outcome.output
    assert connection.state(guest_name) == "running"


def test_an_agent_that_never_comes(connection: Connection, guest_name: str) -> None:
    """A channel without an answer does not block the run."""
    channel = ("--channel", "unix,target.type=virtio,target.name=org.qemu.guest_agent.0")
    outcome = run(connection, *guest(guest_name, *channel, "--wait-for", "agent", "--timeout", "3"))

    assert outcome.status == 3, outcome.output


def test_crash(connection: Connection, guest_name: str) -> None:
    """4, when QEMU dies under the guest, though libvirt then calls it shut off."""
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


def test_ctrl_c(connection: Connection, guest_name: str) -> None:
    """130, and the guest stays."""
    process = start_virt_install("--connect", connection.option, *guest(guest_name, "--wait-for", "shutdown"))
    wait_until(process, "the guest runs", lambda: guest_name in connection.names())
    wait_until(process, "it is resumed", lambda: connection.state(guest_name) == "running")

    # the program prints this when it only waits
    assert process.stdout is not None
    while "Waiting" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)

    assert finish(process, 60).status == 130
    assert connection.state(guest_name) == "running"


@pytest.mark.parametrize("goal", ["ip", "ssh", "agent"])
def test_what_can_never_come(connection: Connection, guest_name: str, goal: str) -> None:
    """It is reported immediately, and no guest is created."""
    outcome = run(connection, *guest(guest_name, "--wait-for", goal))

    assert outcome.status == 1
    assert f"--wait-for {goal}" in outcome.output
    assert guest_name not in connection.names()


def test_cloud_init_seen_on_the_console(connection: Connection, tiny_tree: Path, guest_name: str) -> None:
    """The final line of cloud-init on the serial console is enough where there is no agent."""
    printed = "Cloud-init_v._22.4.2_finished_at_Thu"
    args = tiny(tiny_tree, f"tiny.wait=60 tiny.say={printed}")
    outcome = run(connection, *guest(guest_name, "--wait-for", "cloud-init", "--timeout", "80"), *args)

    assert outcome.status == 0, outcome.output
    assert connection.state(guest_name) == "running"


def test_wait_ends_when_the_first_boot_of_an_image_reboots(connection: Connection, work: Path, guest_name: str) -> None:
    """Scripts add a reboot to the user data of cloud-init, as Ansible's virt_cloud_instance, and wait with --wait."""
    (work / "user-data").write_text("#cloud-config\n")
    options = guest(guest_name, "--cloud-init", f"user-data={work / 'user-data'}", "--noautoconsole", "--wait", "1")
    process = start_virt_install("--connect", connection.option, *options)
    wait_until(
        process,
        "the guest runs",
        lambda: guest_name in connection.names() and connection.state(guest_name) == "running",
    )

    while process.poll() is None:
        # before virt-install waits for it, a reboot is not seen
        connection.virsh("reset", guest_name)
        time.sleep(1)

    outcome = finish(process).ok()
    assert "has rebooted" in outcome.output
    assert connection.state(guest_name) == "running"
