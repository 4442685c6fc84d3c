"""A Debian image with cloud-init applies the user, key, names and address of our seed, and --wait-for detects it.

The host and the guest are the only members of an isolated bridge.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import virtinstall
from tests.live.machine import Connection, Outcome, cache_of, serial_log
from virtinstall.cli.status import Status

pytestmark = [pytest.mark.live, pytest.mark.parametrize("connection", ["system"], indirect=True)]
VirtInstall = Callable[..., Outcome]
PASSWORD = "Correct-Horse"
ADDRESS, GATEWAY = "192.168.199.50", "192.168.199.1"
NETWORK = f"""<network><name>vitest-cloud</name><forward mode='open'/><bridge name='vitest-cloud'/>
<ip address='{GATEWAY}' prefix='24'/></network>"""


@pytest.fixture(scope="session")
def cloud_image(qemu: None) -> Path:
    """The image that scripts/cloud-image builds."""
    return cache_of("cloud-image", 600) / "cloud.qcow2"


@pytest.fixture
def network(connection: Connection, work: Path) -> Iterator[str]:
    """An isolated network of this host and its guests."""
    xml = work / "network.xml"
    xml.write_text(NETWORK)
    try:
        connection.virsh("net-create", str(xml))
    except subprocess.CalledProcessError as error:
        pytest.skip(f"NOT RUN: libvirt can't make a bridge here: {error.stderr.strip()}")
    yield "vitest-cloud"
    connection.virsh("net-destroy", "vitest-cloud")


def test_cloud_init_option_configures_the_guest(
    cloud_image: Path, network: str, connection: Connection, work: Path, virt_install: VirtInstall, guest_name: str
) -> None:
    """The guest accepts the user's SSH key, and has its host name and its address."""
    key, password, log = work / "key", work / "password", work / "serial.log"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    password.write_text(f"{PASSWORD}\n")

    outcome = virt_install(
        *("--name", guest_name, "--memory", "1024", "--vcpus", "1", "--cpu", "qemu64", "--osinfo", "debian11"),
        *("--import", "--disk", f"{work}/disk.qcow2,backing_store={cloud_image}", "--network", f"network={network}"),
        *("--graphics", "none", "--serial", f"file,path={log}", "--wait-for", "ssh", "--timeout", "4m"),
        "--cloud-init",
        f"user=anna,user-password-file={password},user-ssh-key={key}.pub,hostname=cloudy,"
        f"address={ADDRESS}/24,gateway={GATEWAY}",
    ).ok()

    assert f"Address: {ADDRESS}" in outcome.output
    printed = in_guest(key, "hostname; id -un; ip -4 -o address show scope global")
    hostname, user, address = printed.splitlines()
    assert (hostname, user) == ("cloudy", "anna")
    assert f"inet {ADDRESS}/24" in address
    assert in_guest(key, f"echo {PASSWORD} | sudo -S -p '' id -un") == "root\n"
    assert in_guest(key, "ip route show default").startswith(f"default via {GATEWAY} ")
    with virtinstall.connect(connection.option) as hypervisor:
        guest = hypervisor.guest(guest_name)
        assert guest.wait_for("agent", timeout=120) == (ADDRESS,)
        assert guest.wait_for("ip", timeout=120) == (ADDRESS,)
        assert guest.wait_for("cloud-init", timeout=120) == (ADDRESS,)
    assert "cloudy login:" in serial_log(log)
    assert connection.xml(guest_name).find("devices/disk[@device='cdrom']/source") is None, "the seed has served"


def test_failed_cloud_init_has_a_separate_exit_status(
    cloud_image: Path, work: Path, virt_install: VirtInstall, guest_name: str, connection: Connection
) -> None:
    """The error names the failed module, and the guest continues to run."""
    (work / "password").write_text(f"{PASSWORD}\n")
    outcome = virt_install(
        *("--name", guest_name, "--memory", "1024", "--vcpus", "1", "--cpu", "qemu64", "--osinfo", "debian11"),
        *("--import", "--disk", f"{work}/disk.qcow2,backing_store={cloud_image}", "--network", "user"),
        *("--graphics", "none", "--serial", "pty", "--wait-for", "cloud-init", "--timeout", "4m"),
        *(
            "--cloud-init",
            f"clouduser-password-file={work}/password,user=anna,user-password-generate=on,run=/bin/false",
        ),
    )
    assert outcome.status == Status.CLOUD_INIT_FAILED, outcome.output
    assert "scripts" in outcome.output and "Error(" not in outcome.output
    assert "Password for the account 'anna' is: " in outcome.output
    assert connection.state(guest_name) == "running"


def in_guest(key: Path, command: str) -> str:
    """Run a command in the guest through SSH; return its output."""
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes", "ConnectTimeout=20"]
    args = [word for option in options for word in ("-o", option)]
    ssh = ["ssh", "-q", "-i", str(key), *args, f"anna@{ADDRESS}", command]
    done = subprocess.run(ssh, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout
