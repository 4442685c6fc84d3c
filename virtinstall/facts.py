"""The facts about the host and the request on which a plan depends; tests can build `Facts` from files."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from virtinstall.record import Record, field

if TYPE_CHECKING:
    from virtinstall.capabilities import Capabilities, DomainCapabilities, GuestArch
    from virtinstall.images.cache import CachedImage
    from virtinstall.images.source import ImageSource
    from virtinstall.osinfo.media_rows import Driver
    from virtinstall.osinfo.record import OsRecord
    from virtinstall.seed.answers import Answers
    from virtinstall.seed.cloud_init import CloudInitRequest
    from virtinstall.seed.host_key import HostKey

_X86 = ("x86_64", "i686")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def is_simulated(driver: str) -> bool:
    """Return whether `driver`, a libvirt driver or hypervisor type, is the test driver, which only simulates guests."""
    return driver == "test"


class PoolFacts(Record):
    """A storage pool.

    `type` is libvirt's pool type, such as `dir` or `logical`. `target` is the path of the pool's directory, and
    `available_bytes` is the free space; each is None if libvirt does not report it.
    """

    name: str
    type: str
    target: str | None
    active: bool
    xml: str = ""
    available_bytes: int | None = None


class VolumeFacts(Record):
    """A storage volume.

    `kind` is libvirt's volume type: `file`, `block`, `dir`, `network` or `netdir`. `format` is None if libvirt does not
    report it, and `backing_path` is None if the volume has no backing file.
    """

    pool: str
    name: str
    path: str
    kind: str
    format: str | None
    capacity_bytes: int
    pool_type: str = ""
    pool_xml: str = ""
    backing_path: str | None = None


class SubnetFacts(Record):
    """A subnet of a virtual network; `address` is the host's address in the subnet, and `prefix` the prefix length.

    `hosts` contains the DHCP reservations, each as a tuple of the MAC address in lowercase, the DNS name and the IP
    address. An item of the tuple is an empty string if the reservation does not contain it.
    """

    address: str
    prefix: int
    has_dhcp: bool = False
    hosts: tuple[tuple[str, str, str], ...] = ()


class NetworkFacts(Record):
    """A virtual network.

    `forward` is the forward mode, such as `nat` or `route`, or None if the network is isolated. `pxe`: whether PXE boot
    may be possible on the network. `leases` contains the DHCP leases as pairs of MAC address and IP address; they are
    read only if the request contains an IP address. `bridge` is the name of the network's bridge, or None if the
    network has no bridge. The bridge exists only while the network is active.
    """

    name: str
    active: bool
    forward: str | None
    pxe: bool
    subnets: tuple[SubnetFacts, ...] = ()
    leases: tuple[tuple[str, str], ...] = ()
    bridge: str | None = None


class PathFacts(Record):
    """A path in the host's file system; `kind` is `file`, `block` or `dir`, or None if the path does not exist.

    `format` is the image format of a file, `raw` if no other format is recognized. It is always `raw` for a block
    device, and None for a directory or a file that was not read. `size_bytes` is the size of a file, otherwise 0.
    `capacity_bytes` is the size of the disk in an image, or None if it is unknown.
    """

    path: str
    kind: str | None
    format: str | None = None
    size_bytes: int = 0
    capacity_bytes: int | None = None


class ImageFacts(Record):
    """The image that a disk starts from, described without access to the network.

    `refresh`: True downloads the image if the server has a newer one, False uses any copy in the cache, and None checks
    for a newer one at most once a day. `checksum` is the requested checksum, which replaces the checksum in the image
    catalog, or an empty string. `cached` is the copy in the cache directory, or the image itself if it is a local file;
    None if there is no copy. `is_current`: whether `cached` is used without contacting the server. `is_shared`: whether
    QEMU can read the cache, so that a disk can be an overlay on the cached image.
    """

    source: ImageSource
    cache_dir: str
    refresh: bool | None = None
    checksum: str = ""
    cached: CachedImage | None = None
    is_current: bool = False
    is_shared: bool = True


class DiskFacts(Record):
    """Facts about one disk in the request; a value is None if it does not apply.

    `path` describes the requested path, and `volume` the existing volume, if any. `pool` is the pool in which the disk
    is created: the requested pool, or the pool that manages the directory of the path. `taken_names` contains the names
    of the volumes in the requested pool. `needs_libvirt`: whether only libvirt's daemon can write to the directory.
    `local` describes the file on this machine that is uploaded to the disk. `backing_size_bytes` and `backing_format`
    describe the backing image. `image` describes the image that `image=` requests.
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
    """The install medium at `location`, a path or URL.

    `os_names` contains the short IDs of the operating systems that the medium may contain, the most specific first.
    `kernel` and `initrd` are paths within the medium, or None. `kernel_arguments` are the arguments that the installer
    requires, for example the location of the medium. `is_iso`: whether the medium is an ISO image. `attach`: whether
    the medium is attached to the guest as a CD-ROM. `distro` is the recognized family of install trees, such as
    `debian`, or None. `doubt` is the reason why `location` may not be an install medium, or None.
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
    """The host and the connection to it.

    `driver` is libvirt's driver, such as `qemu`. `version` is the hypervisor's version, and `libvirt_version` is
    libvirt's version; for example, 7002000 stands for 7.2.0. `local`: whether the host is this machine. `privileged`:
    whether the connection is to libvirt's system daemon. `default_bridge` is the name of the bridge that has the host's
    default route, or None. `embed_root` is the root directory of libvirt's embedded driver, or None for any other
    connection. `boot_dir` is the directory for kernels and initrds, and `image_dir` the directory for disk images.
    `passt`: whether passt is installed and can run as QEMU's user.
    """

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
    def is_simulated(self) -> bool:
        """Whether libvirt's test driver simulates the host."""
        return is_simulated(self.driver)

    @property
    def is_like_qemu(self) -> bool:
        """Whether guests get the defaults for QEMU guests: true for libvirt's QEMU driver and test driver."""
        return self.driver == "qemu" or self.is_simulated

    @property
    def has_real_storage(self) -> bool:
        """Whether the guests' disks are real; libvirt's test driver only simulates disks."""
        return not self.is_simulated


class Login(Record):
    """A guest's default login, which is used if the request specifies no login.

    `user` is the account. `password` is the generated password, or None if the account has the user's SSH keys.
    """

    user: str
    password: str | None = field(default=None, secret=True)


class SeedFacts(Record):
    """The input for the seeds, which configure the guest during its installation or first boot.

    The values include the contents of the files that the request names; a value is None if it does not apply.
    `cloud_init` is the request for the cloud-init seed, and `host_key` is the guest's SSH host key that this seed sets.
    `unattended` is the request for an answer file, and `driver` describes the drivers for Windows Setup. `ignition` is
    the Ignition configuration. `login` is the default login, if it is used.
    """

    cloud_init: CloudInitRequest | None = None
    host_key: HostKey | None = None
    unattended: Answers | None = None
    driver: Driver | None = None
    ignition: bytes | None = None
    login: Login | None = None
    warnings: tuple[str, ...] = ()


class StorageFacts(Record):
    """Facts about the disks.

    `disks` are in the order of the request. `default_disk` describes the disk that is added by default, or is None if
    no disk is added. `cdrom` describes the install medium that is attached as a CD-ROM, or is None. For a remote host,
    `upload_pool` is the pool to which the files for the installation are uploaded, or None if no pool is suitable, and
    `local_files` contains the paths of the kernel and initrd that are uploaded. `image_names` contains the names of the
    files in the image directory; it is empty if no file name needs to be generated. `disk_folder` is the directory of
    the first disk if a seed can be created there, otherwise None.
    """

    disks: tuple[DiskFacts, ...] = ()
    default_disk: DiskFacts | None = None
    cdrom: DiskFacts | None = None
    upload_pool: PoolFacts | None = None
    local_files: frozenset[str] = frozenset()
    image_names: frozenset[str] = frozenset()
    disk_folder: str | None = None


class Platform(Record):
    """The platform of one guest.

    `guest` is the item of the host's capabilities that describes such guests. `os_type` is libvirt's OS type, such as
    `hvm`. `virt_type` is the hypervisor type, such as `kvm`. `machine` is the machine type, or None if the hypervisor
    has no machine types. `emulator` is the path of the emulator, or None if libvirt does not report it.
    """

    guest: GuestArch
    os_type: str
    arch: str
    virt_type: str
    machine: str | None
    emulator: str | None
    host_arch: str

    @property
    def is_x86(self) -> bool:
        """Whether the guest is an x86 PC."""
        return self.arch in _X86

    @property
    def is_qemu(self) -> bool:
        """Whether the guest runs in QEMU, with or without hardware acceleration."""
        return self.virt_type in ("qemu", "kvm", "hvf")

    @property
    def is_simulated(self) -> bool:
        """Whether libvirt's test driver simulates the guest."""
        return is_simulated(self.virt_type)

    @property
    def is_like_qemu(self) -> bool:
        """Whether the guest gets the defaults for QEMU guests: true for QEMU guests and simulated guests."""
        return self.is_qemu or self.is_simulated

    @property
    def is_kvm(self) -> bool:
        """Whether the guest is accelerated by KVM or HVF."""
        return self.virt_type in ("kvm", "hvf")

    @property
    def is_hvm(self) -> bool:
        """Whether the guest is fully virtualized."""
        return self.os_type == "hvm"

    @property
    def is_container(self) -> bool:
        """Whether the guest is a container."""
        return self.os_type == "exe"

    @property
    def is_xen_pv(self) -> bool:
        """Whether the guest is a paravirtualized Xen guest, real or simulated by libvirt's test driver."""
        return (self.virt_type == "xen" or self.is_simulated) and self.os_type in ("xen", "linux", "xenpvh")

    def machine_is(self, family: str) -> bool:
        """Return whether the machine type is `family`, such as `q35`, or a version of it, such as `pc-q35-7.2`."""
        machine = self.machine or ""
        return machine == family or machine.startswith((family + "-", f"pc-{family}-"))

    @property
    def is_q35(self) -> bool:
        """Whether the machine is a q35 PC."""
        return self.is_x86 and self.machine_is("q35")

    @property
    def is_arm_virt(self) -> bool:
        """Whether the machine is ARM's `virt` board."""
        return self.arch in ("aarch64", "armv7l", "armv6l") and self.machine_is("virt")

    @property
    def is_riscv_virt(self) -> bool:
        """Whether the machine is RISC-V's `virt` board."""
        return self.arch in ("riscv64", "riscv32") and self.machine_is("virt")

    @property
    def is_loongarch(self) -> bool:
        """Whether the guest's architecture is 64-bit LoongArch."""
        return self.arch == "loongarch64"

    @property
    def is_pseries(self) -> bool:
        """Whether the machine is a POWER `pseries` machine."""
        return self.arch in ("ppc64", "ppc64le") and self.machine_is("pseries")

    @property
    def is_fixed_board(self) -> bool:
        """Whether the machine is an ARM or POWER board that supports only built-in devices.

        Virtio and USB devices cannot be attached to it.
        """
        if self.arch in ("aarch64", "armv7l", "armv6l"):
            return not self.is_arm_virt
        return self.arch == "ppc" or (self.arch in ("ppc64", "ppc64le") and not self.is_pseries)

    @property
    def is_s390x(self) -> bool:
        """Whether the guest's architecture is s390x (IBM Z)."""
        return self.arch == "s390x"

    @property
    def has_pcie(self) -> bool:
        """Whether the machine type provides PCI Express."""
        return self.is_q35 or self.is_arm_virt or self.is_riscv_virt or self.is_loongarch


class Facts(Record):
    """All facts from which a plan is created, collected by `survey.survey`.

    Facts that the request does not require are not read; their values are empty or None. `os_assumed`: whether `os` was
    neither requested nor detected. `domain_capabilities` is None if libvirt does not report them. `cpu_model_features`
    contains the features of the CPU model on which the CPU mode `host-model` is based. `guest_names` contains the names
    of all guests, or only the requested name if the request specifies one and a guest has that name. `claimed_names`
    contains the names of guests that other runs are creating. `guest_macs` maps each MAC address in use to the name of
    the guest that uses it. `networks` maps the name of each required virtual network to its facts, or to None if the
    network does not exist. `links` contains the names of the host's network interfaces. `node_devices` contains
    libvirt's XML documents for the host's devices. `render_node` is the path of the render node for graphics. `mounts`
    contains pairs of mount point and file system type. `token` makes the names of temporary files unique.
    `random_bytes` is the input for generated UUIDs and MAC addresses. `environment` contains the environment variables.
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
