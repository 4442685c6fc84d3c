"""Public names are loaded on first use, visible to type checkers, and documented; the library never prints."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import virtinstall
from virtinstall import devices, errors

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "virtinstall"
LIBRARY = sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] != "cli")
OF_COMMANDS = {"print", "input", "exit", "quit"}


def documented() -> set[str]:
    """Return the names that docs/reference/library.md contains in a directive or a literal."""
    text = (PROJECT / "docs" / "reference" / "library.md").read_text()
    directives = re.findall(r"\.\. auto\w+:: virtinstall\.[\w.]*?(\w+)$", text, re.MULTILINE)
    return {*directives, *re.findall(r"`(\w+)`", text)}


@pytest.mark.parametrize("name", virtinstall.__all__)
def test_public_name_exists_and_is_documented(name: str) -> None:
    """docs/reference/library.md contains each name in `__all__`."""
    assert getattr(virtinstall, name) is not None
    assert name.startswith("__") or name in documented()


def test_documentation_contains_public_names_only() -> None:
    """Exceptions are the base class of records, and the function that declares fields."""
    text = (PROJECT / "docs" / "reference" / "library.md").read_text()
    named = set(re.findall(r"\.\. auto\w+:: virtinstall\.[\w.]*?(\w+)$", text, re.MULTILINE))
    assert named <= {*virtinstall.__all__, "Record", "field"}


def test_every_error_is_public() -> None:
    """Callers can catch each error by its class."""
    defined = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert defined <= set(virtinstall.__all__)


def test_type_checkers_see_the_same_names() -> None:
    """The imports below `if TYPE_CHECKING` equal `__all__`."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(virtinstall.__all__) - {"__version__"}


@pytest.mark.parametrize("name", [name for name in devices.__all__ if name[0].isupper() and name.isalpha()])
def test_device_classes_are_public(name: str) -> None:
    """`virtinstall.Graphics` is the same as `virtinstall.devices.Graphics`."""
    assert getattr(virtinstall, name) is getattr(devices, name)


def test_unknown_name_is_an_attribute_error() -> None:
    """Other modules behave the same."""
    with pytest.raises(AttributeError, match="nonsense"):
        virtinstall.nonsense  # noqa: B018


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_library_does_not_print_prompt_or_exit(path: Path) -> None:
    """Only cli/ uses print, input, sys.exit and isatty."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in OF_COMMANDS, f"line {node.lineno}"
        if isinstance(node, ast.Attribute):
            assert node.attr != "isatty", f"line {node.lineno}"
            assert not (node.attr in ("exit", "stdout", "stdin") and ast.unparse(node.value) == "sys"), (
                f"line {node.lineno}: {ast.unparse(node)}"
            )
