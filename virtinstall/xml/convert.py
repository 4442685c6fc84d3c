"""Values as a user types them -> values in the XML, shared by the element classes.

Each converter raises ValueError, whose message says what was expected.
"""

from __future__ import annotations

from virtinstall.errors import RequestError
from virtinstall.units import KIB, MIB, parse_size


def mib_to_kib(text: str) -> int:
    """KiB in a size that is in MiB where it has no unit: `4096`, `4G`, `512 MiB`.

    Raises: ValueError, when it is no size.
    """
    try:
        return parse_size(text, MIB, "memory") // KIB
    except RequestError:
        raise ValueError("it must be a size: MiB, or with a unit, such as 4096 or 4G") from None


def absolute_path(text: str) -> str:
    """A path of this host made absolute; URLs (`https://...`) stay as they are."""
    import os.path

    return text if not text or "://" in text else os.path.abspath(text)


def file_or_directory(text: str) -> str:
    """An absolute path; a '/' at the end stays, because it names a directory."""
    path = absolute_path(text)
    return f"{path}/" if text.endswith("/") and not path.endswith("/") else path


PATH_CONVERTERS = (absolute_path, file_or_directory)
"""The converters of fields that hold a path of this host."""


def shell_words(text: str) -> list[str]:
    """The words of a shell-like line.

    Raises: ValueError, when a quote is never closed.
    """
    import shlex

    try:
        return shlex.split(text)
    except ValueError as error:
        raise ValueError(f"it must be words as in a shell ({str(error).lower()})") from None
