"""First attempts of a new user of virt-xml."""

from __future__ import annotations

import io
import sys

import pytest

from virtinstall.cli.main import xml_main

CONNECT = ("--connect", "test:///default")


def run(monkeypatch: pytest.MonkeyPatch, text: str, *args: str) -> int:
    """Run virt-xml with `text` on standard input; return its exit status."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return xml_main([*CONNECT, *args])


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("", "no guest specified"),
        ("<domain", "standard input: not well-formed XML at line 1, column"),
        ("<foo/>", "the root element is <foo>"),
    ],
)
def test_missing_guest_or_invalid_xml_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, output: str
) -> None:
    """There is one error and no traceback."""
    assert run(monkeypatch, text, "--edit", "--memory", "1") == 1
    error = capsys.readouterr().err
    assert output in error and "Traceback" not in error


def test_build_xml_of_a_new_disk_needs_no_guest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The new image has a name, and no warning about a missing OS is printed."""
    assert run(monkeypatch, "", "--build-xml", "--disk", "size=1") == 0
    printed = capsys.readouterr()
    assert "/disk.qcow2" in printed.out
    assert printed.err == ""
