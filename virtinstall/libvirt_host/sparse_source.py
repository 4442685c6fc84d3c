"""A local file in the form that libvirt's streams read: ranges of data, and holes that are not sent.

Source: virStreamSparseSendAll of https://libvirt.org/html/libvirt-libvirt-stream.html; lseek(2), SEEK_DATA.
"""

from __future__ import annotations

import errno
import os
from typing import Any

from virtinstall.progress import Progress

_CHUNK_BYTES = 1 << 20


class SparseSource:
    """A file with holes, in the form that a libvirt stream reads.

    `fd` is the descriptor of the open file, and `size` is the file's size in bytes. `progress` is updated with the
    number of processed bytes, including holes.
    """

    def __init__(self, fd: int, size: int, progress: Progress) -> None:
        self._fd = fd
        self._size = size
        self._progress = progress
        self._at = 0

    def section(self, _stream: Any = None, _opaque: Any = None) -> tuple[bool, int]:
        """Return the type and the remaining length in bytes of the data or hole at the current position.

        The type is True for data and False for a hole. Return (False, 0) at the end of the file.
        """
        if self._at >= self._size:
            return False, 0
        try:
            data = min(os.lseek(self._fd, self._at, os.SEEK_DATA), self._size)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            data = self._size  # only a hole is left
        if data > self._at:
            return False, data - self._at
        return True, min(os.lseek(self._fd, self._at, os.SEEK_HOLE), self._size) - self._at

    def read(self, _stream: Any = None, _count: int = 0, _opaque: Any = None) -> bytes:
        """Return the next bytes of data, or no bytes in a hole.

        The number of bytes that libvirt requests is ignored, because larger messages are faster.
        """
        in_data, length = self.section()
        data = os.pread(self._fd, min(length, _CHUNK_BYTES), self._at) if in_data else b""
        self._pass(len(data))
        return data

    def skip(self, _stream: Any = None, length: int = 0, _opaque: Any = None) -> int:
        """Skip a hole of `length` bytes; return 0, which libvirt interprets as success."""
        self._pass(length)
        return 0

    def _pass(self, count: int) -> None:
        self._at += count
        self._progress.advance(count)
