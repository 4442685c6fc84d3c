"""`Lab.apply` and `Lab.diff` on libvirt's test driver."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

import virtinstall
from virtinstall import Hypervisor, Lab, RequestError
from virtinstall.cli.guest_diff import difference_text
from virtinstall.errors import EndedError
from virtinstall.fleet.outcome import Outcome
from virtinstall.fleet.schedule import run_in_order
from virtinstall.fleet.sessions import Sessions

ONE = "memory: 64, disk: none, network: none, import: true, osinfo: generic"


def lab(guests: str, project: str = "p") -> Lab:
    """Return a lab with these guests (a flow mapping)."""
    return Lab.parse(f"version: 1\nproject: {project}\nguests: {guests}\n", "guests.yaml")


def statuses(outcomes: list[Outcome]) -> dict[str, tuple[str, str]]:
    """Return (action, status) of each guest."""
    assert [each.message for each in outcomes if each.status == "done" and each.message] == []
    return {each.name: (each.action, each.status) for each in outcomes}


def actions(lab: Lab, hypervisor: Hypervisor, **more: Any) -> dict[str, str]:
    """Return the action for each guest that differs."""
    return {each.name: each.action for each in lab.diff(hypervisor, **more) if each.is_different}


def test_diff_is_empty_after_apply(hypervisor: Hypervisor) -> None:
    """A second apply does nothing."""
    guests = lab(f"{{db: {{{ONE}}}, web: {{count: 2, after: db, {ONE}, metadata: {{title: 'number {{n}}'}}}}}}")
    assert actions(guests, hypervisor) == {"db": "create", "web-1": "create", "web-2": "create"}
    outcomes = guests.apply(hypervisor)
    assert statuses(outcomes) == dict.fromkeys(("db", "web-1", "web-2"), ("create", "done"))
    assert hypervisor.guest("web-2").domain.title == "number 2"
    assert actions(guests, hypervisor) == {}
    assert {each.status for each in guests.apply(hypervisor)} == {"unchanged"}


@pytest.mark.parametrize(
    "values",
    [
        "memory: 64, disk: none, network: none, import: true",
        "memory: {memory: 128, currentMemory: 64}, vcpus: {vcpus: 2, maxvcpus: 4}, disk: none, import: true",
        "memory: 64, disk: [{size: 0.1}, {size: 0.1, bus: scsi}], network: {network: default}, import: true",
        "memory: 64, disk: none, graphics: {type: vnc, password: secret}, import: true, rng: none",
        "memory: 64, disk: none, qemu-commandline: '-foo bar', pxe: true, boot: {uefi: false, menu: true}",
        "memory: 64, disk: none, import: true, xml: './@foo=bar', metadata: {description: \"a\\nb\"}",
    ],
)  # fmt: skip
def test_only_a_changed_option_is_a_difference(hypervisor: Hypervisor, values: str) -> None:
    """Values that libvirt adds are not differences."""
    first = lab(f"{{a: {{osinfo: generic, {values}}}}}")
    assert statuses(first.apply(hypervisor)) == {"a": ("create", "done")}
    assert actions(first, hypervisor) == {}
    assert [each.drift for each in first.diff(hypervisor)] == [()]
    retitled = lab(f"{{a: {{osinfo: generic, {values}, events: {{on_crash: preserve}}}}}}")
    (found,) = retitled.diff(hypervisor)
    assert [each.path for each in found.changes] == ["on_crash"], found.changes


def test_change_keeps_uuid_and_drift(hypervisor: Hypervisor) -> None:
    """Drift in values that the file does not set is reported and kept."""
    values = "disk: none, network: {network: default}, import: true, osinfo: generic"
    lab(f"{{a: {{memory: 64, {values}}}}}").apply(hypervisor)
    before = hypervisor.guest("a")
    xml = before.handle.xml(inactive=True).replace("<on_crash>restart", "<on_crash>preserve")
    xml = xml.replace("<on_crash>destroy", "<on_crash>preserve")
    hypervisor.host.define_guest(xml)
    changed = lab(f"{{a: {{memory: 128, {values}}}}}")
    (found,) = changed.diff(hypervisor)
    assert found.action == "update" and {each.path for each in found.changes} == {"memory", "currentMemory"}
    assert [(each.path, each.after) for each in found.drift] == [("on_crash", "preserve")]
    (outcome,) = changed.apply(hypervisor)
    assert (outcome.status, outcome.message) == ("done", None)
    after = hypervisor.guest("a")
    assert (after.uuid, after.domain.memory_kib) == (before.uuid, 128 << 10)
    assert "preserve" in after.handle.xml(inactive=True)
    (again,) = changed.diff(hypervisor)
    assert not again.is_different and [each.path for each in again.drift] == ["on_crash"]


def test_added_device_is_attached_and_removed_one_detached(hypervisor: Hypervisor) -> None:
    """The diff is empty after each of the changes."""
    lab(f"{{a: {{{ONE}}}}}").apply(hypervisor)
    two = lab(f"{{a: {{{ONE}, watchdog: default}}}}")
    (found,) = two.diff(hypervisor)
    assert {each.path.split("/")[1] for each in found.changes} == {"watchdog"}
    assert statuses(two.apply(hypervisor)) == {"a": ("update", "done")}
    assert len(hypervisor.guest("a").domain.devices_of(virtinstall.Watchdog)) == 1
    assert actions(two, hypervisor) == {}
    none = lab(f"{{a: {{{ONE}}}}}")
    assert statuses(none.apply(hypervisor)) == {"a": ("update", "done")}
    assert hypervisor.guest("a").domain.devices_of(virtinstall.Watchdog) == []
    assert actions(none, hypervisor) == {}


def test_option_for_creation_is_reported_until_recreate(hypervisor: Hypervisor) -> None:
    """The guest is created again only with `recreate`, and keeps its UUID."""
    lab(f"{{a: {{{ONE}}}}}").apply(hypervisor)
    uuid = hypervisor.guest("a").uuid
    changed = lab("{a: {memory: 64, disk: none, network: none, pxe: true, osinfo: generic}}")
    for _ in range(2):
        (found,) = changed.diff(hypervisor)
        assert found.is_different and "pxe" in found.at_creation
        changed.apply(hypervisor)
    assert statuses(changed.apply(hypervisor, recreate=["a"])) == {"a": ("recreate", "done")}
    assert hypervisor.guest("a").uuid == uuid and actions(changed, hypervisor) == {}


@pytest.mark.parametrize("option", ["adopt", "recreate"])
def test_names_of_adopt_and_recreate_are_checked(hypervisor: Hypervisor, option: str) -> None:
    """The guest must be in the file, and among the selected ones."""
    guests = lab(f"{{db: {{{ONE}}}, web: {{{ONE}}}}}")
    named: dict[str, Any] = {option: ["wep"]}
    with pytest.raises(RequestError, match=f"--{option} wep: no such guest in the file") as caught:
        guests.diff(hypervisor, **named)
    assert caught.value.hint == "did you mean 'web'?"
    named = {option: ["web"]}
    with pytest.raises(RequestError, match=f"--{option} web: the guest is not selected"):
        guests.diff(hypervisor, ["db"], **named)


@pytest.mark.parametrize("alive", [True, False])
def test_lost_daemon_has_a_hint(hypervisor: Hypervisor, monkeypatch: pytest.MonkeyPatch, alive: bool) -> None:
    """The error of a closed connection does not show how to continue; other errors get no hint."""

    def fail(*args: object, **more: object) -> None:
        raise virtinstall.HypervisorError("client socket is closed")

    monkeypatch.setattr(Hypervisor, "create", fail)
    monkeypatch.setattr(type(hypervisor.host), "is_alive", lambda self: alive)
    (outcome,) = lab(f"{{a: {{{ONE}}}}}").apply(hypervisor)
    hint = "check that the libvirt daemon is running, then repeat the command; finished guests are not changed again"
    assert (outcome.message, outcome.hint) == ("client socket is closed", None if alive else hint)


def test_guest_not_created_from_the_file_is_an_error(hypervisor: Hypervisor) -> None:
    """Nothing is changed; the hint suggests --adopt."""
    guests = lab(f"{{new: {{{ONE}}}, test: {{{ONE}}}}}")
    with pytest.raises(RequestError, match="'test' already exists and was not created from this file") as caught:
        guests.apply(hypervisor)
    assert "adopt the guest unchanged with: virt-guest apply -f guests.yaml --adopt test" in str(caught.value.hint)
    assert [guest.name for guest in hypervisor.guests()] == ["test"]
    lab(f"{{new: {{{ONE}}}}}", "other").apply(hypervisor)
    with pytest.raises(RequestError, match="belongs to the project 'other'"):
        guests.diff(hypervisor, ["new"])


def test_absent_and_pruned_guests_are_deleted(hypervisor: Hypervisor) -> None:
    """A guest that was removed from the file is deleted only with `prune`."""
    lab(f"{{a: {{{ONE}}}, b: {{{ONE}}}, c: {{{ONE}}}}}").apply(hypervisor)
    fewer = lab(f"{{a: {{{ONE}}}, b: {{state: absent}}}}")
    assert actions(fewer, hypervisor) == {"b": "delete"}
    assert actions(fewer, hypervisor, prune=True) == {"b": "delete", "c": "delete"}
    fewer.apply(hypervisor)
    assert [guest.name for guest in hypervisor.guests()] == ["a", "c", "test"]
    fewer.apply(hypervisor, prune=True)
    assert [guest.name for guest in hypervisor.guests()] == ["a", "test"]
    assert actions(fewer, hypervisor, prune=True) == {}


def test_failure_skips_only_dependents(hypervisor: Hypervisor) -> None:
    """The other guests are created."""
    guests = lab(
        f"{{a: {{memory: 64, disk: {{path: /nonexistent/x.img}}, import: true, osinfo: generic}}, "
        f"b: {{after: a, {ONE}}}, c: {{after: b, {ONE}}}, d: {{{ONE}}}}}"
    )
    outcomes = {each.name: each for each in guests.apply(hypervisor)}
    assert {name: each.status for name, each in outcomes.items()} == {
        "a": "failed", "b": "skipped", "c": "skipped", "d": "done",
    }  # fmt: skip
    assert outcomes["c"].message == "skipped, because 'a' failed"


def test_apply_completes_a_guest_without_a_record(hypervisor: Hypervisor) -> None:
    """A previous apply was killed; the guest is identified by its UUID, which depends on project and name."""
    guests = lab(f"{{a: {{{ONE}}}}}")
    from virtinstall.fleet.planning import plan_guest

    hypervisor.create(plan_guest(guests.guests[0], "p", Sessions(hypervisor).of(None)))
    assert statuses(guests.apply(hypervisor)) == {"a": ("update", "done")}
    assert actions(guests, hypervisor) == {}


def test_apply_starts_a_guest_that_was_never_started(hypervisor: Hypervisor) -> None:
    """A previous apply was killed after the definition; the diff reports it."""
    guests = lab(f"{{a: {{{ONE}}}}}")
    from virtinstall.fleet.planning import plan_guest

    hypervisor.host.define_guest(plan_guest(guests.guests[0], "p", Sessions(hypervisor).of(None)).final.to_xml())
    (found,) = guests.diff(hypervisor)
    assert found.interrupted and difference_text([found]) == "a: complete the interrupted creation\n"
    assert statuses(guests.apply(hypervisor)) == {"a": ("update", "done")}
    assert hypervisor.guest("a").state.is_active and actions(guests, hypervisor) == {}


def test_mac_addresses_depend_on_project_and_name(hypervisor: Hypervisor) -> None:
    """A guest that is deleted and created again has the same address."""
    from virtinstall.fleet.planning import plan_guest

    def mac(project: str, name: str) -> str | None:
        text = f"{{{name}: {{memory: 64, disk: none, network: {{network: default}}, import: true, osinfo: generic}}}}"
        plan = plan_guest(lab(text, project).guests[0], project, Sessions(hypervisor).of(None))
        return plan.final.devices_of(virtinstall.Interface)[0].mac_address

    assert mac("p", "a") == mac("p", "a")
    assert len({mac("p", "a"), mac("p", "b"), mac("q", "a")}) == 3


def test_interrupt_starts_no_other_guest() -> None:
    """After Ctrl-C, each guest is either complete or absent."""
    done: list[str] = []

    def step(name: str) -> str:
        if name == "a":
            raise KeyboardInterrupt
        done.append(name)
        return name

    with pytest.raises(KeyboardInterrupt):
        run_in_order({"a": [], "b": ["a"], "c": ["a"]}, step, lambda name, cause: name, lambda result: False, 1)
    assert done == []


def test_interrupt_ends_waiting_in_other_threads() -> None:
    """The results of their steps are still reported."""
    interrupted = threading.Event()
    seen: list[str] = []

    def step(name: str) -> str:
        if name == "a":
            raise KeyboardInterrupt
        assert interrupted.wait(30)
        return name

    def skip(name: str, cause: str) -> str:
        return name

    with pytest.raises(KeyboardInterrupt):
        run_in_order(
            {"b": [], "a": [], "c": ["b"]}, step, skip, lambda result: False, 2,
            interrupt=interrupted.set, on_result=seen.append,
        )  # fmt: skip
    assert seen == ["b"]


def test_interrupted_connection_stops_waiting() -> None:
    """`wait_until` raises an error as soon as another thread sets the event."""
    with virtinstall.connect("test:///default") as connected:
        timer = threading.Timer(0.2, connected.host.interrupted.set)
        timer.start()
        with pytest.raises(EndedError):
            connected.host.wait_until(lambda: False, 30)
        timer.join()


def test_cost_per_guest_does_not_depend_on_the_number_of_guests(hypervisor: Hypervisor) -> None:
    """The CPU time of creation and comparison is measured; each guest has a disk, whose users are looked up."""

    def seconds(count: int, project: str) -> float:
        values = f"memory: 64, disk: {{path: '/nowhere/{project}-{{n}}.img', size: 1}}, import: true, osinfo: generic"
        many = lab(f"{{{project}: {{count: {count}, {values}}}}}", project)
        begun = time.process_time()
        assert {each.status for each in many.apply(hypervisor)} == {"done"}
        assert not any(each.is_different for each in many.diff(hypervisor))
        return time.process_time() - begun

    seconds(5, "warm")
    few, many = seconds(40, "few"), seconds(200, "many")
    assert many < few * 5 * 2.5


def test_order_of_20000_guests_is_computed_quickly() -> None:
    """Their dependencies are a chain or a star."""
    names = [str(number) for number in range(20_000)]
    chain = {name: names[number - 1 : number] if number else [] for number, name in enumerate(names)}
    star = {name: names[:1] if number else [] for number, name in enumerate(names)}
    begun = time.process_time()
    for after in (chain, star):
        results = run_in_order(after, lambda name: name, lambda name, cause: cause, lambda result: False, 1)
        assert list(results) == names
    assert time.process_time() - begun < 60
