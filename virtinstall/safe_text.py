"""Untrusted text, escaped for printing: control characters become escapes such as `\\x1b`.

Servers, install media, QEMU, guests, file names and arguments can hold anything. On a terminal a control
character moves the cursor, changes the title or recolors the screen, and a bidirectional override reorders what
follows.

Source: ECMA-48 (C0, C1); Unicode Standard Annex 9 (bidirectional controls); XML 1.0, section 2.2 (Char).
"""

from __future__ import annotations

from virtinstall.errors import RequestError

LONGEST_LINE = 200
"""The maximum number of characters that are printed of a server's message or a name from a medium."""

LONGEST_MESSAGE = 2000
"""The maximum number of characters that are printed of one line of an error or a hint."""

# line and paragraph separators, then marks, embeddings, overrides and isolates of the bidirectional algorithm
_SEPARATORS = "\u2028\u2029"
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_LAYOUT = "\n\t"


def printable(text: str) -> str:
    """Return `text` with escapes, such as `\\x1b`, in place of control characters other than line breaks and tabs."""
    return "\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n"))


def one_line(text: str, limit: int = LONGEST_LINE) -> str:
    """Return `text` for a message: as one printable line with single spaces, cut to at most `limit` characters."""
    text = " ".join(text[: 4 * limit + 1].split())
    return shortened(printable(text), limit)


def reason_of(error: BaseException) -> str:
    """Return the text of `error`, such as `permission denied`, for use as the reason at the end of a message."""
    text = getattr(error, "strerror", None) or str(error)
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def shortened(text: str, limit: int = LONGEST_MESSAGE) -> str:
    """Return `text`, cut to at most `limit` characters; text that is cut ends with `...`."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def escape_char(char: str) -> str:
    """Return the Python escape sequence for a character, such as `\\x1b` or `\\u202e`."""
    return char.encode("unicode_escape").decode()


def first_not_in_xml(text: str) -> str | None:
    """Return the first character in `text` that XML does not allow; None if there is none."""
    if text.isprintable():
        return None
    return next((char for char in text if not _is_xml(char)), None)


def referenced(xml: str) -> str:
    """Return the XML document `xml` with character references in place of terminal control characters.

    The result has the same meaning. The replaced characters, such as C1 controls and bidirectional overrides, are
    allowed in XML 1.0, but can manipulate a terminal.
    """
    if xml.isascii() and "\x7f" not in xml:
        return xml
    return "".join(f"&#{ord(char)};" if ord(char) > 126 and _is_unsafe(char) else char for char in xml)


def require_xml(where: str, text: str) -> None:
    """Check that XML allows all characters of `text`; `where` is the name of the option or field, for the error.

    Raises: RequestError, if XML does not allow one of the characters.
    """
    char = first_not_in_xml(text)
    if char is not None:
        # one_line alone would replace some control characters with spaces
        shown = one_line(printable(text))
        raise RequestError(
            f"{where}: '{shown}' contains the character {escape_char(char)}, which XML does not allow",
            hint="remove the character, or, if it is part of a file name, rename the file",
        )


def percent_decoded(option: str, text: str) -> str:
    """Return `text` with `%20` and similar escapes decoded; `option` is the name of the option, for the error.

    Raises: RequestError, if the result contains a character that XML does not allow.
    """
    from urllib.parse import unquote

    decoded = unquote(text)
    require_xml(option, decoded)
    return decoded


def _escaped(line: str) -> str:
    return "".join(escape_char(char) if _is_unsafe(char) else char for char in line)


def _is_unsafe(char: str) -> bool:
    code = ord(char)
    if code < 0x20:
        return char not in _LAYOUT
    return 0x7F <= code <= 0x9F or char in _SEPARATORS or char in _BIDI or 0xD800 <= code <= 0xDFFF


def _is_xml(char: str) -> bool:
    code = ord(char)
    if code < 0x20:
        return char in "\t\n\r"
    return not 0xD800 <= code <= 0xDFFF and code not in (0xFFFE, 0xFFFF)
