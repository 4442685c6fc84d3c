"""The log file of the commands: what was asked, what was decided, how it ended; no secrets.

`$XDG_CACHE_HOME/virtinstall/PROGRAM.log`, as virt-install keeps one in its own folder; `logging` isn't used, for
loading it takes longer than all that is written here.

Source: XDG base directory specification, for where it is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import re

    from virtinstall.progress import Progress

_LARGEST_BYTES = 1 << 20
_KEPT = 3
_GONE = "***"
_MARKS = ("passw", "passphrase", "rootpw", "secret", "token", "credential", "product-key")
# a value behind such a name is secret, but for the path of a file that holds it
_SECRET = (
    r"(?i)((?:passw(?:or)?d|passphrase|rootpw|secret|token|credential|product-key)(?![\w-]*file)[\w:./-]*=)"
    r"(\"[^\"]*\"|'[^']*'|[^,<\n]*)"
)
_NOT_SECRET = ("secret.type", "secret.uuid", "secret.usage", "validto", "-generate")


class Log:
    """Lines in a file (None: no file) and, for --debug, on a stream; no trouble with either is an error."""

    def __init__(self, path: str | None, prog: str, stream: TextIO | None = None) -> None:
        self._path = path
        self._prog = prog
        self._stream = stream
        self._file: int | None = None

    def line(self, text: str) -> None:
        """Log a text of one or more lines, secrets taken out."""
        if self._path is None and self._stream is None:
            return
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        whole = f"{stamp} {self._prog}[{os.getpid()}] {without_secrets(text).rstrip()}\n"
        if self._stream is not None:
            self._stream.write(whole)
        self._write(whole.encode(errors="backslashreplace"))

    def command(self, words: Sequence[str]) -> None:
        """Log the command line."""
        from virtinstall import __version__

        # each word alone: a secret with a blank in it ends where its word ends
        shown = " ".join(_quoted(without_secrets(word)) for word in _without_scripts(words))
        self.line(f"version {__version__}: {self._prog} {shown}")

    def _write(self, data: bytes) -> None:
        if self._path is None:
            return
        try:
            if self._file is None:
                self._file = _open(self._path)
            os.write(self._file, data)
        except OSError:
            # a log that can't be written (no room, a home that is read-only) is no reason not to make a guest
            self._path = None

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def join_logging(log: Log) -> None:
    """Have what libraries tell the module `logging` go into `log` too: for --debug."""
    import logging

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log.line(f"{record.name}: {self.format(record)}")

    logging.basicConfig(level=logging.DEBUG, handlers=[Handler()])


class LoggedProgress:
    """A progress that also notes in the log what begins."""

    def __init__(self, shown: Progress, log: Log) -> None:
        self._shown = shown
        self._log = log

    def start(self, what: str, total_bytes: int | None) -> None:
        """A step begins."""
        self._log.line(what if total_bytes is None else f"{what}: {total_bytes} bytes")
        self._shown.start(what, total_bytes)

    def advance(self, count_bytes: int) -> None:
        """So many more bytes are done."""
        self._shown.advance(count_bytes)

    def finish(self) -> None:
        """The step is over."""
        self._shown.finish()


def log_path(environ: Mapping[str, str], prog: str) -> str | None:
    """Where the log of that program is; None where there is no home."""
    home = environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(home):
        home = os.path.join(environ.get("HOME", ""), ".cache")
    return os.path.join(home, "virtinstall", f"{prog}.log") if os.path.isabs(home) else None


def without_secrets(text: str) -> str:
    """`text` with `***` in place of passwords, keys, and the users and queries of URLs."""
    if "://" in text and ("@" in text or "?" in text):
        import re

        text = re.sub(r"((?:https?|ftps?)://)[^\s/'\"<]*@", rf"\1{_GONE}@", text)
        text = re.sub(r"(\w://)[^\s/'\"<]*:[^\s/'\"<]*@", rf"\1{_GONE}@", text)
        text = re.sub(r"((?:https?|ftps?)://[^\s?'\"<]*\?)[^\s,'\"<]*", rf"\1{_GONE}", text)
    if "?" in text:
        import re

        # urllib3 tells --debug the path and the query alone, in its own ways
        text = re.sub(r"((?:\"[A-Z]+ |\burl(?:='|: ))/[^\s?'\"]*\?)[^\s'\"]*", rf"\1{_GONE}", text)
    lowered = text.lower()
    if any(mark in lowered for mark in _MARKS):
        import re

        text = re.sub(r"(\bsecret,[^\s]*?\bdata=)[^,\s'\"<]*", rf"\1{_GONE}", text)
        text = re.sub(_SECRET, _hidden, text)
    return text


def _hidden(match: re.Match[str]) -> str:
    """The name of a secret with `***` for its value; names that only point to a secret keep theirs."""
    name, value = match[1], match[2]
    if any(word in name.lower() for word in _NOT_SECRET):
        return match[0]
    quote = value[:1] if value[:1] in ("'", '"') else ""
    return f"{name}{quote}{_GONE}{quote}"


def _without_scripts(words: Sequence[str]) -> list[str]:
    """`words` without what --cloud-init runs in the guest: scripts set passwords in ways of their own."""
    shown: list[str] = []
    for before, word in zip(("", *words), words, strict=False):
        named = any(len(name) > 3 and "--cloud-init".startswith(name) for name in (before, word.partition("=")[0]))
        head, run, _ = word.partition("run=")
        shown.append(f"{head}{run}{_GONE}" if named and run else word)
    return shown


def _quoted(word: str) -> str:
    plain = word and all(char.isalnum() or char in "-_./:=,@%+*" for char in word)
    return word if plain else "'" + word.replace("'", "'\"'\"'") + "'"


def _open(path: str) -> int:
    """The file to append to, a new one where the last has grown large. Raises: OSError."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    opened = os.open(path, flags, 0o600)
    if os.fstat(opened).st_size < _LARGEST_BYTES:
        return opened
    os.close(opened)
    names = [path, *(f"{path}.{number}" for number in range(1, _KEPT + 1))]
    for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
        if os.path.exists(newer):
            os.replace(newer, older)
    return os.open(path, flags, 0o600)
