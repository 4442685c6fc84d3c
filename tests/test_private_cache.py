"""Caches and logs: the user's alone under any umask, and not used where somebody else could have written them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from virtinstall.private_cache import cache_home, open_directory, read_cached, write_cached

PROJECT = Path(__file__).parents[1]
PREVIEW = ("--connect", "test:///default", "--name", "n", "--memory", "64", "--disk", "none", "--import", "--print-xml")

# a value that only libvirt's schema knows
SCHEMA = "ich9,codec0.type=weird"


@pytest.fixture
def no_umask() -> Iterator[None]:
    """The umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_everything_is_private(tmp_path: Path, umask: int) -> None:
    """What a run creates below the user's home: directories 0700, files 0600."""
    command = [sys.executable, "-m", "virtinstall", *PREVIEW, "--osinfo", "linux2022", "--sound", SCHEMA]
    environ = {key: value for key, value in os.environ.items() if key != "XDG_CACHE_HOME"}
    environ |= {"HOME": str(tmp_path), "PYTHONPATH": str(PROJECT)}
    subprocess.run(command, cwd=PROJECT, env=environ, check=True, capture_output=True, umask=umask)
    found = list((tmp_path / ".cache").rglob("*"))
    assert {path.name for path in found} >= {"virtinstall", "domain-schema", "osinfo", "virt-install.log"}
    assert {mode(path) for path in found if path.is_file()} == {0o600}
    assert {mode(path) for path in [tmp_path / ".cache", *found] if path.is_dir()} == {0o700}


def test_written_and_read(tmp_path: Path, no_umask: None) -> None:
    """What was written is read again; nothing else is left in the directory."""
    place = tmp_path / "cache" / "virtinstall" / "x"
    write_cached(str(place), b"a", b"b")
    write_cached(str(place), b"c")
    assert read_cached(str(place)) == b"c"
    assert [path.name for path in place.parent.iterdir()] == ["x"]
    assert mode(place) == 0o600


def others_can_write_the_directory(place: Path) -> None:
    """`chmod 777` of the directory."""
    place.parent.chmod(0o777)


def others_can_write_the_file(place: Path) -> None:
    """`chmod 666` of the file."""
    place.chmod(0o666)


def others_can_replace_the_directory(place: Path) -> None:
    """`chmod 777` of ~/.cache."""
    place.parent.parent.chmod(0o777)


def the_file_is_a_link(place: Path) -> None:
    """A symbolic link to a file that would be trusted."""
    place.rename(place.with_suffix(".real"))
    place.symlink_to(place.with_suffix(".real"))


def the_directory_is_a_link(place: Path) -> None:
    """A symbolic link to a directory that would be trusted."""
    place.parent.rename(place.parent.with_suffix(".real"))
    place.parent.symlink_to(place.parent.with_suffix(".real"))


def the_file_is_a_pipe(place: Path) -> None:
    """A named pipe would hold the run."""
    place.unlink()
    os.mkfifo(place)


@pytest.mark.parametrize(
    "change",
    [
        others_can_write_the_directory,
        others_can_write_the_file,
        others_can_replace_the_directory,
        the_file_is_a_link,
        the_directory_is_a_link,
        the_file_is_a_pipe,
    ],
)
def test_what_others_could_have_written_is_not_read(tmp_path: Path, change: object) -> None:
    """Nothing is read from it."""
    place = tmp_path / "cache" / "virtinstall" / "x"
    write_cached(str(place), b"data")
    assert callable(change)
    change(place)
    assert not read_cached(str(place))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the owner of files")
@pytest.mark.parametrize("owned", ["cache", "cache/virtinstall", "cache/virtinstall/x"])
def test_what_another_owns_is_not_read(tmp_path: Path, owned: str) -> None:
    """Nothing is created: root with the home directory of the user who called sudo creates no file."""
    place = tmp_path / "cache" / "virtinstall" / "x"
    write_cached(str(place), b"data")
    os.chown(tmp_path / owned, 12345, 12345)
    if owned != "cache":
        assert read_cached(str(place)) is None
    with pytest.raises(PermissionError):
        os.chown(tmp_path / "cache", 12345, 12345)
        open_directory(str(tmp_path / "cache" / "new"))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, None), ({"HOME": "relative"}, None), ({"HOME": "/h"}, "/h/.cache/virtinstall")],
)
def test_where_caches_are(environ: dict[str, str], expected: str | None) -> None:
    """Below the home directory, if there is one."""
    assert cache_home(environ) == expected
