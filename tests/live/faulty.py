"""Run virt-install with a failure of the Nth libvirt call, like that of a lost daemon or connection.

usage: python -m tests.live.faulty N ARGUMENTS...  (N 0: no call fails; prints the number of calls on standard error)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import libvirt

from virtinstall.cli.main import main

CLASSES = ("virConnect", "virDomain", "virStoragePool", "virStorageVol", "virStream", "virNetwork", "virNodeDevice")
# calls that cannot fail, or that happen only after a failure
HARMLESS = {"name", "UUIDString", "connect", "c_pointer", "getURI", "free", "close", "unregisterCloseCallback"}


class Counter:
    """Counts libvirt's calls; the one with number `failing` fails."""

    def __init__(self, failing: int) -> None:
        self.calls = 0
        self.of_streams = 0
        self._failing = failing

    def wrap(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that counts the call, and fails if its number is reached."""

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            self.of_streams += name.startswith("virStream")
            if self.calls == self._failing:
                raise libvirt.libvirtError(f"injected failure: {name}")
            return call(*args, **kwargs)

        return counted


def install(counter: Counter) -> None:
    """Count every method call of libvirt's objects, and the opening of connections."""
    for class_name in CLASSES:
        cls = getattr(libvirt, class_name)
        for name, method in list(vars(cls).items()):
            if callable(method) and not name.startswith("_") and name not in HARMLESS:
                setattr(cls, name, counter.wrap(f"{class_name}.{name}", method))
    for name in ("open", "openAuth", "openReadOnly"):
        setattr(libvirt, name, counter.wrap(name, getattr(libvirt, name)))


if __name__ == "__main__":
    counter = Counter(int(sys.argv[1]))
    install(counter)
    status = main(sys.argv[2:])
    print(f"libvirt calls: {counter.calls}, of streams: {counter.of_streams}", file=sys.stderr)
    raise SystemExit(status)
