"""Commands for messages and hints, which can be pasted into a shell.

Source: virsh(1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host


def command(program: str, uri: str | None, *arguments: str) -> str:
    """Return the command line that runs `program` with `arguments`, quoted for the shell.

    `program` may include a subcommand, such as `virt-guest delete`. `uri` is the URI for --connect; None omits the
    option.
    """
    import shlex

    return shlex.join([*program.split(), *(() if uri is None else ("--connect", uri)), *arguments])


def virsh_command(uri: str | None, *arguments: str) -> str:
    """Return the command line that runs virsh with `arguments`, quoted for the shell.

    `uri` is the URI for --connect; None omits the option.
    """
    return command("virsh", uri, *arguments)


def for_connection(text: str, uri: str | None) -> str:
    """Return `text` with `--connect URI` added to each virsh command that does not contain the option.

    If `uri` is None or empty, the result is `text` unchanged.
    """
    import re
    import shlex

    if not uri or "virsh " not in text:
        return text
    return re.sub(r"\bvirsh (?=(?!help|version)[a-z]+-?[a-z])", lambda _: f"virsh --connect {shlex.quote(uri)} ", text)


def guest_hint(host: Host, name: str = "") -> str:
    """Return the hint for an error about a missing guest: names similar to `name`, or the command that lists guests."""
    from virtinstall.similar import did_you_mean

    names = f"list the guests with: {virsh_command(host.uri, 'list', '--all')}"
    return did_you_mean(name, sorted(host.guest_names()), names) or names


def removal(uri: str, name: str) -> str:
    """Return the commands that force off and undefine the guest `name`, but keep its disks and state files."""
    return f"{virsh_command(uri, 'destroy', name)}; {undefinition(uri, name)}"


def undefinition(uri: str | None, name: str) -> str:
    """Return the command that undefines the guest `name`, but keeps its disks, UEFI variables and TPM state.

    UEFI variables and TPM state are kept because they may be older than the guest. Only QEMU guests have them.
    """
    is_qemu = uri is None or uri.partition(":")[0].partition("+")[0] == "qemu"
    return virsh_command(uri, "undefine", *(("--keep-nvram", "--keep-tpm") if is_qemu else ()), name)


def finish_command(uri: str, name: str) -> str:
    """Return the virt-install command that resumes the unfinished installation of the guest `name`."""
    return command("virt-install", uri, "--finish", name)


def shutdown_hint(uri: str, name: str) -> str:
    """Return the hint with the command that shuts down the guest `name`."""
    return f"shut it down with: {virsh_command(uri, 'shutdown', name)}"


def new_pool_hint(uri: str, name: str) -> str:
    """Return the hint with the commands that create a storage pool named `name`."""
    define = virsh_command(uri, "pool-define-as", name, "dir", "--target", "/var/lib/libvirt/images")
    steps = (virsh_command(uri, step, name) for step in ("pool-build", "pool-start", "pool-autostart"))
    return f"create the pool with: {' && '.join((define, *steps))}"


def ssh_guest_command(uri: str, name: str) -> str:
    """Return the command that logs in to the guest `name` over SSH."""
    return command("virt-guest ssh", uri, name)
