"""All facts that are read from outside before decisions; tests can build Facts from files."""

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
    """Return whether `driver`, a driver or a guest's type, denotes libvirt's test driver, whose guests are not real."""
    return driver == "test"


class PoolFacts(Record):
    """A storage pool.

    `type` is libvirt's pool type, such as `dir` or `logical`. `target` is the path of the pool's directory, and
    `available_bytes` is the free space; both are None if libvirt does not report them.
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

    `hosts` are the DHCP reservations, each as a MAC address in lowercase (empty for IPv6), a DNS name and an IP
    address.
    """

    address: str
    prefix: int
    has_dhcp: bool = False
    hosts: tuple[tuple[str, str, str], ...] = ()


class NetworkFacts(Record):
    """A virtual network.

    `forward` is the forward mode, such as `nat` or `route`, or None if the network is isolated. `pxe`: whether the
    network can provide a boot file. `leases` are pairs of MAC address and IP address, which are read only if the
    request contains an IP address. `bridge` is the name of the network's bridge, which exists only while the network is
    active; None if the network has no bridge.
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

    `format` is detected from the first bytes (`raw` if no format is recognized); None for directories and unreadable
    files. `size_bytes` is the size of the file or device. `capacity_bytes` is the size of the disk that an image
    contains; None if the image's header does not contain it.
    """

    path: str
    kind: str | None
    format: str | None = None
    size_bytes: int = 0
    capacity_bytes: int | None = None


class ImageFacts(Record):
    """The image that a disk starts from, as far as it is known without access to the network.

    `refresh`: True downloads the image if the server has a newer one, False uses any copy in the cache, and None asks
    the server at most once a day. `checksum` replaces the checksum in the catalog; empty if it is not specified.
    `cached` is the copy in the cache at `cache_dir`, or None. `is_current`: whether this copy is used without asking
    the server. `is_shared`: whether QEMU can read the cache, so that disks may refer to the image there.
    """

    source: ImageSource
    cache_dir: str
    refresh: bool | None = None
    checksum: str = ""
    cached: CachedImage | None = None
    is_current: bool = False
    is_shared: bool = True


class DiskFacts(Record):
    """Facts about one disk of the request; a value is None if it does not apply.

    `volume` and `path` describe existing storage. `pool` is the pool in which to create the disk (the requested one, or
    the one that manages the path's directory), and `taken_names` are the names of its volumes. `needs_libvirt`: whether
    only libvirt's daemon can write to the directory. `local` is the file on this machine that is uploaded to the disk.
    `backing_size_bytes` and `backing_format` describe the backing image. `image` is the image that `image=` requests.
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
    """Contents of the install medium at `location`.

    `os_names` are short IDs of the operating systems that the medium may contain, the most specific first. `kernel` and
    `initrd` are paths within `location`. `kernel_arguments` are added to the installer's kernel arguments and contain
    the location. `attach`: whether the medium is an ISO image that is attached to the guest as a CD-ROM. `distro` is
    the recognized family of install trees, such as `debian`, or None. `doubt` is the reason why the location may not be
    an install medium, or None.
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

    `driver` is libvirt's driver, such as `qemu`. `version` is the hypervisor's version and `libvirt_version` that of
    libvirt, as numbers: 7002000 is 7.2.0. `local`: whether the host is this machine. `privileged`: whether the
    connection is to libvirt's system daemon. `default_bridge` is the bridge with the host's default route, or None.
    `embed_root` is the directory of libvirt's embedded driver, or None. `boot_dir` is the directory for kernels and
    initrds, `image_dir` the directory for images. `passt`: whether passt is installed and can run as QEMU's user.
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
        """Whether the host is simulated by libvirt's test driver, so that nothing on it is real."""
        return is_simulated(self.driver)

    @property
    def is_like_qemu(self) -> bool:
        """Whether guests get the defaults of QEMU's driver."""
        return self.driver == "qemu" or self.is_simulated

    @property
    def has_real_storage(self) -> bool:
        """Whether disks and files are real; libvirt's test driver only simulates them."""
        return not self.is_simulated


class Login(Record):
    """The login of a guest with default login settings; `password` is generated, or None if SSH keys are used."""

    user: str
    password: str | None = field(default=None, secret=True)


class SeedFacts(Record):
    """Requested answers and configuration, with the contents of the files that the options name.

    Each field is None if it is not requested. `cloud_init` and `unattended` are the input for the answers, which are
    generated during planning. `host_key` is the guest's SSH host key, which the cloud-init seed sets. `driver` contains
    the drivers for Windows Setup. `ignition` is the configuration of a CoreOS-like guest. `login` is set if the request
    does not name a user.
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

    `disks` are in the order of the request. `default_disk` describes the disk that the guest gets by default, and
    `cdrom` the install medium; each is None if the guest does not get it. `upload_pool` is the remote host's pool for
    the files that the installation reads, or None; `local_files` are the paths of the kernel and initrd if they are on
    this machine and not on the remote host. `image_names` are the names of the files in the image directory, if a name
    must be generated. `disk_folder` is the directory of the first disk, or None if no file is created there.
    """

    disks: tuple[DiskFacts, ...] = ()
    default_disk: DiskFacts | None = None
    cdrom: DiskFacts | None = None
    upload_pool: PoolFacts | None = None
    local_files: frozenset[str] = frozenset()
    image_names: frozenset[str] = frozenset()
    disk_folder: str | None = None


class Platform(Record):
    """The platform of one guest; `machine` is the machine type, None if the hypervisor has no machine types.

    `os_type` is libvirt's, such as `hvm`, and `virt_type` is the type of the hypervisor, such as `kvm`. `emulator` is
    the path of the emulator, None if libvirt does not report it.
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
        """Whether the guest runs in QEMU, emulated or accelerated."""
        return self.virt_type in ("qemu", "kvm", "hvf")

    @property
    def is_simulated(self) -> bool:
        """Whether the guest belongs to libvirt's test driver, which does not run anything."""
        return is_simulated(self.virt_type)

    @property
    def is_like_qemu(self) -> bool:
        """Whether the guest gets the defaults of QEMU guests."""
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
        """Whether the guest is a paravirtualized Xen guest, or libvirt's test driver simulates one."""
        return (self.virt_type == "xen" or self.is_simulated) and self.os_type in ("xen", "linux", "xenpvh")

    def machine_is(self, family: str) -> bool:
        """Return whether the machine type is `family` or a version of it: `pc-q35-7.2` is a version of `q35`."""
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
        """Whether the machine has PCI Express."""
        return self.is_q35 or self.is_arm_virt or self.is_riscv_virt or self.is_loongarch


class Facts(Record):
    """All input of the composer, collected by `survey.survey`.

    `platform` is chosen once, by `compose.platform`, because libvirt's capabilities depend on it. `os_assumed`: whether
    `os` was neither requested nor detected. `domain_capabilities` is None if libvirt does not report them.
    `cpu_model_features` are the features of the CPU model that libvirt's mode host-model uses; they are read only if
    the request names a CPU model. `guest_names` are the names of all guests or, if the request specifies a name, that
    name if a guest has it. `claimed_names` are the names of guests that other runs are about to create. `guest_macs`
    maps each MAC address in use to the guest's name. `networks` maps names to virtual networks, or to None if there is
    no such network. `links` are the host's network interfaces, if the request names one and this machine can list them.
    `node_devices` are libvirt's XML documents of the host's devices. `render_node` is the path of the render node for
    graphics, or None. `mounts` are pairs of mount point and file system type. `token` makes the names of temporary
    files unique. `random_bytes` is the source of randomness for UUIDs and MAC addresses.
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
