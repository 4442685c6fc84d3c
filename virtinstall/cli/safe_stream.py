"""Standard output and standard error of the commands, in which no text can control the terminal."""

from __future__ import annotations

from typing import Any, TextIO

from virtinstall.safe_text import printable


class SafeStream:
    """A text stream that writes control characters, except line breaks and tabs, as escapes such as `\\x1b`.

    All output of the commands passes through it, including text from servers, install media, QEMU, guests, file names
    and arguments. `unfiltered` is the underlying stream, for output that controls the terminal, such as progress bars.
    The output of a guest's console is written directly to the file descriptor.
    """

    def __init__(self, stream: TextIO) -> None:
        self.unfiltered: TextIO = getattr(stream, "unfiltered", stream)

    def write(self, text: str) -> int:
        """Write `text`, with control characters as escapes; return the length of `text`."""
        self.unfiltered.write(printable(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unfiltered, name)
