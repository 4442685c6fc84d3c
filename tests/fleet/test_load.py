"""A guests file: the meaning of its values, and the handling of YAML's special cases."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from virtinstall.errors import RequestError
from virtinstall.fleet.lab import Lab
from virtinstall.fleet.nodes import FileError
from virtinstall.options.command import parse_request


def lab_of(text: str, **variables: str) -> Lab:
    """Return the lab of a file."""
    return Lab.parse(text, "guests.yaml", variables=variables)


def one(values: str, **variables: str) -> Any:
    """Return the request for the guest `web` with these values (a flow mapping)."""
    return lab_of(f"version: 1\nguests:\n  web: {values}\n", **variables).guests[0].request


def domain(request: Any) -> str:
    """Return the XML of the request."""
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
def test_value_has_the_same_effect_as_the_option(values: str, argv: list[str]) -> None:
    """It may be text, a mapping or a list."""
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
def test_scalars_are_text(value: str) -> None:
    """Booleans, octal and sexagesimal numbers, and dates of YAML are used as they are written."""
    assert one(f"{{metadata: {{title: {value}}}}}").domain.title == value.strip("'")


def test_json_is_a_guests_file() -> None:
    """The output of json.dumps is read, also with tabs and escapes."""
    title = "☃ \U0001f600 / \\ \t"
    document = {"version": 1, "guests": {"web": {"metadata": {"description": title}, "disk": [{"size": 1}]}}}
    for text in (json.dumps(document), json.dumps(document, indent="\t"), json.dumps(document, ensure_ascii=False)):
        assert lab_of(text).guests[0].request.domain.description == title  # type: ignore[union-attr]


def test_sub_options_of_defaults_are_merged() -> None:
    """A list of devices replaces that of the defaults; null unsets a value."""
    lab = lab_of(
        "version: 1\n"
        "defaults: {memory: {memory: 1G, maxmemory: 4G}, disk: [{size: 1}, {size: 2}], boot: uefi}\n"
        "guests: {a: {memory: {memory: 2G}, disk: {size: 3}}, b: {boot: null}, c: }\n"
    )
    a, b, c = (dict(guest.options) for guest in lab.guests)
    assert a == {"boot": ("uefi",), "memory": ("memory=2G,maxmemory=4G",), "disk": ("size=3",)}
    assert b == {"memory": ("memory=1G,maxmemory=4G",), "disk": ("size=1", "size=2")}
    assert c == {**b, "boot": ("uefi",)}


def test_anchors_and_merge_keys_are_supported() -> None:
    """`<<` adds the keys that the mapping lacks."""
    lab = lab_of(
        "version: 1\nx-small: &small {memory: 64, vcpus: 1}\nguests:\n"
        "  a: {<<: *small, memory: 128}\n  b: {memory: 256, <<: [*small]}\n  c: *small\n"
    )
    assert [dict(guest.options) for guest in lab.guests] == [
        {"memory": (memory,), "vcpus": ("1",)} for memory in ("128", "256", "64")
    ]


def test_count_replaces_n_and_name_in_values() -> None:
    """The guests are NAME-1 to NAME-N; {{n}} is literal text."""
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
def test_exclusive_values_with_count_are_errors(clash: str) -> None:
    """One error with a hint is reported for all guests."""
    with pytest.raises(FileError, match=r"guests.yaml:3:3: web-2: .* is already in use by the guest 'web-1'") as caught:
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
def test_variables_are_replaced(text: str, value: str) -> None:
    """The syntax is that of Compose."""
    request = one(f"{{metadata: {{title: 't {text}'}}}}", A="1", EMPTY="")
    assert request.domain.title == f"t {value}"


def test_after_names_guests_and_groups() -> None:
    """A group represents all its guests."""
    lab = lab_of("version: 1\nguests: {db: {count: 2}, web: {after: db, groups: [front]}, x: {after: [front, db-1]}}")
    assert [guest.after for guest in lab.guests] == [(), (), ("db-1", "db-2"), ("web", "db-1")]
    assert [guest.name for guest in lab.chosen(["front", "db-2"])] == ["db-2", "web"]
    with pytest.raises(RequestError, match=r"no such guest or group: 'wep'"):
        lab.chosen(["wep"])
    with pytest.raises(RequestError, match="'names' must be a list, not the string 'web'"):
        lab.chosen("web")


def test_names_may_contain_variables() -> None:
    """A CI job can use them for guests of its run."""
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
    """Ansible accepts this name as well."""
    (guest,) = lab_of(f"version: 1\nguests: {{'{name}': {{count: 1}}}}").guests
    assert guest.groups == (group,)


def test_guest_with_the_name_of_a_count_is_not_a_group() -> None:
    """The numbered guests have no group then."""
    lab = lab_of("version: 1\nguests: {web: {}, 'web{n}': {count: 1}, x: {after: web}}")
    assert [(guest.name, guest.groups, guest.after) for guest in lab.guests] == [
        ("web", (), ()),
        ("web1", (), ()),
        ("x", (), ("web",)),
    ]


def test_alias_bomb_is_an_error() -> None:
    """The file has nine levels of nine aliases each."""
    lines = ["x-0: &x0 [a, a, a, a, a, a, a, a, a]"]
    lines += [f"x-{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 10)]
    before = time.monotonic()
    with pytest.raises(FileError, match="the aliases expand to more than 2000000 values"):
        lab_of("\n".join(["version: 1", *lines, "guests: {}"]))
    assert time.monotonic() - before < 5


def test_missing_or_binary_file_is_an_error(tmp_path: Path) -> None:
    """The error names the file, and the position of an invalid byte."""
    with pytest.raises(RequestError, match=r"no such guests file: .*guests.yaml"):
        Lab.load(tmp_path / "guests.yaml")
    (tmp_path / "guests.yaml").write_bytes(b"version: \xff")
    with pytest.raises(FileError, match=r"guests.yaml:1:10: the file is not valid UTF-8: invalid byte 0xff"):
        Lab.load(tmp_path / "guests.yaml")
    (tmp_path / "guests.yaml").write_bytes("\ufeff# é\n# é".encode() + b"\xe9")
    with pytest.raises(FileError, match=r"guests.yaml:2:4: "):
        Lab.load(tmp_path / "guests.yaml")


def test_default_project_is_the_name_of_the_directory(tmp_path: Path) -> None:
    """Compose has the same default."""
    path = tmp_path / "guests.yaml"
    path.write_text("version: 1\nguests: {}\n")
    assert Lab.load(path).project == tmp_path.name
    path.write_text("version: 1\nproject: shop\nconnect: qemu:///session\nguests: {}\n")
    assert (Lab.load(path).project, Lab.load(path).connect) == ("shop", "qemu:///session")


def test_group_of_a_count_of_zero_exists() -> None:
    """The count may be a variable."""
    text = "version: 1\nguests: {web: {count: '${N}', groups: [front]}, db: {after: [web, front]}}\n"
    assert [(each.name, each.after) for each in lab_of(text, N="0").guests] == [("db", ())]
    assert [each.after for each in lab_of(text, N="1").guests] == [(), ("web-1",)]
