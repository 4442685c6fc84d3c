"""Typical published command lines (guides, blogs, manuals of distributions) and the warnings that each prints.

The lines are pasted without changes, except for media and disks, which are files of the test. A warning is only right
if the user can act on it: at most one for each line, and none for a line that names its operating system.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.media.isofiles import build_iso
from virtinstall.cli.main import main

# the number of warnings, then the command line after `virt-install`; {iso}, {img} and {new} are files of the test
LINES = """
0 --name web1 --memory 2048 --vcpus 2 --disk size=20 --cdrom {iso} --os-variant debian11
0 --name web1 --ram 2048 --vcpus=2 --disk path={new},size=20 --cdrom {iso} --os-variant ubuntu20.04 --graphics vnc
0 -n web1 -r 2048 --vcpus 2 --disk path={new},size=10,bus=virtio,format=qcow2 -c {iso} --os-variant fedora36
0 --virt-type qemu --name centos7 --ram 1024 --disk {img},format=qcow2 --network network=default --graphics \\
  vnc,listen=0.0.0.0 --noautoconsole --os-type=linux --os-variant=centos7.0 --location={tree} -x console=ttyS0
0 --name rhel9 --memory 4096 --vcpus 2 --disk {img} --import --os-variant rhel9.0
0 --connect qemu:///system --name vm1 --memory 1024 --disk {img} --import --os-variant debian10 --noautoconsole
0 --name cloud --memory 2048 --disk {img} --import --os-variant ubuntu22.04 --graphics none --console \\
  pty,target_type=serial
0 --name cloud --memory 2048 --disk {img},device=disk,bus=virtio --import --osinfo ubuntu22.04 --virt-type qemu \\
  --network network=default,model=virtio --graphics none
0 --name win10 --memory 4096 --vcpus 4 --disk size=60,bus=sata --cdrom {iso} --os-variant win10 --network \\
  network=default,model=e1000e --graphics spice --video qxl
0 --name win11 --memory 8192 --vcpus 4 --cpu host-passthrough --disk size=64 --cdrom {iso} --os-variant win11 \\
  --tpm emulator
0 --name freebsd --memory 1024 --disk size=10 --cdrom {iso} --osinfo freebsd13.1 --graphics vnc
0 --name openbsd --memory 512 --disk size=10 --cdrom {iso} --osinfo openbsd7.0
0 --name opensuse --memory 2048 --disk size=10 --location {tree} --os-variant opensuse15.4
0 --name arch --memory 2048 --disk size=20 --cdrom {iso} --os-variant archlinux
0 --name alpine --memory 512 --disk size=2 --cdrom {iso} --os-variant alpinelinux3.15
0 --name pxe --memory 2048 --disk size=20 --pxe --network bridge=br0 --os-variant centos-stream9
0 --name pxe --memory 2048 --disk size=20 --pxe --network network=default --osinfo rhel8.6 --noautoconsole
0 --name gpu --memory 8192 --vcpus 8 --cpu host --disk {img} --import --osinfo win10 --features kvm_hidden=on
0 --name u1 --memory 2048 --vcpus 2 --disk {img} --disk {iso},device=cdrom --import --os-variant ubuntu20.04 \\
  --network bridge=br0,model=virtio
0 --name ci --memory 2048 --disk {img} --cloud-init root-password-generate=on --import --osinfo fedora36
0 --name nested --memory 4096 --vcpus 4 --cpu host-passthrough,cache.mode=passthrough --disk size=40 --cdrom \\
  {iso} --osinfo fedora35
0 --name db --memory 4096 --memorybacking hugepages=on --vcpus 4 --disk {img},cache=none,io=native --import \\
  --osinfo rhel8.5
0 --name lb --memory 1024 --disk {img} --network network=default --network bridge=br1 --import --osinfo debian11
0 --name pinned --memory 2048 --vcpus 4,cpuset=0-3 --disk {img} --import --osinfo debian11
0 --name vnc --memory 2048 --disk {img} --import --graphics vnc,port=5901,listen=127.0.0.1,password=secret \\
  --osinfo debian11
0 --name ser --memory 2048 --disk {img} --import --osinfo debian11 --serial pty --console pty --nographics
0 --name ks --memory 2048 --disk size=20 --location {tree} --initrd-inject {ks} --extra-args \\
  "inst.ks=file:/ks.cfg console=ttyS0" --osinfo fedora36
0 --name pre --memory 1024 --disk size=8 --location {tree} --extra-args "auto=true priority=critical" --osinfo debian11
0 --name old --ram 1024 --file {img} --import --vnc --os-variant centos6.0 --os-type linux
0 --name old --ram=1024 --file={new} --file-size=8 --cdrom={iso} --vnc --os-type=linux --os-variant=rhel6
0 --name old --ram 1024 --disk path={img} --import --nographics --os-variant debian9 --accelerate --hvm
0 --name sles --memory 2048 --disk size=20 --cdrom {iso} --os-variant sle15sp3
0 --name fs --memory 2048 --disk {img} --import --osinfo fedora36 --filesystem /srv,data
0 --name fs --memory 2048 --disk {img} --import --osinfo fedora36 --filesystem \\
  source=/srv,target=data,driver.type=virtiofs --memorybacking access.mode=shared,source.type=memfd
0 --name menu --memory 2048 --disk {img} --import --osinfo fedora36 --boot bootmenu=on,hd,cdrom
0 --name sec --memory 2048 --disk {img} --import --osinfo fedora36 --machine q35
0 --name rng --memory 2048 --disk {img} --import --osinfo fedora36 --rng /dev/urandom --channel \\
  unix,target_type=virtio,name=org.qemu.guest_agent.0
0 --name sound --memory 2048 --disk {img} --import --osinfo fedora36 --sound none --video virtio
0 --name scsi --memory 2048 --disk {img},bus=scsi --controller scsi,model=virtio-scsi --import --osinfo fedora36
0 --name auto --memory 2048 --disk {img} --import --osinfo fedora36 --autostart --noautoconsole --wait 0
0 --name generic --memory 2048 --disk {img} --import --osinfo linux2020
0 --name mint --memory 2048 --disk size=20 --cdrom {iso} --os-variant ubuntu22.04 --check disk_size=off
0 --name live --memory 2048 --disk none --livecd --cdrom {iso} --osinfo fedora36
1 --name rocky --memory 2048 --disk size=20 --cdrom {iso} --os-variant rockylinux10
1 --name sles --memory 2048 --disk size=20 --cdrom {iso} --os-variant sles15sp6
1 -n c1 -r 256 --os-type=linux --disk path={img} --import
1 --name cirros --memory 64 --disk {img},format=qcow2 --import --nographics --virt-type qemu
1 --name vm5 --ram 512 --disk {img} --import --vnc --os-type linux
1 --name vm5 --memory 2048 --disk size=20 --cdrom {iso}
1 --name vm5 --memory 1024 --disk path={new},size=8 --cdrom {iso} --graphics vnc --noautoconsole
1 --name vm5 --memory 1024 --disk {img} --import --os-variant generic
1 --name vm5 --memory 1024 --disk {img} --import --os-variant virtio26 --os-type linux
1 --name vm5 --memory 1024 --disk none --pxe --boot network
1 --name vm5 --ram 512 --nodisks --cdrom {iso} --nographics
1 --name small --memory 256 --disk size=20 --cdrom {iso} --os-variant fedora36
1 --name empty --memory 2048 --disk size=20 --import --os-variant debian11
1 --name new --memory 2048 --disk path={new},size=20 --import --os-variant ubuntu20.04
1 --name vm5 --memory 1024 --disk {img} --import --os-variant linux2099
1 --name vm5 --memory 1024 --disk {img} --import --network network=default --noautoconsole
1 --prompt --name vm5 --memory 1024 --disk {img} --import --os-variant debian11
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An ISO image, a disk image, a kickstart file, an install tree, and a path for a new disk."""
    folder = tmp_path_factory.mktemp("published")
    paths = {name: str(folder / f"{name}.{end}") for name, end in (("iso", "iso"), ("img", "qcow2"), ("ks", "cfg"))}
    build_iso(Path(paths["iso"]), {"README": b"x"})
    Path(paths["img"]).write_bytes(b"\0" * 1024)
    Path(paths["ks"]).write_text("text\n")
    tree = folder / "tree"
    (tree / "images" / "pxeboot").mkdir(parents=True)
    (tree / ".treeinfo").write_text(
        "[general]\nfamily = Fedora\nversion = 36\narch = x86_64\n"
        "[images-x86_64]\nkernel = images/pxeboot/vmlinuz\ninitrd = images/pxeboot/initrd.img\n"
    )
    for name in ("vmlinuz", "initrd.img"):
        (tree / "images" / "pxeboot" / name).write_bytes(b"x")
    return {**paths, "tree": str(tree), "new": str(folder / "new.qcow2")}


@pytest.mark.parametrize("line", LINES.replace("\\\n", "").strip().splitlines())
def test_warnings_of_published_lines(line: str, files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """At most one short warning, and none where the user could not do better."""
    count, _, typed = line.partition(" ")
    args = shlex.split(typed.format(**files))
    if "--connect" in args:
        del args[args.index("--connect") : args.index("--connect") + 2]

    status = main(["--connect", "test:///default", *args, "--dry-run"])

    err = capsys.readouterr().err
    warnings = [text for text in err.splitlines() if text.startswith("WARNING")]
    assert status == 0, err
    assert len(warnings) == int(count), err
    assert all(len(text.removeprefix("WARNING").strip().replace(files["new"], "")) <= 140 for text in warnings), err
