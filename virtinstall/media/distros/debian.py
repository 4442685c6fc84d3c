"""Debian, Ubuntu and derived distributions: netboot trees, mirrors, installer CDs and live media.

Source: the Debian installation guide, sections 4.2 and 5.1 (images/MANIFEST, netboot);
https://d-i.debian.org/daily-images/; `.disk/info` of the published images; casper(7); live-boot(7); debian-cd's CDs for
s390x (boot/linux_vm).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from virtinstall.media.distros.bootconfig import medium_arguments
from virtinstall.media.distros.codenames import CODENAMES
from virtinstall.media.medium import InstallTree

if TYPE_CHECKING:
    from virtinstall.media.probe import Probe

_ARCHES = {
    "x86_64": "amd64",
    "i686": "i386",
    "aarch64": "arm64",
    "armv7l": "armhf",
    "ppc64le": "ppc64el",
    "ppc64": "powerpc",
}
_CD_FOLDERS = {"amd64": "install.amd", "i386": "install.386", "arm64": "install.a64", "armhf": "install.ahf"}
_CASPER = [
    (f"casper/{kernel}", f"casper/{initrd}")
    for kernel in ("vmlinuz", "vmlinuz.efi", "vmlinux")
    for initrd in ("initrd", "initrd.lz", "initrd.gz", "initrd.img")
]
_SUITES = ("stable", "testing")


def recognize(probe: Probe, arch: str, guest_type: str) -> InstallTree | None:
    """Return the install tree on a medium of Debian, Ubuntu or a derived distribution; None for other media.

    `arch` is libvirt's name for the guest's architecture; `guest_type` is `hvm` or `xen`.
    """
    debian_arch = _arch_in(probe.location) or _ARCHES.get(arch, arch)
    return _from_disc(probe, debian_arch, guest_type) or _from_network_tree(probe, debian_arch, guest_type)


def _from_disc(probe: Probe, arch: str, guest_type: str) -> InstallTree | None:
    """Return the installer or live disc with `.disk/info`; None if it is another medium."""
    info = probe.text(".disk/info")
    if info is None or not re.search(r"debian|ubuntu|mint|kali|\bpop", info, re.IGNORECASE):
        return None
    names = names_of(info)
    stated = re.findall(r"\b(amd64|i386|arm64|armhf|ppc64el|s390x|riscv64)\b", info)
    if stated and arch not in stated:
        arch = stated[0]
    folder = _CD_FOLDERS.get(arch, "install")
    pairs = [(f"{folder}/xen/vmlinuz", f"{folder}/xen/initrd.gz")] if guest_type == "xen" else []
    on_disc = [(f"{each}/{kernel}", f"{each}/initrd.gz") for each in (folder, "install") for kernel in _KERNELS]
    # An installer with network modules must download the rest; the disc's installer has it locally.
    from_network = _netboot_pairs("install/netboot/", arch, guest_type)
    pairs += [*on_disc, *from_network] if probe.volume else [*from_network, *on_disc]
    if pair := probe.first_pair([*pairs, *_Z_PAIRS]):
        return InstallTree(_distro(names), *pair, os_names=names)
    if pair := probe.first_pair(_CASPER):
        return InstallTree(_distro(names), *pair, os_names=names, arguments=medium_arguments(probe, pair[0]))
    return None


_KERNELS = ("vmlinuz", "vmlinux")
_Z_PAIRS = [("boot/kernel.ubuntu", "boot/initrd.ubuntu"), ("boot/linux_vm", "boot/root.bin")]


def _from_network_tree(probe: Probe, arch: str, guest_type: str) -> InstallTree | None:
    """Return the tree of an archive, a daily build, an unpacked netboot.tar.gz or a mirror; None for others."""
    for base in _bases(probe.location, arch):
        if not probe.has(f"{base}MANIFEST"):
            continue
        pairs = _netboot_pairs(f"{base}netboot/", arch, guest_type)
        pairs += [(f"{base}generic/kernel.{name}", f"{base}generic/initrd.{name}") for name in _FLAVOURS]
        if pair := probe.first_pair(pairs):
            names = _names_of_address(probe.location, pair[0])
            return InstallTree(_distro(names), *pair, os_names=names)
    pairs = _netboot_pairs("", arch, guest_type)
    if _arch_in(probe.location):
        # a single folder of images/, such as hd-media/ or cdrom/, or that of the network kernel
        pairs += [(kernel, "initrd.gz") for kernel in ("linux", *_KERNELS)]
    if pair := probe.first_pair(pairs):
        names = _names_of_address(probe.location, pair[0])
        return InstallTree(_distro(names), *pair, os_names=names)
    return _from_mirror(probe, arch, guest_type)


_FLAVOURS = ("debian", "ubuntu")


def _bases(location: str, arch: str) -> tuple[str, ...]:
    """Return possible places of `MANIFEST`, because a location may be any folder of the archive."""
    if re.search(r"/installer-[a-z0-9]+/[^/]+/?$", location):
        return ("images/", "legacy-images/", "")
    if suite := re.search(r"/dists/[^/]+(/main)?/?$", location):
        installer = f"{'' if suite[1] else 'main/'}installer-{arch}/current/"
        return (f"{installer}images/", f"{installer}legacy-images/")
    return ("current/images/", "current/legacy-images/", "daily/", "")


def _from_mirror(probe: Probe, arch: str, guest_type: str) -> InstallTree | None:
    for suite in _SUITES:
        release = probe.text(f"dists/{suite}/Release")
        if release is None:
            continue
        base = f"dists/{suite}/main/installer-{arch}/current/images/netboot/"
        if pair := probe.first_pair(_netboot_pairs(base, arch, guest_type)):
            names = names_of_release(release)
            return InstallTree(_distro(names), *pair, os_names=names)
    return None


def _netboot_pairs(base: str, arch: str, guest_type: str) -> list[tuple[str, str]]:
    pairs = [(f"{base}xen/vmlinuz", f"{base}xen/initrd.gz")] if guest_type == "xen" else []
    for flavour in _FLAVOURS:
        folder = f"{base}{flavour}-installer/{arch}"
        pairs += [(f"{folder}/{kernel}", f"{folder}/initrd.gz") for kernel in ("linux", "vmlinux")]
    if base:
        pairs.append((f"{base}vmlinuz", f"{base}initrd.gz"))
    return pairs


def names_of(info: str) -> tuple[str, ...]:
    """Return the osinfo short IDs for `info`, the contents of a `.disk/info` file.

    The result is an empty tuple if the release is unknown.
    """
    ubuntu = re.search(r"ubuntu[^\d\"]{0,40}(\d{1,2}\.\d{2})", info, re.IGNORECASE)
    if ubuntu:
        return (f"ubuntu{ubuntu[1]}",)
    debian = re.search(r"debian[^\d\"]{0,40}(\d{1,2})(\.\d+)?", info, re.IGNORECASE)
    if debian:
        return (f"debian{debian[1]}",)
    return _names_of_tokens(info)


def names_of_release(release: str) -> tuple[str, ...]:
    """Return the osinfo short IDs for `release`, the contents of an archive's `Release` file.

    The result is an empty tuple if the release is unknown.
    """
    fields = dict(line.split(": ", 1) for line in release.splitlines()[:40] if ": " in line)
    origin, version = fields.get("Origin", "").lower(), fields.get("Version", "")
    if origin == "ubuntu" and version:
        return (f"ubuntu{version}",)
    if origin == "debian" and version:
        return (f"debian{version.partition('.')[0]}",)
    return _names_of_tokens(fields.get("Codename", ""))


def _names_of_address(location: str, kernel: str) -> tuple[str, ...]:
    names = _names_of_tokens(location)
    if not names and "/dists/stable/" in f"{location}/":
        return ("debian",)
    if not names and "debian-installer" in kernel:
        return ("debiantesting",) if "daily" in f"{location}/{kernel}" else ()
    return names


def names_of_archive(location: str) -> tuple[str, ...]:
    """Return the osinfo short IDs for the URL `location` if it is in a release's directory on a mirror.

    The result is an empty tuple for other URLs and unknown releases.
    """
    found = re.search(
        r"(?:/dists|releases\.ubuntu\.com(?:/releases)?|/ubuntu-releases)/([a-z]+|\d\d\.\d\d)\b", location
    )
    if found is None:
        return ()
    return _names_of_tokens(found[1]) if found[1].isalpha() else (f"ubuntu{found[1]}",)


def _names_of_tokens(text: str) -> tuple[str, ...]:
    """Return the osinfo short IDs for the first codename in `text`."""
    tokens = re.findall(r"[a-z]+", text.lower())
    found = next((CODENAMES[word] for word in reversed(tokens) if word in CODENAMES), None)
    return (found,) if found else ()


def _arch_in(location: str) -> str | None:
    """Return the architecture in an archive's URL, for example in `daily-images/amd64`; None if there is none."""
    found = re.search(r"(?:installer-|daily-images/)([a-z0-9]+)", location)
    return found[1] if found else None


def _distro(names: tuple[str, ...]) -> str:
    return "Ubuntu" if names and names[0].startswith("ubuntu") else "Debian"
