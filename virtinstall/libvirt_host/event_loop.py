"""libvirt's event loop and error handler, of which each process has only one.

Source: https://libvirt.org/html/libvirt-libvirt-event.html; libvirt-python's registerErrorHandler.
"""

from __future__ import annotations

import operator
from _thread import allocate_lock

import libvirt

_loop_lock = allocate_lock()


def run_event_loop() -> None:
    """Start libvirt's event loop in a thread, unless this process has already started it."""
    import threading

    with _loop_lock:
        if any(thread.name == "libvirt-events" for thread in threading.enumerate()):
            return
        libvirt.virEventRegisterDefaultImpl()

        def run() -> None:
            while True:
                libvirt.virEventRunDefaultImpl()

        threading.Thread(target=run, name="libvirt-events", daemon=True).start()


def silence_error_handler() -> None:
    """Keep libvirt from printing errors, which are also raised as exceptions.

    This registers an error handler that does nothing. The handler is a C function: if a signal handler raised an
    exception while libvirt called a Python function, libvirt's call would fail with SystemError.
    """
    libvirt.registerErrorHandler(operator.is_, None)


class Flag:
    """A flag with the methods of `threading.Event` except `wait`; it avoids the slow import of `threading`."""

    def __init__(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        """Return whether the flag is set."""
        return self._is_set

    def set(self) -> None:
        """Set the flag."""
        self._is_set = True

    def clear(self) -> None:
        """Clear the flag."""
        self._is_set = False
