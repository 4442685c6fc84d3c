"""A connection to libvirt's test driver, which needs no daemon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import virtinstall
from virtinstall import Hypervisor


@pytest.fixture
def hypervisor() -> Iterator[Hypervisor]:
    """The test driver; its one guest is `test`, and the others are removed after the test."""
    with virtinstall.connect("test:///default") as connected:
        yield connected
        for guest in connected.guests():
            if guest.name != "test":
                guest.handle.destroy() if guest.state.is_active else None
                if guest.handle.is_persistent():
                    guest.handle.undefine()
