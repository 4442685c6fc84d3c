"""What a new user of virt-xml types first."""

from __future__ import annotations

import io
import sys

import pytest

from virtinstall.cli.main import xml_main

CONNECT = ("--connect", "test:///default")


def run(monkeypatch: pytest.MonkeyPatch, text: str, *args: str) -> int:
    """virt-xml with `text` on standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return xml_main([*CONNECT, *args])


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("", "no guest specified"),
        ("<domain", "invalid XML on standard input"),
        ("<foo/>", "the root element is <foo>"),
    ],
)
def test_no_guest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, output: str) -> None:
    """A missing name or invalid XML is one error without a traceback."""
    assert run(monkeypatch, text, "--edit", "--memory", "1") == 1
    error = capsys.readouterr().err
    assert output in error and "Traceback" not in error


def test_a_device_without_a_guest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """--build-xml without a guest: the image has a name, and no operating system is missed."""
    assert run(monkeypatch, "", "--build-xml", "--disk", "size=1") == 0
    printed = capsys.readouterr()
    assert "/disk.qcow2" in printed.out
    assert printed.err == ""
