"""`--disk`: a hard disk, CD-ROM, floppy or LUN.

Source: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.devices.disk_parts import SourceHost, SourceSeclabel, ThrottleFilter
from virtinstall.devices.disk_tuning import DiskTuning
from virtinstall.devices.virtio_driver import VirtioDriver
from virtinstall.errors import RequestError
from virtinstall.units import GIB, parse_size
from virtinstall.xml.children import Children
from virtinstall.xml.convert import absolute_path, file_or_directory
from virtinstall.xml.field import Setting, Suboption, XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, PRESENT, SIZE, SWITCH, TEXT, YES_NO
from virtinstall.xml.paths import remove

_ORIGINS = ("path", "size_bytes", "pool", "vol", "image")
_SOURCES = ("source_file", "source_dev", "source_dir", "source_pool", "source_volume", "source_protocol", "source_type")


def _size(text: str) -> int:
    """Return the bytes in a number of GiB or a size with a unit."""
    try:
        return parse_size(text, GIB, "size")
    except RequestError:
        raise ValueError("must be a size in GiB or with a unit, such as 20, 0.5, 500M or 2T") from None


def _mode(text: str) -> str:
    """Return an octal mode as libvirt writes it."""
    if not text or text.strip("01234567") or int(text, 8) > 0o7777:
        raise ValueError("must be an octal file mode, such as 0640")
    return f"{int(text, 8):04o}"


def _set_perms(disk: Disk, text: str) -> None:
    if text not in ("", "ro", "rw", "sh"):
        raise ValueError("must be ro, rw or sh")
    if text == "ro":
        disk.readonly = True
    elif text == "sh":
        disk.shareable = True


class Disk(Device, VirtioDriver, DiskTuning):
    """<disk>: storage that the guest sees.

    `path`, `pool`, `vol`, `size_bytes` and similar fields are requests. The composer converts them to a <source> and
    sets `is_new` if the image does not exist yet.
    """

    tag = "disk"
    none_word = "suppress"
    bare = ("path",)

    boot_order: XmlField[int] = XmlField(
        "./boot/@order", INTEGER, "Position in the boot order: `1` is first.", aliases=("boot_order",)
    )
    boot_loadparm: XmlField[str] = XmlField("./boot/@loadparm", TEXT, "Boot parameter (s390).")
    backing_store: Setting[str] = Setting(TEXT, "Backing file of the new image.", convert=absolute_path)
    backing_format: Setting[str] = Setting(TEXT, "Format of the backing file: `qcow2`, `raw`.")
    image: Setting[str] = Setting(
        TEXT,
        "Image to create the disk from: a name (`debian12`, `debian12:genericcloud`), a URL, a path or `docker://REF`.",
    )
    image_checksum: Setting[str] = Setting(
        TEXT, "Checksum of the image (`sha256:HEX`), the URL of a checksum file, or `none`.", name="image.checksum"
    )
    image_copy: Setting[bool] = Setting(
        SWITCH, "Whether the disk is a full copy of the image instead of an overlay.", name="image.copy"
    )
    image_refresh: Setting[bool] = Setting(
        SWITCH,
        "When to check the server for a newer image: every time (`on`) or never (`off`); default: once a day.",
        name="image.refresh",
    )
    pool: Setting[str] = Setting(TEXT, "Storage pool in which the disk is created.")
    vol: Setting[str] = Setting(TEXT, "Volume: `POOL/VOLUME`; with `size`, a volume that does not exist is created.")
    size_bytes: Setting[int] = Setting(SIZE, "Size in GiB, or with a unit: `20`, `500M`.", name="size", convert=_size)
    format: Setting[str] = Setting(
        TEXT, "Format of the image, new or existing: `qcow2`, `raw`, `vmdk`, `vdi`, `vpc`, `qed`."
    )
    sparse: Setting[bool] = Setting(
        SWITCH, "Whether space for a new image is allocated only when data is written; default: `on`."
    )
    permissions_mode: Setting[str] = Setting(
        TEXT, "Octal mode of a new image: `0640`.", name="permissions.mode", convert=_mode
    )
    permissions_owner: Setting[str] = Setting(
        TEXT, "Owner of a new image while no guest uses it: a name or a numeric ID.", name="permissions.owner"
    )
    permissions_group: Setting[str] = Setting(
        TEXT, "Group of a new image: a name or a numeric ID.", name="permissions.group"
    )
    is_new: Setting[bool] = Setting(SWITCH, "Whether the image does not exist yet.", name=None)
    type: XmlField[str] = XmlField(
        "./@type",
        TEXT,
        "Kind of source: `file`, `block`, `network`, `volume`, `dir`, `nvme`, `vhostuser`.",
        match=False,
    )
    device: XmlField[str] = XmlField("./@device", TEXT, "Device that the guest sees: `disk`, `cdrom`, `floppy`, `lun`.")
    source_dir: XmlField[str] = XmlField(
        "./source/@dir", TEXT, "Host directory that the guest sees as a FAT disk.", convert=absolute_path
    )
    source_file: XmlField[str] = XmlField("./source/@file", TEXT, "Path of an image.", convert=absolute_path)
    source_dev: XmlField[str] = XmlField("./source/@dev", TEXT, "Path of a block device.", convert=absolute_path)
    source_pool: XmlField[str] = XmlField("./source/@pool", TEXT, "Storage pool of a volume.", aliases=("source_pool",))
    source_volume: XmlField[str] = XmlField("./source/@volume", TEXT, "Name of a volume.", aliases=("source_volume",))
    source_name: XmlField[str] = XmlField(
        "./source/@name", TEXT, "Name of the volume or image on the server.", aliases=("source_name",)
    )
    source_protocol: XmlField[str] = XmlField(
        "./source/@protocol", TEXT, "Protocol: `nbd`, `rbd`, `iscsi`, `http`, `nfs`, ...", aliases=("source_protocol",)
    )
    source_query: XmlField[str] = XmlField("./source/@query", TEXT, "Query string of an HTTP URL.")
    source_startup_policy: XmlField[str] = XmlField(
        "./source/@startupPolicy",
        TEXT,
        "Policy for a missing source: `mandatory`, `requisite`, `optional`.",
        aliases=("startup_policy",),
    )
    source_type: XmlField[str] = XmlField(
        "./source/@type", TEXT, "Connection to the source: `pci` (nvme) or `unix` (vhostuser)."
    )
    source_namespace: XmlField[int] = XmlField("./source/@namespace", INTEGER, "Namespace of an NVMe device.")
    source_managed: XmlField[bool] = XmlField(
        "./source/@managed", YES_NO, "Whether libvirt detaches the NVMe device from the host."
    )
    source_address_domain: XmlField[int] = XmlField(
        "./source/address/@domain", INTEGER, "PCI domain of an NVMe device."
    )
    source_address_bus: XmlField[int] = XmlField("./source/address/@bus", INTEGER, "PCI bus of an NVMe device.")
    source_address_slot: XmlField[int] = XmlField("./source/address/@slot", INTEGER, "PCI slot of an NVMe device.")
    source_address_function: XmlField[int] = XmlField(
        "./source/address/@function", INTEGER, "PCI function of an NVMe device."
    )
    source_hosts: Children[SourceHost] = Children(
        "./source/host",
        SourceHost,
        "Servers of network storage.",
        flat={f"source_host_{name}": name for name in ("name", "port", "socket", "transport")},
    )
    source_seclabels: Children[SourceSeclabel] = Children(
        "./source/seclabel", SourceSeclabel, "Security labels of the source.", prefixes=("seclabel",)
    )
    throttle_filters: Children[ThrottleFilter] = Children(
        "./throttlefilters/throttlefilter",
        ThrottleFilter,
        "Throttle groups that limit the disk.",
        prefixes=("throttlefilter",),
        flat={"throttle": "group"},
    )
    auth_username: XmlField[str] = XmlField("./auth/@username", TEXT, "User name on the server.")
    auth_secret_type: XmlField[str] = XmlField("./auth/secret/@type", TEXT, "Type of the secret: `ceph`, `iscsi`.")
    auth_secret_uuid: XmlField[str] = XmlField(
        "./auth/secret/@uuid", TEXT, "UUID of the libvirt secret that contains the password."
    )
    auth_secret_usage: XmlField[str] = XmlField(
        "./auth/secret/@usage", TEXT, "Usage name of the libvirt secret that contains the password."
    )
    path: Setting[str] = Setting(
        TEXT,
        "Path or URL of the disk; with `size`, a disk that does not exist is created.",
        match=True,
        convert=file_or_directory,
    )
    snapshot: XmlField[str] = XmlField(
        "./@snapshot", TEXT, "Snapshot policy: `internal`, `external`, `manual`, `no`.", aliases=("snapshot_policy",)
    )
    sgio: XmlField[str] = XmlField("./@sgio", TEXT, "Filtering of SCSI commands to a LUN: `filtered`, `unfiltered`.")
    rawio: XmlField[str] = XmlField("./@rawio", TEXT, "Raw I/O capability (CAP_SYS_RAWIO) for a LUN: `yes`, `no`.")
    serial: XmlField[str] = XmlField("./serial", TEXT, "Serial number that the guest sees.")
    wwn: XmlField[str] = XmlField("./wwn", TEXT, "World Wide Name, 16 hexadecimal digits.")
    readonly: XmlField[bool] = XmlField("./readonly", PRESENT, "Whether the disk is read-only.")
    shareable: XmlField[bool] = XmlField(
        "./shareable", PRESENT, "Whether several guests may use the disk at the same time."
    )
    transient: XmlField[bool] = XmlField("./transient", PRESENT, "Whether changes are discarded when the guest stops.")
    transient_share_backing: XmlField[bool] = XmlField(
        "./transient/@shareBacking", YES_NO, "Whether guests may share the backing file of a transient disk."
    )
    target_bus: XmlField[str] = XmlField(
        "./target/@bus", TEXT, "Bus: `virtio`, `scsi`, `sata`, `ide`, `usb`, `fdc`.", aliases=("bus",)
    )
    target_removable: XmlField[bool] = XmlField(
        "./target/@removable", ON_OFF, "Whether a USB disk is removable.", aliases=("removable",)
    )
    target_dev: XmlField[str] = XmlField(
        "./target/@dev", TEXT, "Target name, which defines the order: `vda`, `sdb`.", aliases=("target",)
    )
    target_rotation_rate: XmlField[int] = XmlField(
        "./target/@rotation_rate", INTEGER, "Revolutions per minute; `1`: solid-state disk.", aliases=("rotation_rate",)
    )
    perms = Suboption(
        "perms", _set_perms, "Deprecated form of `readonly` and `shareable`: `ro`, `sh` or `rw` (neither of them)."
    )

    @classmethod
    def child_order(cls) -> tuple[str, ...]:
        """Return the order in which libvirt writes the child elements."""
        return ("./driver", "./auth", "./source", "./backingStore", "./target")

    @classmethod
    def read_word(cls, word: str) -> tuple[str, str] | None:
        """Return the name and value of the sub-option for `sparse` or `nonsparse`; None for any other word.

        Old guides use these values.
        """
        return {"sparse": ("sparse", "yes"), "nonsparse": ("sparse", "no")}.get(word)

    @property
    def requests_nothing(self) -> bool:
        """Whether no path, size, pool, volume or image is requested."""
        return all(getattr(self, name) is None for name in _ORIGINS)

    @property
    def has_any_source(self) -> bool:
        """Whether the disk's XML specifies a source."""
        return any(getattr(self, name) is not None for name in _SOURCES)

    @property
    def is_empty(self) -> bool:
        """Whether the drive has no medium: neither a source nor a request for one."""
        return self.requests_nothing and not self.has_any_source

    def leave_source(self) -> None:
        """Remove <source>, <auth> and <backingStore>, including parts that no field describes."""
        node = self.ensure_node()
        for tag in ("source", "auth", "backingStore"):
            for below in node.findall(tag):
                remove(below)

    def eject(self) -> None:
        """Remove the medium; the empty drive remains."""
        self.leave_source()
        self.driver_name = self.driver_type = self.driver_cache = self.driver_io = self.driver_discard = None
        self.type = "file"
