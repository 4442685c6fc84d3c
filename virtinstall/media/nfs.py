"""`--location nfs:HOST:/PATH`: an install tree on an NFS server.

It is read through libnfs's tools (no root, no mount, kernels without NFS), or through a read-only mount. Otherwise the
error names the packages to install.

Source: nfs-ls(1), nfs-cat(1); the libnfs README on URLs (`version`, `nfsport`); mount(8), nfs(5).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from virtinstall.errors import FetchError
from virtinstall.media.fetcher import (
    CHUNK_BYTES,
    TEXT_LIMIT_BYTES,
    Fetcher,
    Target,
    VolumeIds,
    clean_path,
    label_of,
    no_such_file,
    parse_count,
)
from virtinstall.media.local import LocalTreeFetcher
from virtinstall.media.transfer import DEFAULT_LIMITS, Limits, Response, TransferInterrupted, read_start, transfer
from virtinstall.safe_text import one_line, reason_of
from virtinstall.units import human_size

if TYPE_CHECKING:
    from virtinstall.progress import Progress

_VERSIONS = ("4", "3")
_LIST_COLUMNS = 5
_LISTING_LIMIT_BYTES = 4 * 1024 * 1024
_HINT = "check the host, the export and its access rules"
_NOT_THERE = ("NOENT", "NOTDIR")


@dataclass(frozen=True)
class NfsPlace:
    """A directory on an NFS server; `options` are those of libnfs (`nfsport=...`), or empty."""

    host: str
    path: str
    options: str = ""

    @property
    def installer_form(self) -> str:
        """The address in the form of anaconda and debian-installer: `nfs:HOST:/PATH`."""
        return f"nfs:{self.host}:{self.path}"


def parse_nfs(location: str) -> NfsPlace:
    """Parse `nfs:HOST:/PATH`, `nfs:HOST/PATH` or `nfs://HOST/PATH`.

    Raises: FetchError, if a part is missing.
    """
    rest = location.partition(":")[2].removeprefix("//")
    rest, _, options = rest.partition("?")
    host, slash, path = rest.partition("/")
    host = host.rpartition("@")[2].removesuffix(":")
    host, _, port = host.partition(":") if host.count(":") == 1 else (host, "", "")
    if port:
        options = f"nfsport={port}&{options}".rstrip("&")
    if not host or host.startswith("-") or not slash or any(mark in path for mark in "\n\0"):
        raise FetchError(
            f"invalid NFS address '{location}'",
            hint="use nfs:HOST:/DIRECTORY",
        )
    return NfsPlace(host, "/" + path.rstrip("/"), options)


def open_nfs(location: str, *, limits: Limits = DEFAULT_LIMITS) -> Fetcher:
    """Open an NFS location with libnfs's tools, or else with a mount.

    Raises: FetchError, if the host has neither an NFS client nor permission to mount, or the server refuses.
    """
    place = parse_nfs(location)
    if shutil.which("nfs-ls") and shutil.which("nfs-cat"):
        return NfsFetcher(place, limits=limits)
    if shutil.which("mount.nfs") and os.geteuid() == 0:
        return mounted(place)
    raise FetchError(
        f"no NFS client found to read '{place.installer_form}'",
        hint="install libnfs-utils (or, as root, nfs-common); or mount the export and specify the mount point",
    )


def mount_command(place: NfsPlace, directory: Path) -> list[str]:
    """Return the command that mounts `place` read-only and fails instead of waiting forever."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    options = "ro,soft,nolock,timeo=100,retrans=2,retry=0"
    return ["mount", "-t", "nfs", "-o", options, "--", f"{host}:{place.path}", str(directory)]


def mounted(place: NfsPlace) -> Fetcher:
    """Mount `place` on a private directory, and return a fetcher whose `close` unmounts and removes the directory.

    Raises: FetchError, if mounting fails.
    """
    directory = Path(tempfile.mkdtemp(prefix="virtinstall-nfs-"))
    try:
        _run(mount_command(place, directory), place.installer_form)
    except FetchError:
        directory.rmdir()
        raise

    def unmount() -> None:
        _run(["umount", "-l", "--", str(directory)], place.installer_form)
        directory.rmdir()

    return LocalTreeFetcher(
        directory,
        location=place.installer_form,
        install_url=place.installer_form,
        on_close=unmount,
    )


class NfsFetcher:
    """A reader of files below an NFS directory, through nfs-ls and nfs-cat.

    Raises: FetchError, if the server cannot be reached or has no such directory.
    """

    volume: VolumeIds | None = None

    def __init__(self, place: NfsPlace, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self._place = place
        self._limits = limits
        self.location = place.installer_form
        self.install_url: str | None = place.installer_form
        self._listings: dict[str, dict[str, int | None]] = {}
        self._version = self._find_version()

    def exists(self, path: str) -> bool:
        """Return whether there is a file or link at `path`."""
        directory, _, name = clean_path(path).rpartition("/")
        return name in self._listing(directory)

    def size(self, path: str) -> int | None:
        """Return the size of the file in bytes; None for a link."""
        directory, _, name = clean_path(path).rpartition("/")
        listing = self._listing(directory)
        if name not in listing:
            raise no_such_file(self.location, path)
        return listing[name]

    def read_text(self, path: str, limit: int = TEXT_LIMIT_BYTES) -> str:
        """Return the first `limit` bytes of the file as text."""
        return read_start(self._display(path), lambda *_: self._open(path), limit, self._limits)[1].decode(
            "utf-8", "replace"
        )

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Write the file to `target_file`; an interrupted transfer is repeated, because nfs-cat always starts at 0."""
        response = transfer(
            self._display(path),
            lambda *_: self._open(path),
            target_file,
            limits=self._limits,
            progress=progress,
            label=label_of("Retrieving", path),
        )
        return response.length or 0

    def close(self) -> None:
        """Do nothing: no resource stays open between calls."""

    def _url(self, path: str, version: str) -> str:
        whole = f"{self._place.path.rstrip('/')}/{path}".rstrip("/") or "/"
        if "?" in whole:
            raise FetchError(f"'{whole}' cannot be read over NFS: libnfs does not support '?' in paths")
        options = f"version={version}" + (f"&{self._place.options}" if self._place.options else "")
        return f"nfs://{self._place.host}{whole}?{options}"

    def _find_version(self) -> str:
        problems = []
        for version in _VERSIONS:
            try:
                self._listings[""] = _listing(self._list("", version))
                return version
            except FetchError as error:
                problems.append(error.message)
        if any(code in problems[0] for code in _NOT_THERE):
            raise FetchError(f"no such directory: {self.location}", hint="check the path")
        raise FetchError(problems[0], hint=_HINT)

    def _list(self, directory: str, version: str) -> str:
        return _run(["nfs-ls", self._url(directory, version)], self.location, self._limits.reply_seconds)

    def _listing(self, directory: str) -> dict[str, int | None]:
        if directory not in self._listings:
            try:
                text = self._list(directory, self._version)
            except FetchError as error:
                if not any(code in error.message for code in _NOT_THERE):
                    raise
                text = ""
            self._listings[directory] = _listing(text)
        return self._listings[directory]

    def _open(self, path: str) -> _NfsReader:
        """Open a file with its current size on the server.

        Raises: FetchError.
        """
        self._listings.pop(clean_path(path).rpartition("/")[0], None)
        response = Response(url=self._display(path), length=self.size(path))
        return _NfsReader(["nfs-cat", self._url(clean_path(path), self._version)], response, self._limits)

    def _display(self, path: str) -> str:
        return f"'{self.location}/{clean_path(path)}'"


class _NfsReader:
    """The output of nfs-cat."""

    offset = 0

    def __init__(self, command: list[str], response: Response, limits: Limits) -> None:
        self.response = response
        self._limits = limits
        null = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdin=null, stdout=subprocess.PIPE, stderr=null)

    def read(self) -> bytes:
        """Return data that has arrived, at most a chunk; empty at the end.

        Raises: TransferInterrupted.
        """
        import select

        pipe, seconds = self._process.stdout, self._limits.idle_seconds
        assert pipe is not None
        # libnfs would try forever to reach a server that is down
        if not select.select([pipe], [], [], seconds)[0]:
            raise TransferInterrupted(f"the server did not answer for {seconds:g} seconds")
        data = os.read(pipe.fileno(), CHUNK_BYTES)
        if not data:
            self._check_end()
        return data

    def close(self) -> None:
        """Stop nfs-cat, even if its output has not ended."""
        self._process.kill()
        self._process.communicate()

    def _check_end(self) -> None:
        try:
            status = self._process.wait(self._limits.idle_seconds)
        except subprocess.TimeoutExpired:
            raise TransferInterrupted(f"the server did not answer for {self._limits.idle_seconds:g} seconds") from None
        if status:
            raise TransferInterrupted("the NFS client failed")


def _listing(text: str) -> dict[str, int | None]:
    """Return the files and links in the output of nfs-ls, with the sizes of the files in bytes, None for links."""
    found: dict[str, int | None] = {}
    for line in text.splitlines():
        columns = line.split(None, _LIST_COLUMNS)
        if len(columns) > _LIST_COLUMNS and columns[0][0] in "-l":
            found[columns[5]] = parse_count(columns[4]) if columns[0][0] == "-" else None
    return found


def _run(command: list[str], location: str, seconds: float = DEFAULT_LIMITS.reply_seconds) -> str:
    """Run a tool and return its output.

    Raises: FetchError.
    """
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        except OSError as error:
            raise FetchError(f"cannot run {command[0]}: {reason_of(error)}") from error
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.kill()

        clock = threading.Timer(seconds, expire)
        clock.start()
        with process:
            assert process.stdout is not None
            try:
                printed = process.stdout.read(_LISTING_LIMIT_BYTES + 1)
                if len(printed) > _LISTING_LIMIT_BYTES:
                    process.kill()
                status = process.wait()
            finally:
                clock.cancel()
        errors.seek(0)
        output = (errors.read(_LISTING_LIMIT_BYTES) or printed).decode("utf-8", "replace").strip().splitlines()
    if expired.is_set():
        raise FetchError(
            f"'{location}' did not answer within {seconds:g} seconds",
            hint=_HINT,
        )
    if len(printed) > _LISTING_LIMIT_BYTES:
        raise FetchError(f"a directory listing of '{location}' is larger than {human_size(_LISTING_LIMIT_BYTES)}")
    if status:
        reason = one_line(output[-1]) if output else f"the NFS client failed with exit status {status}"
        raise FetchError(f"cannot read '{location}': {reason}", hint=_HINT)
    return printed.decode("utf-8", "replace")
