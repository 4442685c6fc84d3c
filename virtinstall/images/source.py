"""The origin of an image: the facts that are known without the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from virtinstall.named import NamedTuple

CLOUD_INIT, IGNITION, NO_SEED = "cloud-init", "ignition", "none"


class ImageSource(NamedTuple):
    """One image of a catalog, a URL, a file or a containerdisk.

    `name` is for messages. `kind` defines how to find the file: `url` (exact, may contain `{codename}` if that is not
    known yet), `directory` (the newest file in `url` that matches `pattern`), `index` (`listing` describes how to read
    the JSON document), `registry` (`url` is the reference) or `path` (a local file). `checksums` are the names of
    checksum lists next to the image; `guess` means that they may be missing. `fallback_url` is used if an index does
    not list it. `digest` is a known digest, `ALGORITHM:HEX`. `user` is the login that the image creates for its keys;
    `os_name` is osinfo's short ID; `origin` names the catalogue.
    """

    name: str
    kind: str
    url: str
    arch: str = ""
    variant: str = ""
    pattern: str = ""
    checksums: tuple[str, ...] = ()
    guess: bool = False
    signature: str = ""
    keyring: str = ""
    digest: str = ""
    listing: Mapping[str, Any] | None = None
    codename_search: str = ""
    fallback_url: str = ""
    seed: str = NO_SEED
    user: str = ""
    firmware: tuple[str, ...] = ()
    os_name: str = ""
    origin: str = ""

    @property
    def label(self) -> str:
        """The name and variant, for messages."""
        return f"{self.name}:{self.variant}" if self.variant else self.name

    @property
    def key(self) -> str:
        """The key of the source in the cache."""
        parts = (self.kind, self.name, self.variant, self.arch, self.url, self.pattern, self.digest)
        return "\n".join(parts)
