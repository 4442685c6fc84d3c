"""The location of libvirt's schema, and the cache of its index.

The cache is `$XDG_CACHE_HOME/virtinstall/domain-schema`. It is valid as long as the size and modification time of each
schema file are unchanged. If the cache is damaged or cannot be used, the index is built again; only time is lost.

Source: https://specifications.freedesktop.org/basedir-spec/latest/ (places of caches and data); libvirt installs its
schemas in `libvirt/schemas` below the data directory.
"""

from __future__ import annotations

import marshal
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from virtinstall.private_cache import cache_home, read_cached, write_cached

if TYPE_CHECKING:
    from virtinstall.xml.rng_index import Index

ENTRY_FILE = "domain.rng"
# increase it when the index or the code that builds it changes
_FORMAT = b"virtinstall domain schema 1\n"
_MARSHAL_VERSION = 4

Stamp = tuple[tuple[str, int, int], ...]
"""(path, size in bytes, modification time in ns) of each schema file, the entry file first."""


def find_schema(environ: Mapping[str, str]) -> str | None:
    """Return the path of libvirt's `domain.rng`; None if it is not installed.

    The environment variable `VIRTINSTALL_SCHEMA_DIR`, if set, names the only directory that is searched.
    """
    for directory in _directories(environ):
        path = os.path.join(directory, ENTRY_FILE)
        if os.path.isfile(path):
            return os.path.abspath(path)
    return None


def _directories(environ: Mapping[str, str]) -> Iterator[str]:
    chosen = environ.get("VIRTINSTALL_SCHEMA_DIR")
    if chosen:
        yield chosen
        return
    for data in (environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":"):
        yield os.path.join(data, "libvirt", "schemas")
    yield from ("/usr/share/libvirt/schemas", "/usr/local/share/libvirt/schemas")


def cache_file(environ: Mapping[str, str]) -> str | None:
    """Return the path of the cache; None if `environ` names no home directory."""
    home = cache_home(environ)
    return None if home is None else os.path.join(home, "domain-schema")


def stamp_of(files: Iterable[str]) -> Stamp:
    """Return the current size and modification time of each schema file in `files`.

    Raises: OSError, if a file cannot be examined.
    """
    found = []
    for path in files:
        status = os.stat(path)
        found.append((path, status.st_size, status.st_mtime_ns))
    return tuple(found)


def load_index(cache: str, schema: str) -> Index | None:
    """Return the index of the schema at the path `schema` from the file `cache`.

    The result is None if the cache is missing, damaged or not up to date, or contains the index of another schema.
    """
    data = read_cached(cache)
    start = len(_FORMAT) + 4
    # check the sum first, because marshal does not detect damaged data
    if data is None or data[: len(_FORMAT)] != _FORMAT or data[len(_FORMAT) : start] != _sum(data[start:]):
        return None
    stamp, index = marshal.loads(data[start:])
    if stamp[0][0] != schema:
        return None
    try:
        fresh = stamp_of(path for path, _, _ in stamp) == stamp
    except OSError:
        return None
    found: Index = index
    return found if fresh else None


def save_index(cache: str, stamp: Stamp, index: Index) -> None:
    """Write `index` and the stamp of its schema files to the file `cache` atomically.

    If the file cannot be written, do nothing.
    """
    data = marshal.dumps((stamp, index), _MARSHAL_VERSION)
    write_cached(cache, _FORMAT, _sum(data), data)


def _sum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big")
