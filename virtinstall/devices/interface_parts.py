"""Port forwarding of a user-mode interface (passt).

Source: https://libvirt.org/formatdomain.html#userspace-connection-using-passt
"""

from __future__ import annotations

from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import INTEGER, TEXT, YES_NO, parse_integer


class PortRange(Element):
    """<range>: a range of ports that are forwarded, or excluded from a larger range."""

    tag = "range"

    start: XmlField[int] = XmlField("./@start", INTEGER, "First port on the host.")
    end: XmlField[int] = XmlField("./@end", INTEGER, "Last port on the host.")
    to: XmlField[int] = XmlField("./@to", INTEGER, "First port in the guest, if it differs from the host's.")
    exclude: XmlField[bool] = XmlField("./@exclude", YES_NO, "Whether these ports are excluded from a larger range.")


def _set_short(forward: PortForward, text: str) -> None:
    """Set a forward from [ADDRESS:]PORT[-END][:GUESTPORT][/PROTO]; the address may be an IPv6 address."""
    if not text:
        forward.proto = forward.address = None
        forward.ranges.clear()
        return
    rest, _, protocol = text.partition("/")
    address, _, ports = rest.rpartition(":")
    guest = ""
    before, _, middle = address.rpartition(":")
    if _is_port(middle.partition("-")[0]) and ports.isdigit() and _may_be_address(before):
        address, ports, guest = before, middle, ports
    start, _, end = ports.partition("-")
    forward.proto = protocol or "tcp"
    forward.address = address.removeprefix("[").removesuffix("]") or None
    ranges = forward.ranges.at(0)
    try:
        ranges.start = parse_integer(start)
        ranges.end = parse_integer(end) if end else None
        ranges.to = parse_integer(guest) if guest else None
    except ValueError:
        raise ValueError("must have the form [ADDRESS:]PORT[-END][:GUESTPORT][/PROTO]") from None


def _is_port(text: str) -> bool:
    return text.isdigit() and 0 < int(text) <= 65535


def _may_be_address(text: str) -> bool:
    """Return whether `text` can be an address and is not the start of an IPv6 address that ends like a port."""
    import ipaddress

    if ":" not in text or text.startswith("["):
        return True
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


class PortForward(Element):
    """<portForward>: host ports that are forwarded to the guest."""

    tag = "portForward"

    proto: XmlField[str] = XmlField("./@proto", TEXT, "Protocol: `tcp`, `udp`.")
    address: XmlField[str] = XmlField("./@address", TEXT, "Host address to listen on.")
    dev: XmlField[str] = XmlField("./@dev", TEXT, "Host interface to listen on.")
    ranges: Children[PortRange] = Children("./range", PortRange, "Ports that are forwarded.")
    short = Suboption("", _set_short, "Short form: [ADDRESS:]PORT[-END][:GUESTPORT][/PROTO], for example `8080:80`.")
