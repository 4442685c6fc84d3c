"""The ssh command that logs in to a guest, with the host key that its seed set.

Source: ssh(1), ssh_config(5) (HostKeyAlias, UserKnownHostsFile, ProxyCommand); https://libvirt.org/uri.html;
https://www.freedesktop.org/software/systemd/man/latest/systemd-ssh-proxy.html; socat(1) (VSOCK-CONNECT);
https://libvirt.org/formatdomain.html#userspace-connection-using-passt; qemu(1) (hostfwd).
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError, StorageError
from virtinstall.guest_record import NAMESPACE, parse_record
from virtinstall.lifecycle.addresses import guest_addresses
from virtinstall.lifecycle.running import require_running
from virtinstall.rollback.state_directory import state_directory
from virtinstall.safe_text import reason_of
from virtinstall.xml.tree import Node, parse_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from virtinstall.libvirt_host.host import Host, HostGuest

_SSH = 22
_FORWARDED = r"hostfwd=tcp:([^:,]*):(\d+)-[^:,]*:22(?:,|$)"
_SSH_TRANSPORTS = ("ssh", "libssh", "libssh2")
_VSOCK_PROXY = "/usr/lib/systemd/systemd-ssh-proxy"


def ssh_command(
    guest: HostGuest, host: Host, *, user: str | None = None, identity: str | None = None, command: Sequence[str] = ()
) -> list[str]:
    """Return the ssh command line that logs in to the guest; write the known-hosts file that the command uses.

    `user` is the user to log in as, by default the user in the guest's record, if any. `identity` is the path of a
    private key; if it is None, ssh chooses the key. `command` is run in the guest instead of a login shell.

    Raises: RequestError, if the guest is off, no address is known, or `identity` does not exist; StorageError, if the
    known-hosts file cannot be written.
    """
    require_running(guest, host.uri)
    if identity is not None and not os.path.exists(os.path.expanduser(identity)):
        raise RequestError(f"no such private key: '{identity}'", hint="specify the path of an existing private key")
    record = parse_record(guest.metadata(NAMESPACE), guest.uuid)
    document = parse_tree(guest.xml())
    arguments = ["ssh"]
    if record is not None and record.host_key is not None:
        arguments += _verified(guest.uuid, record.host_key)
    jump = jump_host(host.uri)
    try:
        address, port = _target(guest, document, host)
    except RequestError:
        vsock = _vsock_options(document) if jump is None else []
        if not vsock:
            raise
        arguments += vsock
        address, port = guest.name, _SSH
    if jump is not None:
        arguments += ["-J", jump]
    if identity is not None:
        arguments += ["-i", identity]
    if port != _SSH:
        arguments += ["-p", str(port)]
    login = user or (None if record is None else record.user)
    return [*arguments, *(() if login is None else ("-l", login)), "--", address, *command]


def known_hosts_path(uuid: str) -> str:
    """Return the path of the known-hosts file that contains the SSH host key of the guest with that UUID."""
    return os.path.join(state_directory(os.environ, os.geteuid()), "known_hosts", uuid)


def remove_known_host(uuid: str) -> None:
    """Remove the known-hosts file of a deleted guest, if it exists.

    Raises: StorageError.
    """
    from virtinstall.rollback.file_state import remove_file
    from virtinstall.storage.files import storage_errors

    path = known_hosts_path(uuid)
    with storage_errors("cannot remove", path):
        remove_file(path)


def _verified(uuid: str, host_key: str) -> list[str]:
    options = host_key_options(uuid, host_key)
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]


def host_key_options(uuid: str, host_key: str) -> dict[str, str]:
    """Write a guest's known-hosts file; return the ssh options, by name, that verify the guest's host key with it.

    Raises: StorageError.
    """
    path = known_hosts_path(uuid)
    line = f"{uuid} {host_key}\n"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        # write a new file and rename it: another ssh may be reading the old one
        fresh = f"{path}.{os.getpid()}"
        with open(fresh, "w", encoding="ascii", errors="replace") as file:
            file.write(line)
        os.replace(fresh, path)
    except OSError as error:
        raise StorageError(f"cannot write '{path}': {reason_of(error)}") from error
    quoted = path.replace("%", "%%").replace('"', '\\"')
    return {
        "HostKeyAlias": uuid,
        "UserKnownHostsFile": f'"{quoted}"' if " " in quoted else quoted,
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "HostKeyAlgorithms": host_key.split(" ", 1)[0],
        "UpdateHostKeys": "no",
    }


def jump_host(uri: str) -> str | None:
    """Return the jump host for the guests of a libvirt URI over SSH, such as `root@HOST:22`; None for other URIs."""
    if uri.partition(":")[0].partition("+")[2] not in _SSH_TRANSPORTS:
        return None
    from urllib.parse import urlsplit

    parts = urlsplit(uri)
    if not parts.hostname:
        return None
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    user = "" if parts.username is None else f"{parts.username}@"
    return f"{user}{name}{'' if parts.port is None else f':{parts.port}'}"


def _vsock_options(document: Node) -> list[str]:
    """Return the options that connect through the guest's vsock device; none without a device or a proxy.

    The SSH server of the guest must listen on vsock, as systemd 256 arranges it.
    """
    cid = next((node.get("address") for node in document.findall("devices/vsock/cid")), "")
    if not cid.isdecimal():
        return []
    if os.access(_VSOCK_PROXY, os.X_OK):
        return ["-o", f"ProxyCommand={_VSOCK_PROXY} vsock/{cid} {_SSH}", "-o", "ProxyUseFdpass=yes"]
    from shutil import which

    return [] if which("socat") is None else ["-o", f"ProxyCommand=socat - VSOCK-CONNECT:{cid}:{_SSH}"]


def _target(guest: HostGuest, document: Node, host: Host) -> tuple[str, int]:
    """Return address and port: a forwarded port of a user-mode network, else the best known address.

    Raises: RequestError, if there is none.
    """
    forwarded = forwarded_port(document)
    if forwarded is not None:
        return forwarded
    found = guest_addresses(guest, host)
    interfaces = list(document.findall("devices/interface"))
    user_mode = [each for each in interfaces if each.get("type") == "user"]
    if found and len(user_mode) < len(interfaces):
        return found[0].address, _SSH
    from virtinstall.virsh_commands import command

    if user_mode:
        raise RequestError(
            f"the guest '{guest.name}' is on a user-mode network, and no host port is forwarded to its port 22",
            hint="forward a port when you create the guest, for example with: "
            "virt-install --network passt,portForward=2222:22 ..., "
            f"or use the guest agent: {command('virt-guest exec', host.uri, guest.name, '--', 'COMMAND')}",
        )
    raise RequestError(
        f"no address is known for the guest '{guest.name}'",
        hint=f"wait until an address is known with: {command('virt-guest ip', host.uri, guest.name, '--wait')}",
    )


def forwarded_port_of(guest: HostGuest) -> tuple[str, int] | None:
    """Return the host's address and port that are forwarded to port 22 of the guest; None if no port is forwarded."""
    return forwarded_port(parse_tree(guest.xml()))


def forwarded_port(document: Node) -> tuple[str, int] | None:
    """Return the host's address and port that are forwarded to port 22 of the guest with the XML `document`.

    Return None if no port is forwarded.
    """
    forwards = [
        forward
        for interface in document.findall("devices/interface")
        if interface.get("type") == "user"
        for forward in interface.findall("portForward")
        if forward.get("proto") == "tcp"
    ]
    for forward in forwards:
        address = forward.get("address") or "127.0.0.1"
        for ports in forward.findall("range"):
            if ports.get("exclude") == "yes":
                continue
            start = int(ports.get("start") or 0)
            end, to = int(ports.get("end") or start), int(ports.get("to") or start)
            if to <= _SSH <= to + end - start:
                return address, start + _SSH - to
    for argument in document.findall("{*}commandline/{*}arg"):
        match = re.search(_FORWARDED, argument.get("value"))
        if match is not None:
            return match[1] or "127.0.0.1", int(match[2])
    return None
