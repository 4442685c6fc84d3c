"""Examples of the README, guides, reference (fenced blocks with a language) and manual pages (.nf)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
MANUALS = sorted((PROJECT / "man").glob("*.text"))
_OF_RUNNING_GUESTS = ("virt-guest apply ", "virt-guest ip ", "virt-guest ssh ", "virt-guest exec ", "virt-guest reset ")
_GENERATED = "% Generated"


@dataclass(frozen=True)
class Example:
    """One fenced block: its page and line, its language, its text."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def needs_hypervisor(self) -> bool:
        """Whether it has a connection, or needs a running guest (tests/live/test_guest_life.py runs these)."""
        own = '"qemu:///system"' if self.language == "python" else "--connect"
        return own in self.text or "scripts/" in self.text or any(verb in self.text for verb in _OF_RUNNING_GUESTS)


def examples(language: str) -> Iterator[Example]:
    """Yield the examples in a language, page by page."""
    if language == "sh":
        for path in MANUALS:
            yield from _in_manual(str(path.relative_to(PROJECT)), path.read_text())
    for path in PAGES:
        page = str(path.relative_to(PROJECT))
        text = path.read_text()
        if not text.startswith(_GENERATED):
            yield from (example for example in fenced(page, text) if example.language == language)


def _in_manual(page: str, text: str) -> Iterator[Example]:
    block: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if line == ".nf":
            block, start = [], number
        elif line == ".fi" and block is not None:
            yield Example(page, start, "sh", "\n".join(block) + "\n")
            block = None
        elif block is not None:
            block.append(line.strip().replace("\\-", "-").replace("\\e", "\\"))


def fenced(page: str, text: str) -> Iterator[Example]:
    """Yield the fenced blocks of a page."""
    opened: tuple[int, str, int] | None = None
    block: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare.startswith("```"):
            block.append(line)
        elif opened is None:
            opened, block = (number, bare.removeprefix("```"), len(line) - len(line.lstrip())), []
        else:
            start, language, indent = opened
            yield Example(page, start, language, "\n".join(each[indent:] for each in block) + "\n")
            opened = None
