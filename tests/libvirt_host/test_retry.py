"""Calls wait for a pool that is busy with another volume; other failures are reported immediately."""

from __future__ import annotations

from collections.abc import Callable

import libvirt
import pytest

from virtinstall.libvirt_host.retry import retry_while_busy


def failing(times: int, code: int, args: str) -> tuple[list[int], Callable[[], str]]:
    """A call that fails `times` times before it returns `done`, and the list of its calls."""
    calls: list[int] = []

    def call() -> str:
        calls.append(len(calls))
        if len(calls) > times:
            return "done"
        # else its text is that of the last error of an earlier test
        libvirt.virResetLastError()
        error = libvirt.libvirtError(args)
        error.err = (code, 0, args, 2, None, None, None, 0, 0)
        raise error

    return calls, call


def test_busy_pool_is_waited_for() -> None:
    """The same call is repeated until the other's job is over."""
    calls, call = failing(2, libvirt.VIR_ERR_INTERNAL_ERROR, "internal error: pool 'p' has asynchronous jobs running.")

    assert retry_while_busy(call) == "done"
    assert len(calls) == 3


def test_patience_has_an_end() -> None:
    """A pool that stays busy is an error after the time given."""
    calls, call = failing(99, libvirt.VIR_ERR_OPERATION_INVALID, "volume 'v' is still being allocated.")

    with pytest.raises(libvirt.libvirtError, match="still being allocated"):
        retry_while_busy(call, 0.3)
    assert 2 <= len(calls) <= 4


def test_other_failures_are_reported_immediately() -> None:
    """Errors that waiting cannot fix are not retried."""
    calls, call = failing(1, libvirt.VIR_ERR_OPERATION_INVALID, "storage pool 'p' is not active")

    with pytest.raises(libvirt.libvirtError, match="not active"):
        retry_while_busy(call)
    assert len(calls) == 1
