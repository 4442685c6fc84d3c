"""One file for two hosts: this machine's libvirtd, and a second one that is reached over TCP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import virtinstall
from tests.live.second_daemon import Daemon, second_daemon
from virtinstall import Lab
from virtinstall.cli.main import guest_main
from virtinstall.fleet.hosts import Connections

pytestmark = pytest.mark.live

NETWORK = """<network><name>sh-lab</name><bridge name='virbr78'/>
<ip address='10.78.0.1' netmask='255.255.255.0'><dhcp><range start='10.78.0.2' end='10.78.0.99'/></dhcp></ip></network>
"""


@pytest.fixture(scope="module")
def second() -> Iterator[Daemon]:
    """The second host."""
    with second_daemon() as daemon:
        yield daemon


def guests_file(second: Daemon, guests: str) -> str:
    """Return a file with two hosts and these guests, one per line."""
    return (
        f"version: 1\nproject: sh\nhosts: {{near: 'qemu:///system', far: '{second.connection.uri}'}}\n"
        "defaults: {memory: 48, virt-type: qemu, disk: none, network: none, import: true, osinfo: generic, "
        f"graphics: none}}\nguests:\n{guests}"
    )


def names(hosts: Connections, name: str) -> list[str]:
    """Return the guests of this test on a host."""
    return [each.name for each in hosts[name].guests() if each.name.startswith("sh-")]


def test_apply_compare_and_delete_on_two_hosts(
    second: Daemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The host that becomes unreachable later affects only its guests."""
    path = tmp_path / "guests.yaml"
    path.write_text(
        guests_file(
            second,
            "  sh-a: {host: near}\n  sh-b: {host: far, after: [sh-a]}\n  sh-c: {count: 2, spread: [near, far]}\n",
        )
    )
    lab = Lab.load(path)
    assert guest_main(["apply", "-f", str(path), "--yes"]) == 0
    with lab.open() as hosts:
        assert isinstance(hosts, Connections)
        placed = {name: names(hosts, name) for name in hosts}
        assert "sh-a" in placed["near"] and "sh-b" in placed["far"]
        assert sorted(placed["near"] + placed["far"]) == ["sh-a", "sh-b", "sh-c-1", "sh-c-2"]
    assert guest_main(["diff", "-f", str(path)]) == 0
    capsys.readouterr()
    assert guest_main(["inventory", "-f", str(path), "--list"]) == 0
    found = json.loads(capsys.readouterr().out)["_meta"]["hostvars"]
    assert found["sh-b"]["libvirt_uri"] != found["sh-a"]["libvirt_uri"] and len(found) == 4
    second.kill()
    try:
        assert guest_main(["diff", "-f", str(path)]) == 1
        assert "sh-b: not compared: the host 'far' cannot be reached" in capsys.readouterr().out
        path.write_text(path.read_text() + "  sh-d: {host: near}\n  sh-e: {host: near, after: [sh-b]}\n")
        assert guest_main(["apply", "-f", str(path), "--yes"]) == 1
        printed = capsys.readouterr()
        assert "sh-b: the host 'far' cannot be reached" in printed.err
        assert "sh-e: skipped, because 'sh-b' failed" in printed.err
        assert virtinstall.connect("qemu:///system").guest("sh-d").state.is_active
    finally:
        second.start()
    assert guest_main(["apply", "-f", str(path), "--yes"]) == 0
    assert guest_main(["delete", "-f", str(path), "--yes", "--force"]) == 0
    with lab.open() as hosts:
        assert isinstance(hosts, Connections)
        assert {name: names(hosts, name) for name in hosts} == {"near": [], "far": []}


def test_guests_on_two_hosts_have_the_same_address(second: Daemon, tmp_path: Path) -> None:
    """The network of each host has a reservation, which is removed with the guest."""
    path = tmp_path / "guests.yaml"
    network = "network: [{network: sh-lab, ip: 10.78.0.10}]"
    path.write_text(guests_file(second, f"  sh-f: {{host: near, {network}}}\n  sh-g: {{host: far, {network}}}\n"))
    lab = Lab.load(path)
    with lab.open() as hosts:
        assert isinstance(hosts, Connections)
        # an inactive network has the reservation in its definition only
        networks = [hosts[name].host.connection.networkDefineXML(NETWORK) for name in hosts]
        try:
            networks[0].create()
            outcome = lab.apply(hosts, ["sh-f"])[0]
            assert (outcome.status, outcome.message) == ("done", None)
            assert hosts["near"].host.network_addresses("sh-lab")[0][1:] == ("10.78.0.10", "reservation")
            assert hosts["far"].host.network_addresses("sh-lab") == []
            assert [each.address for each in hosts["near"].guest("sh-f").find_addresses()] == ["10.78.0.10"]
            # the guest cannot start without an active network, so its reservation is rolled back
            outcome = lab.apply(hosts, ["sh-g"])[0]
            assert outcome.status == "failed" and hosts["far"].host.network_addresses("sh-lab") == []
            hosts["near"].guest("sh-f").delete(force=True)
            assert hosts["near"].host.network_addresses("sh-lab") == []
        finally:
            networks[0].destroy()
            for each in networks:
                each.undefine()
