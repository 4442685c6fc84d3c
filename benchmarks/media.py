"""Create an install tree of 10 + 500 MB on a web server on loopback, and a 700 MB ISO with the same files."""

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
    """Create the tree, with random content: it cannot be compressed and has no holes."""
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
    """Return the header that QEMU requires of an x86 kernel; the rest may be random.

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
    """Create an ISO of the tree, padded to 700 MB. Raises: CalledProcessError."""
    filler = tree / "filler"
    _fill(filler, os.urandom(MIB), 190)
    command = ["xorriso", "-as", "mkisofs", "-quiet", "-J", "-R", "-V", "benchmark", "-o", str(path), str(tree)]
    subprocess.run(command, check=True, capture_output=True)
    filler.unlink()
    return path


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Yield the URL of the folder while a web server in another process serves it. Raises: TimeoutError."""
    port = 20000 + os.getpid() % 20000
    url = f"http://127.0.0.1:{port}/"
    args = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(folder), str(port)]
    server = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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
