"""The data of ISO images: a local file or block device, or a file on a web server that supports range requests.

Source: copy_file_range(2), sendfile(2); RFC 9110 section 14.2.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from virtinstall.errors import FetchError
from virtinstall.media.fetcher import CHUNK_BYTES, Target, write_all, write_failure
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from virtinstall.media.download import HttpFetcher
    from virtinstall.progress import Progress

_KERNEL_COPY_BYTES = 64 * 1024 * 1024
_CANT_COPY = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.ETXTBSY)


class ByteSource(Protocol):
    """A data source that can be read at any offset."""

    @property
    def name(self) -> str:
        """The name of the source in messages."""

    @property
    def size(self) -> int:
        """The size of the source in bytes."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes starting at `offset`.

        Raises: FetchError, if the source is too short or cannot be read.
        """

    def copy_to(self, offset: int, length: int, target_file: Target, progress: Progress) -> None:
        """Write exactly `length` bytes starting at `offset` to `target_file`.

        The caller starts and finishes `progress`.

        Raises: FetchError, if the source is too short, or if reading or writing fails.
        """

    def close(self) -> None:
        """Close the source."""


class FileSource:
    """A local file or block device, opened for reading.

    Raises: FetchError, if the file or device cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            self.size = os.lseek(self._fd, 0, os.SEEK_END)
        except OSError as error:
            raise FetchError(f"cannot open '{path}': {reason_of(error)}") from error

    def __enter__(self) -> FileSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes starting at `offset`."""
        _check_inside(self, offset, length)
        try:
            data = os.pread(self._fd, length, offset)
            while len(data) < length:
                more = os.pread(self._fd, length - len(data), offset + len(data))
                if not more:
                    raise truncated(self)
                data += more
        except OSError as error:
            raise self._failure(error) from error
        return data

    def copy_to(self, offset: int, length: int, target_file: Target, progress: Progress) -> None:
        """Write exactly `length` bytes starting at `offset` to `target_file`.

        If possible, the kernel copies the bytes, and both files share blocks if the file system supports this.
        Otherwise, the bytes are copied through a buffer. The caller starts and finishes `progress`.
        """
        _check_inside(self, offset, length)
        done = self._copy_in_kernel(offset, length, target_file, progress)
        while done < length:
            data = self.read_at(offset + done, min(CHUNK_BYTES, length - done))
            write_all(target_file, memoryview(data))
            done += len(data)
            progress.advance(len(data))

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _copy_in_kernel(self, offset: int, length: int, target_file: Target, progress: Progress) -> int:
        """Return the number of copied bytes; less than `length` if the file systems do not support this."""
        try:
            target_fd = target_file.fileno()
        except OSError:  # a buffer in memory
            return 0
        done = 0
        while done < length:
            try:
                count = os.copy_file_range(self._fd, target_fd, min(_KERNEL_COPY_BYTES, length - done), offset + done)
            except OSError as error:
                if error.errno in _CANT_COPY:
                    return done
                raise write_failure(target_file, error) from error
            if not count:
                return done
            done += count
            progress.advance(count)
        return done

    def _failure(self, error: OSError) -> FetchError:
        return FetchError(f"cannot read '{self.name}': {reason_of(error)}")


class HttpSource:
    """A file on a web server, read with range requests, which transfer only the required blocks.

    Raises: FetchError, if the file does not exist or the server does not report its size.
    """

    _BLOCK_BYTES = 64 * 1024
    _BLOCKS_KEPT = 64

    def __init__(self, fetcher: HttpFetcher) -> None:
        self._fetcher = fetcher
        self.name = fetcher.location
        size = fetcher.size("")
        if size is None:
            raise FetchError(
                f"the server does not report the size of '{self.name}'",
                hint="download the image and specify its local path",
            )
        self.size = size
        self._blocks: dict[int, bytes] = {}

    def read_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes starting at `offset`; recently read blocks are cached."""
        _check_inside(self, offset, length)
        first, last = offset // self._BLOCK_BYTES, (offset + length - 1) // self._BLOCK_BYTES
        if last - first >= self._BLOCKS_KEPT:
            return self._fetcher.read_range("", offset, length)
        data = b"".join(self._block(number) for number in range(first, last + 1))
        start = offset - first * self._BLOCK_BYTES
        return data[start : start + length]

    def copy_to(self, offset: int, length: int, target_file: Target, progress: Progress) -> None:
        """Write exactly `length` bytes starting at `offset` to `target_file`; resume an interrupted transfer.

        The caller starts and finishes `progress`.
        """
        _check_inside(self, offset, length)
        if length:
            self._fetcher.download_range("", offset, length, target_file, progress)

    def close(self) -> None:
        """Close the connection to the server."""
        self._fetcher.close()

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            start = number * self._BLOCK_BYTES
            if len(self._blocks) >= self._BLOCKS_KEPT:
                self._blocks.pop(next(iter(self._blocks)))
            length = min(self._BLOCK_BYTES, self.size - start)
            self._blocks[number] = self._fetcher.read_range("", start, length)
        return self._blocks[number]


def _check_inside(source: ByteSource, offset: int, length: int) -> None:
    if offset < 0 or length < 0 or offset + length > source.size:
        raise truncated(source)


def truncated(source: ByteSource) -> FetchError:
    """Return the error for the truncated ISO image in `source`."""
    return FetchError(
        f"the ISO image '{source.name}' is truncated: it ends before the end of the data that its directory lists",
        hint="download the image again and verify its checksum",
    )
