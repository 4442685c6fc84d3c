"""--ignition with a running guest: the configuration in QEMU, read through I/O ports as the guest does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome

pytestmark = pytest.mark.live
_SELECTOR_PORT, _DATA_PORT = 0x510, 0x511
_DIRECTORY = 0x19
_ENTRY_BYTES = 64


class FwCfg:
    """fw_cfg of a running PC, read through I/O ports as the guest does.

    Source: https://www.qemu.org/docs/master/specs/fw_cfg.html
    """

    def __init__(self, uri: str, name: str) -> None:
        import libvirt

        self._connection = libvirt.open(uri)
        self._domain = self._connection.lookupByName(name)

    def files(self) -> dict[str, tuple[int, int]]:
        """Return selector and size of each file."""
        count = int.from_bytes(self._read(_DIRECTORY, 4), "big")
        listing = self._read(_DIRECTORY, 4 + count * _ENTRY_BYTES)[4:]
        entries = [listing[start : start + _ENTRY_BYTES] for start in range(0, len(listing), _ENTRY_BYTES)]
        return {
            entry[8:].partition(b"\0")[0].decode(): (
                int.from_bytes(entry[4:6], "big"),
                int.from_bytes(entry[:4], "big"),
            )
            for entry in entries
        }

    def content(self, name: str) -> bytes:
        """Return the content of a file."""
        return self._read(*self.files()[name])

    def close(self) -> None:
        """Close the connection to QEMU."""
        self._connection.close()

    def _read(self, selector: int, size: int) -> bytes:
        self._ask(f"o/h {_SELECTOR_PORT:#x} {selector:#x}")
        return bytes(int(self._ask(f"i/b {_DATA_PORT:#x}").split()[-1], 16) for _ in range(size))

    def _ask(self, command: str) -> str:
        import libvirt_qemu

        hmp = libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP
        return str(libvirt_qemu.qemuMonitorCommand(self._domain, command, hmp))


@pytest.mark.parametrize("connection", ["system"], indirect=True)
def test_guest_has_its_configuration_in_fw_cfg(
    connection: Connection, virt_install: Callable[..., Outcome], work: Path, guest_name: str
) -> None:
    """A reset during the first boot preserves it; the file is overwritten, and later boots have no fw_cfg."""
    config = {"ignition": {"version": "3.4.0"}, "passwd": {"users": [{"name": guest_name}]}}
    (work / "server.ign").write_text(json.dumps(config))

    virt_install(
        *("--name", guest_name, "--memory", "128", "--osinfo", "generic", "--import", "--network", "none"),
        *("--disk", f"path={work / 'disk.img'},size=0.01,format=raw", "--graphics", "none", "--noautoconsole"),
        *("--ignition", work / "server.ign"),
    ).ok()

    path = connection.live_xml(guest_name).find("sysinfo[@type='fwcfg']/entry[@name='opt/com.coreos/config']")
    assert path is not None
    placeholder = Path(str(path.get("file")))
    assert set(placeholder.read_bytes()) == {0}, "what stays has no content"
    connection.virsh("reset", guest_name)
    connection.virsh("suspend", guest_name)
    blobs = FwCfg(connection.uri, guest_name)
    try:
        assert json.loads(blobs.content("opt/com.coreos/config")) == config
    finally:
        blobs.close()

    assert connection.xml(guest_name).find("sysinfo") is None
    connection.virsh("destroy", guest_name)
    connection.virsh("start", guest_name)
    assert connection.live_xml(guest_name).find("sysinfo") is None
