"""Hypervisor and Guest on libvirt's test driver, which needs no daemon."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest

import virtinstall
from virtinstall import Disk, Domain, Existing, Guest, GuestSpec, Hypervisor, Interface, Pxe, State
from virtinstall.create import retry_while_taken


def spec(name: str | None = None, install: virtinstall.Install = Existing()) -> GuestSpec:  # noqa: B008
    """Return a small guest."""
    return GuestSpec(Domain(name=name, memory_kib=1 << 16), install=install, os="debian11", without=["disk"])


def test_plan_changes_nothing(hypervisor: Hypervisor) -> None:
    """The plan has the XML, but the guest does not exist."""
    plan = hypervisor.plan(spec("planned"))
    assert "<name>planned</name>" in plan.xml and plan.install_xml is None
    assert [action.kind for action in plan.actions] == ["define", "start"]
    assert [guest.name for guest in hypervisor.guests()] == ["test"]


def test_created_guest_runs_and_has_its_plan(hypervisor: Hypervisor) -> None:
    """It is found by name and UUID."""
    plan = hypervisor.plan(spec("made"))
    guest = hypervisor.create(plan)
    assert (guest.name, guest.state, guest.plan) == ("made", State.RUNNING, plan)
    assert str(guest.state) == "running"
    assert hypervisor.guest("made").uuid == hypervisor.guest_by_uuid(guest.uuid).uuid == guest.uuid
    assert guest.domain.name == "made" and "<domain" in guest.xml


def test_create_accepts_a_specification(hypervisor: Hypervisor) -> None:
    """Scripts need not create a plan."""
    assert hypervisor.create(spec("quick")).state is State.RUNNING


def test_generated_name_in_use_is_generated_again(hypervisor: Hypervisor) -> None:
    """Two plans have the same generated name; the second one is planned again."""
    earlier, plan = hypervisor.plan(spec()), hypervisor.plan(spec())
    output: list[str] = []
    first = hypervisor.create(earlier)
    second = hypervisor.create(plan, report=output.append)
    assert first.name != second.name and second.plan is not plan
    assert any(first.name in text for text in output)


def test_repeated_names_in_use_are_an_error() -> None:
    """There is no endless loop."""

    def taken(plan: str) -> None:
        raise virtinstall.TakenError(f"the guest name '{plan}' is already used")

    with pytest.raises(virtinstall.TakenError):
        retry_while_taken("a", taken, lambda plan: plan + "a", lambda text: None)


def test_specified_name_in_use_is_an_error(hypervisor: Hypervisor) -> None:
    """A specified name is never replaced."""
    hypervisor.create(spec("twice"))
    with pytest.raises(virtinstall.RequestError):
        hypervisor.create(spec("twice"))


@pytest.mark.parametrize("name", ["1", "6695eb01-f6a4-8304-79aa-97f2502e193f", "tset", ""])
def test_lookup_by_name_accepts_names_only(hypervisor: Hypervisor, name: str) -> None:
    """The guest `test` has this ID and UUID; the hint for a misspelled name is a similar name."""
    with pytest.raises(virtinstall.GuestNotFound) as caught:
        hypervisor.guest(name)
    assert ("did you mean 'test'?" in str(caught.value.hint)) == (name == "tset")


REMOVED_GUEST_CALLS: dict[str, Callable[[virtinstall.Guest], object]] = {
    "xml": lambda guest: guest.xml,
    "domain": lambda guest: guest.domain,
    "record": lambda guest: guest.record,
    "state": lambda guest: guest.state,
    "addresses": lambda guest: guest.addresses,
    "find_addresses": lambda guest: guest.find_addresses(),
    "start": lambda guest: guest.start(),
    "resume": lambda guest: guest.resume(),
    "shutdown": lambda guest: guest.shutdown(),
    "reboot": lambda guest: guest.reboot(),
    "destroy": lambda guest: guest.destroy(),
    "reset": lambda guest: guest.reset(),
    "wait_for": lambda guest: guest.wait_for("running", timeout=1),
    "ssh_command": lambda guest: guest.ssh_command(),
    "execute": lambda guest: guest.execute(["true"], stdout=print, stderr=print),
}


@pytest.mark.parametrize("call", REMOVED_GUEST_CALLS)
def test_call_for_a_removed_guest_returns_or_raises_a_documented_error(hypervisor: Hypervisor, call: str) -> None:
    """Another program may remove a guest at any time; its state and addresses are then unknown."""
    guest = hypervisor.create(spec("removed"))
    hypervisor.delete(hypervisor.deletion_plan("removed"), force=True)
    try:
        assert REMOVED_GUEST_CALLS[call](guest) in (State.GONE, (), [], None)
    except virtinstall.GuestNotFound:
        assert call not in ("addresses", "state")
    except virtinstall.GuestStopped:
        assert call == "wait_for"


def test_unknown_uuid_is_an_error(hypervisor: Hypervisor) -> None:
    """Text that is not a UUID is an error, too."""
    for uuid in ("6695eb01-f6a4-8304-79aa-000000000000", "test"):
        with pytest.raises(virtinstall.GuestNotFound):
            hypervisor.guest_by_uuid(uuid)


def test_installed_guest_is_started_automatically(hypervisor: Hypervisor) -> None:
    """This happens when the installer has powered it off."""
    guest = hypervisor.create(spec("installed", Pxe()))
    threading.Timer(0.3, guest.shutdown).start()
    assert guest.wait_for("installed", timeout=20) == ()
    assert guest.state is State.RUNNING


def test_guest_with_an_incomplete_installation_is_not_started(hypervisor: Hypervisor) -> None:
    """It was destroyed during the installation; waiting raises GuestStopped."""
    guest = hypervisor.create(spec("cut", Pxe()))
    guest.destroy()
    with pytest.raises(virtinstall.GuestStopped):
        guest.wait_for("running", timeout=20)
    assert guest.state is State.SHUT_OFF


def test_start_installed_false_leaves_the_guest_off(hypervisor: Hypervisor) -> None:
    """The installer has powered it off."""
    guest = hypervisor.create(spec("off", Pxe()).replace(start_installed=False))
    threading.Timer(0.3, guest.shutdown).start()
    guest.wait_for("installed", timeout=20)
    assert guest.state is State.SHUT_OFF


def test_timeout_does_not_stop_the_guest(hypervisor: Hypervisor) -> None:
    """Closing the connection does not wait for the installation either."""
    guest = hypervisor.create(spec("slow", Pxe()))
    with pytest.raises(virtinstall.WaitTimeout, match="slow"):
        guest.wait_for("installed", timeout=0.2)
    assert guest.state is State.RUNNING


def test_impossible_goal_is_an_error(hypervisor: Hypervisor) -> None:
    """The guest has no channel for an agent, or the goal does not exist."""
    guest = hypervisor.guest("test")
    for goal in ("agent", "nonsense"):
        with pytest.raises(virtinstall.RequestError, match=goal):
            guest.wait_for(goal, timeout=1)  # type: ignore[arg-type]


def test_finish_of_a_running_guest_is_an_error(hypervisor: Hypervisor) -> None:
    """No installation is in progress; a missing guest is another error."""
    with pytest.raises(virtinstall.RequestError, match="is not being installed"):
        hypervisor.finish("test", timeout=1)
    with pytest.raises(virtinstall.GuestNotFound):
        hypervisor.finish("nobody", timeout=1)


def created(hypervisor: Hypervisor) -> Guest:
    """Create a guest that the test changes."""
    return hypervisor.create(spec("changed"))


def test_attached_devices_get_defaults(hypervisor: Hypervisor) -> None:
    """As for a new guest, these are a MAC address, a model and an unused target."""
    guest = created(hypervisor)
    card = guest.attach(Interface(source_network="default"), live=False)
    one, two = (guest.attach(Disk(path=f"/d{number}.img", size_bytes=1 << 20), live=False) for number in (1, 2))
    assert card.type == "network" and card.mac_address and card.model_type
    assert len({one.target_dev, two.target_dev}) == 2
    assert [disk.source_file for disk in guest.domain.devices_of(Disk)] == ["/d1.img", "/d2.img"]


def test_update_changes_the_specified_values(hypervisor: Hypervisor) -> None:
    """Other values of the device are kept."""
    guest = created(hypervisor)
    card = guest.attach(Interface(source_network="default"), live=False)
    guest.update(Interface(mac_address=card.mac_address, link_state="down"), live=False)
    now = next(each for each in guest.domain.devices_of(Interface) if each.mac_address == card.mac_address)
    assert (now.link_state, now.model_type) == ("down", card.model_type)


def test_detach_finds_a_device_by_target_or_path(hypervisor: Hypervisor) -> None:
    """The result of `attach` can be used as well."""
    guest = created(hypervisor)
    disks = [guest.attach(Disk(path=f"/d{number}.img", size_bytes=1 << 20), live=False) for number in range(3)]
    guest.detach(disks[0], live=False)
    guest.detach(Disk(target_dev=disks[1].target_dev), live=False)
    guest.detach(Disk(path="/d2.img"), live=False)
    assert not guest.domain.devices_of(Disk)


def test_missing_or_ambiguous_device_is_an_error(hypervisor: Hypervisor) -> None:
    """The guest is not changed."""
    guest = created(hypervisor)
    for _ in range(2):
        guest.attach(Interface(source_network="default"), live=False)
    before = guest.domain.to_xml()
    with pytest.raises(virtinstall.RequestError, match="no <disk> device in the guest 'changed' matches"):
        guest.detach(Disk(target_dev="vdz"), live=False)
    with pytest.raises(virtinstall.RequestError, match="match"):
        guest.detach(Interface(), live=False)
    assert guest.domain.to_xml() == before


def test_change_without_effect_is_an_error(hypervisor: Hypervisor) -> None:
    """Both `live` and `persistent` are False, or the guest is not running with `live`."""
    guest = created(hypervisor)
    with pytest.raises(virtinstall.RequestError, match="affect neither the running guest nor the definition of"):
        guest.attach(Interface(), live=False, persistent=False)
    guest.destroy()
    with pytest.raises(virtinstall.RequestError, match="not running"):
        guest.attach(Interface(), live=True)


def test_failed_live_change_does_not_change_the_definition(hypervisor: Hypervisor) -> None:
    """The test driver cannot attach devices to a running guest."""
    guest = created(hypervisor)
    before = guest.domain.to_xml()
    with pytest.raises(virtinstall.HypervisorError):
        guest.attach(Interface(source_network="default"))
    assert guest.domain.to_xml() == before


def test_warnings_are_logged_without_a_callback(hypervisor: Hypervisor, caplog: pytest.LogCaptureFixture) -> None:
    """Their logger is `virtinstall`."""
    earlier, plan = hypervisor.plan(spec()), hypervisor.plan(spec())
    hypervisor.create(earlier)
    with caplog.at_level(logging.INFO, logger="virtinstall"):
        hypervisor.create(plan)
    assert any("trying again with another name" in record.message for record in caplog.records)


def test_failed_connection_is_a_hypervisor_error() -> None:
    """libvirt does not know the scheme of the URI."""
    with pytest.raises(virtinstall.HypervisorError):
        virtinstall.connect("nonsense:///")
