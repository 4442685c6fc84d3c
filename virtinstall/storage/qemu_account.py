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
    """The user and the group that QEMU runs as, as libvirt specifies them: names, or numeric IDs such as `+64055`.

    `user` and `group` are each None if libvirt does not specify them.
    """

    user: str | None
    group: str | None


def qemu_user_from_capabilities(xml: str, virt_type: str = "kvm") -> QemuUser | None:
    """Return the user that QEMU runs as, according to libvirt's capabilities; None if they specify no user.

    `xml` is the capabilities XML, and `virt_type` is the domain type. The user is read from the base label for
    `virt_type` in the security model `dac`, or from the first base label of that model if it contains none for
    `virt_type`.
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
    """Return the user and the group in `label`, a base label of the model `dac`, such as `+64055:+64055`.

    The result is None if `label` contains no user.
    """
    user, _, group = label.strip().partition(":")
    return QemuUser(user, group or None) if user else None


def find_account(who: QemuUser) -> Account | None:
    """Return the account on this host for the user and the group in `who`.

    The result is None if `who` specifies no user, or if the name of the user or the group does not exist on this host.
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
