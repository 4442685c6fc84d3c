"""Subcommands of virt-guest: misspelled ones, and --connect before the subcommand."""

from __future__ import annotations

import json

import pytest

from virtinstall.cli.main import guest_main


@pytest.mark.parametrize(
    ("typed", "hint"), [("lst", "did you mean 'list'?"), ("frobnicate", "list the subcommands with: virt-guest --help")]
)
@pytest.mark.parametrize("before", [[], ["--connect", "test:///default"], ["--connect=test:///default"]])
def test_unknown_subcommand_is_an_error(
    capsys: pytest.CaptureFixture[str], before: list[str], typed: str, hint: str
) -> None:
    """The error contains the argument, the hint a similar subcommand."""
    assert guest_main([*before, typed]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"virt-guest: error: unknown subcommand '{typed}'\n")
    assert hint in err


def test_connection_without_a_subcommand_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """The error requests a subcommand."""
    assert guest_main(["--connect", "test:///default"]) == 2
    assert "error: no subcommand specified\n" in capsys.readouterr().err


@pytest.mark.parametrize("uri", [["--connect", "test:///default"], ["--connect=test:///default"]])
def test_connection_may_precede_the_subcommand(capsys: pytest.CaptureFixture[str], uri: list[str]) -> None:
    """virsh accepts --connect there as well."""
    assert guest_main([*uri, "list", "--output", "json"]) == 0
    assert [guest["name"] for guest in json.loads(capsys.readouterr().out)["guests"]] == ["test"]


@pytest.mark.parametrize(
    ("typed", "error", "hint"),
    [
        (["list", "--output", "xml"], "--output xml: must be text or json", None),
        (["delete", "x", "--storage", "some"], "--storage some: must be own, all or none", None),
        (["list", "--conect", "x"], "unknown option --conect", "did you mean --connect?"),
        (["ssh"], "missing argument: NAME", "`virt-guest ssh --help` lists the arguments"),
    ],
)
def test_invalid_arguments_of_subcommands_are_errors(
    capsys: pytest.CaptureFixture[str], typed: list[str], error: str, hint: str | None
) -> None:
    """The error names the value or the missing argument; the hint, if there is one, is an option or a command."""
    assert guest_main(typed) == 2
    hints = [] if hint is None else [f"virt-guest: hint: {hint}"]
    assert capsys.readouterr().err.splitlines() == [f"virt-guest: error: {error}", *hints]


@pytest.mark.parametrize("typed", [["ip", "tset"], ["reset", "tset"], ["ssh", "tset"], ["exec", "tset", "--", "ls"]])
def test_error_of_a_missing_guest_has_a_hint(capsys: pytest.CaptureFixture[str], typed: list[str]) -> None:
    """The hint is a similar name, or the command that lists the guests."""
    assert guest_main(["--connect", "test:///default", *typed]) == 1
    assert "hint: did you mean 'test'?" in capsys.readouterr().err
    assert guest_main(["--connect", "test:///default", typed[0], "nosuch", *typed[2:]]) == 1
    assert "hint: list the guests with: virsh --connect test:///default list --all" in capsys.readouterr().err
