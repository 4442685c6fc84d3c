"""A named CPU model gets the host's mitigations for CPU vulnerabilities, because the models are older."""

from __future__ import annotations

import libvirt
import pytest

from tests.compose.hosts import DATA, HostFiles, compose
from virtinstall.libvirt_host.connection import LibvirtHost
from virtinstall.options.command import parse_request
from virtinstall.osinfo.record import GENERIC

CAPABILITIES = (DATA / "capabilities-debian12.xml").read_text()
DOMAIN_CAPABILITIES = (DATA / "domain-capabilities-kvm-q35.xml").read_text()


def features(args: str, *, of_model: frozenset[str] = frozenset(), host_model: str = "Cooperlake") -> list[str]:
    """Return the mitigations of the guest's CPU; `of_model` are the features of the host's model in libvirt."""
    listed = f"<model fallback='forbid'>{host_model}</model><feature policy='require' name='md-clear'/>"
    listed += "<feature policy='disable' name='ibpb'/>"
    host = HostFiles(CAPABILITIES, DOMAIN_CAPABILITIES.replace("<model fallback='forbid'>kvm64</model>", listed))
    request = parse_request(f"--memory 1024 --import --disk none --virt-type kvm --cpu {args}".split())
    domain = compose(request, host.facts(GENERIC, disks=(), cpu_model_features=of_model)).final
    return [feature.name or "" for feature in domain.cpu.features if feature.policy == "require"]


def test_mitigations_of_the_host_model_are_added() -> None:
    """libvirt lists only the features that the host has in addition to its model, or lacks."""
    assert features("Skylake-Client") == ["md-clear"]
    assert features("Skylake-Client", of_model=frozenset({"spec-ctrl", "ssbd", "ibpb", "aes"})) == [
        "md-clear",
        "spec-ctrl",
        "ssbd",
    ]


@pytest.mark.parametrize("args", ["Skylake-Client,secure=off", "host-passthrough", "host-model"])
def test_no_mitigations_without_a_model_or_with_secure_off(args: str) -> None:
    """`host-passthrough` and `host-model` contain the mitigations already."""
    assert features(args, of_model=frozenset({"spec-ctrl"})) == []


def test_libvirt_returns_the_features_of_a_model() -> None:
    """The test driver uses the same table of models; an unknown model has no features."""
    connection = libvirt.open("test:///default")
    try:
        host = LibvirtHost(connection)
        assert {"spec-ctrl", "ssbd", "aes"} <= host.cpu_model_features("x86_64", "Cooperlake")
        assert host.cpu_model_features("x86_64", "Coperlake") == frozenset()
    finally:
        connection.close()
