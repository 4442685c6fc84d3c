"""A guest in a guests file, with the request that the same options on the command line would create."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from functools import cache
from shlex import quote
from typing import TYPE_CHECKING, Any

from virtinstall.fleet.nodes import STANDARD_INPUT
from virtinstall.options.fallback import fallback_for
from virtinstall.options.parser import parse_argv
from virtinstall.options.read import read_request
from virtinstall.record import Record

if TYPE_CHECKING:
    from virtinstall.request import Request


class LabGuest(Record):
    """A guest in a guests file.

    `place` is the guest's position in the file, such as `guests.yaml:14:3`, and `network_places` are the positions of
    its networks. `after` are the names of the guests that must be created first. `index` is the guest's number if an
    entry with `count` describes the guest, otherwise None. `host` is the name of the guest's host; it is None if the
    file lists no hosts, or if no host in `spread` has been chosen yet. `absent` is true if the guest must not exist,
    and `has_addresses` is true if the file sets IP addresses for its network interfaces.

    `given` are the option values by name, as the command-line parser stores them. If `read` is not None, it is the
    guest's request, and `given` is ignored.
    """

    name: str
    place: str
    after: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    index: int | None = None
    host: str | None = None
    spread: tuple[str, ...] = ()
    given: Mapping[str, Any] = {}
    network_places: tuple[str, ...] = ()
    absent: bool = False
    has_addresses: bool = False
    read: Request | None = None

    @property
    def request(self) -> Request | None:
        """The guest's request; None if the guest must be absent.

        Unless `read` is set, each access creates a new request, because storing the requests of many guests would need
        a lot of memory.
        """
        return None if self.absent else self.read or request_of(self.name, self.given)

    @property
    def apply_command(self) -> str:
        """The command that applies the file, such as `virt-guest apply -f guests.yaml`."""
        label = self.place.rsplit(":", 2)[0]
        return f"virt-guest apply -f {'-' if label == STANDARD_INPUT else quote(label)}"

    @property
    def options(self) -> dict[str, tuple[str, ...]]:
        """The values of each option as strings, by the name under which the command-line parser stores the option."""
        return {
            name: tuple(map(str, value if isinstance(value, list) else [value])) for name, value in self.given.items()
        }


def request_of(name: str, given: Mapping[str, Any]) -> Request:
    """Return the request for the guest `name`.

    `given` are the option values by name, as the command-line parser stores them.

    Raises: RequestError, if an option or a value is invalid.
    """
    return read_request(Namespace(**{**_unset(), **given, "name": name}), fallback_for)


@cache
def _unset() -> Mapping[str, Any]:
    """Return what the parser stores for an empty command line."""
    return vars(parse_argv([]))
