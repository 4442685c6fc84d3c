"""A changed guest equals a new guest of the changed file: for each option, with several values of each.

A guest that is created from one version of a file and changed to another has the same definition as a guest that is
created from the other version; only addresses on buses and generated names differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from lxml import etree

from virtinstall import Hypervisor, Lab
from virtinstall.fleet.keys import options_by_key
from virtinstall.fleet.leaves import leaves_of

BASE: dict[str, Any] = {
    "memory": 64,
    "import": True,
    "osinfo": "generic",
    "disk": [{"path": "/x/a.img", "size": 1}],
    "network": "none",
    "graphics": "none",
}
MAC = "52:54:00:00:00:0"
PCI = (
    "type=pci,managed=yes,source.address.domain=0,source.address.bus=1,source.address.slot=0,source.address.function=0"
)
USB = "type=usb,source.vendor.id=0x1234,source.product.id=0x5678"
DISK = "path=/x/a.img,size=1"
# values of each option; None: the option is omitted
VERSIONS: dict[str, list[Any]] = {
    "memory": [64, "memory=128,currentMemory=96", 96, "memory=64,maxMemory=512,maxMemory.slots=4"],
    "vcpus": [None, 2, "2,maxvcpus=4", "4,sockets=2,cores=2,threads=1", "4,cpuset=0-1", 1],
    "cpu": [None, "qemu64", "qemu64,+vmx", "qemu64,+vmx,-svm", "qemu64,+vmx,topology.sockets=1", "host-passthrough"],
    "metadata": [None, "title=one", "title=two,description=text", "description=other"],
    "boot": [None, "hd,network", "bootmenu.enable=yes", "bootmenu.enable=yes,bootmenu.timeout=3000", "cdrom"],
    "disk": [
        [DISK],
        [f"{DISK},cache=none"],
        [f"{DISK},cache=none,iotune.total_bytes_sec=1000,serial=one"],
        [f"{DISK},iotune.total_bytes_sec=2000,readonly=on"],
        [f"{DISK},bus=scsi"],
        [f"{DISK},bus=scsi", "path=/x/b.img,size=1,bus=virtio"],
        ["path=/x/b.img,size=1,bus=virtio", f"{DISK},bus=scsi,cache=none"],
        ["path=/x/b.img,size=1,bus=virtio,driver.queues=2", "device=cdrom"],
        ["path=/x/c.img,size=1,bus=virtio", f"{__file__},device=cdrom"],
        ["path=/x/c.img,size=1,bus=virtio", "device=cdrom", "device=floppy"],
    ],
    "network": [
        "none",
        [f"default,mac={MAC}1"],
        [f"default,mac={MAC}1,model=e1000"],
        [f"default,mac={MAC}1,model=virtio,driver.queues=2"],
        [f"default,mac={MAC}1,model=virtio,link.state=down", f"user,mac={MAC}2"],
        [f"default,mac={MAC}2,mtu.size=1400,bandwidth.inbound.average=100", f"bridge=br0,mac={MAC}1"],
        [f"bridge=br1,mac={MAC}1,virtualport.type=openvswitch,vlan.tag0.id=42"],
        [f"bridge=br1,mac={MAC}1"],
        f"user,mac={MAC}1",
        f"user,mac={MAC}1,model=rtl8139",
    ],
    "graphics": ["none", "vnc", "vnc,listen=0.0.0.0", "spice,port=5901", ["spice", "vnc,password=secret"], "vnc"],
    "controller": [None, "scsi,model=virtio-scsi", ["scsi,model=virtio-scsi,driver.queues=4", "usb,model=ich9-ehci1"]],
    "lease": [None, "lockspace=a,key=k,target.path=/x/l", "lockspace=a,key=k,target.path=/x/l,target.offset=1024"],
    "filesystem": [
        None,
        "/srv/a,a",
        ["/srv/a,a,readonly=on", "/srv/b,b"],
        ["/srv/b,b"],
        ["/srv/c,c", "/srv/b,b", "/srv/a,a"],
    ],
    "smartcard": [None, "passthrough,type=spicevmc", "host"],
    "serial": [None, "pty", "file,path=/x/log", ["pty", "file,path=/x/log"], "tcp,source.host=127.0.0.1:2222"],
    "parallel": [None, "pty", ["file,path=/x/log", "pty"]],
    "console": [None, "pty,target.type=virtio", ["pty", "pty,target.type=virtio"]],
    "channel": [
        None,
        "unix,target.type=virtio,target.name=org.qemu.guest_agent.0",
        ["unix,target.type=virtio,target.name=a.b", "pty,target.type=virtio,target.name=c.d"],
        ["pty,target.type=virtio,target.name=c.d"],
        "none",
    ],
    "input": [None, "tablet,bus=usb", ["keyboard,bus=usb", "tablet,bus=usb"], ["mouse,bus=usb"]],
    "tpm": [None, "emulator,model=tpm-crb", "emulator,model=tpm-tis", "/dev/tpm0"],
    "sound": [None, "ich9", ["ich6", "ac97"], "none"],
    "audio": [None, "id=1,type=none", "id=1,type=spice"],
    "video": [None, "virtio", "vga,model.vram=32768", ["qxl", "virtio"], "none"],
    "hostdev": [None, PCI, [PCI, USB], [USB], [f"{USB},source.startupPolicy=optional", PCI]],
    "redirdev": [None, "usb,type=spicevmc", ["usb,type=spicevmc", "usb,type=tcp,source.host=localhost:4000"]],
    "hub": [None, "usb"],
    "watchdog": [None, "i6300esb,action=reset", "i6300esb,action=poweroff", "ib700"],
    "memballoon": [None, "none", "virtio,autodeflate=on", "virtio"],
    "rng": [None, "/dev/urandom", "/dev/random,rate.bytes=1024,rate.period=1000", "none"],
    "panic": [None, "default", "model=isa"],
    "shmem": [
        None,
        "name=one,model.type=ivshmem-plain,size=4,size.unit=M",
        [
            "name=two,model.type=ivshmem-plain,size=8,size.unit=M",
            "name=one,model.type=ivshmem-plain,size=4,size.unit=M",
        ],
    ],
    "crypto": [None, "virtio"],
    "iommu": [None, "model=intel", "model=intel,driver.caching_mode=on"],
    "vsock": [None, "cid.auto=yes", "cid.address=7"],
    "iothreads": [None, 2, 1],
    "seclabel": [None, "type=none"],
    "cputune": [None, "vcpupin0.vcpu=0,vcpupin0.cpuset=0", "shares=512", "shares=1024,period=10000"],
    "numatune": [None, "0,mode=strict", "0,mode=preferred"],
    "memtune": [None, "hard_limit=4194304", "hard_limit=4194304,soft_limit=1048576"],
    "blkiotune": [None, "weight=200", "device0.path=/dev/sda,device0.weight=300"],
    "memorybacking": [None, "hugepages=yes", "nosharepages=yes,locked=yes", "access.mode=shared,source.type=memfd"],
    "features": [None, "kvm_hidden=on", "kvm_hidden=on,hyperv_relaxed=on", "acpi=off", "pae=off,apic=on"],
    "clock": [None, "offset=localtime", "offset=utc,rtc_tickpolicy=catchup", "hpet_present=yes"],
    "pm": [None, "suspend_to_mem.enabled=no", "suspend_to_mem.enabled=yes,suspend_to_disk.enabled=no"],
    "events": [None, "on_crash=restart", "on_poweroff=preserve,on_crash=preserve"],
    "throttle": [None, "slow,total_iops_sec=500", ["slow,total_iops_sec=900", "fast,total_iops_sec=5000"]],
    "perf": [None, "cpu_cycles,cache_misses", "cpu_cycles"],
    "resource": [None, "partition=/production", "partition=/test"],
    "sysinfo": [None, "system.serial=1234", "system.serial=99,bios.vendor=me", "chassis.asset=7"],
    "qemu-commandline": [None, "-device edu", ["-device edu", "-name other"]],
    "iommufd": [None, "yes", "no"],
    "autostart": [None, True],
    "redirfilter": [
        None,
        "usbdev0.class=0x08,usbdev0.allow=no,usbdev1.allow=yes",
        "usbdev0.class=0x03,usbdev0.allow=yes,usbdev1.class=0x08,usbdev1.allow=no,usbdev2.allow=yes",
        "usbdev0.allow=no",
    ],
    "pstore": [
        None,
        "backend=acpi-erst,path=/x/pstore,size=64",
        "backend=acpi-erst,path=/x/other,size=128",
    ],
    "keywrap": [None, "cipher0.name=aes,cipher0.state=on", "cipher0.name=dea,cipher0.state=off"],
    "qemu-override": [
        None,
        "device0.alias=rng0,device0.property0.name=max-bytes,device0.property0.type=unsigned,device0.property0.value=2048",
    ],
    "qemu-capabilities": [None, "del0.capability=usb-hub", "del0.capability=one,del1.capability=two"],
    "qemu-deprecation": [None, "omit", "reject"],
    "xml": [None, "./description=one", ["./description=two", "./devices/emulator=/usr/bin/qemu-system-x86_64"]],
}
# options that a file cannot change in an existing guest, and those that do not describe the guest
ELSEWHERE = {
    *(
        "cdrom",
        "cloud-init",
        "extra-args",
        "hvm",
        "ignition",
        "image",
        "import",
        "initrd-inject",
        "install",
        "location",
    ),
    *("livecd", "pxe", "reinstall", "unattended", "noreboot", "osinfo", "check", "timeout", "wait-for", "transient"),
    # options for guests that the test driver does not support, and other spellings
    *("bhyve-commandline", "idmap", "launchSecurity", "launchsecurity", "lxc-namespace", "memdev", "nvram"),
    *("os-variant", "security", "xen-commandline"),
    *("name", "uuid", "arch", "machine", "virt-type", "container", "paravirt", "destroy-on-exit"),
}
# addresses on buses, and values that libvirt chooses at random or by the order of devices
_CHOSEN = re.compile(r".*/address/|devices/controller|uuid$|.*/@interfaceid$|devices/interface.*/target/@dev$")


def lab(values: Mapping[str, Any]) -> Lab:
    """Return a lab with the guest `a`."""
    given = {key: value for key, value in {**BASE, **values}.items() if value is not None}
    return Lab.parse(json.dumps({"version": 1, "project": "p", "guests": {"a": given}}), "guests.json")


def definition(hypervisor: Hypervisor) -> dict[str, str]:
    """Return the values of the guest's definition, without those that libvirt chooses."""
    root = etree.fromstring(hypervisor.guest("a").handle.xml(inactive=True))
    return {path: value for path, value in leaves_of(root).items() if not _CHOSEN.match(path)}


def created(hypervisor: Hypervisor, version: Lab) -> dict[str, str]:
    """Return the definition of a new guest of this file; the guest is removed again."""
    (outcome,) = version.apply(hypervisor)
    assert (outcome.status, outcome.message) == ("done", None)
    found = definition(hypervisor)
    hypervisor.guest("a").handle.destroy()
    hypervisor.guest("a").handle.undefine()
    return found


def check_change(hypervisor: Hypervisor, old: Lab, new: Lab, expected: dict[str, str]) -> list[str]:
    """Change a guest from one version of the file to the other; return the differences from the expected values."""
    (outcome,) = old.apply(hypervisor)
    assert (outcome.status, outcome.message) == ("done", None)
    (outcome,) = new.apply(hypervisor)
    assert outcome.message is None, outcome
    (again,) = new.diff(hypervisor)
    found = definition(hypervisor)
    hypervisor.guest("a").handle.destroy()
    hypervisor.guest("a").handle.undefine()
    wrong = [
        f"{path}: {found.get(path)} instead of {expected.get(path)}"
        for path in sorted({*expected, *found})
        if found.get(path) != expected.get(path)
    ]
    if again.changes:
        wrong.append(f"diff is not empty: {again.changes}")
    return wrong


def earlier_places(name: str, place: int) -> list[int]:
    """Return the places of the values from which an option changes to the value at `place`.

    For devices that are matched these are all others; otherwise the neighbors, the first value, or all from the first.
    """
    places = range(len(VERSIONS[name]))
    near = {other for other in places if abs(place - other) == 1 or 0 in (place, other)}
    return [other for other in places if other != place and (name in ("disk", "network") or other in near)]


@pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name, versions in VERSIONS.items() for place in range(len(versions))]
)
def test_changed_guest_equals_a_new_guest(hypervisor: Hypervisor, name: str, place: int) -> None:
    """An option changes from its other values to this one."""
    versions = VERSIONS[name]
    new = lab({name: versions[place]})
    expected = created(hypervisor, new)
    for other in earlier_places(name, place):
        assert check_change(hypervisor, lab({name: versions[other]}), new, expected) == [], versions[other]


def test_each_option_has_values() -> None:
    """A new option must be added to VERSIONS."""
    keys = {key for key, option in options_by_key().items() if not key.startswith("kubevirt")}
    assert keys - set(VERSIONS) - ELSEWHERE == set()
