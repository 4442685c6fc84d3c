"""SUSE and openSUSE trees and media, installed by YaST (linuxrc) or by Agama.

Source: https://en.opensuse.org/SDB:Linuxrc (install=); libzypp's description of `content`,
`media.1/products`; dracut.cmdline(7) (root=live:) for Agama's live media; the deployment guides of
SLES 10 and 11 for IBM Z (vmrdr.ikr) and POWER (suseboot); the media of SUSE Linux 9 and 10 (boot/loader).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from virtinstall.media.distros.bootconfig import medium_arguments
from virtinstall.media.medium import InstallTree

if TYPE_CHECKING:
    from virtinstall.media.probe import Probe

_ARCHES = {"i686": "i386", "armv7l": "armv7hl"}
_AGAMA_IMAGE = "LiveOS/squashfs.img"
_FIRST_AGAMA = 16
# paths of the kernel on media for one architecture, or on media older than all others
_ODD_PAIRS = {
    "s390x": ("boot/s390x/vmrdr.ikr", "boot/s390x/initrd"),
    "ppc64": ("suseboot/linux64", "suseboot/initrd64"),
    "i386": ("boot/loader/linux", "boot/loader/initrd"),
    "x86_64": ("boot/loader/linux", "boot/loader/initrd"),
}
_SUSE_LABEL = re.compile(r"suse|agama|sle[smd]?[-_ ]|leap|tumbleweed|^install", re.IGNORECASE)


def recognize(probe: Probe, arch: str, guest_type: str) -> InstallTree | None:
    """Return the install tree on a SUSE or openSUSE medium; None for other media.

    `arch` is libvirt's name for the guest's architecture; `guest_type` is `hvm` or `xen`. Live discs from other vendors
    may also have a kernel in `boot/ARCH/loader`, so the volume ID of a live disc is checked.
    """
    arch = _ARCHES.get(arch, arch)
    marked = [path for path in ("content", "media.1/products", "media.1/build") if probe.has(path)]
    pairs = []
    if guest_type == "xen":
        pairs.append((f"boot/{arch}/vmlinuz-xen", f"boot/{arch}/initrd-xen"))
    pairs.append((f"boot/{arch}/loader/linux", f"boot/{arch}/loader/initrd"))
    if marked or arch != "x86_64":
        pairs.append((f"boot/{arch}/linux", f"boot/{arch}/initrd"))
    if marked and arch in _ODD_PAIRS:
        pairs.append(_ODD_PAIRS[arch])
    pair = probe.first_pair(pairs)
    if pair is None:
        return None
    names = _names(probe, marked)
    if probe.has(_AGAMA_IMAGE):
        if not marked and probe.volume is not None and not _SUSE_LABEL.search(probe.volume.volume_id):
            return None
        return InstallTree("SUSE (Agama)", *pair, os_names=names, arguments=agama_arguments(probe, pair[0]))
    url = probe.install_url
    return InstallTree(
        "SUSE",
        *pair,
        os_names=names,
        arguments=(f"install={linuxrc_url(url)}",) if url else (),
    )


def linuxrc_url(url: str) -> str:
    """Return `url` in the form that linuxrc requires: `nfs://HOST/PATH` instead of anaconda's `nfs:HOST:/PATH`.

    Any other URL is returned unchanged.
    """
    if url.startswith("nfs:") and not url.startswith("nfs://"):
        host, _, path = url[4:].partition("/")
        return f"nfs://{host.removesuffix(':')}/{path}"
    return url


def uses_agama(probe: Probe, version: str) -> bool:
    """Return whether the installer of the SUSE release `version` is Agama, which does not support `install=`."""
    major = re.match(r"\d{1,3}(?!\d)", version)
    return major is not None and _FIRST_AGAMA <= int(major[0]) < 42 and probe.has(_AGAMA_IMAGE)


def suse_names(product: str) -> tuple[str, ...]:
    """Return the osinfo short IDs for a SUSE product, the most specific first; an empty tuple if it is unknown.

    `product` is the name and version of the product, in any of the forms that are used on SUSE media.
    """
    text = product.lower().replace("_", " ")
    if "tumbleweed" in text or re.search(r"opensuse\D{0,12}20[12]\d{5}", text):
        return ("opensusetumbleweed", "opensuse-unknown")
    if "opensuse" in text or "leap" in text:
        version = re.search(r"(\d{2}\.\d)", text)
        return (f"opensuse{version[1]}", "opensuse-unknown") if version else ("opensuse-unknown",)
    return _enterprise_names(text)


def _enterprise_names(text: str) -> tuple[str, ...]:
    found = re.search(r"(?:sle[sdm]?|server|desktop|micro)\D{0,3}(\d{1,2})", text)
    found = found or re.search(r"(?:sle[sd]|enterprise)\D{1,45}(\d{1,2})", text)
    if found is None:
        return ()
    major = int(found[1])
    if "micro" in text or "slem" in text:
        version = re.search(r"\d\.\d", text)
        return (f"slem{version[0]}",) if version else ()
    pack = re.search(r"sp\s?(\d)", text) or re.search(rf"{major}\.(\d)", text)
    suffix = f"sp{pack[1]}" if pack and pack[1] != "0" else ""
    if major >= 15:
        return (f"sle{major}{suffix}", f"sle{major}-unknown", "sle-unknown")
    flavour = "sled" if re.search(r"sled|desktop", text) else "sles"
    return (f"{flavour}{major}{suffix}", f"{flavour}{major}")


def _names(probe: Probe, marked: list[str]) -> tuple[str, ...]:
    found = [suse_names(product) for path in marked for product in _products(path, probe.text(path) or "")]
    if probe.volume is not None:
        found.append(suse_names(probe.volume.volume_id))
    # a product without a version is less precise than one with a version, in any order
    return max(found, key=lambda names: bool(names) + bool(names and not names[0].endswith("-unknown")), default=())


def _products(path: str, text: str) -> list[str]:
    """Return the lines of a medium's file that contain the product's name, and in `content` also the version."""
    if path != "content":
        return text.splitlines()[:1]
    rows = [line.split(None, 1) for line in text.splitlines()[:200]]
    named = [fields[1] for fields in rows if len(fields) == 2 and fields[0] in ("LABEL", "DISTRO")]
    version = next((fields[1] for fields in rows if len(fields) == 2 and fields[0] == "VERSION"), "")
    return [*named, *(f"{each} {version}" for each in named)]


def agama_arguments(probe: Probe, kernel: str) -> tuple[str, ...]:
    """Return the kernel arguments with which Agama finds its live image.

    For an HTTP, HTTPS or FTP tree, the result contains the URL of the image. For other media, it consists of the
    `medium_arguments` for `kernel`.
    """
    if probe.install_url and probe.install_url.startswith(("http:", "https:", "ftp:")):
        return (f"root=live:{probe.install_url.rstrip('/')}/{_AGAMA_IMAGE}",)
    return medium_arguments(probe, kernel)
