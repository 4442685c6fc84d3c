"""A guest in an inventory, and its variables for Ansible.

Source: https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html (behavioral parameters).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any, Literal

from virtinstall.record import Record

Format = Literal["ini", "yaml", "json", "ssh-config"]
"""Formats of `Inventory.text`."""
RESERVED_GROUPS = ("all", "ungrouped", "_meta")
"""Group names that Ansible reserves."""
_SSH = 22


class InventoryGuest(Record):
    """A guest in an inventory, with the parameters for an SSH connection.

    `uri` is the connection URI of the guest's host, and `state` is the state of the guest, such as `running`. `address`
    and `user` are None if unknown. `port` is the port for SSH connections, or None for the default port. `key` is the
    path of the private key for the account `user`, or None if unknown. `jump` is the host to connect through, or None
    for a direct connection. `ssh_options` are the OpenSSH options that verify the guest's host key; they are empty if
    the host key is unknown.
    """

    name: str
    uuid: str
    uri: str
    state: str
    groups: tuple[str, ...] = ()
    address: str | None = None
    port: int | None = None
    user: str | None = None
    key: str | None = None
    jump: str | None = None
    ssh_options: Mapping[str, str] = {}

    @property
    def variables(self) -> dict[str, Any]:
        """The guest's variables for Ansible, without those whose value is unknown."""
        arguments = ["-o " + shlex.quote(f"{name}={value}") for name, value in self.ssh_options.items()]
        if self.jump is not None:
            arguments.insert(0, f"-o ProxyJump={self.jump}")
        found = {
            "ansible_host": self.address,
            "ansible_port": self.port if self.port != _SSH else None,
            "ansible_user": self.user,
            "ansible_ssh_private_key_file": self.key,
            "ansible_ssh_common_args": " ".join(arguments) or None,
            "libvirt_uri": self.uri,
            "libvirt_uuid": self.uuid,
            "libvirt_state": self.state,
        }
        return {name: value for name, value in found.items() if value is not None}


def group_name(group: str) -> str:
    """Return `group` as a group name that Ansible accepts.

    Invalid characters are replaced with underscores, and an underscore is added before a digit at the beginning.
    """
    name = re.sub(r"[^A-Za-z0-9_]", "_", group)
    return f"_{name}" if name[:1].isdigit() else name
