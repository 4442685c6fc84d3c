"""The logins that an installer accepts for the user that it creates.

Source: Debian's package user-setup, which debian-installer uses (names that it refuses, and the form of the others);
https://canonical-subiquity.readthedocs-hosted.com/en/latest/reference/autoinstall-reference.html
"""

from __future__ import annotations

_LONGEST = 32
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ADMINISTRATORS = ("root", "administrator")
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
    """The reason why an installer of this kind (`preseed`, ...) rejects the login; None if it accepts it."""
    if login.lower() in _ADMINISTRATORS:
        return "that account exists already"
    if kind == "autounattend":
        usable = bool(login) and all(char.isalnum() or char in "._-" for char in login)
        return None if usable and not login.endswith(".") else "only letters, digits and . _ - are allowed"
    if len(login) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    others = "0123456789_-"
    if kind in ("preseed", "autoinstall"):
        if login in _DEBIAN.split():
            return "the installer reserves that name for the system"
        letters = _LETTERS
    else:
        letters, others = _LETTERS + _LETTERS.upper() + "_", others + "."
    if not login or login[0] not in letters or any(char not in letters + others for char in login):
        return (
            f"use a letter, then {'small ' if letters is _LETTERS else ''}letters, digits and {' '.join(others[10:])}"
        )
    return None
