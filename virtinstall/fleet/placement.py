"""The choice of a host for each guest in a file: its present host, its `host`, or one of the hosts in its `spread`.

Guests are never moved to other hosts. The choice need not be stored, because a later run finds the guest on its host.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError, VirtInstallError
from virtinstall.fleet.applied import read_applied
from virtinstall.fleet.conflicts import already_used, conflict_hint, exclusive_values
from virtinstall.fleet.planning import uuid_of
from virtinstall.hypervisor import Hypervisor
from virtinstall.named import NamedTuple
from virtinstall.virsh_commands import command

if TYPE_CHECKING:
    from virtinstall.fleet.lab_guest import LabGuest


_Value = tuple[str, str, str]
"""Kind, value and scope of a value that only one guest can have."""


class UnreachableError(RequestError):
    """An error about a host that cannot be reached."""

    def __init__(self, host: str, error: VirtInstallError, consequence: str | None = None) -> None:
        lost = f"the host '{host}' cannot be reached"
        if consequence is not None:
            lost = f"{consequence} on the host '{host}', which cannot be reached"
        super().__init__(f"{lost}: {error.message}", hint=error.hint)


class Placed(NamedTuple):
    """The guests with their hosts.

    If a guest is or may be on a host that cannot be reached, the guest is not in `guests`, and `problems` maps its name
    to the error.
    """

    guests: tuple[LabGuest, ...]
    problems: Mapping[str, RequestError]


class _Host:
    """The known facts about one host."""

    def __init__(self, hypervisor: Hypervisor) -> None:
        self.hypervisor = hypervisor
        self.names = set(hypervisor.host.guest_names())
        self.count = len(self.names)
        self._free: int | None = None

    @property
    def free_bytes(self) -> int:
        """The host's free memory in bytes, which is read when it is first needed."""
        if self._free is None:
            self._free = self.hypervisor.host.free_memory_bytes()
        return self._free


def place(
    guests: Sequence[LabGuest],
    project: str,
    hypervisors: Mapping[str, Hypervisor],
    errors: Mapping[str, VirtInstallError],
    adopt: Collection[str] = (),
) -> Placed:
    """Return the guests with their hosts.

    `hypervisors` maps host names to connections, and `errors` maps the names of hosts that cannot be reached to errors.
    `adopt` are names of guests that may exist without having been created from the file. A new guest with `spread` is
    placed on a host on which no other guest in the file uses the same port, disk or device. Of these hosts, the one
    with the fewest guests is chosen. If several have the same number of guests, the one with the most free memory is
    chosen, or else the first one in `spread`.

    Raises: RequestError, if a guest exists on several hosts or on a host other than its `host`, or if no host is
    suitable; HostError.
    """
    hosts = {name: _Host(hypervisor) for name, hypervisor in hypervisors.items()}
    placed: list[LabGuest] = []
    problems: dict[str, RequestError] = {}
    refused: list[RequestError] = []
    new: list[int] = []
    for guest in guests:
        present = [name for name, host in hosts.items() if guest.name in host.names]
        own = [name for name in present if guest.name in adopt or _is_own(guest.name, project, hosts[name])]
        try:
            name = _host_of(guest, own, hypervisors, errors)
        except UnreachableError as error:
            problems[guest.name] = error
            continue
        except RequestError as error:
            refused.append(error)
            continue
        if name is None:
            new.append(len(placed))
        placed.append(guest.replace(host=name))
    _raise_together(refused)
    # the guests that exist are counted first, so that the choice does not depend on their order in the file
    taken = _taken(placed) if new else {}
    for number in new:
        try:
            placed[number] = _spread(placed[number], hosts, taken)
        except RequestError as error:
            refused.append(error)
    _raise_together(refused)
    return Placed(tuple(placed), problems)


def _raise_together(refused: Sequence[RequestError]) -> None:
    if refused:
        hints = dict.fromkeys(each.hint for each in refused if each.hint)
        raise RequestError("\n".join(each.message for each in refused), hint="; ".join(hints) or None)


def _spread(guest: LabGuest, hosts: Mapping[str, _Host], taken: dict[_Value, str]) -> LabGuest:
    """Return the guest with a host of its `spread`; count it, and add its values to those taken.

    Raises: RequestError, if each host has a conflict.
    """
    values = {name: _values(guest.replace(host=name)) for name in guest.spread}
    conflicts = {name: value for name in guest.spread for value in reversed(values[name]) if value in taken}
    possible = [name for name in guest.spread if name not in conflicts]
    if not possible:
        reasons = (
            f"on the host '{name}', {already_used(value[0], value[1], taken[value])}"
            for name, value in conflicts.items()
        )
        remedy = conflict_hint({value[0] for value in conflicts.values()}, numbered=guest.index is not None)
        raise RequestError(
            f"{guest.place}: {guest.name}: no host is suitable: {'; '.join(reasons)}",
            hint=f"add hosts under `spread`, or {remedy}",
        )
    free = [name for name in possible if guest.name not in hosts[name].names] or possible
    chosen = min(free, key=lambda name: (hosts[name].count, -hosts[name].free_bytes, free.index(name)))
    hosts[chosen].count += 1
    taken.update(dict.fromkeys(values[chosen], guest.name))
    return guest.replace(host=chosen)


def _taken(guests: Sequence[LabGuest]) -> dict[_Value, str]:
    """Return the values of guests with a known host, each with the name of its guest."""
    return {value: guest.name for guest in guests if guest.host is not None for value in _values(guest)}


def _values(guest: LabGuest) -> list[_Value]:
    request = guest.request
    return [] if request is None else [each[:3] for each in exclusive_values(request.domain, guest)]


def _is_own(name: str, project: str, host: _Host) -> bool:
    handle = host.hypervisor.host.guest_named(name)
    if handle is None:
        return False
    applied = read_applied(handle)
    return handle.uuid.lower() == uuid_of(project, name) if applied is None else applied.project == project


def _host_of(
    guest: LabGuest,
    own: Sequence[str],
    hypervisors: Mapping[str, Hypervisor],
    errors: Mapping[str, VirtInstallError],
) -> str | None:
    """Return the host of a guest; None if it must be chosen.

    Raises: RequestError.
    """
    deletion = {name: command("virt-guest delete", hypervisors[name].uri, guest.name) for name in own}
    if len(own) > 1:
        names = ", ".join(f"'{name}'" for name in own)
        raise RequestError(
            f"{guest.place}: the guest '{guest.name}' exists on several hosts: {names}",
            hint=f"delete the guest on all hosts except one, for example on the host '{own[-1]}' with: "
            f"{deletion[own[-1]]}",
        )
    if guest.host is not None:
        if guest.host in errors:
            raise UnreachableError(guest.host, errors[guest.host])
        if own and own[0] != guest.host:
            raise RequestError(
                f"{guest.place}: the guest '{guest.name}' is on the host '{own[0]}', not on '{guest.host}'; guests are "
                "not moved to other hosts",
                hint=f"use `host: {own[0]}`, or first delete the guest on the host '{own[0]}' with: {deletion[own[0]]}",
            )
        return guest.host
    if own:
        return own[0]
    for name in guest.spread:
        if name in errors:
            # the guest may be there: a second one would have the same addresses
            raise UnreachableError(name, errors[name], f"the guest '{guest.name}' may exist")
    return None
