"""The source of an image: the facts that are known without access to the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from virtinstall.named import NamedTuple

CLOUD_INIT, IGNITION, NO_SEED = "cloud-init", "ignition", "none"


class ImageSource(NamedTuple):
    """The source of an image: an entry of a catalog, a URL, a local file or a containerdisk.

    `name` is the name of the image in messages. `kind` defines how the file is found:

    - `url`: at `url`, which contains `{codename}` if the code name is not known yet;
    - `directory`: the newest file in the directory `url` whose name matches the regular expression `pattern`;
    - `index`: in the JSON document at `url`, as `listing` describes; `fallback_url` is used if it is not listed there;
    - `registry`: `url` is the container reference;
    - `path`: `url` is the path of a local file.

    `checksums` are the names of the checksum lists next to the image; with `guess`, they may be missing. `signature` is
    the name of the signature of a list, and `keyring` the path of the keyring that verifies it. `digest` is a known
    digest in the form `ALGORITHM:HEX`. `seed` is `cloud-init`, `ignition` or `none`. `user` is the account that gets
    the SSH keys. `os_name` is an osinfo short ID. `origin` is the path of the catalog, the URL of the index, or the
    kind of another source: `osinfo`, `registry`, `url` or `path`. Unknown values are empty.
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
        """The name and, if there is one, the variant, for messages: `NAME:VARIANT`."""
        return f"{self.name}:{self.variant}" if self.variant else self.name

    @property
    def key(self) -> str:
        """The key of the source in the cache."""
        parts = (self.kind, self.name, self.variant, self.arch, self.url, self.pattern, self.digest)
        return "\n".join(parts)
