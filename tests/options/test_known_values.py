"""Values that the installed libvirt's schema does not list are passed through with a warning."""

from __future__ import annotations

import pytest

from virtinstall.devices.disk import Disk
from virtinstall.devices.watchdog import Watchdog
from virtinstall.options.command import parse_request
from virtinstall.options.fallback import schema_is_installed

pytestmark = pytest.mark.skipif(not schema_is_installed(), reason="libvirt's schemas are not installed")


def test_unknown_value_is_kept_with_a_warning() -> None:
    """The XML contains the value, and the warning suggests a similar one."""
    request = parse_request(["--watchdog", "i6300esb,action=resett"])

    assert request.domain.devices_of(Watchdog)[0].action == "resett"
    assert any("action=resett" in warning and "did you mean 'reset'" in warning for warning in request.warnings)


def test_known_values_cause_no_warning() -> None:
    """The names may have numbers."""
    request = parse_request(
        ["--disk", "none", "--graphics", "vnc,listens1.type=address", "--disk", "size=1,bus=virtio"]
    )

    assert request.domain.devices_of(Disk)[0].target_bus == "virtio"
    assert request.warnings == ()
