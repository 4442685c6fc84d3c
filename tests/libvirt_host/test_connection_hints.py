"""Failed connections: the hint depends on the cause."""

from __future__ import annotations

import libvirt
import pytest

import virtinstall
from virtinstall.errors import HypervisorError
from virtinstall.libvirt_host.connect_errors import connection_hint


@pytest.mark.parametrize(
    ("uri", "hint"),
    [
        ("qemu:///sytem", "use a URI such as qemu:///system"),
        ("nonsense:///", "use a URI such as qemu:///system"),
        ("qemu+tcp://127.0.0.1:1/system", "systemctl start libvirtd-tcp.socket"),
    ],
)
def test_invalid_or_unreachable_uri_has_a_hint(uri: str, hint: str) -> None:
    """Causes are a misspelled URI, an unknown driver, and a host that does not answer."""
    with pytest.raises(HypervisorError) as caught:
        virtinstall.connect(uri)
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (
            "Failed to connect socket to '/run/libvirt/libvirt-sock': No such file or directory",
            "systemctl start libvirtd",
        ),
        (
            "Failed to connect socket to '/run/libvirt/libvirt-sock': Permission denied",
            "or use --connect qemu:///session",
        ),
        ("authentication unavailable: no polkit agent available", "or use --connect qemu:///session"),
        ("internal error: libxenlight state driver is not active", "driver for this hypervisor"),
    ],
)
def test_failed_local_connection_has_a_hint(args: str, hint: str) -> None:
    """Causes are a missing daemon, missing permission, and a missing driver."""
    assert hint in connection_hint("qemu:///system", args, libvirt.VIR_ERR_SYSTEM_ERROR)


def test_remote_host_without_netcat_has_a_hint() -> None:
    """libvirt's client runs nc on the remote host."""
    args = "End of file while reading data: sh: 1: nc: not found: Input/output error"
    assert "netcat" in connection_hint("qemu+ssh://root@there/system", args, libvirt.VIR_ERR_SYSTEM_ERROR)


CERTIFICATE = "Cannot read CA certificate '/etc/pki/CA/cacert.pem': No such file or directory"


@pytest.mark.parametrize(
    ("uri", "message", "hint"),
    [
        ("qemu+tls://h/system", CERTIFICATE, "/etc/pki/CA/cacert.pem"),
        ("qemu+tls://h:16514/system", CERTIFICATE, "qemu+ssh://h/system"),
        ("qemu://h/system", "Unable to read client certificate '/etc/pki/libvirt/clientcert.pem'", "clientcert.pem"),
        ("qemu+ssh://anna@h/system", "Cannot recv data: Host key verification failed.: Connection", "with: ssh anna@h"),
        ("qemu+ssh://anna@h:2222/system", "Host key verification failed.", "ssh -p 2222 anna@h"),
        ("qemu+libssh2://h/system", "no host key for 'h' in known_hosts", "ssh h"),
        ("qemu+ssh://root@h/system", "root@h: Permission denied (publickey,password).", "ssh-copy-id root@h"),
        ("esx://h", "invalid argument: Missing authentication credentials", "auth.conf"),
        ("qemu+tcp://h/system", "unable to connect to server at 'h:16509': Connection refused", "libvirtd-tcp.socket"),
        ("qemu+tls://h/system", "unable to connect to server at 'h:16514': Connection refused", "libvirtd-tls.socket"),
        (
            "qemu+ssh://h/system",
            "ssh: Could not resolve hostname h: Name or service not known",
            "check that the host name is correct",
        ),
        (
            "qemu+ssh://h/system",
            "ssh: connect to host h port 22: Connection refused",
            "check that the host name is correct",
        ),
    ],
)
def test_failed_remote_connection_has_a_hint(uri: str, message: str, hint: str) -> None:
    """Each cause has a command to type or a path to check."""
    assert hint in connection_hint(uri, message, libvirt.VIR_ERR_SYSTEM_ERROR)
