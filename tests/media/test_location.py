"""Local locations and NFS, and detection of the kind of location."""

from __future__ import annotations

import os
import shutil
from io import BytesIO
from pathlib import Path

import pytest

from tests.media.isofiles import build_iso
from virtinstall.errors import FetchError
from virtinstall.media.fetcher import Fetcher
from virtinstall.media.location import is_local, open_location
from virtinstall.media.nfs import NfsPlace, mount_command, parse_nfs
from virtinstall.media.transfer import Limits
from virtinstall.progress import Silent


def test_a_local_directory(tmp_path: Path) -> None:
    """Files below a directory are found, read and copied; an installer cannot use it as a URL."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "vmlinuz").write_bytes(b"kernel")
    for location in (str(tmp_path), f"file://{tmp_path}", f"{tmp_path}/"):
        fetcher = open_location(location)
        assert fetcher.exists("images/vmlinuz")
        assert not fetcher.exists("images")
        assert fetcher.read_text("images/vmlinuz", 3) == "ker"
        assert fetcher.install_url is None
        with (tmp_path / "copy").open("wb", buffering=0) as target:
            assert fetcher.download("images/vmlinuz", target, Silent()) == 6
        assert (tmp_path / "copy").read_bytes() == b"kernel"
        fetcher.close()


def test_a_pipe_in_a_tree_does_not_hang(tmp_path: Path) -> None:
    """A named pipe is not treated as a file."""
    os.mkfifo(tmp_path / "vmlinuz")
    assert not open_location(str(tmp_path)).exists("vmlinuz")


def test_an_iso_image(tmp_path: Path) -> None:
    """A local image is read as a tree."""
    fetcher = open_location(str(build_iso(tmp_path / "x.iso", {"a/vmlinuz": b"kernel"})))
    target = BytesIO()
    assert fetcher.download("a/vmlinuz", target, Silent()) == 6
    assert target.getvalue() == b"kernel"
    assert fetcher.volume is not None
    assert fetcher.volume.volume_id == "TESTDISC"


@pytest.mark.parametrize(
    ("location", "output"),
    [
        ("/nowhere/at/all", "No such file"),
        ("/dev/null", "neither a directory nor"),
        ("file://elsewhere/x", "another host"),
        ("gopher://127.0.0.1/x", "unsupported URL scheme 'gopher'"),
        ("x\0y", "null"),
    ],
)
def test_invalid_locations(location: str, output: str) -> None:
    """The error of each invalid location describes the problem."""
    with pytest.raises(FetchError, match=output):
        open_location(location)


def test_which_are_local() -> None:
    """The form identifies local locations."""
    assert [is_local(each) for each in ("/x", "x.iso", "file:///x", "./a:b")] == [True] * 4
    assert [is_local(each) for each in ("http://h/", "nfs:h:/x", "ftp://h")] == [False] * 3


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("nfs:host:/tree/x", NfsPlace("host", "/tree/x")),
        ("nfs:host/tree/", NfsPlace("host", "/tree")),
        ("nfs://host/tree", NfsPlace("host", "/tree")),
        ("nfs://host:1234/tree?version=4", NfsPlace("host", "/tree", "nfsport=1234&version=4")),
    ],
)
def test_the_forms_of_nfs(location: str, place: NfsPlace) -> None:
    """All ways to write an NFS place are accepted."""
    assert parse_nfs(location) == place


@pytest.mark.parametrize("location", ["nfs:", "nfs:host", "nfs::/x", "nfs:-o:/x"])
def test_broken_nfs_locations(location: str) -> None:
    """An incomplete place is rejected, and one that a command would parse as an option."""
    with pytest.raises(FetchError, match="invalid NFS address"):
        open_location(location)


def test_nfs_is_mounted_read_only() -> None:
    """The mount is read-only and fails if the server is down."""
    command = mount_command(NfsPlace("host", "/tree"), Path("/mnt/x"))
    assert command[:4] == ["mount", "-t", "nfs", "-o"]
    assert "ro,soft" in command[4]
    assert command[-2:] == ["host:/tree", "/mnt/x"]


def test_nfs_without_any_tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """If nothing can read NFS, the error names the packages to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="no NFS client") as caught:
        open_location("nfs:127.0.0.1:/tree")
    assert "libnfs-utils" in str(caught.value.hint)


@pytest.fixture
def nfs_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for nfs-ls and nfs-cat, which serve a local folder as nfs://127.0.0.1/tree."""
    tools, served = tmp_path / "bin", tmp_path / "tree"
    tools.mkdir()
    served.mkdir()
    find = f'p=${{1#nfs://127.0.0.1}}; q=${{p#*\\?}}; p="{tmp_path}${{p%%\\?*}}"; '
    listing = (
        'case $q in *version=4*) ;; *) exit 1;; esac; [ -d "$p" ] || { echo NFS4ERR_NOENT >&2; exit 254; }\n'
        'cd "$p"; for f in * .t*; do [ -f "$f" ] && echo "-rw-r--r--  1 0 0 $(stat -c %s "$f") $f"; done; exit 0'
    )
    for name, body in (("nfs-ls", listing), ("nfs-cat", 'exec cat "$p"')):
        (tools / name).write_text(f"#!/bin/sh\n{find}\n{body}\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    return served


def test_nfs_through_its_tools(nfs_tools: Path) -> None:
    """nfs-ls and nfs-cat provide the same interface; installers get nfs:HOST:/PATH."""
    (nfs_tools / "images").mkdir()
    (nfs_tools / "images" / "vmlinuz").write_bytes(b"kernel" * 100000)
    (nfs_tools / ".treeinfo").write_text("[general]")
    fetcher = open_location("nfs://127.0.0.1/tree")
    assert fetcher.exists(".treeinfo")
    assert fetcher.exists("images/vmlinuz")
    assert not fetcher.exists("isolinux/vmlinuz")
    assert fetcher.read_text(".treeinfo") == "[general]"
    assert fetcher.read_text("images/vmlinuz", 6) == "kernel"
    target = BytesIO()
    assert fetcher.download("images/vmlinuz", target, Silent()) == 600000
    assert fetcher.install_url == "nfs:127.0.0.1:/tree"
    with pytest.raises(FetchError, match="cannot read"):
        open_location("nfs://127.0.0.1/gone")


@pytest.mark.parametrize("tool", ["printf half; exec sleep 30", "printf half; exec >&-; exec sleep 30"])
def test_an_nfs_server_that_stops_answering(nfs_tools: Path, tool: str) -> None:
    """libnfs would retry forever; a run does not."""
    (nfs_tools / "vmlinuz").write_bytes(b"halfway")
    fetcher = open_location("nfs:127.0.0.1:/tree", limits=Limits(idle_seconds=0.3))
    program = Path(shutil.which("nfs-cat") or "")
    program.write_text(f"#!/bin/sh\n{tool}\n")
    for read in (lambda: fetcher.read_text("vmlinuz"), lambda: fetcher.download("vmlinuz", BytesIO(), Silent())):
        with pytest.raises(FetchError, match="did not answer"):
            read()


CUT_ONCE = 'if [ ! -e "$p.cut" ]; then touch "$p.cut"; head -c 1000 "$p"; exit 1; fi; exec cat "$p"'


def cutting(nfs_tools: Path, then: str = "") -> Fetcher:
    """A server that sends 1000 bytes of /tree/vmlinuz at first, and runs `then` meanwhile."""
    program = Path(shutil.which("nfs-cat") or "")
    lines = program.read_text().splitlines()
    program.write_text("\n".join([*lines[:-1], then or ":", CUT_ONCE, ""]))
    (nfs_tools / "vmlinuz").write_bytes(b"kernel" * 10_000)
    return open_location("nfs://127.0.0.1/tree")


def test_an_interrupted_transfer_over_nfs_is_repeated(nfs_tools: Path) -> None:
    """nfs-cat cannot start in the middle: the existing part is skipped."""
    target = BytesIO()
    assert cutting(nfs_tools).download("vmlinuz", target, Silent()) == 60_000
    assert target.getvalue() == b"kernel" * 10_000


def test_a_file_on_nfs_that_changed_in_between(nfs_tools: Path) -> None:
    """Parts of two versions are never combined; a file above the limit is not downloaded."""
    with pytest.raises(FetchError, match="changed since"):
        cutting(nfs_tools, 'echo more >> "$p"').download("vmlinuz", BytesIO(), Silent())
    with pytest.raises(FetchError, match="larger than the limit of 10 bytes"):
        open_location("nfs://127.0.0.1/tree", limits=Limits(file_bytes=10)).download("vmlinuz", BytesIO(), Silent())


def test_an_nfs_directory_without_end(nfs_tools: Path) -> None:
    """The output of nfs-ls is limited in size and time."""
    Path(shutil.which("nfs-ls") or "").write_text("#!/bin/sh\nexec yes -- -rw-r--r-- 1 0 0 5 name\n")
    with pytest.raises(FetchError, match="larger than"):
        open_location("nfs://127.0.0.1/tree")
    Path(shutil.which("nfs-ls") or "").write_text("#!/bin/sh\nexec sleep 30\n")
    with pytest.raises(FetchError, match="did not answer"):
        open_location("nfs://127.0.0.1/tree", limits=Limits(reply_seconds=0.2))
