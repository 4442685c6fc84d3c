"""The contents of a file, a URL or standard input that the value of an option refers to.

Source: the behavior of virt-install (files and addresses for --cloud-init).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import FetchError, RequestError
from virtinstall.request import TYPED
from virtinstall.safe_text import one_line, percent_decoded, reason_of
from virtinstall.units import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping


def given_text(typed: Mapping[str, str], source: str, option: str, limit_bytes: int = MIB) -> str:
    """Return the contents of the file, URL or standard input that the value of an option refers to.

    `source` is the value: a path, a URL, or `-` for standard input. `typed` maps the name of an option to the string
    that was read from standard input for it. `option` is the name of the option, which messages contain, too.
    `limit_bytes` is the maximum size of the contents.

    Raises: RequestError, if the file is missing, or if the contents are too large or not UTF-8; FetchError, if the URL
    cannot be read.
    """
    if source != TYPED:
        return _read_text(source, option, limit_bytes)
    if option not in typed:
        raise RequestError(f"{option}=-: standard input is not available", hint="specify a file instead of -")
    return typed[option]


def _read_text(source: str, option: str, limit_bytes: int) -> str:
    if "://" in source:
        return _fetch_text(source, option, limit_bytes)
    try:
        with open(source, "rb") as handle:
            content = handle.read(limit_bytes + 1)
        _check_size(f"{option}: '{source}'", len(content), limit_bytes)
        return content.decode()
    except UnicodeDecodeError as error:
        raise _no_text(f"{option}: '{source}'") from error
    except ValueError as error:
        raise RequestError(f"{option}: invalid path '{source}': it contains a NUL character") from error
    except OSError as error:
        why = reason_of(error)
        if not source:
            raise RequestError(f"{option} requires a value", hint=f"use {option.rpartition(' ')[2]}=FILE") from error
        if isinstance(error, FileNotFoundError):
            raise RequestError(f"{option}={source}: no such file", hint="check the path") from error
        hint = "specify a file" if isinstance(error, IsADirectoryError) else "specify a readable file"
        raise RequestError(f"{option}={source}: {one_line(why)}", hint=hint) from error


def _fetch_text(address: str, option: str, limit_bytes: int) -> str:
    from virtinstall.media.fetcher import display_url
    from virtinstall.media.location import open_location

    scheme = address.partition(":")[0].lower()
    if scheme not in ("http", "https", "ftp", "file"):
        raise FetchError(
            f"{option}: unsupported URL scheme '{scheme}' in '{display_url(address)}'",
            hint="use a path, or an http, https or ftp URL",
        )
    if scheme == "file":
        from urllib.parse import urlsplit

        try:
            path = percent_decoded(option, urlsplit(address).path)
        except ValueError as error:
            raise RequestError(f"{option}: invalid URL '{address}'", hint="use file:///PATH") from error
        return _read_text(path, option, limit_bytes)
    directory, name = address, ""
    if scheme == "ftp" and address.count("/") > 2:
        directory, _, name = address.rpartition("/")
    fetcher = open_location(directory)
    try:
        text = fetcher.read_text(name, limit_bytes + 1)
    finally:
        fetcher.close()
    named = f"{option}: '{display_url(address)}'"
    _check_size(named, len(text.encode()), limit_bytes)
    if "\ufffd" in text:  # fetchers replace invalid bytes with it: a password or a script would be changed
        raise _no_text(named)
    return text


def _no_text(what: str) -> RequestError:
    return RequestError(f"{what} is not valid UTF-8 text", hint="convert the file to UTF-8, for example with iconv")


def _check_size(what: str, size: int, limit_bytes: int) -> None:
    if size > limit_bytes:
        raise RequestError(f"{what} is larger than {limit_bytes // MIB} MiB", hint="check that this is the right file")
