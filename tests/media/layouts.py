"""More trees and images in their published layout: old and unusual ones, and those of remixes.

Source: the public layout of vault.centos.org, archives.fedoraproject.org, deb.debian.org, archive.ubuntu.com,
releases.ubuntu.com, download.opensuse.org, repo.openeuler.org, and of the ISO images published there; KIWI's boot menu.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.media.trees import treeinfo

_PXE = {"images/pxeboot/vmlinuz": "k", "images/pxeboot/initrd.img": "i"}
_LOADER = {"boot/x86_64/loader/linux": "k", "boot/x86_64/loader/initrd": "i"}
_NETBOOT = "netboot/debian-installer/amd64"
_DEBIAN = "http://deb.debian.org/debian/dists/bookworm/main/installer-amd64"


@dataclass(frozen=True)
class Layout:
    """A medium and the expected result. With a label it is a disc image, otherwise a tree at `url`."""

    name: str
    files: dict[str, str]
    kernel: str
    os_name: str | None
    arguments: str = ""
    url: str = "http://127.0.0.1/t/"
    label: str | None = None
    arch: str = "x86_64"


def with_files(*paths: str, **texts: str) -> dict[str, str]:
    """Return files at `paths` with default content, and the files in `texts`."""
    return {**dict.fromkeys(paths, "x"), **texts}


def _discinfo(release: str, folder: str) -> dict[str, str]:
    return {".discinfo": f"1170972069.396645\n{release}\nx86_64\n1,2,3,4\n{folder}/base\n{folder}/RPMS\n", **_PXE}


def _anaconda(family: str, version: str, image: str, new_format: bool = False) -> dict[str, str]:
    release = f"[release]\nname = {family}\nversion = {version}\n" if new_format else ""
    return {".treeinfo": f"{treeinfo(family, version)}[stage2]\nmainimage = {image}\n{release}", **_PXE}


def _suse_info(family: str, version: str) -> str:
    return (
        f"[general]\nfamily = {family}\nversion = {version}\narch = x86_64\n"
        "[images-x86_64]\nkernel = boot/x86_64/loader/linux\ninitrd = boot/x86_64/loader/initrd\n"
    )


_PX, _LINUX = "images/pxeboot/vmlinuz", "boot/x86_64/loader/linux"
_REPO, _METHOD, _INSTALL = (f"{word}=http://127.0.0.1/t/" for word in ("inst.repo", "method", "install"))
_SQUASHFS = {"LiveOS/squashfs.img": "s"}

RED_HAT = [
    Layout("rhel4", _discinfo("Red Hat Enterprise Linux ES 4", "RedHat"), _PX, "rhel4", _METHOD),
    Layout("fedora-core6", _discinfo("Fedora Core 6", "Fedora"), _PX, "fedora6", _METHOD),
    Layout("rhel5.0", _discinfo("Red Hat Enterprise Linux Server 5.0", "Server"), _PX, "rhel5.0", _METHOD),
    Layout(
        "centos5.0",
        _discinfo("Final", "CentOS"),
        _PX,
        "centos5.0",
        "method=http://vault.centos.org/5.0/os/x86_64/",
        url="http://vault.centos.org/5.0/os/x86_64/",
    ),
    Layout("openeuler", _anaconda("openEuler", "22.03-LTS", "images/install.img", True), _PX, None, _REPO),
    Layout("anolis7", _anaconda("Anolis OS", "7.9", "LiveOS/squashfs.img"), _PX, None, _REPO),
    Layout("springdale6", _anaconda("Springdale Linux", "6.8", "images/install.img"), _PX, None, _METHOD),
    Layout("oel5", _anaconda("Enterprise Linux Server", "5.4", "images/stage2.img"), _PX, "oel5.4", _METHOD),
    Layout(
        "no-images", {".treeinfo": "[general]\nfamily = CentOS\nversion = 6.5\n", **_PXE}, _PX, "centos6.5", _METHOD
    ),
    Layout(
        "no-images-ppc",
        {
            ".treeinfo": "[general]\nfamily = Fedora\nversion = 30\n",
            **with_files("ppc/ppc64/vmlinuz", "ppc/ppc64/initrd.img"),
        },
        "ppc/ppc64/vmlinuz",
        "fedora30",
        _REPO,
        arch="ppc64le",
    ),
    Layout(
        "no-images-z",
        {
            ".treeinfo": "[general]\nfamily = Fedora\nversion = 30\n",
            **with_files("images/kernel.img", "images/initrd.img"),
        },
        "images/kernel.img",
        "fedora30",
        _REPO,
        arch="s390x",
    ),
    Layout(
        "byte-order-mark",
        {".treeinfo": "\ufeff" + treeinfo("Fedora", "36"), **_PXE},
        _PX,
        "fedora36",
        _REPO,
    ),
]

DEBIAN = [
    Layout(
        "below-current",
        with_files("images/MANIFEST", f"images/{_NETBOOT}/linux", f"images/{_NETBOOT}/initrd.gz"),
        f"images/{_NETBOOT}/linux",
        "debian12",
        url=f"{_DEBIAN}/current/",
    ),
    Layout(
        "suite",
        with_files(
            "main/installer-amd64/current/images/MANIFEST",
            f"main/installer-amd64/current/images/{_NETBOOT}/linux",
            f"main/installer-amd64/current/images/{_NETBOOT}/initrd.gz",
        ),
        f"main/installer-amd64/current/images/{_NETBOOT}/linux",
        "debian12",
        url="http://deb.debian.org/debian/dists/bookworm/",
    ),
    Layout(
        "stable",
        with_files(
            "current/images/MANIFEST", f"current/images/{_NETBOOT}/linux", f"current/images/{_NETBOOT}/initrd.gz"
        ),
        f"current/images/{_NETBOOT}/linux",
        "debian",
        url="http://deb.debian.org/debian/dists/stable/main/installer-amd64/",
    ),
    Layout(
        "hd-media",
        with_files("vmlinuz", "initrd.gz"),
        "vmlinuz",
        "debian12",
        url=f"{_DEBIAN}/current/images/hd-media/",
    ),
    Layout(
        "leaf",
        with_files("linux", "initrd.gz"),
        "linux",
        "debian12",
        url=f"{_DEBIAN}/current/images/{_NETBOOT}/",
    ),
    Layout(
        "kali",
        with_files(
            "current/images/MANIFEST", f"current/images/{_NETBOOT}/linux", f"current/images/{_NETBOOT}/initrd.gz"
        ),
        f"current/images/{_NETBOOT}/linux",
        "debiantesting",
        url="http://http.kali.org/kali/dists/kali-rolling/main/installer-amd64/",
    ),
    Layout(
        "multi-arch",
        {
            ".disk/info": 'Debian GNU/Linux 12.5.0 "Bookworm" - Official Multi-architecture amd64/i386 NETINST',
            **with_files(
                "install.amd/vmlinuz", "install.amd/initrd.gz", "install.386/vmlinuz", "install.386/initrd.gz"
            ),
        },
        "install.386/vmlinuz",
        "debian12",
        label="Debian 12.5.0 M-A 1",
        arch="i686",
    ),
    Layout(
        "s390x",
        {
            ".disk/info": 'Debian GNU/Linux 12.5.0 "Bookworm" - Official s390x NETINST with firmware',
            **with_files("boot/linux_vm", "boot/root.bin", "boot/parmfile"),
        },
        "boot/linux_vm",
        "debian12",
        label="Debian 12.5.0 s390x n",
        arch="s390x",
    ),
    Layout(
        "ubuntu-netboot",
        {
            "pxelinux.cfg/default": (
                "DEFAULT install\nLABEL install\n  KERNEL linux\n  INITRD initrd\n"
                "  APPEND root=/dev/ram0 ramdisk_size=1500000 url=https://releases.ubuntu.com/noble/x.iso\n"
            ),
            **with_files("linux", "initrd"),
        },
        "linux",
        "ubuntu24.04",
        "root=/dev/ram0 ramdisk_size=1500000 url=https://releases.ubuntu.com/noble/x.iso",
        url="https://releases.ubuntu.com/noble/netboot/amd64/",
    ),
]

_KIWI = (
    'set linux=linux\nset initrd=initrd\nmenuentry "Install" --class os --unrestricted {\n'
    "    $linux ($root)/boot/x86_64/loader/linux ${extra_cmdline} root=live:CDLABEL=DISC rd.live.image\n"
    "    ${initrd} ($root)/boot/x86_64/loader/initrd\n}\n"
)
_LIVE = "root=live:CDLABEL=DISC rd.live.image"

SUSE = [
    Layout(
        "label-without-version",
        {"content": "LABEL openSUSE\nDISTRO cpe:/o:opensuse:opensuse:13.2,openSUSE\n", **_LOADER},
        _LINUX,
        "opensuse13.2",
        _INSTALL,
    ),
    Layout(
        "version-apart",
        {"content": "VERSION 12.1\nLABEL openSUSE\n", **_LOADER},
        _LINUX,
        "opensuse12.1",
        _INSTALL,
    ),
    Layout(
        "microos",
        {"media.1/products": "/ openSUSE-MicroOS 20240310-0\n", **_LOADER},
        _LINUX,
        "opensusetumbleweed",
        _INSTALL,
    ),
    Layout(
        "sap",
        {".treeinfo": _suse_info("SUSE Linux Enterprise Server for SAP Applications", "15.4"), **_LOADER},
        _LINUX,
        "sle15sp4",
        _INSTALL,
    ),
    Layout(
        "version-with-blank",
        {".treeinfo": _suse_info("SUSE Linux Enterprise", "15 SP4"), **_LOADER},
        _LINUX,
        "sle15sp4",
        _INSTALL,
    ),
    Layout(
        "sles11-z",
        {
            "content": "LABEL SUSE Linux Enterprise Server 11 SP4\n",
            **with_files("boot/s390x/vmrdr.ikr", "boot/s390x/initrd"),
        },
        "boot/s390x/vmrdr.ikr",
        "sles11sp4",
        _INSTALL,
        arch="s390x",
    ),
    Layout(
        "sles11-power",
        {
            "content": "LABEL SUSE Linux Enterprise Server 11 SP4\n",
            **with_files("suseboot/linux64", "suseboot/initrd64"),
        },
        "suseboot/linux64",
        "sles11sp4",
        _INSTALL,
        arch="ppc64",
    ),
    Layout(
        "agama-with-treeinfo",
        {".treeinfo": _suse_info("openSUSE Leap", "16.0"), **_LOADER, **_SQUASHFS},
        _LINUX,
        "opensuse16.0",
        "root=live:http://127.0.0.1/t/LiveOS/squashfs.img",
    ),
    Layout(
        "agama-by-kiwi",
        {"boot/grub2/grub.cfg": _KIWI, **_LOADER, **_SQUASHFS},
        _LINUX,
        "opensuse16.0",
        _LIVE,
        label="Install-Leap-16.0-x86_64",
    ),
    Layout(
        "fedora-live-by-kiwi",
        {"boot/grub2/grub.cfg": _KIWI, **_LOADER, **_SQUASHFS},
        _LINUX,
        None,
        _LIVE,
        label="Fedora-WS-Live-41-1-4",
    ),
]

LAYOUTS = [*RED_HAT, *DEBIAN, *SUSE]
