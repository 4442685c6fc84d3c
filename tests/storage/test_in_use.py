"""Which guests use a path: directly, as a volume, through a chain, or by another name."""

from __future__ import annotations

import os
from pathlib import Path

from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.storage.in_use import DisksInUse, local_chain_paths
from virtinstall.storage.provision import NewImage, provision_image


def guest(*disks: str) -> str:
    """Domain XML with these disks."""
    return f"<domain><devices>{''.join(disks)}</devices></domain>"


def disk(source: str, inside: str = "", device: str = "disk") -> str:
    """One disk, `vda`."""
    return f"<disk device='{device}'><driver type='qcow2'/><source {source}/>{inside}<target dev='vda'/></disk>"


def test_file_device_and_volume_are_found() -> None:
    """A path is found however the other guest names it."""
    domains = [
        ("a", guest(disk("file='/d/x'"))),
        ("b", guest(disk("dev='/d/x'"))),
        ("c", guest(disk("pool='default' volume='x'"))),
        ("d", guest(disk("file='/d/y'"), "<disk device='cdrom'><target dev='sda'/></disk>")),
    ]
    assert [u.domain for u in DisksInUse(domains).uses("/d//./x", ("default", "x"))] == ["a", "b", "c"]
    assert DisksInUse(domains).uses("/d/x")[0].target == "vda"
    assert DisksInUse(domains).uses("/d/z") == []


def test_backing_chain_and_mirror_in_the_xml_count() -> None:
    """A file below a running guest's disk is used as backing; a copy job's target is written to."""
    base = "<backingStore><source file='/d/base'/></backingStore>"
    chain = f"<backingStore type='file'><source file='/d/mid'/>{base}</backingStore>"
    domains = [("a", guest(disk("file='/d/top'", chain + "<mirror><source file='/d/copy'/></mirror>")))]
    assert [u.as_backing for u in DisksInUse(domains).uses("/d/base")] == [True]
    assert [u.as_backing for u in DisksInUse(domains).uses("/d/mid")] == [True]
    assert [u.as_backing for u in DisksInUse(domains).uses("/d/copy")] == [False]


def test_backing_chain_on_disk_counts(tmp_path: Path) -> None:
    """A guest that is off doesn't tell its chain; its image does."""
    base, top, link = tmp_path / "base", tmp_path / "top", tmp_path / "link"
    provision_image(NewImage(path=str(base), format="qcow2", capacity_bytes=1 << 20), Undo(), Silent())
    overlay = NewImage(path=str(top), format="qcow2", capacity_bytes=None, backing_path="base", backing_format="qcow2")
    provision_image(overlay, Undo(), Silent())
    link.symlink_to("base")
    domains = [("a", guest(disk(f"file='{top}'"))), ("b", guest(disk("file='/gone'")))]
    assert DisksInUse(domains).uses(str(base)) == []
    (use,) = DisksInUse(domains, chain_of=local_chain_paths, resolve=os.path.realpath).uses(str(link))
    assert (use.domain, use.as_backing) == ("a", True)


def test_sharing_is_allowed_only_where_nobody_is_harmed() -> None:
    """Both shareable, or both read-only: fine; writing below or beside another, or reading what it writes: not."""
    domains = [
        ("plain", guest(disk("file='/d/x'"))),
        ("shared", guest(disk("file='/d/x'", "<shareable/>"))),
        ("reader", guest(disk("file='/d/x'", device="cdrom"))),
    ]
    plain, shared, reader = DisksInUse(domains).uses("/d/x")
    assert plain.excludes(shareable=False, readonly=False)
    assert plain.excludes(shareable=True, readonly=False)
    assert plain.excludes(shareable=False, readonly=True)
    assert not shared.excludes(shareable=True, readonly=False)
    assert shared.excludes(shareable=False, readonly=False)
    assert reader.excludes(shareable=False, readonly=False)
    assert not reader.excludes(shareable=False, readonly=True)
