"""Errors and hints for a failed connection.

Source: https://libvirt.org/uri.html, https://libvirt.org/html/libvirt-virterror.html
"""

from __future__ import annotations

import re

import libvirt

from virtinstall.errors import HypervisorError
from virtinstall.libvirt_host.error_translation import error_text
from virtinstall.libvirt_host.plain_errors import plain_message

_ADDRESSES = (
    "use a URI such as qemu:///system, qemu:///session or qemu+ssh://root@HOST/system, "
    "or connect without a daemon: --connect embed"
)
_NOT_ALLOWED = ("permission denied", "authentication", "polkit", "access denied", "system bus")
_DRIVERS = ("qemu", "test", "lxc", "xen", "libxl", "vz", "bhyve", "ch", "vbox", "openvz", "esx", "gsx", "vpx", "hyperv")
_REMOTE_HINTS = (
    ("nc: (command )?not found", "install nc on the remote host, for example with: apt install netcat-openbsd"),
    ("host key|key verification|known_hosts", "check and accept the host key with: {ssh}"),
    (
        r"permission denied \(|too many authentication|publickey",
        "copy your public key to the host with: {copy}; then test the login with: {ssh}",
    ),
    (
        "authentication credentials|authentication failed",
        "store the user name and password in libvirt's auth.conf file; see https://libvirt.org/auth.html",
    ),
)
"""Patterns of messages, with hints; `{ssh}` is the command to log in to the host, and `{copy}` to copy a key to it."""
_NO_DAEMON = "connect without a daemon (--connect embed), or start libvirt with: systemctl start libvirtd"


def cannot_connect(uri: str | None, root: str | None, error: libvirt.libvirtError) -> HypervisorError:
    """Return the error for a failed connection to `uri` (None for libvirt's default).

    `root` is the directory of the embedded driver, or None for other drivers.
    """
    message = _plain(error_text(error), uri)
    code = error.get_error_code()
    if root is not None and "pid file" in message:
        return HypervisorError(
            f"another process is using libvirt's embedded QEMU driver in '{root}'",
            hint="wait until that process exits, or use another directory: --connect 'qemu:///embed?root=DIRECTORY'",
            code=code,
        )
    if root is not None:
        return HypervisorError(
            f"cannot open libvirt's embedded QEMU driver in '{root}': {message}",
            hint="install libvirt's QEMU driver and QEMU, for example with: "
            "apt install libvirt-daemon-system qemu-system-x86",
            code=code,
        )
    return HypervisorError(
        f"cannot connect to libvirt{f' at {uri}' if uri else ''}: {message}",
        hint=connection_hint(uri, message, code),
        code=code,
    )


def _plain(message: str, uri: str | None) -> str:
    """Return libvirt's message without the class of the error, the transport's frame and the repeated address."""
    message = plain_message(message)
    if "does not include a driver name" in message:
        return "invalid connection URI"
    # the hint contains URIs
    message = re.sub(r", try \S+$", "", message)
    if uri is not None and message == f"no connection driver available for {uri}":
        return f"libvirt has no driver '{uri.partition(':')[0].partition('+')[0]}'"
    return message.removeprefix("Cannot recv data: ").removesuffix(": Connection reset by peer")


def connection_hint(uri: str | None, message: str, code: int | None) -> str:
    """Return the hint for a failed connection to `uri` (None for libvirt's default).

    `message` and `code` are libvirt's message and error number; `code` is None if the error has no number.
    """
    if uri is not None and uri.partition("://")[2].partition("/")[0]:
        return _remote_hint(uri, message)
    if uri is not None and _is_misspelt(uri):
        return _ADDRESSES
    if uri is not None and "+ssh:" in uri and "refused" in message:
        return "start the SSH server on this host, or connect without SSH: --connect qemu:///system"
    lowered = message.lower()
    if any(word in lowered for word in _NOT_ALLOWED):
        return "run as root or as a member of the libvirt group, or use --connect qemu:///session"
    if "not active" in lowered:
        return f"install and start libvirt's driver for this hypervisor, or {_ADDRESSES}"
    no_address = code in (libvirt.VIR_ERR_NO_CONNECT, libvirt.VIR_ERR_INVALID_ARG, libvirt.VIR_ERR_XML_ERROR)
    if uri is not None and (no_address or "uri path" in lowered):
        return _ADDRESSES
    return _NO_DAEMON


def _remote_hint(uri: str, message: str) -> str:
    """Return the hint for a failed connection to another host, selected by libvirt's message."""
    scheme, _, rest = uri.partition("://")
    transport, host = scheme.partition("+")[2], rest.partition("/")[0]
    login, colon, port = host.rpartition(":") if re.search(r":\d+$", host) else (host, "", "")
    ssh = f"ssh -p {port} {login}" if colon else f"ssh {host}"
    missing = re.search(r"'(/[^']*)'", message)
    if missing is not None and "cert" in message.lower():
        over_ssh = f"{scheme.partition('+')[0]}+ssh://{login}/{rest.partition('/')[2]}"
        return (
            f"copy the certificate to {missing.group(1)}, and check all certificates with virt-pki-validate; "
            f"or connect over SSH: --connect {over_ssh}"
        )
    for pattern, hint in _REMOTE_HINTS:
        if re.search(pattern, message, re.IGNORECASE):
            return hint.format(ssh=ssh, copy=ssh.replace("ssh", "ssh-copy-id", 1))
    if "refused" in message and transport in ("tcp", "tls", ""):
        socket = transport or "tls"
        return (
            f"connect over SSH with --connect qemu+ssh://{login}/system, or start the socket on the remote host with: "
            f"systemctl start libvirtd-{socket}.socket"
        )
    return "check that the host name is correct, and that the host and its libvirt daemon are running"


def _is_misspelt(uri: str) -> bool:
    """Return whether libvirt has no such driver, or QEMU's driver no such path, which only a running daemon reports."""
    scheme, _, rest = uri.partition("://")
    driver = scheme.partition("+")[0]
    path = rest.partition("?")[0].partition("/")[2]
    return driver not in _DRIVERS or (driver == "qemu" and path not in ("system", "session", "embed"))
