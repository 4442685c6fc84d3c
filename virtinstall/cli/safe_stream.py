"""Standard output and standard error of the commands, in which no text can control the terminal."""

from __future__ import annotations

from typing import Any, TextIO

from virtinstall.safe_text import printable


class SafeStream:
    """A text stream that writes control characters as escapes such as `\\x1b`; line breaks and tabs stay.

    Everything printed passes through it, wherever the text came from: servers, install media, QEMU, guests, file
    names, arguments. `unfiltered` is the stream itself, for what draws on a terminal (progress bars). The console of a
    guest is written to the descriptor and does not pass.
    """

    def __init__(self, stream: TextIO) -> None:
        self.unfiltered: TextIO = getattr(stream, "unfiltered", stream)

    def write(self, text: str) -> int:
        """Write `text`, escaped."""
        self.unfiltered.write(printable(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unfiltered, name)
