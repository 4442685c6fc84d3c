"""Retry while a storage pool is busy with another volume.

libvirt runs only one long job per pool at a time, and rejects other jobs meanwhile. Source:
https://libvirt.org/html/libvirt-virterror.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import libvirt

from virtinstall.libvirt_host.error_translation import error_text

R = TypeVar("R")

_LONGEST_SECONDS = 30.0
_PAUSE_SECONDS = 0.2
# the codes are only "internal error" and "operation invalid", which most other failures have too
_BUSY_CODES = (libvirt.VIR_ERR_INTERNAL_ERROR, libvirt.VIR_ERR_OPERATION_INVALID)
_BUSY_MESSAGES = ("asynchronous jobs running", "still being allocated", "is still in use", "is already in use")


def retry_while_busy(call: Callable[[], R], longest_seconds: float = _LONGEST_SECONDS) -> R:
    """Call `call`, and repeat the call while libvirt reports that the storage pool is busy; return the result.

    Raises: libvirtError, if the pool is still busy after `longest_seconds`; other errors are raised immediately.
    """
    end = time.monotonic() + longest_seconds
    while True:
        try:
            return call()
        except libvirt.libvirtError as error:
            if not _is_busy(error) or time.monotonic() > end:
                raise
        time.sleep(_PAUSE_SECONDS)


def _is_busy(error: libvirt.libvirtError) -> bool:
    message = error_text(error)
    return error.get_error_code() in _BUSY_CODES and any(each in message for each in _BUSY_MESSAGES)
