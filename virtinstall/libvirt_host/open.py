"""Open a connection, including the preparation of the embedded driver.

libvirt reads environment variables when it is loaded, so they are set before libvirt is imported.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError
from virtinstall.libvirt_host import embed

if TYPE_CHECKING:
    from virtinstall.libvirt_host.connection import LibvirtHost


def open_host(uri: str | None = None, *, events: bool = True) -> LibvirtHost:
    """Connect to `uri`: `embed` denotes the embedded driver, and None libvirt's default.

    If `events` is true, guest events are received; without them, some connections open faster.

    Raises: HypervisorError, if the connection fails; StorageError, if the embedded driver's directory cannot be used;
    RequestError, if the file in a `test:///` URI does not exist.
    """
    if uri == "embed":
        uri = embed.embed_uri(embed.embed_root(os.environ, os.geteuid()))
    elif uri is not None and uri.startswith("test:///"):
        _require_file(uri.removeprefix("test://"))
    root = embed.root_of(uri) if uri else None
    if root is not None:
        for name, value in embed.log_environment(root).items():
            os.environ.setdefault(name, value)
        embed.prepare(root)
    from virtinstall.libvirt_host.connection import connect

    return connect(uri, events=events)


def _require_file(path: str) -> None:
    """Check that the test driver's file exists, because libxml2 prints another message for a missing file."""
    file = path.partition("?")[0]
    if path != "/default" and not os.path.exists(file):
        raise RequestError(
            f"--connect test://{path}: the test driver's file '{file}' does not exist",
            hint="specify the path of an existing file, or use the driver's default host: --connect test:///default",
        )
