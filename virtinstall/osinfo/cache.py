"""A cache of JSON files, which is only an optimization: the files may disappear at any time.

Data from the OS database is cached together with the names and states of the files that it was read from. A change of
any of these files invalidates the data. Source: XDG base directory specification, for the path of the cache.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from virtinstall.osinfo.places import Places, Stamp, stamp
from virtinstall.private_cache import cache_home, read_cached, write_cached

# increase it when the files' content or the resolution of names changes: files of another format are written again
_FORMAT = 2


class JsonCache:
    """The JSON files in `$XDG_CACHE_HOME/virtinstall/osinfo`; `write` is true if files may be created and changed."""

    def __init__(self, environment: Mapping[str, str], *, write: bool = True) -> None:
        home = cache_home(environment)
        self._directory = None if home is None else os.path.join(home, "osinfo")
        self._write = write

    def load(self, name: str) -> Any:
        """Return the data that `save` wrote to the file `name`; None if the file is missing, damaged or outdated."""
        import json

        if self._directory is None:
            return None
        data = read_cached(os.path.join(self._directory, name))
        try:
            content = None if data is None else json.loads(data)
        except ValueError:
            return None
        if not isinstance(content, list) or len(content) != 2 or content[0] != _FORMAT:
            return None
        return content[1]

    def save(self, name: str, content: Any) -> None:
        """Write `content` to the file `name` atomically; do nothing if the cache is not writable."""
        import json

        if self._directory is None or not self._write:
            return
        data = json.dumps([_FORMAT, content], separators=(",", ":")).encode()
        write_cached(os.path.join(self._directory, name), data)


class Watch:
    """The recorded states of the files and directories that data in the cache was read from.

    The directories are those of `places`, and the files are those passed to `see`. Pass a file to `see` before you read
    the file, so that a change during the read invalidates the cached data.
    """

    def __init__(self, places: Places) -> None:
        self._directories = {path: stamp(path) for path in places.directories()}
        self._files: dict[str, Stamp] = {}

    def see(self, paths: list[str]) -> None:
        """Record the current states of the files at `paths`, unless they are already recorded."""
        self._files.update((path, stamp(path)) for path in paths if path not in self._files)

    def save(self, cache: JsonCache, name: str, content: Any) -> None:
        """Store `content`, which was read from the recorded files, in the cache file `name`."""
        cache.save(name, [self._directories, self._files, content])


def load_watched(cache: JsonCache, name: str, places: Places) -> Any:
    """Return the data that `Watch.save` stored under the name `name`.

    Return None if there is no such data, or if a file or directory from which the data was read has changed.
    """
    saved = cache.load(name)
    if not isinstance(saved, list) or len(saved) != 3:
        return None
    directories, files, content = saved
    if directories != {path: stamp(path) for path in places.directories()}:
        return None
    return content if all(stamp(path) == look for path, look in files.items()) else None
