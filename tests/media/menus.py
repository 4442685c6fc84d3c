"""Discs that are recognized by their boot menus, with the menus in all their formats.

Source: the images published by Arch Linux, SystemRescue, GParted, ALT, Mageia and Flatcar; KIWI's GRUB template.
"""

from __future__ import annotations

from tests.media.layouts import Layout, with_files

_ARCH_CONFIG = "boot/syslinux/archiso_sys.cfg"
_RESCUE = "sysresccd/boot"

MENUS = [
    Layout(
        "arch-2016",
        {
            "isolinux/isolinux.cfg": (
                "PATH /arch/boot/syslinux/\nLABEL loadconfig\n"
                "  CONFIG /arch/boot/syslinux/archiso.cfg\n  APPEND /arch/\n"
            ),
            "arch/boot/syslinux/archiso.cfg": (
                f"LABEL select\nCOM32 boot/syslinux/whichsys.c32\nAPPEND -pxe- pxe\nLABEL sys\nCONFIG {_ARCH_CONFIG}\n"
            ),
            f"arch/{_ARCH_CONFIG}": (
                "LABEL arch64\nLINUX boot/x86_64/vmlinuz\nINITRD boot/intel_ucode.img,boot/x86_64/archiso.img\n"
                "APPEND archisobasedir=arch archisolabel=ARCH_201612\n"
            ),
            **with_files("arch/boot/x86_64/vmlinuz", "arch/boot/x86_64/archiso.img"),
        },
        "arch/boot/x86_64/vmlinuz",
        "archlinux",
        "archisobasedir=arch archisolabel=ARCH_201612",
        label="ARCH_201612",
    ),
    Layout(
        "systemrescue",
        {
            "boot/grub/grubsrcd.cfg": (
                f'menuentry "Boot" {{\n linux /{_RESCUE}/x86_64/vmlinuz'
                " archisobasedir=sysresccd archisolabel=RESCUE1100\n"
                f" initrd /{_RESCUE}/amd_ucode.img /{_RESCUE}/x86_64/sysresccd.img\n}}\n"
            ),
            **with_files(f"{_RESCUE}/x86_64/vmlinuz", f"{_RESCUE}/x86_64/sysresccd.img"),
        },
        f"{_RESCUE}/x86_64/vmlinuz",
        None,
        "archisobasedir=sysresccd archisolabel=RESCUE1100",
        label="RESCUE1100",
    ),
    Layout(
        "gparted",
        {
            "syslinux/isolinux.cfg": (
                "label live\n  kernel /live/vmlinuz\n  append initrd=/live/initrd.img boot=live union=overlay\n"
            ),
            **with_files("live/vmlinuz", "live/initrd.img"),
        },
        "live/vmlinuz",
        None,
        "boot=live union=overlay",
        label="GParted-live",
    ),
    Layout(
        "alt10",
        {
            ".disk/info": "ALT Workstation 10.1 x86_64 build 2022-07-13",
            "boot/syslinux/syslinux.cfg": (
                "label linux\n  kernel /boot/vmlinuz\n  append initrd=/boot/full.cz fastboot stagename=altinst"
                " ramdisk_size=524288 automatic=method:cdrom vga=0x314 quiet\n"
            ),
            **with_files("boot/vmlinuz", "boot/full.cz"),
        },
        "boot/vmlinuz",
        "alt10.1",
        "fastboot stagename=altinst ramdisk_size=524288 automatic=method:cdrom",
        label="ALT Workstation 10.1 x86_64",
    ),
    Layout(
        "mageia9",
        {
            "VERSION": "Mageia 9 x86_64\n",
            "isolinux/isolinux.cfg": (
                "label linux\n  kernel /boot/vmlinuz\n"
                "  append initrd=/boot/all.rdz automatic=method:cdrom audit=0 quiet\n"
            ),
            **with_files("boot/vmlinuz", "boot/all.rdz"),
        },
        "boot/vmlinuz",
        "mageia9",
        "automatic=method:cdrom",
        label="Mageia-9-x86_64",
    ),
    Layout(
        "prefix-in-kernel",
        {
            "boot/grub/grub.cfg": 'menuentry "I" {\n linux $prefix/../linux26 ro\n initrd ${prefix}/../initrd.img\n}\n',
            **with_files("boot/linux26", "boot/initrd.img"),
        },
        "boot/linux26",
        None,
        "ro",
    ),
    Layout(
        "variables-in-grub",
        {
            "boot/grub2/grub.cfg": (
                'set root=(cd0)\nset kern="/boot/kernel"\nset ird=/boot/rd\nset linux=linuxefi\n'
                'menuentry "I" {\n $linux ($root)${kern} rd.live.dir=/ $more\n initrd ($root)$ird\n}\n'
            ),
            **with_files("boot/kernel", "boot/rd"),
        },
        "boot/kernel",
        None,
        "rd.live.dir=/",
    ),
    Layout(
        "tabs-in-isolinux",
        {
            "isolinux/isolinux.cfg": (
                "LABEL\tlinux\n\tKERNEL\tvmlinuz-6\n\tAPPEND\tinitrd=rd foo=1\ninclude\t\nmenu include\n"
            ),
            **with_files("isolinux/vmlinuz-6", "isolinux/rd"),
        },
        "isolinux/vmlinuz-6",
        None,
        "foo=1",
    ),
    Layout(
        "flatcar",
        with_files("flatcar_production_pxe.vmlinuz", "flatcar_production_pxe_image.cpio.gz"),
        "flatcar_production_pxe.vmlinuz",
        None,
    ),
]
