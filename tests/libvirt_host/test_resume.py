"""A guest that another thread resumes, or that is paused only during its start, is not an error."""

from __future__ import annotations

from typing import Any

import libvirt
import pytest

from virtinstall.errors import HypervisorError
from virtinstall.libvirt_host.guest import LibvirtGuest


class Resumed:
    """A libvirt domain whose `resume` fails; `after` is its state afterwards."""

    def __init__(self, after: int) -> None:
        self.states = [libvirt.VIR_DOMAIN_PAUSED]
        self.after = after

    def name(self) -> str:
        """Return the name."""
        return "web"

    def state(self) -> tuple[int, int]:
        """Return state and reason."""
        return self.states[-1], 0

    def resume(self) -> None:
        """Fail, as for a running guest."""
        self.states.append(self.after)
        raise libvirt.libvirtError("domain is already running")


def test_guest_that_another_thread_resumed_is_not_an_error() -> None:
    """It runs as required."""
    domain: Any = Resumed(libvirt.VIR_DOMAIN_RUNNING)
    LibvirtGuest(domain).resume_if_paused()
    assert domain.states == [libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_RUNNING]


def test_guest_that_stays_paused_is_an_error() -> None:
    """The error names the guest."""
    with pytest.raises(HypervisorError, match="cannot resume the guest 'web'"):
        LibvirtGuest(Resumed(libvirt.VIR_DOMAIN_PAUSED)).resume_if_paused()
