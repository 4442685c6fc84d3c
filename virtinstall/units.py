"""Conversion of sizes and durations with units; no other module converts them.

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
    """Return the number of bytes in one `unit`, such as `b`, `K`, `KiB` or `kB`; None if the unit is unknown.

    Case does not matter. An empty string is unknown.
    """
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

    `text` is a number, optionally with a unit, such as `20G` or `500 MiB`. A number without a unit is multiplied by
    `default_unit`, which is in bytes. `what` is the name of the value, for the error.

    Raises: RequestError, if `text` is not a size or is negative.
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
            hint="use a number, optionally with a unit, for example: 20G, 500M or 1.5T",
        ) from None
    return int(amount * factor)


def human_size(count_bytes: int) -> str:
    """Return the size `count_bytes` in a readable form, such as `512 MiB` or `1.5 GiB`."""
    size = float(count_bytes)
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < 1024 or unit == "PiB":
            return f"{int(size)} {unit}" if size == int(size) else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError("unreachable")


def size_argument(count_bytes: int, *, up: bool = False) -> str:
    """Return the size `count_bytes` as a value for `size=`, such as `20`, which is in GiB, or `500M`.

    A multiple of 1 GiB is returned in GiB, any other multiple of 1 MiB in MiB, and any other size in bytes, such as
    `1000b`. If `up` is true, the size is first rounded up to a multiple of 1 MiB.
    """
    if up:
        count_bytes = -(-count_bytes // MIB) * MIB
    if count_bytes % GIB == 0:
        return str(count_bytes // GIB)
    return f"{count_bytes // MIB}M" if count_bytes % MIB == 0 else f"{count_bytes}b"


_DURATIONS = {"": 1, "s": 1, "m": 60, "h": 3600}


def parse_duration(text: str, what: str) -> float:
    """Return the duration in `text`, in seconds.

    `text` is a number of seconds, or a number with the unit s, m or h, such as `90s` or `1.5h`. `what` is the name of
    the value, for the error.

    Raises: RequestError, if `text` is not a duration or is not positive.
    """
    number = text.strip().rstrip("smh")
    factor = _DURATIONS.get(text.strip()[len(number) :])
    if factor is None or not number.replace(".", "", 1).isdecimal() or float(number) <= 0:
        raise RequestError(
            f"{what}: invalid duration '{text}'",
            hint="use a number of seconds, or a number with a unit, for example: 90s, 10m or 1h",
        )
    return float(number) * factor
