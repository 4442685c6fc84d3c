"""Several hosts: placement of guests, and the effects of an unreachable host."""

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
    """Three hosts: kvm1 with two guests, kvm2 with one, kvm3 without guests."""
    uris = {}
    for number, name in enumerate(("kvm1", "kvm2", "kvm3")):
        path = tmp_path / f"{name}.xml"
        path.write_text(NODE.format("".join(GUEST.format(f"old{each}") for each in range(2 - number))))
        uris[name] = f"test://{path}"
    with connect_all(uris) as found:
        yield found


def lab(guests: str, hosts: str = "{kvm1: {connect: 'test:///1'}, kvm2: 'test:///2', kvm3: 'test:///3'}") -> Lab:
    """Return a lab with these guests, one per line."""
    defaults = f"{{{REST}}}"
    return Lab.parse(f"version: 1\nproject: p\nhosts: {hosts}\ndefaults: {defaults}\nguests:\n{guests}", "guests.yaml")


def names(hypervisor: Hypervisor) -> list[str]:
    """Return the names of a host's guests, without those that existed before."""
    return [each.name for each in hypervisor.guests() if not each.name.startswith("old")]


def with_unreachable(hosts: Connections, *lost: str) -> Connections:
    """Return the same hosts, some of which are unreachable."""
    found = {name: hosts[name] for name in hosts if name not in lost}
    return Connections(found, {name: HypervisorError("no route to host") for name in lost})


SPREAD = "  web: {count: 4, spread: [kvm1, kvm2, kvm3]}\n"


def test_guests_are_created_on_their_hosts(hosts: Connections) -> None:
    """`host` names the host; a second apply changes nothing."""
    wanted = lab("  a: {host: kvm1}\n  b: {host: kvm3, after: [a]}\n")
    assert [(each.name, each.host) for each in wanted.diff(hosts)] == [("a", "kvm1"), ("b", "kvm3")]
    outcomes = wanted.apply(hosts)
    assert [each.status for each in outcomes] == ["done", "done"]
    assert {name: names(hosts[name]) for name in hosts} == {"kvm1": ["a"], "kvm2": [], "kvm3": ["b"]}
    assert [each.status for each in wanted.apply(hosts)] == ["unchanged", "unchanged"]


def test_spread_chooses_the_host_with_the_fewest_guests(hosts: Connections) -> None:
    """Guests of other programs are counted as well."""
    lab(SPREAD).apply(hosts)
    assert {name: len(hosts[name].guests()) for name in hosts} == {"kvm1": 3, "kvm2": 2, "kvm3": 2}
    assert {name: names(hosts[name]) for name in hosts} == {
        "kvm1": ["web-4"],
        "kvm2": ["web-2"],
        "kvm3": ["web-1", "web-3"],
    }


def test_host_is_chosen_once(hosts: Connections) -> None:
    """Neither new guests of other programs nor a changed `spread` move a guest."""
    lab(SPREAD).apply(hosts)
    before = {name: names(hosts[name]) for name in hosts}
    for number in range(5):
        hosts["kvm3"].host.define_guest(GUEST.format(f"old-more{number}"))
    assert {each.action for each in lab(SPREAD).diff(hosts)} == {"none"}
    assert {each.action for each in lab("  web: {count: 4, spread: [kvm1]}\n").diff(hosts)} == {"none"}
    assert {name: names(hosts[name]) for name in hosts} == before


def test_free_memory_decides_between_equal_numbers_of_guests(
    hosts: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the free memory is equal as well, the order in the file decides."""
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


def test_guests_with_the_same_port_are_on_different_hosts(hosts: Connections) -> None:
    """Each host has one of them, although one host has fewer guests than the others."""
    wanted = lab(f"  web: {{count: 3, spread: [kvm1, kvm2, kvm3], {VNC % 5950}}}\n")
    assert {each.host for each in wanted.diff(hosts)} == {"kvm1", "kvm2", "kvm3"}
    assert [each.status for each in wanted.apply(hosts)] == ["done"] * 3
    assert [each.status for each in wanted.apply(hosts)] == ["unchanged"] * 3


def test_guest_is_not_placed_on_a_host_where_its_port_is_used(hosts: Connections) -> None:
    """A guest with `host` uses the port; the guest may exist already."""
    fixed = f"  a: {{host: kvm3, {VNC % 5950}}}\n"
    both = lab(fixed + f"  b: {{spread: [kvm2, kvm3], {VNC % 5950}}}\n")
    assert [each.host for each in both.diff(hosts)] == ["kvm3", "kvm2"]
    lab(fixed).apply(hosts)
    assert [each.host for each in both.diff(hosts)] == ["kvm3", "kvm2"]


def test_too_few_hosts_for_guests_with_the_same_port_are_an_error(hosts: Connections) -> None:
    """Nothing is created; the error names the guest that uses the port on each host."""
    wanted = lab(f"  web: {{count: 3, spread: [kvm1, kvm2], {VNC % 5950}}}\n")
    with pytest.raises(
        RequestError, match=r"web-3: no host is suitable: on the host 'kvm1', port 5950 is already in use by"
    ):
        wanted.apply(hosts)
    assert [names(hosts[name]) for name in hosts] == [[], [], []]


def test_guest_on_another_host_is_not_moved(hosts: Connections) -> None:
    """The error names the guest's host."""
    lab("  a: {host: kvm1}\n").apply(hosts)
    with pytest.raises(RequestError) as caught:
        lab("  a: {host: kvm2}\n").apply(hosts)
    expected = (
        "guests.yaml:6:3: the guest 'a' is on the host 'kvm1', not on 'kvm2'; guests are not moved to other hosts"
    )
    assert caught.value.message == expected
    assert names(hosts["kvm2"]) == []


def test_guest_of_the_same_name_excludes_a_host(hosts: Connections) -> None:
    """`spread` chooses another host; with `host`, it is an error."""
    hosts["kvm3"].host.define_guest(GUEST.format("a"))
    assert [each.host for each in lab("  a: {spread: [kvm2, kvm3]}\n").diff(hosts)] == ["kvm2"]
    with pytest.raises(RequestError, match="was not created from this file"):
        lab("  a: {host: kvm3}\n").diff(hosts)
    (found,) = lab("  a: {spread: [kvm2, kvm3]}\n").diff(hosts, adopt=["a"])
    assert (found.host, found.action) == ("kvm3", "adopt")


def test_unreachable_host_fails_only_its_guests_and_their_dependents(hosts: Connections) -> None:
    """The error contains the reason; the other guests are created."""
    wanted = lab("  a: {host: kvm1}\n  b: {host: kvm2}\n  c: {host: kvm1, after: [b]}\n  d: {host: kvm3, after: [a]}\n")
    partly = with_unreachable(hosts, "kvm2")
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
    assert outcomes["b"].message == "the host 'kvm2' cannot be reached: no route to host"
    assert {each.name for each in wanted.apply(hosts) if each.status == "done"} == {"b", "c"}


def test_guest_is_not_created_while_it_may_exist_on_an_unreachable_host(hosts: Connections) -> None:
    """A second guest would have the same addresses. If the guest is found, other hosts do not matter."""
    wanted = lab("  a: {spread: [kvm2, kvm3]}\n")
    (found,) = wanted.diff(with_unreachable(hosts, "kvm2"))
    assert found.action == "unreachable"
    assert found.problem == "the guest 'a' may exist on the host 'kvm2', which cannot be reached: no route to host"
    wanted.apply(hosts)
    (found,) = wanted.diff(with_unreachable(hosts, "kvm2"))
    assert (found.action, found.host) == ("none", "kvm3")


def test_absent_and_pruned_guests_are_deleted_on_any_host(hosts: Connections) -> None:
    """`spread` of an absent guest need not contain its host."""
    lab("  a: {host: kvm1}\n  b: {host: kvm2}\n  c: {host: kvm3}\n").apply(hosts)
    outcomes = lab("  a: {spread: [kvm1, kvm2], state: absent}\n  c: {host: kvm3}\n").apply(
        hosts, prune=True, force=True
    )
    assert {each.name: each.action for each in outcomes} == {"a": "delete", "b": "delete", "c": "none"}
    assert {name: names(hosts[name]) for name in hosts} == {"kvm1": [], "kvm2": [], "kvm3": ["c"]}


def test_inventory_covers_all_hosts(hosts: Connections) -> None:
    """An unreachable host causes warnings."""
    wanted = lab("  a: {host: kvm1}\n  b: {host: kvm2}\n")
    wanted.apply(hosts)
    assert [each.name for each in wanted.inventory(hosts).guests] == ["a", "b"]
    partly = wanted.inventory(with_unreachable(hosts, "kvm2"))
    assert [each.name for each in partly.guests] == ["a"]
    assert partly.warnings == (
        "the host 'kvm2' cannot be reached: no route to host",
        "b: not included, because the guest may be on the host 'kvm2'",
    )


def test_no_reachable_host_is_an_error() -> None:
    """`Lab.open` raises HypervisorError."""
    with pytest.raises(HypervisorError):
        lab("  a: {host: kvm1}\n", "{kvm1: 'qemu+unix:///system?socket=/nonexistent'}").open()


@pytest.mark.parametrize(
    ("guests", "message"),
    [
        ("  a: {host: kvm4}\n", "guests.yaml:6:13: a: unknown host 'kvm4'"),
        ("  a: {spread: [kvm1, x]}\n", "guests.yaml:6:22: a: unknown host 'x'"),
        ("  a: {host: kvm1, spread: [kvm2]}\n", "guests.yaml:6:27: a: `host` and `spread` cannot be used together"),
        ("  a: {}\n", "guests.yaml:6:6: a: `host` is missing"),
    ],
)
def test_errors_in_host_and_spread_have_a_position(guests: str, message: str) -> None:
    """The position is that of the value."""
    with pytest.raises(FileError) as caught:
        lab(guests)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("hosts", "message"),
    [
        ("{kvm1: {uri: x}}", "guests.yaml:3:16: hosts.kvm1.uri: unknown key"),
        ("{kvm1: }", "guests.yaml:3:15: hosts.kvm1: must be a URI"),
        ("{kvm1: x}\nconnect: y", "guests.yaml:4:1: `connect` and `hosts` cannot be used together"),
    ],
)
def test_errors_in_hosts_have_a_position(hosts: str, message: str) -> None:
    """They are errors in the list of hosts."""
    with pytest.raises(FileError) as caught:
        lab("  a: {host: kvm1}\n", hosts)
    assert caught.value.message.startswith(message)


def test_host_of_a_guest_overrides_spread_of_the_defaults() -> None:
    """If the file has only one host, it is the default."""
    assert lab("  a: {}\n", "{kvm1: x}").guests[0].host == "kvm1"
    text = "version: 1\nhosts: {k1: x, k2: y}\ndefaults: {spread: [k1, k2]}\nguests: {a: , b: {host: k2}}\n"
    assert [(each.host, each.spread) for each in Lab.parse(text).guests] == [(None, ("k1", "k2")), ("k2", ())]


def test_guests_on_different_hosts_may_have_equal_ports_and_addresses() -> None:
    """Networks are local to a host, but MAC addresses must differ."""
    values = "graphics: {type: vnc, port: 5901}, network: [{network: default, ip: 192.168.122.10}]"
    lab(f"  a: {{host: kvm1, {values}}}\n  b: {{host: kvm2, {values}}}\n")
    with pytest.raises(FileError, match="port 5901 is already in use by"):
        lab(f"  a: {{host: kvm1, {values}}}\n  b: {{host: kvm1, {values}}}\n")
    mac = "network: [{network: default, mac: '52:54:00:00:00:01'}]"
    with pytest.raises(FileError, match="MAC address"):
        lab(f"  a: {{host: kvm1, {mac}}}\n  b: {{host: kvm2, {mac}}}\n")


def test_connect_contradicts_hosts() -> None:
    """--connect is for files without hosts."""
    with pytest.raises(RequestError, match="a guests file that lists hosts"):
        lab("  a: {host: kvm1}\n").open("test:///default")
    with virtinstall.connect("test:///default") as one, pytest.raises(RequestError, match="a single connection"):
        lab("  a: {host: kvm1}\n").diff(one)
