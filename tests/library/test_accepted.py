"""A preview passes the XML to libvirt, and reports the error if libvirt rejects it."""

from __future__ import annotations

import pytest

import virtinstall
from tests.library.test_hypervisor import spec
from virtinstall import Hypervisor, HypervisorError
from virtinstall.accepted import check_accepted, check_change_accepted, with_stand_ins
from virtinstall.cli.main import main
from virtinstall.request import Checks

HOSTDEV = "<domain><devices><interface type='hostdev'/><disk/></devices></domain>"


class Driver:
    """A local QEMU driver that rejects documents that contain `word`."""

    def __init__(self, word: str, *, supported: bool = True, alive: bool = True) -> None:
        self.word, self.supported, self.alive = word, supported, alive

    def check_guest_xml(self, xml: str) -> bool:
        """Raise an error if the document contains `word`; return whether validation is supported."""
        if self.supported and self.word in xml:
            raise HypervisorError(f"libvirt rejects the guest's XML: {self.word}")
        return self.supported

    def is_alive(self) -> bool:
        """Return whether the connection is alive."""
        return self.alive

    def is_local(self) -> bool:
        """Return True."""
        return True


def test_devices_that_crash_libvirt_are_not_sent() -> None:
    """libvirtd 9.0 crashes when it converts an interface of type hostdev."""
    assert with_stand_ins(HOSTDEV) == "<domain><devices><disk/></devices></domain>"


def test_rejection_is_an_error_unless_the_check_is_off() -> None:
    """With `--check xml=off`, it is a warning."""
    with pytest.raises(HypervisorError, match="bad") as caught:
        check_accepted(["<domain>bad</domain>"], Driver("bad"), Checks())  # type: ignore[arg-type]
    assert (
        caught.value.hint
        == "check the options, in particular --xml, or, if the guest is for another host, skip this check with: "
        "--check xml=off"
    )
    off = check_accepted(["<domain>bad</domain>"] * 2, Driver("bad"), Checks(xml=False))  # type: ignore[arg-type]
    assert off == ["libvirt rejects the guest's XML: bad"]


def test_guest_that_was_rejected_before_a_change_can_be_edited() -> None:
    """Only a rejection that the change causes is an error."""
    host = Driver("bad")
    assert check_change_accepted("<domain>bad</domain>", "<domain>bad </domain>", host, Checks()) == []  # type: ignore[arg-type]
    with pytest.raises(HypervisorError):
        check_change_accepted("<domain/>", "<domain>bad</domain>", host, Checks())  # type: ignore[arg-type]


def test_lost_connection_is_not_a_rejection() -> None:
    """It is an error even with `--check xml=off`."""
    with pytest.raises(HypervisorError) as caught:
        check_accepted(["<domain>bad</domain>"], Driver("bad", alive=False), Checks(xml=False))  # type: ignore[arg-type]
    assert caught.value.hint is None


def test_driver_without_validation_causes_no_warning() -> None:
    """Nothing is known about the document."""
    assert check_accepted(["<domain/>"], Driver("x", supported=False), Checks()) == []  # type: ignore[arg-type]


def test_check_uses_the_schema_with_the_test_driver(hypervisor: Hypervisor) -> None:
    """libvirt's test driver cannot generate a QEMU command line; `check_xml`, for --print-xml, skips the schema."""
    plan = hypervisor.plan(spec("valid"))
    assert hypervisor.check(plan) == []
    assert hypervisor.check_xml(plan) == []
    plan.final.ensure_node().set("type", "nonsense")
    with pytest.raises(virtinstall.HypervisorError, match="does not match libvirt's schema"):
        hypervisor.check(plan)
    assert hypervisor.check_xml(plan) == [], "print-xml asks the driver only"


def test_dry_run_of_invalid_xml_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """The exit status is 1, and the hint names the check."""
    args = ["--connect", "test:///default", "--name", "new", "--memory", "64", "--osinfo", "generic", "--import"]
    args += ["--disk", "none", "--xml", "./@type=nonsense", "--dry-run"]
    assert main(args) == 1
    assert (
        "hint: check the options, in particular --xml, or, if the guest is for another host, skip this check with: "
        "--check xml=off" in capsys.readouterr().err
    )
    assert main([*args, "--check", "xml=off"]) == 0


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("unsupported configuration: unknown driver format value 'img'", "--disk format=qcow2"),
        ("hugepages: node 1 not found", "--cpu numa.cell0.cpus="),
    ],
)
def test_hint_names_the_option_that_libvirt_rejects(message: str, hint: str) -> None:
    """It does not suggest disabling the check, because the guest would be rejected anyway."""
    with pytest.raises(HypervisorError) as caught:
        check_accepted([f"<domain>{message}</domain>"], Driver(message), Checks())  # type: ignore[arg-type]
    assert hint in str(caught.value.hint)


def test_invalid_element_is_shown_without_secrets(hypervisor: Hypervisor) -> None:
    """libxml2 reports only that something below <devices> is wrong."""
    plan = hypervisor.plan(spec("valid"))
    devices = plan.final.ensure_node().find("devices")
    assert devices is not None
    devices.append(devices.makeelement("graphics", {"type": "vnc", "passwd": "hunter2", "defaultMode": "insecure"}))
    with pytest.raises(HypervisorError, match="invalid <graphics ") as caught:
        hypervisor.check(plan)
    assert 'defaultMode="insecure"' in caught.value.message
    assert "hunter2" not in caught.value.message
