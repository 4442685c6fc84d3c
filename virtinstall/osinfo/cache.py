"""A cache of JSON files that may go missing at any time, and is never more than a help.

What is cached about the database says which files it was read from and how they looked: a change
of any makes it stale.

Source: XDG base directory specification, for where it is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from virtinstall.osinfo.places import Places, Stamp, stamp
from virtinstall.private_cache import cache_home, read_cached, write_cached

# changes with what the files hold, and with how names are resolved: files of another format are written anew
_FORMAT = 2


class JsonCache:
    """JSON files in `$XDG_CACHE_HOME/virtinstall/osinfo`; `write`: whether they may be made and changed."""

    def __init__(self, environment: Mapping[str, str], *, write: bool = True) -> None:
        home = cache_home(environment)
        self._directory = None if home is None else os.path.join(home, "osinfo")
        self._write = write

    def load(self, name: str) -> Any:
        """What `save` wrote, or None: not there, damaged, or of another version."""
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
        """Write a file whole or not at all; a folder that can't be written is no error: there is no cache then."""
        import json

        if self._directory is None or not self._write:
            return
        data = json.dumps([_FORMAT, content], separators=(",", ":")).encode()
        write_cached(os.path.join(self._directory, name), data)


class Watch:
    """What a piece of knowledge was read from: all directories of `places`, and the files that were `see`n.

    Files are to be seen before they are read: a change in between makes the knowledge stale, not wrong.
    """

    def __init__(self, places: Places) -> None:
        self._directories = {path: stamp(path) for path in places.directories()}
        self._files: dict[str, Stamp] = {}

    def see(self, paths: list[str]) -> None:
        """Note how `paths` look now."""
        self._files.update((path, stamp(path)) for path in paths if path not in self._files)

    def save(self, cache: JsonCache, name: str, content: Any) -> None:
        """Keep what was learnt from the files."""
        cache.save(name, [self._directories, self._files, content])


def load_watched(cache: JsonCache, name: str, places: Places) -> Any:
    """What `Watch.save` kept under `name`, None where there is nothing or the database has changed since."""
    saved = cache.load(name)
    if not isinstance(saved, list) or len(saved) != 3:
        return None
    directories, files, content = saved
    if directories != {path: stamp(path) for path in places.directories()}:
        return None
    return content if all(stamp(path) == look for path, look in files.items()) else None
