"""--qemu-commandline, --xml and --sysinfo, whose values have special rules."""

from __future__ import annotations

import pytest

from tests.domain.parsed import inside, parsed
from virtinstall.compose.sysinfo import resolve_sysinfo
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError


def arguments(domain: Domain) -> list[str | None]:
    """Return QEMU's arguments."""
    return [argument.value for argument in domain.qemu_commandline.arguments]


def test_qemu_arguments_are_split_as_in_a_shell() -> None:
    """Commas and `=` are not special; each use of the option adds arguments."""
    domain = parsed("--qemu-commandline -device foo,bar=1", "--qemu-commandline args=-foo 'a b' env=x")
    assert arguments(domain) == ["-device", "foo,bar=1", "-foo", "a b", "env=x"]


def test_each_use_sets_one_environment_variable() -> None:
    """The last value of a variable is used."""
    domain = parsed(
        "--qemu-commandline env=DISPLAY=:0.1", "--qemu-commandline env=A=b=c,d", "--qemu-commandline env=A="
    )
    variables = [(variable.name, variable.value) for variable in domain.qemu_commandline.variables]
    assert variables == [("DISPLAY", ":0.1"), ("A", "")]


@pytest.mark.parametrize("text", ["env=FOO", "env==x", "args='a"])
def test_invalid_arguments_are_rejected(text: str) -> None:
    """Examples are a variable without a value and a quote that is not closed."""
    with pytest.raises(RequestError, match="--qemu-commandline"):
        parsed(f"--qemu-commandline {text}")


def test_clearxml_removes_the_arguments() -> None:
    """It works as for other options."""
    domain = parsed("--qemu-commandline -foo", "--qemu-commandline clearxml=yes,env=A=b")
    assert arguments(domain) == []
    assert [variable.name for variable in domain.qemu_commandline.variables] == ["A"]


def test_namespace_prefix_is_qemu() -> None:
    """libvirt uses the same prefix."""
    assert inside(parsed("--qemu-commandline -foo")) == (
        '<qemu:commandline xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">'
        '<qemu:arg value="-foo"/></qemu:commandline>'
    )


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("./@foo=bar,baz", ("set", "./@foo", "bar,baz")),
        ("./disk[@type='file']/driver/@cache=none", ("set", "./disk[@type='file']/driver/@cache", "none")),
        ("xpath.set=./baz,xpath.value=a=b", ("set", "./baz", "a=b")),
        ("xpath.delete=./a", ("delete", "./a", "")),
        ("xpath2.create=./a", ("create", "./a", "")),
    ],
)
def test_short_xml_edit_is_split_at_the_last_equals_sign(text: str, edit: tuple[str, str, str]) -> None:
    """The long forms are the same as for other options."""
    assert parsed(f"--xml {text}").settings["xpath_edits"] == (edit,)


def test_sysinfo_blocks_of_one_type_are_merged() -> None:
    """The system's UUID becomes the guest's UUID."""
    domain = parsed(
        "--sysinfo type=smbios,bios_vendor=a,oemStrings.entry=one",
        "--sysinfo bios.vendor=b,system.uuid=123",
        "--sysinfo type=smbios,oemStrings.entry=two, three",
        "--sysinfo fwcfg,entry0.name=opt/a,entry0=x",
        "--sysinfo fwcfg,entry0.name=opt/a,entry0.file=/f",
    )
    resolve_sysinfo(domain)
    assert inside(domain) == (
        "<uuid>123</uuid>"
        '<sysinfo type="smbios"><bios><entry name="vendor">b</entry></bios>'
        '<system><entry name="uuid">123</entry></system>'
        "<oemStrings><entry>one</entry><entry>two, three</entry></oemStrings></sysinfo>"
        '<sysinfo type="fwcfg"><entry name="opt/a" file="/f"/></sysinfo>'
        '<os><smbios mode="sysinfo"/></os>'
    )


@pytest.mark.parametrize("mode", ["host", "emulate"])
def test_sysinfo_host_and_emulate_are_modes(mode: str) -> None:
    """The guest has no block of values then."""
    domain = parsed(f"--sysinfo {mode}")
    resolve_sysinfo(domain)
    assert inside(domain) == f'<os><smbios mode="{mode}"/></os>'
