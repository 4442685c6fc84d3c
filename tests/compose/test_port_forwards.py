"""--network portForward: networks that do not forward ports, and the protocol."""

from __future__ import annotations

import pytest

from tests.compose.hosts import DATA, HostFiles, compose
from virtinstall.errors import RequestError
from virtinstall.options.command import parse_request

HOST = HostFiles((DATA / "capabilities-debian12.xml").read_text())


@pytest.mark.parametrize(
    ("network", "warned"),
    [("user,portForward0.proto=tcp", True), ("user,backend.type=passt,portForward0.proto=tcp", False), ("user", False)],
)
def test_only_passt_forwards_ports(network: str, warned: bool) -> None:
    """libvirt accepts the element for other backends, but ignores it."""
    request = parse_request(
        ["--name", "x", "--memory", "1024", "--import", "--disk", "none", "--network", network, "--virt-type", "qemu"]
    )
    warnings = compose(request, HOST.facts(disks=())).warnings
    assert any("portForward has no effect" in warning for warning in warnings) == warned


def test_port_forward_without_protocol_is_an_error() -> None:
    """libvirt requires the attribute; the short form has a default."""
    network = "passt,portForward=8080:80,portForward1.range0.start=22"
    request = parse_request(["--name", "x", "--memory", "1024", "--import", "--disk", "none", "--network", network])
    with pytest.raises(RequestError, match="--network portForward1: no protocol specified") as caught:
        compose(request, HOST.facts(disks=()))
    assert caught.value.hint == "add portForward1.proto=tcp or portForward1.proto=udp"
