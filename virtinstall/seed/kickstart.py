"""Answers for anaconda: Fedora, RHEL and derived distributions.

Source: https://pykickstart.readthedocs.io/en/latest/kickstart-docs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.seed.password import hash_password

if TYPE_CHECKING:
    from virtinstall.seed.answers import Answers, AnswerTarget

_LOCKED = "!"
# characters that are not escaped in a URL, and its escapes; spaces, quotes and backslashes are not among them
_URL_CHARACTERS = "%:/?#[]@!$&()*+,;=~"


def answer_files(answers: Answers, guest: AnswerTarget) -> dict[str, str]:
    """Return the name and the content of the kickstart file."""
    lines = [
        "text",
        f"lang {answers.language}.UTF-8",
        f"keyboard {answers.keyboard}",
        f"timezone {answers.timezone} --utc",
        f"network --bootproto=dhcp --device=link{_activate(answers)} --hostname={guest.hostname}",
        *_source(answers),
        "zerombr",
        f"ignoredisk --only-use={guest.disk.removeprefix('/dev/')}",
        "clearpart --all --initlabel",
        "autopart",
        f'bootloader --append="console=tty0 {_serial(guest.arch)}"',
        *_accounts(answers),
        "firstboot --disable",
        *(["xconfig --startxonboot"] if answers.is_desktop else []),
        "reboot",
        *_software(answers, guest),
    ]
    return {answers.installer.file_name: "\n".join(lines) + "\n"}


def _since(answers: Answers, fedora: int, rhel: int) -> bool:
    """Return whether the system is at least as new as these versions; one without a version is the newest."""
    version = answers.os_version
    return not version or version[0] >= (fedora if answers.os.distro == "fedora" else rhel)


def _activate(answers: Answers) -> str:
    return " --activate" if _since(answers, 16, 6) else ""


def _serial(arch: str) -> str:
    names = {"aarch64": "ttyAMA0", "ppc64le": "hvc0", "ppc64": "hvc0", "s390x": "ttysclp0"}
    return f"console={names.get(arch, 'ttyS0')}"


def _source(answers: Answers) -> list[str]:
    from urllib.parse import quote, urlsplit

    if answers.install_url is None or _is_ostree(answers):
        return []
    url = quote(answers.install_url, safe=_URL_CHARACTERS)
    parts = urlsplit(url)
    if parts.scheme == "nfs":
        return [f'nfs --server={parts.hostname} --dir="{parts.path}"']
    return [f'url --url="{url}"']


def _accounts(answers: Answers) -> list[str]:
    # anaconda of Fedora 17 and RHEL 6 does not support `rootpw --lock` alone
    password = _LOCKED if answers.admin_password is None else hash_password(answers.admin_password)
    lines = [f"rootpw --iscrypted {password}"]
    if answers.user_password is not None:
        hashed = hash_password(answers.user_password)
        lines.append(f"user --name={answers.user_login} --groups=wheel --iscrypted --password={hashed}")
    return lines


def _is_ostree(answers: Answers) -> bool:
    """Return whether the system is Silverblue, whose medium contains a whole system instead of packages."""
    return any(name.startswith("silverblue") for name in answers.os.short_ids)


def _software(answers: Answers, guest: AnswerTarget) -> list[str]:
    if _is_ostree(answers):
        version = answers.os.version or "rawhide"
        ref = f"fedora/{version}/{guest.arch}/silverblue"
        return [f'ostreesetup --osname="fedora" --remote="fedora" --url="file:///ostree/repo" --ref="{ref}" --nogpg']
    groups = _desktop(answers) if answers.is_desktop else ["@core"]
    # do not stop and ask if the medium lacks a package
    return ["", "%packages --ignoremissing", *groups, "qemu-guest-agent", "%end"]


def _desktop(answers: Answers) -> list[str]:
    if answers.os.distro == "fedora":
        return ["@^workstation-product-environment"] if _since(answers, 21, 0) else ["@base-x", "@gnome-desktop"]
    if _since(answers, 0, 7):
        return ["@^graphical-server-environment"]
    return ["@core", "@basic-desktop", "@desktop-platform", "@x11", "@fonts"]
