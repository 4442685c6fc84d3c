"""The guest's text console through libvirt's stream, in our own process: needs no virsh, works remotely.

Source: virDomainOpenConsole and virStream* of https://libvirt.org/html/libvirt-libvirt-stream.html;
termios(3) for the raw terminal. Leave it with ^] (Ctrl and ]), as with virsh.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import libvirt

from virtinstall.errors import HypervisorError
from virtinstall.libvirt_host.connection import LibvirtHost
from virtinstall.libvirt_host.error_translation import translated
from virtinstall.libvirt_host.host import Guest

ESCAPE = 0x1D
_CHUNK_BYTES = 65536
_LOOK_SECONDS = 1.0
_WOULD_BLOCK = -2
_FAILURES = libvirt.VIR_STREAM_EVENT_HANGUP | libvirt.VIR_STREAM_EVENT_ERROR


class ConsoleStream:
    """An open text console. `run` copies until the guest ends or the user types ^]."""

    def __init__(self, host: LibvirtHost, guest: Guest) -> None:
        self._host = host
        self._name = guest.name
        # a blocking stream of the embedded driver lets nobody type while it waits for output
        with translated(f"the console of '{guest.name}' does not open"):
            self._stream: Any = host.connection.newStream(libvirt.VIR_STREAM_NONBLOCK)
            host.connection.lookupByName(guest.name).openConsole(None, self._stream, 0)
        self._unsent = b""

    def run(self, read_fd: int | None, write: Callable[[bytes], object]) -> bool:
        """Copy both ways, output to `write`; without `read_fd` only output. False when the user left, else True.

        Raises: HypervisorError, when the connection is lost or what the guest says can't be shown.
        """
        # sockets, not a pipe: an event that comes late finds them closed, never another file of that number
        awake, wake = socket.socketpair()
        wake.setblocking(False)

        def woken(stream: Any, events: int, opaque: object) -> None:
            # nothing is asked again until `_copy` has looked: the event would come at once, without end
            with suppress(libvirt.libvirtError, OSError):
                stream.eventUpdateCallback(_FAILURES)
                wake.send(b".")

        with translated(f"the console of '{self._name}' can't be followed"):
            self._stream.eventAddCallback(_FAILURES | libvirt.VIR_STREAM_EVENT_READABLE, woken, None)
        try:
            return self._copy(read_fd, write, awake)
        finally:
            self._close()
            awake.close()
            wake.close()

    def _copy(self, read_fd: int | None, write: Callable[[bytes], object], awake: socket.socket) -> bool:
        while True:
            if not (self._show(write) and self._send()):
                self._check_connection()
                return True
            waiting: list[socket.socket | int] = [awake] if read_fd is None or self._unsent else [awake, read_fd]
            self._ask_for_events()
            ready, _, _ = select.select(waiting, [], [], _LOOK_SECONDS)
            if not ready:
                # a stream doesn't tell that its connection is gone
                self._check_connection()
            if awake in ready:
                awake.recv(_CHUNK_BYTES)
            if read_fd is not None and read_fd in ready:
                typed = os.read(read_fd, _CHUNK_BYTES)
                if not typed:
                    read_fd = None
                self._unsent, escape, _ = typed.partition(bytes([ESCAPE]))
                if escape:
                    self._send()
                    return False

    def _ask_for_events(self) -> None:
        wanted = _FAILURES | libvirt.VIR_STREAM_EVENT_READABLE
        if self._unsent:
            wanted |= libvirt.VIR_STREAM_EVENT_WRITABLE
        with translated(f"the console of '{self._name}' can't be followed"):
            self._stream.eventUpdateCallback(wanted)

    def _show(self, write: Callable[[bytes], object]) -> bool:
        """Show what the guest has said by now; False when its end of the pty is gone."""
        while True:
            try:
                data = self._stream.recv(_CHUNK_BYTES)
            except libvirt.libvirtError:
                # this is how libvirt tells that the guest has ended; `_check_connection` finds out the rest
                return False
            if data == _WOULD_BLOCK:
                return True
            if not data:
                return False
            try:
                write(data)
            except OSError as error:
                raise HypervisorError(
                    f"what the guest '{self._name}' says can't be shown: {error.strerror}",
                    hint=f"its console can be opened again: virsh console {self._name}",
                ) from error

    def _send(self) -> bool:
        """Send what was typed, as far as the guest takes it; False when its end is gone."""
        while self._unsent:
            try:
                sent = self._stream.send(self._unsent)
            except libvirt.libvirtError:
                return False
            if sent == _WOULD_BLOCK:
                break
            self._unsent = self._unsent[sent:]
        return True

    def _check_connection(self) -> None:
        """Raises: HypervisorError, when it wasn't the guest that ended the console."""
        if not self._host.is_alive():
            raise HypervisorError(f"the console of '{self._name}' broke off")

    def _close(self) -> None:
        # a stream that has failed can't be closed any more, and is gone either way
        for close in (self._stream.eventRemoveCallback, self._stream.abort):
            with suppress(libvirt.libvirtError):
                close()


def write_to(fd: int) -> Callable[[bytes], None]:
    """Return a function that writes all of its bytes to `fd`."""

    def write(data: bytes) -> None:
        while data:
            data = data[os.write(fd, data) :]

    return write
