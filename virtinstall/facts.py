"""Everything read from outside before deciding; a test can build Facts from files."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from virtinstall.capabilities import Capabilities, DomainCapabilities, GuestArch
from virtinstall.record import Record, field

if TYPE_CHECKING:
    from virtinstall.images.cache import CachedImage
    from virtinstall.images.source import ImageSource
    from virtinstall.osinfo.media_rows import Driver
    from virtinstall.osinfo.record import OsRecord
    from virtinstall.seed.answers import Answers
    from virtinstall.seed.cloud_init import CloudInitRequest
    from virtinstall.seed.host_key import HostKey

_X86 = ("x86_64", "i686")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class PoolFacts(Record):
    """A storage pool. `target` is its directory (or None), `volumes` the names in it where they were asked for."""

    name: str
    type: str
    target: str | None
    active: bool
    xml: str = ""
    available_bytes: int | None = None


class VolumeFacts(Record):
    """A storage volume. `kind` is libvirt's: `file`, `block`, `dir`, `network`, `netdir`."""

    pool: str
    name: str
    path: str
    kind: str
    format: str | None
    capacity_bytes: int
    pool_type: str = ""
    pool_xml: str = ""
    backing_path: str | None = None


class NetworkFacts(Record):
    """A virtual network. `forward` is `nat`, `route`, ... or None (isolated); `pxe`: it offers a boot file."""

    name: str
    active: bool
    forward: str | None
    pxe: bool


class PathFacts(Record):
    """A path on the host's file system: `kind` is `file`, `block`, `dir` or None when it doesn't exist.

    `format` is what its first bytes say (`raw` where nothing is recognised), None for
    directories and where it couldn't be read.
    """

    path: str
    kind: str | None
    format: str | None = None
    size_bytes: int = 0


class ImageFacts(Record):
    """The image that a disk is to start from, as far as it is known without the network.

    `cached` is the copy in the cache at `cache_dir`, `is_current` whether it is used as it is. `is_shared`: QEMU can
    read the cache, so that disks may refer to the image there.
    """

    source: ImageSource
    cache_dir: str
    refresh: bool | None = None
    checksum: str = ""
    cached: CachedImage | None = None
    is_current: bool = False
    is_shared: bool = True


class DiskFacts(Record):
    """What was found for one --disk, in order of the request.

    `volume` and `path` say what is there; `pool` is the pool in which to make it (asked for,
    or the one that manages the path's directory) and `taken_names` its volumes.
    `needs_libvirt`: only libvirt's daemon may write there. `local` is
    the file of this machine that is to be sent to where the disk is made. `backing_size_bytes` and
    `backing_format` are those of the image that a new one is to start from. `image`: that of `image=`.
    """

    path: PathFacts | None = None
    volume: VolumeFacts | None = None
    pool: PoolFacts | None = None
    taken_names: frozenset[str] = frozenset()
    needs_libvirt: bool = False
    local: PathFacts | None = None
    backing_size_bytes: int | None = None
    backing_format: str | None = None
    image: ImageFacts | None = None


class MediaFacts(Record):
    """What the install medium says of itself: kernel and initrd to fetch, arguments that name the source.

    `os_names` are short ids that it may be, the most exact first; `doubt`: why it may be no medium at all.
    `kernel` and `initrd` are paths within `location`; `kernel_arguments` go on the
    installer's command line; `attach`: the medium is an ISO that the guest gets as a CD-ROM.
    """

    location: str
    os_names: tuple[str, ...] = ()
    kernel: str | None = None
    initrd: str | None = None
    kernel_arguments: tuple[str, ...] = ()
    is_iso: bool = False
    attach: bool = False
    distro: str | None = None
    doubt: str | None = None


class HostFacts(Record):
    """The host and the connection to it. `passt`: the program is there, and may run as the user that QEMU is."""

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
    passt: bool = False

    @property
    def has_real_storage(self) -> bool:
        """Whether disks and files are real: libvirt's test driver only imitates them."""
        return self.driver != "test"


class Login(Record):
    """How to log in to a guest whose login was set up by default. `password` is generated; None: by SSH key."""

    user: str
    password: str | None = field(default=None, secret=True)


class SeedFacts(Record):
    """What the options about answers asked for, the files that they name read.

    `cloud_init` and `unattended` are what the answers are made of when the guest is resolved, `ignition` is what a
    CoreOS-like guest reads; `driver` holds the drivers that Windows Setup is given. `login` is who can log in where the
    request names nobody. `host_key` is the guest's SSH host key, which the cloud-init seed sets.
    """

    cloud_init: CloudInitRequest | None = None
    host_key: HostKey | None = None
    unattended: Answers | None = None
    driver: Driver | None = None
    ignition: bytes | None = None
    login: Login | None = None
    warnings: tuple[str, ...] = ()


class StorageFacts(Record):
    """What was found for the disks.

    `disks` are in the order of the request; `default_disk` is for the disk that the guest gets by default, `cdrom` for
    the install medium. `upload_pool` is the remote host's pool that takes what the installation reads, `local_files`
    the files of this machine among it. `image_names` are the files in the image directory, `disk_folder` is the
    directory of the first disk, where files can be created in it.
    """

    disks: tuple[DiskFacts, ...] = ()
    default_disk: DiskFacts | None = None
    cdrom: DiskFacts | None = None
    upload_pool: PoolFacts | None = None
    local_files: frozenset[str] = frozenset()
    image_names: frozenset[str] = frozenset()
    disk_folder: str | None = None


class Platform(Record):
    """The platform of one guest; `machine` is None where the hypervisor has no machine types."""

    guest: GuestArch
    os_type: str
    arch: str
    virt_type: str
    machine: str | None
    emulator: str | None
    host_arch: str

    @property
    def is_x86(self) -> bool:
        """Whether it is a PC."""
        return self.arch in _X86

    @property
    def is_qemu(self) -> bool:
        """Whether QEMU runs it, emulating or accelerated."""
        return self.virt_type in ("qemu", "kvm", "hvf")

    @property
    def is_kvm(self) -> bool:
        """Whether KVM accelerates it."""
        return self.virt_type in ("kvm", "hvf")

    @property
    def is_hvm(self) -> bool:
        """Whether it is fully virtualized."""
        return self.os_type == "hvm"

    @property
    def is_container(self) -> bool:
        """Whether it is a container."""
        return self.os_type == "exe"

    @property
    def is_xen_pv(self) -> bool:
        """Whether it is a paravirtualized Xen guest; on libvirt's test driver such an imitation."""
        return self.virt_type in ("xen", "test") and self.os_type in ("xen", "linux", "xenpvh")

    def machine_is(self, family: str) -> bool:
        """Whether the machine type is `family` or a version of it (`pc-q35-7.2` is `q35`)."""
        machine = self.machine or ""
        return machine == family or machine.startswith((family + "-", f"pc-{family}-"))

    @property
    def is_q35(self) -> bool:
        """Whether it is a q35 PC."""
        return self.is_x86 and self.machine_is("q35")

    @property
    def is_arm_virt(self) -> bool:
        """Whether it is ARM's `virt` board."""
        return self.arch in ("aarch64", "armv7l", "armv6l") and self.machine_is("virt")

    @property
    def is_riscv_virt(self) -> bool:
        """Whether it is RISC-V's `virt` board."""
        return self.arch in ("riscv64", "riscv32") and self.machine_is("virt")

    @property
    def is_loongarch(self) -> bool:
        """Whether it is a LoongArch board."""
        return self.arch == "loongarch64"

    @property
    def is_pseries(self) -> bool:
        """Whether it is a POWER `pseries` machine."""
        return self.arch in ("ppc64", "ppc64le") and self.machine_is("pseries")

    @property
    def is_fixed_board(self) -> bool:
        """Whether it is an ARM or POWER board with devices of its own, and nothing to plug virtio or USB into."""
        if self.arch in ("aarch64", "armv7l", "armv6l"):
            return not self.is_arm_virt
        return self.arch == "ppc" or (self.arch in ("ppc64", "ppc64le") and not self.is_pseries)

    @property
    def is_s390x(self) -> bool:
        """Whether it is an IBM Z machine."""
        return self.arch == "s390x"

    @property
    def has_pcie(self) -> bool:
        """Whether the machine has PCI Express."""
        return self.is_q35 or self.is_arm_virt or self.is_riscv_virt or self.is_loongarch


class Facts(Record):
    """Everything that the composer decides from; `survey.survey` assembles it in one place.

    `platform` is chosen once, by `compose.platform`, because what libvirt can do depends on it.
    `os_assumed`: the operating system was not requested and not detected.
    `guest_names` are the names taken: all of them, or the requested one alone where a name was requested;
    `claimed_names` are those of guests that other runs are about to create; `guest_macs` maps MAC addresses in use to
    the guests' names; `node_devices` is XML; `links` are the host's network interfaces, where the guest names one and
    they can be seen from here; `mounts` are (mount point, file system type); `token` makes names of temporary files
    unique; `random_bytes` is the randomness for uuid and MAC addresses. `domain_capabilities` is None where libvirt
    does not know them; `cpu_model_features` are those of its host-model, where the guest names a model of its own.
    """

    host: HostFacts
    os: OsRecord
    platform: Platform
    os_assumed: bool = False
    domain_capabilities: DomainCapabilities | None = None
    cpu_model_features: frozenset[str] = frozenset()
    guest_names: frozenset[str] = frozenset()
    claimed_names: frozenset[str] = frozenset()
    guest_macs: Mapping[str, str] = _NOTHING
    storage: StorageFacts = StorageFacts()
    networks: Mapping[str, NetworkFacts | None] = _NOTHING
    links: tuple[str, ...] = ()
    node_devices: tuple[str, ...] = ()
    render_node: str | None = None
    mounts: tuple[tuple[str, str], ...] = ()
    media: MediaFacts | None = None
    seeds: SeedFacts = SeedFacts()
    token: str = "0"
    random_bytes: bytes = b""
    warnings: tuple[str, ...] = ()
    environment: Mapping[str, str] = _NOTHING
