"""virt-install, virt-clone and virt-xml reject files that other guests use, and files that cannot be a disk."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from virtinstall.cli.main import clone_main, main, xml_main
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.storage.provision import NewImage, provision_image

UUID = "11111111-0000-0000-0000-00000000000{}"
GUEST = """<domain type='test'><name>{name}</name><uuid>{uuid}</uuid><memory>8192</memory><vcpu>1</vcpu>
  <test:runstate xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>5</test:runstate>
  <os><type arch='i686'>hvm</type>{system}</os>
  <devices>{devices}</devices></domain>"""
DISK = (
    "<disk type='file' device='disk'><driver type='qcow2'/><source file='{}'/><target dev='vda' bus='virtio'/></disk>"
)
INSTALL = ("--name", "new", "--memory", "64", "--osinfo", "generic", "--network", "none", "--dry-run")


@dataclass
class Lab:
    """A test driver with the guests `other`, which uses files in `folder`, and `mine`, which uses none of them."""

    folder: Path
    uri: str
    capture: Callable[[], str]

    def path(self, name: str) -> str:
        """Return the path of a file."""
        return str(self.folder / name)

    def install(self, *args: str) -> tuple[int, str]:
        """Run virt-install with --dry-run; return its exit status and messages."""
        method = () if "--cdrom" in args else ("--import",)
        return main(["--connect", self.uri, *INSTALL, *method, *args]), self.capture()

    def edit(self, *args: str) -> tuple[int, str]:
        """Run virt-xml on `mine`; return its exit status and messages."""
        return xml_main(["--connect", self.uri, "mine", "--print-diff", *args]), self.capture()

    def clone(self, *args: str) -> tuple[int, str]:
        """Run virt-clone of `other`; return its exit status and messages."""
        return clone_main(["--connect", self.uri, "-o", "other", "-n", "new", "--print-xml", *args]), self.capture()


@pytest.fixture
def lab(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Lab:
    """`other` has disk.qcow2 (on base.qcow2), vars.fd, serial.log and kernel."""
    for name in ("vars.fd", "serial.log", "kernel", "free.img"):
        (tmp_path / name).write_bytes(b"0" * 4096)
    for name, backing in (("base.qcow2", None), ("disk.qcow2", "base.qcow2"), ("above.qcow2", "disk.qcow2")):
        path, form = str(tmp_path / name), "qcow2" if backing else None
        image = NewImage(
            path=path,
            format="qcow2",
            capacity_bytes=None if backing else 1 << 20,
            backing_path=backing,
            backing_format=form,
        )
        provision_image(image, Undo(), Silent())
    (tmp_path / "link.qcow2").symlink_to("disk.qcow2")
    os.link(tmp_path / "disk.qcow2", tmp_path / "hard.qcow2")
    devices = DISK.format(tmp_path / "disk.qcow2")
    devices += f"<serial type='file'><source path='{tmp_path}/serial.log'/></serial>"
    system = f"<loader readonly='yes' type='pflash'>/code.fd</loader><nvram>{tmp_path}/vars.fd</nvram>"
    system += f"<kernel>{tmp_path}/kernel</kernel>"
    other = GUEST.format(name="other", uuid=UUID.format(1), system=system, devices=devices)
    mine = GUEST.format(name="mine", uuid=UUID.format(2), system="", devices=DISK.format(tmp_path / "mine.img"))
    node = tmp_path / "node.xml"
    node.write_text(f"<node>{other}{mine}</node>")
    return Lab(tmp_path, f"test://{node}", lambda: capsys.readouterr().err)


WRITTEN = ["disk.qcow2", "link.qcow2", "hard.qcow2", "vars.fd", "serial.log"]
READ = ["base.qcow2", "kernel"]


@pytest.mark.parametrize("name", [*WRITTEN, *READ, "above.qcow2"])
@pytest.mark.parametrize(
    "args",
    [
        ("--disk", "{}"),
        ("--disk", "none", "--serial", "file,path={}"),
        ("--disk", "none", "--boot", "loader=/x,loader.readonly=yes,loader.type=pflash,nvram={}"),
    ],
    ids=["disk", "serial", "nvram"],
)
def test_new_guest_does_not_write_a_file_that_another_guest_uses(lab: Lab, name: str, args: tuple[str, ...]) -> None:
    """The file is a disk, a log or UEFI variables; the message names the other guest, and the check can be disabled."""
    if name == "above.qcow2" and args != ("--disk", "{}"):
        pytest.skip("only a disk has a backing chain")
    given = [word.format(lab.path(name)) for word in args]
    status, text = lab.install(*given)
    # two guests may append to one log
    assert (status == 0) == (name == "serial.log" and "--serial" in args)
    assert "guest 'other'" in text
    status, text = lab.install(*given, "--check", "path_in_use=off")
    assert "guest 'other'" in text
    assert status == 0


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize(
    "args",
    [
        ("--disk", "none", "--cdrom", "{}"),
        ("--disk", "{},device=cdrom"),
        ("--disk", "{},readonly=on"),
        ("--disk", "new.qcow2,size=1,backing_store={}"),
    ],
    ids=["--cdrom", "CD-ROM", "read-only", "backing"],
)
def test_new_guest_does_not_read_a_file_that_another_guest_writes(lab: Lab, name: str, args: tuple[str, ...]) -> None:
    """QEMU would refuse to open the file, or the guest would read inconsistent data."""
    given = [word.format(lab.path(name)).replace("new.qcow2", lab.path("new.qcow2")) for word in args]
    status, text = lab.install(*given)
    assert status != 0
    assert "guest 'other'" in text


@pytest.mark.parametrize("name", READ)
def test_file_that_guests_only_read_can_be_shared(lab: Lab, name: str) -> None:
    """Several guests can use the same base image or kernel."""
    assert lab.install("--disk", f"{lab.path(name)},readonly=on")[0] == 0
    assert lab.install("--disk", f"{lab.path('new.qcow2')},size=1,backing_store={lab.path(name)}")[0] == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("free.img", "free.img"),
        ("free.img", "./free.img"),
        ("free.img", "free.img,device=cdrom"),
        ("free.img", "new.qcow2,size=1,backing_store={}/free.img"),
        ("new.img,size=1", "new.img,size=1"),
        ("new.img,size=1", "../{name}/new.img,size=1"),
        ("new.img,size=1", "linked/new.img,size=1"),
    ],
)
def test_one_file_for_two_disks_is_rejected(lab: Lab, first: str, second: str) -> None:
    """The file may have two names, and need not exist yet."""
    (lab.folder / "linked").symlink_to(lab.folder)
    second = second.format(lab.folder, name=lab.folder.name)
    status, text = lab.install("--disk", f"{lab.folder}/{first}", "--disk", f"{lab.folder}/{second}")
    assert status != 0
    assert "twice" in text


@pytest.mark.parametrize(
    "what", ["pipe", "socket", "/dev/random", "/dev/tty", "/proc/self/mem", "/sys/kernel/profiling", "nosuch/"]
)
@pytest.mark.parametrize("options", ["", ",size=1", ",device=cdrom"])
def test_file_that_cannot_be_a_disk_is_rejected(lab: Lab, what: str, options: str) -> None:
    """virt-install, virt-xml and virt-clone reject FIFOs, sockets and some devices, even with --check all=off."""
    os.mkfifo(lab.folder / "pipe")
    path = what if what.startswith("/") else f"{lab.folder}/{what}"
    with socket.socket(socket.AF_UNIX) as unix:
        os.chdir(lab.folder)
        unix.bind("socket")
        assert os.path.exists(path) or what == "nosuch/"
        for args in ((), ("--check", "all=off")):
            status, text = lab.install("--disk", path + options, *args)
            assert status == 1
            assert "error: " in text
        if what != "nosuch/" and not options:
            assert lab.edit("--add-device", "--disk", path)[0] == 1
            assert lab.edit("--edit", "--disk", f"path={path}")[0] == 1
            assert lab.clone("--preserve-data", "--file", path)[0] == 1


@pytest.mark.parametrize("name", [*WRITTEN, "base.qcow2", "above.qcow2"])
@pytest.mark.parametrize("action", [("--add-device",), ("--edit", "target=vda")])
def test_virt_xml_rejects_a_file_of_another_guest(lab: Lab, name: str, action: tuple[str, ...]) -> None:
    """The file is the source of a new disk or the new source of an existing one."""
    status, text = lab.edit(*action, "--disk", f"path={lab.path(name)}")
    assert status == 1
    assert "guest 'other'" in text
    assert lab.edit(*action, "--disk", f"path={lab.path(name)}", "--check", "path_in_use=off")[0] == 0


def test_virt_xml_accepts_a_file_of_the_same_guest(lab: Lab) -> None:
    """Editing a disk without changing its path causes no conflict; adding a second disk with the same path does."""
    (lab.folder / "mine.img").touch()
    assert lab.edit("--edit", "--disk", "cache=none")[0] == 0
    assert lab.edit("--edit", "--disk", f"path={lab.path('mine.img')},cache=none")[0] == 0
    assert lab.edit("--add-device", "--disk", lab.path("mine.img"))[0] == 1


@pytest.mark.parametrize(
    "name", ["disk.qcow2", "link.qcow2", "hard.qcow2", "base.qcow2", "above.qcow2", "vars.fd", "kernel"]
)
def test_virt_clone_never_copies_onto_its_source(lab: Lab, name: str) -> None:
    """The backing files of a disk and the overlays on it are protected as well, even with --check all=off."""
    for checks in ((), ("--check", "path_exists=off"), ("--check", "all=off")):
        status, text = lab.clone("--file", lab.path(name), *checks)
        assert status == 1
        assert "original guest" in text


@pytest.mark.parametrize("args", [(), ("--preserve-data",), ("--check", "path_exists=off")])
def test_virt_clone_rejects_a_file_of_another_guest(lab: Lab, args: tuple[str, ...]) -> None:
    """--file and --nvram are checked; --check path_in_use=off disables the check."""
    mine = lab.path("mine.img")
    (lab.folder / "mine.img").write_bytes(b"0" * 4096)
    status, text = lab.clone("--file", mine, *args)
    assert status == 1
    assert "guest 'mine'" in text
    assert lab.clone("--file", mine, "--preserve-data", "--check", "path_in_use=off")[0] == 0
    status, text = lab.clone("--file", lab.path("free.img"), "--preserve-data", "--nvram", mine)
    assert status == 1
    assert "guest 'mine'" in text


def test_virt_clone_rejects_one_file_for_two_disks(lab: Lab) -> None:
    """The paths differ: one of them contains a symbolic link."""
    (lab.folder / "linked").symlink_to(lab.folder)
    status, text = lab.clone("--file", lab.path("n.img"), "--file", lab.path("linked/n.img"))
    assert status == 1
    assert "same file" in text
