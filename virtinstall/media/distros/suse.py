"""SUSE and openSUSE trees and media, installed by YaST (linuxrc) or by Agama.

Source: https://en.opensuse.org/SDB:Linuxrc (install=); libzypp's description of `content`,
`media.1/products`; dracut.cmdline(7) (root=live:) for Agama's live media.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from virtinstall.media.distros.bootconfig import medium_arguments
from virtinstall.media.tree import Tree

if TYPE_CHECKING:
    from virtinstall.media.probe import Probe

_ARCHES = {"i686": "i386", "armv7l": "armv7hl"}
_AGAMA_IMAGE = "LiveOS/squashfs.img"


def recognize(probe: Probe, arch: str, guest_type: str) -> Tree | None:
    """The SUSE medium at the location, or None. Nobody else puts a kernel in `boot/ARCH/loader`."""
    arch = _ARCHES.get(arch, arch)
    marked = [path for path in ("content", "media.1/products", "media.1/build") if probe.has(path)]
    pairs = []
    if guest_type == "xen":
        pairs.append((f"boot/{arch}/vmlinuz-xen", f"boot/{arch}/initrd-xen"))
    pairs.append((f"boot/{arch}/loader/linux", f"boot/{arch}/loader/initrd"))
    if marked or arch != "x86_64":
        pairs.append((f"boot/{arch}/linux", f"boot/{arch}/initrd"))
    pair = probe.first_pair(pairs)
    if pair is None:
        return None
    names = _names(probe, marked)
    if probe.has(_AGAMA_IMAGE):
        return Tree("SUSE (Agama)", *pair, os_names=names, arguments=_agama_arguments(probe, pair[0]))
    url = probe.install_url
    return Tree(
        "SUSE",
        *pair,
        os_names=names,
        url_argument="install",
        arguments=(f"install={linuxrc_url(url)}",) if url else (),
    )


def linuxrc_url(url: str) -> str:
    """`url` as linuxrc writes it: `nfs://HOST/PATH` where anaconda has `nfs:HOST:/PATH`."""
    if url.startswith("nfs:") and not url.startswith("nfs://"):
        host, _, path = url[4:].partition("/")
        return f"nfs://{host.removesuffix(':')}/{path}"
    return url


def suse_names(product: str) -> tuple[str, ...]:
    """osinfo short ids for a product's name and version, as SUSE's files write them in many ways."""
    text = product.lower().replace("_", " ")
    if "tumbleweed" in text or re.search(r"opensuse\D{0,3}20[12]\d{5}", text):
        return ("opensusetumbleweed", "opensuse-unknown")
    if "opensuse" in text or "leap" in text:
        version = re.search(r"(\d{2}\.\d)", text)
        return (f"opensuse{version[1]}", "opensuse-unknown") if version else ("opensuse-unknown",)
    return _enterprise_names(text)


def _enterprise_names(text: str) -> tuple[str, ...]:
    found = re.search(r"(?:sle[sdm]?|server|desktop|micro)\D{0,3}(\d{1,2})", text)
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
    for path in marked:
        text = probe.text(path) or ""
        if path == "content":
            wanted = [line.split(None, 1)[1] for line in text.splitlines()[:200] if _says_product(line)]
        else:
            wanted = text.splitlines()[:1]
        for product in wanted:
            if names := suse_names(product):
                return names
    volume = probe.volume
    return suse_names(volume.volume_id) if volume else ()


def _says_product(line: str) -> bool:
    return line.startswith(("LABEL ", "DISTRO ")) and len(line.split(None, 1)) == 2


def _agama_arguments(probe: Probe, kernel: str) -> tuple[str, ...]:
    if probe.install_url and probe.install_url.startswith(("http:", "https:", "ftp:")):
        return (f"root=live:{probe.install_url.rstrip('/')}/{_AGAMA_IMAGE}",)
    return medium_arguments(probe, kernel)
