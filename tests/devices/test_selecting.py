"""Sub-options that select an existing device."""

from __future__ import annotations

import pytest

from virtinstall.devices import device_class
from virtinstall.options.suboptions import resolve


@pytest.mark.parametrize(
    ("tag", "name", "selects"),
    [
        ("disk", "type", False),
        ("disk", "path", True),
        ("disk", "size", False),
        ("interface", "network", True),
        ("interface", "bridge", True),
        ("interface", "source", True),
        ("interface", "hostdev", False),
        ("serial", "host", True),
        ("serial", "bind_host", True),
        ("redirdev", "server", False),
        ("panic", "iobase", True),
    ],
)
def test_sub_options_of_the_xml_select_a_device(tag: str, name: str, selects: bool) -> None:
    """Sub-options for its creation do not."""
    cls = device_class(tag)
    assert cls is not None
    target = resolve(cls, name)
    assert target is not None
    assert target.declared.match is selects
