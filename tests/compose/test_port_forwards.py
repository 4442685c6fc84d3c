"""--network portForward: a warning if the network does not forward ports."""

from __future__ import annotations

import pytest

from tests.compose.hosts import DATA, HostFiles, compose
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
    assert any("ports will not be forwarded" in warning for warning in warnings) == warned
