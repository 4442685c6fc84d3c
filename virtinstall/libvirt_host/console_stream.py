"""A guest's text console through a libvirt stream in this process, which works without virsh and on remote hosts.

^] (Ctrl and ]) leaves the console, as in virsh. Source: virDomainOpenConsole and virStream* of
https://libvirt.org/html/libvirt-libvirt-stream.html; termios(3) for the raw terminal.
"""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import libvirt

from virtinstall.errors import HypervisorError
from virtinstall.libvirt_host.connection import LibvirtHost
from virtinstall.libvirt_host.error_translation import translated
from virtinstall.libvirt_host.host import HostGuest
from virtinstall.safe_text import reason_of

ESCAPE = 0x1D
_CHUNK_BYTES = 65536
_MOST_BYTES = 1 << 20
_LOOK_SECONDS = 2.0
_WOULD_BLOCK = -2
_FAILURES = libvirt.VIR_STREAM_EVENT_HANGUP | libvirt.VIR_STREAM_EVENT_ERROR


class ConsoleStream:
    """A text console of a guest, which is opened when the object is created.

    `run` copies data until the guest stops or the user types ^]. The output is received by the thread of libvirt's
    event loop and written by `run`. If `run` cannot keep up, no further output is requested until it can.
    """

    def __init__(self, host: LibvirtHost, guest: HostGuest) -> None:
        self._host = host
        self._name = guest.name
        # a blocking stream of the embedded driver would block input while it waits for output
        with translated(f"cannot open the console of the guest '{guest.name}'"):
            self._stream: Any = host.connection.newStream(libvirt.VIR_STREAM_NONBLOCK)
            guest.open_console(self._stream)
        self._unsent = b""
        self._lock = threading.Lock()
        self._received = b""
        self._ended = False
        self._is_full = False

    def run(self, read_fd: int | None, write: Callable[[bytes], object]) -> bool:
        """Copy input from the file descriptor `read_fd` to the console, and pass the console output to `write`.

        If `read_fd` is None, no input is copied. Return True if the guest stopped, or False if the user typed ^].

        Raises: HypervisorError, if the console cannot be read, its output cannot be written, or the connection is lost.
        """
        # sockets, not a pipe: a late event finds them closed, and never another file with that number
        awake, wake = socket.socketpair()
        wake.setblocking(False)

        def on_event(stream: Any, events: int, opaque: object) -> None:
            with suppress(libvirt.libvirtError, OSError):
                with self._lock:
                    self._receive(everything=bool(events & _FAILURES))
                    if self._is_full or self._ended or events & libvirt.VIR_STREAM_EVENT_WRITABLE:
                        # an event that is still requested is repeated without end
                        stream.eventUpdateCallback(self._wanted_events())
                wake.send(b".")

        with translated(f"cannot read the console of the guest '{self._name}'"):
            self._stream.eventAddCallback(self._wanted_events(), on_event, None)
        try:
            return self._copy(read_fd, write, awake)
        finally:
            self._close()
            awake.close()
            wake.close()

    def _copy(self, read_fd: int | None, write: Callable[[bytes], object], awake: socket.socket) -> bool:
        while True:
            ended = self._ended
            self._show(write)
            if ended or not self._send():
                self._check_connection()
                return True
            waiting: list[socket.socket | int] = [awake] if read_fd is None or self._unsent else [awake, read_fd]
            ready, _, _ = select.select(waiting, [], [], _LOOK_SECONDS)
            if not ready:
                # a stream does not report that its connection is lost
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

    def _wanted_events(self, *, writable: bool = False) -> int:
        if self._ended:
            return 0
        events: int = _FAILURES
        if not self._is_full:
            events |= libvirt.VIR_STREAM_EVENT_READABLE
        return events | libvirt.VIR_STREAM_EVENT_WRITABLE if writable else events

    def _request_events(self, *, writable: bool = False) -> None:
        with translated(f"cannot read the console of the guest '{self._name}'"):
            self._stream.eventUpdateCallback(self._wanted_events(writable=writable))

    def _receive(self, *, everything: bool) -> None:
        """Receive available console output; with `everything`, all output up to the end of the stream."""
        while not (self._is_full or self._ended):
            try:
                data = self._stream.recv(_CHUNK_BYTES)
            except libvirt.libvirtError:
                # libvirt reports the end of the guest like this; `_check_connection` distinguishes the cases
                data = b""
            if data == _WOULD_BLOCK:
                return
            self._ended = not data
            self._received += data
            self._is_full = len(self._received) > _MOST_BYTES
            if not everything:
                return

    def _show(self, write: Callable[[bytes], object]) -> None:
        """Write the received console output."""
        with self._lock:
            data, self._received = self._received, b""
            if self._is_full:
                self._is_full = False
                self._request_events()
        try:
            if data:
                write(data)
        except OSError as error:
            from virtinstall.virsh_commands import virsh_command

            raise HypervisorError(
                f"cannot write the console output of the guest '{self._name}': {reason_of(error)}",
                hint=f"open the console again with: {virsh_command(self._host.uri, 'console', self._name)}",
            ) from error

    def _send(self) -> bool:
        """Send the typed input as far as the guest accepts it; return False if the guest's end is closed."""
        while self._unsent:
            try:
                sent = self._stream.send(self._unsent)
            except libvirt.libvirtError:
                return False
            if sent == _WOULD_BLOCK:
                with self._lock:
                    self._request_events(writable=True)
                break
            self._unsent = self._unsent[sent:]
        return True

    def _check_connection(self) -> None:
        """Check that the guest, not the connection, ended the console.

        Raises: HypervisorError.
        """
        if not self._host.is_alive():
            raise HypervisorError(f"lost the connection to the console of the guest '{self._name}'")

    def _close(self) -> None:
        # a failed stream cannot be closed, and is freed anyway
        for close in (self._stream.eventRemoveCallback, self._stream.abort):
            with suppress(libvirt.libvirtError):
                close()


def write_to(fd: int) -> Callable[[bytes], None]:
    """Return a function that writes all bytes of its argument to the file descriptor `fd`."""

    def write(data: bytes) -> None:
        while data:
            data = data[os.write(fd, data) :]

    return write
