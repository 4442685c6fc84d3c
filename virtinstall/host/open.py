"""Opening a connection, the embedded driver's preparations included.

libvirt reads its environment when it is loaded: what is to be set there must be set before.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from virtinstall.host import embed

if TYPE_CHECKING:
    from virtinstall.host.libvirt_host import LibvirtHost


def open_host(uri: str | None = None, tell: Callable[[str], None] = lambda line: None) -> LibvirtHost:
    """A connection to `uri`; `embed` is libvirt's embedded driver, None libvirt's own choice.

    `tell` gets a line for each thing outside the driver's directory that had to be changed
    for it. Raises: HypervisorError, when nothing answers; StorageError, when the embedded
    driver's directory can't be used.
    """
    if uri == "embed":
        uri = embed.embed_uri(embed.embed_root(os.environ))
    root = embed.root_of(uri) if uri else None
    if root is not None:
        for name, value in embed.log_environment(root).items():
            os.environ.setdefault(name, value)
        for line in embed.prepare(root):
            tell(line)
    from virtinstall.host.libvirt_host import connect

    return connect(uri)
