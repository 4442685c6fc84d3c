"""Digests of images, such as `sha256:HEX`, and their comparison and computation."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError
from virtinstall.named import NamedTuple

if TYPE_CHECKING:
    from hashlib import _Hash

HEX_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Digest algorithms that can verify an image, weakest first, with their number of hexadecimal digits.

MD5 and SHA-1 are not included, because they are not secure.
"""
_HEX = frozenset("0123456789abcdef")


class Digest(NamedTuple):
    """A digest: an algorithm, such as `sha256`, and a lowercase hexadecimal value."""

    algorithm: str
    value: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"

    @property
    def file_stem(self) -> str:
        """The name, without its suffix, of the cached file that has this digest."""
        return f"{self.algorithm}-{self.value}"


def digest_of(algorithm: str, value: str) -> Digest | None:
    """Return the digest with this hexadecimal or base64 value; None if the algorithm or the value is invalid."""
    algorithm = algorithm.lower().replace("-", "")
    length = HEX_DIGITS.get(algorithm)
    if length is None:
        return None
    text = value.strip().lower()
    if len(text) == length and _HEX.issuperset(text):
        return Digest(algorithm, text)
    try:
        raw = base64.b64decode(value.strip() + "=" * (-len(value.strip()) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return Digest(algorithm, raw.hex()) if len(raw) * 2 == length else None


def digest_by_length(value: str) -> Digest | None:
    """Return the digest with this hexadecimal value, whose length determines the algorithm; None if it is invalid."""
    algorithm = next((name for name, length in HEX_DIGITS.items() if length == len(value)), None)
    return None if algorithm is None else digest_of(algorithm, value)


def parse_digest(text: str, option: str) -> Digest:
    """Return the digest in `text`, which has the form `ALGORITHM:VALUE`; `option` is the option's name in messages.

    Raises: RequestError, if `text` is not a valid digest.
    """
    algorithm, _, value = text.partition(":")
    found = digest_of(algorithm, value)
    if found is None:
        forms = ", ".join(f"{name}:HEX ({length} digits)" for name, length in HEX_DIGITS.items())
        raise RequestError(
            f"{option}={text}: invalid checksum", hint=f"use {forms}, the URL of a checksum list, or none"
        )
    return found


def strongest(digests: list[Digest]) -> Digest | None:
    """Return the digest with the strongest algorithm; None if `digests` is empty."""
    order = list(HEX_DIGITS)
    return max(digests, key=lambda digest: order.index(digest.algorithm), default=None)


def new_hash(algorithm: str) -> _Hash:
    """Return a new hash object for `algorithm`, such as `sha256`."""
    return hashlib.new(algorithm)
