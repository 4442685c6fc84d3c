"""Build the files that the examples name, a host for the test driver, and the files of a web server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.media.isofiles import build_iso

PROJECT = Path(__file__).parents[2]
NETBOOT = "debian-installer/amd64"
TREEINFO = """[general]
family = Fedora
version = 36
arch = x86_64
variant = Everything

[images-x86_64]
kernel = images/pxeboot/vmlinuz
initrd = images/pxeboot/initrd.img
"""
DRIVER = """<node>
  <network><name>default</name><bridge name='virbr0'/><ip address='192.168.122.1' netmask='255.255.255.0'/></network>
  <pool type='dir'><name>default</name><target><path>{images}</path></target></pool>
  <device><name>computer</name><capability type='system'>
    <hardware><uuid>97e80381-494f-11cb-8e0e-cbc168f7d753</uuid></hardware><firmware/></capability></device>
  <device><name>pci_0000_01_00_0</name><parent>computer</parent><capability type='pci'>
    <domain>0</domain><bus>1</bus><slot>0</slot><function>0</function>
    <product id='0x1'>card</product><vendor id='0x2'>maker</vendor></capability></device>
  <device><name>usb_1_1</name><parent>computer</parent><capability type='usb_device'>
    <bus>1</bus><device>2</device>
    <product id='0xc52b'>receiver</product><vendor id='0x046d'>maker</vendor></capability></device>
  <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>app</name>
    <test:runstate>5</test:runstate>
    <memory unit='MiB'>512</memory><os><type arch='i686' machine='pc'>hvm</type></os>
    <devices>
      <disk type='file' device='disk'><driver name='qemu' type='raw'/>
        <source file='{stage}/app.img'/><target dev='vda' bus='virtio'/></disk>
      <disk type='file' device='cdrom'><target dev='vdb' bus='virtio'/></disk>
      <sound model='ich6'/><sound model='ac97'/>
    </devices></domain>
</node>
"""
LAB = """version: 1
defaults: {memory: 2G, osinfo: debian12, image: debian12, cloud-init: {user: ops, user-ssh-key: id_ed25519.pub}}
guests:
  web: {count: 2, groups: [frontend]}
  db: {memory: {memory: 4G, currentMemory: 2G}}
"""


def yaml_blocks(page: str) -> list[str]:
    """Return the blocks of YAML on a page."""
    return re.findall(r"^```yaml\n(.*?)^```$", (PROJECT / page).read_text(), re.MULTILINE | re.DOTALL)


def build(stage: Path) -> None:
    """Create everything that an example may name in `stage`."""
    _images(stage)
    _isos(stage)
    for name, text in {
        "server.ks": "text\npoweroff\n",
        "preseed.cfg": "d-i debian-installer/locale string C\n",
        "server.ign": '{"ignition": {"version": "3.4.0"}}',
        "user-data.yaml": "#cloud-config\nhostname: own\n",
        "network-config.yaml": "version: 2\n",
        "id_ed25519.pub": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1wEyy0nPzV8BMrXyvBrdRXSKYdzR3nSm6kyxJyqvWB a@b\n",
        "password.txt": "correct horse\n",
        "lab.yaml": LAB,
        "guests.yaml": LAB,
        "shop.yaml": yaml_blocks("docs/guides/lab.md")[0],
    }.items():
        stage.joinpath(name).write_text(text)
    stage.joinpath("password.txt").chmod(0o600)
    stage.joinpath("images").mkdir()
    stage.joinpath("app.img").write_bytes(bytes(1 << 20))
    stage.joinpath("host.xml").write_text(DRIVER.format(images=stage / "images", stage=stage))
    _web(stage / "web")
    shutil.copy(stage / "old.qcow2", stage / "web" / "debian12.qcow2")


def _images(stage: Path) -> None:
    for name in ("debian-12-genericcloud-amd64.qcow2", "fedora-coreos-qemu.x86_64.qcow2", "old.qcow2"):
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(stage / name), "2G"], check=True)


def _isos(stage: Path) -> None:
    debian = {
        ".disk/info": b'Debian GNU/Linux 12.0.0 "Bookworm" - Official amd64 NETINST 20230610-10:21\n',
        "install.amd/vmlinuz": b"kernel",
        "install.amd/initrd.gz": b"initrd",
    }
    build_iso(stage / "debian-12-netinst.iso", debian, volume_id="Debian 12.0.0 amd64 n", joliet=False)
    for name in ("win10.iso", "win11.iso", "virtio-win.iso"):
        build_iso(stage / name, {"setup.exe": b"MZ"}, volume_id=name.partition(".")[0].upper())


def _web(folder: Path) -> None:
    """Create the files that a proxy serves for the hosts in the examples."""
    debian = "debian/dists/bookworm/main/installer-amd64/current/images"
    files = {
        f"{debian}/MANIFEST": f"netboot/{NETBOOT}/linux -- kernel\n",
        f"{debian}/netboot/{NETBOOT}/linux": "kernel",
        f"{debian}/netboot/{NETBOOT}/initrd.gz": "initrd",
        "odd/boot/linux": "kernel",
        "odd/boot/initrd.gz": "initrd",
        "fedora/36/Everything/x86_64/os/.treeinfo": TREEINFO,
        "fedora/36/Everything/x86_64/os/images/pxeboot/vmlinuz": "kernel",
        "fedora/36/Everything/x86_64/os/images/pxeboot/initrd.img": "initrd",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def commands(folder: Path) -> Path:
    """Write the commands of this checkout, installed or not, and return their folder."""
    folder.mkdir(exist_ok=True)
    for name, function in (
        ("virt-install", "main"),
        ("virt-clone", "clone_main"),
        ("virt-xml", "xml_main"),
        ("virt-guest", "guest_main"),
    ):
        path = folder / name
        path.write_text(
            f"#!{sys.executable}\nfrom virtinstall.cli.main import {function}\nraise SystemExit({function}())\n"
        )
        path.chmod(0o755)
    # the remote host of the examples is this host
    folder.joinpath("ssh").write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
    folder.joinpath("ssh").chmod(0o755)
    return folder


def environ(stage: Path, proxy: str) -> dict[str, str]:
    """Return the environment of an example: this checkout in PATH, the test driver, and `proxy` for downloads."""
    home = stage / "home"
    home.mkdir(exist_ok=True)
    # images by name are served by `proxy`
    stage.joinpath("images.yaml").write_text(
        f"images: [{{name: debian12, url: '{proxy}debian12.qcow2', checksums: [], user: debian, os: debian12}}]\n"
    )
    return {
        # guests of libvirt's test driver never power off
        "MINUTES": "0",
        "PATH": f"{commands(stage / 'bin')}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "LIBVIRT_DEFAULT_URI": f"test://{stage / 'host.xml'}",
        "http_proxy": proxy,
        "VIRTINSTALL_IMAGES": str(stage / "images.yaml"),
        "PYTHONPATH": str(PROJECT),
        "LC_ALL": "C.UTF-8",
    }
