"""--disk: sources, requests, network hosts, spellings of old guides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("20", 20 << 30), ("20G", 20 << 30), ("500M", 500 << 20), (".5", 1 << 29), ("0", 0)],
)
def test_size_is_in_gib_unless_it_has_a_unit(text: str, size_bytes: int) -> None:
    """A plain number is GiB, fractions allowed; a unit overrides this."""
    disk = parsed(Disk, f"size={text}")
    assert disk.size_bytes == size_bytes
    assert line(disk) == "<disk/>"


def test_invalid_size_is_rejected() -> None:
    """The error names option, sub-option and value."""
    with pytest.raises(RequestError, match=r"--disk size=big: must be a size"):
        parsed(Disk, "size=big")


def test_value_without_a_key_is_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is converted to an absolute path; a URL is not changed."""
    monkeypatch.chdir(tmp_path)
    assert parsed(Disk, "a.img,size=1").path == str(tmp_path / "a.img")
    assert parsed(Disk, "path=https://127.0.0.1/a.iso").path == "https://127.0.0.1/a.iso"


def test_servers_are_numbered() -> None:
    """`source.host1` is the second server, and does not change the first one."""
    disk = parsed(
        Disk,
        "type=network,source.protocol=rbd,source.name=p/i,source.host.name=a,source.host1.name=b,source.host1.port=2",
    )
    assert line(disk) == (
        '<disk type="network"><source name="p/i" protocol="rbd">'
        '<host name="a"/><host name="b" port="2"/></source></disk>'
    )


def test_first_server_has_old_names() -> None:
    """Examples are `source_host_name` and similar names."""
    disk = parsed(Disk, "source_protocol=nbd,source_host_name=a,source_host_port=10809,source_host_transport=tcp")
    assert line(disk) == '<disk><source protocol="nbd"><host name="a" port="10809" transport="tcp"/></source></disk>'


def test_security_label_may_contain_commas() -> None:
    """A label ends at the next sub-option; the short and the long name set the same label."""
    disk = parsed(Disk, "source.seclabel0.model=dac,seclabel0.label=a,b,seclabel1.relabel=no")
    assert line(disk) == (
        '<disk><source><seclabel model="dac"><label>a,b</label></seclabel><seclabel relabel="no"/></source></disk>'
    )


@pytest.mark.parametrize(
    ("perms", "xml"), [("ro", "<disk><readonly/></disk>"), ("sh", "<disk><shareable/></disk>"), ("rw", "<disk/>")]
)
def test_perms_is_read_only_or_shareable(perms: str, xml: str) -> None:
    """The value `rw` means neither of them."""
    assert line(parsed(Disk, f"perms={perms}")) == xml


def test_unknown_permissions_are_errors() -> None:
    """The error lists the valid values."""
    with pytest.raises(RequestError, match=r"--disk perms=rx: must be ro, rw or sh"):
        parsed(Disk, "perms=rx")


def test_readonly_off_removes_the_element() -> None:
    """The composer can distinguish this from an unset value."""
    disk = parsed(Disk, "readonly=on")
    assert line(disk) == "<disk><readonly/></disk>"
    parsed(Disk, "readonly=off", disk)
    assert line(disk) == "<disk/>"
    assert Disk.readonly.is_decided(disk)
    assert not Disk.readonly.is_decided(Disk())


@pytest.mark.parametrize("text", ["/a.img", "size=1", "pool=default", "vol=default/a", "size=0"])
def test_requested_drive_is_not_empty(text: str) -> None:
    """A path, size, pool or volume is a request; the XML has no source yet."""
    disk = parsed(Disk, text)
    assert (disk.requests_nothing, disk.has_any_source, disk.is_empty) == (False, False, False)


@pytest.mark.parametrize("text", ["source.file=/a", "source.dev=/dev/b", "source.protocol=nbd", "source.volume=v"])
def test_drive_with_a_source_is_not_empty(text: str) -> None:
    """A source in the XML is not a request."""
    disk = parsed(Disk, text)
    assert (disk.requests_nothing, disk.has_any_source, disk.is_empty) == (True, True, False)


def test_drive_without_a_source_is_empty() -> None:
    """`format=` and `bus=` are not sources."""
    assert parsed(Disk, "device=cdrom,bus=sata,format=raw").is_empty


def test_medium_is_ejected_completely() -> None:
    """The source's login and child elements are removed with it; the drive is kept."""
    disk = Disk.parse(
        '<disk type="network" device="cdrom"><auth username="u"/><source protocol="iscsi" name="i"/>'
        '<backingStore/><target dev="sda"/></disk>'
    )
    disk.leave_source()
    assert line(disk) == '<disk type="network" device="cdrom"><target dev="sda"/></disk>'
    assert not disk.has_any_source


def test_last_value_of_a_key_is_used() -> None:
    """A short and a long name are the same key."""
    assert parsed(Disk, "bus=ide,target.bus=scsi").target_bus == "scsi"
    assert parsed(Disk, "target.bus=scsi,bus=ide").target_bus == "ide"


def test_unknown_values_are_passed_through() -> None:
    """Values that libvirt may support later are passed through unchanged."""
    assert line(parsed(Disk, "rawio=maybe,driver.discard=someday")) == (
        '<disk rawio="maybe"><driver discard="someday"/></disk>'
    )
