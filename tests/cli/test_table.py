"""Text tables: columns are aligned, and truncated only to fit a terminal."""

from __future__ import annotations

import pytest

from virtinstall.cli.guest_list import _table
from virtinstall.cli.table import table
from virtinstall.lifecycle.addresses import GuestAddress, Summary

ROWS = [("NAME", "STATE", "IMAGE"), ("a-very-long-name", "running", "debian12"), ("b", "shut off", "x" * 30)]


def test_columns_are_aligned() -> None:
    """Without a terminal, nothing is truncated, and no line ends with spaces."""
    assert table(ROWS, (0, 2), None).splitlines() == [
        "NAME              STATE     IMAGE",
        "a-very-long-name  running   debian12",
        f"b                 shut off  {'x' * 30}",
    ]


@pytest.mark.parametrize("width", [30, 40, 50, 80])
def test_a_table_fits_the_terminal(width: int) -> None:
    """The widest flexible column is truncated first; the other columns are complete."""
    lines = table(ROWS, (0, 2), width).splitlines()
    assert max(map(len, lines)) <= width
    assert "shut off" in lines[2]
    if width == 50:
        assert "a-very-long-name" in lines[1]
        assert lines[2].endswith("x~")


def test_columns_that_cannot_be_shorter_are_complete() -> None:
    """A terminal that is too narrow wraps the lines."""
    assert "shut off" in table(ROWS, (0, 2), 5)


def test_guests_with_usual_names_fit_80_columns() -> None:
    """The table has the first address of a guest and the number of the others."""
    addresses = tuple(GuestAddress(address=each, source="lease") for each in ("192.168.122.100", "2001:db8::1"))
    guest = Summary(
        name="web-1.example",
        uuid="u",
        state="shut off",
        addresses=addresses,
        image="debian12:trixie",
        memory_kib=2 << 20,
        vcpus=16,
        created="2026-11-30T12:00:00Z",
    )
    rows = _table([guest, guest.replace(memory_kib=300 << 10, created=None)], 1796040000.0, 80).splitlines()
    assert max(map(len, rows)) <= 80
    assert rows[1].split() == [
        *("web-1.example", "shut", "off", "192.168.122.100", "+1", "debian12:trixie", "2G", "16", "0s")
    ]
    assert rows[2].split()[-3:] == ["300M", "16", "-"]


@pytest.mark.parametrize(
    ("image", "system", "expected"),
    [
        ("debian12", "debian12", "debian12"),
        ("/images/golden.qcow2", None, "golden.qcow2"),
        ("docker://quay.io/containerdisks/fedora:42", None, "fedora:42"),
        (None, "debian12", "debian12"),
        (None, None, "-"),
    ],
)
def test_an_image_is_shown_by_its_name(image: str | None, system: str | None, expected: str) -> None:
    """The JSON output contains the whole path or URL."""
    guest = Summary(name="web", uuid="u", state="running", image=image, os=system, memory_kib=512 << 10)
    assert _table([guest], 0.0, None).split()[-4:] == [expected, "512M", "0", "-"]
