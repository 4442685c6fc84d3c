"""`--location nfs:HOST:/PATH`: an install tree on an NFS server.

The tree is read with the libnfs tools, which work without root privileges, a mount or NFS support in the kernel, or
through a read-only mount. If both are impossible, the hint of the error names the package to install.

Source: nfs-ls(1), nfs-cat(1); the libnfs README on URLs (`version`, `nfsport`); mount(8), nfs(5).
"""

from __future__ import annotations

import os
import re
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
_REACH_HINT = "check the host name, and that an NFS server is running there"
_EXPORT_HINT = "check the exported directory and its access rules on the NFS server"
_NOT_THERE = ("NOENT", "NOTDIR")
_CODE = re.compile(r"\b(?:NFS[34]?|MNT3?)ERR_(\w+)")
_REASONS = {
    "ACCES": "access denied",
    "ACCESS": "access denied",
    "IO": "input/output error on the server",
    "NOENT": "no such directory",
    "NOTDIR": "not a directory",
    "PERM": "access denied",
    "STALE": "the directory no longer exists",
    "WRONGSEC": "the server requires another authentication method",
}
"""Messages for the codes of NFS and of its mount protocol."""


@dataclass(frozen=True)
class NfsPlace:
    """A directory on an NFS server; `options` are libnfs URL options, such as `nfsport=2050`, or an empty string."""

    host: str
    path: str
    options: str = ""

    @property
    def installer_form(self) -> str:
        """The address in the form that anaconda and debian-installer use: `nfs:HOST:/PATH`."""
        return f"nfs:{self.host}:{self.path}"


def parse_nfs(location: str) -> NfsPlace:
    """Return the directory that `location` denotes: `nfs:HOST:/PATH`, `nfs:HOST/PATH` or `nfs://HOST/PATH`.

    Raises: FetchError, if the host or the path is missing or invalid.
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
    """Return a fetcher for an NFS location.

    The fetcher uses the libnfs tools; if they are not installed, the export is mounted.

    Raises: FetchError, if the location is invalid or cannot be read, or if the libnfs tools are not installed and this
    user cannot mount the export.
    """
    place = parse_nfs(location)
    if shutil.which("nfs-ls") and shutil.which("nfs-cat"):
        return NfsFetcher(place, limits=limits)
    if shutil.which("mount.nfs") and os.geteuid() == 0:
        return mounted(place)
    raise FetchError(
        f"no NFS client found to read '{place.installer_form}'",
        hint="install libnfs-utils, or mount the export and specify the mount point",
    )


def mount_command(place: NfsPlace, directory: Path) -> list[str]:
    """Return the command that mounts `place` read-only on `directory`.

    The command fails if the server does not respond, instead of waiting forever.
    """
    host = f"[{place.host}]" if ":" in place.host else place.host
    options = "ro,soft,nolock,timeo=100,retrans=2,retry=0"
    return ["mount", "-t", "nfs", "-o", options, "--", f"{host}:{place.path}", str(directory)]


def mounted(place: NfsPlace) -> Fetcher:
    """Mount `place` on a new temporary directory, and return a fetcher for this directory.

    The fetcher's `close` unmounts and removes the directory.

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
    """A reader of files below an NFS directory; it uses the commands nfs-ls and nfs-cat.

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
        """Return whether there is a file or a symbolic link at `path`."""
        directory, _, name = clean_path(path).rpartition("/")
        return name in self._listing(directory)

    def size(self, path: str) -> int | None:
        """Return the size of the file in bytes; None for a symbolic link."""
        directory, _, name = clean_path(path).rpartition("/")
        listing = self._listing(directory)
        if name not in listing:
            raise no_such_file(self.location, path)
        return listing[name]

    def read_text(self, path: str, limit: int = TEXT_LIMIT_BYTES) -> str:
        """Return the first `limit` bytes of the file as a string."""
        return read_start(self._display(path), lambda *_: self._open(path), limit, self._limits)[1].decode(
            "utf-8", "replace"
        )

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Write the file to `target_file`, and return its size in bytes.

        After an interruption, the file is read again from its first byte.
        """
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
        """Do nothing, because no resource stays open between calls."""

    def _url(self, path: str, version: str) -> str:
        whole = f"{self._place.path.rstrip('/')}/{path}".rstrip("/") or "/"
        if "?" in whole:
            raise FetchError(
                f"'{whole}' cannot be read over NFS: libnfs does not support '?' in paths",
                hint="mount the export and specify the mount point",
            )
        options = f"version={version}" + (f"&{self._place.options}" if self._place.options else "")
        return f"nfs://{self._place.host}{whole}?{options}"

    def _find_version(self) -> str:
        problems = []
        for version in _VERSIONS:
            try:
                self._listings[""] = _listing(self._list("", version))
                return version
            except FetchError as error:
                problems.append(error)
        if any(code in problems[0].message for code in _NOT_THERE):
            raise FetchError(f"no such directory: {self.location}", hint="check the path")
        raise problems[0]

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

        Raises: FetchError, if the file does not exist or its directory cannot be listed.
        """
        self._listings.pop(clean_path(path).rpartition("/")[0], None)
        response = Response(url=self._display(path), length=self.size(path))
        return _NfsReader(["nfs-cat", self._url(clean_path(path), self._version)], response, self._limits)

    def _display(self, path: str) -> str:
        return f"{self.location}/{clean_path(path)}"


class _NfsReader:
    """The output of nfs-cat."""

    offset = 0

    def __init__(self, command: list[str], response: Response, limits: Limits) -> None:
        self.response = response
        self._limits = limits
        null = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdin=null, stdout=subprocess.PIPE, stderr=null)

    def read(self) -> bytes:
        """Return the next chunk of data, waiting for it if necessary; return empty bytes at the end.

        Raises: TransferInterrupted, if nfs-cat fails or no data arrives in time.
        """
        import select

        pipe, seconds = self._process.stdout, self._limits.idle_seconds
        assert pipe is not None
        # libnfs would try forever to reach a server that is down
        if not select.select([pipe], [], [], seconds)[0]:
            raise TransferInterrupted(f"the server did not respond for {seconds:g} seconds")
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
            raise TransferInterrupted(f"the server did not respond for {self._limits.idle_seconds:g} seconds") from None
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

    Raises: FetchError, if the tool cannot be run, fails, takes too long or prints too much.
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
            f"the NFS server did not respond within {seconds:g} seconds: {location}",
            hint=_REACH_HINT,
        )
    if len(printed) > _LISTING_LIMIT_BYTES:
        raise FetchError(
            f"the listing of a directory in '{location}' is larger than {human_size(_LISTING_LIMIT_BYTES)}",
            hint="specify the top directory of the install tree",
        )
    if status:
        reason = _reason(one_line(output[-1])) if output else f"the NFS client failed with exit status {status}"
        verb = {"mount": "mount", "umount": "unmount"}.get(command[0], "read")
        raise FetchError(f"cannot {verb} '{location}': {reason}", hint=None if verb == "unmount" else _EXPORT_HINT)
    return printed.decode("utf-8", "replace")


def _reason(text: str) -> str:
    """Return a tool's message; if it contains a known error code, return an explanation and the code."""
    code = _CODE.search(text)
    return f"{_REASONS[code[1]]} ({code[0]})" if code and code[1] in _REASONS else text
