"""The connections to the hosts in a guests file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from virtinstall.errors import VirtInstallError
from virtinstall.hypervisor import Hypervisor, connect

if TYPE_CHECKING:
    from types import TracebackType


class Connections(Mapping[str, Hypervisor]):
    """The connections to the hosts in a guests file, by host name.

    The keys of `errors` are the names of the hosts that cannot be reached, and the values are the errors. At the end of
    a `with` block, the connections are closed.
    """

    def __init__(self, found: Mapping[str, Hypervisor], errors: Mapping[str, VirtInstallError]) -> None:
        self._found = dict(found)
        self.errors = dict(errors)
        """The error for each host that cannot be reached, by host name."""

    def __getitem__(self, name: str) -> Hypervisor:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def close(self) -> None:
        """Close all connections."""
        for each in self._found.values():
            each.close()

    def __enter__(self) -> Connections:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect_all(hosts: Mapping[str, str], open_one: Callable[[str], Hypervisor] = connect) -> Connections:
    """Connect to all hosts at the same time, so that an unreachable host does not delay the other connections.

    `hosts` maps the names of hosts to URIs. `open_one` is called with each URI, in a separate thread, and returns a
    connection.

    Raises: if no host can be reached, the error for the first host in `hosts`.
    """
    found: dict[str, Hypervisor] = {}
    errors: dict[str, VirtInstallError] = {}
    with ThreadPoolExecutor(max_workers=max(1, len(hosts)), thread_name_prefix="connect") as pool:
        waiting = {name: pool.submit(open_one, uri) for name, uri in hosts.items()}
        for name, future in waiting.items():
            try:
                found[name] = future.result()
            except VirtInstallError as error:
                errors[name] = error
    if errors and not found:
        raise next(iter(errors.values()))
    return Connections(found, errors)
