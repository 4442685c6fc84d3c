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
"""Sub-options whose values are names, and the characters that these may contain in addition to letters and digits."""
_ALLOWED = {
    "user": "ASCII letters, digits, periods, underscores and hyphens",
    "hostname": "ASCII letters, digits, periods and hyphens",
}
_EXAMPLES = {"user": "anna", "hostname": "web"}
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
    """Return the reason why an installer rejects the user name `login`; None if it accepts the name.

    `kind` is the kind of the installer, such as `preseed`.
    """
    if login.lower() in _ADMINISTRATORS:
        return "an account with this name already exists in the guest"
    if kind == "autounattend":
        usable = bool(login) and all(char.isalnum() or char in "._-" for char in login)
        rule = (
            "the name may contain only letters, digits, periods, underscores and hyphens, and must not end with a "
            "period"
        )
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
        if letters is _LETTERS:
            return (
                "the name may contain only lowercase ASCII letters, digits, underscores and hyphens, and must start "
                "with a letter"
            )
        return f"the name may contain only {_ALLOWED['user']}, and must start with a letter or an underscore"
    return None


def check_name(key: str, value: str, where: str = "") -> None:
    """Check `value`, which is a user name if `key` is `user`, and a host name if `key` is `hostname`.

    `where` precedes `key` in messages.

    Raises: RequestError, if the name is invalid.
    """
    marks = NAMES[key]
    plain = all(char.isascii() and (char.isalnum() or char in marks) for char in value)
    if not value or value[0] in marks or not plain:
        raise RequestError(
            f"{where}{key}={value}: the name may contain only {_ALLOWED[key]}, and must start with a letter or a digit",
            hint=f"use another name, for example: {key}={_EXAMPLES[key]}",
        )


def check_keys(what: str, keys: Iterable[str]) -> tuple[str, ...]:
    """Return the public keys `keys` without leading and trailing spaces.

    `what` is the start of messages.

    Raises: RequestError, if one of the strings is a private key or is not a key at all.
    """
    stripped = tuple(key.strip() for key in keys)
    for key in stripped:
        if "PRIVATE KEY-----" in key:
            raise RequestError(
                f"{what}: one of the keys is a private key, which must not leave this host",
                hint="use the content of the corresponding .pub file",
            )
        if "\n" in key or " " not in key:
            raise RequestError(
                f"{what}: invalid public key '{key[:40]}'",
                hint="use the content of a .pub file, for example: ssh-ed25519 AAAA... COMMENT",
            )
    return stripped
