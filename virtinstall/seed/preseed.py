"""Answers for debian-installer: Debian, and Ubuntu before 20.04.

Source: https://www.debian.org/releases/stable/amd64/apb (preseeding)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.seed.password import hash_password

if TYPE_CHECKING:
    from virtinstall.seed.answers import Answers, AnswerTarget

# the installer treats `!`, which also locks, as a missing answer, and asks
_LOCKED = "*"


def answer_files(answers: Answers, guest: AnswerTarget) -> dict[str, str]:
    """Return the name and the content of the preseed file.

    debian-installer finds the file by its name in the root of the initrd.
    """
    lines = [
        f"d-i debian-installer/locale string {answers.language}.UTF-8",
        f"d-i keyboard-configuration/xkb-keymap select {answers.keyboard}",
        "d-i netcfg/choose_interface select auto",
        # otherwise the name from DHCP would come first
        f"d-i netcfg/hostname string {guest.hostname}",
        f"d-i netcfg/get_hostname string {guest.hostname}",
        "d-i netcfg/get_domain string",
        "d-i netcfg/wireless_wep string",
        *_mirror(answers),
        *_accounts(answers),
        "d-i clock-setup/utc boolean true",
        f"d-i time/zone string {answers.timezone}",
        *_partitions(guest),
        "d-i apt-setup/cdrom/set-first boolean false",
        f"tasksel tasksel/first multiselect {_tasks(answers)}",
        "d-i pkgsel/include string openssh-server qemu-guest-agent",
        "d-i pkgsel/upgrade select none",
        "d-i pkgsel/update-policy select none",
        "popularity-contest popularity-contest/participate boolean false",
        "d-i grub-installer/only_debian boolean true",
        "d-i grub-installer/with_other_os boolean true",
        f"d-i grub-installer/bootdev string {guest.disk}",
        "d-i finish-install/keep-consoles boolean true",
        "d-i finish-install/reboot_in_progress note",
        "d-i cdrom-detect/eject boolean true",
    ]
    return {answers.installer.file_name: "\n".join(lines) + "\n"}


def _tasks(answers: Answers) -> str:
    if answers.os.distro == "ubuntu":
        return "ubuntu-desktop" if answers.is_desktop else "standard"
    return "standard, desktop" if answers.is_desktop else "standard"


def _mirror(answers: Answers) -> list[str]:
    """Return the lines for the mirror from which the installer was downloaded, which has the matching packages."""
    from urllib.parse import quote, urlsplit

    protocol, host, directory = "http", "deb.debian.org", "/debian"
    if answers.os.distro == "ubuntu":
        host, directory = "archive.ubuntu.com", "/ubuntu"
    if answers.install_url is not None:
        parts = urlsplit(answers.install_url)
        # every version supports only http and https mirrors
        if parts.scheme in ("http", "https") and "/dists/" in parts.path:
            protocol = parts.scheme
            host = quote(parts.netloc.rpartition("@")[2], safe=":[].")
            directory = quote(parts.path.partition("/dists/")[0], safe="/%~+:@") or "/"
    return [
        "d-i mirror/country string manual",
        f"d-i mirror/protocol string {protocol}",
        f"d-i mirror/{protocol}/hostname string {host}",
        f"d-i mirror/{protocol}/directory string {directory}",
        f"d-i mirror/{protocol}/proxy string",
    ]


def _accounts(answers: Answers) -> list[str]:
    lines = []
    if answers.admin_password is None and answers.user_password is not None:
        lines.append("d-i passwd/root-login boolean false")
    else:
        # without root's account the installer requires a user, and asks for one; a locked root avoids the prompt
        password = _LOCKED if answers.admin_password is None else hash_password(answers.admin_password)
        lines.append("d-i passwd/root-login boolean true")
        lines.append(f"d-i passwd/root-password-crypted password {password}")
    if answers.user_password is None:
        lines.append("d-i passwd/make-user boolean false")
    else:
        lines += [
            "d-i passwd/make-user boolean true",
            f"d-i passwd/user-fullname string {answers.user_login}",
            f"d-i passwd/username string {answers.user_login}",
            f"d-i passwd/user-password-crypted password {hash_password(answers.user_password)}",
        ]
    return lines


def _partitions(guest: AnswerTarget) -> list[str]:
    return [
        f"d-i partman-auto/disk string {guest.disk}",
        "d-i partman-auto/method string regular",
        "d-i partman-auto/choose_recipe select atomic",
        "d-i partman-md/device_remove_md boolean true",
        "d-i partman-lvm/device_remove_lvm boolean true",
        "d-i partman-partitioning/confirm_write_new_label boolean true",
        "d-i partman/choose_partition select finish",
        "d-i partman/confirm boolean true",
        "d-i partman/confirm_nooverwrite boolean true",
        "d-i partman-efi/non_efi_system boolean true",
    ]
