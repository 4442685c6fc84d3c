"""A page for each public error: what it means, its place in the hierarchy, and the messages that the source raises."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import virtinstall
from virtinstall import errors
from virtinstall.errors import HostError, RequestError, VirtInstallError

PACKAGE = Path(errors.__file__).parent


class Raised(NamedTuple):
    """A message and its hint, with fields of f-strings as `NAME`."""

    message: str
    hint: str


def error_classes() -> list[type[VirtInstallError]]:
    """Return the public error classes, each after its base."""
    exported = [getattr(virtinstall, name) for name in virtinstall.__all__]
    found = [cls for cls in exported if isinstance(cls, type) and issubclass(cls, VirtInstallError)]
    return sorted(found, key=lambda cls: [each.__name__ for each in reversed(_lineage(cls))])


def _lineage(cls: type) -> list[type[VirtInstallError]]:
    return [each for each in cls.__mro__ if issubclass(each, VirtInstallError)]


@cache
def raised() -> dict[str, list[Raised]]:
    """Return the messages that `raise CLASS(...)` in the source passes, by class name."""
    found: dict[str, set[Raised]] = defaultdict(set)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                message = _template(node.args[0])
                hints = [keyword.value for keyword in node.keywords if keyword.arg == "hint"]
                if " " in message:
                    found[node.func.id].add(Raised(message, _template(hints[0]) if hints else ""))
    return {name: sorted(messages) for name, messages in found.items()}


def _template(node: ast.expr) -> str:
    """Return the text of a string or f-string; a field is written as the last name in it, in capitals."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts = (
        str(part.value) if isinstance(part, ast.Constant) else _placeholder(part.value)
        for part in node.values
        if isinstance(part, ast.Constant | ast.FormattedValue)
    )
    return "".join(parts)


def _placeholder(node: ast.expr) -> str:
    names = [
        each.id if isinstance(each, ast.Name) else each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Name | ast.Attribute)
    ]
    return names[0].strip("_").upper() if names else "VALUE"


def pages() -> Iterator[tuple[str, str]]:
    """Yield (file, text) of the index and of each page."""
    classes = error_classes()
    yield "errors/index.md", _index(classes)
    for cls in classes:
        yield f"errors/{cls.__name__}.md", _page(cls, classes)


def _index(classes: list[type[VirtInstallError]]) -> str:
    lines = [
        "# Errors",
        "",
        "The command prints an error as `error:` with the message, then `hint:` with a command or a change. The",
        "library raises the class, with `message` and `hint` as attributes; `--output json` prints its name as `kind`.",
        "",
    ]
    for cls in classes:
        indent = "  " * (len(_lineage(cls)) - 1)
        lines.append(f"{indent}- [{cls.__name__}]({cls.__name__}.md): {_summary(cls)}")
    names = "\n".join(cls.__name__ for cls in classes)
    return "\n".join([*lines, "", "```{toctree}", ":hidden:", "", names, "```", ""])


def _summary(cls: type) -> str:
    return (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " ").replace("<", "&lt;")


def _page(cls: type[VirtInstallError], classes: list[type[VirtInstallError]]) -> str:
    name = cls.__name__
    lines = [
        f"# {name}",
        "",
        "```{eval-rst}",
        f".. autoexception:: {cls.__module__}.{name}",
        "   :show-inheritance:",
        "   :no-index:",
        "```",
        "",
    ]
    kinds = [
        f"[{each.__name__}]({each.__name__}.md)"
        for each in classes
        if name in [base.__name__ for base in each.__bases__]
    ]
    if kinds:
        lines += [f"More specific errors: {', '.join(kinds)}.", ""]
    lines += ["## Who can fix it", "", _who(cls), "", "## Catch it", "", "```python", *_handler(name), "```", ""]
    messages = raised().get(name, [])
    if messages:
        lines += ["## Messages", "", "Capitals stand for values.", "", "| message | hint |", "|---|---|"]
        lines += [f"| {_cell(each.message)} | {_cell(each.hint)} |" for each in messages]
    return "\n".join([*lines, ""])


def _who(cls: type) -> str:
    if issubclass(cls, RequestError):
        return "The caller: change the options or the arguments. Nothing on the host needs to change."
    if issubclass(cls, HostError):
        return "The administrator of the host or of the service that failed. Then the same request can be repeated."
    return "It depends on the more specific error; the hint names a command or a change."


def _handler(name: str) -> list[str]:
    return [
        "import virtinstall",
        "",
        "try:",
        '    hypervisor = virtinstall.connect("test:///default")',
        f"except virtinstall.{name} as error:",
        "    print(error.message, error.hint)",
    ]


def _cell(text: str) -> str:
    return (
        text.replace("|", "\\|")
        .replace("<", "&lt;")
        .replace("*", "\\*")
        .replace("_", "\\_")
        .replace("[", "\\[")
        .replace("\n", " ")
    )
