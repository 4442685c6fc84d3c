"""Calls are repeated while a pool is busy with another volume; other failures are reported immediately."""

from __future__ import annotations

from collections.abc import Callable

import libvirt
import pytest

from virtinstall.libvirt_host.retry import retry_while_busy


def failing(times: int, code: int, args: str) -> tuple[list[int], Callable[[], str]]:
    """Return the list of calls, and a function that fails `times` times before it returns `done`."""
    calls: list[int] = []

    def call() -> str:
        calls.append(len(calls))
        if len(calls) > times:
            return "done"
        # otherwise the message is that of an error in an earlier test
        libvirt.virResetLastError()
        error = libvirt.libvirtError(args)
        error.err = (code, 0, args, 2, None, None, None, 0, 0)
        raise error

    return calls, call


def test_call_is_repeated_while_the_pool_is_busy() -> None:
    """The third call succeeds."""
    calls, call = failing(2, libvirt.VIR_ERR_INTERNAL_ERROR, "internal error: pool 'p' has asynchronous jobs running.")

    assert retry_while_busy(call) == "done"
    assert len(calls) == 3


def test_retries_end_after_the_timeout() -> None:
    """A pool that stays busy is an error."""
    calls, call = failing(99, libvirt.VIR_ERR_OPERATION_INVALID, "volume 'v' is still being allocated.")

    with pytest.raises(libvirt.libvirtError, match="still being allocated"):
        retry_while_busy(call, 0.3)
    assert 2 <= len(calls) <= 4


def test_other_failures_are_not_retried() -> None:
    """Waiting would not help."""
    calls, call = failing(1, libvirt.VIR_ERR_OPERATION_INVALID, "storage pool 'p' is not active")

    with pytest.raises(libvirt.libvirtError, match="not active"):
        retry_while_busy(call)
    assert len(calls) == 1
