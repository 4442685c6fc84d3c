"""--disk: sources, wishes, network hosts, words of old guides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.devices.asked import asked, line
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("20", 20 << 30), ("20G", 20 << 30), ("500M", 500 << 20), (".5", 1 << 29), ("0", 0)],
)
def test_size_is_in_gib_unless_it_says_so(text: str, size_bytes: int) -> None:
    """A plain number is GiB, fractions allowed; a unit is taken at its word."""
    disk = asked(Disk, f"size={text}")
    assert disk.size_bytes == size_bytes
    assert line(disk) == "<disk/>"


def test_size_that_is_none() -> None:
    """The error names option, sub-option and value."""
    with pytest.raises(RequestError, match=r"--disk size=big: must be a size"):
        asked(Disk, "size=big")


def test_bare_word_is_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path needs no key and is made absolute; a URL stays as it is."""
    monkeypatch.chdir(tmp_path)
    assert asked(Disk, "a.img,size=1").path == str(tmp_path / "a.img")
    assert asked(Disk, "path=https://127.0.0.1/a.iso").path == "https://127.0.0.1/a.iso"


def test_each_host_has_its_number() -> None:
    """`source.host1` is a second server; it leaves the first one alone."""
    disk = asked(
        Disk,
        "type=network,source.protocol=rbd,source.name=p/i,source.host.name=a,source.host1.name=b,source.host1.port=2",
    )
    assert line(disk) == (
        '<disk type="network"><source name="p/i" protocol="rbd">'
        '<host name="a"/><host name="b" port="2"/></source></disk>'
    )


def test_old_words_for_the_first_host() -> None:
    """`source_host_name` and its like are about the first server."""
    disk = asked(Disk, "source_protocol=nbd,source_host_name=a,source_host_port=10809,source_host_transport=tcp")
    assert line(disk) == '<disk><source protocol="nbd"><host name="a" port="10809" transport="tcp"/></source></disk>'


def test_label_keeps_its_commas() -> None:
    """A label runs up to the next sub-option; the short and the long word mean the same label."""
    disk = asked(Disk, "source.seclabel0.model=dac,seclabel0.label=a,b,seclabel1.relabel=no")
    assert line(disk) == (
        '<disk><source><seclabel model="dac"><label>a,b</label></seclabel><seclabel relabel="no"/></source></disk>'
    )


@pytest.mark.parametrize(
    ("perms", "xml"), [("ro", "<disk><readonly/></disk>"), ("sh", "<disk><shareable/></disk>"), ("rw", "<disk/>")]
)
def test_old_permissions(perms: str, xml: str) -> None:
    """`perms` stands for read-only, shareable or neither."""
    assert line(asked(Disk, f"perms={perms}")) == xml


def test_unknown_permissions_are_refused() -> None:
    """Any other permission is an error that says what there is."""
    with pytest.raises(RequestError, match=r"--disk perms=rx: must be ro, rw or sh"):
        asked(Disk, "perms=rx")


def test_presence_is_switched_off_again() -> None:
    """`readonly=off` takes the element out; the composer can tell that from never having been asked."""
    disk = asked(Disk, "readonly=on")
    assert line(disk) == "<disk><readonly/></disk>"
    asked(Disk, "readonly=off", disk)
    assert line(disk) == "<disk/>"
    assert Disk.readonly.is_decided(disk)
    assert not Disk.readonly.is_decided(Disk())


@pytest.mark.parametrize("text", ["/a.img", "size=1", "pool=default", "vol=default/a", "size=0"])
def test_wishes_fill_a_drive(text: str) -> None:
    """A path, size, pool or volume asked for is a wish; the XML names no source yet."""
    disk = asked(Disk, text)
    assert (disk.requests_nothing, disk.has_any_source, disk.is_empty) == (False, False, False)


@pytest.mark.parametrize("text", ["source.file=/a", "source.dev=/dev/b", "source.protocol=nbd", "source.volume=v"])
def test_sources_fill_a_drive(text: str) -> None:
    """A source in the XML is no wish, but fills the drive as well."""
    disk = asked(Disk, text)
    assert (disk.requests_nothing, disk.has_any_source, disk.is_empty) == (True, True, False)


def test_drive_without_a_medium() -> None:
    """A CD-ROM drive alone is empty."""
    assert asked(Disk, "device=cdrom,bus=sata,format=raw").is_empty


def test_medium_is_taken_out_whole() -> None:
    """With the source go its login and what lay below it; the drive itself stays."""
    disk = Disk.parse(
        '<disk type="network" device="cdrom"><auth username="u"/><source protocol="iscsi" name="i"/>'
        '<backingStore/><target dev="sda"/></disk>'
    )
    disk.leave_source()
    assert line(disk) == '<disk type="network" device="cdrom"><target dev="sda"/></disk>'
    assert not disk.has_any_source


def test_last_of_equal_keys_counts_by_any_name() -> None:
    """A short and a long name are one key: the later one counts."""
    assert asked(Disk, "bus=ide,target.bus=scsi").target_bus == "scsi"
    assert asked(Disk, "target.bus=scsi,bus=ide").target_bus == "ide"


def test_verbatim_words() -> None:
    """Words that libvirt may learn later go through as they are."""
    assert line(asked(Disk, "rawio=maybe,driver.discard=someday")) == (
        '<disk rawio="maybe"><driver discard="someday"/></disk>'
    )
