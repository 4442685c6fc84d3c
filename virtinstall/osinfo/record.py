"""An operating system with inheritance resolved: the devices for which it has drivers, and its requirements.

An operating system has the properties in its files, and inherits others from the systems that it derives from or
clones; the nearest system has precedence. `supported="false"` removes an inherited device or firmware. Source:
osinfo-db (https://libosinfo.org); the IDs of devices are those of the PCI and USB ID registries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.named import NamedTuple
from virtinstall.osinfo.rows import Amounts, Firmware, Resources

if TYPE_CHECKING:
    from virtinstall.osinfo.media_rows import Driver, Image, Media, TreeRow

Rows = Sequence[Sequence[Any]]

_PCI = "http://pcisig.com/pci/"
_Q35 = "http://qemu.org/chipset/x86/q35"
_USB_TABLET = "http://usb.org/usb/80ee/0021"
_XHCI = (_PCI + "1b36/0004", _PCI + "1033/0194")

# each virtio device has an id for virtio 0.9 ("transitional") and one for virtio 1.0
_VIRTIO = {
    "net": ("1af4/1000", "1af4/1041"),
    "block": ("1af4/1001", "1af4/1042"),
    "balloon": ("1af4/1002", "1af4/1045"),
    "console": ("1af4/1003", "1af4/1043"),
    "scsi": ("1af4/1004", "1af4/1048"),
    "rng": ("1af4/1005", "1af4/1044"),
    "9p": ("1af4/1009", "1af4/1049"),
    "gpu": ("1af4/1050",),
    "input": ("1af4/1052",),
    "vsock": ("1af4/1053",),
    "fs": ("1af4/105a",),
}
_NET_MODELS = (
    ("e1000e", "8086/10d3"),
    ("e1000", "8086/100e"),
    ("rtl8139", "10ec/8139"),
    ("ne2k_pci", "10ec/8029"),
    ("pcnet", "1022/2000"),
)
# all guests of these architectures support virtio
_VIRTIO_ARCHITECTURES = ("aarch64", "armv7l", "loongarch64", "ppc64", "ppc64le", "riscv32", "riscv64", "s390x")
_LOCAL_CLOCK_FAMILIES = ("win9x", "win16", "winnt", "solaris")


class OsRecord(NamedTuple):
    """An operating system, with the facts that it inherits.

    `devices` contains the IDs of the devices that the operating system supports. `resources` contains the requirements
    that osinfo specifies for it, and `inherited_resources` those of the nearest ancestor that has any. `family` is
    osinfo's name of the family, such as `linux`, `winnt` or `freebsd`. Dates have the form `YYYY-MM-DD`. `ancestors`
    and `upgrades` contain full IDs, and `scripts` the IDs of install scripts. `is_generic` is true if nothing is known
    about the operating system (`--osinfo generic`). Unknown values are None.

    This is a named tuple, because a frozen dataclass of this size costs 2 ms at each start of the program.
    """

    id: str
    short_ids: tuple[str, ...]
    name: str = ""
    version: str | None = None
    vendor: str | None = None
    family: str | None = None
    distro: str | None = None
    codename: str | None = None
    release_date: str | None = None
    eol_date: str | None = None
    release_status: str = "released"
    kernel_url_argument: str | None = None
    cloud_image_username: str | None = None
    ancestors: tuple[str, ...] = ()
    upgrades: tuple[str, ...] = ()
    devices: frozenset[str] = frozenset()
    resources: tuple[Resources, ...] = ()
    inherited_resources: tuple[Resources, ...] = ()
    firmwares: tuple[Firmware, ...] = ()
    media_rows: Rows = ()
    tree_rows: Rows = ()
    image_rows: Rows = ()
    driver_rows: Rows = ()
    scripts: tuple[str, ...] = ()
    is_generic: bool = False

    @property
    def short_id(self) -> str:
        """The usual name, such as `debian11`."""
        return self.short_ids[0]

    @property
    def media(self) -> tuple[Media, ...]:
        """The installation and live media of the operating system."""
        from virtinstall.osinfo.media_rows import Media

        return tuple(Media._make(row) for row in self.media_rows)

    @property
    def trees(self) -> tuple[TreeRow, ...]:
        """The install trees of the operating system."""
        from virtinstall.osinfo.media_rows import TreeRow

        return tuple(TreeRow._make(row) for row in self.tree_rows)

    @property
    def images(self) -> tuple[Image, ...]:
        """The disk images of the operating system that can be downloaded."""
        from virtinstall.osinfo.media_rows import Image

        return tuple(Image._make(row) for row in self.image_rows)

    @property
    def drivers(self) -> tuple[Driver, ...]:
        """The additional drivers for the operating system that can be downloaded."""
        from virtinstall.osinfo.media_rows import Driver

        return tuple(Driver._make(row) for row in self.driver_rows)

    def installable_driver(self, arch: str) -> Driver | None:
        """Return the best driver for the architecture `arch` that the installer can load; None if there is none."""
        known = [driver for driver in self.drivers if driver.pre_installable and driver.arch in (arch, "all")]
        return max(known, key=lambda driver: driver.priority, default=None)

    @property
    def is_windows(self) -> bool:
        """Whether the operating system is a version of Windows."""
        return self.family in ("win16", "win9x", "winnt")

    @property
    def is_windows_client(self) -> bool:
        """Whether the operating system is a desktop version of Windows, such as `win10`; `win2k19` is a server version.

        Desktop versions use at most two CPU sockets.
        """
        return self.family == "winnt" and not self.short_id.startswith("win2k")

    @property
    def clock_offset(self) -> str:
        """The time zone that the operating system expects the hardware clock to use: `localtime` or `utc`."""
        return "localtime" if self.family in _LOCAL_CLOCK_FAMILIES else "utc"

    @property
    def supports_acpi(self) -> bool:
        """Whether the guest may have ACPI; always True, because operating systems without ACPI support ignore it."""
        return True

    @property
    def supports_apic(self) -> bool:
        """Whether the guest may have an APIC; always True, because operating systems without APIC support ignore it."""
        return True

    def has_device(self, *ids: str) -> bool:
        """Return whether the operating system supports a device in `ids`, such as `http://pcisig.com/pci/1af4/1001`."""
        return any(identity in self.devices for identity in ids)

    def supports_virtio(self, kind: str, *, modern: bool = False) -> bool:
        """Return whether the operating system has a driver for a kind of virtio device, such as `net` or `block`.

        If `modern` is true, the driver must support virtio 1.0.
        """
        ids = _VIRTIO[kind]
        return self.has_device(*(_PCI + identity for identity in (ids[-1:] if modern else ids)))

    def supports_virtio_disk(self, arch: str = "x86_64") -> bool:
        """Return whether the operating system has a driver for virtio-blk disks on `arch`."""
        return arch in _VIRTIO_ARCHITECTURES or self.supports_virtio("block")

    def supports_virtio_net(self, arch: str = "x86_64") -> bool:
        """Return whether the operating system has a driver for virtio-net interfaces on `arch`."""
        return arch in _VIRTIO_ARCHITECTURES or self.supports_virtio("net")

    def supports_virtio_scsi(self, arch: str = "x86_64") -> bool:
        """Return whether the operating system has a driver for virtio-scsi controllers on `arch`."""
        return arch in _VIRTIO_ARCHITECTURES or self.supports_virtio("scsi")

    def supports_virtio_balloon(self, arch: str = "x86_64") -> bool:
        """Return whether the operating system has a driver for the virtio memory balloon; `arch` is not used."""
        return self.supports_virtio("balloon")

    def supports_virtio_rng(self, arch: str = "x86_64") -> bool:
        """Return whether the operating system has a driver for the virtio entropy source; `arch` is not used."""
        return self.supports_virtio("rng")

    def supports_virtio_gpu(self, arch: str = "x86_64") -> bool:
        """Return whether the operating system has a driver for virtio-gpu displays; `arch` is not used."""
        return self.supports_virtio("gpu")

    def supports_virtio_serial(self, arch: str = "x86_64") -> bool:
        """Return whether the operating system has a driver for virtio consoles and channels on `arch`."""
        return arch in _VIRTIO_ARCHITECTURES or self.supports_virtio("console")

    def supports_guest_agent(self, arch: str = "x86_64") -> bool:
        """Return whether the operating system has a driver for the channel of the QEMU guest agent on `arch`."""
        return self.supports_virtio_serial(arch)

    def supports_usb3(self, arch: str = "x86_64") -> bool:
        """Return whether the operating system has a driver for xHCI controllers on `arch`."""
        return arch in _VIRTIO_ARCHITECTURES or self.has_device(*_XHCI)

    def supports_q35(self, arch: str = "x86_64") -> bool:
        """Return whether the operating system can run on the q35 chipset; `arch` is not used.

        Return False if it has only drivers for virtio versions before 1.0, as RHEL 6 does: virtio devices on PCI
        Express ports support only virtio 1.0, so the guest would not find its disk and network.
        """
        only_old = self.supports_virtio("net") and not self.supports_virtio("net", modern=True)
        return self.has_device(_Q35) and not only_old

    def net_models(self, arch: str = "x86_64") -> tuple[str, ...]:
        """Return the models of emulated network cards for which the operating system has drivers, the best first.

        `virtio` is not included; `arch` is not used.
        """
        return self._models(_NET_MODELS)

    def _models(self, table: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
        return tuple(model for model, identity in table if _PCI + identity in self.devices)

    def supports_firmware(self, kind: str, arch: str) -> bool | None:
        """Return whether the firmware `kind`, `bios` or `efi`, is supported on `arch`; None if that is unknown."""
        return next((row.supported for row in self.firmwares if row.type == kind and row.arch == arch), None)

    def requires_efi(self, arch: str) -> bool:
        """Return whether the operating system boots only with UEFI on `arch`."""
        return self.supports_firmware("bios", arch) is False and self.supports_firmware("efi", arch) is not False

    def amounts(self, kind: str, arch: str) -> Amounts:
        """Return the requirements for the architecture `arch`, without those of the ancestors.

        `kind` is `minimum`, `recommended`, `maximum` or `network_install`.
        """
        return _amounts(self.resources, kind, arch)

    def minimum_ram_bytes(self, arch: str) -> int | None:
        """Return the minimum memory size in bytes; None if the database does not specify it."""
        rows = self.resources or self.inherited_resources
        return _amounts(rows, "minimum", arch).ram_bytes

    def recommended_ram_bytes(self, arch: str) -> int | None:
        """Return the recommended memory size in bytes, or twice the minimum; None if neither is specified."""
        return self._recommended(self.resources or self.inherited_resources, "ram_bytes", arch)

    def recommended_storage_bytes(self, arch: str) -> int | None:
        """Return the recommended disk size in bytes, or twice the minimum; None if neither is specified."""
        return self._recommended(self.resources or self.inherited_resources, "storage_bytes", arch)

    def recommended_cpus(self, arch: str) -> int | None:
        """Return the recommended number of CPUs, or twice the minimum; None if neither is specified."""
        return self._recommended(self.resources, "n_cpus", arch)

    def _recommended(self, rows: tuple[Resources, ...], what: str, arch: str) -> int | None:
        recommended: int | None = getattr(_amounts(rows, "recommended", arch), what)
        minimum: int | None = getattr(_amounts(rows, "minimum", arch), what)
        return recommended or (minimum * 2 if minimum else None)

    def script_ids(self, media: Media | None = None) -> tuple[str, ...]:
        """Return the IDs of the install scripts for `media`, or for the operating system.

        The IDs for the operating system are returned if `media` is None or does not specify scripts. The tuple is empty
        if `media` does not support install scripts.
        """
        if media is not None and not media.installer_script:
            return ()
        return tuple(media.scripts) if media is not None and media.scripts else self.scripts


# virt-install's record without known properties; it has no id in any database
GENERIC = OsRecord(id="", short_ids=("generic",), name="Generic or unknown OS", is_generic=True)


def _amounts(rows: tuple[Resources, ...], kind: str, arch: str) -> Amounts:
    """Return the amounts for `arch`, completed with those for all architectures."""
    found: list[int | None] = [None] * len(Amounts._fields)
    for wanted in (arch, "all"):
        for row in rows:
            amounts: Amounts | None = getattr(row, kind)
            if row.arch == wanted and amounts is not None:
                found = [have if have is not None else more for have, more in zip(found, amounts, strict=True)]
    return Amounts(*found)
