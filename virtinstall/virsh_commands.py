"""virsh commands to be pasted into a shell: what messages and hints propose.

Source: virsh(1).
"""

from __future__ import annotations


def virsh_command(uri: str | None, *words: str) -> str:
    """`virsh --connect URI WORDS`, quoted for the shell; without --connect where the connection isn't known."""
    import shlex

    return shlex.join(["virsh", *(() if uri is None else ("--connect", uri)), *words])


def removal(uri: str, name: str) -> str:
    """What ends a guest, running or not, and forgets it; its disks stay."""
    return f"{virsh_command(uri, 'destroy', name)}; {undefinition(uri, name)}"


def undefinition(uri: str | None, name: str) -> str:
    """What forgets a guest, its firmware's variables too; libvirt's test driver has none of these."""
    options = () if (uri or "").startswith("test:") else ("--nvram",)
    return virsh_command(uri, "undefine", *options, name)


def finish_command(uri: str, name: str) -> str:
    """Return the command that resumes an installation that nobody waits for."""
    import shlex

    return shlex.join(["virt-install", "--connect", uri, "--finish", name])
