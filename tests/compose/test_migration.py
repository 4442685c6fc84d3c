"""`--check migration=on`: warnings for a guest that cannot migrate live."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compose.hosts import DATA, HostFiles, compose
from virtinstall.compose.migration import on_local_mount
from virtinstall.facts import DiskFacts, Facts, NetworkFacts, PathFacts, PoolFacts, VolumeFacts
from virtinstall.options.command import parse_request
from virtinstall.survey.mounts import mounts

HOST = HostFiles(
    (DATA / "capabilities-debian12.xml").read_text(), (DATA / "domain-capabilities-kvm-q35.xml").read_text()
)
MOUNTS = (("/", "ext4"), ("/srv/nfs", "nfs4"), ("/srv/nfs/scratch", "xfs"))
BASE = ("--name", "x", "--memory", "512", "--import", "--cpu", "host-model")
SHARED = ("--disk", "/srv/nfs/a.qcow2,size=1")


def facts(disk: DiskFacts | None = None) -> Facts:
    """Return the facts about the host and the disk."""
    found = disk or DiskFacts(path=PathFacts(path="/srv/nfs/a.qcow2", kind=None))
    return HOST.facts(mounts=MOUNTS, disks=(found,))


def problems(*args: str, facts_: Facts | None = None) -> list[str]:
    """Return the warnings about live migration."""
    request = parse_request([*BASE, "--check", "migration=on", *args])
    messages = compose(request, facts_ or facts()).warnings
    return [text.removeprefix("live migration: ") for text in messages if text.startswith("live migration: ")]


def test_no_warning_for_a_default_guest_on_shared_storage() -> None:
    """Its disk is on NFS, and its CPU is a named model."""
    assert problems(*SHARED) == []


def test_no_warning_without_the_check() -> None:
    """Migration is not mentioned without --check migration=on."""
    request = parse_request([*BASE, "--disk", "/var/a.qcow2,size=1", "--cpu", "host-passthrough"])
    assert not [text for text in compose(request, facts()).warnings if "migration" in text]


@pytest.mark.parametrize(
    ("args", "output"),
    [
        (("--cpu", "host-passthrough"), "--cpu host-passthrough"),
        (("--cpu", "host-model,+invtsc"), "invtsc"),
        (("--network", "type=hostdev,source.address.type=pci,source.address.bus=1"), "SR-IOV"),
        (("--network", "type=vdpa,source.dev=/dev/vhost-vdpa-0"), "vDPA"),
        (("--hostdev", "type=mdev,address.type=mdev"), "devices of type mdev"),
        (("--filesystem", "/srv/nfs/x,tag"), "9p"),
        (("--filesystem", "/srv/nfs/x,tag,driver.type=virtiofs"), "virtiofsd"),
        (("--tpm", "passthrough,path=/dev/tpm0"), "the host's TPM cannot be migrated"),
        (("--shmem", "name=s,role=peer,model.type=ivshmem-plain"), "--shmem s"),
        (("--video", "virtio,accel3d=yes"), "virgl"),
    ],
)
def test_device_that_prevents_migration_causes_a_warning(args: tuple[str, ...], output: str) -> None:
    """The warning names the option."""
    (problem,) = problems(*SHARED, *args)
    assert output in problem


def test_transient_interface_of_a_team_causes_no_warning() -> None:
    """libvirt detaches it before the migration."""
    card = "type=hostdev,source.address.type=pci,source.address.bus=1,teaming.type=transient,teaming.persistent=ua-x"
    assert problems(*SHARED, "--network", card) == []


def test_network_of_sr_iov_functions_causes_a_warning() -> None:
    """A virtual network can provide SR-IOV functions of the host."""
    network = {"fast": NetworkFacts(name="fast", active=True, forward="hostdev", pxe=False)}
    (problem,) = problems(*SHARED, "--network", "network=fast", facts_=facts().replace(networks=network))
    assert "network=fast" in problem


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/var/lib/a.qcow2", True),
        ("/srv/nfs/a.qcow2", False),
        ("/srv/nfsx/a.qcow2", True),
        ("/srv/nfs/scratch/a.qcow2", True),
    ],
)
def test_mount_point_determines_whether_a_path_is_local(path: str, local: bool) -> None:
    """The longest mount point is used; of two mounts at one mount point, the last one."""
    assert on_local_mount(path, MOUNTS) == local
    assert not on_local_mount(path, ())
    assert not on_local_mount(path, (*MOUNTS, *((point, "nfs") for point, _ in MOUNTS)))
    output = problems("--disk", f"{path},size=1", facts_=facts(DiskFacts(path=PathFacts(path=path, kind=None))))
    assert [path in text for text in output] == [True] * local


@pytest.mark.parametrize(("kind", "local"), [("rbd", False), ("iscsi", False), ("logical", True)])
def test_pool_type_determines_whether_a_volume_is_local(kind: str, local: bool) -> None:
    """Network pools are shared, a volume group is not."""
    pool = f"<pool type='{kind}'><source><name>p</name></source></pool>"
    disk = DiskFacts(
        volume=VolumeFacts(
            pool="p",
            name="v",
            path="/dev/p/v",
            kind="block",
            format="raw",
            capacity_bytes=1 << 30,
            pool_type=kind,
            pool_xml=pool,
        )
    )
    assert len(problems("--disk", "vol=p/v", facts_=facts(disk))) == local


def test_pool_on_a_network_file_system_is_shared() -> None:
    """The mounts are not examined for a netfs pool."""
    pool = PoolFacts(name="images", type="netfs", target="/mnt/images", active=True)
    disk = DiskFacts(path=PathFacts(path="/mnt/images/a.qcow2", kind=None), pool=pool)
    assert problems("--disk", "/mnt/images/a.qcow2,size=1", facts_=facts(disk)) == []


def test_mount_points_with_spaces_are_parsed(tmp_path: Path) -> None:
    """The kernel writes a space as an octal number; a missing table is empty."""
    table = tmp_path / "mounts"
    table.write_text("/dev/sda / ext4 rw 0 0\nhost:/x /mnt/my\\040share nfs4 rw 0 0\n")
    assert mounts(table) == (("/", "ext4"), ("/mnt/my share", "nfs4"))
    assert mounts(tmp_path / "none") == ()
