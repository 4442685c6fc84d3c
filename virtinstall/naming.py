"""Names, UUIDs and MAC addresses that the user did not specify, generated from a source of randomness."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from virtinstall.errors import RequestError

QEMU_MAC_PREFIX = "52:54:00"
OTHER_MAC_PREFIX = "00:16:3e"


class Random:
    """A source of pseudorandom bytes that are derived from `seed`; the same seed produces the same bytes.

    The bytes of the seed itself are returned first. If the seed is long enough, the module `hashlib`, which takes time
    to load, is therefore not loaded.
    """

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._used = 0
        self._count = 0

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes; `count` must be at most 32."""
        if self._used + count <= len(self._seed):
            self._used += count
            return self._seed[self._used - count : self._used]
        import hashlib

        self._count += 1
        return hashlib.sha256(self._seed + self._count.to_bytes(4, "big")).digest()[:count]

    def uuid(self) -> str:
        """Return a random UUID (RFC 9562, version 4)."""
        raw = bytearray(self.take(16))
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        text = raw.hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def mac(self, prefix: str, taken: Collection[str]) -> str:
        """Return a MAC address that starts with the three bytes `prefix`, such as `52:54:00`, and is not in `taken`.

        `prefix` and the addresses in `taken` must be in lowercase.
        """
        while True:
            raw = self.take(3)
            mac = f"{prefix}:{raw[0]:02x}:{raw[1]:02x}:{raw[2]:02x}"
            if mac not in taken:
                return mac


def free_name(stem: str, taken: Collection[str]) -> str:
    """Return the first of the names `stem`, `stem`-2, `stem`-3, ... that is not in `taken`."""
    return next(name for name in _numbered(stem) if name not in taken)


def numbered(stem: str, suffix: str, taken: Collection[str]) -> str:
    """Return the first of several file names that is not in `taken`.

    For the stem `web` and the suffix `.iso`, the names are `web.iso`, `web-1.iso`, `web-2.iso` and so on.
    """
    name, number = stem + suffix, 1
    while name in taken:
        name = f"{stem}-{number}{suffix}"
        number += 1
    return name


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


def numbered_name(stem: str, taken: Collection[str]) -> str:
    """Return the first of the names `stem`1, `stem`2, ... that is not in `taken`."""
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def check_mac(mac: str) -> str:
    """Return `mac` unchanged if it is a valid unicast MAC address.

    Raises: RequestError, if `mac` is not such an address.
    """
    parts = mac.split(":")
    valid = len(parts) == 6 and all(len(part) == 2 and _is_hex(part) for part in parts)
    if not valid:
        digits = "".join(char for char in mac if char not in "-.: ")
        pairs = ":".join(digits[place : place + 2] for place in range(0, len(digits), 2))
        is_other_spelling = len(digits) == 12 and _is_hex(digits)
        hint = (
            f"write the address as: {pairs}"
            if is_other_spelling
            else "use six pairs of hexadecimal digits, for example: 52:54:00:12:34:56"
        )
        raise RequestError(f"invalid MAC address '{mac}'", hint=hint)
    if int(parts[0], 16) & 1:
        raise RequestError(
            f"the MAC address '{mac}' is a multicast address",
            hint=f"use an address whose first byte is even, for example: {QEMU_MAC_PREFIX}:12:34:56",
        )
    return mac


def _is_hex(text: str) -> bool:
    return all(char in "0123456789abcdefABCDEF" for char in text)
