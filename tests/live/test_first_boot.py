"""A guest that boots an image is like any other from its first second: it reboots, is saved, restored and migrated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome
from tests.live.second_daemon import Daemon, second_daemon
from tests.live.test_migration import free_port

pytestmark = [pytest.mark.live, pytest.mark.parametrize("connection", ["system"], indirect=True)]
VirtInstall = Callable[..., Outcome]


@pytest.fixture(scope="module")
def there() -> Iterator[Daemon]:
    """Another host."""
    with second_daemon() as daemon:
        yield daemon


@pytest.fixture(params=["cloud-init", "cloud-init on virtio", "ignition"])
def first_boot(
    request: pytest.FixtureRequest, virt_install: VirtInstall, work: Path, guest_name: str, connection: Connection
) -> str:
    """The name of a guest whose disk is empty; it has just been started for the first time."""
    if request.param != "ignition":
        (work / "password").write_text("secret\n")
        bus = ",bus=virtio" if "virtio" in request.param else ""
        seed = ["--cloud-init", f"root-password-file={work}/password{bus}"]
    else:
        (work / "server.ign").write_text(json.dumps({"ignition": {"version": "3.4.0"}}))
        seed = ["--ignition", f"{work}/server.ign"]
    virt_install(
        *("--name", guest_name, "--memory", "128", "--osinfo", "debian11", "--import", "--network", "user"),
        *("--disk", f"path={work}/disk.qcow2,size=0.1", "--graphics", "none", "--noautoconsole", *seed),
    ).ok()
    return guest_name


def test_its_secrets_are_gone(first_boot: str, work: Path) -> None:
    """What stays of the seed is a file without content, where one is needed, until the guest is off."""
    for path in (*Path("/var/lib/libvirt/boot").glob("virtinst-*"), *work.glob("virtinst-*")):
        assert set(path.read_bytes()) <= {0}


def test_it_survives_a_reboot(first_boot: str, connection: Connection) -> None:
    """The reset that a guest does when it reboots doesn't power it off."""
    assert connection.live_xml(first_boot).findtext("on_reboot") == "restart"
    connection.virsh("reset", first_boot)
    assert connection.state(first_boot) == "running"


@pytest.mark.parametrize("managed", [True, False])
def test_it_can_be_saved_and_restored(first_boot: str, connection: Connection, work: Path, managed: bool) -> None:
    """`virsh managedsave`, which libvirt-guests does when the host shuts down, or `virsh save`."""
    if managed:
        connection.virsh("managedsave", first_boot)
        connection.virsh("start", first_boot)
    else:
        connection.virsh("save", first_boot, f"{work}/state")
        connection.virsh("restore", f"{work}/state")
    assert connection.state(first_boot) == "running"
    connection.virsh("destroy", first_boot)
    connection.virsh("start", first_boot)
    assert connection.state(first_boot) == "running"


def test_it_can_be_migrated(first_boot: str, connection: Connection, there: Daemon) -> None:
    """It moves to a host that has never had its seed."""
    connection.virsh(
        *("migrate", "--live", "--unsafe", "--persistent", "--undefinesource", first_boot),
        *(there.local_uri, "--migrateuri", f"tcp://127.0.0.1:{free_port()}", "--listen-address", "127.0.0.1"),
    )
    assert there.connection.state(first_boot) == "running"
    there.forget_guests()


@pytest.mark.parametrize("feature", ["secure-boot", "enrolled-keys"])
@pytest.mark.parametrize("method", ["cdrom", "cloud-init", "pxe"])
def test_firmware_features_remain_after_the_first_boot(
    connection: Connection, virt_install: VirtInstall, work: Path, guest_name: str, feature: str, method: str
) -> None:
    """They are defined as composed, because libvirt rejects its dump of them; the first boot's addresses stay."""
    (work / "any.iso").write_bytes(bytes(1 << 20))
    args = {"cdrom": ["--cdrom", f"{work}/any.iso"], "cloud-init": ["--import", "--cloud-init"], "pxe": ["--pxe"]}
    virt_install(
        *("--name", guest_name, "--memory", "128", "--osinfo", "generic", "--network", "user", *args[method]),
        *("--disk", f"path={work}/disk.qcow2,size=0.1", "--graphics", "none", "--noautoconsole"),
        *("--boot", f"uefi,firmware.feature0.name={feature},firmware.feature0.enabled=no"),
    ).ok()
    running, later = connection.live_xml(guest_name), connection.xml(guest_name)
    # newer versions of libvirt add features
    assert {each.get("name"): each.get("enabled") for each in later.iterfind("os/firmware/feature")}[feature] == "no"
    assert {address.get("bus") for address in later.iterfind("devices/*/address[@type='pci']")} == {
        address.get("bus") for address in running.iterfind("devices/*/address[@type='pci']")
    }
    assert later.findtext("on_reboot") == "restart"
