"""Names that the host does not have are reported before libvirt rejects them, with the nearest existing name."""

from __future__ import annotations

import pytest

from tests.compose.hosts import DATA, HostFiles, compose
from virtinstall.compose.validate import validate_request
from virtinstall.errors import RequestError
from virtinstall.options.command import parse_request
from virtinstall.survey import networks

HOST = HostFiles(
    (DATA / "capabilities-debian12.xml").read_text(), (DATA / "domain-capabilities-kvm-q35.xml").read_text()
)


def warnings(*args: str, links: tuple[str, ...] = ("br0", "eth0", "lo")) -> str:
    """Return the problems of a guest on a host with these network interfaces."""
    request = parse_request(["--name", "x", "--memory", "512", "--disk", "none", "--import", *args])
    return "\n".join(compose(request, HOST.facts(disks=(), links=links)).warnings)


@pytest.mark.parametrize(
    ("args", "messages"),
    [
        ("bridge=br9", "the host has no bridge 'br9' (did you mean br0?)"),
        ("bridge=lan", "the host has no bridge 'lan' (`ip link` lists the host's interfaces)"),
        ("type=direct,source=eht0", "the host has no network interface 'eht0' (did you mean eth0?)"),
    ],
)
def test_missing_network_interface(args: str, messages: str) -> None:
    """libvirt would refuse it at the guest's start; a hook of libvirt's may make it until then."""
    assert messages in warnings("--network", args)


def test_network_interface_that_is_there_or_cannot_be_seen() -> None:
    """Existing bridges and those of another host are not reported."""
    assert "bridge" not in warnings("--network", "bridge=br0")
    assert "bridge" not in warnings("--network", "bridge=br9", links=())
    assert "lo" in networks.links()


@pytest.mark.parametrize(
    ("model", "messages"),
    [("host-passthru", "did you mean host-passthrough?"), ("Skylake-Clint", "did you mean Skylake-Client")],
)
def test_unknown_cpu_model(model: str, messages: str) -> None:
    """libvirt would report the unknown name only when the guest starts."""
    assert f"--cpu {model}: the host's libvirt does not know this CPU model ({messages}" in warnings("--cpu", model)


@pytest.mark.parametrize("cpu", ["host-passthrough", "host-model", "Skylake-Client", "host", "Nehalem,+vmx"])
def test_known_cpu_model(cpu: str) -> None:
    """Modes, models of libvirt's list and old keywords are accepted."""
    assert "--cpu" not in warnings("--cpu", cpu)


@pytest.mark.parametrize("args", [(), ("--arch", "x86_64")])
def test_unknown_machine(args: tuple[str, ...]) -> None:
    """The nearest machine type is named, with an architecture or without."""
    with pytest.raises(RequestError, match="--machine q36: unknown machine type for x86_64") as caught:
        warnings("--machine", "q36", *args)
    assert str(caught.value.hint).startswith("did you mean q35?")


@pytest.mark.parametrize("method", ["--import", "--pxe"])
def test_nothing_to_answer(method: str) -> None:
    """--unattended answers an installer; without one, the hint names the options that provide it."""
    with pytest.raises(RequestError, match=f"--unattended and {method} contradict") as caught:
        validate_request(parse_request(["--name", "x", "--memory", "512", "--unattended", method]))
    assert "--cloud-init" in str(caught.value.hint)
