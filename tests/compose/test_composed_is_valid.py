"""The definition of a guest with default options is valid against the installed libvirt's schema.

The hosts are those in tests/data, libvirt's test driver, and each pair `NAME.xml` with `NAME-domcaps*.xml`
in the folder that VIRTINSTALL_CAPABILITIES_DIR names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import libvirt
import pytest
from lxml import etree

from tests.compose.hosts import DATA, GuestKind, HostFiles, composed, from_folder, os_named
from tests.xml.domain_generator import installed_schema, validator

SYSTEMS = ("generic", "debian11", "fedora36", "rhel6.10", "win10", "win11", "winxp", "freebsd13.0")
OPTIONS: tuple[tuple[str, ...], ...] = (
    (),
    (
        "--graphics",
        "vnc",
        "--watchdog",
        "default",
        "--tpm",
        "emulator",
        "--vcpus",
        "4,sockets=1",
        "--cpu",
        "host-model",
    ),
    ("--graphics", "none", "--network", "user", "--memballoon", "none", "--controller", "scsi"),
)


def _here() -> Iterator[tuple[str, HostFiles]]:
    read = {path.stem: path.read_text() for path in DATA.glob("*.xml")}
    for name in ("kvm-q35", "qemu-q35", "qemu-aarch64"):
        yield name, HostFiles(read["capabilities-debian12"], read[f"domain-capabilities-{name}"])
    yield "no-domain-capabilities", HostFiles(read["capabilities-debian12"])
    yield "lxc", HostFiles(read["capabilities-lxc"])
    yield "xen", HostFiles(read["capabilities-xen"])
    yield "test-driver", HostFiles(libvirt.open("test:///default").getCapabilities())
    folder = os.environ.get("VIRTINSTALL_CAPABILITIES_DIR")
    if folder:
        yield from from_folder(Path(folder))


def _cases() -> Iterator[object]:
    for name, files in _here():
        for platform in files.platforms():
            is_qemu = platform.os_type == "hvm" and files.domain_capabilities is not None
            for number, args in enumerate(OPTIONS if is_qemu else OPTIONS[:1]):
                yield pytest.param(files, platform, args, id="-".join((name, *platform, str(number))))


@cache
def architectures() -> set[str]:
    """Return the architectures that the installed libvirt's schema contains."""
    basic = etree.parse(str(Path(installed_schema()).with_name("basictypes.rng")))
    names = basic.iterfind("{*}define[@name='archnames']//{*}value")
    return {str(value.text) for value in names}


def adapted_to_the_schema(xml: str) -> etree._Element:
    """Return the document without the parts that libvirt accepts although its schema does not."""
    root = etree.fromstring(xml)
    emulator = root.find("devices/emulator")
    if emulator is not None and emulator.text and not emulator.text.startswith("/"):
        # drivers without an emulator program list a keyword instead of a path, and libvirt accepts it
        emulator.text = f"/usr/bin/{emulator.text}"
    if root.findtext("os/type") in ("xen", "linux", "xenpvh"):
        # libvirt accepts <boot> for a paravirtualized guest, although its schema does not
        for boot in root.findall("os/boot"):
            boot.getparent().remove(boot)  # type: ignore[union-attr]
        if root.find("bootloader") is None and root.find("os/kernel") is None:
            bootloader = etree.Element("bootloader")
            bootloader.text = "/usr/bin/pygrub"
            root.find("os").addprevious(bootloader)  # type: ignore[union-attr]
    return root


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(("files", "platform", "args"), list(_cases()))
def test_composed_domains_are_valid(files: HostFiles, platform: GuestKind, system: str, args: tuple[str, ...]) -> None:
    """This includes the XML of the installation and of the finished guest, for each host, kind of guest and OS."""
    if platform.arch not in architectures():
        pytest.skip(f"the installed libvirt's schema is older than {platform.arch}")
    if platform.arch not in ("x86_64", "aarch64"):
        args = tuple(word for word in args if word not in ("--boot", "uefi"))
    for step in composed(files, platform, os_named(system), *args).steps:
        assert validator().validate(adapted_to_the_schema(step)), f"{validator().error_log.last_error}\n{step}"
