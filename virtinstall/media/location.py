"""`--location`: the detection of the type of a location, and the fetcher for its files."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from virtinstall.errors import FetchError
from virtinstall.media.fetcher import display_url
from virtinstall.media.transfer import DEFAULT_LIMITS, Limits
from virtinstall.safe_text import percent_decoded, reason_of

if TYPE_CHECKING:
    from virtinstall.media.fetcher import Fetcher


def open_location(location: str, *, limits: Limits = DEFAULT_LIMITS) -> Fetcher:
    """Return a fetcher for the files below `location`; the caller must close it.

    `location` is an HTTP, HTTPS, FTP, NFS or `file:` URL, or the path of a directory, an ISO image or a block device
    that contains an ISO image. An HTTP or HTTPS URL whose path ends in `.iso` is read as an ISO image, with range
    requests. `limits` applies to the server's response times and to file sizes.

    Raises: FetchError, if `location` is none of these or cannot be opened.
    """
    scheme = location.partition(":")[0].lower()
    if scheme in ("http", "https") and "://" in location:
        return _open_web(location, limits)
    if scheme == "ftp" and "://" in location:
        from virtinstall.media.ftp import FtpFetcher

        _check_host(location)
        return FtpFetcher(location, limits=limits)
    if scheme == "nfs" and not Path(location).exists():
        from virtinstall.media.nfs import open_nfs

        return open_nfs(location, limits=limits)
    if scheme == "file" and location[5:6] == "/":
        _check_brackets(location)
        parts = urlsplit(location)
        if parts.netloc not in ("", "localhost"):
            raise FetchError(
                f"'{location}' refers to a file on another host",
                hint=f"for a file on this host, use three slashes: file:///{location.partition('://')[2]}",
            )
        return _open_local(Path(percent_decoded(location, parts.path)), limits)
    if "://" in location:
        raise FetchError(
            f"unsupported URL scheme '{scheme}' in '{display_url(location)}'",
            hint="use an http, https, ftp or nfs URL, a local directory, or a local ISO image",
        )
    return _open_local(Path(location).expanduser(), limits)


def is_local(location: str) -> bool:
    """Return whether `location` is a path or a `file:` URL rather than a network address; the file need not exist."""
    scheme = location.partition(":")[0].lower()
    return scheme == "file" or not ((scheme == "nfs" and ":" in location) or "://" in location)


def _open_web(location: str, limits: Limits) -> Fetcher:
    from virtinstall.media.download import HttpFetcher

    _check_host(location)
    fetcher = HttpFetcher(location, limits=limits)
    if not urlsplit(location).path.lower().endswith(".iso"):
        return fetcher
    from virtinstall.media.bytesource import HttpSource
    from virtinstall.media.iso_fetcher import IsoFetcher

    try:
        source = HttpSource(fetcher)
    except FetchError:
        fetcher.close()
        raise
    return IsoFetcher(source, limit_bytes=limits.file_bytes)


def _open_local(path: Path, limits: Limits) -> Fetcher:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        hint = "check the path, or use the URL of an install tree"
        raise FetchError(f"no such file or directory: {path}", hint=hint) from None
    except ValueError:
        raise FetchError(f"invalid install location '{path}': it contains a NUL character") from None
    except OSError as error:
        raise FetchError(
            f"cannot open the install location '{path}': {reason_of(error)}",
            hint="run as a user who can read it" if isinstance(error, PermissionError) else "check the path",
        ) from error
    if stat.S_ISDIR(mode):
        from virtinstall.media.local import LocalTreeFetcher

        return LocalTreeFetcher(path, limit_bytes=limits.file_bytes)
    if stat.S_ISREG(mode) or stat.S_ISBLK(mode):
        from virtinstall.media.bytesource import FileSource
        from virtinstall.media.iso_fetcher import IsoFetcher

        return IsoFetcher(FileSource(path), limit_bytes=limits.file_bytes)
    raise FetchError(
        f"'{path}' is neither a directory nor an ISO image",
        hint="use the directory of an install tree, or the path of an ISO image",
    )


def _check_brackets(location: str) -> None:
    """Reject an unclosed `[`, which the standard library does not handle."""
    try:
        urlsplit(location)
    except ValueError as error:
        raise FetchError(f"invalid host in the URL '{location}'", hint="use file:///DIRECTORY") from error


def _check_host(location: str) -> None:
    """Reject addresses that the network libraries do not handle."""
    shown = display_url(location)
    try:
        parts = urlsplit(location)
    except ValueError:
        parts = None
    if parts is None or not parts.hostname:
        scheme = location.partition(":")[0].lower()
        problem = "invalid" if parts is None else "missing"
        raise FetchError(f"{problem} host in the URL '{shown}'", hint=f"use {scheme}://HOST/DIRECTORY/")
    try:
        usable = parts.port is None or parts.port > 0
    except ValueError:
        usable = False
    if not usable:
        raise FetchError(f"invalid port in the URL '{shown}'", hint="use a port from 1 to 65535, or omit it")
