"""Inventories as strings: in Ansible's INI, YAML and JSON formats, and as a configuration file for `ssh -F`.

Source: https://docs.ansible.com/ansible/latest/dev_guide/developing_inventory.html (JSON), the inventory plugins ini
and yaml; ssh_config(5).
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError

if TYPE_CHECKING:
    from virtinstall.fleet.inventory_guest import Format, InventoryGuest

    Guests = Sequence[InventoryGuest]
    Groups = Mapping[str, Sequence[str]]

# brackets, commas and colons are ranges, lists and ports; * and ? are patterns of ssh
_SPECIAL = re.compile(r"[\s\[\]:,#;=*?!&\"'\\{}]")


def inventory_text(guests: Guests, groups: Groups, format: Format) -> str:
    """Return an inventory as a string in the specified format.

    `groups` maps group names to guest names.

    Raises: RequestError, if the format is unknown or does not allow the name of a guest.
    """
    writers = {"ini": _ini, "yaml": _yaml, "ssh-config": _ssh_config}
    if format == "json":
        return json.dumps(ansible_document(guests, groups), indent=2) + "\n"
    if format not in writers:
        known = ", ".join([*writers, "json"])
        raise RequestError(f"--format {format}: must be one of: {known}", hint="for example: --format json")
    for guest in guests:
        wrong = _SPECIAL.search(guest.name)
        if wrong is not None:
            shown = "a space" if wrong[0] == " " else repr(wrong[0])
            raise RequestError(
                f"--format {format}: the guest name '{guest.name}' contains {shown}, which is not allowed in "
                "host names in this format",
                hint="rename the guest" if format == "ssh-config" else "use --format json, or rename the guest",
            )
    return writers[format](guests, groups)


def ansible_document(guests: Guests, groups: Groups) -> dict[str, Any]:
    """Return an inventory as the data that an Ansible inventory script prints for `--list`.

    `groups` maps group names to guest names.
    """
    grouped = {name for names in groups.values() for name in names}
    alone = [guest.name for guest in guests if guest.name not in grouped]
    document: dict[str, Any] = {
        "_meta": {"hostvars": {guest.name: guest.variables for guest in guests}},
        "all": {"children": ["ungrouped", *groups]},
        "ungrouped": {"hosts": alone},
    }
    return document | {name: {"hosts": names} for name, names in groups.items()}


def _ini(guests: Guests, groups: Groups) -> str:
    lines = []
    for guest in guests:
        # the plugin splits the line like a shell, and reads values as literals of Python
        values = (shlex.quote(f"{name}={value}") for name, value in guest.variables.items())
        lines.append(" ".join((guest.name, *values)))
    for name, names in groups.items():
        lines += ["", f"[{name}]", *names]
    return "".join(f"{line}\n" for line in lines)


def _yaml(guests: Guests, groups: Groups) -> str:
    import yaml

    hosts = {guest.name: guest.variables for guest in guests}
    children = {name: {"hosts": dict.fromkeys(names)} for name, names in groups.items()}
    document: dict[str, Any] = {"all": {"hosts": hosts}}
    if children:
        document["all"]["children"] = children
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1 << 16)
    return str(text).replace(": null\n", ":\n")


def _ssh_config(guests: Guests, groups: Groups) -> str:
    return "\n".join(_ssh_host(guest) for guest in guests)


def _ssh_host(guest: InventoryGuest) -> str:
    values: dict[str, Any] = {
        "HostName": guest.address,
        "Port": guest.port,
        "User": guest.user,
        "IdentityFile": guest.key and _quoted(guest.key),
        "ProxyJump": guest.jump,
        **guest.ssh_options,
    }
    lines = [f"  {name} {value}" for name, value in values.items() if value is not None]
    return "".join(f"{line}\n" for line in (f"Host {guest.name}", *lines))


def _quoted(path: str) -> str:
    escaped = path.replace("%", "%%")
    return f'"{escaped}"' if " " in escaped else escaped
