"""Caches and logs: private under any umask, and not read if another user could have written them."""

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

# a value that is looked up in libvirt's schema
SCHEMA = "ich9,codec0.type=weird"


@pytest.fixture
def no_umask() -> Iterator[None]:
    """A umask of 0."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_caches_and_logs_are_private(tmp_path: Path, umask: int) -> None:
    """Directories have the mode 0700, files 0600."""
    command = [sys.executable, "-m", "virtinstall", *PREVIEW, "--osinfo", "linux2022", "--sound", SCHEMA]
    environ = {key: value for key, value in os.environ.items() if key != "XDG_CACHE_HOME"}
    environ |= {"HOME": str(tmp_path), "PYTHONPATH": str(PROJECT)}
    subprocess.run(command, cwd=PROJECT, env=environ, check=True, capture_output=True, umask=umask)
    found = list((tmp_path / ".cache").rglob("*"))
    assert {path.name for path in found} >= {"virtinstall", "domain-schema", "osinfo", "virt-install.log"}
    assert {mode(path) for path in found if path.is_file()} == {0o600}
    assert {mode(path) for path in [tmp_path / ".cache", *found] if path.is_dir()} == {0o700}


def test_cached_data_is_read_again(tmp_path: Path, no_umask: None) -> None:
    """No other file is left in the directory."""
    place = tmp_path / "cache" / "virtinstall" / "x"
    write_cached(str(place), b"a", b"b")
    write_cached(str(place), b"c")
    assert read_cached(str(place)) == b"c"
    assert [path.name for path in place.parent.iterdir()] == ["x"]
    assert mode(place) == 0o600


def others_can_write_the_directory(place: Path) -> None:
    """Change the directory's mode to 0777."""
    place.parent.chmod(0o777)


def others_can_write_the_file(place: Path) -> None:
    """Change the file's mode to 0666."""
    place.chmod(0o666)


def others_can_replace_the_directory(place: Path) -> None:
    """Change the mode of ~/.cache to 0777."""
    place.parent.parent.chmod(0o777)


def the_file_is_a_link(place: Path) -> None:
    """Replace the file with a symbolic link to a trusted file."""
    place.rename(place.with_suffix(".real"))
    place.symlink_to(place.with_suffix(".real"))


def the_directory_is_a_link(place: Path) -> None:
    """Replace the directory with a symbolic link to a trusted directory."""
    place.parent.rename(place.parent.with_suffix(".real"))
    place.parent.symlink_to(place.parent.with_suffix(".real"))


def the_file_is_a_pipe(place: Path) -> None:
    """Replace the file with a named pipe, which could block the run."""
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
def test_data_that_others_could_have_written_is_ignored(tmp_path: Path, change: object) -> None:
    """The owner or the mode of the file or its directories is changed."""
    place = tmp_path / "cache" / "virtinstall" / "x"
    write_cached(str(place), b"data")
    assert callable(change)
    change(place)
    assert not read_cached(str(place))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the owner of files")
@pytest.mark.parametrize("owned", ["cache", "cache/virtinstall", "cache/virtinstall/x"])
def test_data_of_another_owner_is_ignored(tmp_path: Path, owned: str) -> None:
    """root with the home directory of the user who called sudo creates no files there."""
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
def test_cache_directory_is_below_the_home_directory(environ: dict[str, str], expected: str | None) -> None:
    """There is none without an absolute home directory."""
    assert cache_home(environ) == expected
