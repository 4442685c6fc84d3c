"""A failed or interrupted run removes what it created, and does not change anything else."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome, finish, listing, serial_log, start_virt_install, wait_until
from tests.servers import WebServer

pytestmark = pytest.mark.live
VirtInstall = Callable[..., Outcome]

SYSTEM_FOLDERS = ("images", "boot", "qemu/nvram", "swtpm")


@dataclass(frozen=True)
class State:
    """The state that a run could change."""

    guests: frozenset[str]
    pools: str
    files: frozenset[str]


def state_of(connection: Connection, work: Path) -> State:
    """Return the current state: guests of these tests, pools, disks, boot files, UEFI variables, journals."""
    data = connection.environ.get("XDG_DATA_HOME")
    libvirt = Path("/var/lib/libvirt")
    folders = [work, Path("/var/lib/virtinstall"), *(libvirt / name for name in SYSTEM_FOLDERS)]
    if data:
        folders += [Path(data, "virtinstall", name) for name in ("images", "boot", "lib/qemu/nvram")]
    return State(
        guests=frozenset(name for name in connection.names() if name.startswith("vitest-")),
        pools="" if data else connection.virsh("pool-list", "--all"),
        files=frozenset(name for name in listing(*folders) if not Path(name).is_dir()),
    )


def install_args(name: str, work: Path, url: str) -> list[str]:
    """Return the options of a valid network installation."""
    return [
        *("--name", name, "--memory", "256", "--vcpus", "1", "--osinfo", "fedora36", "--graphics", "none"),
        *("--disk", f"path={work / 'new.qcow2'},size=0.1,bus=virtio", "--location", url),
        *("--extra-args", "console=ttyS0", "--noautoconsole", "--wait", "4", "--noreboot"),
    ]


def test_failed_start_leaves_nothing(
    connection: Connection, virt_install: VirtInstall, tree_server: WebServer, work: Path, guest_name: str
) -> None:
    """The bridge does not exist; disk, kernel and definition are removed."""
    before = state_of(connection, work)

    run = virt_install(*install_args(guest_name, work, tree_server.url), "--network", "bridge=nobridge0")

    assert run.status != 0
    assert "no such bridge on the host: 'nobridge0'" in run.output
    assert state_of(connection, work) == before


def test_rejected_xml_leaves_nothing(
    connection: Connection, virt_install: VirtInstall, tree_server: WebServer, work: Path, guest_name: str
) -> None:
    """libvirt rejects the XML; disk and kernel are removed."""
    before = state_of(connection, work)

    run = virt_install(
        *install_args(guest_name, work, tree_server.url),
        *("--network", "none", "--xml", "./on_crash=no-such-action"),
    )

    assert run.status != 0
    assert "no-such-action" in run.output
    assert state_of(connection, work) == before


def test_name_in_use_leaves_nothing(
    connection: Connection, virt_install: VirtInstall, tree_server: WebServer, work: Path, guest_name: str
) -> None:
    """The existing guest is not changed, and no disk is created."""
    define_other_guest(connection, work, guest_name)
    before, definition = state_of(connection, work), connection.virsh("dumpxml", guest_name)

    run = virt_install(*install_args(guest_name, work, tree_server.url), "--network", "none")

    assert run.status != 0
    assert guest_name in run.output
    assert state_of(connection, work) == before
    assert connection.virsh("dumpxml", guest_name) == definition


def test_missing_initrd_leaves_nothing(
    connection: Connection, virt_install: VirtInstall, tiny_tree: Path, work: Path, guest_name: str
) -> None:
    """The tree names an initrd that it does not contain; the downloaded kernel and the disk are removed."""
    tree = work / "tree"
    (tree / "images" / "pxeboot").mkdir(parents=True)
    for name in (".treeinfo", "images/pxeboot/vmlinuz"):
        shutil.copyfile(tiny_tree / name, tree / name)
    before = state_of(connection, work)

    run = virt_install(*install_args(guest_name, work, str(tree)), "--network", "none")

    assert run.status != 0
    assert "initrd.img" in run.output
    assert state_of(connection, work) == before


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_interrupted_download_leaves_nothing(
    connection: Connection, tree_server: WebServer, work: Path, guest_name: str, signal_number: signal.Signals
) -> None:
    """Ctrl-C or SIGTERM arrives during a download."""
    before = state_of(connection, work)
    tree_server.stalled.set()
    process = start_virt_install(
        *("--connect", connection.option, "--virt-type", "qemu", "--network", "none"),
        *install_args(guest_name, work, tree_server.url),
        environ=connection.full_environ(),
    )
    wait_until(process, "the kernel to be asked for", lambda: any("vmlinuz" in p for p in tree_server.requests))

    os.killpg(process.pid, signal_number)
    run = finish(process, timeout_seconds=30)

    assert run.status not in (0, -signal.SIGKILL), run.output
    assert "Traceback" not in run.output
    assert state_of(connection, work) == before


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_interrupted_start_leaves_nothing(
    connection: Connection, tree_server: WebServer, work: Path, guest_name: str, signal_number: signal.Signals
) -> None:
    """The signal arrives while libvirt starts the guest; a guest without its disk must not remain."""
    before = state_of(connection, work)
    process = start_virt_install(
        *("--connect", connection.option, "--virt-type", "qemu", "--network", "none"),
        *install_args(guest_name, work, tree_server.url),
        environ=connection.full_environ(),
    )
    wait_until(process, "QEMU was started", lambda: qemu_runs(guest_name))

    os.killpg(process.pid, signal_number)
    run = finish(process, timeout_seconds=30)

    assert run.status not in (0, -signal.SIGKILL), run.output
    assert "Traceback" not in run.output
    assert state_of(connection, work) == before


def test_interrupted_wait_reports_whether_the_guest_is_kept(
    connection: Connection, tree_server: WebServer, work: Path, guest_name: str
) -> None:
    """Guest and disk are either both kept or both removed."""
    log = work / "serial.log"
    process = start_virt_install(
        *("--connect", connection.option, "--virt-type", "qemu", "--network", "none"),
        *install_args(guest_name, work, tree_server.url),
        *("--extra-args", "tiny.wait=60", "--serial", f"file,path={log}"),
        environ=connection.full_environ(),
    )
    wait_until(process, "the installer was there", lambda: log.exists() and "WAITING" in serial_log(log))

    os.killpg(process.pid, signal.SIGINT)
    run = finish(process, timeout_seconds=30)

    assert run.status != 0
    assert "Traceback" not in run.output
    stays = guest_name in connection.names()
    assert (work / "new.qcow2").exists() == stays
    assert ("removed" in run.output) == (not stays)


def qemu_runs(name: str) -> bool:
    """Return whether QEMU of this guest runs; other processes cannot connect to the embedded driver."""
    return any(f"guest={name}," in read_command_line(path) for path in Path("/proc").glob("[0-9]*/cmdline"))


def read_command_line(path: Path) -> str:
    """Return the command line of a process, empty if it has ended."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def define_other_guest(connection: Connection, work: Path, name: str) -> None:
    """Define a guest before the run."""
    definition = work / "other.xml"
    definition.write_text(
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory>"
        "<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"
    )
    connection.virsh("define", str(definition))
