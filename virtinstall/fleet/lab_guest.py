"""One guest of a file, with the request that the same options on the command line would create."""

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
    """One guest of the file.

    `place` is the guest's position in the file (`guests.yaml:14:3`), and `after` are the names of guests that come
    first. `index` is the guest's number if `count` creates several guests, otherwise None. `host` is the name of the
    guest's host; None if the file names no hosts, or if no host of `spread` is chosen yet. `given` are the options as
    the parser of the command line stores them, and `network_places` the positions of the guest's networks. `absent` is
    true if the guest must not exist, and `has_addresses` if the file sets addresses of its interfaces. `read` is the
    request if it differs from that of `given`, and None if it does not.
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
        """The request, created at each access because files can have many guests; None if the guest must be absent."""
        return None if self.absent else self.read or request_of(self.name, self.given)

    @property
    def apply_command(self) -> str:
        """The command that applies the file."""
        label = self.place.rsplit(":", 2)[0]
        return f"virt-guest apply -f {'-' if label == STANDARD_INPUT else quote(label)}"

    @property
    def options(self) -> dict[str, tuple[str, ...]]:
        """The options in the form of the command line, by name."""
        return {
            name: tuple(map(str, value if isinstance(value, list) else [value])) for name, value in self.given.items()
        }


def request_of(name: str, given: Mapping[str, Any]) -> Request:
    """Return the request of a guest with these options.

    Raises: RequestError.
    """
    return read_request(Namespace(**{**_unset(), **given, "name": name}), fallback_for)


@cache
def _unset() -> Mapping[str, Any]:
    """Return what the parser stores for an empty command line."""
    return vars(parse_argv([]))
