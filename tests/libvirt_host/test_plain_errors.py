"""libvirt's messages and failed connections, in plain English."""

from __future__ import annotations

import libvirt
import pytest

import virtinstall
from virtinstall import RequestError
from virtinstall.libvirt_host.connect_errors import cannot_connect
from virtinstall.libvirt_host.plain_errors import HINTS, message_hint, plain_message
from virtinstall.unlisted_values import listed_values, unlisted_warning


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("unsupported configuration: unknown watchdog model 'x'", "unknown watchdog model 'x'"),
        ("XML error: Invalid value for attribute 'bus': 'x'.", "Invalid value for attribute 'bus': 'x'"),
        (
            "this function is not supported by the connection driver: virDomainAttachDeviceFlags",
            "not supported by libvirt's driver for this hypervisor",
        ),
        ("Domain not found", "Domain not found"),
    ],
)
def test_prefix_of_an_error_is_removed(text: str, plain: str) -> None:
    """libvirt prefixes messages with a class, which does not help users."""
    assert plain_message(text) == plain


def test_hints_contain_the_names_in_the_message() -> None:
    """They can be typed; unknown messages have no hint."""
    assert message_hint("network 'lan' is not active") == "start it with: virsh net-start lan"
    assert message_hint("missing target information for device /srv") is not None
    assert message_hint("something else") is None
    assert len({pattern for pattern, _ in HINTS}) == len(HINTS)


def test_hint_for_a_rejected_value_is_that_of_its_warning() -> None:
    """The schema contains similar values; the hint names the option."""
    warnings = [
        unlisted_warning("--disk bus=scssi", "did you mean 'scsi'?"),
        unlisted_warning("--watchdog action=x", "the schema lists reset, none"),
    ]
    assert (
        listed_values(warnings, "Invalid value for attribute 'bus': 'scssi'")
        == "--disk bus=scssi: did you mean 'scsi'?"
    )
    assert listed_values(warnings, "unknown action 'x'") == "--watchdog action=x: use one of: reset, none"
    assert listed_values(warnings, "unknown model 'y'") is None


@pytest.mark.parametrize(
    ("uri", "message", "plain"),
    [
        (
            "localhost",
            "no connection driver available for URI 'localhost' does not include a driver name",
            "cannot connect to libvirt at localhost: invalid connection URI",
        ),
        (
            "kvm:///system",
            "no connection driver available for kvm:///system",
            "cannot connect to libvirt at kvm:///system: libvirt has no driver 'kvm'",
        ),
        (
            "qemu+ssh://h/system",
            "Cannot recv data: ssh: connect to host h port 22: Connection refused: Connection reset by peer",
            "cannot connect to libvirt at qemu+ssh://h/system: ssh: connect to host h port 22: Connection refused",
        ),
    ],
)
def test_message_of_a_failed_connection_is_short(uri: str, message: str, plain: str) -> None:
    """libvirt repeats the URI in an ungrammatical sentence, and adds text around the output of ssh."""
    error = libvirt.libvirtError("open")
    error.err = (libvirt.VIR_ERR_NO_CONNECT, 0, message, 0, "", None, None, 0, 0)
    assert cannot_connect(uri, None, error).message == plain


def test_missing_file_of_the_test_driver_is_one_error(capfd: pytest.CaptureFixture[str]) -> None:
    """Otherwise libxml2 would print another message."""
    with pytest.raises(RequestError, match=r"the test driver's file '.*' does not exist"):
        virtinstall.connect("test:///defualt")
    assert capfd.readouterr().err == ""


def test_missing_program_is_named_in_the_hint() -> None:
    """libvirt looks for programs such as passt only when it starts the guest."""
    assert message_hint("Cannot find 'passt' in path: No such file or directory") == "install passt"
