"""Extract the prose of the project: strings, docstrings, comments and test names, lines of other files."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PYTHON = ("virtinstall/**/*.py", "tests/**/*.py", "docs/*.py", "benchmarks/*.py", "setup.py")
PAGES = (
    "*.md",
    "docs/**/*.md",
    "changelog.d/*.md",
    "man/*.text",
    "scripts/*",
    ".ci/*",
    "benchmarks/*.md",
    "packaging/**/*.md",
)


class Prose(NamedTuple):
    """One text of a file and the line where it starts."""

    line: int
    text: str


class Rule(NamedTuple):
    """A disallowed phrase and its replacement."""

    pattern: re.Pattern[str]
    replacement: str


def data_lines(name: str) -> list[str]:
    """Return the lines of a data file without comments and empty lines."""
    lines = (HERE / name).read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules of disallowed.txt."""
    pairs = (line.rsplit(" => ", 1) for line in data_lines("disallowed.txt"))
    return tuple(Rule(re.compile(pattern, re.IGNORECASE), replacement) for pattern, replacement in pairs)


@cache
def allowed() -> re.Pattern[str]:
    """Return the pattern of quotations and terms that are not checked."""
    return re.compile("|".join(data_lines("allowed.txt")), re.IGNORECASE)


def files() -> list[Path]:
    """Return the files with prose, apart from generated pages and this package, which quotes disallowed phrases."""
    found = {path for pattern in PYTHON + PAGES for path in PROJECT.glob(pattern) if path.is_file()}
    return sorted(
        path for path in found if HERE not in path.parents and ".venv" not in path.parts and not generated(path)
    )


def generated(path: Path) -> bool:
    """Return whether docs/site_pages.py wrote the page from declarations in the code."""
    return path.suffix == ".md" and path.read_text().startswith("% Generated")


def problems(text: str) -> list[str]:
    """Return the disallowed phrases of a text, each with its replacement."""
    checked = allowed().sub("", text)
    matches = ((rule, rule.pattern.search(checked)) for rule in rules())
    return [f"{match[0].strip()!r}: use {rule.replacement}" for rule, match in matches if match]


def prose_of(path: Path) -> list[Prose]:
    """Return the prose of a file."""
    source = path.read_text()
    if path.suffix == ".py" or source.startswith("#!/usr/bin/env python"):
        return sorted({*strings(ast.parse(source)), *comments(source), *test_names(ast.parse(source))})
    return [Prose(number, line) for number, line in enumerate(source.splitlines(), 1)]


def strings(tree: ast.AST) -> Iterator[Prose]:
    """Yield docstrings and other strings; the fields of an f-string are replaced with `{}`."""
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in joined for part in node.values}
    for text in joined:
        texts = (str(part.value) if isinstance(part, ast.Constant) else "{}" for part in text.values)
        yield Prose(text.lineno, "".join(texts))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value
            and id(node) not in parts
        ):
            yield Prose(node.lineno, " ".join(node.value.split()))


def comments(source: str) -> Iterator[Prose]:
    """Yield comments; the lines of a block are joined into one text."""
    block: list[str] = []
    start = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if block and token.start[0] != last + 1:
            yield Prose(start, " ".join(block))
            block = []
        if not block:
            start = token.start[0]
        block.append(token.string.lstrip("# "))
        last = token.start[0]
    if block:
        yield Prose(start, " ".join(block))


def test_names(tree: ast.AST) -> Iterator[Prose]:
    """Yield the names of tests as sentences."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield Prose(node.lineno, node.name.replace("_", " "))


def docstrings(path: Path) -> Iterator[Prose]:
    """Yield the docstrings of public modules, classes and functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = getattr(node, "name", "")
            text = ast.get_docstring(node)
            if text and (not name.startswith("_") or name.startswith("__")):
                yield Prose(getattr(node, "lineno", 1), text.splitlines()[0])


def identifiers(path: Path) -> Iterator[Prose]:
    """Yield the names of functions, classes, parameters, variables and attributes that a file defines."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield Prose(node.lineno, node.name)
        elif isinstance(node, ast.arg):
            yield Prose(node.lineno, node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield Prose(node.lineno, node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield Prose(node.lineno, node.attr)
