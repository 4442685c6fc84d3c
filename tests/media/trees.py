"""Install trees and media in their published layout, reduced to the files that distinguish them.

Source: the public layout of download.fedoraproject.org, vault.centos.org, deb.debian.org, archive.ubuntu.com,
download.opensuse.org, mirrors.kernel.org/mageia, dl-cdn.alpinelinux.org, geo.mirror.pkgbuild.com and of the ISO images
published there.
"""

from __future__ import annotations


def treeinfo(family: str, version: str, arch: str = "x86_64", xen: str = "images/pxeboot") -> str:
    """Return a `.treeinfo` in the old layout, with a [general] section."""
    return (
        f"[general]\nfamily = {family}\nversion = {version}\narch = {arch}\nname = {family}-{version}\n"
        f"[images-{arch}]\nkernel = images/pxeboot/vmlinuz\ninitrd = images/pxeboot/initrd.img\n"
        f"boot.iso = images/boot.iso\n"
        f"[images-xen]\nkernel = {xen}/vmlinuz\ninitrd = {xen}/initrd.img\n"
    )


def productmd(name: str, short: str, version: str, arch: str = "x86_64") -> str:
    """Return a `.treeinfo` of productmd 1.2, without the old [general] section."""
    return (
        f"[header]\ntype = productmd.treeinfo\nversion = 1.2\n"
        f"[release]\nname = {name}\nshort = {short}\nversion = {version}\n"
        f"[tree]\narch = {arch}\nplatforms = {arch},xen\nvariants = BaseOS\n"
        f"[images-{arch}]\nkernel = images/pxeboot/vmlinuz\ninitrd = images/pxeboot/initrd.img\n"
        f"boot.iso = images/boot.iso\n"
    )


_PXE = {"images/pxeboot/vmlinuz": "k", "images/pxeboot/initrd.img": "i", "images/boot.iso": "b"}
_LOADER = {"boot/x86_64/loader/linux": "k", "boot/x86_64/loader/initrd": "i"}
_DEB = "current/images/netboot/debian-installer/amd64"
_UBU = "images/netboot/ubuntu-installer/amd64"
_SUSE_FAMILY = (
    "[general]\nfamily = openSUSE Leap\nversion = 15.4\narch = x86_64\nname = openSUSE Leap 15.4\n"
    "[release]\nname = openSUSE Leap\nshort = openSUSE Leap\nversion = 15.4\n"
    "[images-x86_64]\nkernel = boot/x86_64/loader/linux\ninitrd = boot/x86_64/loader/initrd\n"
)

TREES: dict[str, dict[str, str]] = {
    "fedora17": {".treeinfo": treeinfo("Fedora", "17"), **_PXE},
    "fedora39": {".treeinfo": treeinfo("Fedora", "39"), **_PXE},
    "fedora-rawhide": {".treeinfo": treeinfo("Fedora", "rawhide"), **_PXE},
    "rhel5": {
        ".treeinfo": treeinfo("Red Hat Enterprise Linux Server", "5.8", xen="images/xen"),
        "images/xen/vmlinuz": "x",
        "images/xen/initrd.img": "x",
        **_PXE,
    },
    "rhel6": {"treeinfo": treeinfo("Red Hat Enterprise Linux", "6.0"), **_PXE},
    "rhel7": {".treeinfo": treeinfo("Red Hat Enterprise Linux", "7.9"), **_PXE},
    "rhel9": {".treeinfo": productmd("Red Hat Enterprise Linux", "RHEL", "9.2"), **_PXE},
    "centos6": {".treeinfo": treeinfo("CentOS", "6.10"), **_PXE},
    "centos7": {".treeinfo": treeinfo("CentOS", "7"), **_PXE},
    "centos-stream9": {".treeinfo": productmd("CentOS Stream", "CentOS Stream", "9"), **_PXE},
    "rocky9": {".treeinfo": productmd("Rocky Linux", "Rocky", "9.0"), **_PXE},
    "almalinux9": {".treeinfo": productmd("AlmaLinux", "AlmaLinux", "9.3"), **_PXE},
    "ol8": {".treeinfo": productmd("Oracle Linux Server", "OL", "8.5"), **_PXE},
    "scientific6": {".treeinfo": treeinfo("Scientific Linux", "6.9"), **_PXE},
    "unknown-treeinfo": {".treeinfo": treeinfo("Frobnix", "3.1"), **_PXE},
    "no-treeinfo-redhat": dict(_PXE),
    "dists/bookworm/main/installer-amd64": {
        "current/images/MANIFEST": "netboot/debian-installer/amd64/linux -- kernel image for netboot install",
        f"{_DEB}/linux": "k",
        f"{_DEB}/initrd.gz": "i",
        "current/images/netboot/mini.iso": "b",
    },
    "debian-daily": {
        "daily/MANIFEST": "netboot/debian-installer/amd64/linux -- kernel image for netboot install",
        "daily/netboot/debian-installer/amd64/linux": "k",
        "daily/netboot/debian-installer/amd64/initrd.gz": "i",
    },
    "debian-mirror": {
        "dists/stable/Release": "Origin: Debian\nSuite: stable\nVersion: 12.5\nCodename: bookworm\n",
        "dists/stable/main/installer-amd64/" + _DEB + "/linux": "k",
        "dists/stable/main/installer-amd64/" + _DEB + "/initrd.gz": "i",
    },
    "debian-cd": {
        ".disk/info": 'Debian GNU/Linux 12.5.0 "Bookworm" - Official amd64 NETINST with firmware 20240210-11:27',
        "install.amd/vmlinuz": "k",
        "install.amd/initrd.gz": "i",
        "install.amd/xen/vmlinuz": "xk",
        "install.amd/xen/initrd.gz": "xi",
        "dists/bookworm/Release": "Origin: Debian\nVersion: 12.5\nCodename: bookworm\n",
    },
    "debian-live": {
        ".disk/info": "Debian GNU/Linux Live 12.5.0 bookworm gnome 2024-02-10T11:27",
        "live/vmlinuz-6.1.0-18-amd64": "k",
        "live/initrd.img-6.1.0-18-amd64": "i",
        "isolinux/isolinux.cfg": "include menu.cfg\ndefault vesamenu.c32\n",
        "isolinux/menu.cfg": (
            "LABEL live-amd64\n  linux /live/vmlinuz-6.1.0-18-amd64\n"
            "  initrd /live/initrd.img-6.1.0-18-amd64\n  append boot=live components quiet\n"
        ),
    },
    "dists/focal/main/installer-amd64": {
        "current/legacy-images/MANIFEST": "netboot/ubuntu-installer/amd64/linux -- kernel",
        f"current/legacy-{_UBU}/linux": "k",
        f"current/legacy-{_UBU}/initrd.gz": "i",
    },
    "dists/bionic/main/installer-amd64": {
        "current/images/MANIFEST": "netboot/ubuntu-installer/amd64/linux -- kernel",
        f"current/{_UBU}/linux": "k",
        f"current/{_UBU}/initrd.gz": "i",
    },
    "ubuntu-live-server": {
        ".disk/info": 'Ubuntu-Server 22.04.3 LTS "Jammy Jellyfish" - Release amd64 (20230810)',
        "casper/vmlinuz": "k",
        "casper/initrd": "i",
        "boot/grub/grub.cfg": (
            'menuentry "Try or Install Ubuntu Server" {\n\tset gfxpayload=keep\n'
            "\tlinux\t/casper/vmlinuz  ---\n\tinitrd\t/casper/initrd\n}\n"
        ),
    },
    "ubuntu-server-classic": {
        ".disk/info": 'Ubuntu-Server 18.04.6 LTS "Bionic Beaver" - Release amd64 (20210915)',
        "install/vmlinuz": "k",
        "install/initrd.gz": "i",
        "install/netboot/ubuntu-installer/amd64/linux": "nk",
        "install/netboot/ubuntu-installer/amd64/initrd.gz": "ni",
    },
    "opensuse11.4": {
        "content": "CONTENTSTYLE 11\nDISTRIBUTION openSUSE\nVERSION 11.4\nLABEL openSUSE 11.4\nDISTRO cpe:/o\n",
        **_LOADER,
    },
    "sles11sp3": {
        "content": "VENDOR SUSE\nVERSION 11.3\nLABEL SUSE Linux Enterprise Server 11 SP3\n",
        **_LOADER,
    },
    "sles12sp5": {
        "content": "VENDOR SUSE\nDISTRO cpe:/o:suse:sles:12:sp5,SUSE Linux Enterprise Server 12 SP5\n",
        "media.1/products": "/ SLES12-SP5 12.5-0\n",
        **_LOADER,
    },
    "sle15sp4": {"media.1/products": "/ SLE-15-SP4-Full 15.4-0\n", **_LOADER},
    "opensuse15.4": {".treeinfo": _SUSE_FAMILY, "media.1/products": "/ openSUSE-Leap 15.4-1\n", **_LOADER},
    "opensusetumbleweed": {"media.1/products": "/ openSUSE 20240310-0\n", **_LOADER},
    "agama": {
        "LiveOS/squashfs.img": "s",
        "boot/grub2/grub.cfg": (
            "menuentry 'Install openSUSE' --class os {\n"
            "  linux ($root)/boot/x86_64/loader/linux root=live:CDLABEL=Install-Leap-16.0-x86_64 rd.live.image\n"
            "  initrd ($root)/boot/x86_64/loader/initrd\n}\n"
        ),
        **_LOADER,
    },
    "mageia7": {
        "VERSION": "Mageia 7 7 20190625\n",
        "isolinux/x86_64/vmlinuz": "k",
        "isolinux/x86_64/all.rdz": "i",
    },
    "mageia-classic-iso": {
        "VERSION": "Mageia 7.1 x86_64\n",
        "boot/vmlinuz": "k",
        "boot/all.rdz": "i",
    },
    "mandriva2010": {
        "VERSION": "Mandriva Linux 2010.2 Free-x86_64\n",
        "isolinux/alt0/vmlinuz": "k",
        "isolinux/alt0/all.rdz": "i",
    },
    "alt9": {
        ".disk/info": "ALT Server 9.1 x86_64 build 2020-07-10",
        "syslinux/alt0/vmlinuz": "k",
        "syslinux/alt0/full.cz": "i",
    },
    "archlinux": {
        "arch/version": "2024.03.01\n",
        "arch/boot/x86_64/vmlinuz-linux": "k",
        "arch/boot/x86_64/initramfs-linux.img": "i",
        "boot/syslinux/archiso_sys-linux.cfg": (
            "LABEL arch\nLINUX /arch/boot/x86_64/vmlinuz-linux\nINITRD /arch/boot/x86_64/initramfs-linux.img\n"
            "APPEND archisobasedir=arch archisodevice=UUID=2024-03-01-12-00-00-00\n"
        ),
    },
    "alpine-virt": {
        ".alpine-release": "alpine-virt-3.16.2 220809\n",
        "boot/vmlinuz-virt": "k",
        "boot/initramfs-virt": "i",
        "boot/syslinux/syslinux.cfg": (
            "DEFAULT virt\nLABEL virt\nKERNEL /boot/vmlinuz-virt\nINITRD /boot/initramfs-virt\n"
            "APPEND modules=loop,squashfs,sd-mod,usb-storage quiet console=tty0\n"
        ),
    },
    "alpine-netboot": {"vmlinuz-lts": "k", "initramfs-lts": "i", "modloop-lts": "m"},
    "generic-isolinux": {
        "isolinux/isolinux.cfg": (
            "default linux\nprompt 1\nlabel memtest\n  kernel memtest\nlabel linux\n  kernel vmlinuz-6.6\n"
            "  append initrd=ramdisk.img quiet frob=1\n"
        ),
        "isolinux/memtest": "m",
        "isolinux/vmlinuz-6.6": "k",
        "isolinux/ramdisk.img": "i",
    },
    "generic-grub": {
        "boot/grub/grub.cfg": (
            'set default=0\nmenuentry "Frob" {\n  linuxefi /sys/bzImage quiet\n  initrdefi /sys/rd.gz\n}\n'
        ),
        "sys/bzImage": "k",
        "sys/rd.gz": "i",
    },
    "grub-goes-on": {
        "boot/grub/grub.cfg": "source $prefix/menu.cfg\nconfigfile /boot/grub/grub.cfg\nsource $other/x\n",
        "boot/grub/menu.cfg": ('menuentry "R" {\n  linux /sys/vmlinuz quiet\n  initrd /sys/amd_ucode.img /sys/rd\n}\n'),
        "sys/vmlinuz": "k",
        "sys/rd": "i",
        "sys/amd_ucode.img": "u",
    },
    "slackware": {
        "isolinux/isolinux.cfg": (
            "label huge.s\n  kernel /kernels/huge.s/bzImage\n  append initrd=initrd.img SLACK_KERNEL=huge.s\n"
        ),
        "kernels/huge.s/bzImage": "k",
        "isolinux/initrd.img": "i",
    },
    "nixos": {
        "isolinux/isolinux.cfg": (
            "UI vesamenu.c32\nLABEL boot\nLINUX /boot//nix/store/aa-linux/bzImage\nAPPEND init=/nix/store/bb/init\n"
            "INITRD /boot//nix/store/cc-initrd/initrd\n"
        ),
        "boot/nix/store/aa-linux/bzImage": "k",
        "boot/nix/store/cc-initrd/initrd": "i",
    },
    "generic-paths": {"isolinux/vmlinuz": "k", "isolinux/initrd.img": "i"},
    "nothing": {"README": "nothing bootable"},
}
