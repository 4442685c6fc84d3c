"""Sizes and times with units: the only place where they are converted.

Units are powers of 1024, like those of virt-install and libvirt's `K`, `M`, `G`
(https://libvirt.org/formatdomain.html#memory-allocation); `kB`, `MB`, `GB` are powers of 1000, as in libvirt.
"""

from __future__ import annotations

from virtinstall.errors import RequestError

KIB = 1024
MIB = 1024**2
GIB = 1024**3

_BINARY = "kmgtpe"


def unit_bytes(unit: str) -> int | None:
    """Return the bytes in one `unit` (b, bytes, K, KiB, kB, M, MiB, MB, ... in any case), or None if it is unknown."""
    word = unit.strip().lower()
    if word in ("b", "byte", "bytes"):
        return 1
    if not word or word[0] not in _BINARY:
        return None
    power = _BINARY.index(word[0]) + 1
    rest = word[1:]
    if rest in ("", "ib"):
        return int(1024**power)
    if rest == "b":
        return int(1000**power)
    return None


def parse_size(text: str, default_unit: int, what: str) -> int:
    """Return the size in `text`, in bytes.

    `text` is a number of units of `default_unit` bytes, or a number with a unit (`20G`, `500 MiB`).

    Raises: RequestError, which names `what`, if the text is not a size or is negative.
    """
    stripped = text.strip()
    end = len(stripped)
    while end and not (stripped[end - 1].isdigit() or stripped[end - 1] == "."):
        end -= 1
    number, unit = stripped[:end], stripped[end:].strip()
    factor = unit_bytes(unit) if unit else default_unit
    if factor is not None and number.isdecimal():
        return int(number) * factor
    from decimal import Decimal, InvalidOperation

    try:
        # Decimal would also accept exponents and names of infinity
        if factor is None or not all(char.isdigit() or char == "." for char in number):
            raise InvalidOperation
        amount = Decimal(number)
    except InvalidOperation:
        raise RequestError(
            f"{what}: invalid size '{text}'",
            hint="use a number, optionally with a unit: 20G, 500M, 1.5T",
        ) from None
    return int(amount * factor)


def human_size(count_bytes: int) -> str:
    """Return `count_bytes` as readable text: `512 MiB`, `1.5 GiB`."""
    size = float(count_bytes)
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < 1024 or unit == "PiB":
            return f"{int(size)} {unit}" if size == int(size) else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError("unreachable")


def size_argument(count_bytes: int, *, up: bool = False) -> str:
    """Return a size as users type it for `size=`: `20`, `500M`; in bytes, or rounded up to MiB if `up`."""
    if up:
        count_bytes = -(-count_bytes // MIB) * MIB
    if count_bytes % GIB == 0:
        return str(count_bytes // GIB)
    return f"{count_bytes // MIB}M" if count_bytes % MIB == 0 else f"{count_bytes}b"


_DURATIONS = {"": 1, "s": 1, "m": 60, "h": 3600}


def parse_duration(text: str, what: str) -> float:
    """Return the seconds in `text`: a number, alone or with s, m or h (`90s`, `10m`, `1.5h`).

    Raises: RequestError, which names `what`, if the text is not a duration or is not positive.
    """
    number = text.strip().rstrip("smh")
    factor = _DURATIONS.get(text.strip()[len(number) :])
    if factor is None or not number.replace(".", "", 1).isdecimal() or float(number) <= 0:
        raise RequestError(f"{what}: invalid duration '{text}'", hint="use seconds, or a unit: 90s, 10m, 1h")
    return float(number) * factor
