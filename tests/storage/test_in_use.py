"""Use of a file by a guest: in any element of its XML, and by any path of the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lxml import etree

from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.storage.file_uses import FileUse, Role, uses_in
from virtinstall.storage.in_use import FilesInUse, file_identity, local_chain
from virtinstall.storage.provision import NewImage, provision_image


def guest(devices: str = "", system: str = "") -> str:
    """Return domain XML with these devices and this content of <os>."""
    return f"<domain><os>{system}</os><devices>{devices}</devices></domain>"


def disk(source: str, inside: str = "", device: str = "disk", form: str = "qcow2") -> str:
    """Return the <disk> element with the target `vda`."""
    return f"<disk device='{device}'><driver type='{form}'/><source {source}/>{inside}<target dev='vda'/></disk>"


def on_this_machine(*domains: tuple[str, str]) -> FilesInUse:
    """Return the files of guests on this machine."""
    return FilesInUse(domains, chain_of=local_chain, identify=file_identity)


def uses_of_new_guest(devices: str, system: str = "") -> list[FileUse]:
    """Return the files of the new guest `new`."""
    return uses_in("new", etree.fromstring(guest(devices, system)))


def make_image(path: Path, backing: str | None = None) -> Path:
    """Create a qcow2 image, optionally with a backing file."""
    size = None if backing else 1 << 20
    form = "qcow2" if backing else None
    image = NewImage(path=str(path), format="qcow2", capacity_bytes=size, backing_path=backing, backing_format=form)
    provision_image(image, Undo(), Silent())
    return path


# elements of another guest that contain a file that it writes
WRITTEN = {
    "disk": guest(disk("file='{}'")),
    "block": guest(disk("dev='{}'")),
    "floppy": guest(disk("file='{}'", device="floppy")),
    "mirror": guest(disk("file='/d/y'", "<mirror><source file='{}'/></mirror>")),
    "data file": guest(disk("file='/d/y'", "<source2/><dataStore><source file='{}'/></dataStore>")),
    "nvram": guest(system="<nvram>{}</nvram>"),
    "nvram source": guest(system="<nvram type='file'><source file='{}'/></nvram>"),
    "writable firmware": guest(system="<loader type='pflash'>{}</loader>"),
    "serial file": guest("<serial type='file'><source path='{}'/></serial>"),
    "console log": guest("<console type='pty'><log file='{}'/></console>"),
    "parallel file": guest("<parallel type='file'><source path='{}'/></parallel>"),
    "channel log": guest("<channel type='unix'><log file='{}'/></channel>"),
    "filesystem image": guest("<filesystem type='file'><source file='{}'/><target dir='/'/></filesystem>"),
    "NVDIMM": guest("<memory model='nvdimm'><source><path>{}</path></source></memory>"),
    "SCSI device": guest("<hostdev mode='capabilities'><source><block>{}</block></source></hostdev>"),
}
# elements that contain a file that it reads
READ = {
    "CD-ROM": guest(disk("file='{}'", device="cdrom")),
    "read-only disk": guest(disk("file='{}'", "<readonly/>")),
    "backing file": guest(disk("file='/d/y'", "<backingStore><source file='{}'/></backingStore>")),
    "shared transient disk": guest(disk("file='{}'", "<transient shareBacking='yes'/>")),
    "kernel": guest(system="<kernel>{}</kernel>"),
    "initrd": guest(system="<initrd>{}</initrd>"),
    "device tree": guest(system="<dtb>{}</dtb>"),
    "firmware": guest(system="<loader type='pflash' readonly='yes'>{}</loader>"),
    "template": guest(system="<nvram template='{}'>/d/vars</nvram>"),
    "snapshot": "<domainsnapshot><domain><devices><disk><source file='{}'/></disk></devices></domain></domainsnapshot>",
    "external snapshot": "<domainsnapshot><disks><disk name='vda'><source file='{}'/></disk></disks></domainsnapshot>",
}


@pytest.mark.parametrize("kind", [*WRITTEN, *READ])
@pytest.mark.parametrize("name", ["same path", "symbolic link", "hard link", "through a linked directory", "dots"])
def test_every_element_and_every_path_is_found(tmp_path: Path, kind: str, name: str) -> None:
    """A new guest must not write to the file, and may read it only if the other guest does not write to it."""
    there = tmp_path / "there"
    there.mkdir()
    (there / "x").write_bytes(b"0" * 4096)
    (tmp_path / "elsewhere").symlink_to(there)
    (there / "link").symlink_to("x")
    os.link(there / "x", there / "hard")
    path = {
        "same path": there / "x",
        "symbolic link": there / "link",
        "hard link": there / "hard",
        "through a linked directory": tmp_path / "elsewhere" / "x",
        "dots": f"{there}/../there/./x",
    }[name]
    xml = {**WRITTEN, **READ}[kind].format(there / "x")
    in_use = on_this_machine(("other", xml))
    assert [use.guest for use in in_use.uses(str(path))] == ["other"]
    (conflict,) = in_use.conflicts(uses_of_new_guest(disk(f"file='{path}'", form="raw")))
    assert "guest 'other'" in str(conflict)
    reader = in_use.conflicts(uses_of_new_guest(disk(f"file='{path}'", device="cdrom", form="raw")))
    assert bool(reader) == (kind in WRITTEN)


@pytest.mark.parametrize("kind", WRITTEN)
def test_all_files_that_a_new_guest_writes_are_checked(tmp_path: Path, kind: str) -> None:
    """For example, its log, NVRAM or memory file may be the disk of another guest."""
    path = tmp_path / "x"
    path.write_bytes(b"0" * 4096)
    new = uses_in("new", etree.fromstring(WRITTEN[kind].format(path)))
    other = on_this_machine(("other", guest(disk(f"file='{path}'"))))
    assert len(other.conflicts(new)) == 1
    assert on_this_machine(("other", guest(disk("file='/other'")))).conflicts(new) == []


def test_missing_file_of_another_guest_is_in_use(tmp_path: Path) -> None:
    """The other guest would use the new file instead of the missing one."""
    path = tmp_path / "gone"
    assert on_this_machine(("a", guest(disk(f"file='{path}'")))).conflicts(uses_of_new_guest(disk(f"file='{path}'")))


def test_volume_is_found_by_path_and_by_name() -> None:
    """The XML of another guest contains the pool and the volume."""
    in_use = FilesInUse(
        [("a", guest(disk("pool='default' volume='x'")))], path_of_volume=lambda pool, name: f"/{pool}/{name}"
    )
    assert [use.guest for use in in_use.uses("/default/x")] == ["a"]
    assert [use.guest for use in in_use.uses("elsewhere", ("default", "x"))] == ["a"]
    assert in_use.uses("/default/y", ("default", "y")) == []


def test_network_storage_is_compared_by_its_address() -> None:
    """Two guests that write to one RBD image destroy its data."""
    rbd = disk("protocol='rbd' name='pool/image'").replace("/>", "><host name='h' port='1'/></source>", 2)
    rbd = "<disk><source protocol='rbd' name='pool/image'><host name='h' port='1'/></source><target dev='vda'/></disk>"
    in_use = FilesInUse([("a", guest(rbd))])
    assert len(in_use.conflicts(uses_of_new_guest(rbd))) == 1
    assert in_use.conflicts(uses_of_new_guest(rbd.replace("pool/image", "pool/other"))) == []


def test_backing_files_are_in_use(tmp_path: Path) -> None:
    """A guest must neither write to another guest's backing file, nor have another guest's disk as a backing file."""
    base = make_image(tmp_path / "base")
    middle = make_image(tmp_path / "middle", "base")
    top = make_image(tmp_path / "top", "middle")
    below = on_this_machine(("other", guest(disk(f"file='{top}'"))))
    for path in (base, middle):
        (conflict,) = below.conflicts(uses_of_new_guest(disk(f"file='{path}'")))[:1]
        assert conflict.held.role is Role.BACKING
    sibling = make_image(tmp_path / "sibling", "middle")
    assert below.conflicts(uses_of_new_guest(disk(f"file='{sibling}'"))) == []
    above = on_this_machine(("other", guest(disk(f"file='{middle}'"))))
    (conflict,) = above.conflicts(uses_of_new_guest(disk(f"file='{sibling}'")))
    assert str(conflict).startswith(
        f"--disk: the backing file '{middle}' of '{sibling}' is already in use by the guest 'other'"
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "conflict"),
    [
        ("", "", True),
        ("<shareable/>", "", True),
        ("", "<shareable/>", True),
        ("<shareable/>", "<shareable/>", False),
        ("<readonly/>", "<readonly/>", False),
        ("<readonly/>", "", True),
        ("", "<readonly/>", True),
        ("<readonly/>", "<shareable/>", True),
    ],
)
def test_sharing_requires_shareable_or_read_only_on_both_sides(ours: str, theirs: str, conflict: bool) -> None:
    """Any other combination is a conflict."""
    in_use = FilesInUse([("other", guest(disk("file='/d/x'", theirs)))])
    assert bool(in_use.conflicts(uses_of_new_guest(disk("file='/d/x'", ours)))) == conflict


def test_one_guest_must_not_use_a_file_twice(tmp_path: Path) -> None:
    """It must not be the source of two disks, or the backing file of another disk, even if it does not exist yet."""
    base = make_image(tmp_path / "base")
    top = make_image(tmp_path / "top", "base")
    nobody = on_this_machine()

    def twice(first: object, second: object, device: str = "disk") -> bool:
        other = disk(f"file='{second}'", device=device).replace("vda", "vdb")
        return bool(nobody.conflicts(uses_of_new_guest(disk(f"file='{first}'") + other)))

    assert twice(base, base)
    assert twice(base, base, "cdrom")
    assert twice(base, top)
    assert twice(top, base)
    assert twice(tmp_path / "new", f"{tmp_path}/./new")
    assert not twice(top, make_image(tmp_path / "second", "base"))
    iso = disk(f"file='{base}'", device="cdrom", form="raw")
    assert nobody.conflicts(uses_of_new_guest(iso + iso.replace("vda", "vdb"))) == []


def test_serial_port_and_its_console_may_share_a_file(tmp_path: Path) -> None:
    """libvirt shows the first serial port as a console as well."""
    log = f"type='file'><source path='{tmp_path}/log'/>"
    assert on_this_machine().conflicts(uses_of_new_guest(f"<serial {log}</serial><console {log}</console>")) == []


def test_dev_null_is_never_in_use() -> None:
    """Any number of guests may write their log to it."""
    log = guest("<serial type='file'><source path='/dev/null'/></serial>")
    assert on_this_machine(("a", log)).conflicts(uses_in("new", etree.fromstring(log))) == []


def test_only_new_conflicts_of_a_change_are_reported() -> None:
    """A guest that already shares a disk can be edited."""
    in_use = FilesInUse([("a", guest(disk("file='/d/x'"))), ("new", guest(disk("file='/d/x'")))])
    before = uses_of_new_guest(disk("file='/d/x'"))
    second = disk("file='/d/y'").replace("vda", "vdb")
    after = uses_of_new_guest(disk("file='/d/x'") + second)
    assert in_use.conflicts(after, known=before, skip="new") == []
    assert in_use.conflicts(
        uses_of_new_guest(disk("file='/d/x'") + second.replace("/d/y", "/d/x")), known=before, skip="new"
    )
