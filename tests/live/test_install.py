"""Real installations: from an install tree, and from an existing disk."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from tests.live.machine import Connection, Outcome, serial_log
from tests.servers import WebServer

pytestmark = pytest.mark.live
VirtInstall = Callable[..., Outcome]


def test_guest_is_installed_over_the_network(
    connection: Connection, virt_install: VirtInstall, tree_server: WebServer, work: Path, guest_name: str
) -> None:
    """Kernel and initrd are downloaded, the installer gets arguments and a file, and the guest then boots its disk."""
    kickstart = work / "tiny.ks"
    kickstart.write_text(f"# answers for {guest_name}\n")
    digest = hashlib.sha256(kickstart.read_bytes()).hexdigest()
    disk, log = work / "disk.img", work / "serial.log"

    run = virt_install(
        *("--name", guest_name, "--memory", "256", "--vcpus", "2", "--osinfo", "fedora36"),
        *("--disk", f"path={disk},size=0.05,format=raw,bus=virtio", "--network", "none"),
        *("--graphics", "none", "--serial", f"file,path={log}"),
        *("--location", tree_server.url, "--initrd-inject", kickstart),
        *("--extra-args", f"console=ttyS0 tiny.mark token={digest}"),
        *("--noautoconsole", "--wait", "4", "--noreboot"),
    ).ok()

    printed = serial_log(log)
    assert f"tiny.mark token={digest}" in printed.partition("COMMAND LINE: ")[2]
    assert f"INJECTED: /tiny.ks {digest}" in printed
    assert "2 CPU(s)" in printed
    assert "WRITTEN" in printed
    assert disk.read_bytes()[:14] == b"TINY-INSTALLED"
    assert "/images/pxeboot/vmlinuz" in tree_server.requests
    assert "libvirt version:" not in run.output, "libvirt's own log lines are for a file"
    assert connection.state(guest_name) == "shut off"
    final = connection.xml(guest_name)
    assert [final.find(f"os/{tag}") for tag in ("kernel", "initrd", "cmdline")] == [None, None, None]
    assert boots_from(final) == "disk"


def test_guest_is_installed_from_a_directory(
    connection: Connection, virt_install: VirtInstall, tiny_tree: Path, work: Path, guest_name: str
) -> None:
    """The directory has a .treeinfo file; the disk is a new qcow2 image."""
    disk, log = work / "disk.qcow2", work / "serial.log"

    virt_install(
        *("--name", guest_name, "--memory", "256", "--osinfo", "fedora36"),
        *("--disk", f"path={disk},size=0.1,bus=virtio", "--network", "none"),
        *("--graphics", "none", "--serial", f"file,path={log}"),
        *("--location", tiny_tree, "--extra-args", "console=ttyS0"),
        *("--noautoconsole", "--wait", "4", "--noreboot"),
    ).ok()

    assert "INSTALLED to /dev/vda1" in serial_log(log)
    checked = subprocess.run(["qemu-img", "check", "-f", "qcow2", disk], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert connection.xml(guest_name).find("os/kernel") is None


def test_import_keeps_the_kernel_of_the_boot_option(
    connection: Connection, virt_install: VirtInstall, tiny_tree: Path, work: Path, guest_name: str
) -> None:
    """The guest boots an existing disk."""
    disk, log = work / "ready.img", work / "serial.log"
    with disk.open("wb") as image:
        image.truncate(16 * 1024 * 1024)
    boot_files = tiny_tree / "images" / "pxeboot"

    virt_install(
        *("--name", guest_name, "--memory", "256", "--osinfo", "debian11", "--import"),
        *("--disk", f"path={disk},format=raw,bus=virtio", "--network", "none"),
        *("--graphics", "none", "--serial", f"file,path={log}"),
        *("--boot", f"kernel={boot_files / 'vmlinuz'},initrd={boot_files / 'initrd.img'}"),
        *("--boot", "kernel_args=console=ttyS0 quiet tiny.mark"),
        *("--noautoconsole", "--wait", "4"),
    ).ok()

    assert "WRITTEN" in serial_log(log)
    assert disk.read_bytes()[:14] == b"TINY-INSTALLED"
    assert connection.xml(guest_name).findtext("os/kernel") == str(boot_files / "vmlinuz")


def test_console_is_shown_without_a_terminal(
    connection: Connection, virt_install: VirtInstall, tiny_tree: Path, work: Path, guest_name: str
) -> None:
    """The serial console is printed, and the command ends when the guest powers off."""
    shown = virt_install(
        *("--name", guest_name, "--memory", "256", "--osinfo", "fedora36"),
        *("--disk", f"path={work / 'disk.qcow2'},size=0.1,bus=virtio", "--network", "none"),
        *("--graphics", "none", "--autoconsole", "text", "--noreboot"),
        *("--location", tiny_tree, "--extra-args", "console=ttyS0 quiet"),
    ).ok()

    assert "Hello from the guest" in shown.output
    assert "Goodbye: powering off" in shown.output
    assert connection.state(guest_name) == "shut off"


def boots_from(domain: etree._Element) -> str:
    """Return what the guest boots first: `disk` for <boot dev='hd'/> or <boot order='1'/> in a disk."""
    boot = domain.find("os/boot")
    if boot is not None:
        return "disk" if boot.get("dev") == "hd" else str(boot.get("dev"))
    first = domain.find("devices/*/boot[@order='1']")
    owner = None if first is None else first.getparent()
    return "nothing" if owner is None else str(owner.tag)
