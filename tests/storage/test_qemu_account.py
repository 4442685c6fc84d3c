"""The user account of QEMU, from libvirt's capabilities."""

from __future__ import annotations

import os

from virtinstall.storage.qemu_account import (
    QemuUser,
    find_account,
    qemu_user_from_capabilities,
    this_account,
)

CAPABILITIES = """<capabilities><host><secmodel><model>apparmor</model><doi>0</doi></secmodel>
<secmodel><model>dac</model><doi>0</doi><baselabel type='kvm'>+64055:+109</baselabel>
<baselabel type='qemu'>+64055:+110</baselabel></secmodel></host></capabilities>"""


def test_account_is_the_dac_label_of_the_capabilities() -> None:
    """The label of the guest's type is used; without one, the account is unknown."""
    assert qemu_user_from_capabilities(CAPABILITIES) == QemuUser("+64055", "+109")
    assert qemu_user_from_capabilities(CAPABILITIES, "qemu") == QemuUser("+64055", "+110")
    assert qemu_user_from_capabilities("<capabilities><host/></capabilities>") is None


def test_account_is_found_by_name_or_number() -> None:
    """An unknown name has no account; an unknown number is used as the account."""
    root = find_account(QemuUser("root", None))
    assert root is not None
    assert (root.uid, root.gid) == (0, 0)
    assert find_account(QemuUser("+0", "+0")) == root
    assert find_account(QemuUser("no-such-user", None)) is None
    assert find_account(QemuUser(None, None)) is None
    unknown = find_account(QemuUser("+3999999", "+3999998"))
    assert unknown is not None
    assert (unknown.name, unknown.uid, unknown.gid) == ("3999999", 3999999, 3999998)


def test_account_of_session_guests_is_this_user() -> None:
    """It has the UID, the GID and the groups of this process."""
    assert this_account().uid == os.geteuid()
    assert this_account().gid in this_account().groups
