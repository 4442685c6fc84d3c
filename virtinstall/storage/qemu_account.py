"""The user that QEMU will run as, from libvirt's capabilities.

Source: https://libvirt.org/drvqemu.html#posix-users-groups,
https://libvirt.org/formatcaps.html (`<secmodel>` of the model `dac`).
"""

from __future__ import annotations

import os

from virtinstall.named import NamedTuple


class Account(NamedTuple):
    """A user of this host; `groups` are the numeric IDs of all groups of the user, including `gid`.

    `name` is the user name, or the numeric user ID if there is no name.
    """

    name: str
    uid: int
    gid: int
    groups: frozenset[int]


class QemuUser(NamedTuple):
    """A user and a group as libvirt specifies them: a name, or a numeric ID such as `+64055`.

    Each is None if libvirt does not specify it.
    """

    user: str | None
    group: str | None


def qemu_user_from_capabilities(xml: str, virt_type: str = "kvm") -> QemuUser | None:
    """Return the user in libvirt's capabilities that QEMU runs as; None if there is none.

    `xml` is the capabilities XML. The user is in the base label of the security model `dac` for `virt_type`, or in the
    first base label if there is none for `virt_type`.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(xml.encode(), parser)
    for model in root.iterfind("./host/secmodel"):
        if model.findtext("model") != "dac":
            continue
        labels = {label.get("type"): label.text or "" for label in model.iterfind("baselabel")}
        label = labels.get(virt_type) or next(iter(labels.values()), "")
        user = qemu_user_from_label(label)
        if user is not None:
            return user
    return None


def qemu_user_from_label(label: str) -> QemuUser | None:
    """Return the user and group in a base label of the model `dac`, such as `+64055:+64055`; None without a user."""
    user, _, group = label.strip().partition(":")
    return QemuUser(user, group or None) if user else None


def find_account(who: QemuUser) -> Account | None:
    """Return the account of `who` on this host; None if this host has no user or group with that name.

    A numeric user ID is accepted even if no user has it.
    """
    import grp
    import pwd

    if who.user is None:
        return None
    try:
        entry = pwd.getpwuid(int(who.user)) if _is_number(who.user) else pwd.getpwnam(who.user)
    except KeyError:
        if not _is_number(who.user):
            return None
        uid = int(who.user)
        gid = int(who.group) if who.group and _is_number(who.group) else uid
        return Account(str(uid), uid, gid, frozenset([gid]))
    gid = entry.pw_gid
    if who.group:
        try:
            gid = int(who.group) if _is_number(who.group) else grp.getgrnam(who.group).gr_gid
        except KeyError:
            return None
    return Account(entry.pw_name, entry.pw_uid, gid, frozenset(os.getgrouplist(entry.pw_name, gid)))


def this_account() -> Account:
    """Return the user of this process, which QEMU also runs as on a session connection."""
    import pwd

    uid, gid = os.geteuid(), os.getegid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return Account(name, uid, gid, frozenset([gid, *os.getgroups()]))


def _is_number(name: str) -> bool:
    return name.removeprefix("+").isdecimal()
