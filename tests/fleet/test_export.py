"""`virt-guest export NAME`: the file creates an equal guest, and adopts the existing one without differences."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from lxml import etree

from virtinstall import Hypervisor, Lab
from virtinstall.cli.main import guest_main, main
from virtinstall.domain.domain import Domain
from virtinstall.fleet.export import Exported, _Export, export, export_text
from virtinstall.fleet.leaves import leaves_of
from virtinstall.guest_record import NAMESPACE, parse_record

OSINFO = "http://libosinfo.org/xmlns/libvirt/domain/1.0"

URI = "test:///default"
ONE = ["--connect", URI, "--name", "a", "--memory", "64", "--disk", "none", "--import", "--osinfo", "generic"]


def exported(hypervisor: Hypervisor, name: str = "a") -> str:
    """Return the file of a guest; no value may be omitted."""
    guests = export(hypervisor, [name])
    assert [(each.omitted, each.problem) for each in guests] == [((), None)]
    return export_text(guests, URI)


def leaves(hypervisor: Hypervisor, name: str = "a") -> dict[str, str]:
    """Return the values of a guest's definition."""
    return leaves_of(etree.fromstring(hypervisor.guest(name).handle.xml(inactive=True).encode()))


LINES = [
    [],
    ["--network", "none"],
    ["--memory", "128,currentMemory=96", "--vcpus", "2,maxvcpus=4"],
    ["--network", "network=default,model=e1000,mac=52:54:00:00:00:07"],
    ["--network", "network=default", "--network", "user,model=virtio"],
    ["--metadata", "title=A title: {n} ${x},description=Two\nlines"],
    ["--graphics", "vnc,port=5999,listen=127.0.0.1", "--video", "vga"],
    ["--graphics", "none", "--rng", "none", "--memballoon", "none"],
    ["--graphics", "spice", "--sound", "ich9", "--watchdog", "i6300esb,action=reset"],
    ["--cpu", "qemu64,+vmx", "--features", "apic=off,pae=off", "--clock", "offset=localtime"],
    ["--events", "on_crash=preserve", "--pm", "suspend_to_mem.enabled=on"],
    ["--serial", "file,path=/tmp/log", "--channel", "unix,target.type=virtio,name=org.qemu.guest_agent.0"],
    ["--boot", "menu=on,useserial=on"],
    ["--memtune", "hard_limit=200000", "--blkiotune", "weight=200", "--numatune", "0"],
    ["--network", "network=default,filterref.filter=clean-traffic,link.state=down"],
    ["--tpm", "none", "--input", "keyboard,bus=usb", "--vsock", "cid=7"],
    ["--iothreads", "2", "--cputune", "vcpupin0.vcpu=0,vcpupin0.cpuset=0"],
    ["--sysinfo", "bios.vendor=Me,system.serial=12"],
    ["--shmem", "name=x,model.type=ivshmem-plain,size=4,size.unit=M"],
]


@pytest.mark.parametrize("line", LINES, ids=str)
def test_guest_created_from_its_export_is_equal(line: list[str], hypervisor: Hypervisor) -> None:
    """Adopting the guest with the file causes no differences either."""
    assert main([*ONE, *line]) == 0
    before, text = leaves(hypervisor), exported(hypervisor)
    lab = Lab.parse(text, variables={})
    adopted = lab.apply(hypervisor, adopt=["a"])
    assert [(each.status, each.message) for each in adopted] == [("done", None)]
    assert not any(each.is_different or each.drift for each in lab.diff(hypervisor))
    hypervisor.guest("a").delete(force=True)
    assert [(each.status, each.message) for each in lab.apply(hypervisor)] == [("done", None)]
    assert leaves(hypervisor) == before


def test_guest_of_another_program_is_exported(hypervisor: Hypervisor) -> None:
    """The guest of the test driver has no record of this project."""
    found = yaml.safe_load(exported(hypervisor, "test"))["guests"]["test"]
    assert found["memory"] == {"memory": 8192, "currentMemory": 2048}
    assert found["disk"] == [{"path": "/guest/diskimage1", "bus": "virtio"}]
    assert found["import"] is True


def test_reserved_address_is_exported(hypervisor: Hypervisor) -> None:
    """The address is in the guest's record."""
    assert main([*ONE, "--network", "network=default,ip=192.168.122.50"]) == 0
    assert "ip: 192.168.122.50" in exported(hypervisor)


def test_password_is_omitted_with_a_comment(hypervisor: Hypervisor, capsys: pytest.CaptureFixture[str]) -> None:
    """Exported files contain no secrets."""
    assert main([*ONE, "--graphics", "vnc,password=secret"]) == 0
    capsys.readouterr()
    assert guest_main(["export", "--connect", URI, "a"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("# a: not expressed: the password of <graphics>\n") and "secret" not in printed
    assert Lab.parse(printed).guests


def test_os_that_the_database_lacks_is_exported(hypervisor: Hypervisor) -> None:
    """Its ID is exported as an edit of the XML, because another program or host may know it."""
    assert main(ONE) == 0
    handle = hypervisor.guest("a").handle
    identity = "http://example.com/os/1"
    handle.set_metadata(OSINFO, "libosinfo", f'<l:libosinfo xmlns:l="{OSINFO}"><l:os id="{identity}"/></l:libosinfo>')
    assert Domain.parse(handle.xml(inactive=True)).os_id == identity
    text = exported(hypervisor)
    hypervisor.guest("a").delete(force=True)
    assert [each.status for each in Lab.parse(text, variables={}).apply(hypervisor)] == ["done"]
    assert Domain.parse(hypervisor.guest("a").handle.xml(inactive=True)).os_id == identity


@pytest.mark.parametrize(
    "request_text", ["", "[]", "{", '{"os": 1, "install": [], "devices": {}}', '{"os": {"values": {"name": ["x"]}}}']
)
def test_guest_with_an_invalid_record_is_exported(request_text: str, hypervisor: Hypervisor) -> None:
    """Any program can change the metadata."""
    assert main(ONE) == 0
    handle = hypervisor.guest("a").handle
    record = parse_record(handle.metadata(NAMESPACE), handle.uuid)
    assert record is not None
    handle.set_metadata(NAMESPACE, "virtinstall", record.replace(request=request_text).to_xml())
    assert Lab.parse(exported(hypervisor), variables={}).guests[0].name == "a"


@pytest.mark.parametrize(
    ("disk", "wanted"),
    [
        ("size=1", {"size": 1}),
        ("size=100K", {"size": "102400B"}),
        ("size=1500M", {"size": 1.465}),
        ("path=/default-pool/x.img,size=2", {"path": "/default-pool/x.img", "size": 2}),
        ("pool=default-pool,size=1", {"pool": "default-pool", "size": 1}),
    ],
)
def test_disk_is_exported_as_it_was_requested(disk: str, wanted: dict[str, Any], hypervisor: Hypervisor) -> None:
    """The file contains the requested path or pool and the size; a guest of the file has an equal disk."""
    line = ["--disk", disk, "--connect", URI, "--name", "a", "--memory", "64", "--import", "--osinfo", "generic"]
    assert main(line) == 0
    before, text = leaves(hypervisor), exported(hypervisor)
    (found,) = yaml.safe_load(text)["guests"]["a"]["disk"]
    assert found == {"bus": "ide", **wanted}
    hypervisor.guest("a").delete(force=True, storage="own")
    assert [(each.status, each.message) for each in Lab.parse(text, variables={}).apply(hypervisor)] == [("done", None)]
    assert leaves(hypervisor) == before


def test_value_that_the_option_rejects_is_omitted_from_it(hypervisor: Hypervisor) -> None:
    """libvirt may have values that a command line cannot set; the other values of the option are kept."""
    assert main([*ONE, "--xml", "./devices/graphics/@keymap=a b", "--graphics", "vnc"]) == 0
    root = etree.fromstring(hypervisor.guest("a").handle.xml(inactive=True).encode())
    value = {"type": "vnc", "port": "no number"}
    exporter = _Export(hypervisor.guest("a").handle, hypervisor)
    assert exporter.accepted("graphics", [value]) == [{"type": "vnc"}]
    assert exporter.accepted("memory", {"memory": "much"}) is None
    assert exporter.accepted("vcpus", "many") is None
    assert root.find("devices/graphics") is not None and "keymap" in exported(hypervisor)


def test_comment_is_one_line(hypervisor: Hypervisor) -> None:
    """A value with a line separator does not become a part of the file."""
    found = Exported(name="a", options={"memory": 64}, omitted=("x: 1",))
    assert export_text([found]).startswith("# a: not expressed: x: 1\n")
    text = export_text([found.replace(omitted=(), problem="no such file: /x")])
    assert text.startswith("# a: this host cannot create the guest: no such file: /x\n")
    assert main([*ONE, "--metadata", "description=x\u2028evil: 1\ny: 2"]) == 0
    assert list(yaml.safe_load(exported(hypervisor))) == ["version", "connect", "guests"]


def test_several_guests_are_exported_to_one_file(hypervisor: Hypervisor, capsys: pytest.CaptureFixture[str]) -> None:
    """They are in the order of the arguments; a missing guest is an error."""
    assert main([*ONE]) == 0
    capsys.readouterr()
    assert guest_main(["export", "--connect", URI, "test", "a"]) == 0
    assert list(yaml.safe_load(capsys.readouterr().out)["guests"]) == ["test", "a"]
    assert guest_main(["export", "--connect", URI, "tset"]) == 1
    assert "no such guest: 'tset'" in capsys.readouterr().err
    assert guest_main(["export", "--connect", URI]) == 2


def test_lab_export_returns_a_file(hypervisor: Hypervisor) -> None:
    """The result of `Lab.export` can be parsed."""
    assert Lab.parse(Lab.export(hypervisor, ["test"]), variables={}).guests[0].name == "test"
