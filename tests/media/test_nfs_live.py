"""Reading a tree from a real NFS server: nfs-ganesha on loopback, if it and libnfs-utils are installed."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.media.trees import treeinfo
from virtinstall.errors import FetchError
from virtinstall.media.location import open_location
from virtinstall.media.tree import recognize
from virtinstall.progress import Silent

KERNEL = os.urandom(3_000_000)
MISSING = [tool for tool in ("ganesha.nfsd", "nfs-ls", "nfs-cat") if not shutil.which(tool)]

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
    pytest.mark.skipif(os.geteuid() != 0, reason="nfs-ganesha runs as root"),
]


@pytest.fixture
def work() -> Iterator[Path]:
    """A directory that nfs-ganesha can export: /tmp may be a tmpfs, and is one in Debian 13."""
    with tempfile.TemporaryDirectory(prefix="vinfs-", dir="/var/tmp") as path:
        yield Path(path)


@pytest.fixture
def port(work: Path) -> Iterator[int]:
    """Start a server that exports a Fedora tree as /tree over NFS version 4; yield its port."""
    folder = work / "export" / "images" / "pxeboot"
    folder.mkdir(parents=True)
    (folder / "vmlinuz").write_bytes(KERNEL)
    (folder / "initrd.img").write_bytes(b"initrd")
    (work / "export" / ".treeinfo").write_text(treeinfo("Fedora", "39"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = int(free.getsockname()[1])
    release = subprocess.run(["ganesha.nfsd", "-v"], capture_output=True, text=True, check=True).stdout
    # since version 6, it ends by default if it may not become an "IO flusher", for example in a container
    flusher = "" if re.search(r"V[1-5]\.", release) else " allow_set_io_flusher_fail = true;"
    plugins = os.environ.get("GANESHA_PLUGINS", "/usr/lib/x86_64-linux-gnu/ganesha")
    (work / "ganesha.conf").write_text(
        f"NFS_CORE_PARAM {{ NFS_Port = {number}; NFS_Protocols = 4; Enable_NLM = false; Enable_RQUOTA = false;"
        f' Bind_addr = 127.0.0.1; Enable_UDP = false; Plugins_Dir = "{plugins}";{flusher} }}\n'
        f"NFSV4 {{ Graceless = true; RecoveryRoot = {work}; }}\n"
        f"EXPORT {{ Export_Id = 1; Path = {work}/export; Pseudo = /tree; Access_Type = RO; Squash = None;"
        " SecType = sys; Protocols = 4; Transports = TCP; FSAL { Name = VFS; } }\n"
    )
    command = ["ganesha.nfsd", "-F", "-f", "ganesha.conf", "-L", "ganesha.log", "-p", "ganesha.pid"]
    server = subprocess.Popen(command, cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(number, server)
        yield number
    finally:
        server.kill()
        server.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("nfs-ganesha did not start")


def test_tree_on_an_nfs_server_is_recognized(port: int) -> None:
    """Its kernel is downloaded completely; a folder that is not exported is an error."""
    fetcher = open_location(f"nfs://127.0.0.1:{port}/tree")
    tree = recognize(fetcher, arch="x86_64")
    assert tree.arguments == ("inst.repo=nfs:127.0.0.1:/tree",)
    target = BytesIO()
    fetcher.download(tree.kernel_path, target, Silent())
    assert target.getvalue() == KERNEL
    with pytest.raises(FetchError, match=r"no such directory: nfs:127\.0\.0\.1:/none"):
        open_location(f"nfs://127.0.0.1:{port}/none")
