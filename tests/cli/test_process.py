"""virt-install as a process: its exit status, its output, and the modules that it loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GUEST = ("--connect", "test:///default", "--name", "web1", "--memory", "512", "--osinfo", "none", "--disk", "none")
PRINT = (*GUEST, "--pxe", "--print-xml")


def virt_install(*args: str, redirection: str = "", state: Path) -> subprocess.CompletedProcess[str]:
    """Run `virt-install` with a redirection in a shell."""
    script = f'"$0" -m virtinstall "$@" {redirection}'
    environ = os.environ | {"XDG_CACHE_HOME": str(state), "XDG_STATE_HOME": str(state)}
    command = ["sh", "-c", script, sys.executable, *args]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("args", [PRINT, ("--version",), ("--help",)], ids=["xml", "version", "help"])
def test_output_to_a_full_disk_is_an_error(tmp_path: Path, args: tuple[str, ...]) -> None:
    """There is one message and an exit status, but no traceback."""
    done = virt_install(*args, redirection="> /dev/full", state=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "virt-install: error: no space left on device"
    assert "Traceback" not in done.stderr


def test_closed_pipe_causes_no_message(tmp_path: Path) -> None:
    """`virt-install --osinfo list | head -1` ends without an error."""
    done = virt_install("--osinfo", "list", redirection="| head -1", state=tmp_path)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_guest_is_created_with_closed_standard_streams(tmp_path: Path, closed: str) -> None:
    """Standard input, standard output and standard error may be closed."""
    done = virt_install(*GUEST, "--pxe", "--noautoconsole", redirection=closed, state=tmp_path)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_long_output_is_complete(tmp_path: Path) -> None:
    """The last line arrives in a file and in a pipe."""
    piped = virt_install(*PRINT, state=tmp_path).stdout
    virt_install(*PRINT, redirection=f"> {tmp_path / 'out.xml'}", state=tmp_path)
    filed = (tmp_path / "out.xml").read_text()
    assert piped.endswith("</domain>\n")
    assert len(filed) == len(piped)


def test_exit_status_is_0_1_or_2(tmp_path: Path) -> None:
    """Success is 0, an error 1, an unknown option 2."""
    assert virt_install(*PRINT, state=tmp_path).returncode == 0
    assert virt_install(*PRINT, "--osinfo", "nosuch", state=tmp_path).returncode == 1
    assert virt_install("--nosuch", state=tmp_path).returncode == 2


@pytest.mark.parametrize("option", ["--name", "--disk"])
def test_name_in_latin_1_is_an_error(tmp_path: Path, option: str) -> None:
    """libvirt requires UTF-8 for the names of guests and files."""
    args = {"--name": b"caf\xe9", "--disk": b"path=/tmp/caf\xe9.img,size=1"}
    done = virt_install(*PRINT, option, os.fsdecode(args[option]), state=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"virt-install: error: {option}: '")
    assert "caf\\udce9" in done.stderr
    assert "is not valid UTF-8" in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ("--import", "--network", "default,xpath².set=./@x=1"),
        ("--import", "--network", f"default,xpath{'9' * 5000}.set=./@x=1"),
        ("--import", "--hostdev", "001.²"),
        ("--import", "--hostdev", f"1.{'9' * 5000}"),
        ("--import", "--cdrom", "http://h:²/x"),
        ("--import", "--cloud-init", "user-data=file://[x"),
        ("--location", "file://[x"),
    ],
)
def test_invalid_numbers_and_addresses_cause_no_traceback(tmp_path: Path, args: tuple[str, ...]) -> None:
    """Superscript digits, 5000 digits, and URLs with an unclosed bracket are errors of one sentence."""
    done = virt_install(*GUEST, *args, "--print-xml", state=tmp_path)
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("virt-install: error: ") and "Traceback" not in done.stderr


IMPORTED = """
import sys
sys.argv = ["virt-install", *sys.argv[1:]]
from virtinstall.cli.main import main
status = main()
print(*sorted(sys.modules), file=sys.stderr)
sys.exit(status)
"""
# importing each of these takes milliseconds
HEAVY = (
    *("requests", "urllib3", "http.client", "urllib.parse", "ssl", "ipaddress", "pathlib", "yaml", "pycdlib", "tqdm"),
    *(
        "logging",
        "subprocess",
        "tempfile",
        "dataclasses",
        "difflib",
        "random",
        "uuid",
        "virtinstall.spec",
        "virtinstall.guest_spec",
    ),
    *(
        "virtinstall.guest",
        "virtinstall.run",
        "virtinstall.seed",
        "virtinstall.rollback.journal",
        "virtinstall.cli.follow",
    ),
)
CREATION = (
    "libvirt",
    "lxml",
    "json",
    "virtinstall.xml",
    "virtinstall.domain",
    "virtinstall.compose",
    "virtinstall.survey",
)


@pytest.mark.parametrize(
    ("args", "unwanted"),
    [
        (("--version",), (*HEAVY, *CREATION, "argparse", "virtinstall.options")),
        (("--help",), (*HEAVY, *CREATION)),
        (("--osinfo", "list"), (*HEAVY, "libvirt", "lxml", "virtinstall.xml", "virtinstall.compose")),
        (PRINT, HEAVY),
        ((*PRINT, "--disk", "size=1", "--network", "user", "--graphics", "vnc"), HEAVY),
    ],
    ids=["version", "help", "osinfo-list", "print-xml", "print-xml-devices"],
)
def test_previews_load_few_modules(tmp_path: Path, args: tuple[str, ...], unwanted: tuple[str, ...]) -> None:
    """Imports are most of the start-up time, so a run loads only the modules that it uses."""
    environ = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", IMPORTED, *args]
    for _ in range(2):  # the first run fills the cache of the OS database
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.splitlines()[-1].split())
    assert sorted(loaded.intersection(unwanted)) == []
