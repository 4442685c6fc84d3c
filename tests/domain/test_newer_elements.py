"""Elements without an option in virt-install 4.1.0: throttle groups, performance events, settings of drivers."""

from __future__ import annotations

import pytest

from virtinstall.options.command import parse_request
from virtinstall.options.parser import parse_argv
from virtinstall.options.table import LATER, OPTIONS


def domain_xml(*words: str) -> str:
    """Return the requested XML on one line."""
    text = parse_request(["--name", "web", *words]).domain.to_xml()
    return "".join(line.strip() for line in text.splitlines())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "--throttle slow,total_iops_sec=500 --throttle name=fast,read_bytes_sec=9",
            "<throttlegroups><throttlegroup><group_name>slow</group_name><total_iops_sec>500</total_iops_sec>"
            "</throttlegroup><throttlegroup><group_name>fast</group_name><read_bytes_sec>9</read_bytes_sec>"
            "</throttlegroup></throttlegroups>",
        ),
        (
            "--disk none.img,throttle=slow,throttlefilter1.group=fast",
            '<throttlefilters><throttlefilter group="slow"/><throttlefilter group="fast"/></throttlefilters>',
        ),
        (
            "--perf cpu_cycles,cache_misses",
            '<perf><event name="cpu_cycles" enabled="yes"/><event name="cache_misses" enabled="yes"/></perf>',
        ),
        ("--perf event0.name=cmt,event0.enabled=no", '<perf><event name="cmt" enabled="no"/></perf>'),
        ("--hub usb", '<hub type="usb"/>'),
        ("--lease lockspace=a,key=b,target.path=/x", '<lease><lockspace>a</lockspace><key>b</key><target path="/x"/>'),
        ("--redirfilter usbdev0.class=0x08,usbdev0.allow=no", '<usbdev class="0x08" allow="no"/></redirfilter>'),
        ("--nvram address.type=spapr-vio,address.reg=0x3000", '<nvram><address type="spapr-vio" reg="0x3000"/>'),
        ("--iommufd yes", '<iommufd enabled="yes"/>'),
        ("--iommu smmuv3,driver.accel=yes,driver.pciBus=3", '<iommu model="smmuv3"><driver accel="on" pciBus="3"/>'),
        ("--metadata hwuuid=6e3d1c4a-4f0e-4b1e-9a57-0d2b7c0f2a11", "<hwuuid>6e3d1c4a-4f0e-4b1e-9a57-0d2b7c0f2a11<"),
        ("--qemu-deprecation reject", ' behavior="reject"/>'),
        ("--qemu-capabilities add.capability=a,del.capability=b", '<qemu:add capability="a"/><qemu:del capability="b"'),
        (
            "--qemu-override device.alias=rng0,device.property.name=x,device.property.type=remove",
            '<qemu:device alias="rng0"><qemu:frontend><qemu:property name="x" type="remove"/>',
        ),
        ("--lxc-namespace sharenet.type=netns,sharenet.value=red", '<lxc:sharenet type="netns" value="red"/>'),
        ("--bhyve-commandline=-s,7", '<bhyve:arg value="-s,7"/>'),
        ("--xen-commandline=-a", '<xen:arg value="-a"/>'),
    ],
)
def test_element_has_an_option(words: str, expected: str) -> None:
    """The element is in the request."""
    assert expected in domain_xml(*words.split())


@pytest.mark.parametrize(
    ("word", "option"),
    [("--im", "import_disk"), ("--wai=3", "wait"), ("--redir=usb", "redirdev"), ("--throt=a", "throttle")],
)
def test_abbreviation_keeps_its_meaning(word: str, option: str) -> None:
    """An abbreviation that is unique in virt-install 4.1.0 is not ambiguous because of a later option."""
    assert getattr(parse_argv([word]), option) is not None


def test_later_options_exist() -> None:
    """Abbreviations of older options do not compete with later options."""
    assert LATER.issubset(name for option in OPTIONS for name in option.names)
