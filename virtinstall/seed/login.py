"""The forms of user names, host names and public keys that installers and cloud-init accept.

Source: Debian's package user-setup, which debian-installer uses (names that it refuses, and the form of the others);
https://canonical-subiquity.readthedocs-hosted.com/en/latest/reference/autoinstall-reference.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 32
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ADMINISTRATORS = ("root", "administrator")
NAMES = {"user": "._-", "hostname": ".-"}
"""Names that are checked, and the characters that they may contain in addition to letters and digits."""
# accounts and groups that packages of Debian and Ubuntu create: the installer stops and asks for another name
_DEBIAN = """
adm admin alias asterisk audio backup bin bind cdrom ceph crontab cupsys daemon dcc debian-exim dhcp dialout dictd
dip disk dnsmasq dovecot fax fetchmail firebird floppy ftn ftp fuse games gdm gnats grsec-proc grsec-sock-all
grsec-sock-clt grsec-sock-srv grsec-tpe hacluster haclient haldaemon hplilp identd input irc jwhois klog kmem kvm
libvirt-qemu list lp lpadmin maas mail man messagebus mysql mythtv netdev netplan news nobody nogroup opensrf
operator plugdev powerdev proxy qmail qmaild qmaill qmailp qmailq qmailr qmails radvd render saned sasl sbuild
scanner sgx shadow slocate slurm src ssh sshd ssl-cert sslwrap staff statd sudo sync sys syslog tac-plus tape
telnetd tftpd tty users utmp uucp video voice vchkpw vpopmail www-data
"""


def refusal_reason(login: str, kind: str) -> str | None:
    """Return why an installer of this kind (`preseed`, ...) rejects the login; None if it accepts the login."""
    if login.lower() in _ADMINISTRATORS:
        return "this account already exists"
    if kind == "autounattend":
        usable = bool(login) and all(char.isalnum() or char in "._-" for char in login)
        rule = "the name must consist of letters, digits and . _ -, and not end with ."
        return None if usable and not login.endswith(".") else rule
    if len(login) > _LONGEST:
        return f"the name is longer than {_LONGEST} characters"
    others = "0123456789_-"
    if kind in ("preseed", "autoinstall"):
        if login in _DEBIAN.split():
            return "the installer reserves this name for a system account"
        letters = _LETTERS
    else:
        letters, others = _LETTERS + _LETTERS.upper() + "_", others + "."
    if not login or login[0] not in letters or any(char not in letters + others for char in login):
        first, kind_of_letters = (
            ("a lower-case letter", "lower-case ") if letters is _LETTERS else ("an ASCII letter or _", "ASCII ")
        )
        marks = " ".join(others[10:])
        return f"the name must start with {first} and consist of {kind_of_letters}letters, digits and {marks}"
    return None


def check_name(key: str, value: str, where: str = "") -> None:
    """Check the name of an account (`key` is `user`) or of a host (`hostname`); `where` precedes the key in messages.

    Raises: RequestError, if the name is invalid.
    """
    marks = NAMES[key]
    plain = all(char.isascii() and (char.isalnum() or char in marks) for char in value)
    if not value or value[0] in marks or not plain:
        raise RequestError(
            f"{where}{key}={value}: the name must consist of ASCII letters, digits and {' '.join(marks)}, "
            "and start with an ASCII letter or digit",
            hint="use another name",
        )


def check_keys(what: str, keys: Iterable[str]) -> tuple[str, ...]:
    """Return public keys without the spaces around them.

    Raises: RequestError, which starts with `what`, if one is a private key or not a key.
    """
    stripped = tuple(key.strip() for key in keys)
    for key in stripped:
        if "PRIVATE KEY-----" in key:
            raise RequestError(
                f"{what}: this is a private key, which must not leave this host",
                hint="use the text of the .pub file",
            )
        if "\n" in key or " " not in key:
            raise RequestError(
                f"{what}: invalid public key '{key[:40]}'",
                hint="use the text of a .pub file: ssh-ed25519 AAAA... COMMENT",
            )
    return stripped
