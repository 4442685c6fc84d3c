"""The log file: its contents, its place, and that a run does not depend on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.media.webserver import Site, WebServer
from virtinstall.cli.log import Log, log_path

PROJECT = Path(__file__).parents[2]
PREVIEW = ("--connect", "test:///default", "--name", "logged", "--memory", "512", "--disk", "none", "--import")
PREVIEW_XML = (*PREVIEW, "--osinfo", "generic", "--print-xml")


def virt_install(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run virt-install with a cache directory below `home`."""
    return subprocess.run(
        [sys.executable, "-m", "virtinstall", *args],
        env={**os.environ, "XDG_CACHE_HOME": str(home), "PYTHONPATH": str(PROJECT)},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def log_of(home: Path) -> Path:
    """Return the path of the log below `home`."""
    return home / "virtinstall" / "virt-install.log"


def test_log_has_the_command_line_and_the_result(tmp_path: Path) -> None:
    """It also contains the connection and the XML; only the user can read it."""
    done = virt_install(tmp_path, *PREVIEW_XML)
    assert done.returncode == 0, done.stderr
    text = log_of(tmp_path).read_text()
    for part in ("--name logged", "connected to test:///default", "<name>logged</name>", "exit status 0"):
        assert part in text
    assert log_of(tmp_path).stat().st_mode & 0o777 == 0o600


def test_secrets_are_not_logged(tmp_path: Path) -> None:
    """Passwords in an option, in the XML, in a URL and in a command for the guest are omitted."""
    args = (
        *("--graphics", "vnc,password=hunter2", "--extra-args", "inst.vncpassword=hunter2 console=ttyS0"),
        *(
            "--cloud-init",
            "run=echo hunter2,hostname=web",
            "--location",
            "http://anna:hunter2@127.0.0.1:1/?key=hunter2",
        ),
    )
    virt_install(tmp_path, *PREVIEW[:-1], "--osinfo", "generic", "--print-xml", *args)
    virt_install(tmp_path, *PREVIEW_XML, "--graphics", "vnc,password=hunter2")
    text = log_of(tmp_path).read_text()
    assert "password=***" in text
    assert 'passwd="***"' in text
    assert "hunter2" not in text


def test_query_of_a_url_is_not_logged(tmp_path: Path) -> None:
    """It may contain credentials, and urllib3 logs it separately; --debug does not print it either."""
    with WebServer(Site()) as web:
        args = ("--connect", "test:///default", "--name", "logged", "--memory", "512", "--disk", "none", "--debug")
        done = virt_install(tmp_path, *args, "--location", f"{web.url}/?sig=hunter2")
        assert any("hunter2" in request for request in web.site.requests)
    assert "urllib3" in done.stderr
    assert "hunter2" not in done.stderr + log_of(tmp_path).read_text()


def test_errors_are_logged_with_a_traceback(tmp_path: Path) -> None:
    """Standard error has only the message; --debug adds the traceback."""
    failed = virt_install(tmp_path, *PREVIEW_XML, "--disk", "nosuch=1")
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert "Traceback" in log_of(tmp_path).read_text()
    assert "exit status 1" in log_of(tmp_path).read_text()
    assert "Traceback" in virt_install(tmp_path, *PREVIEW_XML, "--disk", "nosuch=1", "--debug").stderr


def test_debug_prints_the_log_on_standard_error(tmp_path: Path) -> None:
    """Standard output is still the XML."""
    done = virt_install(tmp_path, *PREVIEW_XML, "--debug")
    assert done.stdout.startswith("<domain")
    assert "connected to test:///default" in done.stderr


def test_a_log_that_cannot_be_written_is_ignored(tmp_path: Path) -> None:
    """If a file has the name of its directory, the XML is printed without a message about the log."""
    (tmp_path / "virtinstall").write_text("")
    done = virt_install(tmp_path, *PREVIEW_XML)
    assert done.returncode == 0
    assert "log" not in done.stderr


def test_link_in_place_of_the_log_is_not_followed(tmp_path: Path) -> None:
    """The file that the symbolic link points to is not changed."""
    victim = tmp_path / "victim"
    victim.write_text("")
    log_of(tmp_path).parent.mkdir()
    log_of(tmp_path).symlink_to(victim)
    assert virt_install(tmp_path, *PREVIEW_XML).returncode == 0
    assert victim.read_text() == ""


def test_log_is_rotated(tmp_path: Path) -> None:
    """A log larger than 1 MiB is renamed when a new run starts; three old logs are kept."""
    path = tmp_path / "x.log"
    for number in range(6):
        log = Log(str(path), "x")
        log.line(f"run {number} " + "x" * (1 << 20))
        log.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["x.log", "x.log.1", "x.log.2", "x.log.3"]
    assert "run 5 " in path.read_text()
    assert "run 2 " in (tmp_path / "x.log.3").read_text()


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"HOME": "/home/anna"}, "/home/anna/.cache/virtinstall/x.log"),
        ({"HOME": "/home/anna", "XDG_CACHE_HOME": "/c"}, "/c/virtinstall/x.log"),
        ({"HOME": "/home/anna", "XDG_CACHE_HOME": "relative"}, "/home/anna/.cache/virtinstall/x.log"),
        ({}, None),
    ],
)
def test_log_is_in_the_cache_directory(environ: dict[str, str], path: str | None) -> None:
    """XDG_CACHE_HOME determines the directory; without a home directory, there is no log."""
    assert log_path(environ, "x") == path


def test_log_of_a_creation_has_the_records_of_the_library(tmp_path: Path) -> None:
    """A preview does not even import `logging`, which takes 12 ms."""
    done = virt_install(tmp_path, *PREVIEW, "--osinfo", "generic", "--noautoconsole")
    assert done.returncode == 0, done.stderr
    assert "virtinstall.create: creating guest 'logged' on test:///default" in log_of(tmp_path).read_text()
    code = (
        f"import sys; from virtinstall.cli.main import main; main({PREVIEW_XML!r}); assert 'logging' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL, timeout=60)
