"""Inventories of the guests in a file, or of all guests on a host, for Ansible and for OpenSSH.

Source: https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html; ssh_config(5).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Any

from virtinstall.devices.interface import Interface
from virtinstall.fleet.applied import read_applied
from virtinstall.fleet.inventory_guest import RESERVED_GROUPS, Format, InventoryGuest, group_name
from virtinstall.fleet.inventory_text import ansible_document, inventory_text
from virtinstall.guest_record import NAMESPACE, parse_record
from virtinstall.lifecycle.addresses import summaries
from virtinstall.lifecycle.ssh import forwarded_port_of, host_key_options, jump_host
from virtinstall.record import Record

if TYPE_CHECKING:
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.hypervisor import Hypervisor
    from virtinstall.libvirt_host.host import Host, HostGuest
    from virtinstall.lifecycle.addresses import Summary

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


class Inventory(Record):
    """An inventory of guests.

    `warnings` are messages about guests that do not exist and about hosts that cannot be reached.
    """

    guests: tuple[InventoryGuest, ...]
    warnings: tuple[str, ...] = ()

    @staticmethod
    def of_host(hypervisor: Hypervisor) -> Inventory:
        """Return the inventory of all guests on a host.

        A guest that was created from a guests file is in the group with the name of the project, and in the groups that
        the file listed for the guest when it was last applied.

        Raises: StorageError, if a file with a host key cannot be written; HostError.
        """
        found = []
        for summary, handle in _guests_of(hypervisor.host):
            applied = read_applied(handle)
            groups = () if applied is None else (applied.project, *applied.groups)
            found.append(_entry(handle, summary, hypervisor.host, groups))
        return Inventory(guests=tuple(found))

    @staticmethod
    def of_guests(
        guests: Sequence[LabGuest], hypervisors: Sequence[Hypervisor], lost: Collection[str] = ()
    ) -> Inventory:
        """Return the inventory of `guests`, which are the guests in a guests file.

        `hypervisors` are the connections to the hosts; a guest may be on any of them. `lost` are the names of the hosts
        that cannot be reached.

        Raises: the same errors as `of_host`.
        """
        found: dict[str, InventoryGuest] = {}
        wanted = {guest.name: guest for guest in guests if guest.request is not None}
        for host in hypervisors:
            for summary, handle in _guests_of(host.host):
                guest = wanted.get(summary.name)
                if guest is not None and summary.name not in found:
                    entry = _entry(handle, summary, host.host, guest.groups)
                    found[summary.name] = _with_file(entry, guest)
        missing = tuple(_missing(guest, lost) for name, guest in wanted.items() if name not in found)
        return Inventory(guests=tuple(found[name] for name in wanted if name in found), warnings=missing)

    @property
    def groups(self) -> dict[str, list[str]]:
        """The names of the guests, by group.

        In group names, characters other than ASCII letters, digits and underscores are replaced with underscores, as
        Ansible requires. A group with the name of a guest, or with a name that Ansible reserves, is omitted.
        """
        found: dict[str, list[str]] = {}
        # Ansible warns of a group with the name of a host
        taken = {*RESERVED_GROUPS, *(guest.name for guest in self.guests)}
        for guest in self.guests:
            for name in dict.fromkeys(map(group_name, guest.groups)):
                if name not in taken:
                    found.setdefault(name, []).append(guest.name)
        return found

    def text(self, format: Format) -> str:
        """Return the inventory as a string in the specified format.

        Raises: RequestError, if the format is unknown or does not allow the name of a guest.
        """
        return inventory_text(self.guests, self.groups, format)

    def document(self) -> dict[str, Any]:
        """Return the inventory as the data that an Ansible inventory script prints for `--list`."""
        return ansible_document(self.guests, self.groups)


def _missing(guest: LabGuest, lost: Collection[str]) -> str:
    there = [name for name in (guest.host or "", *guest.spread) if name in lost]
    if there:
        hosts = " or ".join(f"'{name}'" for name in there)
        return f"{guest.name}: not included, because the guest may be on the host {hosts}"
    return f"{guest.name}: no such guest; create it with: {guest.apply_command} {quote(guest.name)}"


def _guests_of(host: Host) -> Iterator[tuple[Summary, HostGuest]]:
    """Yield the summary and the handle of each guest. Each network is read once."""
    handles = {guest.name: guest for guest in host.guests()}
    for summary in summaries(host):
        if summary.name in handles:
            yield summary, handles[summary.name]


def _entry(handle: HostGuest, summary: Summary, host: Host, groups: tuple[str, ...]) -> InventoryGuest:
    record = parse_record(handle.metadata(NAMESPACE), handle.uuid)
    forwarded = forwarded_port_of(handle)
    address = summary.addresses[0].address if summary.addresses else None
    port = None
    if forwarded is not None:
        address, port = _ANY_ADDRESS.get(forwarded[0], forwarded[0]), forwarded[1]
    host_key = None if record is None else record.host_key
    return InventoryGuest(
        name=summary.name,
        uuid=summary.uuid,
        uri=host.uri,
        state=summary.state,
        groups=groups,
        address=address,
        port=port,
        user=None if record is None else record.user,
        jump=jump_host(host.uri),
        ssh_options={} if host_key is None else host_key_options(handle.uuid, host_key),
    )


def _with_file(entry: InventoryGuest, guest: LabGuest) -> InventoryGuest:
    """Return the entry with what only the file contains: an address set by cloud-init, and the account's key."""
    assert guest.request is not None
    if entry.address is None and guest.has_addresses:
        texts = (interface.ip for interface in guest.request.domain.devices_of(Interface))
        first = next((text for text in texts if text), "")
        entry = entry.replace(address=first.split(",")[0].partition("/")[0].strip() or None)
    seed = guest.request.install.cloud_init
    public = ""
    if isinstance(seed, Mapping):
        public = next((seed[key] for key in ("user-ssh-key", "clouduser-ssh-key", "root-ssh-key") if key in seed), "")
    private = os.path.abspath(os.path.expanduser(public.removesuffix(".pub")))
    if public.endswith(".pub") and os.path.isfile(private):
        entry = entry.replace(key=private)
    return entry
