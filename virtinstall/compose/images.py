"""Disks that are created from an image, as an overlay or a copy: their size and location, without side effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.compose.disk_sources import requested_path, resolve_source
from virtinstall.compose.draft import Draft
from virtinstall.compose.new_volumes import BLOCK_POOLS, NETWORK_POOLS
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, Facts, ImageFacts, Login, SeedFacts
from virtinstall.images.source import CLOUD_INIT, IGNITION
from virtinstall.new_image import ImageBase
from virtinstall.plan import ImageFetch
from virtinstall.request import Request
from virtinstall.units import GIB, KIB, human_size, size_argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from virtinstall.images.source import ImageSource
    from virtinstall.osinfo.record import OsRecord

DEFAULT_DISK_BYTES = 20 * GIB
DEFAULT_MEMORY_BYTES = 2 * GIB
_SMALLEST_BYTES = 1 << 20
_EXCLUSIVE = ("backing_store", "vol", "source_pool", "source_volume", "source_protocol", "source_name")


def default_login(
    os: OsRecord,
    source: ImageSource,
    keys: Callable[[], tuple[str, ...]],
    new_password: Callable[[], tuple[str, str]],
) -> SeedFacts:
    """Return the seed with the default login for a guest that is created from an image.

    `keys` returns the user's public SSH keys. For an image with cloud-init, the seed contains the keys or, if there are
    none, a password, which `new_password` returns together with its hash. For an image with Ignition, the seed contains
    the keys or, if there are none, only a warning. For any other image, the seed is empty.
    """
    from virtinstall.seed.cloud_init import CloudInitRequest

    if source.seed not in (CLOUD_INIT, IGNITION):
        return SeedFacts()
    known = keys()
    user = source.user or os.cloud_image_username or os.distro or "cloud-user"
    if source.seed == IGNITION:
        return _ignition_login(user, known)
    if known:
        return SeedFacts(cloud_init=CloudInitRequest(default_user_keys=known), login=Login(user=user))
    password, hashed = new_password()
    request = CloudInitRequest(generated_passwords=((user, password),), default_user_password_hash=hashed)
    return SeedFacts(cloud_init=request, login=Login(user=user, password=password), warnings=request.warnings)


def _ignition_login(user: str, keys: tuple[str, ...]) -> SeedFacts:
    import json

    if not keys:
        warning = "no public SSH key in ~/.ssh: no login is possible; specify a configuration with --ignition FILE"
        return SeedFacts(warnings=(warning,))
    users = [{"name": user, "sshAuthorizedKeys": list(keys)}]
    config = json.dumps({"ignition": {"version": "3.0.0"}, "passwd": {"users": users}}).encode()
    return SeedFacts(ignition=config, login=Login(user=user))


def with_login(request: Request, facts: Facts) -> Request:
    """Return `request` with the default login in `facts`; unchanged if `facts` contain no default login."""
    install = request.install
    if facts.seeds.login is None:
        return request
    if facts.seeds.ignition is not None and install.ignition is None:
        return request.replace(install=install.replace(ignition="-"))
    if facts.seeds.cloud_init is not None and install.cloud_init is None:
        return request.replace(install=install.replace(cloud_init=facts.seeds.cloud_init))
    return request


def fill_memory(draft: Draft) -> None:
    """Set the memory size of a guest with --image, if neither the user nor the OS database specifies one."""
    domain = draft.domain
    if not draft.request.install.image_defaults or domain.memory_kib is not None or domain.current_memory_kib:
        return
    if draft.os.recommended_ram_bytes(draft.platform.arch) is None:
        domain.memory_kib = DEFAULT_MEMORY_BYTES // KIB
        draft.notes.append(f"Using default --memory {DEFAULT_MEMORY_BYTES >> 20}")


def resolve_disk(draft: Draft, disk: Disk, facts: DiskFacts) -> None:
    """Fill in the source of a disk, which may be created from an image.

    Raises: RequestError, if the disk cannot be created as requested.
    """
    if facts.image is None:
        resolve_source(draft, disk, facts)
    else:
        resolve_image(draft, disk, facts, facts.image)


def resolve_image(draft: Draft, disk: Disk, facts: DiskFacts, image: ImageFacts) -> None:
    """Fill in the source of a disk that is created from `image`, and plan the image's download and the disk's creation.

    Raises: RequestError, if the disk cannot be created as requested.
    """
    # not as it was typed: a URL may have a password
    option = f"--disk image={image.source.label}"
    _refuse_contradictions(disk, facts, option)
    size, is_default = _size(draft, disk, image, option)
    pool_type = None if facts.pool is None else facts.pool.type
    copied = bool(disk.image_copy) or disk.format == "raw" or disk.driver_type == "raw"
    if pool_type in BLOCK_POOLS or pool_type in NETWORK_POOLS:
        copied = True
    elif disk.format is None:
        disk.format = disk.driver_type or "qcow2"
    if disk.format not in (None, "raw", "qcow2"):
        raise RequestError(f"{option},format={disk.format}: must be qcow2 or raw")
    known_images, known_volumes = len(draft.images), len(draft.volumes)
    # without a size, the disk is as large as the image, which is known when it is fetched
    disk.size_bytes = size or _SMALLEST_BYTES
    resolve_source(draft, disk, facts)
    disk.size_bytes = size
    base = ImageBase(image=len(draft.fetches), copy=copied, size_is_default=is_default)
    pool = None
    for new in range(known_images, len(draft.images)):
        # QEMU reads a disk where the user names one, but not the user's own cache
        own = base if image.is_shared else base.replace(copy=True)
        draft.images[new] = draft.images[new].replace(base=own, capacity_bytes=size)
    for new in range(known_volumes, len(draft.volumes)):
        draft.volumes[new] = draft.volumes[new].replace(base=base, capacity_bytes=size or 0)
        pool = draft.volumes[new].pool
    draft.fetches.append(
        ImageFetch(
            source=image.source,
            cache_dir=image.cache_dir,
            refresh=image.refresh,
            checksum=image.checksum,
            cached=image.cached,
            is_current=image.is_current,
            pool=None if image.is_shared or copied else pool,
        )
    )
    _use_firmware(draft, image)
    _warn_of_login(draft, image, option)


def _refuse_contradictions(disk: Disk, facts: DiskFacts, option: str) -> None:
    given = next((name for name in _EXCLUSIVE if getattr(disk, name) is not None), None)
    if given is not None:
        shown = given.replace("source_", "source.")
        raise RequestError(
            f"{option} and {shown}= cannot be used together",
            hint="omit backing_store="
            if given == "backing_store"
            else f"omit {shown}=; to choose where the new disk is stored, use path= or pool=",
        )
    if disk.device not in (None, "disk", "lun"):
        raise RequestError(f"{option} does not support device={disk.device}", hint="omit device=")
    path = requested_path(disk)
    if facts.volume is not None or (facts.path is not None and facts.path.kind is not None):
        there = path or (facts.volume.path if facts.volume is not None else "")
        raise RequestError(
            f"{option}: '{there}' already exists",
            hint=f"use another path, or use the existing image: --disk {there}",
        )


def _size(draft: Draft, disk: Disk, image: ImageFacts, option: str) -> tuple[int | None, bool]:
    """Return the size of the disk in bytes (None: that of the image), and whether the size is only a default."""
    smallest = None if image.cached is None else image.cached.virtual_size
    if disk.size_bytes is not None:
        if smallest is not None and disk.size_bytes < smallest:
            raise RequestError(
                f"{option},size={size_argument(disk.size_bytes)}: the image requires {human_size(smallest)}",
                hint=f"omit size=, or use size={size_argument(smallest, up=True)} or more",
            )
        return disk.size_bytes, False
    if not draft.request.install.image_defaults or draft.fetches:
        return smallest if image.is_current else None, True
    size = max(draft.os.recommended_storage_bytes(draft.platform.arch) or DEFAULT_DISK_BYTES, smallest or 0)
    draft.notes.append(f"Using default --disk size={size // GIB}")
    return size, True


def _use_firmware(draft: Draft, image: ImageFacts) -> None:
    """Use UEFI for an image that only UEFI can boot."""
    os = draft.domain.os
    if image.source.firmware == ("efi",) and os.firmware is None and os.loader is None:
        os.firmware = "efi"


def _warn_of_login(draft: Draft, image: ImageFacts, option: str) -> None:
    install, facts = draft.request.install, draft.facts
    if install.reinstall is not None or install.image_defaults or not (install.boot_disk or install.assume_import):
        return
    if image.source.seed == CLOUD_INIT and facts.seeds.cloud_init is None and image.source.kind != "registry":
        draft.warnings.append(
            f"{option}: no login is possible without --cloud-init; --image NAME sets up a login automatically"
        )
    if image.source.seed == IGNITION and facts.seeds.ignition is None:
        draft.warnings.append(f"{option}: no login is possible without --ignition FILE")
