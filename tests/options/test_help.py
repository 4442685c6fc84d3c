"""What the help looks like: whole, in groups, and readable on a terminal of 80 columns."""

from __future__ import annotations

import pytest

from virtinstall.cli.main import main
from virtinstall.options.introspect import help_text, known_sub_options
from virtinstall.options.read import section_class
from virtinstall.options.table import OPTIONS, Option

COLUMNS = 80
COMPOUND = [option for option in OPTIONS if option.section and not option.hidden]


def test_help_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """--help has a line for each group, and none that a terminal would break."""
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert [line for line in text.splitlines() if len(line) > COLUMNS] == []
    for group in dict.fromkeys(option.group for option in OPTIONS):
        assert f"\n{group}:\n" in text


@pytest.mark.parametrize("option", COMPOUND, ids=lambda option: str(option.dest))
def test_sub_options_fit_80_columns(option: Option) -> None:
    """`--disk help` has each sub-option with its kind and its whole doc, in lines that fit."""
    cls = section_class(option)
    text = help_text(option, cls)
    unbreakable = {word for word in text.split() if len(word) > COLUMNS // 2}
    long = [line for line in text.splitlines() if len(line) > COLUMNS]
    assert [line for line in long if unbreakable.isdisjoint(line.split())] == []
    joined = " ".join(text.split())
    for known in known_sub_options(cls):
        assert f"{known.name} {known.kind} {' '.join(known.doc.split())}" in joined


@pytest.mark.parametrize("word", ["help", "?"])
def test_image_takes_the_sub_options_of_disk(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--image NAME,size=40`: what may follow the name."""
    assert main(["--image", word]) == 0
    assert "image.checksum" in capsys.readouterr().out
