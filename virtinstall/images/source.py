"""The source of an image: the properties that are known without access to the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from virtinstall.named import NamedTuple

CLOUD_INIT, IGNITION, NO_SEED = "cloud-init", "ignition", "none"


class ImageSource(NamedTuple):
    """The source of an image: an entry in a catalog, a URL, a local file or a containerdisk.

    `name` is the name of the image in messages. `kind` defines where the file is:

    - `url`: at `url`, which contains `{codename}` if the code name is not known yet;
    - `directory`: in the directory `url`; the newest file name that matches the regular expression `pattern` is used;
    - `index`: at a URL in the JSON document at `url`, which `listing` describes; if the document does not list the
      image, at `fallback_url`;
    - `registry`: in a container registry; `url` is the container reference;
    - `path`: on this host; `url` is the path of the file.

    `checksums` are the names of the checksum lists next to the image; if `guess` is True, these lists may be missing.
    `signature` is the name of the file that contains the signature of a list, and `keyring` is the path of the keyring
    that verifies the signature. `digest` is a known digest in the form `ALGORITHM:HEX`. `codename_search` is the URL of
    a page that links to the directories of all code names. `seed` is `cloud-init`, `ignition` or `none`. `user` is the
    account to which SSH keys are added. `os_name` is an osinfo short ID. `origin` is the path of the catalog, the URL
    of the index, or another origin: `built-in`, `osinfo`, `registry`, `url` or `path`. Unknown values are empty.
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
        """The key that identifies the source in the cache."""
        parts = (self.kind, self.name, self.variant, self.arch, self.url, self.pattern, self.digest)
        return "\n".join(parts)
