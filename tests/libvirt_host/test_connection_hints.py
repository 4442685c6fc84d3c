"""A connection that fails: the hint is about what failed."""

from __future__ import annotations

import libvirt
import pytest

import virtinstall
from virtinstall.errors import HypervisorError
from virtinstall.libvirt_host.connect_errors import connection_hint


@pytest.mark.parametrize(
    ("uri", "hint"),
    [
        ("qemu:///sytem", "use an address such as qemu:///system"),
        ("nonsense:///", "use an address such as qemu:///system"),
        ("qemu+tcp://127.0.0.1:1/system", "that the host and its libvirt are running"),
    ],
)
def test_addresses(uri: str, hint: str) -> None:
    """A misspelt address, a driver that there isn't, another host that doesn't answer."""
    with pytest.raises(HypervisorError) as caught:
        virtinstall.connect(uri)
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        ("Failed to connect socket to '/run/libvirt/libvirt-sock': No such file or directory", "start its daemon"),
        (
            "Failed to connect socket to '/run/libvirt/libvirt-sock': Permission denied",
            "use qemu:///session, which needs no privileges",
        ),
        ("authentication unavailable: no polkit agent available", "use qemu:///session, which needs no privileges"),
        ("internal error: libxenlight state driver is not active", "does not provide that driver"),
    ],
)
def test_this_machine(args: str, hint: str) -> None:
    """No daemon, no rights, no driver."""
    assert hint in connection_hint("qemu:///system", args, libvirt.VIR_ERR_SYSTEM_ERROR)


def test_nc_is_missing_over_there() -> None:
    """ssh gets there, and its shell doesn't find what libvirt's client asks for."""
    args = "End of file while reading data: sh: 1: nc: not found: Input/output error"
    assert "netcat" in connection_hint("qemu+ssh://root@there/system", args, libvirt.VIR_ERR_SYSTEM_ERROR)
