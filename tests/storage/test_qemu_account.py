"""The user that QEMU runs as, from libvirt's capabilities."""

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


def test_capabilities_name_numbers_by_type() -> None:
    """The dac label of the guest's type is taken; without one there is no answer."""
    assert qemu_user_from_capabilities(CAPABILITIES) == QemuUser("+64055", "+109")
    assert qemu_user_from_capabilities(CAPABILITIES, "qemu") == QemuUser("+64055", "+110")
    assert qemu_user_from_capabilities("<capabilities><host/></capabilities>") is None


def test_accounts_are_found_by_name_and_by_number() -> None:
    """Both resolve to the same account; an unknown name to none, an unknown number to itself."""
    root = find_account(QemuUser("root", None))
    assert root is not None
    assert (root.uid, root.gid) == (0, 0)
    assert find_account(QemuUser("+0", "+0")) == root
    assert find_account(QemuUser("no-such-user", None)) is None
    assert find_account(QemuUser(None, None)) is None
    unknown = find_account(QemuUser("+3999999", "+3999998"))
    assert unknown is not None
    assert (unknown.name, unknown.uid, unknown.gid) == ("3999999", 3999999, 3999998)


def test_session_guests_run_as_ourselves() -> None:
    """The uid, gid and groups of this process."""
    assert this_account().uid == os.geteuid()
    assert this_account().gid in this_account().groups
