"""A test driver with two guests, and a function that runs virt-xml on them in this process."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from virtinstall.cli.main import xml_main

GUEST = """<domain type='test'{state}>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='KiB'>1048576</memory>
  <vcpu>2</vcpu>
  <os><type arch='i686' machine='pc-i440fx-8.2'>hvm</type><boot dev='hd'/></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='/images/one.img'/><target dev='hda' bus='ide'/>
    </disk>
    <disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>
    <channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>
    <graphics type='spice' autoport='yes'/>
    <sound model='ich6'/>
    <sound model='ac97'/>
  </devices>
</domain>
"""
NODE = """<node xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
  <network><name>default</name><bridge name='virbr0'/><ip address='192.168.122.1' netmask='255.255.255.0'/></network>
  {guests}
</node>
"""


@dataclass(frozen=True)
class Outcome:
    """Exit status and output of a run."""

    status: int
    out: str
    err: str

    @property
    def removed(self) -> list[str]:
        """The lines that the diff removes."""
        return [line[1:].strip() for line in self.out.splitlines() if line.startswith("-") and line[:3] != "---"]

    @property
    def new(self) -> list[str]:
        """The lines that the diff adds."""
        return [line[1:].strip() for line in self.out.splitlines() if line.startswith("+") and line[:3] != "+++"]


@pytest.fixture
def uri(tmp_path: Path) -> str:
    """A test driver with the guests `off` (shut off) and `on` (running)."""
    off = GUEST.format(name="off", uuid="11111111-0000-0000-0000-000000000001", state="")
    off = off.replace(
        "<os>", "<test:runstate xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>5</test:runstate><os>"
    )
    on = GUEST.format(name="on", uuid="11111111-0000-0000-0000-000000000002", state="")
    on = on.replace("52:54:00:00:00:01", "52:54:00:00:00:02").replace("/images/one.img", "/images/two.img")
    path = tmp_path / "node.xml"
    path.write_text(NODE.format(guests=off + on))
    return f"test://{path}"


VirtXml = Callable[..., Outcome]


@pytest.fixture
def virt_xml(uri: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> VirtXml:
    """A function that runs virt-xml: `virt_xml("off", "--edit", ..., stdin="yes")`."""

    def run(*args: str, stdin: str = "") -> Outcome:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        status = xml_main(["--connect", uri, *args])
        out, err = capsys.readouterr()
        return Outcome(status, out, err)

    return run
