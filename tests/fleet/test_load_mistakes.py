"""Mistakes in a guests file: their positions and hints."""

from __future__ import annotations

import time

import pytest

from virtinstall.fleet.keys import options_by_key
from virtinstall.fleet.lab import Lab
from virtinstall.fleet.nodes import FileError
from virtinstall.options.table import OPTIONS


def lab_of(text: str) -> Lab:
    """Return the lab of a file, without environment variables."""
    return Lab.parse(text, "guests.yaml", variables={})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("guests:\n  web:\n    disk:\n    - {size: 1}\n    - {sizee: 2}\n",
         r"6:8: web.disk\[1\].sizee: unknown key$"),
        ("guests:\n  web:\n    disk: {size: x}\n", r"4:18: web.disk.size: must be .*, not 'x'"),
        ("guests:\n  web:\n    disk: ['size=1', 'sizee=1']\n", r"4:22: web.disk\[1\]: unknown sub-option 'sizee'"),
        ("guests:\n  web: {memroy: 1}\n", r"3:9: web.memroy: unknown key$"),
        ("guests:\n  web: {connect: x}\n", r"3:9: web.connect: unknown key"),
        ("guests:\n  web: {memory: 1, memory: 2}\n", r"3:20: duplicate key 'memory'"),
        ("services: {web: {}}\n", r"2:1: services: unknown key$"),
        ("guests: {web: {}}\nguest: {}\n", r"3:1: guest: unknown key$"),
        ("guests:\n  web: [1]\n", r"3:8: web: must be a mapping"),
        ("guests: {a: {after: b}, b: {after: a}}\n", r"2:10: these guests depend on each other through `after`: a, b"),
        ("guests: {a: {after: bb}, b: }\n", r"2:21: a.after: no such guest or group: 'bb'$"),
        ("guests: {a: {count: 2}, a-1: {}}\n", r"2:25: the guest name 'a-1' is already in use at guests.yaml:2:10"),
        ("guests: {a: {count: x}}\n", r"2:21: a.count: must be a number from 0 to 100000, not 'x'"),
        ("guests: {a: {wait-for: [x]}}\n", r"2:24: a.wait-for: must be a single value"),
        ("guests: {a: {wait-for: x}}\n", r"2:24: a.wait-for: must be one of: running, shutdown, "),
        ("guests: {a: {state: gone}}\n", r"2:21: a.state: must be present or absent, not 'gone'"),
        ("guests: {a: {import: perhaps}}\n", r"2:22: a.import: must be true or false, not 'perhaps'"),
        ("guests: {a: {memory: !!python/object:os.system 1}}\n", r"2:22: unsupported YAML tag 'tag:yaml\S+'"),
        ("guests: {a: {metadata: {title: '${NOPE}'}}}\n", r"2:32: a: the variable 'NOPE' is not set"),
        ("guests: {a: *x}\n", r"2:13: .*alias"),
        ("guests: {a: &x {memory: *x}}\n", r"2:25: recursive alias '\*x'"),
        ("guests: {a: {<<: 1}}\n", r"2:18: << must refer to a mapping"),
        ("guests: {a: {memory: 1}\n", r"\d+:\d+: "),
        ("guests: {a/b: {}}\n", r"2:10: invalid guest name 'a/b'"),
        ("guests: " + "[" * 5000 + "\n", r"2:\d+: lists and mappings are nested more than 40 levels deep"),
        ("guests: {}\n---\nversion: 1\n", r"3:1: the file contains a second document"),
        ("guests: {a: {after: [b, a]}, b: }\n", r"2:25: a.after: a guest cannot come after itself"),
        ("guests: {a: {groups: [x, all]}}\n", r"2:26: a.groups: Ansible reserves the name 'all'"),
        ("guests: {a: {groups: [x, '']}}\n", r"2:26: a.groups: must be a name or a list of names"),
        ("guests: {a: {groups: [x, b]}, b: }\n", r"2:26: a.groups: 'b' is the name of a guest and cannot also be"),
        ("guests: {a: {spread: []}}\n", r"2:22: a.spread: must list at least one host"),
        ("guests: {a: {host: k}}\n", r"2:20: a: unknown host 'k'$"),
        ("guests: {'a{n}': {}}\n", r"2:10: a\{n\}: \{n\} requires `count`"),
        ("guests: {'a{n:q}': {count: 1}}\n", r"2:10: a\{n:q\}: invalid placeholder '\{n:q\}'$"),
        ("guests: {a: {metadata: {title: '{n}'}}}\n", r"2:32: a: \{n\} requires `count`"),
        ("guests: {'${A}': {}}\n", r"2:10: \$\{A\}: the variable 'A' is not set"),
        ("guests: {a: {state: '${A}'}}\n", r"2:21: a.state: the variable 'A' is not set"),
    ],
)  # fmt: skip
def test_mistake_has_a_position(text: str, expected: str) -> None:
    """The message has file, line, column, path and the problem."""
    with pytest.raises(FileError, match=rf"^guests.yaml:{expected}"):
        lab_of(f"version: 1\n{text}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("[]", "must be a mapping"),
        ("guests: {}", "`version` is missing"),
        ("version: 2\nguests: {}", "unsupported version '2'"),
        ("version: 1", "`guests` is missing"),
        ("a: b: c", ":1:5: "),
    ],
)
def test_file_that_is_not_a_guests_file_is_an_error(text: str, expected: str) -> None:
    """Examples are an empty file, a list, and a missing version."""
    with pytest.raises(FileError, match=expected):
        lab_of(text)


def test_all_mistakes_are_reported_together() -> None:
    """Each has one line, in the order of the file; mistakes in other guests are included."""
    text = (
        "version: 1\nproject: [x]\nfoo: 1\nhosts: {k: null}\ndefaults: {memroy: 1, memory: {memry: 1}}\nguests:\n"
        "  a: {memroy: 1, host: k, state: 1}\n"
        "  b: {disk: {size: x}, memory: x, vcpus: y, import: z, after: [a, c, d]}\n"
        "  c: {memory: 4, vcpus: y}\n"
        "  e: {memory: 1, after: x}\n"
    )
    with pytest.raises(FileError) as caught:
        lab_of(text)
    places = [line.split(": ")[0].removeprefix("guests.yaml:") for line in caught.value.message.split("\n")]
    lines = [int(place.split(":")[0]) for place in places]
    assert lines == sorted(lines)
    assert lines.count(8) == 1, "the values of a guest that cannot be read are reported first"
    assert set(lines) == {2, 3, 4, 5, 7, 8, 9, 10} and lines.count(5) == 2
    text = "version: 1\nguests:\n  b: {disk: {size: x}, memory: x, vcpus: y, after: x}\n"
    with pytest.raises(FileError) as caught:
        lab_of(text)
    assert [line.split(": ")[1] for line in caught.value.message.split("\n")] == ["b.disk.size", "b.memory", "b.vcpus"]


def test_each_mistake_has_its_hint() -> None:
    """A hint is in the same line; a hint that all mistakes share is printed once."""
    with pytest.raises(FileError) as caught:
        lab_of("version: 1\nguests: {a: {disk: {sizee: 1}}, b: {wait-for: x}, c: {memroy: 1}}")
    first, second, third = caught.value.message.split("\n")
    assert first.endswith("a.disk.sizee: unknown key (did you mean 'size'?)") and "must be one of: running, " in second
    assert third.endswith("(did you mean 'memory'?)") and caught.value.hint is None
    with pytest.raises(FileError) as caught:
        lab_of("version: 1\nguests: {a: {disk: {sizee: 1}}, b: {disk: {sizee: 1}}}")
    assert caught.value.hint == "did you mean 'size'?"
    with pytest.raises(FileError) as caught:
        lab_of("version: 1\nguests: {a: {disk: {colour: 1}}}")
    assert caught.value.hint == "list the keys with: virt-install --disk help"


@pytest.mark.parametrize(
    "text",
    [
        "defaults: {memory: x}\nguests: {a: , b: , c: {count: 3}}",
        "x-a: &a {memory: x}\nguests: {a: *a, b: {<<: *a}, c: {<<: *a, vcpus: 1}}",
        "defaults: {groups: [all]}\nguests: {a: , b: , c: }",
        "defaults: {metadata: {title: '${NOPE}'}}\nguests: {a: , b: , c: }",
    ],
)
def test_mistake_that_several_guests_share_is_one_line(text: str) -> None:
    """The mistake is in the defaults or at an anchor; mistakes at different positions have separate lines."""
    with pytest.raises(FileError, match=r"^guests.yaml:2:\S+ a\b.*\(the same for 2 other guests\)$"):
        lab_of(f"version: 1\n{text}\n")
    with pytest.raises(FileError) as caught:
        lab_of("version: 1\nguests:\n  a: {memory: x}\n  b: {memory: x}\n")
    assert len(caught.value.message.split("\n")) == 2


def test_only_the_first_hundred_mistakes_are_reported() -> None:
    """The last line contains the number of the others."""
    guests = "".join(f"  g{number}: {{after: missing{number}}}\n" for number in range(5000))
    before = time.process_time()
    with pytest.raises(FileError) as caught:
        lab_of(f"version: 1\nguests:\n{guests}")
    lines = caught.value.message.split("\n")
    assert (len(lines), lines[-1]) == (101, "and 4900 more errors")
    assert time.process_time() - before < 10


def test_mistake_in_a_guest_causes_no_others() -> None:
    """Other guests can still refer to its name, its group and its numbered guests."""
    with pytest.raises(FileError) as caught:
        lab_of("version: 1\nguests: {'w{n}': {count: 2, memory: x}, b: {after: [w, w1]}}")
    assert "\n" not in caught.value.message and "w1.memory" in caught.value.message


@pytest.mark.parametrize(
    "key", sorted({name[2:] for option in OPTIONS for name in option.names if name[:2] == "--"} - {*options_by_key()})
)
def test_option_that_is_not_a_key_is_explained(key: str) -> None:
    """The hint suggests the key to use, or the message explains that the option is not a key."""
    without_meaning = {
        *("check-cpu", "test-media-detection", "test-stub-command", "os-type", "nonsparse", "accelerate"),
        *("prompt", "force", "print-step", "vncport", "vnclisten", "keymap"),
    }
    if key == "count" or key in without_meaning:
        return
    with pytest.raises(FileError) as caught:
        lab_of(f"version: 1\nguests: {{a: {{{key}: x}}}}")
    assert "is a command-line option" in caught.value.message or caught.value.hint is not None


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: {after: [x{n}]}", "quotes around values"),
        ("a: {memory: 1", "close each"),
        ("a:\n    memory: 1\n   vcpus: 1", "align the keys"),
        ("a:\n    memory: 1: 2", "contain a colon"),
        ("a: @x", "start with @"),
        ("a: 'x", "missing closing quote"),
    ],
)
def test_yaml_syntax_error_has_a_hint(text: str, hint: str) -> None:
    """The message of the parser does not explain the mistake."""
    with pytest.raises(FileError) as caught:
        lab_of(f"version: 1\nguests:\n  {text}\n")
    assert hint in str(caught.value.hint)
