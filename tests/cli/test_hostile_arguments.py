"""Control characters in any option and sub-option of three commands cause one clear error, or output without them."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from virtinstall.cli.main import clone_main, main, xml_main
from virtinstall.options.clone_table import CLONE_OPTIONS
from virtinstall.options.read import section_class
from virtinstall.options.suboptions import sub_option_names
from virtinstall.options.table import OPTIONS, Option
from virtinstall.options.xml_table import XML_OPTIONS

TEST = ("--connect", "test:///default")
BASES = {
    "virt-install": (main, (*TEST, "--name", "n", "--memory", "64", "--osinfo", "generic", "--print-xml")),
    "virt-clone": (clone_main, (*TEST, "--original", "test", "--auto-clone", "--print-xml")),
    "virt-xml": (xml_main, (*TEST, "test", "--edit", "--print-xml")),
}
TABLES = {"virt-install": OPTIONS, "virt-clone": CLONE_OPTIONS, "virt-xml": XML_OPTIONS}
# characters that XML does not allow are rejected; the others are escaped when they are printed
REFUSED = ("\x01", "\x1b", "\x1b[2J", "\x0c", "\ufffe", "\uffff")
NOT_UTF8 = ("\udce9",)
PRINTED = ("\x7f", "\x85", "\x9b2J", "\u2028", "\u202e", "\u2066", "%00", "%1b", "%ff")
SEED = 15


def args_of(option: Option) -> Iterator[tuple[str, str]]:
    """Yield the places for a value of the option: its name, and an empty text or `SUB-OPTION=`."""
    name = next((each for each in option.names if each.startswith("--")), option.names[0])
    yield name, ""
    if option.section:
        for sub_option, _ in sub_option_names(section_class(option)):
            yield name, sub_option.replace("N", "0") + "="


def command_lines(prog: str, count: int, values: tuple[str, ...]) -> list[list[str]]:
    """Return a command line with a value for each option and for `count` random sub-options."""
    random_values = random.Random(SEED)
    places = [place for option in TABLES[prog] if option.argument != "none" for place in args_of(option)]
    plain = [place for place in places if not place[1]]
    chosen = plain + random_values.sample([place for place in places if place[1]], min(count, len(places) - len(plain)))
    lines = []
    for name, sub_option in chosen:
        before = random_values.choice(("", "x", "/tmp/x", "file:///x", "http://127.0.0.1:1/"))
        lines.append([name, f"{sub_option}{before}{random_values.choice(values)}y"])
    return lines


def is_safe(text: str) -> bool:
    """Return whether `text` contains no control characters except newlines and tabs."""
    return all(
        char in "\n\t" or not (ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u2028\u2029\u202e\u2066")
        for char in text
    )


@pytest.mark.parametrize("prog", BASES)
def test_characters_that_xml_does_not_allow_are_rejected(prog: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the option, shows the value with escapes, and is the only output."""
    command, base = BASES[prog]
    for line in command_lines(prog, 10_000, REFUSED):
        if line[0] == "--cloud-init":
            continue
        status = command([*base, *line])
        captured = capsys.readouterr()
        assert (status, captured.out) == (1, ""), line
        assert f"error: {line[0]}: '" in captured.err, line
        assert is_safe(captured.err), line


@pytest.mark.parametrize("prog", BASES)
def test_arguments_that_are_not_utf8_are_rejected(prog: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Python represents an invalid byte of an argument as a lone surrogate."""
    command, base = BASES[prog]
    for line in command_lines(prog, 100, NOT_UTF8):
        assert command([*base, *line]) == 2, line
        assert f"error: {line[0]}: '" in capsys.readouterr().err


@pytest.mark.parametrize("prog", BASES)
def test_output_contains_no_control_characters(
    prog: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Characters for text direction, C1 controls and percent-encoded controls never reach the terminal."""
    monkeypatch.chdir(tmp_path)
    command, base = BASES[prog]
    count = int(os.environ.get("VIRTINSTALL_FUZZ", "0")) or 150
    for line in command_lines(prog, count, PRINTED):
        status = command([*base, *line])
        captured = capsys.readouterr()
        assert status in (0, 1, 2), line
        assert is_safe(captured.out), line
        assert is_safe(captured.err), line


@pytest.mark.parametrize("line", [["--cloud-init", "run=printf '\x1b[1m'"], ["--cloud-init=run=printf '\x1b[1m'"]])
def test_commands_for_cloud_init_may_contain_any_character(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """They do not become a part of the XML."""
    assert main([*BASES["virt-install"][1], "--import", "--disk", "none", *line]) in (0, 1)
    assert "XML does not allow" not in capsys.readouterr().err
