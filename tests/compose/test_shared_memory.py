"""Devices served by another process, which maps the guest's memory: the memory is shared automatically."""

from __future__ import annotations

import pytest

from tests.compose.hosts import DATA, GuestKind, HostFiles, compose, composed, os_named
from virtinstall.domain.memory_backing import MemoryBacking
from virtinstall.facts import DiskFacts
from virtinstall.options.command import parse_request

HOST = HostFiles(
    (DATA / "capabilities-debian12.xml").read_text(), (DATA / "domain-capabilities-kvm-q35.xml").read_text()
)
VIRTIOFS = ("--filesystem", "/srv/x,tag,driver.type=virtiofs")


def backing(*args: str) -> MemoryBacking:
    """Return the memory backing of a guest."""
    return composed(HOST, GuestKind("hvm", "x86_64", "kvm"), os_named("generic"), *args).final.memory_backing


@pytest.mark.parametrize(
    "args",
    [
        VIRTIOFS,
        ("--network", "type=vhostuser,source.type=unix,source.path=/run/net,source.mode=client"),
        ("--video", "virtio,driver.name=vhostuser"),
    ],
)
def test_memory_is_shared_with_virtiofs_and_vhost_user(args: tuple[str, ...]) -> None:
    """The processes are virtiofsd, a vhost-user switch and a vhost-user GPU."""
    found = backing(*args)
    assert (found.access_mode, found.source_type) == ("shared", "memfd")


def test_memory_is_shared_for_a_vhost_user_disk() -> None:
    """The disk is served through a socket."""
    args = ("--disk", "type=vhostuser,source.type=unix,source.path=/run/blk,bus=virtio")
    request = parse_request(["--name", "x", "--memory", "512", "--import", *args])
    assert compose(request, HOST.facts(disks=(DiskFacts(),))).final.memory_backing.access_mode == "shared"


def test_memory_is_not_shared_for_9p() -> None:
    """QEMU itself serves a 9p share."""
    assert backing().access_mode is None
    assert backing("--filesystem", "/srv/x,tag").access_mode is None


def test_specified_memory_settings_are_kept() -> None:
    """Huge pages can be shared without a source type; a specified access mode is not changed."""
    pages = backing(*VIRTIOFS, "--memorybacking", "hugepages=on")
    assert (pages.access_mode, pages.source_type) == ("shared", None)
    assert backing(*VIRTIOFS, "--memorybacking", "access.mode=private").access_mode == "private"
    assert backing(*VIRTIOFS, "--cpu", "cell0.memory=1024,cell0.cpus=0,cell0.memAccess=shared").access_mode is None
