"""A guests file: what its values mean, where its mistakes are, and which traps of YAML it has not."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from virtinstall.errors import RequestError
from virtinstall.fleet.keys import options_by_key
from virtinstall.fleet.lab import Lab
from virtinstall.fleet.nodes import FileError
from virtinstall.options.command import parse_request
from virtinstall.options.table import OPTIONS


def lab_of(text: str, **variables: str) -> Lab:
    """The lab of a file's guests."""
    return Lab.parse(text, "guests.yaml", variables=variables)


def one(values: str, **variables: str) -> Any:
    """The request of the one guest `web` with these values (a flow mapping)."""
    return lab_of(f"version: 1\nguests:\n  web: {values}\n", **variables).guests[0].request


def domain(request: Any) -> str:
    """The XML of the request."""
    return etree.tostring(request.domain.clone().ensure_node(), encoding="unicode")


@pytest.mark.parametrize(
    ("values", "argv"),
    [
        ("{memory: 2G}", ["--memory", "2G"]),
        ("{memory: {memory: 2G, currentMemory: 1G}}", ["--memory", "2G,currentMemory=1G"]),
        ("{vcpus: {vcpus: 4, maxvcpus: 8}}", ["--vcpus", "4,maxvcpus=8"]),
        ("{disk: [{size: 20}, {size: 100, bus: scsi}]}", ["--disk", "size=20", "--disk", "size=100,bus=scsi"]),
        ("{disk: {size: 20, driver: {queue_size: 256}}}", ["--disk", "size=20,driver.queue_size=256"]),
        ("{disk: {path: '/tmp/a,b c'}}", ["--disk", r"path=/tmp/a\,b c"]),
        ("{disk: none, network: none}", ["--disk", "none", "--network", "none"]),
        ("{import: true, hvm: yes, pxe: false}", ["--import", "--hvm"]),
        ("{os-variant: debian11}", ["--osinfo", "debian11"]),
        ("{cloud-init: {packages: [vim, git], hostname: x}}", ["--cloud-init", "packages=vim,git,hostname=x"]),
        ("{cloud-init: true}", ["--cloud-init"]),
        ("{qemu-commandline: {args: '-device \"x,y\"'}}", ["--qemu-commandline", 'args=-device "x,y"']),
        ("{xml: ['./@foo=bar']}", ["--xml", "./@foo=bar"]),
        ("{extra-args: [a=1, b]}", ["-x", "a=1", "-x", "b"]),
        ("{wait-for: ssh, timeout: 5m}", ["--wait-for", "ssh", "--timeout", "5m"]),
    ],
)
def test_value_means_what_the_command_line_means(values: str, argv: list[str]) -> None:
    """Text, mapping or list: the request is the same."""
    theirs = parse_request(["--name", "web", *argv])
    ours = one(values)
    assert domain(ours) == domain(theirs)
    for name in ("install", "os", "platform", "run", "without"):
        assert getattr(ours, name) == getattr(theirs, name)
    settings = [device.settings for device in theirs.domain.devices]
    assert [device.settings for device in ours.domain.devices] == settings


@pytest.mark.parametrize(
    "value", ["on", "no", "012", "1:20", "1e3", "0x1f", "2026-01-01", "52:54:00:11:22:33", "=", "'null'"]
)
def test_text_stays_text(value: str) -> None:
    """YAML's booleans, octal, sexagesimal numbers and dates are what was written."""
    assert one(f"{{metadata: {{title: {value}}}}}").domain.title == value.strip("'")


def test_json_is_read_with_tabs_and_escapes() -> None:
    """What json.dumps writes is a guests file."""
    title = "☃ \U0001f600 / \\ \t"
    document = {"version": 1, "guests": {"web": {"metadata": {"description": title}, "disk": [{"size": 1}]}}}
    for text in (json.dumps(document), json.dumps(document, indent="\t"), json.dumps(document, ensure_ascii=False)):
        assert lab_of(text).guests[0].request.domain.description == title  # type: ignore[union-attr]


def test_defaults_merge_by_sub_option_and_devices_replace() -> None:
    """A list of devices is the guest's own; null unsets."""
    lab = lab_of(
        "version: 1\n"
        "defaults: {memory: {memory: 1G, maxmemory: 4G}, disk: [{size: 1}, {size: 2}], boot: uefi}\n"
        "guests: {a: {memory: {memory: 2G}, disk: {size: 3}}, b: {boot: null}, c: }\n"
    )
    a, b, c = (dict(guest.options) for guest in lab.guests)
    assert a == {"boot": ("uefi",), "memory": ("memory=2G,maxmemory=4G",), "disk": ("size=3",)}
    assert b == {"memory": ("memory=1G,maxmemory=4G",), "disk": ("size=1", "size=2")}
    assert c == {**b, "boot": ("uefi",)}


def test_anchors_and_merges() -> None:
    """`<<` fills in what the mapping does not have itself."""
    lab = lab_of(
        "version: 1\nx-small: &small {memory: 64, vcpus: 1}\nguests:\n"
        "  a: {<<: *small, memory: 128}\n  b: {memory: 256, <<: [*small]}\n  c: *small\n"
    )
    assert [dict(guest.options) for guest in lab.guests] == [
        {"memory": (memory,), "vcpus": ("1",)} for memory in ("128", "256", "64")
    ]


def test_count_and_places() -> None:
    """NAME-1 to NAME-N; {n} and {name} in values, {{n}} is text."""
    lab = lab_of(
        "version: 1\nguests:\n"
        "  web: {count: 2, disk: {path: '/x/{name}.img'}, network: {network: n, mac: '52:54:00:00:00:{n:02x}'}}\n"
        "  'db{n:02}': {count: 1, metadata: {title: '{{n}} {n} {other}'}}\n"
    )
    web, other, db = lab.guests
    assert [guest.name for guest in lab.guests] == ["web-1", "web-2", "db01"]
    assert web.options == {"disk": ("path=/x/web-1.img",), "network": ("network=n,mac=52:54:00:00:00:01",)}
    assert (other.index, other.groups) == (2, ("web",))
    assert db.options == {"metadata": ("title={n} 1 {other}",)}


@pytest.mark.parametrize(
    "clash",
    [
        "disk: {path: /x/a.img}",
        "network: {network: n, mac: '52:54:00:00:00:01'}",
        "graphics: {type: vnc, port: 5901}",
        "metadata: {uuid: 8f5c9e3e-5a0b-4c2e-9f3b-0a5ce1c6bd10}",
    ],
)
def test_guests_of_a_count_share_nothing_exclusive(clash: str) -> None:
    """One error for them all, with a hint."""
    with pytest.raises(FileError, match=r"guests.yaml:3:3: web-2: web-1 has the .* too") as caught:
        lab_of(f"version: 1\nguests:\n  web: {{count: 3, {clash}}}\n")
    assert "{n}" in str(caught.value.hint) and "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A}", "1"),
        ("${B:-x}", "x"),
        ("${EMPTY:-x}", "x"),
        ("${EMPTY-x}", ""),
        ("$${A}", "${A}"),
        ("$6$salt", "$6$salt"),
        ("${A}${A}", "11"),
    ],
)
def test_variables(text: str, value: str) -> None:
    """Those of the environment, as in Compose."""
    request = one(f"{{metadata: {{title: 't {text}'}}}}", A="1", EMPTY="")
    assert request.domain.title == f"t {value}"


def test_after_names_guests_and_groups() -> None:
    """A group stands for its guests."""
    lab = lab_of("version: 1\nguests: {db: {count: 2}, web: {after: db, groups: [front]}, x: {after: [front, db-1]}}")
    assert [guest.after for guest in lab.guests] == [(), (), ("db-1", "db-2"), ("web", "db-1")]
    assert [guest.name for guest in lab.chosen(["front", "db-2"])] == ["db-2", "web"]
    with pytest.raises(RequestError, match=r"no guest or group 'wep' \(did you mean web\?\)"):
        lab.chosen(["wep"])
    with pytest.raises(RequestError, match="a list is expected, not the text 'web'"):
        lab.chosen("web")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("guests:\n  web:\n    disk:\n    - {size: 1}\n    - {sizee: 2}\n",
         r"6:8: web.disk\[1\].sizee: unknown key \(did you mean size\?\)"),
        ("guests:\n  web:\n    disk: {size: x}\n", r"4:18: web.disk.size: size=x: "),
        ("guests:\n  web:\n    disk: ['size=1', 'sizee=1']\n", r"4:22: web.disk\[1\]: unknown sub-option 'sizee'"),
        ("guests:\n  web: {memroy: 1}\n", r"3:9: web.memroy: unknown key \(did you mean memory\?\)"),
        ("guests:\n  web: {connect: x}\n", r"3:9: web.connect: unknown key"),
        ("guests:\n  web: {memory: 1, memory: 2}\n", r"3:20: duplicate key 'memory'"),
        ("services: {web: {}}\n", r"2:1: services: unknown key$"),
        ("guests: {web: {}}\nguest: {}\n", r"3:1: guest: unknown key \(did you mean guests\?\)"),
        ("guests:\n  web: [1]\n", r"3:8: web: a mapping is expected"),
        ("guests: {a: {after: b}, b: {after: a}}\n", r"2:10: these guests wait for each other \(after\): a, b"),
        ("guests: {a: {after: bb}, b: }\n", r"2:21: a.after: there is no guest or group 'bb' \(did you mean b\?\)"),
        ("guests: {a: {count: 2}, a-1: {}}\n", r"2:25: two guests have the name 'a-1'"),
        ("guests: {a: {count: x}}\n", r"2:21: a.count: a number"),
        ("guests: {a: {wait-for: [x]}}\n", r"2:24: a.wait-for: one value is expected"),
        ("guests: {a: {wait-for: x}}\n", r"2:24: a.wait-for: invalid value"),
        ("guests: {a: {state: gone}}\n", r"2:21: a.state: it is present or absent"),
        ("guests: {a: {import: perhaps}}\n", r"2:22: a.import: 'perhaps': true or false is expected"),
        ("guests: {a: {memory: !!python/object:os.system 1}}\n", r"2:22: the tag tag:yaml\S+ has no"),
        ("guests: {a: {metadata: {title: '${NOPE}'}}}\n", r"2:32: a: the variable NOPE is not set"),
        ("guests: {a: *x}\n", r"2:13: .*alias"),
        ("guests: {a: &x {memory: *x}}\n", r"2:25: the alias \*x contains itself"),
        ("guests: {a: {<<: 1}}\n", r"2:18: << merges mappings only"),
        ("guests: {a: {memory: 1}\n", r"\d+:\d+: "),
        ("guests: {a/b: {}}\n", r"2:10: 'a/b' cannot be the name"),
        ("guests: " + "[" * 5000 + "\n", r"2:\d+: more than 40 levels"),
        ("guests: {}\n---\nversion: 1\n", r"3:1: the file holds a second document"),
        ("guests: {a: {after: [b, a]}, b: }\n", r"2:25: a.after: a guest cannot come after itself"),
        ("guests: {a: {groups: [x, all]}}\n", r"2:26: a.groups: every inventory of Ansible has 'all' already"),
        ("guests: {a: {groups: [x, '']}}\n", r"2:26: a.groups: names are expected"),
        ("guests: {a: {groups: [x, b]}, b: }\n", r"2:26: a.groups: 'b' is the name of a guest, and cannot be a group"),
        ("guests: {a: {spread: []}}\n", r"2:22: a.spread: names of hosts are expected"),
        ("guests: {a: {host: k}}\n", r"2:20: a: unknown host 'k'$"),
        ("guests: {'a{n}': {}}\n", r"2:10: a\{n\}: \{n\} requires count"),
        ("guests: {'a{n:q}': {count: 1}}\n", r"2:10: a\{n:q\}: \{n:q\} is not \{n\}, \{n:02\}"),
        ("guests: {a: {metadata: {title: '{n}'}}}\n", r"2:32: a: \{n\} requires count"),
        ("guests: {'${A}': {}}\n", r"2:10: \$\{A\}: the variable A is not set"),
        ("guests: {a: {state: '${A}'}}\n", r"2:21: a.state: the variable A is not set"),
    ],
)  # fmt: skip
def test_mistake_has_a_position(text: str, expected: str) -> None:
    """File, line, column, path, what is wrong."""
    with pytest.raises(FileError, match=rf"^guests.yaml:{expected}"):
        lab_of(f"version: 1\n{text}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("[]", "must be a mapping"),
        ("guests: {}", "version is missing"),
        ("version: 2\nguests: {}", "only version 1"),
        ("version: 1", "guests is missing"),
        ("a: b: c", ":1:5: "),
    ],
)
def test_wrong_file(text: str, expected: str) -> None:
    """What is not a guests file at all."""
    with pytest.raises(FileError, match=expected):
        lab_of(text)


def test_all_mistakes_are_reported_together() -> None:
    """A line each, in the order of the file; those about other guests too."""
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
    """In its line; a hint that all of them share is printed once."""
    with pytest.raises(FileError) as caught:
        lab_of("version: 1\nguests: {a: {disk: {sizee: 1}}, b: {wait-for: x}, c: {memroy: 1}}")
    first, second, third = caught.value.message.split("\n")
    assert first.endswith("(`virt-install --disk help` lists the keys)") and "(use running" in second
    assert third.endswith("(did you mean memory?)") and caught.value.hint is None
    with pytest.raises(FileError) as caught:
        lab_of("version: 1\nguests: {a: {disk: {sizee: 1}}, b: {disk: {sizee: 1}}}")
    assert caught.value.hint == "`virt-install --disk help` lists the keys"


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
    """In the defaults, or at an anchor; mistakes at other places have lines of their places."""
    with pytest.raises(FileError, match=r"^guests.yaml:2:\S+ a\b.*\(the same for 2 other guests\)$"):
        lab_of(f"version: 1\n{text}\n")
    with pytest.raises(FileError) as caught:
        lab_of("version: 1\nguests:\n  a: {memory: x}\n  b: {memory: x}\n")
    assert len(caught.value.message.split("\n")) == 2


def test_thousands_of_mistakes_are_reported_quickly_and_briefly() -> None:
    """The first hundred, and how many more there are."""
    guests = "".join(f"  g{number}: {{after: missing{number}}}\n" for number in range(5000))
    before = time.process_time()
    with pytest.raises(FileError) as caught:
        lab_of(f"version: 1\nguests:\n{guests}")
    lines = caught.value.message.split("\n")
    assert (len(lines), lines[-1]) == (101, "and 4900 more mistakes")
    assert time.process_time() - before < 10


def test_guest_with_mistakes_causes_no_mistakes_of_others() -> None:
    """Its name, group and numbered guests are known."""
    with pytest.raises(FileError) as caught:
        lab_of("version: 1\nguests: {'w{n}': {count: 2, memory: x}, b: {after: [w, w1]}}")
    assert "\n" not in caught.value.message and "w1.memory" in caught.value.message


@pytest.mark.parametrize(
    "key", sorted({name[2:] for option in OPTIONS for name in option.names if name[:2] == "--"} - {*options_by_key()})
)
def test_option_that_is_not_a_key_is_explained(key: str) -> None:
    """What to write instead, or that it is about the run; no misleading name."""
    without_meaning = {
        *("check-cpu", "test-media-detection", "test-stub-command", "os-type", "nonsparse", "accelerate"),
        *("prompt", "force", "print-step", "vncport", "vnclisten", "keymap"),
    }
    if key == "count" or key in without_meaning:
        return
    with pytest.raises(FileError) as caught:
        lab_of(f"version: 1\nguests: {{a: {{{key}: x}}}}")
    assert "about the run" in caught.value.message or str(caught.value.hint).startswith("write ")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: {after: [x{n}]}", "quotes around values"),
        ("a: {memory: 1", "close each"),
        ("a:\n    memory: 1\n   vcpus: 1", "same column"),
        ("a:\n    memory: 1: 2", "with a colon"),
        ("a: @x", "start with @"),
        ("a: 'x", "quote is not closed"),
    ],
)
def test_mistake_of_yaml_has_a_hint(text: str, hint: str) -> None:
    """The parser's message alone does not help."""
    with pytest.raises(FileError) as caught:
        lab_of(f"version: 1\nguests:\n  {text}\n")
    assert hint in str(caught.value.hint)


def test_names_have_variables() -> None:
    """Each run of a CI job can have separate guests."""
    lab = lab_of("version: 1\nguests: {'${JOB}-db': {}, '${JOB}{n:02}': {count: 1, after: '${JOB}-db'}}", JOB="j7")
    assert [(guest.name, guest.after, guest.groups) for guest in lab.guests] == [
        ("j7-db", (), ()),
        ("j701", ("j7-db",), ("j7",)),
    ]
    lab = lab_of("version: 1\nguests: {a: {state: '${S:-absent}'}, '$${x}': {}}")
    assert [(guest.name, guest.absent) for guest in lab.guests] == [("a", True), ("${x}", False)]


@pytest.mark.parametrize(
    ("name", "group"),
    [("web", "web"), ("web{n}", "web"), ("web-{n:02}", "web"), ("{n:03}-web", "web"), ("{n}", "{n}"), ("a{n}b", "ab")],
)
def test_group_of_a_count_has_the_name_without_the_number(name: str, group: str) -> None:
    """Which Ansible accepts too."""
    (guest,) = lab_of(f"version: 1\nguests: {{'{name}': {{count: 1}}}}").guests
    assert guest.groups == (group,)


def test_guest_with_the_name_of_a_count_stands_for_itself() -> None:
    """The numbered guests are not a group then."""
    lab = lab_of("version: 1\nguests: {web: {}, 'web{n}': {count: 1}, x: {after: web}}")
    assert [(guest.name, guest.groups, guest.after) for guest in lab.guests] == [
        ("web", (), ()),
        ("web1", (), ()),
        ("x", (), ("web",)),
    ]


def test_alias_bomb_is_refused_quickly() -> None:
    """Nine levels of nine aliases each."""
    lines = ["x-0: &x0 [a, a, a, a, a, a, a, a, a]"]
    lines += [f"x-{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 10)]
    before = time.monotonic()
    with pytest.raises(FileError, match="too large"):
        lab_of("\n".join(["version: 1", *lines, "guests: {}"]))
    assert time.monotonic() - before < 5


def test_file_that_cannot_be_read_or_is_not_text(tmp_path: Path) -> None:
    """The errors name it."""
    with pytest.raises(RequestError, match=r"guests.yaml: no such file"):
        Lab.load(tmp_path / "guests.yaml")
    (tmp_path / "guests.yaml").write_bytes(b"version: \xff")
    with pytest.raises(FileError, match=r"guests.yaml:1:10: the file is not UTF-8 \(byte 0xff\)"):
        Lab.load(tmp_path / "guests.yaml")
    (tmp_path / "guests.yaml").write_bytes("\ufeff# é\n# é".encode() + b"\xe9")
    with pytest.raises(FileError, match=r"guests.yaml:2:4: "):
        Lab.load(tmp_path / "guests.yaml")


def test_project_is_the_directory_unless_named(tmp_path: Path) -> None:
    """As with Compose."""
    path = tmp_path / "guests.yaml"
    path.write_text("version: 1\nguests: {}\n")
    assert Lab.load(path).project == tmp_path.name
    path.write_text("version: 1\nproject: shop\nconnect: qemu:///session\nguests: {}\n")
    assert (Lab.load(path).project, Lab.load(path).connect) == ("shop", "qemu:///session")


def test_group_of_a_count_of_zero_is_known() -> None:
    """The number may be a variable."""
    text = "version: 1\nguests: {web: {count: '${N}', groups: [front]}, db: {after: [web, front]}}\n"
    assert [(each.name, each.after) for each in lab_of(text, N="0").guests] == [("db", ())]
    assert [each.after for each in lab_of(text, N="1").guests] == [(), ("web-1",)]
