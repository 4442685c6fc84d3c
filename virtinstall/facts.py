"""Everything read from outside before deciding; a test can build Facts from files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from virtinstall.capabilities import Capabilities, DomainCapabilities

if TYPE_CHECKING:
    from virtinstall.osinfo.record import OsRecord


@dataclass(frozen=True)
class PoolFacts:
    """A storage pool. `target` is its directory (or None), `volumes` the names in it where they were asked for."""

    name: str
    type: str
    target: str | None
    active: bool
    xml: str = ""
    available_bytes: int | None = None


@dataclass(frozen=True)
class VolumeFacts:
    """A storage volume. `kind` is libvirt's: `file`, `block`, `dir`, `network`, `netdir`."""

    pool: str
    name: str
    path: str
    kind: str
    format: str | None
    capacity_bytes: int
    pool_type: str = ""
    pool_xml: str = ""


@dataclass(frozen=True)
class NetworkFacts:
    """A virtual network. `forward` is `nat`, `route`, `bridge`, ... or None (isolated); `pxe`: it offers a boot file."""

    name: str
    active: bool
    forward: str | None
    pxe: bool


@dataclass(frozen=True)
class PathFacts:
    """A path on the host's file system: `kind` is `file`, `block`, `dir` or None when it doesn't exist.

    `format` is what its first bytes say (`raw` where nothing is recognised), None for
    directories and where it couldn't be read.
    """

    path: str
    kind: str | None
    format: str | None = None
    size_bytes: int = 0


@dataclass(frozen=True)
class DiskFacts:
    """What was found for one --disk, in order of the request.

    `volume` and `path` say what is there; `pool` is the pool in which to make it; `new_path`
    and `new_name` are where a new image goes; `format` is the format of the new image.
    """

    path: PathFacts | None = None
    volume: VolumeFacts | None = None
    pool: PoolFacts | None = None
    new_name: str | None = None
    new_path: str | None = None
    backing: PathFacts | None = None
    used_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class MediaFacts:
    """What the install medium says of itself: kernel and initrd to fetch, arguments that name the source.

    `kernel` and `initrd` are paths within `location`; `kernel_arguments` go on the
    installer's command line; `cdrom` is the ISO itself where it is to be attached.
    """

    location: str
    os_name: str | None = None
    kernel: str | None = None
    initrd: str | None = None
    kernel_arguments: tuple[str, ...] = ()
    is_iso: bool = False
    distro: str | None = None


@dataclass(frozen=True)
class HostFacts:
    """The host and the connection to it."""

    uri: str
    driver: str
    version: int
    libvirt_version: int
    local: bool
    privileged: bool
    capabilities: Capabilities
    default_bridge: str | None = None
    embed_root: str | None = None
    boot_dir: str = ""
    image_dir: str = ""


@dataclass(frozen=True)
class Facts:
    """Everything the composer decides from.

    `guest_macs` maps MAC addresses in use to the guests' names; `token` makes names of
    temporary files unique; `random_bytes` is the randomness for uuid and MAC addresses.
    `without_domain_capabilities` is None where libvirt doesn't know them.
    """

    host: HostFacts
    os: OsRecord
    domain_capabilities: DomainCapabilities | None = None
    guest_names: frozenset[str] = frozenset()
    guest_macs: Mapping[str, str] = field(default_factory=dict)
    disks: tuple[DiskFacts, ...] = ()
    networks: Mapping[str, NetworkFacts] = field(default_factory=dict)
    node_devices: Mapping[str, str] = field(default_factory=dict)
    media: MediaFacts | None = None
    token: str = "0"
    random_bytes: bytes = b""
    warnings: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
