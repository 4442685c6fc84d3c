"""--boot: boot order, firmware, direct kernel boot, container init."""

from __future__ import annotations

import os.path

import pytest

from tests.domain.parsed import inside, parsed
from virtinstall.domain.os import Os
from virtinstall.errors import RequestError


@pytest.mark.parametrize(
    ("options", "devices"),
    [
        (["network,hd"], ["network", "hd"]),
        (["hd,menu=on,network,hd"], ["hd", "network"]),
        (["hd,cdrom", "network"], ["network"]),
        (["hd,boot1.dev=network"], ["hd", "network"]),
        (["network,boot0.dev=cdrom"], ["cdrom"]),
    ],
)
def test_boot_order(options: list[str], devices: list[str]) -> None:
    """Boot devices define the boot order; a later option replaces an earlier one's."""
    domain = parsed(*(f"--boot {text}" for text in options))
    assert [device.dev for device in domain.os.boot_devices] == devices


def test_boot_device_accepts_no_value() -> None:
    """A boot device with a value is rejected."""
    with pytest.raises(RequestError, match="must be a list of boot devices without values"):
        parsed("--boot hd=yes")


def test_uefi_is_a_request() -> None:
    """`uefi` is a request; the implementation depends on the host."""
    assert parsed("--boot uefi").os.uefi is True
    assert parsed("--boot uefi=off").os.uefi is False
    assert parsed("--boot hd").os.uefi is None


def test_secure_boot() -> None:
    """Enrolled keys imply secure boot; without secure boot, both are disabled."""
    assert inside(parsed("--boot secure-boot=yes")) == (
        '<os><firmware><feature enabled="yes" name="enrolled-keys"/></firmware></os>'
    )
    assert inside(parsed("--boot secure-boot=no")) == (
        '<os><firmware><feature enabled="no" name="secure-boot"/>'
        '<feature enabled="no" name="enrolled-keys"/></firmware></os>'
    )


def test_firmware_features() -> None:
    """One feature by its name; unsetting the last one leaves no empty elements."""
    domain = parsed("--boot firmware.secure-boot=yes,firmware.enrolled-keys=no")
    assert inside(domain) == (
        '<os><firmware><feature enabled="yes" name="secure-boot"/>'
        '<feature enabled="no" name="enrolled-keys"/></firmware></os>'
    )
    parsed("--boot firmware.secure-boot=,firmware.enrolled-keys=", domain=domain)
    assert inside(domain) == ""


def test_values_on_the_domain() -> None:
    """Hypervisor, emulator and boot loader belong to the domain, not to <os>."""
    domain = parsed("--boot domain_type=xen,emulator=/usr/bin/emu,bootloader=/usr/bin/pygrub,bootloader_args=-q")
    assert (domain.type, domain.emulator) == ("xen", "/usr/bin/emu")
    assert (domain.bootloader, domain.bootloader_args) == ("/usr/bin/pygrub", "-q")


def test_values_on_the_domain_need_one() -> None:
    """A separate <os> has no domain on which to set them."""
    with pytest.raises(ValueError, match="domain"):
        Os.emulator_option.apply(Os(), "/usr/bin/emu")


def test_paths_are_absolute() -> None:
    """Paths on the host are converted to absolute paths; URLs and firmware images are not."""
    domain = parsed("--boot kernel=vmlinuz,initrd=http://example.com/initrd,loader=CODE.fd,nvram=vars.fd")
    assert domain.os.kernel == os.path.abspath("vmlinuz")
    assert domain.os.initrd == "http://example.com/initrd"
    assert domain.os.loader == "CODE.fd"
    assert domain.os.nvram == os.path.abspath("vars.fd")


def test_kernel_command_line_has_commas() -> None:
    """Commas belong to the kernel command line, up to the next sub-option."""
    domain = parsed("--boot kernel_args=console=ttyS0,115200 quiet,menu=on")
    assert domain.os.cmdline == "console=ttyS0,115200 quiet"
    assert domain.os.bootmenu_enable is True


def test_init_of_a_container() -> None:
    """Arguments as a line or separately, and the environment."""
    domain = parsed("--boot initargs=\"a 'b c'\",initarg1=d,initenv.name=HOME,initenv=/root,initdir=/")
    assert inside(domain) == (
        '<os><initarg>a</initarg><initarg>d</initarg><initenv name="HOME">/root</initenv><initdir>/</initdir></os>'
    )


def test_children_in_libvirts_order() -> None:
    """The order of options does not affect the XML."""
    domain = parsed("--boot menu=on,smbios_mode=host,cmdline=x", "--boot hd,os_type=hvm,loader_ro=yes")
    assert [child.tag for child in domain.os.ensure_node()] == [
        "type",
        "loader",
        "cmdline",
        "boot",
        "bootmenu",
        "smbios",
    ]
