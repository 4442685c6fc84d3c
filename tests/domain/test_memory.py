"""--memory, --vcpus, --memorybacking: counts and sizes."""

from __future__ import annotations

import pytest

from tests.domain.parsed import inside, parsed
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError


def test_memory_without_a_maximum_is_the_maximum() -> None:
    """`--memory 512` means 512 MiB at the start and as the maximum."""
    domain = parsed("--memory 512")
    assert inside(domain) == "<memory>524288</memory><currentMemory>524288</currentMemory>"


@pytest.mark.parametrize(
    ("text", "maximum_mib", "start_mib"),
    [
        ("2G", 2048, 2048),
        ("1.5 GiB", 1536, 1536),
        ("memory=1024,currentMemory=512", 1024, 512),
        ("currentMemory=512", 512, 512),
        ("512,maxmemory=1024", 1024, 512),
        ("512,currentMemory=256,maxmemory=1024", 1024, 256),
        ("maxmemory=1024", 1024, None),
    ],
)
def test_missing_maximum_or_start_is_derived(text: str, maximum_mib: int, start_mib: int | None) -> None:
    """Sizes may have units."""
    domain = parsed(f"--memory {text}")
    assert domain.memory_kib == maximum_mib * 1024
    assert domain.current_memory_kib == (None if start_mib is None else start_mib * 1024)


@pytest.mark.parametrize(
    ("text", "maximum_mib", "start_mib"),
    [
        ("512", 8192, 512),
        ("10000", 10000, 10000),
        ("1024,currentMemory=512", 1024, 512),
        ("512,maxmemory=4096", 4096, 512),
    ],
)
def test_memory_of_an_existing_guest_changes_the_maximum_if_necessary(
    text: str, maximum_mib: int, start_mib: int
) -> None:
    """A smaller value keeps the maximum, a larger one raises it; the unit in the XML is normalized."""
    domain = Domain.parse(
        "<domain><memory unit='MiB'>8388608</memory><currentMemory unit='KiB'>9</currentMemory></domain>"
    )
    parsed(f"--memory {text}", domain=domain)
    assert domain.memory_kib == maximum_mib * 1024
    assert domain.current_memory_kib == start_mib * 1024


def test_invalid_memory_is_rejected() -> None:
    """The error names option, sub-option and value, and the expected form."""
    with pytest.raises(RequestError, match=r"--memory lots: must be a size"):
        parsed("--memory lots")


def test_memory_has_hotplug_and_huge_pages() -> None:
    """Sub-options set the maximum and the slots."""
    domain = parsed("--memory 512,maxMemory=2048,hotplugmemoryslots=2,hugepages=on")
    assert inside(domain) == (
        '<maxMemory slots="2">2097152</maxMemory><memory>524288</memory><currentMemory>524288</currentMemory>'
        "<memoryBacking><hugepages/></memoryBacking>"
    )


def test_first_page_size_needs_no_number() -> None:
    """`locked=yes` is written as an empty element."""
    domain = parsed("--memorybacking size=1,unit=G,nodeset=0,1,locked=yes,hugepages.page1.size=2,source_type=memfd")
    assert inside(domain) == (
        '<memoryBacking><hugepages><page size="1" unit="G" nodeset="0,1"/><page size="2"/></hugepages>'
        '<locked/><source type="memfd"/></memoryBacking>'
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["4"], "<vcpu>4</vcpu>"),
        (["4,maxvcpus=8"], '<vcpu current="4">8</vcpu>'),
        (["maxvcpus=8"], "<vcpu>8</vcpu>"),
        (["vcpu=4,vcpu.current=2,maxvcpus=8"], '<vcpu current="2">8</vcpu>'),
        (["4,vcpus=6"], "<vcpu>6</vcpu>"),
        (["2,cpuset=1,3-5"], '<vcpu cpuset="1,3-5">2</vcpu>'),
        (["2,vcpu.cpuset=auto"], '<vcpu placement="auto">2</vcpu>'),
        (["4", "maxvcpus=8"], "<vcpu>8</vcpu>"),
        (["vcpus.vcpu1.id=1,vcpus.vcpu0.enabled=yes"], '<vcpus><vcpu enabled="yes"/><vcpu id="1"/></vcpus>'),
        (["sockets=2,threads=2"], '<cpu><topology sockets="2" threads="2"/></cpu>'),
    ],
)
def test_vcpus_have_count_placement_and_topology(options: list[str], expected: str) -> None:
    """`vcpus=` and `maxvcpus=` are old names."""
    assert inside(parsed(*(f"--vcpus {text}" for text in options))) == expected


def test_invalid_vcpus_are_rejected() -> None:
    """A count that is not a number is rejected."""
    with pytest.raises(RequestError, match=r"--vcpus many: must be a whole number"):
        parsed("--vcpus many")
