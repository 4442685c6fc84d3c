"""Debian's own installer, from an HTTP tree, with a preseed injected (package debian-installer-N-netboot-amd64).

A mirror with udebs is not available, so the test ends when the preseed takes effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.machine import Outcome, serial_log
from tests.servers import WebServer, web_server

pytestmark = pytest.mark.live
VirtInstall = Callable[..., Outcome]
IMAGES = Path("/usr/lib/debian-installer/images")
RELEASES = {"12": "bookworm", "13": "trixie"}
PRESEED = """d-i debian-installer/locale string C
d-i preseed/early_command string echo "PRESEED TAKEN BY $(cat /etc/default-release)" > /dev/console; poweroff -f
"""


@pytest.fixture
def installer_server() -> Iterator[WebServer]:
    """A web server on loopback with the installer's netboot tree."""
    installers = [IMAGES / release / "amd64/text" for release in RELEASES if (IMAGES / release).is_dir()]
    if not installers:
        pytest.skip("NOT RUN: Debian's installer is missing (Debian: debian-installer-12-netboot-amd64 or later)")
    with web_server(installers[0]) as server:
        yield server


@pytest.mark.parametrize("connection", ["system"], indirect=True)
def test_debian_installer_applies_the_preseed(
    installer_server: WebServer, work: Path, virt_install: VirtInstall, guest_name: str
) -> None:
    """The tree is detected, kernel and initrd are downloaded, and the installer reads the injected preseed file."""
    codename = next(name for release, name in RELEASES.items() if (IMAGES / release).is_dir())
    preseed, log = work / "preseed.cfg", work / "serial.log"
    preseed.write_text(PRESEED)

    virt_install(
        *("--name", guest_name, "--memory", "768", "--osinfo", "detect=on,require=off", "--disk", "none"),
        *("--network", "none", "--graphics", "none", "--serial", f"file,path={log}"),
        *("--location", installer_server.url, "--initrd-inject", preseed),
        *("--extra-args", "console=ttyS0 auto=true priority=critical DEBIAN_FRONTEND=text"),
        *("--noautoconsole", "--wait", "4", "--noreboot"),
    ).ok()

    assert "/debian-installer/amd64/initrd.gz" in installer_server.requests
    assert f"PRESEED TAKEN BY {codename}" in serial_log(log)
