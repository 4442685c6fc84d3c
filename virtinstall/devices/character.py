"""The host side of a character device: a pty, file, socket and so on.

Source: https://libvirt.org/formatdomain.html#consoles-serial-parallel-channel-devices
"""

from __future__ import annotations

from collections.abc import Callable

from virtinstall.devices.device import Device, unless_default
from virtinstall.devices.disk_parts import SourceSeclabel
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, TEXT, YES_NO, parse_integer

_LOOPBACK = "127.0.0.1"


def split_host(text: str) -> tuple[str | None, int | None]:
    """Split `HOST`, `HOST:PORT` or `:PORT` into (host, port); the port is None if `text` has none.

    The host is 127.0.0.1 for `:PORT`, and None for an empty string. An IPv6 address with a port must be in brackets.

    Raises: ValueError, if the port is not a number.
    """
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, _port(rest.removeprefix(":")) if rest else None
    host, colon, port = text.rpartition(":")
    if not colon or ":" in host:
        return text or None, None
    return host or _LOOPBACK, _port(port)


def _port(text: str) -> int:
    try:
        return parse_integer(text)
    except ValueError:
        raise ValueError("the port must be a whole number") from None


def _host_setter(prefix: str) -> Callable[[CharacterSource, str], None]:
    """Return a function that sets `PREFIXhost`, and `PREFIXservice` if the value contains a port."""

    def set_host(source: CharacterSource, text: str) -> None:
        host, port = split_host(text)
        setattr(source, f"{prefix}host", host)
        if port is not None:
            setattr(source, f"{prefix}service", port)

    return set_host


class CharacterSource(Element):
    """A mixin for devices with a character device on the host, which <source>, <protocol> and <log> describe."""

    source_path: XmlField[str] = XmlField("./source/@path", TEXT, "File, device or socket on the host.")
    source_host_option = Suboption(
        "source.host",
        _host_setter("source_"),
        "Host to send or connect to (with `mode=bind`: address to listen on), or HOST:PORT.",
        match=True,
    )
    source_host: XmlField[str] = XmlField("./source/@host", TEXT, "Host to send to.", name=None)
    source_service: XmlField[int] = XmlField(
        "./source/@service", INTEGER, "Port to send or connect to (with `mode=bind`: to listen on)."
    )
    source_bind_host_option = Suboption(
        "source.bind_host", _host_setter("bind_"), "Address to listen on, or ADDRESS:PORT.", match=True
    )
    bind_host: XmlField[str] = XmlField("./source[@mode='bind']/@host", TEXT, "Address to listen on.", name=None)
    bind_service: XmlField[int] = XmlField(
        "./source[@mode='bind']/@service", INTEGER, "Port to listen on.", name="source.bind_service"
    )
    source_connect_host_option = Suboption(
        "source.connect_host", _host_setter("connect_"), "Host to connect to, or HOST:PORT.", match=True
    )
    connect_host: XmlField[str] = XmlField("./source[@mode='connect']/@host", TEXT, "Host to connect to.", name=None)
    connect_service: XmlField[int] = XmlField(
        "./source[@mode='connect']/@service", INTEGER, "Port to connect to.", name="source.connect_service"
    )
    source_mode: XmlField[str] = XmlField(
        "./source/@mode", TEXT, "Role of QEMU at a socket: `bind` listens, `connect` connects."
    )
    source_master: XmlField[str] = XmlField("./source/@master", TEXT, "One end of a null modem (bhyve).")
    source_slave: XmlField[str] = XmlField("./source/@slave", TEXT, "Other end of a null modem (bhyve).")
    source_seclabels: Children[SourceSeclabel] = Children(
        "./source/seclabel", SourceSeclabel, "Security labels of the source."
    )
    protocol_type: XmlField[str] = XmlField("./protocol/@type", TEXT, "Protocol over TCP: `raw`, `telnet`, `tls`.")
    log_file: XmlField[str] = XmlField("./log/@file", TEXT, "Host file to which all output is copied.")
    log_append: XmlField[bool] = XmlField("./log/@append", ON_OFF, "Append to the log file instead of truncating it.")
    source_clipboard_copypaste: XmlField[bool] = XmlField(
        "./source/clipboard/@copypaste", YES_NO, "Share the clipboard (qemu-vdagent)."
    )
    source_mouse_mode: XmlField[str] = XmlField(
        "./source/mouse/@mode", TEXT, "Mouse mode (qemu-vdagent): `client`, `server`."
    )
    source_channel: XmlField[str] = XmlField("./source/@channel", TEXT, "Name of a SPICE port.")
    source_tls: XmlField[bool] = XmlField("./source/@tls", YES_NO, "Encrypt the TCP connection.")


def _set_host(device: CharacterDevice, text: str) -> None:
    """Set the host to connect to, or the address to listen on if that is the mode."""
    if device.source_mode == "bind" and device.bind_host is None:
        _host_setter("bind_")(device, text)
    else:
        _host_setter("connect_")(device, text)


def _set_target_address(device: CharacterDevice, text: str) -> None:
    host, port = split_host(text)
    device.target_address = host
    if port is not None:
        device.target_port = port


class CharacterDevice(Device, CharacterSource):
    """The base class of serial ports, parallel ports, consoles and channels."""

    none_word = "suppress"
    bare = ("type",)

    type: XmlField[str] = XmlField(
        "./@type",
        TEXT,
        "Kind of backend: `pty`, `file`, `tcp`, `udp`, `unix`, `dev`, `null`, ...",
        aliases=("char_type",),
        convert=unless_default,
    )
    path: XmlField[str] = XmlField("./source/@path", TEXT, "Short form of `source.path`.", name="path")
    mode: XmlField[str] = XmlField("./source/@mode", TEXT, "Short form of `source.mode`.", name="mode")
    short_bind_host = Suboption("bind_host", _host_setter("bind_"), "Short form of `source.bind_host`.", match=True)
    host = Suboption(
        "host", _set_host, "Short form of `source.connect_host`, or with `mode=bind` of `source.bind_host`.", match=True
    )
    protocol: XmlField[str] = XmlField("./protocol/@type", TEXT, "Short form of `protocol.type`.", name="protocol")
    target_address_option = Suboption(
        "target.address",
        _set_target_address,
        "Address, or ADDRESS:PORT, of a guestfwd channel in the guest's network.",
        aliases=("target_address",),
        match=True,
    )
    target_address: XmlField[str] = XmlField("./target/@address", TEXT, "Address of a guestfwd channel.", name=None)
    target_type: XmlField[str] = XmlField(
        "./target/@type",
        TEXT,
        "Serial port: `isa-serial`, ...; console: `serial`, `virtio`, ...; channel: `virtio`, `guestfwd`, `xen`.",
        aliases=("target_type",),
    )
    target_name: XmlField[str] = XmlField("./target/@name", TEXT, "Name of a virtio channel.", aliases=("name",))
    target_port: XmlField[int] = XmlField(
        "./target/@port", INTEGER, "Index of the port among the ports of this kind; for guestfwd, a TCP port."
    )
    target_model_name: XmlField[str] = XmlField(
        "./target/model/@name", TEXT, "Model of the port: `isa-serial`, `pl011`, ..."
    )

    @classmethod
    def child_order(cls) -> tuple[str, ...]:
        """Return the order in which libvirt writes the child elements."""
        return ("./source", "./protocol", "./log", "./target")
