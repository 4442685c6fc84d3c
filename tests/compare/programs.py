"""A command line that both programs understand, and their output in a form that can be compared."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from virtinstall.cli import main as cli

SYSTEMS = {"riscv64": "linux2022"}
SYSTEM = "debian11"
# chosen at random, or by libvirt
IGNORED = re.compile(r"^(metadata/|metadata=|uuid=|(devices/)?interface/mac/|os/nvram)")
# options that the base line already contains, with their values
BASE = (("--memory", "1024"), ("--disk", "none"), ("--network", "none"))


class Case(NamedTuple):
    """One command line of a program."""

    program: str
    arch: str
    machine: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.program, self.arch, self.machine or "-", *self.words))

    @property
    def bare(self) -> Case:
        """The same command line without the compared options, which shows the defaults."""
        return self._replace(words=())

    def singles(self) -> list[Case]:
        """Return a command line for each value if one option has several values, else an empty list."""
        if self.program != "virt-install" or len(self.words) <= 2 or len(set(self.words[::2])) > 1:
            return []
        return [self._replace(words=self.words[at : at + 2]) for at in range(0, len(self.words), 2)]

    def arguments(self, uri: str) -> list[str]:
        """Return the arguments for the program."""
        if self.program == "virt-xml":
            return ["--connect", uri, *self.words]
        base = ["--connect", uri, "--virt-type", "qemu", "--arch", self.arch, "--name", "compare"]
        if self.machine:
            base += ["--machine", self.machine]
        for option, value in BASE:
            base += [] if option in self.words else [option, value]
        system = SYSTEMS.get(self.arch, SYSTEM)
        return [*base, "--osinfo", system, "--import", "--print-xml", "--check", "all=off", *self.words]


class Outcome(NamedTuple):
    """The XML as a multiset of `path=value`, or None with the error."""

    values: Counter[str] | None
    error: str


class OldProgram:
    """virt-install 4.1.0, as a black box. `folder` contains its commands, `python` runs them."""

    def __init__(self, folder: str, python: str = "/usr/bin/python3") -> None:
        environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL"))}
        server = Path(__file__).with_name("old_server.py")
        self._process = subprocess.Popen(
            [python, str(server), folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
        )

    def run(self, case: Case, uri: str, stdin: str) -> Outcome:
        """Run the program; return its result."""
        return outcome(*self.run_text(case, uri, stdin))

    def run_text(self, case: Case, uri: str, stdin: str = "") -> tuple[int, str, str]:
        """Run the program; return exit status, output and errors."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps((case.program, case.arguments(uri), stdin)) + "\n")
        self._process.stdin.flush()
        status, out, err = json.loads(self._process.stdout.readline())
        return status, out, err

    def close(self) -> None:
        """End the process of the program."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def run_ours(case: Case, uri: str, stdin: str) -> Outcome:
    """Run our program in this process; return its result."""
    out, err = io.StringIO(), io.StringIO()
    main = cli.main if case.program == "virt-install" else cli.xml_main
    old, sys.stdin = sys.stdin, io.StringIO(stdin)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main(case.arguments(uri))
            except Exception as error:  # noqa: BLE001 -- a traceback is a result
                status = 70
                err.write(f"error: traceback: {error!r}")
    finally:
        sys.stdin = old
    if "libvirt rejects the guest's XML" in err.getvalue():
        # 4.1.0 does not ask libvirt; the XML was printed before
        status = 0
    return outcome(status, out.getvalue(), err.getvalue())


def outcome(status: int, out: str, err: str) -> Outcome:
    """Return the result of a run in a form that can be compared."""
    error = next((line for line in reversed(err.splitlines()) if "rror" in line), err.strip()[-200:])
    if status:
        return Outcome(None, error)
    try:
        root = etree.fromstring(f"<all>{re.sub(r'<[?]xml.*?[?]>', '', out)}</all>")
    except etree.XMLSyntaxError as problem:
        return Outcome(None, f"not XML: {problem}")
    return Outcome(Counter(line for node in root for line in flat(node, "")), error)


def flat(node: etree._Element, path: str) -> Iterator[str]:
    """Yield `path=value` for each attribute and text; the path of <domain> is empty."""
    if not isinstance(node.tag, str):
        return
    local = etree.QName(node).localname
    here = path + ("" if node.tag == "domain" and not path else ("/" if path else "") + local)
    lines = [f"{here}/@{name!s}={value!s}".lstrip("/") for name, value in sorted(node.attrib.items())]
    text = (node.text or "").strip()
    if text or (not lines and not len(node) and here):
        lines.append(f"{here}={text}")
    yield from (line for line in lines if not IGNORED.match(line))
    for child in node:
        yield from flat(child, here)


def differences(mine: Outcome, other: Outcome) -> list[str]:
    """Return the differences, one per line: `- ` is only in 4.1.0's XML, `+ ` only in ours."""
    if mine.values is None and other.values is None:
        return []
    if mine.values is None:
        return [f"refused: {mine.error}"]
    if other.values is None:
        return [f"accepted, though 4.1.0 refuses: {other.error}"]
    found = [f"- {line}" for line in sorted((other.values - mine.values).elements())]
    return found + [f"+ {line}" for line in sorted((mine.values - other.values).elements())]
