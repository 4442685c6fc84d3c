"""libvirt's event loop and error handler, which are those of the whole process.

Source: https://libvirt.org/html/libvirt-libvirt-event.html; libvirt-python's registerErrorHandler.
"""

from __future__ import annotations

import operator
from _thread import allocate_lock

import libvirt

_loop_lock = allocate_lock()


def run_event_loop() -> None:
    """Run libvirt's event loop in a thread, once per process."""
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

    The handler must not be a Python function: a signal that arrives while libvirt calls one raises its exception there,
    and the call of libvirt ends with SystemError instead. A C function that accepts two arguments is used.
    """
    libvirt.registerErrorHandler(operator.is_, None)


class Flag:
    """A flag like threading.Event, for which no thread waits, without the slow import of that module."""

    def __init__(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        """Return whether the flag is set."""
        return self._is_set

    def set(self) -> None:
        """Set the flag."""
        self._is_set = True

    def clear(self) -> None:
        """Unset the flag."""
        self._is_set = False
