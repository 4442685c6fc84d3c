"""`--check migration=on`: the properties of a guest that prevent live migration to another host.

Source: https://libvirt.org/migration.html, https://libvirt.org/formatdomain.html (hostdev, teaming, tpm, shmem);
https://www.qemu.org/docs/master/devel/migration/ for what QEMU blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from virtinstall.compose.draft import Draft
from virtinstall.devices.disk import Disk
from virtinstall.devices.filesystem import Filesystem
from virtinstall.devices.hostdev import Hostdev
from virtinstall.devices.interface import Interface

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain

NETWORK_FILE_SYSTEMS = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "ceph", "afs", "lustre", "gpfs", "gfs2", "ocfs2", "beegfs", "acfs"),
        *("fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.quobyte", "fuse.moosefs", "fuse.mfs"),
    )
)
_SHARED_POOLS = ("netfs", "iscsi", "iscsi-direct", "rbd", "gluster", "sheepdog", "vstorage", "scsi", "mpath")
_LOCAL_POOLS = ("logical", "disk", "zfs")


def warn_of_migration(draft: Draft, final: Domain) -> None:
    """Warn about everything that prevents live migration of `final`, the finished guest."""
    for problem in _problems(draft, final):
        draft.warnings.append(f"live migration: {problem}")


def _problems(draft: Draft, final: Domain) -> Iterator[str]:
    if draft.platform.is_container:
        yield "running containers cannot be migrated"
        return
    yield from _passthrough(final)
    yield from _interfaces(draft, final)
    yield from _cpu(final)
    yield from _storage(draft, final)
    yield from _filesystems(final)
    yield from _other_devices(final)
    kind = final.launch_security.type
    if kind is not None:
        yield f"--launchSecurity {kind}: confidential guests cannot be migrated"


def _passthrough(final: Domain) -> Iterator[str]:
    for hostdev in final.devices_of(Hostdev):
        if not _is_replaceable(hostdev):
            kind = f"host devices of type {hostdev.type}" if hostdev.type else "host devices"
            yield f"--hostdev: {kind} cannot be migrated"


def _is_replaceable(device: Hostdev | Interface) -> bool:
    """Return whether the device is the transient one of a team, which libvirt unplugs before the migration."""
    teaming = device.ensure_node().find("teaming")
    return teaming is not None and teaming.get("type") == "transient"


def _interfaces(draft: Draft, final: Domain) -> Iterator[str]:
    for interface in final.devices_of(Interface):
        if _is_replaceable(interface):
            continue
        network = draft.facts.networks.get(interface.source_network or "")
        name = interface.source_network or interface.source_dev or ""
        if interface.type == "hostdev":
            yield "--network hostdev: host network cards, such as SR-IOV functions, cannot be migrated"
        elif interface.type == "network" and network is not None and network.forward == "hostdev":
            yield f"--network network={name}: the network assigns host network cards, which cannot be migrated"
        elif interface.type == "vdpa":
            yield f"--network type=vdpa,source={name}: host vDPA devices cannot be migrated"


def _cpu(final: Domain) -> Iterator[str]:
    cpu = final.cpu
    if cpu.mode in ("host-passthrough", "maximum"):
        problem = f"--cpu {cpu.mode}: the guest can migrate only to hosts with the same CPU"
        yield f"{problem}; --cpu host-model is less strict"
    if cpu.migratable is False:
        yield "--cpu migratable=off: the guest has CPU features that prevent migration"
    for feature in cpu.features:
        if feature.name == "invtsc" and feature.policy in ("require", "force"):
            yield "--cpu invtsc: a guest with an invariant TSC can migrate only to hosts with the same TSC frequency"


def _storage(draft: Draft, final: Domain) -> Iterator[str]:
    for disk in final.devices_of(Disk):
        path = disk.source_file or disk.source_dir or disk.source_dev or disk.source_volume
        if disk.type == "nvme":
            yield "--disk type=nvme: host NVMe drives cannot be migrated"
        elif disk.transient:
            yield f"--disk {path}: transient disks cannot be migrated"
        elif path is not None and _is_local(draft, disk, path):
            yield f"--disk {path}: the image is local to this host; `virsh migrate` copies it with --copy-storage-all"


def _is_local(draft: Draft, disk: Disk, path: str) -> bool:
    """Return whether the disk is known to be only on this host."""
    kind = _pool_type(draft, disk, path)
    if kind in _SHARED_POOLS:
        return False
    if kind in _LOCAL_POOLS:
        return True
    return disk.type in ("file", "dir") and on_local_mount(path, draft.facts.mounts)


def _pool_type(draft: Draft, disk: Disk, path: str) -> str | None:
    found = (*draft.facts.storage.disks, draft.facts.storage.default_disk, draft.facts.storage.cdrom)
    for facts in found:
        if facts is None:
            continue
        volume, pool = facts.volume, facts.pool
        if volume is not None and (volume.path == path or (volume.pool, volume.name) == (disk.source_pool, path)):
            return volume.pool_type or None
        if pool is not None and pool.target is not None and path.startswith(pool.target.rstrip("/") + "/"):
            return pool.type
    return None


def on_local_mount(path: str, mounts: tuple[tuple[str, str], ...]) -> bool:
    """Return whether `path` is on a local file system of this host; False if `mounts` is empty.

    `mounts` contains a tuple (mount point, file system type) for each mount, in the kernel's order.
    """
    best, kind = "", None
    for point, file_system in mounts:
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, file_system
    return kind is not None and kind not in NETWORK_FILE_SYSTEMS


def _filesystems(final: Domain) -> Iterator[str]:
    for filesystem in final.devices_of(Filesystem):
        source = filesystem.source_dir or filesystem.source_socket or ""
        if filesystem.driver_type == "virtiofs":
            yield f"--filesystem {source}: most versions of virtiofsd do not support migration"
        else:
            yield f"--filesystem {source}: a guest cannot be migrated while it has mounted a 9p file system"


def _other_devices(final: Domain) -> Iterator[str]:
    from virtinstall.devices.memory import MemoryDevice
    from virtinstall.devices.shmem import Shmem
    from virtinstall.devices.tpm import Tpm
    from virtinstall.devices.video import Video

    for tpm in final.devices_of(Tpm):
        if tpm.backend_type == "passthrough":
            yield "--tpm passthrough: the host's TPM cannot be migrated; use --tpm emulator"
    for shmem in final.devices_of(Shmem):
        if shmem.role != "master":
            yield f"--shmem {shmem.name}: this memory is shared with host programs; to migrate a copy, use role=master"
    for memory in final.devices_of(MemoryDevice):
        if memory.model == "sgx-epc":
            yield "--memdev sgx-epc: SGX enclave memory cannot be migrated"
    for video in final.devices_of(Video):
        if video.model_acceleration_accel3d:
            yield "--video accel3d: a 3D-accelerated display (virgl) cannot be migrated"
