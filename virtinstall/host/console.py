"""The guest's text console through libvirt's stream, in our own process: needs no virsh, works remotely.

Source: virDomainOpenConsole and virStream* of https://libvirt.org/html/libvirt-libvirt-stream.html;
termios(3) for the raw terminal. Leave it with ^] (Ctrl and ]), as with virsh.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from typing import Any

import libvirt

from virtinstall.host.host import Guest
from virtinstall.host.libvirt_host import LibvirtHost
from virtinstall.host.translate import translated

ESCAPE = 0x1D
_CHUNK_BYTES = 65536


class Console:
    """An open text console. `run` copies until the guest ends or the user types ^]."""

    def __init__(self, host: LibvirtHost, guest: Guest) -> None:
        with translated(f"the console of '{guest.name}' does not open"):
            self._stream: Any = host.connection.newStream(0)
            host.connection.lookupByName(guest.name).openConsole(None, self._stream, 0)
        self._ended = threading.Event()

    def run(self, read_fd: int | None, write_fd: int) -> bool:
        """Copy both ways; `read_fd` None only shows. True when the guest ended it, False when the user left."""
        reader = threading.Thread(target=self._show, args=(write_fd,), name="console-output", daemon=True)
        reader.start()
        left = False
        if read_fd is not None:
            left = self._type(read_fd)
        if not left:
            while not self._ended.wait(0.5):
                pass
        self._close()
        return not left

    def _show(self, write_fd: int) -> None:
        """Guest -> terminal, until the guest's end of the pty is gone (libvirt then gives an I/O error)."""
        try:
            while True:
                data = self._stream.recv(_CHUNK_BYTES)
                if not data:
                    break
                _write_all(write_fd, data)
        except (libvirt.libvirtError, OSError):
            pass
        finally:
            self._ended.set()

    def _type(self, read_fd: int) -> bool:
        """Terminal -> guest; True when the user typed ^]."""
        while not self._ended.is_set():
            ready, _, _ = select.select([read_fd], [], [], 0.3)
            if not ready:
                continue
            data = os.read(read_fd, _CHUNK_BYTES)
            if not data:
                return False
            before, escape, _ = data.partition(bytes([ESCAPE]))
            if before and not self._send(before):
                return False
            if escape:
                return True
        return False

    def _send(self, data: bytes) -> bool:
        try:
            while data:
                data = data[self._stream.send(data) :]
            return True
        except libvirt.libvirtError:
            return False

    def _close(self) -> None:
        try:
            self._stream.abort()
        except libvirt.libvirtError:
            pass


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def raw_terminal(fd: int) -> Callable[[], None]:
    """Make the terminal `fd` raw; gives what restores it. Without a terminal nothing is done."""
    if not os.isatty(fd):
        return lambda: None
    import termios
    import tty

    before = termios.tcgetattr(fd)
    tty.setraw(fd)
    return lambda: termios.tcsetattr(fd, termios.TCSADRAIN, before)
