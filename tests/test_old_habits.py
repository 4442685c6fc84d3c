"""Command lines of well-known old guides: each must result in a domain that conforms to libvirt's schema."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import ftp_server, web_server

# HTTP, FTP and DIR are replaced with a server's address and a directory of this test; everything else is unchanged
GUIDE = {
    "http-kickstart": """-n "centos6" -r 512 --vcpus=2 -l http://HTTP/centos/ -x "ks=http://HTTP/ks.cfg"
        --disk path=X.img,size=120,sparse --force -w bridge=br100,model=virtio""",
    "cdrom": """--connect qemu:///system --virt-type kvm --name rhel5 --ram 512 --disk path=Y.img,size=8
        --graphics vnc --cdrom DIR/boot.iso --os-variant rhel5""",
    "ftp-underscore": """--name rhel6 --ram 1024 --vcpus 2 --network bridge=brnet0
        --disk path=Z.img,size=120,sparse --location ftp://FTP/rhel6/dvd --extra_args "ks=ftp://FTP/rhel6.ks"
        --os-variant rhel6 --force""",
    "ftp-nographics": """--name rhel5.8 --vcpus 2,maxvcpus=4 --ram 512
        --disk path=W.img,size=120,format=qcow2,bus=virtio,sparse --network bridge=brnet0,model=virtio
        --nographics --location ftp://FTP/pub --extra-args "ks=ftp://FTP/rhel5.ks console=ttyS0 serial"
        --os-variant rhel5 --force --video=cirrus""",
    "import": "--name rhel5.8 --ram 512 --disk DIR/rhel5.8.img --import",
}

TREEINFO = """[general]
family = {family}
version = {version}
arch = x86_64
name = {family}-{version}

[images-x86_64]
kernel = images/pxeboot/vmlinuz
initrd = images/pxeboot/initrd.img
"""
TREES = {
    "centos": ("CentOS", "6"),
    "rhel6/dvd": ("Red Hat Enterprise Linux", "6.10"),
    "pub": ("Red Hat Enterprise Linux Server", "5.8"),
}


@pytest.fixture
def guide_files(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The servers and files that the guides assume: placeholder -> value."""
    for folder, (family, version) in TREES.items():
        images = tmp_path / "www" / folder / "images" / "pxeboot"
        images.mkdir(parents=True)
        (tmp_path / "www" / folder / ".treeinfo").write_text(TREEINFO.format(family=family, version=version))
        for name in ("vmlinuz", "initrd.img"):
            (images / name).write_bytes(b"boot file")
    (tmp_path / "boot.iso").write_bytes(bytes(64 * 1024))
    (tmp_path / "rhel5.8.img").write_bytes(bytes(1024 * 1024))
    with web_server(tmp_path / "www") as http, ftp_server(tmp_path / "www") as ftp:
        yield {"HTTP": http.url.split("/")[2], "FTP": ftp, "DIR": str(tmp_path)}


@pytest.mark.parametrize("args", GUIDE.values(), ids=GUIDE.keys())
def test_guide_results_in_a_valid_domain(guide_files: dict[str, str], tmp_path: Path, args: str) -> None:
    """The preview creates no files."""
    if shutil.which("virt-xml-validate") is None:
        pytest.skip("NOT RUN: virt-xml-validate is missing (Debian: libvirt-clients, libxml2-utils)")
    for placeholder, value in guide_files.items():
        args = args.replace(placeholder, value)
    before = set(tmp_path.rglob("*"))

    run = subprocess.run(
        [sys.executable, "-m", "virtinstall", *shlex.split(args), "--connect", "test:///default", "--print-xml", "1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert set(tmp_path.rglob("*")) == before
    domain = tmp_path / "domain.xml"
    domain.write_text(run.stdout)
    judged = subprocess.run(
        ["virt-xml-validate", domain, "domain"], capture_output=True, text=True, timeout=60, check=False
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr + run.stdout
