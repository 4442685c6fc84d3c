"""--unattended with a Debian mirror, from the installation to the login of the new user.

The packages are real; scripts/debian-tree builds the base system and an installer with Debian's debconf,
which reads all settings from the preseed file.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.machine import Connection, cache_of, finish, serial_log, start_virt_install
from tests.live.test_console import Terminal, terminal
from tests.servers import WebServer, web_server

pytestmark = pytest.mark.live

USER_PASSWORD, ROOT_PASSWORD = "ada's long word", "root's long word"
# under emulation, a program at a new address is translated again each time it starts
KERNEL_ARGUMENTS = "console=ttyS0 norandmaps mitigations=off init_on_alloc=0"
INSTALL_SECONDS = 900


@pytest.fixture
def mirror(work: Path) -> Iterator[WebServer]:
    """A Debian mirror on loopback, at /debian."""
    served = work / "served"
    served.mkdir()
    (served / "debian").symlink_to(cache_of("debian-tree", timeout_seconds=600) / "debian-tree")
    with web_server(served) as server:
        yield server


def answer(console: Terminal, prompt: bytes, reply: str) -> None:
    """Type a line after the guest has printed `prompt`."""
    console.read_until(prompt)
    console.output = b""
    os.write(console.fd, reply.encode() + b"\r")


def holds(file: Path, args: str) -> bool:
    """Return whether the file contains the bytes."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(args.encode()) >= 0


@pytest.mark.parametrize("connection", ["system"], indirect=True)
def test_unattended_debian_has_the_requested_logins(
    mirror: WebServer, work: Path, connection: Connection, guest_name: str
) -> None:
    """The guest boots its disk with the requested host name, user and passwords, which are nowhere in clear text."""
    disk, log = work / "disk.qcow2", work / "serial.log"
    for name, password in (("user", USER_PASSWORD), ("root", ROOT_PASSWORD)):
        (work / name).write_text(password + "\n")
    # in the guest, this host is 10.0.2.2, which is reachable from here only through a proxy
    mirror_url = mirror.url.replace("127.0.0.1", "10.0.2.2") + "debian"
    environ = connection.full_environ() | {"http_proxy": mirror.url, "no_proxy": "", "XDG_CACHE_HOME": str(work)}

    install = start_virt_install(
        *("--connect", connection.option, "--virt-type", "qemu", "--name", guest_name, "--debug"),
        *("--memory", "2048", "--vcpus", "1", "--cpu", "qemu64", "--network", "user", "--graphics", "none"),
        *("--disk", f"path={disk},size=4,driver.cache=unsafe"),
        *("--serial", f"pty,log.file={log},log.append=on"),
        *("--location", mirror_url, "--extra-args", f"--- {KERNEL_ARGUMENTS}"),
        "--unattended",
        f"user-login=ada,user-password-file={work / 'user'},admin-password-file={work / 'root'}",
        *("--noautoconsole", "--wait", str(INSTALL_SECONDS // 60)),
        environ=environ,
    )
    output = finish(install, INSTALL_SECONDS + 60).ok().output

    printed = serial_log(log)
    assert "INSTALLED" in printed, printed[-3000:]
    assert f"installing the base system from {mirror_url}" in printed
    assert "/debian/live/filesystem.tar" in mirror.requests
    final = connection.xml(guest_name)
    assert not [name for name in ("kernel", "initrd", "cmdline") if final.find(f"os/{name}") is not None]

    with terminal(["virsh", "-c", connection.uri, "console", guest_name], connection.full_environ()) as console:
        answer(console, f"{guest_name} login: ".encode(), "ada")
        answer(console, b"Password: ", USER_PASSWORD)
        answer(console, b"$ ", "echo I am $(id -un), $(id -u) on $(hostname)")
        console.read_until(f"I am ada, 1000 on {guest_name}".encode())
        answer(console, b"$ ", "su -c 'echo Now $(id -un) at $(cat /proc/1/comm)'")
        answer(console, b"Password: ", ROOT_PASSWORD)
        console.read_until(b"Now root at systemd")

    assert holds(disk, "passwd/user-password-crypted password $6$"), "the preseed isn't on the disk"
    for password in (USER_PASSWORD, ROOT_PASSWORD):
        assert password not in output + serial_log(log) + connection.virsh("dumpxml", "--security-info", guest_name)
        assert not holds(disk, password)
        assert not holds(work / "virtinstall" / "virt-install.log", password)
