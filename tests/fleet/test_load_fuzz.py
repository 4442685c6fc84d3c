"""Damaged and hostile files: each error has a position, appears quickly, and is not a traceback."""

from __future__ import annotations

import random
import re
import time

import pytest

from virtinstall.errors import RequestError
from virtinstall.fleet.lab import Lab
from virtinstall.fleet.nodes import FileError

FILE = """\
# a lab
version: 1
project: shop
defaults: &d
  memory: 2G
  cloud-init: {user: ops, packages: [vim, git], run: [echo a, "echo b; echo c"]}
x-more: &more {graphics: none, rng: none}
guests:
  db:
    memory: {memory: 4G, currentMemory: 2G}
    vcpus: {vcpus: 4, maxvcpus: 8}
    disk: [{size: 100, bus: scsi, driver: {queue_size: 256}}, "size=2,format=raw"]
    network: [{network: default, mac: 52:54:00:11:22:33}]
  web:
    <<: *more
    count: 3
    after: [db]
    groups: [frontend]
    metadata: {title: "Web {n:02} of {name}", description: ${TEXT:-no}}
    wait-for: ssh
  old: {state: absent}
"""
PIECES = [
    "\t", "\0", "\x1b[2J", "\ufeff", "\u2028", "é", "😀", "{", "}", "[", "]", ":", ",", "&a ", "*a", "*d", "<<: ",
    "!!str ", "!!binary ", "!x ", "? ", "- ", "---\n", "...\n", "|\n", ">\n", "'", '"', "#", "%YAML 9.9\n", "{n}",
    "{n:99999999d}", "{name}", "${", "${A", "${A:-", "$${A}", "null", "~", "on", "012", "1:20", ".inf", "0x1F", "=",
    "2024-01-01", "\r", "\n  ", "99999999999999999999", "-1", "count: 99999999", "a" * 5000, "disk: ", "memory: ",
    "guests: ", "\\u0000", "\\ud800",
]  # fmt: skip
SECONDS = 20.0


def check(data: str | bytes) -> None:
    """Parse the file; an error must contain a position, or at least the name of the file."""
    begun = time.monotonic()
    try:
        Lab.parse(data, "guests.yaml", variables={"A": "1"})
    except FileError as error:
        for line in error.message.split("\n"):
            assert re.match(r"guests.yaml(:\d+:\d+)?: ", line), line
            assert "Traceback" not in line and "\x1b" not in line and "\0" not in line
    except RequestError as error:
        assert error.message
    assert time.monotonic() - begun < SECONDS


@pytest.mark.parametrize("seed", range(40))
def test_damaged_text_is_read_or_an_error(seed: int) -> None:
    """Parts of the file are inserted, removed, duplicated and replaced."""
    chance = random.Random(seed)
    for _ in range(15):
        text = FILE
        for _ in range(chance.randint(1, 4)):
            place, end = sorted((chance.randrange(len(text)), chance.randrange(len(text))))
            end = min(end, place + 30)
            text = chance.choice(
                [
                    text[:place] + chance.choice(PIECES) + text[place:],
                    text[:place] + text[end:],
                    text[:end] + text[place:end] + text[end:],
                    text[:place] + chance.choice(PIECES) + text[end:],
                ]
            )
        check(text)


@pytest.mark.parametrize("seed", range(10))
def test_damaged_bytes_are_read_or_an_error(seed: int) -> None:
    """The bytes may be invalid UTF-8."""
    chance = random.Random(seed)
    for _ in range(20):
        data = bytearray(FILE.encode())
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        check(bytes(data))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version: 1\nguests:\n\ta: {}\n", r"3:1: tabs are not allowed in indentation"),
        ("version: 1\nguests: {a: {memory: 1}}\nguests: {}\n", r"3:1: duplicate key 'guests'"),
        ("version: 1\nguests: {a: {memory: !!python/name:os.system ''}}\n", r"2:22: unsupported YAML tag "),
        ("version: 1\nguests: {? [a]: {}}\n", r"2:\d+: a key must be a string"),
        ("version: 1\nguests: {a: {count: 100001}}\n", r"2:21: a.count: must be a number from 0 to 100000"),
        ("version: 1\nguests: {a: {disk: [[size=1]]}}\n", r"2:21: a.disk\[0\]: must be a single value"),
        ("version: 1\nguests: {a: {memory: {a: {b: {c: 1}}}}}\n", r"2:23: a.memory.a.b.c: unknown key"),
        ("version: 1\nguests: {'': {}}\n", r"2:10: invalid guest name ''"),
        ("version: 1\nguests: {é: '\x1b[2J'}\n", r"2:14: the character U\+001B is not allowed"),
    ],
)  # fmt: skip
def test_hostile_values_are_errors_with_a_position(text: str, expected: str) -> None:
    """Examples are tabs, duplicate keys and tags for Python objects."""
    with pytest.raises(FileError, match=rf"^guests.yaml:{expected}"):
        Lab.parse(text, "guests.yaml")


@pytest.mark.parametrize("value", ["on", "off", "yes", "NO", "012", "1:20", "1_000", "0x10", ".5", "1e3", "2024-01-01"])
def test_scalars_are_read_as_text(value: str) -> None:
    """They are not booleans, numbers in another base, or dates."""
    lab = Lab.parse(f"version: 1\nguests: {{a: {{memory: 64, metadata: {{title: {value}, description: '{value}'}}}}}}")
    request = lab.guests[0].request
    assert request is not None and (request.domain.title, request.domain.description) == (value, value)


def test_character_that_xml_does_not_allow_is_an_error() -> None:
    """A quoted scalar can contain it as an escape sequence."""
    with pytest.raises(RequestError, match=r"guests.yaml:2:32: .* contains the character"):
        Lab.parse('version: 1\nguests: {a: {metadata: {title: "\\0"}}}\n', "guests.yaml")


def test_huge_files_are_read_quickly() -> None:
    """Examples are 5000 guests, a value of a megabyte, and 1000 mistakes."""
    many = "".join(f"  g{number}: {{memory: 64, disk: none, import: true}}\n" for number in range(5000))
    begun = time.monotonic()
    assert len(Lab.parse(f"version: 1\nguests:\n{many}").guests) == 5000
    check(f"version: 1\nguests: {{a: {{metadata: {{title: {'x' * 1_000_000}}}}}}}")
    wrong = "".join(f"  g{number}: {{memroy: 64}}\n" for number in range(1000))
    with pytest.raises(FileError) as caught:
        Lab.parse(f"version: 1\nguests:\n{wrong}", "guests.yaml")
    lines = caught.value.message.split("\n")
    assert (len(lines), lines[-1]) == (101, "and 900 more errors")
    assert time.monotonic() - begun < 6 * SECONDS
