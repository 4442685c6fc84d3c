"""The log file of the commands: command line, decisions and result, without secrets.

The file is `$XDG_CACHE_HOME/virtinstall/PROGRAM.log`, as with virt-install. If a run creates something, the log records
of the library (`virtinstall.*`) are added. Previews do not load the module `logging`, because loading it takes longer
than they write.

Source: the XDG Base Directory Specification, for the directory.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from virtinstall.private_cache import cache_home, open_directory, open_file
from virtinstall.redact import redacted, redacted_arguments

if TYPE_CHECKING:
    from virtinstall.progress import Progress

_LARGEST_BYTES = 1 << 20
_KEPT = 3


class Log:
    """A log of one run of the program `prog`, in the file `path`, if any, and on `stream`, if any.

    `stream` is for --debug. Failures to write to the file are ignored.
    """

    def __init__(self, path: str | None, prog: str, stream: TextIO | None = None) -> None:
        self._path = path
        self._prog = prog
        self._stream = stream
        self._file: int | None = None
        self.has_library = False
        """Whether messages of the library are already logged here."""

    def line(self, text: str) -> None:
        """Log a string of one or more lines, without the secrets in it."""
        if self._path is None and self._stream is None:
            return
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        whole = f"{stamp} {self._prog}[{os.getpid()}] {redacted(text).rstrip()}\n"
        if self._stream is not None:
            self._stream.write(whole)
        self._write(whole.encode(errors="backslashreplace"))

    def command(self, arguments: Sequence[str]) -> None:
        """Log the command line, without the secrets in it."""
        from virtinstall import __version__

        shown = " ".join(_quoted(word) for word in redacted_arguments(arguments))
        self.line(f"version {__version__}: {self._prog} {shown}")

    def _write(self, data: bytes) -> None:
        if self._path is None:
            return
        try:
            if self._file is None:
                self._file = _open(self._path)
            os.write(self._file, data)
        except OSError:
            # a log that cannot be written (full disk, read-only home) must not prevent the creation of a guest
            self._path = None

    def close(self) -> None:
        """Close the log file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


@contextmanager
def library_log(log: Log, *, everything: bool = False) -> Iterator[None]:
    """Within the `with` block, write the library's log records to `log`; with `everything`, those of all libraries.

    This imports the module `logging`, which would slow down a preview noticeably.
    """
    if log.has_library:
        yield
        return
    import logging

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log.line(f"{record.name}: {self.format(record)}")

    tree, handler = logging.getLogger(None if everything else "virtinstall"), Handler()
    tree.addHandler(handler)
    level = tree.level
    tree.setLevel(logging.DEBUG)
    log.has_library = True
    try:
        yield
    finally:
        log.has_library = False
        tree.removeHandler(handler)
        tree.setLevel(level)


class LoggedProgress:
    """A wrapper around the progress display `shown` that also writes a line to `log` at the start of each step."""

    def __init__(self, shown: Progress, log: Log) -> None:
        self._shown = shown
        self._log = log

    def start(self, what: str, total_bytes: int | None) -> None:
        """Log and begin the step `what`; `total_bytes` is None if unknown."""
        self._log.line(what if total_bytes is None else f"{what}: {total_bytes} bytes")
        self._shown.start(what, total_bytes)

    def advance(self, count_bytes: int) -> None:
        """Add to the number of bytes that the step has processed."""
        self._shown.advance(count_bytes)

    def finish(self) -> None:
        """End the step."""
        self._shown.finish()


def log_path(environ: Mapping[str, str], prog: str) -> str | None:
    """Return the path of the log file of the program `prog`, or None if there is no home directory.

    `environ` contains the environment variables.
    """
    home = cache_home(environ)
    return None if home is None else os.path.join(home, f"{prog}.log")


def _quoted(word: str) -> str:
    plain = word and all(char.isalnum() or char in "-_./:=,@%+*" for char in word)
    return word if plain else "'" + word.replace("'", "'\"'\"'") + "'"


def _open(path: str) -> int:
    """Open the file to append to it; rename it first if it is too large.

    Raises: OSError.
    """
    directory = open_directory(os.path.dirname(path))
    try:
        name = os.path.basename(path)
        opened = open_file(directory, name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        if os.fstat(opened).st_size < _LARGEST_BYTES:
            return opened
        os.close(opened)
        names = [name, *(f"{name}.{number}" for number in range(1, _KEPT + 1))]
        for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
            with suppress(FileNotFoundError):
                os.rename(newer, older, src_dir_fd=directory, dst_dir_fd=directory)
        return open_file(directory, name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    finally:
        os.close(directory)
