"""A second libvirtd on this machine, as another host: separate sockets, pools and guests, reached over TCP on loopback.

It runs in separate mount and UTS namespaces, so that it does not share state with the first.

Source: libvirtd(8), the comments in libvirtd.conf and qemu.conf; unshare(1).
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.live.machine import Connection

# directories of libvirtd, which two daemons must not share
_OWN = ("/run/libvirt", "/var/lib/libvirt", "/etc/libvirt", "/var/cache/libvirt", "/var/log/libvirt")
_START_SECONDS = 30


class Daemon:
    """A running libvirtd: `connection` reaches it over TCP, `local_uri` through its socket, like a local one.

    `root` contains its directories; `host_name` is the host name that it sees.
    """

    def __init__(self, root: Path, port: int, host_name: str) -> None:
        self.root = root
        self.port = port
        self.host_name = host_name
        self.socket = root / "run-libvirt" / "libvirt-sock"
        self.local_uri = f"qemu+unix:///system?socket={self.socket}"
        uri = f"qemu+tcp://127.0.0.1:{port}/system"
        self.connection = Connection(uri, uri)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the daemon and wait until it answers."""
        binds = " && ".join(f"mount --bind {self.folder(path)} {path}" for path in _OWN)
        pid_file = self.root / "libvirtd.pid"
        script = f"{binds} && hostname {self.host_name} && exec libvirtd --listen --pid-file {pid_file}"
        with (self.root / "libvirtd.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "--uts", "--propagation", "private", "sh", "-c", script],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < end, (self.root / "libvirtd.log").read_text()
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """Kill the daemon immediately, like a crash; its guests continue to run."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Stop the daemon, and kill it after a timeout."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def folder(self, path: str) -> Path:
        """Return the directory that the daemon sees at `path`, which is one of its separate directories."""
        return self.root / path.strip("/").replace("/", "-")

    def pool(self, name: str) -> Path:
        """Define and start a pool; return its directory, which both hosts can access."""
        target = self.root / "pools" / name
        target.mkdir(parents=True, mode=0o755)
        self.connection.virsh("pool-create-as", name, "dir", "--target", str(target))
        return target

    def remove_guests(self) -> None:
        """Remove all guests of the daemon."""
        with ThreadPoolExecutor(8) as at_once:
            list(at_once.map(self.connection.remove, self.connection.names()))


@contextmanager
def second_daemon() -> Iterator[Daemon]:
    """Start a second daemon; remove it with its guests and its directories at the end."""
    # not pytest's tmp_path: QEMU runs as another user, and the paths of its sockets must be short
    root = Path(tempfile.mkdtemp(prefix="vi2-", dir="/var/tmp"))
    root.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    daemon = Daemon(root, port, f"second-{root.name[-4:].lower().replace('_', 'x')}")
    for path in _OWN:
        daemon.folder(path).mkdir(mode=0o755)
    _copy_capabilities_cache(daemon.folder("/var/cache/libvirt"))
    _write_configuration(daemon.folder("/etc/libvirt"), port)
    daemon.start()
    try:
        yield daemon
        daemon.remove_guests()
    finally:
        daemon.stop()
        shutil.rmtree(root)


def _copy_capabilities_cache(cache: Path) -> None:
    """Copy the first daemon's cache about emulators, because querying them takes longer than a test."""
    known = Path("/var/cache/libvirt/qemu/capabilities")
    if known.is_dir():
        shutil.copytree(known, cache / "qemu" / "capabilities")
        for path in (cache / "qemu", *(cache / "qemu").rglob("*")):
            shutil.chown(path, known.stat().st_uid, known.stat().st_gid)


def _write_configuration(folder: Path, port: int) -> None:
    (folder / "libvirtd.conf").write_text(
        "listen_tls = 0\nlisten_tcp = 1\n"
        f'tcp_port = "{port}"\nlisten_addr = "127.0.0.1"\nauth_tcp = "none"\nauth_unix_rw = "none"\n'
        f'host_uuid = "{uuid.uuid4()}"\n'
    )
    # no virtlogd, and ports that the first daemon's guests do not use
    (folder / "qemu.conf").write_text(
        'stdio_handler = "file"\nmigration_port_min = 49300\nmigration_port_max = 49350\n'
        "remote_display_port_min = 6100\nremote_display_port_max = 6200\n"
    )
    os.chmod(folder, 0o755)
