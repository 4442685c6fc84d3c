"""--unattended: values in the answers that come from the install medium."""

from __future__ import annotations

from pathlib import Path

import pytest

import virtinstall
from tests.servers import web_server

IMAGES = "dists/stable/main/installer-i386/current/images/netboot/debian-installer/i386"


@pytest.mark.parametrize("below", ["", "dists/stable/main/installer-i386/"])
def test_preseed_contains_the_mirror_of_the_location(tmp_path: Path, below: str) -> None:
    """--location is the mirror or the directory of the installer in it."""
    mirror = tmp_path / "debian"
    files = {
        f"{IMAGES}/linux": "k",
        f"{IMAGES}/initrd.gz": "i",
        "dists/stable/Release": "Origin: Debian\nVersion: 12.5\n",
    }
    files["dists/stable/main/installer-i386/current/images/MANIFEST"] = "netboot\n"
    for name, text in files.items():
        (mirror / name).parent.mkdir(parents=True, exist_ok=True)
        (mirror / name).write_text(text)
    password = tmp_path / "password"
    password.write_text("secret\n")
    with virtinstall.connect("test:///default") as hypervisor, web_server(tmp_path) as server:
        args = [
            "--name",
            "d",
            "--memory",
            "1024",
            "--osinfo",
            "debian11",
            "--disk",
            "none",
            "--unattended",
            f"profile=jeos,admin-password-file={password}",
        ]
        request = virtinstall.parse_request([*args, "--location", f"{server.url}debian/{below}"])
        plan = hypervisor.plan(request)
    answers = next(dict(file.answers) for file in plan.boot_files if file.what == "initrd")["preseed.cfg"].decode()
    assert f"d-i mirror/http/hostname string {server.url.split('/')[2]}\n" in answers
    assert "d-i mirror/http/directory string /debian\n" in answers
