"""vCPUs and the CPU topology."""

from __future__ import annotations

import pytest

from tests.compose.hosts import DATA, GuestKind, HostFiles, composed, os_named
from virtinstall.errors import RequestError

HOST = HostFiles(
    (DATA / "capabilities-debian12.xml").read_text(), (DATA / "domain-capabilities-kvm-q35.xml").read_text()
)


def layout(*args: str, system: str = "generic") -> tuple[int | None, tuple[int | None, ...]]:
    """Return the number of vCPUs, and (sockets, dies, cores, threads)."""
    domain = composed(HOST, GuestKind("hvm", "x86_64", "kvm"), os_named(system), *args).final
    cpu = domain.cpu
    return domain.vcpu, (cpu.topology_sockets, cpu.topology_dies, cpu.topology_cores, cpu.topology_threads)


NONE = (None, None, None, None)


@pytest.mark.parametrize(
    ("text", "laid_out"),
    [
        ("4", (4, NONE)),
        ("4,sockets=2", (4, (2, 1, 2, 1))),
        ("8,threads=2", (8, (1, 1, 4, 2))),
        ("sockets=2,cores=3", (6, (2, 1, 3, 1))),
        ("8,cores=2,threads=2", (8, (2, 1, 2, 2))),
    ],
)
def test_topology_is_completed(text: str, laid_out: tuple[int, tuple[int | None, ...]]) -> None:
    """Missing values are cores first, then sockets; without a request, libvirt decides."""
    assert layout("--vcpus", text) == laid_out


def test_clusters_are_part_of_the_topology() -> None:
    """For example, two clusters of four cores are eight vCPUs."""
    args = ("--vcpus", "8", "--cpu", "host-model,topology.clusters=2")
    assert layout(*args) == (8, (1, 1, 4, 1))


def test_topology_with_another_product_is_an_error() -> None:
    """For example, 5 vCPUs cannot have two threads per core."""
    with pytest.raises(
        RequestError, match="--vcpus 5: the CPU topology sockets=1,dies=1,cores=2,threads=2 has 4 vCPUs"
    ):
        layout("--vcpus", "5,threads=2")


@pytest.mark.parametrize(
    ("system", "text", "laid_out"),
    [
        ("win10", "8", (8, (1, 1, 8, 1))),
        ("win10", "2", (2, NONE)),
        ("win10", "8,sockets=2", (8, (2, 1, 4, 1))),
        ("win2k19", "8", (8, NONE)),
        ("fedora36", "8", (8, NONE)),
    ],
)
def test_desktop_windows_has_one_socket(system: str, text: str, laid_out: tuple[int, tuple[int | None, ...]]) -> None:
    """It uses at most two sockets: with one socket per vCPU, six of eight vCPUs would be idle."""
    assert layout("--vcpus", text, system=system) == laid_out
