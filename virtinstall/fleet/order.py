"""Checks of the names of guests and groups in a file, and the resolution of groups in `after`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from virtinstall.fleet.lab_guest import LabGuest
from virtinstall.fleet.nodes import FileError
from virtinstall.similar import did_you_mean

_MOST_SUGGESTIONS = 20
_MOST_NAMES = 5
Places = Mapping[str, Sequence[tuple[str, str]]]
"""The values of `after` or `groups` by guest name, each as (name, position)."""


def wrong_names(
    guests: Sequence[LabGuest], after: Places, groups: Places, empty: Collection[str], failed: Collection[str]
) -> list[FileError]:
    """Return errors for duplicate guest names, for invalid names in `after`, and for groups with the name of a guest.

    `after` and `groups` contain the values that the guests have under these keys, with their positions. `empty` are the
    names of groups without guests (`count: 0`). `failed` contains the names, without the numbers that `count` appends,
    of guests that could not be loaded; a name in `after` that starts with one of them is not an error.
    """
    found: dict[tuple[str, str], FileError] = {}
    names: dict[str, LabGuest] = {}
    for guest in guests:
        if guest.name in names:
            found[guest.place, ""] = FileError(
                f"{guest.place}: the guest name '{guest.name}' is already in use at {names[guest.name].place}",
                hint="use another guest name",
            )
        names.setdefault(guest.name, guest)
    known = {*names, *empty, *(group for guest in guests for group in guest.groups)}
    for guest in guests:
        for other, place in after.get(guest.name, ()):
            text = hint = None
            if other == guest.name:
                text = "a guest cannot come after itself"
                hint = f"remove '{other}' from `after`"
            elif other not in known and not other.startswith(tuple(failed)):
                # each name is compared with all others
                hint = f"add the guest to the file, or remove '{other}' from `after`"
                hint = did_you_mean(other, sorted(known), hint) if len(found) < _MOST_SUGGESTIONS else hint
                text = f"no such guest or group: '{other}'"
            if text is not None:
                found.setdefault((place, other), FileError(f"{place}: {guest.name}.after: {text}", hint=hint))
        for group, place in groups.get(guest.name, ()):
            if group in names and group != guest.name:
                text = f"'{group}' is the name of a guest and cannot also be the name of a group"
                error = FileError(f"{place}: {guest.name}.groups: {text}", hint="use another name for the group")
                found.setdefault((place, group), error)
    return list(found.values())


def with_order(guests: Sequence[LabGuest]) -> tuple[LabGuest, ...]:
    """Return the guests, in the same order, with each group in `after` replaced by the names of its guests.

    Raises: FileError, if guests depend on each other in a cycle.
    """
    members: dict[str, list[str]] = {}
    for guest in guests:
        for group in guest.groups:
            members.setdefault(group, []).append(guest.name)
    names = {guest.name for guest in guests}

    def expanded(guest: LabGuest) -> Iterator[str]:
        for other in guest.after:
            yield from [other] if other in names else members.get(other, [])

    done = tuple(
        guest.replace(after=tuple(each for each in dict.fromkeys(expanded(guest)) if each != guest.name))
        for guest in guests
    )
    waiting = {guest.name: set(guest.after) for guest in done}
    while free := [name for name, after in waiting.items() if not after & waiting.keys()]:
        for name in free:
            del waiting[name]
    if waiting:
        cycle = _cycle(waiting)
        place = next(guest.place for guest in done if guest.name in cycle)
        more = f" and {len(cycle) - _MOST_NAMES} more" if len(cycle) > _MOST_NAMES else ""
        raise FileError(
            f"{place}: these guests depend on each other through `after`: "
            f"{', '.join(sorted(cycle)[:_MOST_NAMES])}{more}",
            hint="remove one of these dependencies from `after`",
        )
    return done


def _cycle(waiting: Mapping[str, Collection[str]]) -> list[str]:
    """Return names each of which waits for the next one, and the last one for the first."""
    path: list[str] = []
    name = next(iter(waiting))
    while name not in path:
        path.append(name)
        name = min(each for each in waiting[name] if each in waiting)
    return path[path.index(name) :]
