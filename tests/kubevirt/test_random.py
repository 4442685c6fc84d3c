"""Random combinations of options: each is an error that names options, or a valid manifest.

`VIRTINSTALL_KUBEVIRT_RUNS` sets their number.
"""

from __future__ import annotations

import os
import random
import re

import pytest

from tests.cases.facts import ENVIRONMENT
from tests.kubevirt.golden import request_of
from tests.kubevirt.schema import needs_schemas, problems
from tests.kubevirt.test_golden import assert_names_options
from virtinstall.errors import VirtInstallError
from virtinstall.kubevirt.manifests import manifests
from virtinstall.kubevirt.peripherals import AGENT_CHANNEL

RUNS = int(os.environ.get("VIRTINSTALL_KUBEVIRT_RUNS") or 300)
SYSTEMS = ("debian12", "win11", "winxp", "rhel6.0", "fedora40", "generic", "linux2022", "freebsd13.0")
CHOICES: dict[str, tuple[str, ...]] = {
    "memory": ("2048", "4G", "4G,currentMemory=2G", "2G,maxMemory=8G", "4096,hugepages=on", "1025"),
    "vcpus": ("1", "4", "2,maxvcpus=8", "sockets=2,cores=2,threads=2", "4,cpuset=auto", "3,maxvcpus=6,cores=3"),
    "cpu": ("host-passthrough", "host-model", "Skylake-Client,+vmx,disable=hle", "none", "host-model,+aes"),
    "machine": ("q35", "pc", "virt"),
    "arch": ("x86_64", "aarch64", "s390x", "ppc64le"),
    "boot": ("uefi", "uefi,secure-boot=on", "hd,network", "firmware=bios", "cdrom,hd", "bootmenu.enable=yes"),
    "graphics": ("vnc", "none", "spice", "vnc,listen=0.0.0.0"),
    "video": ("virtio", "vga", "qxl", "none"),
    "sound": ("default", "ac97", "none"),
    "tpm": ("emulator", "none", "emulator,version=2.0,backend.persistent_state=no", "emulator,model=tpm-crb"),
    "rng": ("/dev/urandom", "none", "builtin"),
    "watchdog": ("default", "i6300esb,action=shutdown", "diag288"),
    "input": ("tablet", "tablet,bus=virtio", "mouse"),
    "panic": ("default", "hyperv", "pvpanic"),
    "vsock": ("default", "cid=7"),
    "serial": ("pty", "none", "file,path=/tmp/log"),
    "console": ("pty", "pty,target.type=virtio"),
    "memballoon": ("none", "virtio", "virtio,autodeflate=on"),
    "redirdev": ("default",),
    "channel": ("unix,target.type=virtio,target.name=org.qemu.guest_agent.0", "spicevmc"),
    "filesystem": ("pvc/data,data", "source.dir=configmap/a,target.dir=b,driver.type=virtiofs", "/srv,srv"),
    "features": ("acpi=off", "hyperv.relaxed.state=on,hyperv.vpindex.state=off", "smm.state=on", "kvm_hidden=on"),
    "clock": ("offset=utc", "offset=timezone,timezone=Europe/Berlin", "offset=localtime", "hpet_present=no"),
    "events": ("on_poweroff=destroy", "on_reboot=destroy", "on_crash=restart", "on_crash=preserve"),
    "iothreads": ("1", "4"),
    "cputune": ("vcpupin0.vcpu=0,vcpupin0.cpuset=3", "shares=100", "emulatorpin.cpuset=1"),
    "numatune": ("memory.placement=auto", "nodeset=0"),
    "memorybacking": ("hugepages=on", "hugepages=on,size=1,unit=G", "locked=on", "access.mode=shared"),
    "sysinfo": ("system.serial=1", "chassis.asset=2", "bios.vendor=x"),
    "launchSecurity": ("sev,policy=0x5", "sev-snp", "tdx", "s390-pv", "sev,policy=0x3"),
    "metadata": ("title=A,description=B", "uuid=12345678-12f4-1234-1234-123456789012", "genid_enable=yes"),
    "controller": ("scsi,model=virtio-scsi", "usb,model=qemu-xhci", "pci"),
    "hostdev": ("0:1:0.0",),
    "pm": ("suspend_to_mem=no",),
    "kubevirt-preference": ("fedora", "infer"),
    "kubevirt-instancetype": ("u1.medium", "virtualmachineinstancetype/mine"),
    "kubevirt-device": ("nvidia.com/T4,type=gpu", "intel.com/qat"),
    "kubevirt-run-strategy": ("Halted", "Manual"),
    "kubevirt-namespace": ("shop",),
    "kubevirt-drop": ("graphics,pm,hostdev", "tpm.model", "boot.bootmenu,sysinfo"),
}
DISKS = (
    *("size=20", "size=20,bus=scsi", "size=5,transient=yes", "image=https://example.org/a.qcow2,size=9", "vol=pvc/a"),
    *("image=docker://quay.io/a:1,size=9", "image=docker://quay.io/a:1,transient=yes", "vol=dv/b,bus=usb,serial=x1"),
    *("vol=pvc/iso,device=cdrom", "vol=pvc/lun,device=lun", "size=3,pool=fast,cache=none,io=native", "/images/a.qcow2"),
    *("vol=pvc/s,shareable=yes", "size=1,boot.order=1", "vol=pvc/c,driver.iothread=1", "vol=pvc/r,readonly=yes"),
    *("path=https://example.org/a.iso,device=cdrom", "size=2,format=qcow2,sparse=no", "vol=pvc/d,bus=ide"),
)
NETWORKS = (
    *(
        "default",
        "none",
        "user",
        "passt",
        "bridge=br0",
        "network=lan,model=e1000e",
        "type=hostdev,source.network=sriov",
    ),
    *("passt,portForward=8080:80", "bridge=b,mac=52:54:00:11:22:33,link.state=down", "type=direct,source=eth0"),
    *("default,driver.queues=4", "bridge=c,boot.order=2", "bridge=d,mtu.size=9000"),
)
METHODS = (
    "--import",
    "--cdrom https://example.org/a.iso",
    "--pxe",
    "--location https://example.org/tree",
    "--noreboot",
)
SEEDS = (
    "--cloud-init hostname=www,packages=nginx",
    "--cloud-init root-password-generate=on",
    "--ignition https://a.org/i",
)


def command_line(chance: random.Random) -> list[str]:
    """Return a random command line."""
    args = ["--name", f"guest-{chance.randrange(99)}", "--osinfo", chance.choice(SYSTEMS)]
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        args += ["--disk", chance.choice(DISKS)]
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        args += ["--network", chance.choice(NETWORKS)]
    args += chance.choice(METHODS).split()
    if chance.random() < 0.3:
        args += chance.choice(SEEDS).split()
    for option in chance.sample(sorted(CHOICES), chance.choice((0, 1, 1, 2, 2, 3, 5, 9))):
        args += [f"--{option}", chance.choice(CHOICES[option])]
    return args


@needs_schemas
@pytest.mark.parametrize("part", range(10))
def test_random_options_are_an_error_or_valid(part: int) -> None:
    """There is no traceback, and some of the command lines are valid."""
    chance = random.Random(2200 + part)
    valid = 0
    for _ in range(RUNS // 10):
        args = command_line(chance)
        try:
            found = manifests(request_of(args), environ=ENVIRONMENT)
        except VirtInstallError as error:
            assert_names_options(error)
            continue
        valid += 1
        assert [each for document in found.documents for each in problems(document)] == [], " ".join(args)
    assert valid


NO_EFFECT = {
    *("--noreboot", "--import", "--pxe", "--network default", "--network user", "--network none", "--graphics vnc"),
    *(
        "--serial pty",
        "--serial none",
        "--console pty",
        "--channel unix,target.type=virtio,target.name=" + AGENT_CHANNEL,
    ),
    *("--controller scsi,model=virtio-scsi", "--controller usb,model=qemu-xhci", "--video none", "--sound none"),
    *("--rng none", "--rng /dev/urandom", "--rng builtin", "--tpm none", "--memballoon virtio", "--cpu none"),
    *("--events on_crash=restart", "--features smm.state=on", "--memory 2048", "--memory 4G", "--input tablet"),
    *("--boot uefi", "--boot hd,network", "--clock offset=utc", "--vcpus 1"),
}
"""Options that equal the default, or that apply to parts that the guest does not have."""


def documents_of(args: list[str]) -> str | None:
    """Return the documents as text without salts, or None if the command line is an error."""
    try:
        found = manifests(request_of(args), environ=ENVIRONMENT).documents
    except VirtInstallError:
        return None
    return re.sub(r"\$6\$\S+", "", str(found))


def parts_of(args: list[str]) -> list[list[str]]:
    """Return each option with its value."""
    starts = [number for number, text in enumerate(args) if text.startswith("--")]
    return [args[start:end] for start, end in zip(starts, [*starts[1:], len(args)], strict=True)]


def test_each_accepted_option_changes_the_manifest() -> None:
    """No option is accepted and then silently ignored."""
    chance = random.Random(22)
    tried = 0
    for _ in range(RUNS // 2):
        args = command_line(chance)
        whole = None if "--kubevirt-drop" in args else documents_of(args)
        if whole is None:
            continue
        parts = parts_of(args)
        for number, part in enumerate(parts):
            if number < 2 or " ".join(part) in NO_EFFECT or part[0] in NO_EFFECT:
                continue
            rest = documents_of([text for other, each in enumerate(parts) if other != number for text in each])
            assert rest != whole, f"{' '.join(part)} has no effect in: {' '.join(args)}"
            tried += 1
    assert tried
