"""Hypervisor and Guest on libvirt's test driver, which needs no daemon."""

from __future__ import annotations

import logging
import threading

import pytest

import virtinstall
from virtinstall import Disk, Domain, Existing, Guest, GuestSpec, Hypervisor, Interface, Pxe, State
from virtinstall.create import retry_while_taken


def spec(name: str | None = None, install: virtinstall.Install = Existing()) -> GuestSpec:  # noqa: B008
    """A small guest."""
    return GuestSpec(Domain(name=name, memory_kib=1 << 16), install=install, os="debian11", without=["disk"])


def test_plan_changes_nothing(hypervisor: Hypervisor) -> None:
    """The XML is there, the guest isn't."""
    plan = hypervisor.plan(spec("planned"))
    assert "<name>planned</name>" in plan.xml and plan.install_xml is None
    assert [action.kind for action in plan.actions] == ["define", "start"]
    assert [guest.name for guest in hypervisor.guests()] == ["test"]


def test_created_guest_runs_and_knows_its_plan(hypervisor: Hypervisor) -> None:
    """And is found again by name and UUID."""
    plan = hypervisor.plan(spec("made"))
    guest = hypervisor.create(plan)
    assert (guest.name, guest.state, guest.plan) == ("made", State.RUNNING, plan)
    assert str(guest.state) == "running"
    assert hypervisor.guest("made").uuid == hypervisor.guest_by_uuid(guest.uuid).uuid == guest.uuid
    assert guest.domain.name == "made" and "<domain" in guest.xml


def test_create_plans_a_specification_itself(hypervisor: Hypervisor) -> None:
    """For scripts that do not look at the plan."""
    assert hypervisor.create(spec("quick")).state is State.RUNNING


def test_name_that_was_taken_meanwhile_is_generated_again(hypervisor: Hypervisor) -> None:
    """The generated name is taken by the first: the second is planned again."""
    earlier, plan = hypervisor.plan(spec()), hypervisor.plan(spec())
    output: list[str] = []
    first = hypervisor.create(earlier)
    second = hypervisor.create(plan, report=output.append)
    assert first.name != second.name and second.plan is not plan
    assert any(first.name in text for text in output)


def test_names_that_are_taken_again_and_again_are_an_error() -> None:
    """Not an endless loop."""

    def taken(plan: str) -> None:
        raise virtinstall.TakenError(f"{plan} is taken")

    with pytest.raises(virtinstall.TakenError):
        retry_while_taken("a", taken, lambda plan: plan + "a", lambda text: None)


def test_name_of_the_user_that_is_taken_is_an_error(hypervisor: Hypervisor) -> None:
    """A name that was asked for is never replaced by another."""
    hypervisor.create(spec("twice"))
    with pytest.raises(virtinstall.RequestError):
        hypervisor.create(spec("twice"))


@pytest.mark.parametrize("name", ["1", "6695eb01-f6a4-8304-79aa-97f2502e193f", "tset", ""])
def test_lookup_by_name_finds_by_name_only(hypervisor: Hypervisor, name: str) -> None:
    """The guest `test` has that number and UUID; a near name is a hint."""
    with pytest.raises(virtinstall.GuestNotFound) as caught:
        hypervisor.guest(name)
    assert ("did you mean test?" in str(caught.value.hint)) == (name == "tset")


def test_unknown_uuid_is_an_error(hypervisor: Hypervisor) -> None:
    """Text that is not a UUID is an error, too."""
    for uuid in ("6695eb01-f6a4-8304-79aa-000000000000", "test"):
        with pytest.raises(virtinstall.GuestNotFound):
            hypervisor.guest_by_uuid(uuid)


def test_installed_guest_is_started_again_without_being_asked(hypervisor: Hypervisor) -> None:
    """As soon as the installer has powered it off."""
    guest = hypervisor.create(spec("installed", Pxe()))
    threading.Timer(0.3, guest.shutdown).start()
    assert guest.wait_for("installed", timeout=20) == ()
    assert guest.state is State.RUNNING


def test_installation_that_was_cut_off_is_not_started_again(hypervisor: Hypervisor) -> None:
    """Its disk is incompletely installed; waiting raises GuestStopped."""
    guest = hypervisor.create(spec("cut", Pxe()))
    guest.destroy()
    with pytest.raises(virtinstall.GuestStopped):
        guest.wait_for("running", timeout=20)
    assert guest.state is State.SHUT_OFF


def test_guest_that_is_to_stay_off_is_not_started(hypervisor: Hypervisor) -> None:
    """`start_installed=False`."""
    guest = hypervisor.create(spec("off", Pxe()).replace(start_installed=False))
    threading.Timer(0.3, guest.shutdown).start()
    guest.wait_for("installed", timeout=20)
    assert guest.state is State.SHUT_OFF


def test_wait_that_takes_too_long_leaves_the_guest(hypervisor: Hypervisor) -> None:
    """It still runs; closing the connection does not wait for the installation."""
    guest = hypervisor.create(spec("slow", Pxe()))
    with pytest.raises(virtinstall.WaitTimeout, match="slow"):
        guest.wait_for("installed", timeout=0.2)
    assert guest.state is State.RUNNING


def test_goal_that_can_never_be_reached_is_an_error(hypervisor: Hypervisor) -> None:
    """A guest without an agent's channel, or a goal that does not exist."""
    guest = hypervisor.guest("test")
    for goal in ("agent", "nonsense"):
        with pytest.raises(virtinstall.RequestError, match=goal):
            guest.wait_for(goal, timeout=1)  # type: ignore[arg-type]


def test_finish_of_a_running_guest_is_an_error(hypervisor: Hypervisor) -> None:
    """It has no installation; a name that no guest has is another error."""
    with pytest.raises(virtinstall.RequestError, match="no installation in progress"):
        hypervisor.finish("test", timeout=1)
    with pytest.raises(virtinstall.GuestNotFound):
        hypervisor.finish("nobody", timeout=1)


def attached(hypervisor: Hypervisor) -> Guest:
    """A guest to change."""
    return hypervisor.create(spec("changed"))


def test_attached_devices_get_the_defaults_of_creation(hypervisor: Hypervisor) -> None:
    """A MAC address, a model, a target that is free."""
    guest = attached(hypervisor)
    card = guest.attach(Interface(source_network="default"), live=False)
    one, two = (guest.attach(Disk(path=f"/d{number}.img", size_bytes=1 << 20), live=False) for number in (1, 2))
    assert card.type == "network" and card.mac_address and card.model_type
    assert len({one.target_dev, two.target_dev}) == 2
    assert [disk.source_file for disk in guest.domain.devices_of(Disk)] == ["/d1.img", "/d2.img"]


def test_update_replaces_the_values_given(hypervisor: Hypervisor) -> None:
    """And leaves the others."""
    guest = attached(hypervisor)
    card = guest.attach(Interface(source_network="default"), live=False)
    guest.update(Interface(mac_address=card.mac_address, link_state="down"), live=False)
    now = next(each for each in guest.domain.devices_of(Interface) if each.mac_address == card.mac_address)
    assert (now.link_state, now.model_type) == ("down", card.model_type)


def test_detach_finds_the_device_by_its_identity(hypervisor: Hypervisor) -> None:
    """By what attach returned, by a target or a MAC address, by a path."""
    guest = attached(hypervisor)
    disks = [guest.attach(Disk(path=f"/d{number}.img", size_bytes=1 << 20), live=False) for number in range(3)]
    guest.detach(disks[0], live=False)
    guest.detach(Disk(target_dev=disks[1].target_dev), live=False)
    guest.detach(Disk(path="/d2.img"), live=False)
    assert not guest.domain.devices_of(Disk)


def test_device_that_is_not_there_or_not_clear_is_an_error(hypervisor: Hypervisor) -> None:
    """Nothing is changed."""
    guest = attached(hypervisor)
    for _ in range(2):
        guest.attach(Interface(source_network="default"), live=False)
    before = guest.domain.to_xml()
    with pytest.raises(virtinstall.RequestError, match="no such disk"):
        guest.detach(Disk(target_dev="vdz"), live=False)
    with pytest.raises(virtinstall.RequestError, match="match"):
        guest.detach(Interface(), live=False)
    assert guest.domain.to_xml() == before


def test_change_that_changes_nothing_or_cannot_be_is_an_error(hypervisor: Hypervisor) -> None:
    """Both off, or live for a guest that is off."""
    guest = attached(hypervisor)
    with pytest.raises(virtinstall.RequestError, match="both off"):
        guest.attach(Interface(), live=False, persistent=False)
    guest.destroy()
    with pytest.raises(virtinstall.RequestError, match="not running"):
        guest.attach(Interface(), live=True)


def test_failed_live_change_leaves_the_definition(hypervisor: Hypervisor) -> None:
    """The test driver can attach nothing to a guest that runs."""
    guest = attached(hypervisor)
    before = guest.domain.to_xml()
    with pytest.raises(virtinstall.HypervisorError):
        guest.attach(Interface(source_network="default"))
    assert guest.domain.to_xml() == before


def test_warnings_go_to_the_callback_else_to_the_log(hypervisor: Hypervisor, caplog: pytest.LogCaptureFixture) -> None:
    """`on_warning` gets them, or the logger `virtinstall`."""
    earlier, plan = hypervisor.plan(spec()), hypervisor.plan(spec())
    hypervisor.create(earlier)
    with caplog.at_level(logging.INFO, logger="virtinstall"):
        hypervisor.create(plan)
    assert any("trying another name" in record.message for record in caplog.records)


def test_connection_that_does_not_open_is_a_hypervisor_error() -> None:
    """With libvirt's number."""
    with pytest.raises(virtinstall.HypervisorError):
        virtinstall.connect("nonsense:///")
