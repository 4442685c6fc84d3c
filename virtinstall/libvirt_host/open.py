"""Open a connection, including the preparation of the embedded driver.

libvirt reads its environment when it is loaded, so variables must be set before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from virtinstall.libvirt_host import embed

if TYPE_CHECKING:
    from virtinstall.libvirt_host.connection import LibvirtHost


def open_host(uri: str | None = None, *, events: bool = True) -> LibvirtHost:
    """Connect to `uri`; `embed` is libvirt's embedded driver, None libvirt's default; `events` as for `connect`.

    Raises: HypervisorError, if the connection fails; StorageError, if the embedded driver's directory cannot be used.
    """
    if uri == "embed":
        uri = embed.embed_uri(embed.embed_root(os.environ, os.geteuid()))
    root = embed.root_of(uri) if uri else None
    if root is not None:
        for name, value in embed.log_environment(root).items():
            os.environ.setdefault(name, value)
        embed.prepare(root)
    from virtinstall.libvirt_host.connection import connect

    return connect(uri, events=events)
