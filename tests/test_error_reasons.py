"""The reason of an error at the end of a message."""

from __future__ import annotations

import errno
import os

import pytest

from virtinstall.compose.addresses import _neighbor
from virtinstall.safe_text import reason_of


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/x"), "permission denied"),
        (OSError("Timed out"), "timed out"),
        (ValueError("NFS is down"), "NFS is down"),
        (ValueError(), ""),
    ],
)
def test_reason_starts_with_a_lower_case_letter(error: BaseException, reason: str) -> None:
    """Abbreviations keep their capitals."""
    assert reason_of(error) == reason


@pytest.mark.parametrize(
    ("gateway", "example"),
    [
        ("10.7.0.1", "10.7.0.5/24"),
        ("10.7.0.5", "10.7.0.6/24"),
        ("fd07::1", "fd07::5/64"),
        ("nonsense", "192.0.2.5/24"),
    ],
)
def test_example_address_is_in_the_network_of_the_gateway(gateway: str, example: str) -> None:
    """The hint of `--network gateway=` without `ip=` fits the gateway."""
    assert _neighbor(gateway) == example
