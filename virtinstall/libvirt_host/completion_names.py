"""Names of libvirt's objects for completion, queried read-only and with a short timeout.

Source: https://libvirt.org/uri.html; LIBVIRT_AUTOSTART is a variable of libvirt's remote driver.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable
from typing import Any

KINDS = ("guests", "networks", "pools", "node devices")


def listed(kind: str, uri: str | None, timeout_seconds: float) -> list[str]:
    """Return the sorted names of libvirt's objects of one kind.

    `kind` is one of `KINDS`, or `volumes of POOL` for the volumes in the pool POOL. `uri` is the connection URI, or
    None for libvirt's default.

    Return an empty list if libvirt reports an error or does not answer within `timeout_seconds`. Remote hosts and the
    embedded driver are never queried, so the list is also empty for their URIs.
    """
    import threading

    if not _is_near(uri):
        return []
    found: list[str] = []
    asking = threading.Thread(target=lambda: found.extend(_ask(kind, uri)), daemon=True)
    asking.start()
    asking.join(timeout_seconds)
    return sorted(found)


def _is_near(uri: str | None) -> bool:
    if uri is None:
        uri = os.environ.get("LIBVIRT_DEFAULT_URI", "qemu:///session")
    scheme, separator, rest = uri.partition("://")
    return bool(separator) and "+" not in scheme and rest.startswith("/") and not rest.startswith("/embed")


def _ask(kind: str, uri: str | None) -> list[str]:
    # completion does not start a daemon
    os.environ["LIBVIRT_AUTOSTART"] = "0"
    import libvirt

    libvirt.registerErrorHandler(operator.is_, None)
    try:
        connection = libvirt.openReadOnly(uri)
        return _calls(connection)[kind]() if kind in KINDS else _volumes(connection, kind.removeprefix("volumes of "))
    except libvirt.libvirtError:
        # completion reports no errors: there are no candidates
        return []


def _calls(connection: Any) -> dict[str, Callable[[], list[str]]]:
    return {
        "guests": lambda: [guest.name() for guest in connection.listAllDomains(0)],
        "networks": lambda: [network.name() for network in connection.listAllNetworks(0)],
        "pools": lambda: [pool.name() for pool in connection.listAllStoragePools(0)],
        "node devices": lambda: list(connection.listDevices(None, 0)),
    }


def _volumes(connection: Any, pool: str) -> list[str]:
    return list(connection.storagePoolLookupByName(pool).listVolumes())
