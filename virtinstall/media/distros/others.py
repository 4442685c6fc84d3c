"""Mageia, Mandriva, ALT, Arch and Alpine, and common paths of kernels on other media.

Source: the published media (for ALT and Mageia their boot menus' arguments); osinfo-db's `<kernel>` and `<initrd>`;
archiso's README.bootparams (archiso_http_srv); https://wiki.alpinelinux.org/wiki/PXE_boot (alpine_repo, modloop).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from virtinstall.media.distros.bootconfig import medium_arguments, menu_arguments
from virtinstall.media.medium import InstallTree

if TYPE_CHECKING:
    from virtinstall.media.probe import Probe

_ALPINE_FLAVOURS = ("virt", "lts", "stable", "hardened", "vanilla")

_WELL_KNOWN = (
    ("isolinux/vmlinuz", "isolinux/initrd.img"),
    ("isolinux/vmlinuz0", "isolinux/initrd0.img"),
    ("images/pxeboot/vmlinuz", "images/pxeboot/initrd.img"),
    ("images/kernel.img", "images/initrd.img"),
    ("isolinux/pxeboot/vmlinuz", "isolinux/pxeboot/initrd.img"),
    ("ppc/ppc64/vmlinuz", "ppc/ppc64/initrd.img"),
    ("live/vmlinuz", "live/initrd.img"),
    ("live/vmlinuz", "live/initrd"),
    ("casper/vmlinuz", "casper/initrd"),
    ("casper/vmlinuz", "casper/initrd.lz"),
    ("casper/vmlinuz", "casper/initrd.gz"),
    ("install/vmlinuz", "install/initrd.gz"),
    ("boot/vmlinuz", "boot/initrd"),
    ("boot/vmlinuz", "boot/initrd.img"),
    ("boot/vmlinuz", "boot/initrd.gz"),
    ("isolinux/gentoo", "isolinux/gentoo.igz"),
    ("boot/gentoo", "boot/gentoo.igz"),
    ("EFI/BOOT/vmlinuz", "EFI/BOOT/initrd.gz"),
    ("boot/bzImage", "boot/root.bin"),
    ("vmlinuz", "initrd.img"),
    ("vmlinuz", "initrd"),
    ("vmlinuz", "initrd.gz"),
    ("linux", "initrd.gz"),
    ("linux", "initrd"),
    ("flatcar_production_pxe.vmlinuz", "flatcar_production_pxe_image.cpio.gz"),
)


def recognize(probe: Probe, arch: str) -> InstallTree | None:
    """Return the install tree on a Mageia, Mandriva, ALT, Arch or Alpine medium; None for other media.

    `arch` is libvirt's name for the guest's architecture.
    """
    return _mageia(probe, arch) or _alt(probe) or _arch(probe, arch) or _alpine(probe)


def recognize_by_path(probe: Probe, arch: str) -> InstallTree | None:
    """Return an install tree with the first kernel and initrd at paths that many media use; None if there are none.

    `arch` is libvirt's name for the guest's architecture.
    """
    pairs = [*_WELL_KNOWN, (f"boot/vmlinuz-{arch}", f"boot/initramfs-{arch}.img")]
    pair = probe.first_pair(pairs)
    return InstallTree("unnamed", *pair) if pair else None


def _mageia(probe: Probe, arch: str) -> InstallTree | None:
    version = probe.text("VERSION")
    found = re.match(r"(OpenMandriva|Mageia|Mandriva|Mandrake|ROSA)\D{0,20}([\d.]{1,10})", version or "")
    if found is None:
        return None
    folders = ("i586", "i686", "i386") if arch == "i686" else (arch,)
    pairs = [(f"isolinux/{each}/vmlinuz", f"isolinux/{each}/all.rdz") for each in folders]
    pairs += [
        ("isolinux/alt0/vmlinuz", "isolinux/alt0/all.rdz"),
        ("boot/vmlinuz", "boot/all.rdz"),
        ("isolinux/vmlinuz", "isolinux/all.rdz"),
    ]
    pair = probe.first_pair(pairs)
    if pair is None:
        return None
    name, number = found[1], found[2].strip(".")
    short = number.partition(".")[0] if name == "Mageia" else number
    # without automatic= the installer prompts for the location of its packages
    arguments = medium_arguments(probe, pair[0])
    return InstallTree(name, *pair, os_names=(f"{name.lower()}{short}",), arguments=arguments)


def _alt(probe: Probe) -> InstallTree | None:
    found = re.match(r"ALT\D{0,40}(\d+(?:\.\d+)?)", probe.text(".disk/info") or "")
    if found is None:
        return None
    folders = ("syslinux/alt0", "isolinux/alt0", "alt0", "boot", "EFI/BOOT")
    pair = probe.first_pair([(f"{folder}/vmlinuz", f"{folder}/full.cz") for folder in folders])
    if pair is None:
        return None
    # stagename=, ramdisk_size= and automatic= define which image the initrd starts, and its source
    return InstallTree("ALT", *pair, os_names=(f"alt{found[1]}",), arguments=menu_arguments(probe, pair[0]))


def _arch(probe: Probe, arch: str) -> InstallTree | None:
    folder = f"arch/boot/{arch}"
    pair = probe.first_pair(
        [
            (f"{folder}/vmlinuz-linux", f"{folder}/initramfs-linux.img"),
            (f"{folder}/vmlinuz", f"{folder}/archiso.img"),
        ]
    )
    if pair is None:
        return None
    url = probe.install_url
    arguments = medium_arguments(probe, pair[0])
    if url and url.startswith(("http:", "https:")):
        arguments = ("archisobasedir=arch", f"archiso_http_srv={url.rstrip('/')}/", "ip=dhcp")
    return InstallTree("Arch Linux", *pair, os_names=("archlinux",), arguments=arguments)


def _alpine(probe: Probe) -> InstallTree | None:
    release = probe.text(".alpine-release")
    bases = ("boot/",) if release else ("", "netboot/")
    pairs = [
        (f"{base}vmlinuz-{flavour}", f"{base}initramfs-{flavour}") for base in bases for flavour in _ALPINE_FLAVOURS
    ]
    pair = probe.first_pair(pairs)
    if pair is None:
        return None
    version = re.search(r"(\d+\.\d+)", release or "") or re.search(r"/v(\d+\.\d+)/", probe.location + "/")
    names = (f"alpinelinux{version[1]}",) if version else ()
    arguments = medium_arguments(probe, pair[0]) if release else _alpine_netboot(probe, pair[0])
    return InstallTree("Alpine", *pair, os_names=names, arguments=arguments)


def _alpine_netboot(probe: Probe, kernel: str) -> tuple[str, ...]:
    """Return the kernel arguments of Alpine's network boot: the modules, and the repository if it is known."""
    url = probe.install_url
    if url is None:
        return ()
    base = url.rstrip("/") + "/"
    arguments = ["ip=dhcp", f"modloop={base}{kernel.replace('vmlinuz', 'modloop')}"]
    if found := re.match(r"(.*/(?:v\d+\.\d+|edge|latest-stable))/releases/", base):
        arguments.append(f"alpine_repo={found[1]}/main")
    return tuple(arguments)
