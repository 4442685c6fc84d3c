"""The target of a download, which hashes, decompresses and stores the data as it arrives, in constant memory."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from virtinstall.errors import FetchError
from virtinstall.images.decompress import Decompressor, Writer, compression_of
from virtinstall.safe_text import reason_of
from virtinstall.units import human_size

if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash

HEAD_BYTES = 512
BLOCK_BYTES = 65536
STORED_LIMIT_BYTES = 64 << 30
"""The maximum size of a decompressed image in bytes."""
_ZEROS = bytes(BLOCK_BYTES)
_HASHED_BYTES = 1 << 20


class SparseFile:
    """A writer that creates a sparse file: blocks of zeros become holes.

    Data is written to the file descriptor `fd`, starting at `offset`. `limit_bytes` is the maximum size of the file.
    """

    def __init__(self, fd: int, offset: int = 0, limit_bytes: int = STORED_LIMIT_BYTES) -> None:
        self._fd = fd
        self._limit = limit_bytes
        self.size = offset

    def write(self, data: bytes | memoryview, /) -> int:
        """Write all of `data`, and return the size of `data`.

        Raises: FetchError, if the file becomes too large; OSError, if the file cannot be written.
        """
        view = memoryview(data)
        if self.size + len(view) > self._limit:
            raise FetchError(
                f"the decompressed image is larger than {human_size(self._limit)}",
                hint="check the URL, or download and decompress the image; then use it with: --disk image=./FILE",
            )
        start = 0
        while start < len(view):
            end = start + BLOCK_BYTES - (self.size + start) % BLOCK_BYTES
            block = view[start:end]
            if block == _ZEROS[: len(block)]:
                start = end
                continue
            # one call for all blocks up to the next hole
            stop = end
            while stop < len(view) and view[stop : stop + BLOCK_BYTES] != _ZEROS:
                stop += BLOCK_BYTES
            self._put(view[start:stop], self.size + start)
            start = stop
        self.size += len(view)
        return len(view)

    def close(self) -> None:
        """Set the size of the file, because a hole at the end does not extend the file."""
        os.ftruncate(self._fd, self.size)

    def _put(self, data: memoryview, offset: int) -> None:
        while data:
            written = os.pwrite(self._fd, data, offset)
            data, offset = data[written:], offset + written


class Sink:
    """The target of a download: it updates `digest` with the data, and passes the decompressed data to `inner`.

    `fd` is the file descriptor to which `inner` writes. `source` is the URL of the download for messages. `start` is
    the number of bytes that an earlier run has already stored. `is_plain` is True if the data is not compressed, so
    that another run can resume the download, and None until enough data has arrived to recognize the compression.
    `on_plain` is called when `is_plain` becomes True.
    """

    def __init__(
        self,
        fd: int,
        digest: _Hash,
        inner: Writer,
        *,
        source: str,
        start: int = 0,
        on_plain: Callable[[], None] = lambda: None,
    ) -> None:
        self._fd = fd
        self._digest = digest
        self._inner = inner
        self._source = source
        self._on_plain = on_plain
        self._head = bytearray()
        self._decompressor: Decompressor | None = None
        self.is_plain: bool | None = True if start else None

    def write(self, data: bytes | memoryview, /) -> int:
        """Process a chunk of the download, and return its size.

        Raises: FetchError, if the data cannot be decompressed or stored.
        """
        self._digest.update(data)
        if self.is_plain is None:
            self._head += data
            if len(self._head) < HEAD_BYTES:
                return len(data)
            self._begin()
        else:
            self._pass_on(data)
        return len(data)

    def fileno(self) -> int:
        """Return the file descriptor to which `inner` writes."""
        return self._fd

    def close(self) -> None:
        """Finish the download, and close `inner`.

        Raises: FetchError, if the data ends within a compressed stream.
        """
        if self.is_plain is None:
            self._begin()
        if self._decompressor is not None:
            self._decompressor.finish()
        self._inner.close()

    def _begin(self) -> None:
        kind = compression_of(bytes(self._head))
        self.is_plain = kind is None
        if kind is not None:
            self._decompressor = Decompressor(kind, self._inner, self._source)
        else:
            self._on_plain()
        head, self._head = bytes(self._head), bytearray()
        self._pass_on(head)

    def _pass_on(self, data: bytes | memoryview) -> None:
        try:
            (self._decompressor or self._inner).write(data)
        except OSError as error:
            raise _write_failure(error) from error


def hash_file(fd: int, digest: _Hash, length: int) -> None:
    """Update `digest` with the first `length` bytes of a file.

    Raises: OSError, if the file cannot be read or is shorter than `length`.
    """
    offset = 0
    while offset < length:
        data = os.pread(fd, min(_HASHED_BYTES, length - offset), offset)
        if not data:
            raise OSError(errno.EIO, "the file was truncated while it was being read")
        digest.update(data)
        offset += len(data)


def _write_failure(error: OSError) -> FetchError:
    hint = (
        "free up space on the file system that contains the image cache"
        if error.errno in (errno.ENOSPC, errno.EDQUOT)
        else None
    )
    return FetchError(f"cannot write to the image cache: {reason_of(error)}", hint=hint)
