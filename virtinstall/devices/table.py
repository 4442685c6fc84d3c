"""All devices, one row each, in the order in which libvirt writes them.

To add a device, write `virtinstall/devices/TAG.py` with its class and add a row here. Tags, options, help, completion,
the manual and the reference follow from the row and the class.
"""

from __future__ import annotations

from virtinstall.named import NamedTuple


class DeviceRow(NamedTuple):
    """One kind of device: its tag, which is also the module's name, its class, its option and the option's help line.

    `option` contains all spellings, separated by spaces; it is empty for a device that only `--xml` can add. `bare` is
    the meaning of the option without a value; it is empty if a value is required.
    """

    tag: str
    cls: str
    option: str = ""
    help: str = ""
    bare: str = ""

    @property
    def name(self) -> str:
        """The option's long name without dashes; the tag if the device has no option."""
        return self.option.split()[-1].removeprefix("--") if self.option else self.tag


DEVICES = (
    DeviceRow("disk", "Disk", "--disk", "Disk: `size=20`; `path=/x.qcow2`; `pool=default,size=20`; or `none`."),
    DeviceRow("controller", "Controller", "--controller", "Controller: `scsi,model=virtio-scsi` or `usb3`."),
    DeviceRow("lease", "Lease", "--lease", "Lease from a lock manager on a resource that several hosts share."),
    DeviceRow("filesystem", "Filesystem", "--filesystem", "Host directory to share with the guest: `SOURCE,TARGET`."),
    DeviceRow("interface", "Interface", "-w --network", "Network interface: `network=default`, `bridge=br0`, `none`."),
    DeviceRow("smartcard", "Smartcard", "--smartcard", "Smartcard reader."),
    DeviceRow("serial", "Serial", "--serial", "Serial port: `pty` or `file,path=/x.log`."),
    DeviceRow("parallel", "Parallel", "--parallel", "Parallel port."),
    DeviceRow("console", "Console", "--console", "Text console."),
    DeviceRow("channel", "Channel", "--channel", "Communication channel between host and guest."),
    DeviceRow("input", "Input", "--input", "Tablet, mouse or keyboard."),
    DeviceRow("tpm", "Tpm", "--tpm", "TPM: `emulator`, `/dev/tpm0`, `none`."),
    DeviceRow("graphics", "Graphics", "--graphics", "Display: `vnc`, `spice`, `none`."),
    DeviceRow("sound", "Sound", "--sound", "Sound card.", bare="default"),
    DeviceRow("audio", "Audio", "--audio", "Host audio backend: `spice`, `pulseaudio`, `none`."),
    DeviceRow("video", "Video", "--video", "Video card: `virtio`, `qxl`, `vga`."),
    DeviceRow(
        "hostdev",
        "Hostdev",
        "--hostdev",
        "Host device to assign to the guest: PCI or USB address, or name from virsh nodedev-list.",
    ),
    DeviceRow("redirdev", "Redirdev", "--redirdev", "Port for redirected USB devices."),
    DeviceRow(
        "redirfilter", "Redirfilter", "--redirfilter", "Rules that allow or block the redirection of USB devices."
    ),
    DeviceRow("hub", "Hub", "--hub", "USB hub: `usb`."),
    DeviceRow("watchdog", "Watchdog", "--watchdog", "Watchdog device."),
    DeviceRow("memballoon", "Memballoon", "--memballoon", "Memory balloon; `none` removes it."),
    DeviceRow("rng", "Rng", "--rng", "Random number generator: `/dev/urandom`, `none`."),
    DeviceRow("nvram", "Nvram", "--nvram", "Address of the NVRAM of a pseries machine."),
    DeviceRow("panic", "Panic", "--panic", "Device that reports kernel panics in the guest."),
    DeviceRow("shmem", "Shmem", "--shmem", "Memory shared with other guests."),
    DeviceRow("memory", "MemoryDevice", "--memdev", "Memory module."),
    DeviceRow("crypto", "Crypto", "--crypto", "Crypto accelerator: `virtio`."),
    DeviceRow("iommu", "Iommu", "--iommu", "IOMMU device: `intel`, `virtio`, `smmuv3`."),
    DeviceRow("vsock", "Vsock", "--vsock", "Sockets between host and guest (AF_VSOCK)."),
    DeviceRow("pstore", "Pstore", "--pstore", "Persistent store for the guest's crash logs."),
)

DEVICE_TAGS = tuple(row.tag for row in DEVICES)
"""The tags of all devices, which are also the names of this package's modules."""
