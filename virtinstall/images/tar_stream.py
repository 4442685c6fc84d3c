"""The disk of a containerdisk: the single file below /disk/ of a tar archive, extracted as the archive arrives.

Source: POSIX.1-2017 pax (ustar and extended headers), GNU tar's long names and base-256 sizes;
KubeVirt's user guide, "containerDisk".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import FetchError

if TYPE_CHECKING:
    from virtinstall.images.decompress import Writer

_OTHER_HINT = "use another containerdisk"
_BLOCK = 512
_HEADER_LIMIT_BYTES = 1 << 20
_FILE, _PAX, _LONG_NAME = (b"0", b"\0", b"7"), b"x", b"L"
_DIRECTORY = "disk/"


class DiskExtractor:
    """A writer that reads a tar archive and passes the contents of the file in /disk/ to `target`.

    `found` is the name of that file, or None if the archive has not contained such a file yet.
    """

    def __init__(self, target: Writer) -> None:
        self._target = target
        self._buffer = bytearray()
        self._left = 0
        self._padding = 0
        self._passes = False
        self._extended: bytearray | None = None
        self._kind = b""
        self._name: str | None = None
        self._size: int | None = None
        self.found: str | None = None

    def write(self, data: bytes | memoryview, /) -> int:
        """Process a chunk of the archive, and return its size.

        Raises: FetchError, if the data is not a tar archive, or if the archive contains several disks.
        """
        view = memoryview(data)
        while view:
            if self._left:
                view = self._body(view)
            elif self._padding:
                skipped = min(self._padding, len(view))
                self._padding -= skipped
                view = view[skipped:]
            else:
                taken = min(_BLOCK - len(self._buffer), len(view))
                self._buffer += view[:taken]
                view = view[taken:]
                if len(self._buffer) == _BLOCK:
                    header, self._buffer = bytes(self._buffer), bytearray()
                    self._header(header)
        return len(data)

    def close(self) -> None:
        """Check that the archive is complete, and close `target`.

        Raises: FetchError, if the archive is truncated.
        """
        if self._left:
            raise FetchError("a layer of the containerdisk is truncated", hint="run the command again")
        self._target.close()

    def _body(self, view: memoryview) -> memoryview:
        piece = view[: self._left]
        self._left -= len(piece)
        if self._passes:
            self._target.write(piece)
        elif self._extended is not None:
            self._extended += piece
            if not self._left:
                self._read_extended(bytes(self._extended))
        return view[len(piece) :]

    def _header(self, header: bytes) -> None:
        if not any(header):
            return
        if sum(header[:148]) + sum(header[156:]) + 8 * 32 != _number(header[148:156]):
            raise FetchError("a layer of the containerdisk is not a tar archive", hint=_OTHER_HINT)
        self._kind = header[156:157]
        size = _number(header[124:136])
        name = _text(header[:100])
        if header[257:262] == b"ustar" and header[345]:
            name = f"{_text(header[345:500])}/{name}"
        if self._kind in (_PAX, _LONG_NAME):
            if size > _HEADER_LIMIT_BYTES:
                raise FetchError(
                    "a layer of the containerdisk has a tar header that is larger than 1 MiB", hint=_OTHER_HINT
                )
            self._extended = bytearray()
            self._start(size)
            return
        name, size = self._name or name, size if self._size is None else self._size
        self._name = self._size = self._extended = None
        is_disk = self._kind in _FILE and name.removeprefix("./").removeprefix("/").startswith(_DIRECTORY)
        self._passes = is_disk and not name.rpartition("/")[2].startswith(".wh.")
        if self._passes:
            if self.found is not None:
                raise FetchError(
                    f"the containerdisk contains more than one disk image: '{self.found}' and '{name}'",
                    hint="use a containerdisk with a single disk image",
                )
            self.found = name
        self._start(size)

    def _start(self, size: int) -> None:
        self._left = size
        self._padding = -size % _BLOCK

    def _read_extended(self, data: bytes) -> None:
        if self._kind == _LONG_NAME:
            self._name = _text(data)
            return
        while data:
            length, _, rest = data.partition(b" ")
            if not length.isdigit() or not 0 < int(length) <= len(data):
                raise FetchError("a layer of the containerdisk has an invalid extended tar header", hint=_OTHER_HINT)
            key, _, value = rest[: int(length) - len(length) - 1].rstrip(b"\n").partition(b"=")
            if key == b"path":
                self._name = _text(value)
            elif key == b"size" and value.isdigit():
                self._size = int(value)
            data = data[int(length) :]


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "replace")


def _number(field: bytes) -> int:
    """Return the number in a field: in octal, or in base 256 if the first bit is set."""
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    digits = field.strip(b" \0")
    try:
        return int(digits, 8) if digits else 0
    except ValueError:
        raise FetchError("a layer of the containerdisk is not a tar archive", hint=_OTHER_HINT) from None
