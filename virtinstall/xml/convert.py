"""Conversion of values that a user typed to values in the XML, shared by the element classes.

Each converter raises ValueError with a message about the expected value.
"""

from __future__ import annotations

from virtinstall.errors import RequestError
from virtinstall.units import KIB, MIB, parse_size


def mib_to_kib(text: str) -> int:
    """Return a size in KiB; `text` is a number in MiB, such as `4096`, or a size with a unit, such as `4G`.

    Raises: ValueError, if the text is not a size.
    """
    try:
        return parse_size(text, MIB, "memory") // KIB
    except RequestError:
        raise ValueError("must be a size in MiB, such as 4096, or a size with a unit, such as 4G") from None


def absolute_path(text: str) -> str:
    """Return the absolute form of a path on this host; URLs, such as `https://...`, are not changed."""
    import os.path

    return text if not text or "://" in text else os.path.abspath(text)


def file_or_directory(text: str) -> str:
    """Return the absolute form of a path; a trailing `/`, which marks a directory, is kept."""
    path = absolute_path(text)
    return f"{path}/" if text.endswith("/") and not path.endswith("/") else path


PATH_CONVERTERS = (absolute_path, file_or_directory)
"""The converters for fields that contain a path on this host."""


def shell_arguments(text: str) -> list[str]:
    """Return the arguments in `text`, which is quoted as in a shell.

    Raises: ValueError, if a quote is not closed or a backslash is at the end.
    """
    import shlex

    try:
        return shlex.split(text)
    except ValueError as error:
        # the other error that shlex reports is a backslash at the end
        reason = "a quote is not closed" if "quotation" in str(error) else "there is a backslash at the end"
        raise ValueError(f"invalid shell quoting: {reason}") from None
