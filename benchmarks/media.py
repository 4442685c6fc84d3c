"""An install tree of 10 + 500 MB on a web server on loopback, and an ISO of 700 MB that holds the same files."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

MIB = 1 << 20
_TREEINFO = """\
[general]
family = Fedora
version = 34
variant = Server
arch = x86_64

[images-x86_64]
kernel = images/pxeboot/vmlinuz
initrd = images/pxeboot/initrd.img
"""


def make_tree(folder: Path) -> Path:
    """The tree, with content that neither compresses nor is a hole."""
    boot = folder / "images" / "pxeboot"
    boot.mkdir(parents=True)
    block = os.urandom(MIB)
    _fill(boot / "initrd.img", block, 500)
    _fill(boot / "vmlinuz", block, 10)
    with (boot / "vmlinuz").open("r+b") as kernel:
        kernel.write(_setup_sector())
    (folder / ".treeinfo").write_text(_TREEINFO)
    return folder


def _fill(path: Path, block: bytes, times: int) -> None:
    with path.open("wb") as file:
        for _ in range(times):
            file.write(block)


def _setup_sector() -> bytes:
    """What QEMU wants of an x86 kernel before it starts it, be the rest noise.

    Source: https://docs.kernel.org/arch/x86/boot.html, the real-mode kernel header.
    """
    sector = bytearray(1024)
    sector[0x1F1] = 1  # sectors of setup code
    sector[0x1FE:0x200] = b"\x55\xaa"
    sector[0x202:0x206] = b"HdrS"
    sector[0x206:0x208] = (0x20C).to_bytes(2, "little")  # version of the protocol
    sector[0x211] = 1  # loaded high
    sector[0x22C:0x230] = (0x7FFFFFFF).to_bytes(4, "little")  # highest address of an initrd
    return bytes(sector)


def make_iso(tree: Path, path: Path) -> Path:
    """An ISO of the tree, filled up to 700 MB. Raises: CalledProcessError."""
    filler = tree / "filler"
    _fill(filler, os.urandom(MIB), 190)
    command = ["xorriso", "-as", "mkisofs", "-quiet", "-J", "-R", "-V", "benchmark", "-o", str(path), str(tree)]
    subprocess.run(command, check=True, capture_output=True)
    filler.unlink()
    return path


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder's URL while a web server in a process of its own serves it. Raises: TimeoutError."""
    port = 20000 + os.getpid() % 20000
    url = f"http://127.0.0.1:{port}/"
    words = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(folder), str(port)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(url, timeout=5).close()
            except URLError:
                time.sleep(0.05)
            else:
                break
        else:
            raise TimeoutError(f"no web server answers at {url}")
        yield url
    finally:
        server.terminate()
        server.wait()
