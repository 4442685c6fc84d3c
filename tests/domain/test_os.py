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
def test_boot_devices_are_the_boot_order(options: list[str], devices: list[str]) -> None:
    """A later option replaces the order of an earlier one."""
    domain = parsed(*(f"--boot {text}" for text in options))
    assert [device.dev for device in domain.os.boot_devices] == devices


def test_boot_device_with_a_value_is_an_error() -> None:
    """A boot device is not a switch."""
    with pytest.raises(RequestError, match="must be hd, cdrom, fd, network or several of them"):
        parsed("--boot hd=yes")


def test_uefi_is_a_request() -> None:
    """Its XML depends on the host."""
    assert parsed("--boot uefi").os.uefi is True
    assert parsed("--boot uefi=off").os.uefi is False
    assert parsed("--boot hd").os.uefi is None


def test_secure_boot_requests_enrolled_keys() -> None:
    """They require Secure Boot; `secure-boot=no` disables both."""
    assert inside(parsed("--boot secure-boot=yes")) == (
        '<os><firmware><feature enabled="yes" name="enrolled-keys"/></firmware></os>'
    )
    assert inside(parsed("--boot secure-boot=no")) == (
        '<os><firmware><feature enabled="no" name="secure-boot"/>'
        '<feature enabled="no" name="enrolled-keys"/></firmware></os>'
    )


def test_firmware_feature_is_set_by_its_name() -> None:
    """Unsetting the last one leaves no empty elements."""
    domain = parsed("--boot firmware.secure-boot=yes,firmware.enrolled-keys=no")
    assert inside(domain) == (
        '<os><firmware><feature enabled="yes" name="secure-boot"/>'
        '<feature enabled="no" name="enrolled-keys"/></firmware></os>'
    )
    parsed("--boot firmware.secure-boot=,firmware.enrolled-keys=", domain=domain)
    assert inside(domain) == ""


def test_some_boot_values_are_on_the_domain() -> None:
    """They are hypervisor, emulator and boot loader."""
    domain = parsed("--boot domain_type=xen,emulator=/usr/bin/emu,bootloader=/usr/bin/pygrub,bootloader_args=-q")
    assert (domain.type, domain.emulator) == ("xen", "/usr/bin/emu")
    assert (domain.bootloader, domain.bootloader_args) == ("/usr/bin/pygrub", "-q")


def test_values_on_the_domain_require_a_domain() -> None:
    """A separate <os> element has none."""
    with pytest.raises(ValueError, match="domain"):
        Os.emulator_option.apply(Os(), "/usr/bin/emu")


def test_boot_paths_are_converted_to_absolute_paths() -> None:
    """URLs and firmware images are not changed."""
    domain = parsed("--boot kernel=vmlinuz,initrd=http://example.com/initrd,loader=CODE.fd,nvram=vars.fd")
    assert domain.os.kernel == os.path.abspath("vmlinuz")
    assert domain.os.initrd == "http://example.com/initrd"
    assert domain.os.loader == "CODE.fd"
    assert domain.os.nvram == os.path.abspath("vars.fd")


def test_kernel_command_line_may_contain_commas() -> None:
    """It ends at the next sub-option."""
    domain = parsed("--boot kernel_args=console=ttyS0,115200 quiet,menu=on")
    assert domain.os.cmdline == "console=ttyS0,115200 quiet"
    assert domain.os.bootmenu_enable is True


def test_container_has_init_arguments_and_environment() -> None:
    """Arguments are one line or separate sub-options."""
    domain = parsed("--boot initargs=\"a 'b c'\",initarg1=d,initenv.name=HOME,initenv=/root,initdir=/")
    assert inside(domain) == (
        '<os><initarg>a</initarg><initarg>d</initarg><initenv name="HOME">/root</initenv><initdir>/</initdir></os>'
    )


def test_children_are_in_libvirts_order() -> None:
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
