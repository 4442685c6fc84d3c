"""The image cache: immutable files named after their contents, and a record of each source.

    by-digest/sha256-HEX.qcow2    an image, mode 0444; never changed; the backing file of any number of disks
    sources/KEY.json              the record of a source: which file it is, when it was checked, ETag
    sources/KEY.part              a download; its lock is the lock of the source
    sources/KEY.part.json         the server's response for that download, to resume it
    users/sha256-HEX.qcow2.json   the disks that were created from an image (image_users.py)

A download is renamed into place when it is complete, verified and flushed. A killed run leaves only a `.part` file.
The next run for that source continues the download; after a day, any run removes the file.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from virtinstall.errors import StorageError
from virtinstall.named import NamedTuple
from virtinstall.safe_text import reason_of

_FILES, _SOURCES = "by-digest", "sources"
_PART_LIFE_SECONDS = 24 * 3600
_FORMATS = ("qcow2", "raw")


class CachedImage(NamedTuple):
    """An image in the cache.

    `path` is the path of the file, and `name` is the name of the image in messages. `url` is the URL of the download,
    and `arch` is the architecture, such as `x86_64`; each is an empty string if unknown. `format` is the image format:
    `qcow2` or `raw`. `digest` is the digest of the download in the form `ALGORITHM:HEX`, and `verified` is how the
    image was verified: `signature`, `digest`, `tls` or `none`. `virtual_size` is in bytes; `length` is the size of the
    download in bytes, None if unknown. `etag` and `last_modified` are the values of the response headers `ETag` and
    `Last-Modified`; each is an empty string if the server did not send the header. `fetched` and `checked` are the
    times of the download and of the last check for a new version, in seconds since 1970. `source_key` is the key under
    which the cache stores this record; it identifies the source of the image and the requested checksum.
    """

    path: str
    name: str
    url: str
    digest: str
    format: str
    virtual_size: int
    verified: str
    arch: str = ""
    etag: str = ""
    last_modified: str = ""
    length: int | None = None
    fetched: float = 0.0
    checked: float = 0.0
    source_key: str = ""


class Part:
    """A locked, possibly incomplete download from a source; `fd` is the file descriptor of the open file at `path`."""

    def __init__(self, path: str, fd: int) -> None:
        self.path = path
        self.fd = fd

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return os.fstat(self.fd).st_size

    def describe(self, about: Mapping[str, Any]) -> None:
        """Store `about`, a JSON-compatible description of the download, so that another run can resume the download."""
        _write_json(f"{self.path}.json", about)

    def description(self) -> dict[str, Any]:
        """Return the description that this or an earlier run stored; an empty dictionary if there is none."""
        return _read_json(f"{self.path}.json")

    def clear(self) -> None:
        """Empty the file and remove its description, so that the download starts again."""
        os.ftruncate(self.fd, 0)
        with suppress(FileNotFoundError):
            os.unlink(f"{self.path}.json")


class ImageCache:
    """An image cache in the directory `root`, which need not exist yet.

    `clock` returns the current time in seconds since 1970.
    """

    def __init__(self, root: str, clock: Callable[[], float] = time.time) -> None:
        self.root = root
        self.clock = clock

    def record(self, source_key: str) -> CachedImage | None:
        """Return the cached image from a source; None if its record is missing or invalid, or the file is missing."""
        return self._usable(_read_json(self._source_path(source_key, "json")))

    def records(self) -> list[CachedImage]:
        """Return the cached image of each source for which the cache contains an image."""
        names = _names(os.path.join(self.root, _SOURCES))
        found = [
            self._usable(_read_json(os.path.join(self.root, _SOURCES, name)))
            for name in names
            if name.endswith(".json") and not name.endswith(".part.json")
        ]
        return [record for record in found if record is not None]

    def files(self) -> list[str]:
        """Return the paths of all cached images, including images to which no record refers."""
        folder = os.path.join(self.root, _FILES)
        return [
            os.path.join(folder, name) for name in _names(folder) if name.endswith(tuple(f".{f}" for f in _FORMATS))
        ]

    def find_content(self, file_stem: str) -> str | None:
        """Return the path of the cached image with the name `file_stem`, without its suffix; None if there is none.

        An example of `file_stem` is `sha256-HEX`.
        """
        base = os.path.join(self.root, _FILES, file_stem)
        return next((f"{base}.{form}" for form in _FORMATS if os.path.isfile(f"{base}.{form}")), None)

    @contextmanager
    def locked(self, source_key: str, waiting: Callable[[], None]) -> Iterator[Part]:
        """Hold the lock of a source during the `with` block, and provide the download from this source.

        If another run holds the lock, `waiting` is called once, before waiting for that run.

        When the `with` block ends, an empty download is removed; an incomplete download is kept for the next run.

        Raises: StorageError, if the cache is not writable.
        """
        self._make_directories()
        path = self._source_path(source_key, "part")
        try:
            fd = _lock(path, waiting)
        except OSError as error:
            raise StorageError(f"cannot open '{path}' in the image cache: {reason_of(error)}") from error
        part = Part(path, fd)
        try:
            yield part
        finally:
            if _is_same_file(path, fd) and not part.size:
                os.unlink(path)
            if not _is_same_file(path, fd):
                for ending in ("json", "json.tmp"):
                    with suppress(FileNotFoundError):
                        os.unlink(f"{path}.{ending}")
            os.close(fd)

    def is_locked_or_left(self, source_key: str) -> bool:
        """Return whether a run holds the lock of a source, or left an incomplete download from the source."""
        return os.path.lexists(self._source_path(source_key, "part"))

    def converted_path(self, file_stem: str, form: str) -> str:
        """Return the cache path for the image `file_stem` after conversion to the format `form`.

        The converted image need not exist yet.

        Raises: StorageError, if the cache cannot be created.
        """
        self._make_directories()
        return os.path.join(self.root, _FILES, f"{file_stem}.as.{form}")

    def publish(self, part: Part, file_stem: str, form: str) -> str:
        """Move a complete download to its final path in the cache, and return that path.

        `file_stem` identifies the contents, such as `sha256-HEX`; `form` is the image format.

        Raises: StorageError, if the cache is not writable.
        """
        target = os.path.join(self.root, _FILES, f"{file_stem}.{form}")
        try:
            os.fchmod(part.fd, 0o444)
            os.fsync(part.fd)
            if os.path.exists(target):
                os.unlink(part.path)
            else:
                os.rename(part.path, target)
            _flush_directory(os.path.dirname(target))
        except OSError as error:
            raise StorageError(f"cannot write '{target}' in the image cache: {reason_of(error)}") from error
        return target

    def save(self, record: CachedImage) -> CachedImage:
        """Store the record of a source, and return the record; the caller must hold the lock of the source."""
        content = {**record._asdict(), "path": os.path.basename(record.path)}
        _write_json(self._source_path(record.source_key, "json"), content)
        return record

    def forget(self, source_key: str) -> None:
        """Remove the record of a source, but keep the image."""
        with suppress(FileNotFoundError):
            os.unlink(self._source_path(source_key, "json"))

    def remove_stale(self, life_seconds: float = _PART_LIFE_SECONDS) -> list[str]:
        """Remove files that killed runs left and that no run uses; return the paths of the removed files.

        Files that were changed within the last `life_seconds` are kept.
        """
        folder = os.path.join(self.root, _SOURCES)
        removed = []
        for name in _names(folder):
            path = os.path.join(folder, name)
            if name.endswith(".part"):
                removed += _remove_unused(path, self.clock() - life_seconds)
            elif name.endswith(".tmp") or (name.endswith(".part.json") and not os.path.exists(path[: -len(".json")])):
                removed += _remove_old(path, self.clock() - life_seconds)
        return removed

    def _source_path(self, source_key: str, ending: str) -> str:
        name = hashlib.sha256(source_key.encode()).hexdigest()
        return os.path.join(self.root, _SOURCES, f"{name}.{ending}")

    def _usable(self, content: dict[str, Any]) -> CachedImage | None:
        names = {**content, "path": os.path.join(self.root, _FILES, os.path.basename(str(content.get("path", ""))))}
        try:
            record = CachedImage(**names)
        except TypeError:
            return None
        return record if content.get("path") and os.path.isfile(record.path) else None

    def _make_directories(self) -> None:
        try:
            for folder in (self.root, os.path.join(self.root, _FILES), os.path.join(self.root, _SOURCES)):
                os.makedirs(folder, mode=0o711, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"cannot create the image cache '{self.root}': {reason_of(error)}",
                hint="run as a user with write permission, or set VIRTINSTALL_IMAGE_CACHE to another directory",
            ) from error


def _lock(path: str, waiting: Callable[[], None]) -> int:
    """Open and lock the file, also if another run renames or removes it meanwhile."""
    reported = False
    while True:
        fd = _open_part(path)
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not reported:
                    waiting()
                reported = True
                fcntl.flock(fd, fcntl.LOCK_EX)
            if _is_same_file(path, fd):
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _open_part(path: str) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, flags, 0o600)
    except PermissionError:
        # the image is read-only after a run that was killed while it published it
        os.chmod(path, 0o600)
        return os.open(path, flags, 0o600)


def _is_same_file(path: str, fd: int) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return os.path.samestat(found, os.fstat(fd))


def _remove_unused(path: str, before: float) -> list[str]:
    """Remove a download that no run has locked."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return []
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(fd).st_mtime > before or not _is_same_file(path, fd):
            return []
        if "volume" in _read_json(f"{path}.json"):
            # the mark shows that the volume is not complete
            return []
        os.unlink(path)
        with suppress(FileNotFoundError):
            os.unlink(f"{path}.json")
        return [path]
    except OSError:
        return []
    finally:
        os.close(fd)


def _remove_old(path: str, before: float) -> list[str]:
    with suppress(OSError):
        if os.lstat(path).st_mtime <= before:
            os.unlink(path)
            return [path]
    return []


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _read_json(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write_json(path: str, content: Mapping[str, Any]) -> None:
    """Replace a file as a whole; the lock of the source makes the temporary name ours."""
    temporary = f"{path}.tmp"
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(dict(content), file)
        os.replace(temporary, path)
    except OSError as error:
        raise StorageError(f"cannot write '{path}' in the image cache: {reason_of(error)}") from error


def _flush_directory(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
