"""Help texts: complete, in groups, and readable on a terminal of 80 columns."""

from __future__ import annotations

import pytest

from virtinstall.cli.main import guest_main, main, xml_main
from virtinstall.options.introspect import help_text, known_sub_options
from virtinstall.options.read import section_class
from virtinstall.options.table import OPTIONS, Option

COLUMNS = 80
COMPOUND = [option for option in OPTIONS if option.section and not option.hidden]


def test_help_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """--help has a heading for each group."""
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
def test_help_of_image_lists_the_sub_options_of_disk(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An example is `--image NAME,size=40`."""
    assert main(["--image", word]) == 0
    assert "image.checksum" in capsys.readouterr().out


def test_help_explains_values_without_names_and_switches(capsys: pytest.CaptureFixture[str]) -> None:
    """--location has no switches."""
    assert main(["--filesystem", "help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "The first values without `=` are `source` and `target`: --filesystem SOURCE,TARGET[,...]" in text
    assert "Values of on/off: yes, no, on, off." in text
    assert main(["--location", "help"]) == 0
    text = capsys.readouterr().out
    assert "The first value without `=` is `location`: --location LOCATION[,...]" in text
    assert "Values of" not in text


def test_help_of_virt_guest_lists_subcommands_on_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """There is no heading of argparse, and no name is on a separate line."""
    with pytest.raises(SystemExit) as ended:
        guest_main(["--help"])
    assert ended.value.code == 0
    _, _, text = capsys.readouterr().out.partition("subcommands:\n")
    assert "None" not in text
    assert [line for line in text.splitlines() if line.strip() in ("SUBCOMMAND", "inventory")] == []


def test_help_does_not_break_names_at_hyphens(capsys: pytest.CaptureFixture[str]) -> None:
    """The description of virt-xml contains XML-OPTION."""
    assert xml_main(["--help"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if line.endswith("-")] == []
