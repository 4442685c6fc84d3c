"""Incremental decompression: xz, gzip, bzip2 and zstd, recognized by content.

The output is passed on in bounded pieces, because a small piece of a hostile file may expand to gigabytes.

Source: RFC 1952 (gzip), RFC 8878 (zstd), the .xz file format 1.2.1, bzip2's magic bytes.
"""

from __future__ import annotations

import zlib
from typing import Any, Protocol

from virtinstall.errors import FetchError

PIECE_BYTES = 256 * 1024
_GZIP_WINDOW = 31
_XZ_MEMORY_BYTES = 256 << 20
_ZSTD_WINDOW_BYTES = 128 << 20
_DAMAGED_HINT = "run the command again; if the error persists, use another image"
_MAGICS = (
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)


class Writer(Protocol):
    """A receiver of data in chunks."""

    def write(self, data: bytes | memoryview, /) -> int | None:
        """Write all of `data`; the return value is ignored."""

    def close(self) -> None:
        """Finish the output; `write` must not be called again."""


def compression_of(head: bytes) -> str | None:
    """Return the compression format of a file that starts with `head`, such as `xz`; None if it is not compressed."""
    return next((kind for magic, kind in _MAGICS if head.startswith(magic)), None)


class Decompressor:
    """A writer that decompresses data and passes it to `target`.

    `kind` is `xz`, `gzip`, `bzip2` or `zstd`, and `source` is the URL of the data for messages. The input may consist
    of several compressed streams.
    """

    def __init__(self, kind: str, target: Writer, source: str) -> None:
        self._kind = kind
        self._source = source
        self._target = target
        self._stream = _open_stream(kind)
        self._is_between = False

    def write(self, data: bytes | memoryview, /) -> int:
        """Decompress a chunk, and return the size of the chunk before decompression.

        Raises: FetchError, if the data is damaged.
        """
        count = len(data)
        left = bytes(data)
        while left:
            if self._is_between:
                # xz files may be padded with zeros
                left = left.lstrip(b"\0")
                if not left:
                    break
                self._stream = _open_stream(self._kind)
                self._is_between = False
            left = self._decompress(left)
        return count

    def finish(self) -> None:
        """Check that the compressed data is complete.

        Raises: FetchError, if the last stream is incomplete.
        """
        if not self._is_between:
            raise FetchError(
                f"the image '{self._source}' is incomplete: its {self._kind} data is truncated", hint=_DAMAGED_HINT
            )

    def _decompress(self, data: bytes) -> bytes:
        """Decompress the data up to the end of a stream, and return the rest."""
        while True:
            try:
                output = self._stream.decompress(data, PIECE_BYTES)
            except Exception as error:  # zlib.error, lzma.LZMAError, OSError, EOFError, ZstdError: one per library
                raise FetchError(
                    f"the image '{self._source}' is damaged: its {self._kind} data cannot be decompressed",
                    hint=_DAMAGED_HINT,
                ) from error
            if output:
                self._target.write(output)
            if self._stream.eof:
                self._is_between = True
                return bytes(self._stream.unused_data)
            if self._stream.needs_input and not output:
                return b""
            data = b""


class _Gzip:
    """A decompressor that uses zlib and has the interface of lzma's."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(_GZIP_WINDOW)

    def decompress(self, data: bytes, most: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, most)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail


class _Zstd:
    """A decompressor that uses the package zstandard and has the interface of lzma's."""

    def __init__(self) -> None:
        self._inner = _zstandard().ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
        self._input = b""

    def decompress(self, data: bytes, most: int) -> bytes:
        # its output is not bounded: small pieces of input bound it by the largest block of the format
        self._input += data
        piece, self._input = self._input[:_ZSTD_PIECE_BYTES], self._input[_ZSTD_PIECE_BYTES:]
        return bytes(self._inner.decompress(piece)) if piece else b""

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._inner.unused_data) + self._input

    @property
    def needs_input(self) -> bool:
        return not self._input


_ZSTD_PIECE_BYTES = 512


def _open_stream(kind: str) -> Any:
    if kind == "gzip":
        return _Gzip()
    if kind == "zstd":
        return _Zstd()
    if kind == "xz":
        import lzma

        return lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES)
    import bz2

    return bz2.BZ2Decompressor()


def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError:
        raise FetchError(
            "the image is compressed with zstd, which requires the Python package zstandard",
            hint="install the Python package zstandard, for example: apt install python3-zstandard",
        ) from None
    return zstandard
