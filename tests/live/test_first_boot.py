"""First boot of an image: the guest can be rebooted, saved, restored and migrated like any other."""

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
    """The name of a guest with an empty disk and a seed, which has just been started for the first time."""
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


def test_seed_is_removed_or_overwritten(first_boot: str, work: Path) -> None:
    """A placeholder of zeros is kept until the guest is off, if it is needed."""
    for path in (*Path("/var/lib/libvirt/boot").glob("virtinst-*"), *work.glob("virtinst-*")):
        assert set(path.read_bytes()) <= {0}


def test_guest_can_reboot_during_its_first_boot(first_boot: str, connection: Connection) -> None:
    """A reset does not power off the guest."""
    assert connection.live_xml(first_boot).findtext("on_reboot") == "restart"
    connection.virsh("reset", first_boot)
    assert connection.state(first_boot) == "running"


@pytest.mark.parametrize("managed", [True, False])
def test_guest_can_be_saved_during_its_first_boot(
    first_boot: str, connection: Connection, work: Path, managed: bool
) -> None:
    """libvirt-guests uses `virsh managedsave` when the host shuts down; `virsh save` works as well."""
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


def test_guest_can_be_migrated_during_its_first_boot(first_boot: str, connection: Connection, there: Daemon) -> None:
    """The other host never had the seed."""
    connection.virsh(
        *("migrate", "--live", "--unsafe", "--persistent", "--undefinesource", first_boot),
        *(there.local_uri, "--migrateuri", f"tcp://127.0.0.1:{free_port()}", "--listen-address", "127.0.0.1"),
    )
    assert there.connection.state(first_boot) == "running"
    there.remove_guests()


@pytest.mark.parametrize("feature", ["secure-boot", "enrolled-keys"])
@pytest.mark.parametrize("method", ["cdrom", "cloud-init", "pxe"])
def test_firmware_features_remain_after_the_first_boot(
    connection: Connection, virt_install: VirtInstall, work: Path, guest_name: str, feature: str, method: str
) -> None:
    """They are defined as requested, because libvirt rejects those of the running guest; addresses are kept."""
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
