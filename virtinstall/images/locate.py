"""The file to download for a source, and its digest, from checksum lists, indexes and directory listings.

Source: the vendors' download sites, see families.json.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from virtinstall.errors import FetchError
from virtinstall.images.catalogue_file import is_protected
from virtinstall.images.check import PORTAL_HINT
from virtinstall.images.checksums import find_digest, is_signed, list_names, without_signature
from virtinstall.images.digest import HEX_DIGITS, Digest, digest_of, parse_digest
from virtinstall.images.family import natural_order
from virtinstall.images.signature import can_verify, verified_text
from virtinstall.images.source import ImageSource
from virtinstall.json_loader import parse_json
from virtinstall.media.fetcher import display_url
from virtinstall.named import NamedTuple

SIGNATURE, DIGEST, TLS, NONE = "signature", "digest", "tls", "none"
"""Levels of verification of an image: by a signed digest, by the vendor's digest, by HTTPS alone, or not at all."""
LIST_LIMIT_BYTES = 64 << 20
_NOT_THERE = (403, 404, 410)
_UNVERIFIED_HINT = (
    "specify the digest with --disk image.checksum=sha256:HEX, or skip the verification with --disk image.checksum=none"
)
_LIST_HINT = "check the version, or list the known images with: virt-install --image list"


class Web(Protocol):
    """A reader of small files from the web."""

    def read(self, url: str) -> bytes:
        """Return the contents of the file at `url`.

        Raises: FetchError, if the file cannot be read; its `status` is the HTTP status, or None if there is none.
        """


class Located(NamedTuple):
    """A file to download.

    `digest` is the digest that the file must have, None if unknown. `verified` is the level of verification after the
    file has been downloaded and compared with `digest`: `signature`, `digest`, `tls` or `none`.
    """

    url: str
    digest: Digest | None
    verified: str


def locate(source: ImageSource, web: Web, checksum: str = "") -> Located:
    """Return the file to download for `source`, and its digest.

    `checksum` replaces the checksum in the catalog: `ALGORITHM:HEX`, the URL of a checksum list, or `none` to skip the
    verification. An empty string keeps the catalog's checksum.

    Raises: FetchError, if the vendor's index or checksum list cannot be read or does not contain the image.
    """
    url, listed = _address(source, web)
    if checksum == "none":
        return Located(url, None, TLS if is_protected(url) else NONE)
    if checksum and "://" in checksum:
        return _listed(source, url, [checksum], web, declared=True)
    if checksum or source.digest:
        return Located(url, parse_digest(checksum or source.digest, "--disk image.checksum"), DIGEST)
    if listed is not None:
        return listed
    lists = [_list_url(url, name) for name in source.checksums]
    return _listed(source, url, lists, web, declared=not source.guess)


def _address(source: ImageSource, web: Web) -> tuple[str, Located | None]:
    """Return the URL of the image, and its digest if the index contains both; None otherwise."""
    if source.kind == "directory":
        return _newest(source, web), None
    if source.kind == "index":
        found = _in_index(source, web)
        if found is not None:
            return found.url, found
        if not source.fallback_url:
            raise FetchError(
                f"'{display_url(source.url)}' does not list the image '{source.label}' for {source.arch}",
                hint=_LIST_HINT,
            )
        return source.fallback_url, None
    if "{codename}" in source.url:
        return _with_codename(source, web), None
    return source.url, None


def _list_url(url: str, name: str) -> str:
    path = urlsplit(url).path
    file = path.rpartition("/")[2]
    return urljoin(url, name.replace("{file}", file))


def _listed(source: ImageSource, url: str, lists: list[str], web: Web, *, declared: bool) -> Located:
    """Return the image with the digest from the first of `lists` that has one."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    problem: FetchError | None = None
    for list_url in lists:
        try:
            text, level = _checked_list(source, list_url, web)
        except FetchError as error:
            if error.status not in _NOT_THERE:
                if declared:
                    raise
                continue
            problem = problem or error
            continue
        digest = find_digest(text, name)
        if digest is not None:
            return Located(url, digest, level)
        looks_wrong = _is_page(text)
        why = "is a web page, not a checksum list" if looks_wrong else f"contains no digest for '{name}'"
        problem = FetchError(
            f"'{display_url(list_url)}' {why}",
            hint=PORTAL_HINT if looks_wrong else _UNVERIFIED_HINT,
        )
        if looks_wrong and declared:
            raise problem
    if declared and problem is not None:
        raise _unverifiable(source, problem)
    return Located(url, None, TLS if is_protected(url) else NONE)


def _unverifiable(source: ImageSource, problem: FetchError) -> FetchError:
    if problem.status is None:
        return problem
    error = FetchError(
        f"cannot verify the image '{source.label}': {problem.message}",
        hint=f"check that this release is published, {_UNVERIFIED_HINT}",
    )
    error.status = problem.status
    return error


def _checked_list(source: ImageSource, url: str, web: Web) -> tuple[str, str]:
    """Return the text of a checksum list, and its level of verification."""
    data = web.read(url)
    if not can_verify(source.keyring):
        text = without_signature(data.decode("utf-8", "replace"))
        return text, DIGEST if is_protected(url) else NONE
    signature = None
    if not is_signed(data.decode("utf-8", "replace")):
        name = source.signature or "{list}.asc"
        signature = web.read(urljoin(url, name.replace("{list}", url.rpartition("/")[2])))
    signed = verified_text(data, source.keyring, display_url(url), signature)
    return signed.decode("utf-8", "replace"), SIGNATURE


def _is_page(text: str) -> bool:
    return text.lstrip("\ufeff\r\n\t ")[:15].lower().startswith(("<!doctype html", "<html", "<head", "<?xml"))


def _newest(source: ImageSource, web: Web) -> str:
    """Return the newest file that matches the pattern, from the directory's checksum list or else its listing."""
    names: list[str] = []
    base = source.url if source.url.endswith("/") else source.url + "/"
    for name in source.checksums:
        if "{file}" not in name:
            try:
                names += list_names(web.read(urljoin(base, name)).decode("utf-8", "replace"))
            except FetchError as error:
                if error.status not in _NOT_THERE:
                    raise
    if not names:
        names = list(_links(web.read(base).decode("utf-8", "replace")))
    names = [name.rpartition("/")[2] for name in names]
    fitting = sorted((name for name in set(names) if re.fullmatch(source.pattern, name)), key=natural_order)
    if not fitting:
        raise FetchError(
            f"no file in '{display_url(base)}' matches '{source.pattern}'",
            hint=f"check that this release is published for {source.arch}",
        )
    return urljoin(base, fitting[-1])


def _links(text: str) -> Iterator[str]:
    for link in re.findall(r"href\s*=\s*[\"']?([^\"'\s>]+)", text, re.IGNORECASE):
        yield unquote(html.unescape(link)).partition("?")[0]


def _with_codename(source: ImageSource, web: Web) -> str:
    """Return the URL of a release without a known code name, in the directory whose checksum list has the image."""
    if not source.codename_search:
        raise FetchError(
            f"the code name of '{source.name}' is unknown",
            hint=f"add the code name to 'codenames' in the image catalog {source.origin}",
        )
    text = web.read(source.codename_search).decode("utf-8", "replace")
    names = {link.strip("/").rpartition("/")[2] for link in _links(text)}
    for name in sorted(name for name in names if name.isalpha() and name.islower()):
        url = source.url.replace("{codename}", name)
        for each in source.checksums:
            try:
                text = web.read(_list_url(url, each)).decode("utf-8", "replace")
            except FetchError as error:
                if error.status not in _NOT_THERE:
                    raise
                continue
            if url.rpartition("/")[2] in list_names(text):
                return url
    raise FetchError(
        f"no directory in '{display_url(source.codename_search)}' contains an image for '{source.name}'",
        hint=_LIST_HINT,
    )


def _in_index(source: ImageSource, web: Web) -> Located | None:
    """Return the matching entry of a JSON index; None if there is none."""
    index = source.listing or {}
    text = web.read(source.url).decode("utf-8", "replace")
    try:
        document = parse_json(text)
    except ValueError:
        what = "a web page, not a JSON document" if _is_page(text) else "not valid JSON"
        raise FetchError(f"'{display_url(source.url)}' is {what}", hint=PORTAL_HINT) from None
    for key in index.get("at", ()):
        document = document.get(key) if isinstance(document, Mapping) else None
    entries = document if isinstance(document, list) else [document]
    found = [located for entry in entries if (located := _entry(entry, index, source)) is not None]
    return max(found, key=lambda located: natural_order(located.url), default=None)


def _entry(entry: Any, index: Mapping[str, Any], source: ImageSource) -> Located | None:
    if not isinstance(entry, Mapping):
        return None
    if any(str(entry.get(key)) != value for key, value in index.get("where", {}).items()):
        return None
    if "base" in index:
        url = index["base"]
        for key, value in entry.items():
            url = url.replace(f"{{{key}}}", str(value)) if isinstance(value, str) else url
    else:
        url = urljoin(source.url, str(entry.get(index.get("link", "url"), "")))
    if "pattern" in index and not re.fullmatch(index["pattern"], url.rpartition("/")[2]):
        return None
    if "{" in url or urlsplit(url).scheme not in ("https", "http"):
        return None
    keys = index.get("digest", {})
    digests = [
        digest_of(algorithm, str(entry.get(keys[algorithm], ""))) for algorithm in HEX_DIGITS if algorithm in keys
    ]
    digest = next((digest for digest in reversed(digests) if digest is not None), None)
    return Located(url, digest, DIGEST if digest is not None and is_protected(source.url) else TLS)
