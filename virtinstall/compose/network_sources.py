"""Disks that QEMU accesses over the network: URLs and volumes of network pools.

Source: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms (protocol, host, auth)
and https://libvirt.org/storage.html
"""

from __future__ import annotations

from lxml import etree

from virtinstall.compose.draft import Draft
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.safe_text import percent_decoded

# types of disks whose <source> is not a path in the host's file system
OWN_SOURCES = ("network", "nvme", "vhostuser", "vhostvdpa")


def use_network_volume(disk: Disk, name: str, pool_xml: str, path: str) -> None:
    """Set the disk's source to a volume in a network pool, which QEMU accesses directly over the network.

    `name` and `path` are those of the volume; `path` is empty for a new volume. `pool_xml` is the pool's XML, which
    contains the protocol, the hosts and <auth>.
    """
    source = etree.fromstring(pool_xml.encode()).find("source")
    pool_type = etree.fromstring(pool_xml.encode()).get("type")
    assert source is not None
    disk.type = "network"
    disk.source_protocol = {"iscsi-direct": "iscsi"}.get(pool_type or "", pool_type)
    disk.source_name = _network_name(str(pool_type), source, name, path)
    for host in source.iterfind("host"):
        _add_host(disk, host.get("name"), host.get("port"))
    auth = source.find("auth")
    if auth is not None:
        disk.auth_username = auth.get("username")
        secret = auth.find("secret")
        if secret is not None:
            # the password of a pool for CHAP is a disk's password for iSCSI
            disk.auth_secret_type = {"chap": "iscsi"}.get(auth.get("type", ""), auth.get("type"))
            disk.auth_secret_uuid = secret.get("uuid")
            disk.auth_secret_usage = secret.get("usage")


def _network_name(pool_type: str, source: etree._Element, name: str, path: str) -> str:
    if pool_type == "iscsi-direct":
        device = source.find("device")
        target = "" if device is None else device.get("path", "")
        return path[path.index(target) :] if target and target in path else f"{target}/{name.rpartition(':')[2]}"
    if pool_type == "gluster":
        directory = source.find("dir")
        inner = "" if directory is None else directory.get("path", "").strip("/")
        return "/".join(part for part in (source.findtext("name"), inner, name) if part)
    return "/".join(part for part in (source.findtext("name"), name) if part)


def _add_host(disk: Disk, name: str | None, port: str | None) -> None:
    host = disk.source_hosts.new()
    host.name = name
    host.port = int(port) if port else None


def use_url(draft: Draft, disk: Disk, url: str) -> None:
    """Set the disk's source to a URL that QEMU reads, such as `http://HOST/PATH` or `nbd+unix:///SOCKET`.

    Raises: RequestError, if the URL is invalid.
    """
    from urllib.parse import parse_qs, urlsplit

    typed_port = ""
    try:
        parts = urlsplit(url)
        typed_port = parts.netloc.rpartition(":")[2]
        port = parts.port
    except ValueError:
        shown = f"{url.partition('://')[0]}://{url.partition('://')[2].rpartition('@')[2]}"
        # a part of a password that contains '/' is not a port to show
        if typed_port and f":{typed_port}" in shown:
            raise RequestError(
                f"--disk {shown}: invalid port '{typed_port}'", hint="use a port between 1 and 65535"
            ) from None
        raise RequestError(
            f"--disk {shown}: invalid URL",
            hint="use the form PROTOCOL://HOST:PORT/PATH, and put an IPv6 address in brackets",
        ) from None
    protocol, _, transport = parts.scheme.partition("+")
    disk.type = "network"
    disk.source_protocol = protocol
    if transport == "unix":
        host = disk.source_hosts.new()
        # two forms are in use: the path of the socket, and NBD's form, an export name followed by ?socket=
        socket = parse_qs(parts.query).get("socket")
        host.transport, host.socket = transport, socket[0] if socket else parts.path
        if socket and parts.path.strip("/"):
            disk.source_name = percent_decoded("--disk", parts.path).lstrip("/")
        return
    name = percent_decoded("--disk", parts.path).lstrip("/")
    disk.source_name = name or None
    if parts.query:
        disk.source_query = parts.query
    if parts.hostname:
        _add_host(disk, parts.hostname, str(port) if port else None)
        if transport:
            disk.source_hosts[0].transport = transport
    if parts.username and (disk.auth_secret_uuid or disk.auth_secret_usage):
        disk.auth_username = disk.auth_username or percent_decoded("--disk", parts.username)
    elif parts.username:
        draft.warnings.append(
            # without the password, which may follow the user name
            f"--disk {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}: "
            "the user name is ignored, because libvirt accepts credentials only in a secret; "
            "add auth.secret.type= and either auth.secret.usage= or auth.secret.uuid="
        )
