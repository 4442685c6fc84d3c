"""An sshd on loopback for qemu+ssh, with a new key and independent of the configuration of the user and the host.

Source: sshd_config(5); https://libvirt.org/uri.html#ssh-transport
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode


@contextmanager
def ssh_server() -> Iterator[str]:
    """Run the server; yield the URI of the system's libvirtd through it."""
    folder = Path(tempfile.mkdtemp(prefix="vissh-", dir="/var/tmp"))
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
        f"PidFile {folder}/pid\nPermitRootLogin prohibit-password\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
    )
    # the directory for privilege separation, which the package creates at boot
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", folder / "config"], stderr=log)
    try:
        _wait(port, server, folder)
        query = urlencode({"keyfile": f"{folder}/user", "no_verify": "1", "no_tty": "1"})
        yield f"qemu+ssh://root@127.0.0.1:{port}/system?{query}"
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder)


def _wait(port: int, server: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            assert server.poll() is None and time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.1)
