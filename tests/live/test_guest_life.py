"""A guest of the repository's cloud image: --cloud-init, and virt-guest ssh, exec, ip, list and reset."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest

import virtinstall
from tests.live.cloud_guest import ADDRESS, GATEWAY, cloud_image, network
from tests.live.machine import Connection, Outcome, serial_log
from tests.live.test_delete import NO_DEVICES, virt_guest

__all__ = ["cloud_image", "network"]
VirtInstall = Callable[..., Outcome]
PASSWORD = "Correct-Horse"
AGENT = "unix,target.type=virtio,target.name=org.qemu.guest_agent.0"
pytestmark = [pytest.mark.live, pytest.mark.parametrize("connection", ["system"], indirect=True)]


@pytest.fixture
def key(work: Path) -> Path:
    """An SSH key of the user."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", work / "key"], check=True)
    return work / "key"


@pytest.fixture
def known_hosts() -> Iterator[Path]:
    """The directory of known hosts files, initially empty."""
    folder = Path("/var/lib/virtinstall/known_hosts")
    shutil.rmtree(folder, ignore_errors=True)
    yield folder


def test_guest_is_used_and_reset_and_deleted(
    cloud_image: Path,
    network: str,
    connection: Connection,
    work: Path,
    key: Path,
    known_hosts: Path,
    virt_install: VirtInstall,
    guest_name: str,
) -> None:
    """One option configures the user, the host name and the address; SSH checks the host key strictly."""
    disk, password, log = work / "disk.qcow2", work / "password", work / "serial.log"
    password.write_text(f"{PASSWORD}\n")
    outcome = virt_install(
        *("--name", guest_name, "--memory", "1024", "--vcpus", "1", "--cpu", "qemu64", "--osinfo", "debian11"),
        *("--import", "--disk", f"{disk},backing_store={cloud_image}", "--network", f"network={network}"),
        *("--graphics", "none", "--serial", f"file,path={log}", "--wait-for", "ssh", "--timeout", "4m"),
        "--cloud-init",
        f"user=anna,user-password-file={password},user-ssh-key={key}.pub,hostname=cloudy,"
        f"address={ADDRESS}/24,gateway={GATEWAY},keep=on",
    ).ok()
    assert f"Address: {ADDRESS}" in outcome.output
    assert f"virt-guest ssh --connect {connection.uri} {guest_name}" in outcome.output

    _, printed, _ = virt_guest(connection, "ssh", guest_name, "-i", key, "--print")
    assert "StrictHostKeyChecking=yes" in printed
    _, printed, _ = virt_guest(connection, "ssh", guest_name, "-i", key, "--", "hostname; id -un")
    assert printed.split() == ["cloudy", "anna"]
    assert virt_guest(connection, "ssh", guest_name, "-i", key, "--", "exit 7", ok=False)[0] == 7
    _, printed, _ = virt_guest(
        connection,
        *("ssh", guest_name, "-i", key, "--"),
        f"echo {PASSWORD} | sudo -S -p '' id -un; ip -4 -o address show scope global; ip route show default",
    )
    user, address, route = printed.splitlines()
    assert user == "root"
    assert f"inet {ADDRESS}/24" in address
    assert route.startswith(f"default via {GATEWAY} ")
    with virtinstall.connect(connection.option) as hypervisor:
        guest = hypervisor.guest(guest_name)
        for goal in ("agent", "ip", "cloud-init"):
            assert guest.wait_for(goal, timeout=120) == (ADDRESS,)
    assert "cloudy login:" in serial_log(log)
    _, printed, _ = virt_guest(connection, "ip", guest_name, "--wait", "--timeout", "1m")
    assert printed.split() == [ADDRESS]
    _, printed, _ = virt_guest(connection, "list", "--output", "json")
    assert guest_name in [each["name"] for each in json.loads(printed)["guests"]]
    status, printed, error = virt_guest(
        connection, "exec", guest_name, "--", "sh", "-c", "echo out; echo no >&2; exit 5", ok=False
    )
    assert (status, printed, error) == (5, "out\n", "no\n")

    virt_guest(connection, "ssh", guest_name, "-i", key, "--", "echo gone > mine; sync")
    inode = os.stat(disk).st_ino
    virt_guest(connection, "reset", guest_name, "--force", "--start", "--yes")
    assert os.stat(disk).st_ino == inode
    _, printed, _ = virt_guest(connection, "ip", guest_name, "--wait", "--timeout", "4m")
    assert printed.split() == [ADDRESS]

    virt_guest(connection, "delete", guest_name, "--force", "--yes")
    assert not disk.exists()
    assert cloud_image.exists()
    assert list(known_hosts.iterdir()) == []


@pytest.mark.parametrize(
    ("channel", "message", "hint"),
    [
        (AGENT, "does not respond", "qemu-guest-agent"),
        ("none", "has no channel for the guest agent", "virt-xml"),
    ],
    ids=["no-agent", "no-channel"],
)
def test_exec_without_an_agent_fails_within_seconds(
    connection: Connection, virt_install: VirtInstall, guest_name: str, channel: str, message: str, hint: str
) -> None:
    """The error contains a hint, unlike that of libvirt."""
    virt_install("--name", guest_name, *NO_DEVICES, "--import", "--disk", "none", "--channel", channel).ok()
    begin = time.monotonic()
    status, _, error = virt_guest(connection, "exec", guest_name, "--", "true", ok=False)
    assert (status, message in error, hint in error) == (1, True, True), error
    assert time.monotonic() - begin < 20


def test_timeout_of_ip_exits_with_3(connection: Connection, virt_install: VirtInstall, guest_name: str) -> None:
    """With JSON, the error is a document that conforms to its schema."""
    virt_install(
        *("--name", guest_name, "--osinfo", "generic", "--graphics", "none", "--noautoconsole", "--memory", "64"),
        *("--import", "--disk", "none", "--network", "user", "--channel", AGENT),
    ).ok()
    status, printed, error = virt_guest(
        connection, "ip", guest_name, "--wait", "--timeout", "2", "--output", "json", ok=False
    )
    assert (status, "timed out after 2" in error) == (3, True), error
    document = json.loads(printed)
    jsonschema.validate(
        document, json.loads((Path(virtinstall.__file__).parent / "schema" / "guest-ip.json").read_text())
    )
    assert document["exit_status"] == 3
    status, _, error = virt_guest(connection, "ssh", guest_name, ok=False)
    assert (status, "no host port is forwarded to its port 22" in error) == (1, True), error
