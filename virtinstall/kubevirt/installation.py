"""The boot of the guest: installation media, boot order, and a kernel from a container image.

Source: https://kubevirt.io/user-guide/compute/boot_from_external_source/, .../storage/disks_and_volumes/
"""

from __future__ import annotations

from virtinstall.devices.disk import Disk
from virtinstall.devices.interface import Interface
from virtinstall.kubevirt.conversion import Conversion, Node, add, section
from virtinstall.kubevirt.reasons import HOST_FILE
from virtinstall.kubevirt.sources import REGISTRY
from virtinstall.kubevirt.table import REFUSED, WHOLE

_ORDERED = {"hd": ("disk", "lun"), "cdrom": ("cdrom",)}


def prepare_media(conversion: Conversion) -> None:
    """Convert the medium of --cdrom to a CD-ROM drive; report installation methods that KubeVirt does not support."""
    install = conversion.install
    if install.location is not None:
        conversion.refuse("location", "", install.location.location, WHOLE["location"])
    if install.reinstall is not None:
        conversion.refuse("reinstall", "", install.reinstall, WHOLE["reinstall"])
    if install.extra_args and install.location is None:
        conversion.refuse("extra-args", "", " ".join(install.extra_args), WHOLE["extra-args"])
    if install.initrd_inject and install.location is None:
        conversion.refuse("initrd-inject", "", " ".join(install.initrd_inject), WHOLE["initrd-inject"])
    reasons = REFUSED["install"]
    for name in ("kernel", "initrd", "kernel_args", "os"):
        value = getattr(install, name)
        if value is not None:
            conversion.refuse("install", name, value, reasons[name])
    if install.kernel_args_overwrite:
        conversion.refuse("install", "kernel_args_overwrite", "yes", reasons["kernel_args_overwrite"])
    if install.cdrom is not None:
        _add_medium(conversion, install.cdrom)


def _add_medium(conversion: Conversion, medium: str) -> None:
    if not medium.startswith(("http://", "https://")):
        conversion.refuse(
            "cdrom",
            "",
            medium,
            HOST_FILE,
            "use --cdrom URL, or upload the image with `virtctl image-upload` and use "
            "--install bootdev=cdrom --disk vol=pvc/NAME,device=cdrom",
        )
        return
    conversion.domain.add(Disk(device="cdrom", path=medium))


def map_boot(conversion: Conversion) -> None:
    """Add the boot order and the kernel to boot, if one is requested.

    The disk comes before the installation medium: while the disk is empty, the firmware continues with the medium.
    """
    _map_kernel(conversion)
    os, install = conversion.domain.os, conversion.install
    listed = [str(device.dev) for device in os.boot_devices]
    os.boot_devices.clear()
    entries = _entries(conversion)
    if any("bootOrder" in entry for entry in entries):
        if listed:
            conversion.refuse(
                "boot",
                "boot.dev",
                ",".join(listed),
                "this boot order and boot.order= for individual devices cannot be used together",
            )
        _order_medium(conversion, entries)
        return
    kinds = listed or _default_kinds(conversion)
    if "fd" in kinds:
        conversion.refuse("boot", "boot.dev", "fd", "KubeVirt does not support floppy drives")
    medium = install.boot_device
    if medium == "fd":
        conversion.refuse("install", "bootdev", "fd", "KubeVirt does not support floppy drives")
    elif medium is not None and medium not in kinds:
        kinds = [*kinds, medium]
    order = 0
    for kind in kinds:
        chosen = [entry for entry in entries if _is(entry, kind)]
        # further disks would only delay the installation medium
        for entry in chosen[:1] if kind == "hd" and len(kinds) > 1 else chosen:
            order += 1
            entry["bootOrder"] = order
    if install.pxe or "network" in kinds:
        _check_network_boot(conversion)


def _order_medium(conversion: Conversion, entries: list[Node]) -> None:
    """Order the installation medium after the devices that the user ordered, because only ordered devices are tried."""
    install = conversion.install
    kind = install.boot_device or ("cdrom" if install.cdrom else "network" if install.pxe else None)
    medium = next((entry for entry in entries if kind is not None and _is(entry, kind)), None)
    if kind is not None and medium is None:
        conversion.refuse("install", "bootdev", kind, "the guest has no such device")
    elif medium is not None and "bootOrder" not in medium:
        medium["bootOrder"] = max(entry.get("bootOrder", 0) for entry in entries) + 1


def _default_kinds(conversion: Conversion) -> list[str]:
    install = conversion.install
    if install.live_cdrom:
        return ["cdrom", "hd"]
    if install.cdrom is not None:
        return ["hd", "cdrom"]
    if install.pxe:
        return ["hd", "network"]
    return []


def _entries(conversion: Conversion) -> list[Node]:
    return [*conversion.devices.get("disks", ()), *conversion.devices.get("interfaces", ())]


def _is(entry: Node, kind: str) -> bool:
    devices = _ORDERED.get(kind)
    if devices is not None:
        return any(device in entry for device in devices)
    return kind == "network" and not any(device in entry for device in ("disk", "cdrom", "lun"))


def _check_network_boot(conversion: Conversion) -> None:
    interfaces = conversion.devices.get("interfaces", ())
    if not any("bootOrder" in entry and ("bridge" in entry or "sriov" in entry) for entry in interfaces):
        conversion.refuse(
            "pxe" if conversion.install.pxe else "boot",
            "" if conversion.install.pxe else "boot.dev",
            "" if conversion.install.pxe else "network",
            "the pod network has no PXE server",
            "use a network that has one: --network bridge=NAME",
        )


def order_interfaces(conversion: Conversion) -> None:
    """Report --pxe if the guest has no network interface."""
    if conversion.install.pxe and not conversion.domain.devices_of(Interface):
        if "interface" in conversion.request.without:
            conversion.refuse("pxe", "", "", "the guest has no network")


def _map_kernel(conversion: Conversion) -> None:
    """Map a kernel from a container image: `--boot kernel=docker://IMAGE#/PATH,initrd=docker://IMAGE#/PATH`."""
    os = conversion.domain.os
    kernel, initrd, arguments = (conversion.take(os, name) for name in ("kernel", "initrd", "cmdline"))
    if kernel is None and initrd is None and arguments is None:
        return
    images, container = set(), Node()
    for name, key, value in (("kernel", "kernelPath", kernel), ("initrd", "initrdPath", initrd)):
        if value is None:
            continue
        image, mark, path = value.removeprefix(REGISTRY).partition("#")
        if not value.startswith(REGISTRY) or not mark or not path.startswith("/"):
            conversion.refuse(
                "boot",
                name,
                value,
                HOST_FILE,
                f"use a file in a container image: --boot {name}=docker://IMAGE#/PATH",
            )
            continue
        images.add(image)
        container[key] = path
    if arguments is not None and kernel is None:
        conversion.break_rule(
            "kernel arguments require a kernel", "add --boot kernel=docker://IMAGE#/PATH", "boot.cmdline"
        )
    if initrd is not None and kernel is None:
        conversion.break_rule("an initrd requires a kernel", "add --boot kernel=docker://IMAGE#/PATH", "boot.initrd")
    if len(images) > 1:
        conversion.break_rule(
            "the kernel and the initrd must be in the same container image", "use one container image for both"
        )
    if len(images) == 1:
        boot: Node = {"container": {"image": images.pop(), **container}}
        add(boot, "kernelArgs", arguments)
        section(conversion.machine, "firmware")["kernelBoot"] = boot
