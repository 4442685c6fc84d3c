"""Errors and hints for a failed connection.

Source: https://libvirt.org/uri.html, https://libvirt.org/html/libvirt-virterror.html
"""

from __future__ import annotations

import re

import libvirt

from virtinstall.errors import HypervisorError
from virtinstall.libvirt_host.error_translation import error_text
from virtinstall.libvirt_host.plain_errors import plain_message

_ADDRESSES = "use an address such as qemu:///system, qemu:///session, qemu+ssh://root@HOST/system, or embed"
_NOT_ALLOWED = ("permission denied", "authentication", "polkit", "access denied", "system bus")
_DRIVERS = ("qemu", "test", "lxc", "xen", "libxl", "vz", "bhyve", "ch", "vbox", "openvz", "esx", "gsx", "vpx", "hyperv")
_REMOTE_HINTS = (
    ("nc: (command )?not found", "install nc on that host, which is needed to reach libvirt (Debian: netcat-openbsd)"),
    ("host key|key verification|known_hosts", "check and accept the host's key once: {ssh}"),
    (
        r"permission denied \(|too many authentication|publickey",
        "test the login: {ssh}; install a key: ssh-copy-id {login}",
    ),
    (
        "authentication credentials|authentication failed",
        "store the login in an auth.conf file, see libvirt.org/auth.html",
    ),
)
"""Patterns of messages, and hints; `{ssh}` is the command that reaches the host."""
_NO_DAEMON = "start its daemon (systemctl start libvirtd), or run without a daemon: --connect embed"


def cannot_connect(uri: str | None, root: str | None, error: libvirt.libvirtError) -> HypervisorError:
    """The error for `uri`; `root` is the embedded driver's directory, if `uri` names it."""
    message = _plain(error_text(error), uri)
    code = error.get_error_code()
    if root is not None and "pid file" in message:
        return HypervisorError(
            f"another process has the embedded driver open at {root}",
            hint="wait until it exits, or use another directory: qemu:///embed?root=DIR",
            code=code,
        )
    if root is not None:
        return HypervisorError(
            f"cannot open libvirt's embedded QEMU driver at {root}: {message}",
            hint="install the packages libvirt-daemon-system and qemu-system-x86",
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
        return "not a connection URI"
    if uri is not None and message == f"no connection driver available for {uri}":
        return f"libvirt has no driver '{uri.partition(':')[0].partition('+')[0]}'"
    return message.removeprefix("Cannot recv data: ").removesuffix(": Connection reset by peer")


def connection_hint(uri: str | None, message: str, code: int | None) -> str:
    """The hint for a failed connection, chosen by libvirt's message and code."""
    if uri is not None and uri.partition("://")[2].partition("/")[0]:
        return _remote_hint(uri, message)
    if uri is not None and _is_misspelt(uri):
        return _ADDRESSES
    if uri is not None and "+ssh:" in uri and "refused" in message:
        return "start the SSH server, or use the address without ssh: qemu:///system"
    lowered = message.lower()
    if any(word in lowered for word in _NOT_ALLOWED):
        return "use qemu:///session, which needs no privileges, or run as root or a member of the group libvirt"
    if "not active" in lowered:
        return f"this libvirt does not provide that driver; {_ADDRESSES}"
    no_address = code in (libvirt.VIR_ERR_NO_CONNECT, libvirt.VIR_ERR_INVALID_ARG, libvirt.VIR_ERR_XML_ERROR)
    if uri is not None and (no_address or "uri path" in lowered):
        return _ADDRESSES
    return _NO_DAEMON


def _remote_hint(uri: str, message: str) -> str:
    """The hint for a failed connection to another host, by the kind of failure."""
    scheme, _, rest = uri.partition("://")
    transport, host = scheme.partition("+")[2], rest.partition("/")[0]
    login, colon, port = host.rpartition(":") if re.search(r":\d+$", host) else (host, "", "")
    ssh = f"ssh -p {port} {login}" if colon else f"ssh {host}"
    missing = re.search(r"'(/[^']*)'", message)
    if missing is not None and "cert" in message.lower():
        over_ssh = f"{scheme.partition('+')[0]}+ssh://{login}/{rest.partition('/')[2]}"
        return (
            f"copy the certificate to {missing.group(1)} and check the rest with virt-pki-validate, or use {over_ssh}"
        )
    for pattern, hint in _REMOTE_HINTS:
        if re.search(pattern, message, re.IGNORECASE):
            return hint.format(ssh=ssh, login=login)
    if "refused" in message and transport in ("tcp", "tls", ""):
        socket = transport or "tls"
        return f"start its socket on that host (systemctl start libvirtd-{socket}.socket), or use qemu+ssh://{login}/system"
    return "check the host name, and that the host and its libvirt are running"


def _is_misspelt(uri: str) -> bool:
    """Whether libvirt has no such driver, or QEMU's driver no such path; only a running daemon reports it."""
    scheme, _, rest = uri.partition("://")
    driver = scheme.partition("+")[0]
    path = rest.partition("?")[0].partition("/")[2]
    return driver not in _DRIVERS or (driver == "qemu" and path not in ("system", "session", "embed"))
