"""`--location nfs:HOST:/PATH`: an install tree on an NFS server.

Read through libnfs's tools (no root, no mount, kernels without NFS), else through a read-only
mount, else refused with what to install.

Source: nfs-ls(1), nfs-cat(1); the libnfs README on URLs (`version`, `nfsport`); mount(8), nfs(5).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from virtinstall.errors import FetchError
from virtinstall.media.fetcher import (
    CHUNK_BYTES,
    FILE_LIMIT_BYTES,
    TEXT_LIMIT_BYTES,
    Fetcher,
    Target,
    VolumeIds,
    check_size,
    clean_path,
    write_all,
)
from virtinstall.media.local import LocalTreeFetcher

if TYPE_CHECKING:
    from virtinstall.progress import Progress

TOOL_TIMEOUT_SECONDS = 60
_VERSIONS = ("4", "3")
_LIST_COLUMNS = 5
_NOT_THERE = ("NOENT", "NOTDIR")


@dataclass(frozen=True)
class NfsPlace:
    """A directory on an NFS server; `options` are libnfs's (`nfsport=...`), or empty."""

    host: str
    path: str
    options: str = ""

    @property
    def installer_form(self) -> str:
        """As anaconda and debian-installer write it: `nfs:HOST:/PATH`."""
        return f"nfs:{self.host}:{self.path}"


def parse_nfs(location: str) -> NfsPlace:
    """The place in `nfs:HOST:/PATH`, `nfs:HOST/PATH` or `nfs://HOST/PATH`.

    Raises: FetchError, when a part is missing.
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
            f"'{location}' names no directory on an NFS server",
            hint="write it as nfs:HOST:/DIRECTORY",
        )
    return NfsPlace(host, "/" + path.rstrip("/"), options)


def open_nfs(location: str) -> Fetcher:
    """Files below an NFS location, by the first way that this host has.

    Raises: FetchError, when the host has none, or the server refuses.
    """
    place = parse_nfs(location)
    if shutil.which("nfs-ls") and shutil.which("nfs-cat"):
        return NfsFetcher(place)
    if shutil.which("mount.nfs") and os.geteuid() == 0:
        return mounted(place)
    raise FetchError(
        f"this host has nothing to read '{place.installer_form}' with",
        hint="install libnfs-utils (any user) or nfs-common (root), or mount it and give the directory",
    )


def mount_command(place: NfsPlace, directory: Path) -> list[str]:
    """The command that mounts `place`, read-only and giving up rather than hanging."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    options = "ro,soft,nolock,timeo=100,retrans=2,retry=0"
    return ["mount", "-t", "nfs", "-o", options, "--", f"{host}:{place.path}", str(directory)]


def mounted(place: NfsPlace) -> Fetcher:
    """Mount `place` on a private directory; `close` unmounts it and removes the directory.

    Raises: FetchError, when mounting fails.
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
    """Files below an NFS directory, through nfs-ls and nfs-cat.

    Raises: FetchError, when the server can't be reached or has no such directory.
    """

    volume: VolumeIds | None = None

    def __init__(self, place: NfsPlace, *, limit_bytes: int = FILE_LIMIT_BYTES) -> None:
        self._place = place
        self._limit = limit_bytes
        self.location = place.installer_form
        self.install_url: str | None = place.installer_form
        self._listings: dict[str, dict[str, int | None]] = {}
        self._version = self._find_version()

    def exists(self, path: str) -> bool:
        """Whether there is a file or link at `path`."""
        directory, _, name = clean_path(path).rpartition("/")
        return name in self._listing(directory)

    def size(self, path: str) -> int | None:
        """Bytes in the file, or None for a link."""
        directory, _, name = clean_path(path).rpartition("/")
        listing = self._listing(directory)
        if name not in listing:
            raise FetchError(f"'{self.location}' has no file '{clean_path(path)}'")
        return listing[name]

    def read_text(self, path: str, limit: int = TEXT_LIMIT_BYTES) -> str:
        """The first `limit` bytes of the file as text."""
        text = bytearray()
        with self._reading(path) as process:
            while len(text) < limit and (data := self._next(process)):
                text += data[: limit - len(text)]
            if len(text) >= limit:
                process.terminate()
            else:
                self._check_end(process, path)
        return text.decode("utf-8", "replace")

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Write the file to `target_file`."""
        total = self.size(path)
        what = f"'{self.location}/{clean_path(path)}'"
        done = 0
        progress.start(f"Retrieving '{path.rpartition('/')[2]}'", total)
        try:
            with self._reading(path) as process:
                try:
                    while data := self._next(process):
                        done += len(data)
                        check_size(what, done, self._limit)
                        write_all(target_file, memoryview(data))
                        progress.advance(len(data))
                except BaseException:
                    process.terminate()
                    raise
                self._check_end(process, path)
        finally:
            progress.finish()
        if total is not None and done < total:
            raise FetchError(f"{what} ended after {done} of {total} bytes")
        return done

    def close(self) -> None:
        """Nothing stays open between calls."""

    def _url(self, path: str, version: str) -> str:
        whole = f"{self._place.path.rstrip('/')}/{path}".rstrip("/") or "/"
        if "?" in whole:
            raise FetchError(f"'{whole}' can't be read over NFS: libnfs takes no '?' in a path")
        options = f"version={version}" + (f"&{self._place.options}" if self._place.options else "")
        return f"nfs://{self._place.host}{whole}?{options}"

    def _find_version(self) -> str:
        problems = []
        for version in _VERSIONS:
            try:
                self._listings[""] = _listing(_run(["nfs-ls", self._url("", version)], self.location))
                return version
            except FetchError as error:
                problems.append(error.message)
        raise FetchError(problems[0], hint="check the host, the export and that it may be read from here")

    def _listing(self, directory: str) -> dict[str, int | None]:
        if directory not in self._listings:
            try:
                text = _run(["nfs-ls", self._url(directory, self._version)], self.location)
            except FetchError as error:
                if not any(code in error.message for code in _NOT_THERE):
                    raise
                text = ""
            self._listings[directory] = _listing(text)
        return self._listings[directory]

    def _reading(self, path: str) -> subprocess.Popen[bytes]:
        command = ["nfs-cat", self._url(clean_path(path), self._version)]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _next(self, process: subprocess.Popen[bytes]) -> bytes:
        """The next bytes of the file, none at its end. Raises: FetchError, when the server answers no more."""
        import select

        assert process.stdout is not None
        # libnfs itself would try for ever to reach a server that is gone
        if not select.select([process.stdout], [], [], TOOL_TIMEOUT_SECONDS)[0]:
            process.kill()
            raise _no_answer(self.location)
        return os.read(process.stdout.fileno(), CHUNK_BYTES)

    def _check_end(self, process: subprocess.Popen[bytes], path: str) -> None:
        try:
            status = process.wait(TOOL_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise _no_answer(self.location) from None
        if status:
            raise FetchError(f"could not read '{clean_path(path)}' from '{self.location}'")


def _listing(text: str) -> dict[str, int | None]:
    """Files and links in what nfs-ls printed, with the bytes of the files."""
    found: dict[str, int | None] = {}
    for line in text.splitlines():
        columns = line.split(None, _LIST_COLUMNS)
        if len(columns) > _LIST_COLUMNS and columns[0][0] in "-l" and columns[4].isdigit():
            found[columns[5]] = int(columns[4]) if columns[0][0] == "-" else None
    return found


def _no_answer(location: str) -> FetchError:
    return FetchError(
        f"'{location}' did not answer in {TOOL_TIMEOUT_SECONDS} seconds",
        hint="check the host, the export and that it may be read from here",
    )


def _run(command: list[str], location: str) -> str:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TOOL_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _no_answer(location) from None
    except OSError as error:
        raise FetchError(f"could not run {command[0]}: {error.strerror}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise FetchError(f"could not read '{location}': {said[-1] if said else f'{command[0]} failed'}")
    return done.stdout
