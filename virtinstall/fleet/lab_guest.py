"""One guest of a file, with the request that the command line would make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from virtinstall.compose.interfaces import want_addresses
from virtinstall.record import Record

if TYPE_CHECKING:
    from virtinstall.request import Request


class LabGuest(Record):
    """One guest of the file. `request` is None if it must be absent.

    `place` is where the file has it (`guests.yaml:14:3`), `after` names the guests that come first, and `index` is its
    number where `count` makes several. `options` are the options as the command line would have them, and
    `network_places` the positions of its networks.
    """

    name: str
    place: str
    request: Request | None = None
    after: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    index: int | None = None
    options: Mapping[str, tuple[str, ...]] = {}
    network_places: tuple[str, ...] = ()

    @property
    def has_addresses(self) -> bool:
        """Whether the file sets addresses of its interfaces."""
        return self.request is not None and want_addresses(self.request.domain)
