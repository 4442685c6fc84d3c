"""Fixed addresses with libvirtd: reservations of killed and failed runs, and of attached interfaces."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from lxml import etree

import virtinstall
from virtinstall import Hypervisor, Interface
from virtinstall.cli.main import main, xml_main

pytestmark = pytest.mark.live

NETWORK = """<network><name>fa-lab</name><bridge name='virbr79'/>
<ip address='10.79.0.1' netmask='255.255.255.0'><dhcp><range start='10.79.0.2' end='10.79.0.99'/></dhcp></ip></network>
"""
GUEST = ["--name", "fa-guest", "--memory", "48", "--virt-type", "qemu", "--osinfo", "generic", "--import"]
GUEST += ["--disk", "none", "--graphics", "none", "--noautoconsole", "--connect", "qemu:///system"]
ADDRESS = ["--network", "network=fa-lab,ip=10.79.0.10"]
KILLED = """
import os, signal, sys
import virtinstall.run.boot as module
boot = module.boot
def killed(*arguments, **more):
    if sys.argv[1] == "after":
        boot(*arguments, **more)
    os.kill(os.getpid(), signal.SIGKILL)
module.boot = killed
from virtinstall.cli.main import main
main(sys.argv[2:])
"""


@pytest.fixture
def hypervisor() -> Iterator[Hypervisor]:
    """libvirtd with the network `fa-lab`."""
    with virtinstall.connect("qemu:///system") as connected:
        network = connected.host.connection.networkDefineXML(NETWORK)
        network.create()
        yield connected
        for guest in connected.guests():
            if guest.name.startswith("fa-"):
                guest.delete(force=True)
        network.destroy()
        network.undefine()


def reserved(hypervisor: Hypervisor) -> tuple[list[str | None], list[str | None]]:
    """Return the reserved addresses: in the running network, and in its definition."""
    network = hypervisor.host.connection.networkLookupByName("fa-lab")
    live, definition = (
        [host.get("ip") for host in etree.fromstring(network.XMLDesc(flags)).iterfind("ip/dhcp/host")]
        for flags in (0, 1)
    )
    return live, definition


def run_killed(when: str) -> None:
    """Run virt-install in a process that is killed before or after the start of the guest."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, when, *GUEST, *ADDRESS], env=dict(os.environ), capture_output=True, text=True
    )
    assert done.returncode == -9, done.stderr


def test_reservation_is_live_and_persistent_until_the_guest_is_deleted(hypervisor: Hypervisor) -> None:
    """Both the running network and its definition contain it."""
    assert main([*GUEST, *ADDRESS]) == 0
    assert reserved(hypervisor) == (["10.79.0.10"], ["10.79.0.10"])
    hypervisor.guest("fa-guest").delete(force=True)
    assert reserved(hypervisor) == ([], [])


def test_failed_start_leaves_no_reservation(hypervisor: Hypervisor) -> None:
    """It is rolled back with the guest."""
    assert main([*GUEST, *ADDRESS, "--qemu-commandline=-no-such-option"]) == 1
    assert reserved(hypervisor) == ([], [])
    assert hypervisor.host.guest_named("fa-guest") is None


def test_next_run_removes_the_reservation_of_a_killed_run(hypervisor: Hypervisor) -> None:
    """The new guest has another MAC address and gets the same IP address."""
    run_killed("before")
    assert reserved(hypervisor) == (["10.79.0.10"], ["10.79.0.10"])
    # a preview assumes the removal but removes nothing; neither does a preview for another guest
    assert main([*GUEST, *ADDRESS, "--dry-run"]) == 0
    assert main([*GUEST, *ADDRESS, "--name", "fa-other", "--dry-run"]) == 1
    assert reserved(hypervisor) == (["10.79.0.10"], ["10.79.0.10"])
    assert main([*GUEST, *ADDRESS]) == 0
    assert reserved(hypervisor) == (["10.79.0.10"], ["10.79.0.10"])
    assert [each.address for each in hypervisor.guest("fa-guest").find_addresses()] == ["10.79.0.10"]


def test_reservation_of_a_killed_run_is_removed_with_its_guest(hypervisor: Hypervisor) -> None:
    """The run was killed before it stored a record."""
    run_killed("after")
    assert hypervisor.guest("fa-guest").state.is_active
    hypervisor.guest("fa-guest").delete(force=True)
    assert reserved(hypervisor) == ([], [])


def test_added_interfaces_get_their_addresses(hypervisor: Hypervisor) -> None:
    """A script adds one to the running guest, virt-xml another one; both reservations are removed with the guest."""
    assert main([*GUEST, *ADDRESS]) == 0
    guest = hypervisor.guest("fa-guest")
    guest.attach(Interface(source_network="fa-lab", ip="10.79.0.11"))
    words = ["fa-guest", "--add-device", "--network", "network=fa-lab,ip=10.79.0.12"]
    assert xml_main(["--connect", "qemu:///system", *words]) == 0
    assert reserved(hypervisor)[0] == ["10.79.0.10", "10.79.0.11", "10.79.0.12"]
    hypervisor.guest("fa-guest").delete(force=True)
    assert reserved(hypervisor) == ([], [])
