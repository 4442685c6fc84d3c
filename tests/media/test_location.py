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


def test_local_directory_is_read(tmp_path: Path) -> None:
    """Files are found, read and copied; installers get no URL."""
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


def test_named_pipe_is_not_a_file(tmp_path: Path) -> None:
    """Reading it would never end."""
    os.mkfifo(tmp_path / "vmlinuz")
    assert not open_location(str(tmp_path)).exists("vmlinuz")


def test_local_iso_image_is_read_as_a_tree(tmp_path: Path) -> None:
    """The label of the image is known."""
    fetcher = open_location(str(build_iso(tmp_path / "x.iso", {"a/vmlinuz": b"kernel"})))
    target = BytesIO()
    assert fetcher.download("a/vmlinuz", target, Silent()) == 6
    assert target.getvalue() == b"kernel"
    assert fetcher.volume is not None
    assert fetcher.volume.volume_id == "TESTDISC"


@pytest.mark.parametrize(
    ("location", "output"),
    [
        ("/nowhere/at/all", "no such file or directory: /nowhere/at/all"),
        ("/dev/null", "neither a directory nor"),
        ("file://elsewhere/x", "another host"),
        ("gopher://127.0.0.1/x", "unsupported URL scheme 'gopher'"),
        ("x\0y", "NUL character"),
    ],
)
def test_invalid_location_is_an_error(location: str, output: str) -> None:
    """The error describes the problem."""
    with pytest.raises(FetchError, match=output):
        open_location(location)


def test_paths_and_file_urls_are_local() -> None:
    """Other URLs and NFS addresses are not."""
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
def test_nfs_address_has_several_forms(location: str, place: NfsPlace) -> None:
    """A port becomes an option of the address."""
    assert parse_nfs(location) == place


@pytest.mark.parametrize("location", ["nfs:", "nfs:host", "nfs::/x", "nfs:-o:/x"])
def test_invalid_nfs_address_is_an_error(location: str) -> None:
    """It is incomplete, or a command would parse it as an option."""
    with pytest.raises(FetchError, match="invalid NFS address"):
        open_location(location)


def test_nfs_is_mounted_read_only() -> None:
    """The mount is soft: it fails if the server is down."""
    command = mount_command(NfsPlace("host", "/tree"), Path("/mnt/x"))
    assert command[:4] == ["mount", "-t", "nfs", "-o"]
    assert "ro,soft" in command[4]
    assert command[-2:] == ["host:/tree", "/mnt/x"]


def test_missing_nfs_client_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The hint names the package to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="no NFS client") as caught:
        open_location("nfs:127.0.0.1:/tree")
    assert "libnfs-utils" in str(caught.value.hint)


@pytest.fixture
def nfs_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create programs that replace nfs-ls and nfs-cat; return the folder that they serve as nfs://127.0.0.1/tree."""
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


def test_nfs_tree_is_read_by_nfs_ls_and_nfs_cat(nfs_tools: Path) -> None:
    """Installers get nfs:HOST:/PATH."""
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
    with pytest.raises(FetchError, match="no such directory: nfs:"):
        open_location("nfs://127.0.0.1/gone")


@pytest.mark.parametrize(
    ("printed", "message"),
    [
        ("nfs_mount failed: MNT3ERR_ACCES(-13)", "access denied (MNT3ERR_ACCES)"),
        ("NFS4ERR_STALE", "the directory no longer exists (NFS4ERR_STALE)"),
        ("NFS4ERR_RARE", "NFS4ERR_RARE"),
        ("connection refused", "connection refused"),
    ],
)
def test_nfs_error_codes_are_explained(nfs_tools: Path, printed: str, message: str) -> None:
    """Other messages of the tools are unchanged."""
    Path(shutil.which("nfs-ls") or "").write_text(f"#!/bin/sh\necho '{printed}' >&2\nexit 1\n")
    with pytest.raises(FetchError) as caught:
        open_location("nfs://127.0.0.1/tree")
    assert caught.value.message == f"cannot read 'nfs:127.0.0.1:/tree': {message}"


@pytest.mark.parametrize("tool", ["printf half; exec sleep 30", "printf half; exec >&-; exec sleep 30"])
def test_nfs_server_that_stops_answering_is_an_error(nfs_tools: Path, tool: str) -> None:
    """libnfs would retry forever."""
    (nfs_tools / "vmlinuz").write_bytes(b"halfway")
    fetcher = open_location("nfs:127.0.0.1:/tree", limits=Limits(idle_seconds=0.3))
    program = Path(shutil.which("nfs-cat") or "")
    program.write_text(f"#!/bin/sh\n{tool}\n")
    for read in (lambda: fetcher.read_text("vmlinuz"), lambda: fetcher.download("vmlinuz", BytesIO(), Silent())):
        with pytest.raises(FetchError, match="did not respond"):
            read()


CUT_ONCE = 'if [ ! -e "$p.cut" ]; then touch "$p.cut"; head -c 1000 "$p"; exit 1; fi; exec cat "$p"'


def interrupted_fetcher(nfs_tools: Path, then: str = "") -> Fetcher:
    """Return a fetcher for a server that first sends only 1000 bytes of /tree/vmlinuz, after it runs `then`."""
    program = Path(shutil.which("nfs-cat") or "")
    lines = program.read_text().splitlines()
    program.write_text("\n".join([*lines[:-1], then or ":", CUT_ONCE, ""]))
    (nfs_tools / "vmlinuz").write_bytes(b"kernel" * 10_000)
    return open_location("nfs://127.0.0.1/tree")


def test_interrupted_nfs_download_is_repeated(nfs_tools: Path) -> None:
    """nfs-cat always starts at the beginning; the bytes that were already received are skipped."""
    target = BytesIO()
    assert interrupted_fetcher(nfs_tools).download("vmlinuz", target, Silent()) == 60_000
    assert target.getvalue() == b"kernel" * 10_000


def test_nfs_file_that_changed_meanwhile_is_an_error(nfs_tools: Path) -> None:
    """A file above the size limit is also an error."""
    with pytest.raises(FetchError, match="changed since"):
        interrupted_fetcher(nfs_tools, 'echo more >> "$p"').download("vmlinuz", BytesIO(), Silent())
    with pytest.raises(FetchError, match="larger than the limit of 10 bytes"):
        open_location("nfs://127.0.0.1/tree", limits=Limits(file_bytes=10)).download("vmlinuz", BytesIO(), Silent())


def test_endless_nfs_listing_is_an_error(nfs_tools: Path) -> None:
    """The output of nfs-ls is limited in size and time."""
    Path(shutil.which("nfs-ls") or "").write_text("#!/bin/sh\nexec yes -- -rw-r--r-- 1 0 0 5 name\n")
    with pytest.raises(FetchError, match="larger than"):
        open_location("nfs://127.0.0.1/tree")
    Path(shutil.which("nfs-ls") or "").write_text("#!/bin/sh\nexec sleep 30\n")
    with pytest.raises(FetchError, match="did not respond"):
        open_location("nfs://127.0.0.1/tree", limits=Limits(reply_seconds=0.2))
