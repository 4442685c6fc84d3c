"""The wording of the project follows docs/develop/english.md: disallowed phrases, openings of docstrings, spelling.

`disallowed.txt`, `allowed.txt`, `openings.txt`, `spelling.txt` and `identifiers.txt` are the data.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.wording.prose import HERE, PROJECT, data_lines, docstrings, files, identifiers, problems, prose_of

OPENINGS = frozenset(word for line in data_lines("openings.txt") for word in line.split())
LOWER_CASE_NAMES = ("libvirt", "libosinfo", "osinfo", "virt-", "virsh", "cloud-init", "qemu-", "xorriso", "systemd")


NAMES = [path.relative_to(PROJECT).as_posix() for path in files()]
CODE = [name for name in NAMES if name.startswith("virtinstall/")]


def folder_of(name: str) -> str:
    """Return the folder of a file, down to the second level."""
    return "/".join(name.split("/")[:-1][:2])


# a test per folder, not per file: a test costs more than reading a file
@pytest.mark.parametrize("folder", sorted(set(map(folder_of, NAMES))))
def test_no_disallowed_phrases(folder: str) -> None:
    """Strings, docstrings, comments, test names and pages contain no phrase of disallowed.txt."""
    found = [
        f"{name}:{line}: {each}"
        for name in NAMES
        if folder_of(name) == folder
        for line, text in prose_of(PROJECT / name)
        for each in problems(text)
    ]
    assert not found, "\n".join(found)


def starts_well(text: str) -> bool:
    """Return whether the first word is an imperative, a noun, code, or a name in lower case."""
    first = text.split()[0].strip(".,:;")
    return first.lower() not in OPENINGS and (not text[0].islower() or first.startswith(LOWER_CASE_NAMES))


def test_docstrings_start_with_an_imperative_or_a_noun_phrase() -> None:
    """Public docstrings start with neither a clause nor a verb in the third person."""
    found = [
        f"{name}:{line}: {text}" for name in CODE for line, text in docstrings(PROJECT / name) if not starts_well(text)
    ]
    assert not found, "\n".join(found)


def test_identifiers_are_standard_terms() -> None:
    """Functions, classes, parameters and variables are not named with a word of identifiers.txt."""
    known = dict(line.split(" => ") for line in data_lines("identifiers.txt"))
    found = [
        f"{name}:{line}: {identifier}: use {known[word]}"
        for name in CODE
        for line, identifier in identifiers(PROJECT / name)
        for word in known
        if f"_{word}_" in f"_{identifier.lower().strip('_')}_"
    ]
    assert not found, "\n".join(found)


def test_codespell_finds_no_misspellings() -> None:
    """Tests are not checked, because they contain misspelled input."""
    checked = [str(path) for path in files() if path.relative_to(PROJECT).parts[0] != "tests"]
    command = [sys.executable, "-m", "codespell_lib", "--ignore-words", str(HERE / "spelling.txt"), *checked]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (found.returncode, found.stdout) == (0, ""), found.stdout + found.stderr


@pytest.mark.parametrize("text", data_lines("odd.txt"))
def test_odd_sentences_are_found(text: str) -> None:
    """Each sentence of odd.txt, the style that was removed, is reported."""
    assert problems(text)


@pytest.mark.parametrize("text", data_lines("plain.txt"))
def test_plain_sentences_are_accepted(text: str) -> None:
    """Each sentence of plain.txt is accepted."""
    assert problems(text) == []


def test_python_prose_is_extracted(tmp_path: Path) -> None:
    """Docstrings, comment blocks, f-strings and test names are found with their lines."""
    module = tmp_path / "module.py"
    module.write_text(
        '"""Module text."""\n# a comment\n# of two lines\ndef test_one_claim():\n    return f"value {1} of"\n'
    )
    assert [(line, text) for line, text in prose_of(module)] == [
        (1, "Module text."),
        (2, "a comment of two lines"),
        (4, "test one claim"),
        (5, "value {} of"),
    ]


def test_package_has_only_data_and_tests() -> None:
    """Other files would be overlooked."""
    assert {path.suffix for path in HERE.iterdir() if path.is_file()} == {".py", ".txt"}
