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
    for name, size in (("vmlinuz", 10), ("initrd.img", 500)):
        with (boot / name).open("wb") as file:
            for _ in range(size):
                file.write(block)
    (folder / ".treeinfo").write_text(_TREEINFO)
    return folder


def make_iso(tree: Path, path: Path) -> Path:
    """An ISO of the tree, filled up to 700 MB. Raises: CalledProcessError."""
    filler = tree / "filler"
    filler.write_bytes(os.urandom(MIB) * 190)
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
