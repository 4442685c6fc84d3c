"""A file of a killed run is removed only if it is certainly unused."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from virtinstall.domain.domain import Domain
from virtinstall.errors import HypervisorError, TakenError
from virtinstall.libvirt_host.connection import LibvirtHost, connect
from virtinstall.options.fallback import fallback_for
from virtinstall.options.parser import parse_argv
from virtinstall.options.read import read_request
from virtinstall.progress import Silent
from virtinstall.request_texts import texts_of
from virtinstall.rollback import leftovers
from virtinstall.rollback.journal import Journal
from virtinstall.rollback.leftovers import remove_leftovers
from virtinstall.rollback.undo import Undo
from virtinstall.storage.provision import NewImage, provision_image


@pytest.fixture
def host() -> LibvirtHost:
    """libvirt's test driver."""
    return connect("test:///default")


@pytest.fixture
def disk(tmp_path: Path, host: LibvirtHost, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An image that a killed run created for the guest `web`."""
    runs = tmp_path / "runs"
    monkeypatch.setattr(leftovers, "journal_folder", lambda environ, uid: str(runs))
    path = tmp_path / "a&b" / "disk.qcow2"
    path.parent.mkdir()
    with Journal.begin("web", runs, host.uri) as journal:
        provision_image(NewImage(path=str(path), format="qcow2", capacity_bytes=1 << 20), Undo(), Silent(), journal)
        journal.keep_for_next_run()
    return path


def removed(host: LibvirtHost, *named: str) -> bool:
    """Return whether the next run for `web` removes the file; `named` are its arguments."""
    messages: list[str] = []
    remove_leftovers("web", host, messages.append, named)
    (line,) = messages
    return "removed the file" in line


def test_unchanged_and_unused_file_is_removed(disk: Path, host: LibvirtHost) -> None:
    """No guest uses it."""
    assert removed(host)
    assert not disk.exists()


def write_in_place(path: Path) -> None:
    """Change the content, but not the length and the times."""
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"user")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def grow(path: Path) -> None:
    """Append some content."""
    with path.open("ab") as file:
        file.write(b"user")


def replace(path: Path) -> None:
    """Replace the file with a copy."""
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.rename(path)


def rename_and_back(path: Path) -> None:
    """Rename the file and rename it back."""
    path.rename(path.with_name("other"))
    path.with_name("other").rename(path)


@pytest.mark.parametrize(
    "change",
    [
        write_in_place,
        grow,
        replace,
        rename_and_back,
        lambda path: os.truncate(path, 0),
        lambda path: path.chmod(0o640),
        lambda path: os.utime(path),
        lambda path: os.link(path, path.with_name("second")),
    ],
    ids=["same times", "grown", "replaced", "renamed", "emptied", "mode", "touched", "linked"],
)
def test_changed_file_is_kept(disk: Path, host: LibvirtHost, change: Callable[[Path], None]) -> None:
    """Any change after the killed run counts, including metadata."""
    time.sleep(0.01)
    change(disk)
    content = disk.read_bytes()
    messages: list[str] = []
    remove_leftovers("web", host, messages.append)
    assert disk.read_bytes() == content


@pytest.mark.parametrize("by", ["path", "symbolic folder", "relative", "volume", "inside an argument"])
def test_file_in_an_argument_of_the_run_is_kept(
    disk: Path, host: LibvirtHost, by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The argument may have any form of the path."""
    (tmp_path / "link").symlink_to(disk.parent)
    monkeypatch.chdir(disk.parent)
    named = {
        "path": str(disk),
        "symbolic folder": str(tmp_path / "link" / "disk.qcow2"),
        "relative": "./disk.qcow2",
        "volume": "pool/disk.qcow2",
        "inside an argument": f"file={disk},format=qcow2",
    }
    assert not removed(host, "something", named[by])
    assert disk.exists()


def test_file_that_another_run_used_is_kept(disk: Path, host: LibvirtHost) -> None:
    """Its guest was deleted without writing to the file; a later run for the first guest keeps it."""
    messages: list[str] = []
    remove_leftovers("other", host, messages.append, [str(disk)])
    remove_leftovers("web", host, messages.append, [])
    assert disk.exists()
    assert messages == []


GUEST = """<domain type='test'><name>user</name><memory>1</memory><os><type>hvm</type>{os}</os>
<devices>{devices}</devices></domain>"""


@pytest.mark.parametrize("place", ["disk", "linked folder", "CD-ROM", "kernel", "nvram", "backing"])
def test_file_that_a_guest_uses_is_kept(disk: Path, host: LibvirtHost, place: str, tmp_path: Path) -> None:
    """The path is in any element of the guest's XML, and contains a character that XML escapes."""
    (tmp_path / "link").symlink_to(disk.parent)
    escaped = str(disk).replace("&", "&amp;")
    linked = str(tmp_path / "link" / "disk.qcow2")
    image = "<disk type='file' device='{}'><source file='{}'/>{}<target dev='vda'/></disk>"
    boot, devices = {
        "disk": ("", image.format("disk", escaped, "")),
        "linked folder": ("", image.format("disk", linked, "")),
        "CD-ROM": ("", image.format("cdrom", escaped, "").replace("vda", "hda")),
        "kernel": (f"<kernel>{escaped}</kernel>", ""),
        "nvram": (f"<loader type='pflash'>/l</loader><nvram>{escaped}</nvram>", ""),
        "backing": (
            "",
            image.format(
                "disk",
                "/top.qcow2",
                f"<backingStore type='file'><format type='qcow2'/><source file='{escaped}'/></backingStore>",
            ),
        ),
    }[place]
    host.define_guest(GUEST.format(os=boot, devices=devices))
    assert not removed(host)
    assert disk.exists()


def test_all_paths_of_a_command_line_are_found() -> None:
    """They are disks, media, kernels, seeds and firmware in any option."""
    line = (
        "--name web --disk path=/1.img,size=1 --disk /2.img --disk vol=pool/3.img --cdrom /4.iso "
        "--boot kernel=/5,nvram=/6.fd --cloud-init user-data=/7 --initrd-inject /8 --disk size=1,backing_store=/9.img "
        "--qemu-commandline=-fw_cfg,file=/10 --serial file,path=/11.log"
    )
    found = " ".join(texts_of(read_request(parse_argv(line.split(), "virt-install"), fallback_for)))
    missing = [
        name
        for name in ("/1.img", "/2.img", "3.img", "/4.iso", "/5", "/6.fd", "/7", "/8", "/9.img", "/10")
        if name not in found
    ]
    assert missing == []
    assert "/11.log" in found


def test_finding_texts_does_not_change_the_domain() -> None:
    """No element is created while the domain is read."""
    domain = Domain(name="web")
    before = domain.to_xml()
    assert "web" in list(texts_of(domain))
    assert domain.to_xml() == before


def test_one_run_at_a_time_creates_a_guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guests are identified by name and by UUID, per connection."""
    monkeypatch.setattr(leftovers, "journal_folder", lambda environ, uid: str(tmp_path))
    messages: list[str] = []
    with Journal.begin("web", tmp_path, "qemu:///system", "u-1"):
        with pytest.raises(HypervisorError, match=f"PID {os.getpid()}. is creating or changing a guest named 'web'"):
            leftovers.begin_journal("web", messages.append, "qemu:///system", "u-2")
        with pytest.raises(HypervisorError, match="is creating or changing a guest with the UUID u-1"):
            leftovers.begin_journal("db", messages.append, "qemu:///system", "u-1")
        with pytest.raises(TakenError):
            leftovers.begin_journal("web", messages.append, "qemu:///system", "u-2", generated=True)
        for name, uri, uuid in (("db", "qemu:///system", "u-2"), ("web", "qemu:///session", "u-1")):
            other = leftovers.begin_journal(name, messages.append, uri, uuid)
            assert other is not None
            other.end()
    again = leftovers.begin_journal("web", messages.append, "qemu:///system", "u-1")
    assert again is not None
    again.end()
    assert messages == [] and list(tmp_path.iterdir()) == []
