"""The download of an image into the cache, where it is verified and checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from virtinstall.errors import FetchError, StorageError
from virtinstall.images.cache import CachedImage, ImageCache, Part
from virtinstall.images.check import check_downloaded
from virtinstall.images.digest import Digest, new_hash, parse_digest
from virtinstall.images.download import Download, Downloaded, WebReader
from virtinstall.images.locate import DIGEST, Located, locate
from virtinstall.images.registry import Layer, Registry, parse_reference
from virtinstall.media.fetcher import display_url
from virtinstall.media.transfer import Response
from virtinstall.named import NamedTuple
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from virtinstall.images.source import ImageSource
    from virtinstall.progress import Progress

CHECK_AFTER_SECONDS = 24 * 3600
_ATTEMPTS = 2
_LATER_HINT = "try again later; if the error persists, do not use the image"
_PINNED_HINT = "check the digest in --disk image.checksum=; if it is correct, do not use the image"


class FetchRequest(NamedTuple):
    """A request for an image.

    `refresh` determines when the server is asked for a new version of a cached image: always (True), never (False), or
    at most once a day (None). `checksum` replaces the checksum in the catalog: `ALGORITHM:HEX`, the URL of a
    checksum list, or `none`. An empty string keeps the catalog's checksum.
    """

    source: ImageSource
    refresh: bool | None = None
    checksum: str = ""

    @property
    def key(self) -> str:
        """The key under which the cache stores the record for this source and checksum."""
        return f"{self.source.key}\n{self.checksum}"

    @property
    def pinned(self) -> Digest | None:
        """The digest that the request or the catalog specifies; None if neither specifies one.

        Raises: RequestError, if the specified digest is invalid.
        """
        text = self.checksum or self.source.digest
        return None if not text or text == "none" or "://" in text else parse_digest(text, "--disk image.checksum")


def is_current(wanted: FetchRequest, record: CachedImage, now: float, started: float | None = None) -> bool:
    """Return whether the cached image `record` can be used without asking the server.

    `now` is the current time and `started` the time at which this run started, in seconds since 1970. An image that was
    checked after `started`, for example by another run, is current; if `started` is None, this rule is skipped.
    """
    if wanted.refresh is False or wanted.pinned is not None or (started is not None and record.checked >= started):
        return True
    return wanted.refresh is None and 0 <= now - record.checked < CHECK_AFTER_SECONDS


def fetch_image(
    wanted: FetchRequest,
    cache: ImageCache,
    *,
    environment: Mapping[str, str],
    progress: Progress,
    report: Callable[[str], None],
) -> CachedImage:
    """Return the requested image in the cache; download it first if it is missing or not current.

    `environment` contains the environment variables that locate the credentials for registries. `report` is called with
    notices, for example that another run is downloading the image or that the server cannot be reached.

    Raises: FetchError, if the image cannot be downloaded or is not valid; StorageError, if the cache is not writable.
    """
    started = cache.clock()
    record = cache.record(wanted.key)
    if record is not None and is_current(wanted, record, started):
        return record
    cache.remove_stale()
    label = wanted.source.label

    def waiting() -> None:
        report(f"waiting for another run that is downloading the image '{label}'")

    with cache.locked(wanted.key, waiting) as part:
        record = cache.record(wanted.key)
        if record is not None and is_current(wanted, record, cache.clock(), started):
            return record
        try:
            return _Fetch(wanted, cache, part, environment, progress, report).run(record)
        except FetchError as error:
            if record is None or wanted.refresh:
                raise
            day = time.strftime("%Y-%m-%d", time.localtime(record.checked))
            report(f"{error.message}; using the cached copy of the image '{label}', last checked on {day}")
            return record


def local_image(wanted: FetchRequest) -> CachedImage:
    """Return the requested local file as an image.

    If the request specifies a digest, the digest of the file is verified.

    Raises: FetchError, if the file is not a valid disk image or has a different digest; StorageError, if the file
    cannot be read.
    """
    path = wanted.source.url
    expected = wanted.pinned
    if expected is not None:
        computed = new_hash(expected.algorithm)
        try:
            with open(path, "rb") as file:
                while data := file.read(1 << 20):
                    computed.update(data)
        except OSError as error:
            raise StorageError(f"cannot read '{path}': {reason_of(error)}") from error
        if computed.hexdigest() != expected.value:
            hint = _PINNED_HINT
            raise _mismatch(path, Digest(expected.algorithm, computed.hexdigest()), expected, hint)
    info = check_downloaded(path, f"'{path}'")
    return CachedImage(
        path=path,
        name=path,
        url="",
        digest="" if expected is None else str(expected),
        format=info.format,
        virtual_size=info.virtual_size or 0,
        verified=DIGEST if expected is not None else "none",
    )


class _Fetch:
    """The fetch of one source, whose lock is held."""

    def __init__(
        self,
        wanted: FetchRequest,
        cache: ImageCache,
        part: Part,
        environment: Mapping[str, str],
        progress: Progress,
        report: Callable[[str], None],
    ) -> None:
        self._wanted = wanted
        self._source = wanted.source
        self._cache = cache
        self._part = part
        self._environment = environment
        self._progress = progress
        self._report = report

    def run(self, record: CachedImage | None) -> CachedImage:
        """Download and verify the image; `record` is the cached copy, or None.

        If a downloaded image does not match its digest, it is downloaded once more.

        Raises: FetchError, if a download fails, or if the second download does not match its digest either.
        """
        pinned = self._wanted.pinned
        if pinned is not None and (path := self._cache.find_content(pinned.file_stem)):
            return self._known(Located(self._source.url, pinned, DIGEST), path)
        for attempt in range(_ATTEMPTS):
            web = WebReader(fresh=attempt > 0)
            if self._source.kind == "registry":
                return self._from_registry(web, record)
            located = locate(self._source, web, self._wanted.checksum)
            try:
                return self._download(located, record, fresh=attempt > 0)
            except _MismatchError as error:
                # lists and images are published one after the other
                if attempt + 1 == _ATTEMPTS:
                    raise
                self._report(f"{error.message}; downloading the image again")
        raise AssertionError("unreachable")

    def _download(self, located: Located, record: CachedImage | None, *, fresh: bool) -> CachedImage:
        digest = located.digest
        if digest is not None and (path := self._cache.find_content(digest.file_stem)):
            return self._known(located, path)
        cached = None
        if digest is None and record is not None and (record.etag or record.last_modified):
            cached = Response(
                url=record.url, length=record.length, etag=record.etag, last_modified=record.last_modified
            )
        download = Download(self._part, located.url, digest, fresh=fresh)
        done = download.run(self._progress, self._source.label, cached)
        if done.digest is None and record is not None:
            return self._cache.save(record._replace(checked=self._cache.clock()))
        return self._accept(located, done)

    def _from_registry(self, web: WebReader, record: CachedImage | None) -> CachedImage:
        registry = Registry(parse_reference(self._source.url), web, self._environment)
        layers = registry.layers(self._source.arch)
        for layer in layers:
            located = Located(f"docker://{self._source.url}", layer.digest, DIGEST)
            if path := self._cache.find_content(layer.digest.file_stem):
                return self._known(located, path)
        for layer in layers:
            done = self._layer(layer)
            if done is not None:
                return self._accept(Located(f"docker://{self._source.url}", layer.digest, DIGEST), done)
        raise FetchError(
            f"'docker://{self._source.url}' is not a containerdisk: it has no file in /disk",
            hint="use a containerdisk, for example one from https://quay.io/organization/containerdisks",
        )

    def _layer(self, layer: Layer) -> Downloaded | None:
        """Download a layer, and return it if it contains the disk; None otherwise.

        Raises: FetchError, if it differs from the manifest.
        """
        download = Download(self._part, layer.url, layer.digest, headers=layer.headers, is_archive=True)
        done = download.run(self._progress, self._source.label)
        if done.digest != layer.digest:
            self._part.clear()
            raise _mismatch(layer.url, done.digest, layer.digest)
        if done.found:
            return done
        self._part.clear()
        return None

    def _accept(self, located: Located, done: Downloaded) -> CachedImage:
        """Verify, check and publish the download, and return the image."""
        assert done.digest is not None
        try:
            if located.digest is not None and done.digest != located.digest:
                hint = _PINNED_HINT if located.digest == self._wanted.pinned and self._wanted.checksum else _LATER_HINT
                raise _mismatch(located.url, done.digest, located.digest, hint)
            info = check_downloaded(self._part.path, f"the image '{self._source.label}'")
        except (FetchError, StorageError):
            self._part.clear()
            raise
        if located.digest is None and self._wanted.checksum != "none":
            self._report(
                f"the image '{self._source.label}' was not verified: there is no checksum list next to "
                f"'{display_url(located.url)}'; the digest of the image is {done.digest}"
            )
        path = self._cache.publish(self._part, done.digest.file_stem, info.format)
        return self._save(located, done.digest, path, info.format, info.virtual_size or 0, done.response)

    def _known(self, located: Located, path: str) -> CachedImage:
        """Return an image that is already in the cache, possibly from another source."""
        assert located.digest is not None
        info = check_downloaded(path, f"the image '{self._source.label}'")
        return self._save(located, located.digest, path, info.format, info.virtual_size or 0, None)

    def _save(
        self, located: Located, digest: Digest, path: str, form: str, virtual_size: int, response: Response | None
    ) -> CachedImage:
        now = self._cache.clock()
        return self._cache.save(
            CachedImage(
                path=path,
                name=self._source.label,
                url=display_url(located.url),
                digest=str(digest),
                format=form,
                virtual_size=virtual_size,
                verified=located.verified,
                arch=self._source.arch,
                etag="" if response is None else response.etag,
                last_modified="" if response is None else response.last_modified,
                length=None if response is None else response.length,
                fetched=now,
                checked=now,
                source_key=self._wanted.key,
            )
        )


class _MismatchError(FetchError):
    """The error for an image that does not match the vendor's list."""

    @property
    def kind(self) -> str:
        return "FetchError"


def _mismatch(url: str, computed: Digest | None, expected: Digest, hint: str = _LATER_HINT) -> _MismatchError:
    return _MismatchError(
        f"checksum mismatch for '{display_url(url)}': expected {expected}, computed {computed}", hint=hint
    )
