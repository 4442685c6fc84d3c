"""The selection of guests and allowed actions, and the comparison with the existing guests; nothing is changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError
from virtinstall.fleet.addresses import located, with_addresses
from virtinstall.fleet.adopt import as_found
from virtinstall.fleet.compare import Comparison, compare
from virtinstall.fleet.nodes import FileError
from virtinstall.fleet.ownership import belongs, other_file, owner_of, was_renamed
from virtinstall.fleet.planning import plan_again
from virtinstall.fleet.source import together
from virtinstall.record import Record
from virtinstall.similar import did_you_mean

if TYPE_CHECKING:
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.fleet.placement import Placed
    from virtinstall.fleet.sessions import Session, Sessions
    from virtinstall.libvirt_host.host import HostGuest


class Selection(Record):
    """The guests to process, and the actions that are allowed.

    `guests` are the selected guests, except for those whose host cannot be reached. `unreachable` maps the names of
    these other guests to errors; in addition, the key `host NAME` stands for the guests to prune on the unreachable
    host NAME. `all_names` are the names of all guests in the file, including those that are not selected. `file` is the
    path of the guests file, or None if the file sets `project`.

    With `prune`, guests that the file no longer contains are deleted. `adopt` and `recreate` are the names of the
    guests to adopt, and of those to delete and create again. With `reboot`, guests are shut down and started again if
    changes require it.
    """

    project: str
    file: str | None = None
    guests: tuple[LabGuest, ...]
    all_names: frozenset[str]
    unreachable: Mapping[str, RequestError] = {}
    prune: bool = False
    adopt: frozenset[str] = frozenset()
    recreate: frozenset[str] = frozenset()
    reboot: bool = False


def compare_all(chosen: Selection, sessions: Sessions) -> list[Comparison]:
    """Compare each selected guest with the existing guest of the same name; change nothing.

    The result also contains a comparison for each guest to prune, and one for each entry in `chosen.unreachable`.

    Raises: RequestError, with one line for each guest that cannot be compared; HostError.
    """
    found: list[Comparison] = []
    problems: list[FileError] = []
    for guest in chosen.guests:
        try:
            session = sessions.of(guest.host)
            compared = None if chosen.file is None else _of_other_file(guest, chosen, session)
            compared = compared or compare(guest, chosen.project, session, adopt=guest.name in chosen.adopt)
            found.append(_recreated(compared, guest, chosen, session))
        except RequestError as error:
            problems.append(located(guest, error))
    if problems:
        raise together(problems)
    guests = {guest.name: guest for guest in chosen.guests}
    found = [_rebooted(each, chosen) for each in with_addresses(found, guests, chosen.project, sessions)]
    if chosen.prune:
        for host in sessions.hosts():
            for handle in sessions.of(host).host.guests():
                if handle.name not in chosen.all_names and _is_pruned(handle, chosen):
                    found.append(Comparison(name=handle.name, host=host, action="delete"))
    for name, lost in chosen.unreachable.items():
        found.append(Comparison(name=name, action="unreachable", problem=lost.message, hint=lost.hint))
    return found


def _is_pruned(handle: HostGuest, chosen: Selection) -> bool:
    """Return whether the guest was created from this file and was not renamed since."""
    owner = owner_of(handle)
    return owner is not None and belongs(handle, chosen.project, chosen.file) and not was_renamed(owner, handle)


def _of_other_file(guest: LabGuest, chosen: Selection, session: Session) -> Comparison | None:
    """Return the adoption of a guest that was created from another existing file of the same project.

    None if the guest was not created from another file.

    Raises: RequestError, if the adoption was not requested.
    """
    handle = session.host.guest_named(guest.name)
    owner = None if handle is None else owner_of(handle)
    other = other_file(owner, chosen.file)
    if handle is None or owner is None or other is None or owner.project != chosen.project:
        return None
    if guest.name not in chosen.adopt:
        raise RequestError(
            f"{guest.place}: the guest '{guest.name}' already exists and was created from '{other}'; neither "
            f"file sets `project`, so both use the name of their directory, '{chosen.project}'",
            hint="if both files describe this guest, set the same `project: NAME` in both; if not, use another guest "
            f"name in this file, or adopt the guest unchanged with: {guest.apply_command} --adopt {quote(guest.name)}",
        )
    known = Comparison(name=guest.name, host=guest.host, exists=True, action="delete" if guest.absent else "adopt")
    return known if guest.absent else known.replace(applied=as_found(guest, chosen.project, session, handle))


def _recreated(comparison: Comparison, guest: LabGuest, chosen: Selection, session: Session) -> Comparison:
    """Return the comparison, with deletion and creation if they are requested and the guest can be created.

    Raises: the same errors as `make_plan`.
    """
    if comparison.name not in chosen.recreate or not comparison.exists or guest.absent:
        return comparison
    plan_again(guest, chosen.project, session)
    return comparison.replace(action="recreate")


def _rebooted(comparison: Comparison, chosen: Selection) -> Comparison:
    if chosen.reboot and comparison.pending and comparison.action == "none":
        return comparison.replace(action="reboot")
    return comparison


def selection(
    placed: Placed, every: Sequence[LabGuest], names: Collection[str], *, project: str, file: str | None, **more: Any
) -> Selection:
    """Return the selection of the guests in `placed`.

    `names` are the requested names of guests and groups; if `names` is empty, all guests are requested. `placed`
    contains the requested guests with their hosts, and `every` contains all guests in the file. `file` is the path of
    the guests file, or None if the file sets `project`. `more` contains the parameters `prune`, `adopt`, `recreate` and
    `reboot` of `Lab.diff`; `prune` has an effect only if `names` is empty.

    Raises: RequestError, if `adopt` or `recreate` contains the name of a guest that is not in the file or not selected.
    """
    known = {*(guest.name for guest in placed.guests), *placed.problems}
    in_file = {guest.name for guest in every}
    for option in ("adopt", "recreate"):
        for name in more.get(option, ()):
            if name not in in_file:
                raise RequestError(
                    f"--{option} {name}: no such guest in the file", hint=did_you_mean(name, sorted(in_file))
                )
            if name not in known:
                raise RequestError(
                    f"--{option} {name}: the guest is not selected",
                    hint=f"add '{name}' to the guest names, or omit all guest names",
                )
    return Selection(
        project=project,
        file=file,
        guests=placed.guests,
        unreachable=placed.problems,
        all_names=frozenset(guest.name for guest in every),
        prune=bool(more.get("prune")) and not names,
        adopt=frozenset(more.get("adopt", ())),
        recreate=frozenset(more.get("recreate", ())),
        reboot=bool(more.get("reboot")),
    )
