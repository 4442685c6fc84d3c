"""--dry-run and --print-xml create, define, download and change nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.live.machine import Connection, listing, virt_install_command
from tests.servers import WebServer

pytestmark = pytest.mark.live

CHANGING_CALLS = (
    "open,openat,creat,mkdir,mkdirat,mknod,mknodat,link,linkat,symlink,symlinkat,rename,renameat,renameat2,"
    "unlink,unlinkat,rmdir,truncate,chmod,fchmodat,chown,fchownat,lchown,setxattr"
)
HARMLESS = ("/dev/", "/proc/")


def changed_paths(trace: str, folder: Path) -> set[str]:
    """Return the paths that the traced processes created, changed or removed; relative ones are below `folder`."""
    found = set()
    for line in trace.splitlines():
        call = re.match(r"(?:\d+ +)?(\w+)\((.*)", line)
        if call is None:
            continue
        name, arguments = call.groups()
        if name in ("open", "openat") and not re.search(r"O_CREAT|O_TMPFILE|O_TRUNC", arguments):
            continue
        # -y prints the directory of a relative path: openat(5</home/me/.cache>, "file", ...)
        paths = re.findall(r'(?:\w+<([^>]*)>,\s*)?"((?:[^"\\]|\\.)*)"', arguments)
        found |= {os.path.join(folder, directory, path) for directory, path in paths}
    return found


@pytest.mark.parametrize("preview", ["--dry-run", "--print-xml"])
@pytest.mark.parametrize("uri", ["test:///default", "qemu:///system"])
def test_preview_changes_only_temporary_and_cache_files(
    request: pytest.FixtureRequest, tree_server: WebServer, work: Path, uri: str, preview: str
) -> None:
    """Its system calls are traced with strace; boot files are not downloaded."""
    if shutil.which("strace") is None:
        pytest.skip("NOT RUN: strace is missing (Debian: strace)")
    if uri.startswith("qemu"):
        system: Connection = request.getfixturevalue("system")
        guests = system.names()
    home, trace = work / "home", work / "trace"
    home.mkdir()
    allowed = (tempfile.gettempdir() + "/", f"{home}/.cache", *HARMLESS)
    args = [
        *("--connect", uri, "--name", "preview", "--memory", "256", "--osinfo", "fedora36", preview),
        *("--disk", f"path={work / 'none.qcow2'},size=1", "--location", tree_server.url, "--graphics", "none"),
        *("--initrd-inject", "/etc/hostname", "--network", "none"),
    ]
    # Python must not write compiled modules, which an installed package already has
    environ = {**os.environ, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    tracer = ["strace", "-f", "-y", "-z", "-qq", "-o", str(trace), "-e", f"trace={CHANGING_CALLS}"]

    run = subprocess.run(
        [*tracer, *virt_install_command(), *args],
        cwd=work,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    changed = changed_paths(trace.read_text(), work)
    assert {path for path in changed if not path.startswith(allowed)} == set()
    assert {Path(path).name for path in listing(work)} - {"home", "trace", ".cache"} == {
        Path(path).name for path in listing(home / ".cache")
    }
    assert not any("vmlinuz" in path or "initrd" in path for path in tree_server.requests)
    if uri.startswith("qemu"):
        assert system.names() == guests
