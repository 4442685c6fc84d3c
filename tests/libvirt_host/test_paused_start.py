"""Starting a guest paused, if the driver supports it."""

from __future__ import annotations

from collections.abc import Callable

import libvirt
import pytest

from virtinstall.libvirt_host.guest import start_paused_or_not


def starter(refused_with: int | None) -> tuple[list[int], Callable[[int], str]]:
    """Return the list of flags that were passed, and a function that rejects flags with this error code."""
    calls: list[int] = []

    def start(flags: int) -> str:
        calls.append(flags)
        if flags and refused_with is not None:
            error = libvirt.libvirtError("unsupported flags (0x1)")
            error.err = (refused_with, 0, "unsupported flags (0x1)", 2, None, None, None, 0, 0)
            raise error
        return "started"

    return calls, start


@pytest.mark.parametrize(
    ("paused", "refused_with", "flags"),
    [
        (False, None, [0]),
        (True, None, [libvirt.VIR_DOMAIN_START_PAUSED]),
        (True, libvirt.VIR_ERR_INVALID_ARG, [libvirt.VIR_DOMAIN_START_PAUSED, 0]),
    ],
)
def test_start_is_repeated_without_the_unsupported_flag(
    paused: bool, refused_with: int | None, flags: list[int]
) -> None:
    """libvirt's test driver rejects the flag: "unsupported flags (0x1)"."""
    calls, start = starter(refused_with)

    assert start_paused_or_not(start, paused=paused) == "started"
    assert calls == flags


def test_other_errors_are_raised() -> None:
    """The start is not repeated."""
    calls, start = starter(libvirt.VIR_ERR_INTERNAL_ERROR)

    with pytest.raises(libvirt.libvirtError):
        start_paused_or_not(start, paused=True)
    assert len(calls) == 1
