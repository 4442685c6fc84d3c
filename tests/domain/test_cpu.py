"""--cpu: models, features, NUMA cells."""

from __future__ import annotations

import pytest

from tests.domain.parsed import inside, parsed


@pytest.mark.parametrize("mode", ["host-passthrough", "host-model", "maximum"])
def test_modes_are_values_of_the_option(mode: str) -> None:
    """Examples are host-passthrough and host-model."""
    assert inside(parsed(f"--cpu {mode}")) == f'<cpu mode="{mode}"/>'


def test_other_values_are_the_model() -> None:
    """The mode is custom."""
    domain = parsed("--cpu Skylake-Client,model.fallback=forbid,vendor=Intel")
    assert inside(domain) == (
        '<cpu mode="custom" match="exact"><model fallback="forbid">Skylake-Client</model><vendor>Intel</vendor></cpu>'
    )
    assert domain.cpu.wanted_model == "Skylake-Client"


@pytest.mark.parametrize("word", ["host-copy", "host-model-only", "hv-default"])
def test_values_that_depend_on_the_host_are_requests(word: str) -> None:
    """They are resolved by the composer."""
    domain = parsed(f"--cpu {word}")
    assert inside(domain) == ""
    assert domain.cpu.wanted_model == word


def test_none_resets_the_model() -> None:
    """`none` is the hypervisor's default and overrides earlier values; later values still count."""
    domain = parsed("--cpu core2duo,+vmx", "--cpu none,topology.sockets=2")
    assert inside(domain) == '<cpu><topology sockets="2"/></cpu>'
    assert domain.cpu.wanted_model == "none"


def test_request_survives_a_topology_and_a_copy() -> None:
    """A request about <cpu> is kept when another option creates the element, and in a copy of the guest."""
    domain = parsed("--cpu host-copy")
    assert domain.clone().cpu.wanted_model == "host-copy"
    parsed("--vcpus sockets=2", domain=domain)
    assert domain.cpu.wanted_model == "host-copy"
    assert domain.clone().cpu.wanted_model == "host-copy"


def test_last_policy_of_a_feature_is_used() -> None:
    """`+` and `-` are short for force and disable; features are sorted by policy."""
    domain = parsed("--cpu core2duo,-a,disable=b,+c,force=d,require=c,optional=e,forbid=f")
    features = [(feature.policy, feature.name) for feature in domain.cpu.features]
    assert features == [
        ("force", "d"),
        ("require", "c"),
        ("optional", "e"),
        ("disable", "b"),
        ("disable", "a"),
        ("forbid", "f"),
    ]


def test_empty_policy_removes_its_features() -> None:
    """`force=` removes the forced features."""
    assert inside(parsed("--cpu +vmx,+svm", "--cpu force=")) == ""


def test_numa_cells_are_numbered() -> None:
    """There are two spellings; `cpus` may contain commas."""
    domain = parsed(
        "--cpu cell.id=0,cell.cpus=1,2,3,cell.memory=1024,numa.cell1.id=1,numa.cell1.discard=no,"
        "cell0.distances.sibling1.id=1,cell0.distances.sibling1.value=21"
    )
    assert inside(domain) == (
        '<cpu><numa><cell id="0" cpus="1,2,3" memory="1024"><distances>'
        '<sibling id="1" value="21"/></distances></cell><cell id="1" discard="no"/></numa></cpu>'
    )


def test_children_are_in_libvirts_order() -> None:
    """The order of options does not affect the XML."""
    domain = parsed("--cpu +vmx", "--vcpus sockets=2", "--cpu maxphysaddr.mode=passthrough", "--cpu core2duo")
    assert [child.tag for child in domain.cpu.ensure_node()] == ["model", "topology", "maxphysaddr", "feature"]
