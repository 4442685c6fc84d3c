"""QEMU's last message, without libvirt's prefix."""

from __future__ import annotations

import pytest

from virtinstall.libvirt_host.qemu_errors import qemu_error

STAMP = "2026-11-23T20:05:47.956042Z qemu-system-x86_64: "
CLOSED = "internal error: qemu unexpectedly closed the monitor: "


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (
            CLOSED
            + STAMP
            + '-blockdev {"driver":"http","url":"http://me:pw@host/x.iso","node-name":"libvirt-1-storage"}: '
            "CURL: Error opening file: The requested URL returned error: 404",
            "-blockdev http://host/x.iso: CURL: Error opening file: The requested URL returned error: 404",
        ),
        (
            CLOSED + STAMP + '-blockdev {"driver":"file","filename":"/a b/{1}.img"}: Could not open: Permission denied',
            "-blockdev /a b/{1}.img: Could not open: Permission denied",
        ),
        (
            CLOSED
            + STAMP
            + "warning: this is old "
            + STAMP
            + '-device {"driver":"vfio-pci","id":"h0"}: no such device',
            "-device vfio-pci: no such device",
        ),
        (
            "internal error: process exited while connecting to monitor: "
            + STAMP
            + "failed to initialize kvm: No entry",
            "failed to initialize kvm: No entry",
        ),
        (
            "internal error: QEMU unexpectedly closed the monitor (vm='x'): " + STAMP + "-m 1T: cannot allocate memory",
            "-m 1T: cannot allocate memory",
        ),
        (CLOSED + STAMP + "-device {broken: no such device", "-device {broken: no such device"),
    ],
)
def test_internal_details_are_removed(text: str, messages: str) -> None:
    """Time stamps, the program's name, JSON and passwords are removed; file, device and reason are kept."""
    assert qemu_error(text)[0] == f"QEMU exited immediately: {messages}"


def test_unreadable_url_has_a_hint() -> None:
    """Other messages have no hint."""
    assert "local path" in str(qemu_error(f"{CLOSED}{STAMP}-blockdev {{}}: CURL: no")[1])
    assert qemu_error(f"{CLOSED}{STAMP}no memory")[1] is None


@pytest.mark.parametrize("text", ["Cannot get interface MTU on 'br9'", CLOSED, "", "monitor: x"])
def test_other_messages_are_unchanged(text: str) -> None:
    """They do not contain a message of QEMU."""
    assert qemu_error(text) == (text, None)
