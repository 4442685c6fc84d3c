"""`--boot`: the boot method: devices, firmware, a kernel, or a container's init process.

Source: https://libvirt.org/formatdomain.html#operating-system-booting
"""

from __future__ import annotations

from collections.abc import Callable

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.convert import absolute_path, shell_arguments
from virtinstall.xml.element import Element
from virtinstall.xml.field import Setting, Suboption, XmlField
from virtinstall.xml.kinds import INTEGER, SWITCH, TEXT, YES_NO, parse_switch

BOOT_DEVICES = ("hd", "cdrom", "fd", "network")


class BootDevice(Element):
    """<boot>: a class of devices to boot from; classes are tried in order."""

    tag = "boot"

    dev: XmlField[str] = XmlField("./@dev", TEXT, "Kind of device: `hd`, `cdrom`, `fd`, `network`.")


class FirmwareFeature(Element):
    """<feature>: a feature that the chosen firmware must have or must not have."""

    tag = "feature"

    enabled: XmlField[bool] = XmlField(
        "./@enabled", YES_NO, "Whether the feature `firmware.featureN.name` must be enabled (`yes`) or disabled (`no`)."
    )
    name: XmlField[str] = XmlField("./@name", TEXT, "Name of the feature: `secure-boot`, `enrolled-keys`.")


class InitArgument(Element):
    """<initarg>: one argument of a container's init process."""

    tag = "initarg"

    value: XmlField[str] = XmlField(".", TEXT, "One argument of the init program.")


class InitVariable(Element):
    """<initenv>: one environment variable of a container's init process."""

    tag = "initenv"

    value: XmlField[str] = XmlField(".", TEXT, "Value of an environment variable of the init program.")
    name: XmlField[str] = XmlField("./@name", TEXT, "Name of the environment variable.")


def _set_boot_devices(os: Os, text: str) -> None:
    names = list(dict.fromkeys(text.split(",")))
    if not set(names) <= set(BOOT_DEVICES):
        raise ValueError("must be hd, cdrom, fd, network or several of them, separated by commas")
    os.set_boot_devices(names)


def _domain_setter(attribute: str) -> Callable[[Os, str], None]:
    def set_on_domain(os: Os, text: str) -> None:
        if os.parent is None:
            raise ValueError("cannot be set without the domain XML of a guest")
        setattr(os.parent, attribute, text or None)

    return set_on_domain


def _firmware_setter(name: str) -> Callable[[Os, str], None]:
    def set_firmware(os: Os, text: str) -> None:
        os.set_firmware_feature(name, parse_switch(text) if text else None)

    return set_firmware


def _set_secure_boot(os: Os, text: str) -> None:
    """Set Secure Boot. If it is on, only enrolled keys are requested: libvirt adds what they require."""
    wanted = parse_switch(text) if text else None
    os.set_firmware_feature("secure-boot", None if wanted else wanted)
    os.set_firmware_feature("enrolled-keys", wanted)


def _set_init_arguments(os: Os, text: str) -> None:
    arguments = shell_arguments(text)
    os.init_arguments.clear()
    for word in arguments:
        os.init_arguments.append(InitArgument(value=word))


class Os(Section):
    """<os>: the guest type, machine type, firmware, boot order, direct kernel boot, and a container's init process."""

    tag = "os"

    boot_devices_option = Suboption(
        "hd",
        _set_boot_devices,
        "Boot devices in order, written without `=`: `hd,network`.",
        aliases=BOOT_DEVICES[1:],
        joined=True,
        kind_name="word",
    )
    refresh_machine_type: Setting[bool] = Setting(
        SWITCH,
        "Change to the newest version of the same machine type (virt-xml only).",
        name="refresh-machine-type",
    )
    type: XmlField[str] = XmlField("./type", TEXT, "Kind of virtualization: `hvm`, `xen`, `exe`.", name="os_type")
    type_arch: XmlField[str] = XmlField("./type/@arch", TEXT, "Architecture, such as `x86_64`, `aarch64`.", name="arch")
    type_machine: XmlField[str] = XmlField(
        "./type/@machine", TEXT, "Machine type, such as `q35`, `virt`.", name="machine"
    )
    bootloader_option = Suboption(
        "bootloader", _domain_setter("bootloader"), "Boot loader that runs on the host (Xen, bhyve)."
    )
    bootloader_args_option = Suboption(
        "bootloader_args", _domain_setter("bootloader_args"), "Arguments of the boot loader."
    )
    domain_type_option = Suboption(
        "domain_type", _domain_setter("type"), "Hypervisor, as in --virt-type: `kvm`, `qemu`, `xen`."
    )
    emulator_option = Suboption(
        "emulator", _domain_setter("emulator"), "Path of the emulator to use instead of the host's default."
    )
    uefi: Setting[bool] = Setting(
        SWITCH, "Boot with UEFI: `uefi` without a value, or `uefi=off` to override the default."
    )
    secure_boot_option = Suboption(
        "secure-boot",
        _set_secure_boot,
        "Secure Boot with enrolled keys; `off` disables it explicitly.",
        match=True,
        kind_name="on/off",
    )
    loader: XmlField[str] = XmlField("./loader", TEXT, "Path of the firmware image.")
    loader_readonly: XmlField[bool] = XmlField(
        "./loader/@readonly", YES_NO, "Whether the firmware image is read-only.", aliases=("loader_ro",)
    )
    loader_type: XmlField[str] = XmlField(
        "./loader/@type", TEXT, "Mapping of the firmware image: `pflash` or `rom`.", aliases=("loader_type",)
    )
    loader_secure: XmlField[bool] = XmlField(
        "./loader/@secure", YES_NO, "Whether the firmware supports Secure Boot.", aliases=("loader_secure",)
    )
    loader_stateless: XmlField[bool] = XmlField(
        "./loader/@stateless", YES_NO, "Whether the firmware has no persistent variables."
    )
    firmware: XmlField[str] = XmlField(
        "./@firmware", TEXT, "Firmware that libvirt chooses automatically: `efi`, `bios`."
    )
    firmware_features: Children[FirmwareFeature] = Children(
        "./firmware/feature", FirmwareFeature, "Required features of the firmware."
    )
    firmware_secure_boot_option = Suboption(
        "firmware.secure-boot",
        _firmware_setter("secure-boot"),
        "Choose firmware that supports Secure Boot (`on`) or does not support it (`off`).",
        kind_name="on/off",
    )
    firmware_enrolled_keys_option = Suboption(
        "firmware.enrolled-keys",
        _firmware_setter("enrolled-keys"),
        "Choose firmware with enrolled keys (`on`) or without them (`off`).",
        kind_name="on/off",
    )
    nvram: XmlField[str] = XmlField(
        "./nvram", TEXT, "Path of the file with the guest's UEFI variables.", convert=absolute_path
    )
    nvram_template: XmlField[str] = XmlField(
        "./nvram/@template",
        TEXT,
        "File from which the UEFI variables are initially copied.",
        aliases=("nvram_template",),
    )
    boot_devices: Children[BootDevice] = Children("./boot", BootDevice, "Boot devices in their order.")
    bootmenu_enable: XmlField[bool] = XmlField(
        "./bootmenu/@enable", YES_NO, "Show a boot menu.", aliases=("menu", "bootmenu")
    )
    bootmenu_timeout: XmlField[int] = XmlField("./bootmenu/@timeout", INTEGER, "Timeout of the menu in milliseconds.")
    bios_useserial: XmlField[bool] = XmlField(
        "./bios/@useserial", YES_NO, "Show the output of the BIOS on the serial port.", aliases=("useserial",)
    )
    bios_reboot_timeout: XmlField[int] = XmlField(
        "./bios/@rebootTimeout",
        INTEGER,
        "Milliseconds until the BIOS retries if no device boots; `-1`: never.",
        aliases=("rebootTimeout",),
    )
    smbios_mode: XmlField[str] = XmlField(
        "./smbios/@mode",
        TEXT,
        "SMBIOS data that the guest sees: `emulate`, `host`, `sysinfo`.",
        aliases=("smbios_mode",),
    )
    nvram_template_format: XmlField[str] = XmlField(
        "./nvram/@templateFormat", TEXT, "Image format of `nvram.template`: `raw`, `qcow2`."
    )
    kernel: XmlField[str] = XmlField("./kernel", TEXT, "Kernel on the host to boot directly.", convert=absolute_path)
    initrd: XmlField[str] = XmlField("./initrd", TEXT, "Initrd for `kernel`.", convert=absolute_path)
    cmdline: XmlField[str] = XmlField(
        "./cmdline",
        TEXT,
        "Command line for `kernel`.",
        aliases=("extra_args", "kernel_args"),
        commas=True,
    )
    dtb: XmlField[str] = XmlField("./dtb", TEXT, "Device tree for `kernel`.", convert=absolute_path)
    acpi_table: XmlField[str] = XmlField("./acpi/table", TEXT, "File with an ACPI table to add.", convert=absolute_path)
    acpi_table_type: XmlField[str] = XmlField("./acpi/table/@type", TEXT, "Type of the ACPI table: `slic`.")
    init: XmlField[str] = XmlField("./init", TEXT, "Init program of a container.")
    init_arguments_option = Suboption(
        "initargs", _set_init_arguments, "Arguments of the init program, split as in a shell.", match=True
    )
    init_arguments: Children[InitArgument] = Children(
        "./initarg", InitArgument, "Arguments of the init program, numbered."
    )
    init_variables: Children[InitVariable] = Children("./initenv", InitVariable, "Environment of the init program.")
    initdir: XmlField[str] = XmlField("./initdir", TEXT, "Working directory of the init program.")
    inituser: XmlField[str] = XmlField("./inituser", TEXT, "User that the init program runs as.")
    initgroup: XmlField[str] = XmlField("./initgroup", TEXT, "Group that the init program runs as.")

    @classmethod
    def child_order(cls) -> tuple[str, ...]:
        """Return the order in which libvirt writes the child elements.

        The elements for a container's init process are in a different place, which has no effect, because they are
        never used together with firmware.
        """
        return tuple(f"./{tag}" for tag in _CHILDREN)

    @classmethod
    def read_word(cls, word: str) -> tuple[str, str] | None:
        """Return the name and value of the sub-option for a boot device or `uefi`; None for any other word."""
        if word in BOOT_DEVICES:
            return "hd", word
        return ("uefi", "on") if word == "uefi" else None

    def set_boot_devices(self, devices: list[str]) -> None:
        """Make the guest boot from the device classes in `devices`, such as `hd` and `network`, in that order."""
        self.boot_devices.clear()
        for device in devices:
            self.boot_devices.append(BootDevice(dev=device))

    def set_firmware_feature(self, name: str, enabled: bool | None) -> None:
        """Require firmware with the feature `name` (True) or without it (False); None removes the requirement."""
        found = next((feature for feature in self.firmware_features if feature.name == name), None)
        if enabled is None:
            if found is not None:
                self.firmware_features.remove(found)
        elif found is not None:
            found.enabled = enabled
        else:
            self.firmware_features.append(FirmwareFeature(enabled=enabled, name=name))


_CHILDREN = (
    "type",
    "firmware",
    "loader",
    "nvram",
    "init",
    "initarg",
    "initenv",
    "initdir",
    "inituser",
    "initgroup",
    "kernel",
    "initrd",
    "cmdline",
    "dtb",
    "acpi",
    "boot",
    "bootmenu",
    "bios",
    "smbios",
)
