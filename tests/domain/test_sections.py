"""The sections of a domain that are plain values: the option and the XML."""

from __future__ import annotations

import pytest

from tests.domain.parsed import inside, parsed
from virtinstall.domain.features import Features
from virtinstall.errors import RequestError

CASES = (
    (
        "--metadata title=a,b=c,uuid=x,description=d,genid_enable=yes,os_name=debian12",
        "<uuid>x</uuid><genid/><title>a,b=c</title><description>d</description>",
    ),
    ("--metadata genid_enable=off", ""),
    (
        "--features acpi=on,eoi=on,hap=on,kvm_hidden=off,hyperv_spinlocks=on,hyperv_spinlocks_retries=8191",
        '<features><acpi/><apic eoi="on"/><hap/>'
        '<hyperv><spinlocks state="on" retries="8191"/></hyperv><kvm><hidden state="off"/></kvm></features>',
    ),
    (
        "--clock offset=utc,rtc_tickpolicy=merge,hpet_present=no,tsc_tickpolicy=x,timer1.track=boot",
        '<clock offset="utc"><timer name="rtc" tickpolicy="merge"/>'
        '<timer name="hpet" present="no" track="boot"/></clock>',
    ),
    ("--clock pit_present=", ""),
    (
        "--pm suspend_to_mem=on,suspend_to_disk.enabled=off",
        '<pm><suspend-to-mem enabled="yes"/><suspend-to-disk enabled="no"/></pm>',
    ),
    (
        "--events on_crash=preserve,on_poweroff=destroy",
        "<on_poweroff>destroy</on_poweroff><on_crash>preserve</on_crash>",
    ),
    (
        "--resource /machine/a,fibrechannel.appid=b,c",
        '<resource><partition>/machine/a</partition><fibrechannel appid="b,c"/></resource>',
    ),
    (
        "--iothreads 2,iothreadids.iothread1.id=7,iothreadids.iothread1.poll.max=5,defaultiothread.thread_pool_max=9",
        '<iothreads>2</iothreads><iothreadids><iothread id="7"><poll max="5"/></iothread></iothreadids>'
        '<defaultiothread thread_pool_max="9"/>',
    ),
    (
        "--cputune shares=2048,vcpupin0.vcpu=0,vcpupin0.cpuset=0-3,^2,cachetune.cache1.size=3,emulatorpin.cpuset=1,7",
        '<cputune><shares>2048</shares><vcpupin vcpu="0" cpuset="0-3,^2"/><emulatorpin cpuset="1,7"/>'
        '<cachetune><cache size="3"/></cachetune></cputune>',
    ),
    (
        "--numatune 1,3-5,mode=strict,memnode0.cellid=1",
        '<numatune><memory nodeset="1,3-5" mode="strict"/><memnode cellid="1"/></numatune>',
    ),
    ("--memtune 20,hard_limit=10", "<memtune><hard_limit>10</hard_limit><soft_limit>20</soft_limit></memtune>"),
    (
        "--blkiotune 100,device_path=/dev/sda,read_iops_sec=5",
        "<blkiotune><weight>100</weight><device><path>/dev/sda</path><read_iops_sec>5</read_iops_sec></device></blkiotune>",
    ),
    ("--idmap uid_start=0,uid.target=1000", '<idmap><uid start="0" target="1000"/></idmap>'),
    ("--keywrap cipher.name=aes,cipher.state=off", '<keywrap><cipher name="aes" state="off"/></keywrap>'),
    (
        "--launchSecurity sev,policy=0x03,kernelHashes=yes",
        '<launchSecurity type="sev" kernelHashes="yes"><policy>0x03</policy></launchSecurity>',
    ),
    (
        "--launchSecurity type=tdx,quoteGenerationService=on",
        '<launchSecurity type="tdx"><quoteGenerationService/></launchSecurity>',
    ),
    (
        "--launchSecurity type=tdx,quoteGenerationSocket=/run/qgs",
        '<launchSecurity type="tdx"><quoteGenerationService path="/run/qgs"/></launchSecurity>',
    ),
    ("--seclabel label=a:b,c,relabel=yes", '<seclabel relabel="yes"><label>a:b,c</label></seclabel>'),
)


@pytest.mark.parametrize(("option", "expected"), CASES)
def test_option_creates_the_expected_xml(option: str, expected: str) -> None:
    """The XML contains nothing else."""
    assert inside(parsed(option)) == expected


def test_options_of_one_section_are_merged() -> None:
    """A repeated key replaces its value."""
    domain = parsed("--features acpi=on,vmport=off", "--features vmport=on,pae=on", "--features acpi=")
    assert inside(domain) == '<features><pae/><vmport state="on"/></features>'


def test_each_seclabel_adds_a_label() -> None:
    """The option can be repeated."""
    domain = parsed("--seclabel model=dac", "--seclabel model=selinux")
    assert [label.model for label in domain.seclabels] == ["dac", "selinux"]


def test_switched_off_differs_from_unset() -> None:
    """`acpi=off` and an unset value look the same in the XML; a default must distinguish them."""
    domain = parsed("--features acpi=off")
    assert inside(domain) == ""
    copied = domain.clone().features
    assert Features.acpi.is_decided(copied)
    assert not Features.apic.is_decided(copied)


def test_cputune_requires_a_key() -> None:
    """The error names the sub-option."""
    with pytest.raises(RequestError, match="--cputune: unknown sub-option 'foo'"):
        parsed("--cputune foo")


def test_os_by_name_is_a_request() -> None:
    """Names of operating systems are resolved later; the ID is stored in the metadata of libosinfo."""
    domain = parsed("--metadata os_name=debian12")
    assert domain.os_name == "debian12"
    domain.os_id = "http://debian.org/debian/12"
    assert '<libosinfo:os id="http://debian.org/debian/12"/>' in domain.to_xml()
