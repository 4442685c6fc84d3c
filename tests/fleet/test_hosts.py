"""Several hosts: where guests are placed, and what a host without a connection affects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import virtinstall
from virtinstall import Hypervisor, HypervisorError, Lab, RequestError
from virtinstall.fleet.hosts import Connections, connect_all
from virtinstall.fleet.nodes import FileError

REST = "memory: 64, disk: none, network: none, import: true, osinfo: generic"
# each connection to such a file is a separate host
NODE = "<node>{}</node>"
GUEST = "<domain type='test'><name>{}</name><memory>8192</memory><os><type>hvm</type></os></domain>"


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Connections]:
    """Three hosts: kvm1 has two guests, kvm2 one, kvm3 none."""
    uris = {}
    for number, name in enumerate(("kvm1", "kvm2", "kvm3")):
        path = tmp_path / f"{name}.xml"
        path.write_text(NODE.format("".join(GUEST.format(f"old{each}") for each in range(2 - number))))
        uris[name] = f"test://{path}"
    with connect_all(uris) as found:
        yield found


def lab(guests: str, hosts: str = "{kvm1: {connect: 'test:///1'}, kvm2: 'test:///2', kvm3: 'test:///3'}") -> Lab:
    """A lab with these guests, one a line."""
    defaults = f"{{{REST}}}"
    return Lab.parse(f"version: 1\nproject: p\nhosts: {hosts}\ndefaults: {defaults}\nguests:\n{guests}", "guests.yaml")


def names(hypervisor: Hypervisor) -> list[str]:
    """The names of a host's guests, without those that it had."""
    return [each.name for each in hypervisor.guests() if not each.name.startswith("old")]


def without(hosts: Connections, *lost: str) -> Connections:
    """The same hosts, of which some cannot be reached."""
    found = {name: hosts[name] for name in hosts if name not in lost}
    return Connections(found, {name: HypervisorError("no route to host") for name in lost})


SPREAD = "  web: {count: 4, spread: [kvm1, kvm2, kvm3]}\n"


def test_guests_are_created_on_their_hosts(hosts: Connections) -> None:
    """`host` names one; the second apply changes nothing."""
    wanted = lab("  a: {host: kvm1}\n  b: {host: kvm3, after: [a]}\n")
    assert [(each.name, each.host) for each in wanted.diff(hosts)] == [("a", "kvm1"), ("b", "kvm3")]
    outcomes = wanted.apply(hosts)
    assert [each.status for each in outcomes] == ["done", "done"]
    assert {name: names(hosts[name]) for name in hosts} == {"kvm1": ["a"], "kvm2": [], "kvm3": ["b"]}
    assert [each.status for each in wanted.apply(hosts)] == ["unchanged", "unchanged"]


def test_spread_chooses_the_host_with_the_fewest_guests(hosts: Connections) -> None:
    """Those of other programs count as well."""
    lab(SPREAD).apply(hosts)
    assert {name: len(hosts[name].guests()) for name in hosts} == {"kvm1": 3, "kvm2": 2, "kvm3": 2}
    assert {name: names(hosts[name]) for name in hosts} == {
        "kvm1": ["web-4"],
        "kvm2": ["web-2"],
        "kvm3": ["web-1", "web-3"],
    }


def test_host_is_chosen_once(hosts: Connections) -> None:
    """Neither guests that are created elsewhere nor another `spread` move a guest."""
    lab(SPREAD).apply(hosts)
    before = {name: names(hosts[name]) for name in hosts}
    for number in range(5):
        hosts["kvm3"].host.define_guest(GUEST.format(f"old-more{number}"))
    assert {each.action for each in lab(SPREAD).diff(hosts)} == {"none"}
    assert {each.action for each in lab("  web: {count: 4, spread: [kvm1]}\n").diff(hosts)} == {"none"}
    assert {name: names(hosts[name]) for name in hosts} == before


def test_free_memory_decides_between_hosts_with_as_many_guests(
    hosts: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the order in the file."""
    free = {"kvm2": 1 << 30, "kvm3": 2 << 30}
    for name, size in free.items():
        monkeypatch.setattr(hosts[name].host, "free_memory_bytes", lambda size=size: size)
    hosts["kvm3"].host.define_guest(GUEST.format("old9"))
    wanted = lab("  a: {spread: [kvm2, kvm3]}\n")
    assert [each.host for each in wanted.diff(hosts)] == ["kvm3"]
    free["kvm3"] = 1 << 30
    monkeypatch.setattr(hosts["kvm3"].host, "free_memory_bytes", lambda: 1 << 30)
    assert [each.host for each in wanted.diff(hosts)] == ["kvm2"]


VNC = "graphics: {type: vnc, port: %s, listen: 0.0.0.0}"


def test_guests_with_the_same_port_are_spread_over_different_hosts(hosts: Connections) -> None:
    """Each host has one of them, although the last one has the fewest guests; the second apply changes nothing."""
    wanted = lab(f"  web: {{count: 3, spread: [kvm1, kvm2, kvm3], {VNC % 5950}}}\n")
    assert {each.host for each in wanted.diff(hosts)} == {"kvm1", "kvm2", "kvm3"}
    assert [each.status for each in wanted.apply(hosts)] == ["done"] * 3
    assert [each.status for each in wanted.apply(hosts)] == ["unchanged"] * 3


def test_new_guest_is_not_placed_where_its_port_is_taken(hosts: Connections) -> None:
    """By a guest with a fixed host, also one that exists already."""
    fixed = f"  a: {{host: kvm3, {VNC % 5950}}}\n"
    both = lab(fixed + f"  b: {{spread: [kvm2, kvm3], {VNC % 5950}}}\n")
    assert [each.host for each in both.diff(hosts)] == ["kvm3", "kvm2"]
    lab(fixed).apply(hosts)
    assert [each.host for each in both.diff(hosts)] == ["kvm3", "kvm2"]


def test_too_few_hosts_for_guests_with_the_same_port(hosts: Connections) -> None:
    """Nothing is created; the error names who has the port on each host."""
    wanted = lab(f"  web: {{count: 3, spread: [kvm1, kvm2], {VNC % 5950}}}\n")
    with pytest.raises(RequestError, match=r"web-3 has no host: web-. has the port 5950 on kvm1, web-. has the port"):
        wanted.apply(hosts)
    assert [names(hosts[name]) for name in hosts] == [[], [], []]


def test_guest_on_another_host_is_not_moved(hosts: Connections) -> None:
    """The error names its host."""
    lab("  a: {host: kvm1}\n").apply(hosts)
    with pytest.raises(RequestError) as caught:
        lab("  a: {host: kvm2}\n").apply(hosts)
    assert caught.value.message == "guests.yaml:6:3: the guest 'a' is on kvm1, not on kvm2; guests are not moved"
    assert names(hosts["kvm2"]) == []


def test_foreign_guest_of_the_same_name(hosts: Connections) -> None:
    """On a host of `spread`, another host is chosen; on `host` it is an error."""
    hosts["kvm3"].host.define_guest(GUEST.format("a"))
    assert [each.host for each in lab("  a: {spread: [kvm2, kvm3]}\n").diff(hosts)] == ["kvm2"]
    with pytest.raises(RequestError, match="was not created from this file"):
        lab("  a: {host: kvm3}\n").diff(hosts)
    (found,) = lab("  a: {spread: [kvm2, kvm3]}\n").diff(hosts, adopt=["a"])
    assert (found.host, found.adopted) == ("kvm3", True)


def test_unreachable_host_fails_only_its_guests_and_their_dependents(hosts: Connections) -> None:
    """With the reason; the others are created."""
    wanted = lab("  a: {host: kvm1}\n  b: {host: kvm2}\n  c: {host: kvm1, after: [b]}\n  d: {host: kvm3, after: [a]}\n")
    partly = without(hosts, "kvm2")
    assert {each.name: each.action for each in wanted.diff(partly)} == {
        **dict.fromkeys(("a", "c", "d"), "create"),
        "b": "unreachable",
    }
    outcomes = {each.name: each for each in wanted.apply(partly)}
    assert {name: each.status for name, each in outcomes.items()} == {
        "a": "done",
        "b": "failed",
        "c": "skipped",
        "d": "done",
    }
    assert outcomes["b"].message == "the host kvm2 cannot be reached: no route to host"
    assert {each.name for each in wanted.apply(hosts) if each.status == "done"} == {"b", "c"}


def test_new_guest_waits_for_a_host_where_it_may_be(hosts: Connections) -> None:
    """A second guest with the same addresses would be worse; a guest that is found needs no other host."""
    wanted = lab("  a: {spread: [kvm2, kvm3]}\n")
    (found,) = wanted.diff(without(hosts, "kvm2"))
    assert found.action == "unreachable"
    assert found.problem == "the host kvm2 cannot be reached ('a' may be there): no route to host"
    wanted.apply(hosts)
    (found,) = wanted.diff(without(hosts, "kvm2"))
    assert (found.action, found.host) == ("none", "kvm3")


def test_absent_and_pruned_guests_are_deleted_where_they_are(hosts: Connections) -> None:
    """On any host."""
    lab("  a: {host: kvm1}\n  b: {host: kvm2}\n  c: {host: kvm3}\n").apply(hosts)
    outcomes = lab("  a: {spread: [kvm1, kvm2], state: absent}\n  c: {host: kvm3}\n").apply(
        hosts, prune=True, force=True
    )
    assert {each.name: each.action for each in outcomes} == {"a": "delete", "b": "delete", "c": "none"}
    assert {name: names(hosts[name]) for name in hosts} == {"kvm1": [], "kvm2": [], "kvm3": ["c"]}


def test_inventory_covers_all_hosts(hosts: Connections) -> None:
    """The host that cannot be reached is a warning."""
    wanted = lab("  a: {host: kvm1}\n  b: {host: kvm2}\n")
    wanted.apply(hosts)
    assert [each.name for each in wanted.inventory(hosts).guests] == ["a", "b"]
    partly = wanted.inventory(without(hosts, "kvm2"))
    assert [each.name for each in partly.guests] == ["a"]
    assert partly.warnings == (
        "the host kvm2 cannot be reached: no route to host",
        "b: not included: it may be on kvm2",
    )


def test_no_host_can_be_reached() -> None:
    """That is an error, not an outcome."""
    with pytest.raises(HypervisorError):
        lab("  a: {host: kvm1}\n", "{kvm1: 'qemu+unix:///system?socket=/nonexistent'}").open()


@pytest.mark.parametrize(
    ("guests", "message"),
    [
        ("  a: {host: kvm4}\n", "guests.yaml:6:13: a: unknown host 'kvm4' (did you mean kvm3"),
        ("  a: {spread: [kvm1, x]}\n", "guests.yaml:6:22: a: unknown host 'x'"),
        ("  a: {host: kvm1, spread: [kvm2]}\n", "guests.yaml:6:27: a: host is one name"),
        ("  a: {}\n", "guests.yaml:6:6: a: host is missing"),
    ],
)
def test_mistakes_have_a_position(guests: str, message: str) -> None:
    """In the guest."""
    with pytest.raises(FileError) as caught:
        lab(guests)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("hosts", "message"),
    [
        ("{kvm1: {uri: x}}", "guests.yaml:3:16: hosts.kvm1.uri: unknown key"),
        ("{kvm1: }", "guests.yaml:3:15: hosts.kvm1: a URI is expected"),
        ("{kvm1: x}\nconnect: y", "guests.yaml:4:1: connect: the file lists hosts"),
    ],
)
def test_mistakes_in_hosts(hosts: str, message: str) -> None:
    """In the list of hosts."""
    with pytest.raises(FileError) as caught:
        lab("  a: {host: kvm1}\n", hosts)
    assert caught.value.message.startswith(message)


def test_one_host_is_the_default_and_a_guest_replaces_the_place_of_the_defaults() -> None:
    """`host` of a guest replaces `spread` of the defaults."""
    assert lab("  a: {}\n", "{kvm1: x}").guests[0].host == "kvm1"
    text = "version: 1\nhosts: {k1: x, k2: y}\ndefaults: {spread: [k1, k2]}\nguests: {a: , b: {host: k2}}\n"
    assert [(each.host, each.spread) for each in Lab.parse(text).guests] == [(None, ("k1", "k2")), ("k2", ())]


def test_guests_on_different_hosts_share_ports_and_addresses_but_no_mac() -> None:
    """Networks of libvirt are local to a host."""
    values = "graphics: {type: vnc, port: 5901}, network: [{network: default, ip: 192.168.122.10}]"
    lab(f"  a: {{host: kvm1, {values}}}\n  b: {{host: kvm2, {values}}}\n")
    with pytest.raises(FileError, match="port, 5901"):
        lab(f"  a: {{host: kvm1, {values}}}\n  b: {{host: kvm1, {values}}}\n")
    mac = "network: [{network: default, mac: '52:54:00:00:00:01'}]"
    with pytest.raises(FileError, match="MAC address"):
        lab(f"  a: {{host: kvm1, {mac}}}\n  b: {{host: kvm2, {mac}}}\n")


def test_connection_of_the_command_contradicts_hosts() -> None:
    """--connect is for files without hosts."""
    with pytest.raises(RequestError, match="lists its hosts"):
        lab("  a: {host: kvm1}\n").open("test:///default")
    with virtinstall.connect("test:///default") as one, pytest.raises(RequestError, match="one connection"):
        lab("  a: {host: kvm1}\n").diff(one)
