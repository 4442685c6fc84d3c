"""Answers for anaconda: Fedora, RHEL and those that derive from it.

Source: https://pykickstart.readthedocs.io/en/latest/kickstart-docs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.seed.password import hash_password

if TYPE_CHECKING:
    from virtinstall.seed.answers import Answers, Guest


def answer_files(answers: Answers, guest: Guest) -> dict[str, str]:
    """The kickstart file."""
    lines = [
        "text",
        f"lang {answers.language}.UTF-8",
        f"keyboard {answers.keyboard}",
        f"timezone {answers.timezone}{'' if _is_new(answers) else ' --isUtc'}",
        f"network --bootproto=dhcp --device=link --activate --hostname={guest.hostname}",
        *_source(answers),
        "zerombr",
        f"ignoredisk --only-use={guest.disk.removeprefix('/dev/')}",
        "clearpart --all --initlabel",
        "autopart",
        f'bootloader --append="console=tty0 {_serial(guest.arch)}"',
        *_accounts(answers),
        "firstboot --disable",
        "reboot",
        "",
        "%packages",
        *_packages(answers),
        "%end",
    ]
    return {answers.installer.file_name: "\n".join(lines) + "\n"}


def _is_new(answers: Answers) -> bool:
    """Whether options that newer versions don't know any more have to be left out."""
    version = answers.os_version
    return not version or version[0] >= (33 if answers.os.distro == "fedora" else 9)


def _serial(arch: str) -> str:
    names = {"aarch64": "ttyAMA0", "ppc64le": "hvc0", "ppc64": "hvc0", "s390x": "ttysclp0"}
    return f"console={names.get(arch, 'ttyS0')}"


def _source(answers: Answers) -> list[str]:
    if answers.install_url is not None:
        return [f"url --url={answers.install_url}"]
    return []


def _accounts(answers: Answers) -> list[str]:
    lines = []
    if answers.admin_password is None:
        lines.append("rootpw --lock")
    else:
        lines.append(f"rootpw --iscrypted {hash_password(answers.admin_password)}")
    if answers.user_password is not None:
        hashed = hash_password(answers.user_password)
        lines.append(f"user --name={answers.user_login} --groups=wheel --iscrypted --password={hashed}")
    return lines


def _packages(answers: Answers) -> list[str]:
    if answers.is_desktop:
        desktop = (
            "@^workstation-product-environment" if answers.os.distro == "fedora" else "@^graphical-server-environment"
        )
        if not _is_new(answers):
            desktop = "@gnome-desktop"
        return [desktop, "qemu-guest-agent"]
    return ["@core", "qemu-guest-agent"]
