"""Every kind of change to a running guest results in the guest in the file, immediately or after a power cycle."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

from virtinstall import Hypervisor, Lab
from virtinstall.fleet.leaves import leaves_of

pytestmark = pytest.mark.live

# the guest before and after; `DIR` is the directory of the disks
CHANGES = yaml.safe_load("""
cache: [{disk: "path=DIR/a,size=0.1"}, {disk: "path=DIR/a,size=0.1,cache=none,serial=one"}]
throttling: [{disk: "path=DIR/a,size=0.1"}, {disk: "path=DIR/a,size=0.1,iotune.total_iops_sec=90"}]
bus: [{disk: "path=DIR/a,size=0.1"}, {disk: "path=DIR/a,size=0.1,bus=sata"}]
path: [{disk: "path=DIR/a,size=0.1"}, {disk: "path=DIR/b,size=0.2"}]
first-disk: [{disk: ["path=DIR/a,size=0.1"]}, {disk: ["path=DIR/b,size=0.2,bus=sata", "path=DIR/a,size=0.1"]}]
drive-to-disk:
- {disk: ["path=DIR/a,size=0.1", device=cdrom]}
- {disk: ["path=DIR/a,size=0.1", "path=DIR/b,size=0.1,bus=sata"]}
interface:
- {network: ["user,mac=52:54:00:5e:00:01"]}
- {network: ["user,mac=52:54:00:5e:00:01", "user,mac=52:54:00:5e:00:02,model=e1000e"]}
link: [{network: "user,mac=52:54:00:5e:00:01"}, {network: "user,mac=52:54:00:5e:00:01,link.state=down"}]
model: [{network: "user,mac=52:54:00:5e:00:01"}, {network: "user,mac=52:54:00:5e:00:01,model=e1000e"}]
graphics: [{graphics: vnc}, {graphics: "vnc,listen=127.0.0.1,port=5999"}]
display: [{graphics: vnc}, {graphics: none}]
console: [{console: pty}, {console: "pty,target.type=virtio"}]
serial: [{serial: [pty, "file,path=DIR/log"]}, {serial: pty}]
channels:
- {channel: ["pty,target.name=a.b,target.type=virtio", "pty,target.name=c.d,target.type=virtio"]}
- {channel: "pty,target.name=c.d,target.type=virtio"}
directories: [{filesystem: ["DIR,a", "/srv,b"]}, {filesystem: "/srv,b"}]
random-numbers: [{rng: /dev/urandom}, {rng: "/dev/urandom,rate.bytes=1024,rate.period=1000"}]
board: [{machine: q35}, {machine: pc}]
processor: [{cpu: qemu64}, {cpu: "qemu64,+vmx"}]
vcpus: [{vcpus: "1,maxvcpus=2"}, {vcpus: "2,maxvcpus=4"}]
memory: [{memory: "memory=64,currentMemory=48"}, {memory: "memory=96,currentMemory=56"}]
features: [{features: apic=on}, {features: "apic=on,smm=off"}]
menu: [{boot: hd}, {boot: "hd,menu=on"}]
clock: [{clock: offset=utc}, {clock: "offset=localtime,rtc_tickpolicy=catchup"}]
watchdog: [{watchdog: "i6300esb,action=reset"}, {watchdog: "i6300esb,action=poweroff"}]
first-watchdog: [{}, {watchdog: "i6300esb,action=poweroff"}]
last-watchdog: [{watchdog: "i6300esb,action=poweroff"}, {}]
watchdog-and-board: [{machine: q35, watchdog: "i6300esb,action=poweroff"}, {machine: pc, watchdog: i6300esb}]
autostart: [{}, {autostart: true}]
""")
# addresses on buses, and values that libvirt chooses for a running guest
_CHOSEN = re.compile(
    r".*/address/|devices/controller|uuid$|.*/alias/|@id$|seclabel|.*/target/@dev$|.*/source/@(index|path)$|.*/@tty$"
)
_RUNNING = re.compile(
    r"cpu/|devices/graphics.*port|devices/disk.*(source/@index|driver/@name)|resource/|vcpu/@current|currentMemory"
)


def lab(name: str, work: Path, values: dict[str, Any]) -> Lab:
    """Return a lab with one small guest."""
    base = {
        **yaml.safe_load("{memory: 64, virt-type: qemu, import: true, osinfo: linux2022, graphics: none}"),
        "disk": "path=DIR/a,size=0.1",
        "network": "none",
        **values,
    }
    text = yaml.safe_dump({"version": 1, "project": name, "guests": {name: base}}).replace("DIR", str(work))
    return Lab.parse(text, "guests.yaml")


def leaves(xml: str) -> dict[str, str]:
    """Return the values of the XML, without those that libvirt chooses."""
    return {path: value for path, value in leaves_of(etree.fromstring(xml)).items() if not _CHOSEN.match(path)}


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_changed_running_guest_equals_a_new_guest(
    hypervisor: Hypervisor, name: str, work: Path, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """The definition is equal immediately, the running guest after it is started again, when nothing is pending."""
    old, new = lab(name, work, before), lab(name, work, after)
    (outcome,) = new.apply(hypervisor)
    assert (outcome.status, outcome.message) == ("done", None)
    guest = hypervisor.guest(name)
    expected, expected_running = leaves(guest.handle.xml(inactive=True)), leaves(guest.xml)
    guest.delete(force=True, storage="all")
    (outcome,) = old.apply(hypervisor)
    assert (outcome.status, outcome.message) == ("done", None)

    (found,) = new.diff(hypervisor)
    (outcome,) = new.apply(hypervisor)
    assert (outcome.status, outcome.message) == ("done", None)
    guest = hypervisor.guest(name)
    assert leaves(guest.handle.xml(inactive=True)) == expected
    assert outcome.pending == bool(found.at_next_boot), (found.changes, found.at_next_boot)
    (again,) = new.diff(hypervisor)
    assert not again.is_different and again.pending == outcome.pending
    guest.destroy()
    guest.start()
    running = leaves(guest.xml)
    paths = [path for path in {**running, **expected_running} if not _RUNNING.match(path)]
    assert {path: running.get(path) for path in paths} == {path: expected_running.get(path) for path in paths}
    guest.delete(force=True, storage="all")
