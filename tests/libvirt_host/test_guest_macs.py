"""MAC addresses of the guests of a connection, on libvirt's test driver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libvirt
import pytest

from virtinstall.libvirt_host.guest_macs import GuestMacs

XML = """<domain type="test"><name>{name}</name><memory>8192</memory><os><type>hvm</type></os>
<devices><interface type="network"><mac address="{mac}"/><source network="default"/></interface></devices></domain>"""


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[libvirt.virConnect]:
    """A separate test driver without guests."""
    node = tmp_path / "node.xml"
    node.write_text("<node/>")
    opened = libvirt.open(f"test://{node}")
    yield opened
    opened.close()


def test_new_and_removed_guests_are_noticed(connection: libvirt.virConnect) -> None:
    """Running and defined guests are found."""
    macs = GuestMacs(connection)
    assert macs.owners() == {}
    off = connection.defineXML(XML.format(name="off", mac="52:54:00:00:00:0A"))
    running = connection.createXML(XML.format(name="on", mac="52:54:00:00:00:0b"))
    assert macs.owners() == {"52:54:00:00:00:0a": "off", "52:54:00:00:00:0b": "on"}
    both = ["52:54:00:00:00:0a", "52:54:00:00:00:0b"]
    assert macs.shared(running.UUIDString(), both) == ["52:54:00:00:00:0a"]
    assert macs.shared("another", [*both, "52:54:00:00:00:0c"]) == both
    off.undefine()
    assert set(macs.owners(fresh=False)) == set(both), "as of the last look, which costs nothing"
    assert macs.owners() == {"52:54:00:00:00:0b": "on"}


def test_guest_is_read_again_after_it_starts(connection: libvirt.virConnect) -> None:
    """Its definition may have changed while it was off."""
    macs = GuestMacs(connection)
    guest = connection.defineXML(XML.format(name="guest", mac="52:54:00:00:00:0a"))
    assert macs.owners() == {"52:54:00:00:00:0a": "guest"}
    changed = XML.format(name="guest", mac="52:54:00:00:00:0c")
    connection.defineXML(changed.replace("<memory>", f"<uuid>{guest.UUIDString()}</uuid><memory>")).create()
    assert macs.owners() == {"52:54:00:00:00:0c": "guest"}
