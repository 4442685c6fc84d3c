"""The expected output in the guides and the README: its command, and the lines that a real output lacks."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from tests.docs.examples import Example, fenced

EXPECTED = "## Expected output"
_WITH = re.compile(r"^With `([^`]+)`:", re.MULTILINE)
_WITHOUT = re.compile(r"^Without `(--[\w-]+)`:", re.MULTILINE)
# a newer OS database has a default for the system
_DEFAULT = re.compile(r"^Using \S+ default")
_NUMBER = re.compile(r"\d+(\.\d+)*")
_URI = re.compile(r"(qemu:///system|test:///\S+)")


@dataclass(frozen=True)
class Output:
    """An output that a page shows, and the arguments of the virt-install command that prints it."""

    page: str
    args: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return self.page


def guide_output(path: Path) -> Output | None:
    """Return the first expected output of a guide; the first command of the guide prints it.

    The sentence before the output may change the command: With `OPTION`, or without it. None, if the output is that
    of another program than virt-install.
    """
    before, _, after = path.read_text().partition(EXPECTED)
    command = next(each for each in fenced(path.stem, before) if each.language == "sh")
    shown = next(each for each in fenced(path.stem, after) if each.language == "text")
    program, *args = shlex.split(command.text.replace("\\\n", " ").partition(" > ")[0])
    if program != "virt-install":
        return None
    introduction = after.partition("```text")[0]
    added = [word for option in _WITH.findall(introduction) for word in shlex.split(option)]
    removed = _WITHOUT.findall(introduction)
    if added:
        # the added options specify how to wait
        removed.append("--noautoconsole")
    return Output(path.stem, (*(word for word in args if word not in removed), *added), shown.text)


_FOLLOWED = re.compile(r"^```sh\n(virt-install (?:[^`]|`(?!``))*?)```\n\n```text\n(.*?)```", re.MULTILINE | re.DOTALL)


def following_outputs(path: Path) -> list[Output]:
    """Return the outputs that immediately follow a virt-install command of a page."""
    found = _FOLLOWED.findall(path.read_text())
    return [Output(path.stem, tuple(shlex.split(sh.replace("\\\n", " "))[1:]), text) for sh, text in found]


def session_outputs(session: Example) -> list[Output]:
    """Return the virt-install commands of a `console` block with their outputs."""
    found: list[Output] = []
    command, lines = "", list[str]()
    for line in [*session.text.splitlines(), "# "]:
        if not line.startswith("# "):
            lines.append(line)
            continue
        if command.startswith("virt-install "):
            found.append(Output(str(session), tuple(shlex.split(command)[1:]), "\n".join(lines)))
        command, lines = line.removeprefix("# ").removeprefix(".venv/bin/"), []
    return found


def on_test_driver(args: tuple[str, ...]) -> list[str]:
    """Return `args` for the default connection of the stage, the test driver, with its network."""
    words = list(args)
    if "--connect" in words:
        at = words.index("--connect")
        del words[at : at + 2]
    return words if "--network" in words else [*words, "--network", "network=default"]


def missing_lines(shown: str, printed: str, *, except_for: str = "\0") -> list[str]:
    """Return the lines of `shown` that `printed` does not have in this order.

    Numbers and connections may differ, and `...` stands for any lines. Lines that start with `except_for` are skipped.
    """
    rest = [_plain(line) for line in printed.splitlines()]
    missing = []
    for line in shown.splitlines():
        if not line.strip() or line.strip() == "..." or line.startswith(except_for):
            continue
        wanted = _plain(line)
        if wanted in rest:
            del rest[: rest.index(wanted) + 1]
        else:
            missing.append(line)
    return missing


def _plain(line: str) -> str:
    return _NUMBER.sub("0", _DEFAULT.sub("Using default", _URI.sub("URI", line.strip())))
