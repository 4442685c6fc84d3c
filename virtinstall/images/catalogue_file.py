"""The reader of image catalogs. The built-in catalog, the user's and the host's have the same format.

The JSON Schema of the format is virtinstall/schema/images.json. A catalog is a YAML file (JSON is YAML too).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from virtinstall.errors import RequestError
from virtinstall.images.digest import HEX_DIGITS, digest_of
from virtinstall.images.family import Family
from virtinstall.named import NamedTuple
from virtinstall.safe_text import reason_of
from virtinstall.yaml_loader import explain, safe_loader

SYSTEM_DIRECTORY = "/etc/virtinstall/images.d"
_SCHEMA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "schema", "images.json")
_TEXTS = (
    *("name", "version", "current", "oldest", "long_term", "separator", "codename_search", "directory", "pattern"),
    *("signature", "keyring", "user", "os", *HEX_DIGITS),
)
_ROW_KEYS = frozenset(
    (*_TEXTS, "names", "codenames", "url", "index", "checksums", "variants", "arch", "seed", "firmware")
)
_WAYS = ("url", "directory", "index")
_SOURCE_KINDS = ("simplestreams", "virt-builder")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class RemoteIndex(NamedTuple):
    """An index on the web that a catalog names.

    `kind` is `simplestreams` or `virt-builder`. `keyring` is the path of the keyring that verifies the index, or an
    empty string.
    """

    kind: str
    url: str
    keyring: str = ""


class CatalogueFile(NamedTuple):
    """The contents of an image catalog; `path` is the path of its file, or `built-in`."""

    path: str
    families: tuple[Family, ...]
    remote: tuple[RemoteIndex, ...] = ()


def is_loopback(url: str) -> bool:
    """Return whether a URL refers to this host by a loopback name or address.

    Connections to such a URL cannot be intercepted on the network.
    """
    return urlsplit(url).hostname in _LOOPBACK


def is_protected(url: str) -> bool:
    """Return whether a connection to a URL is protected against modification.

    The result is True if the connection uses TLS or does not leave this host.
    """
    return urlsplit(url).scheme == "https" or is_loopback(url)


def built_in() -> CatalogueFile:
    """Return the built-in image catalog."""
    path = os.path.join(os.path.dirname(__file__), "families.json")
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)["images"]
    return CatalogueFile("built-in", tuple(Family(row, "built-in") for row in rows))


def catalogue_paths(environment: Mapping[str, str]) -> list[str]:
    """Return the paths of all catalog files, except the built-in one, in order of precedence.

    The files in $VIRTINSTALL_IMAGES come first, then the user's, then the host's.

    Raises: RequestError, if a path in $VIRTINSTALL_IMAGES does not exist.
    """
    named = [path for path in environment.get("VIRTINSTALL_IMAGES", "").split(os.pathsep) if path]
    for path in named:
        if not os.path.exists(path):
            raise RequestError(
                f"VIRTINSTALL_IMAGES: no such file or directory: {path}",
                hint="set VIRTINSTALL_IMAGES to catalog files or directories, separated by colons",
            )
    config = environment.get("XDG_CONFIG_HOME") or os.path.join(environment.get("HOME") or "/", ".config")
    return [
        *(file for path in named for file in (_files_in(path) if os.path.isdir(path) else [path])),
        *_files_in(os.path.join(config, "virtinstall", "images.d")),
        *_files_in(SYSTEM_DIRECTORY),
    ]


def _files_in(directory: str) -> list[str]:
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return []
    return [os.path.join(directory, name) for name in names if name.endswith((".yaml", ".yml", ".json"))]


def read_catalogue(path: str) -> CatalogueFile:
    """Return the image catalog in the file at `path`.

    Raises: RequestError, if the file cannot be read or is invalid; the message names the file and the invalid entry.
    """
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            document = yaml.load(file, Loader=safe_loader())
    except OSError as error:
        raise RequestError(f"cannot read the image catalog '{path}': {reason_of(error)}") from error
    except UnicodeDecodeError:
        raise RequestError(
            f"image catalog {path}: not valid UTF-8", hint="convert the file to UTF-8, for example with iconv"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = path if mark is None else f"{path}:{mark.line + 1}"
        problem, hint = explain(error)
        raise RequestError(
            f"image catalog {place}: invalid YAML: {problem}", hint=hint or "fix or remove the catalog"
        ) from None
    return parse_catalogue(document, path)


def parse_catalogue(document: Any, path: str) -> CatalogueFile:
    """Return the image catalog in a parsed YAML document; `path` is the path of the file, for use in messages.

    Raises: RequestError, if the document is not a valid catalog.
    """
    problems = list(_problems(document))
    if problems:
        raise RequestError(
            f"image catalog {path}: {problems[0]}",
            hint=f"fix the catalog; the JSON Schema of its format is {_SCHEMA}",
        )
    document = document or {}
    families = tuple(Family(row, path) for row in document.get("images") or ())
    remote = tuple(
        RemoteIndex(kind, str(source[kind]), str(source.get("keyring", "")))
        for source in document.get("sources") or ()
        for kind in _SOURCE_KINDS
        if kind in source
    )
    return CatalogueFile(path, families, remote)


def _problems(document: Any) -> Iterator[str]:
    if document is None:
        return
    if not isinstance(document, Mapping):
        yield "not a mapping with the keys 'images' and 'sources'"
        return
    yield from (f"unknown key '{key}'" for key in document if key not in ("images", "sources"))
    for key in ("images", "sources"):
        if not isinstance(document.get(key) or [], list):
            yield f"'{key}' is not a list"
            return
    for number, row in enumerate(document.get("images") or (), 1):
        if not isinstance(row, Mapping):
            yield f"entry {number} of 'images' is not a mapping"
            continue
        names = row.get("name") or row.get("names")
        name = names[0] if isinstance(names, list) and names else names
        label = f"image '{name}'" if name else f"entry {number} of 'images'"
        yield from (f"{label}: {problem}" for problem in _row_problems(row))
    for number, source in enumerate(document.get("sources") or (), 1):
        yield from (f"entry {number} of 'sources': {problem}" for problem in _source_problems(source))


def _source_problems(source: Any) -> Iterator[str]:
    if not isinstance(source, Mapping) or sum(kind in source for kind in _SOURCE_KINDS) != 1:
        yield "must have either 'simplestreams' or 'virt-builder'"
        return
    yield from (f"unknown key '{key}'" for key in source if key not in (*_SOURCE_KINDS, "keyring"))
    url = next(source[kind] for kind in _SOURCE_KINDS if kind in source)
    yield from _url_problems(url, verified=False, remedy="use https")


def _row_problems(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"unknown key '{key}'" for key in row if key not in _ROW_KEYS)
    if ("name" in row) == ("names" in row):
        yield "must have either 'name' or 'names'"
    if not isinstance(row.get("names", []), list):
        yield "'names' is not a list"
    yield from (
        f"'{key}' is not a string: enclose the value in quotes"
        for key in _TEXTS
        if not isinstance(row.get(key, ""), str)
    )
    if sum(way in row for way in _WAYS) != 1:
        yield "must have exactly one of 'url', 'directory' and 'index'"
        return
    if ("version" in row) != ("current" in row):
        yield "'version' and 'current' must be used together"
    if "directory" in row and "pattern" not in row:
        yield "'directory' requires 'pattern'"
    for key in ("version", "pattern", "long_term"):
        try:
            re.compile(str(row.get(key, "")))
        except re.error:
            yield f"'{key}' is not a valid regular expression: '{row[key]}'"
    for key in ("codenames", "arch"):
        if not isinstance(row.get(key, {}), Mapping):
            yield f"'{key}' is not a mapping"
    for key in ("checksums", "variants"):
        if not isinstance(row.get(key, []), list):
            yield f"'{key}' is not a list"
    digests = [algorithm for algorithm in HEX_DIGITS if algorithm in row]
    yield from (
        f"invalid {algorithm} digest '{row[algorithm]}'"
        for algorithm in digests
        if digest_of(algorithm, str(row[algorithm])) is None
    )
    yield from _way_problems(row, verified=bool(digests))


def _way_problems(row: Mapping[str, Any], verified: bool) -> Iterator[str]:
    index = row.get("index")
    if index is not None and (not isinstance(index, Mapping) or not isinstance(index.get("url"), str)):
        yield "'index' is not a mapping with the key 'url'"
        return
    urls = row.get("url") or row.get("directory") or (index or {}).get("url")
    for url in urls.values() if isinstance(urls, Mapping) else [urls]:
        yield from _url_problems(url, verified=verified, remedy="use https, or specify sha256")


def _url_problems(url: Any, *, verified: bool, remedy: str) -> Iterator[str]:
    if not isinstance(url, str):
        yield f"the URL '{url}' is not a string"
    elif "://" not in url and url.startswith("/"):
        return
    elif urlsplit(url).scheme not in ("https", "http"):
        yield f"'{url}' is not an http or https URL or an absolute path"
    elif not verified and not is_protected(url):
        yield f"the connection to '{url}' is not protected: {remedy}"
