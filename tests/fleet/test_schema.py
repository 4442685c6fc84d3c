"""The JSON Schema of a guests file, which editors use."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from virtinstall.fleet.lab import Lab
from virtinstall.fleet.nodes import FileError
from virtinstall.fleet.schema import guests_schema, schema_text

PUBLISHED = Path(__file__).parents[2] / "virtinstall" / "schema" / "guests.json"


def parse(text: str) -> Lab:
    """Return the lab of a file, without environment variables."""
    return Lab.parse(text, "guests.yaml", variables={})


def test_published_schema_is_current() -> None:
    """To update it, run `python -m tests.cases --regenerate`."""
    assert PUBLISHED.read_text() == schema_text()
    jsonschema.Draft202012Validator.check_schema(guests_schema())


class Editor(yaml.SafeLoader):
    """YAML 1.2 loader, as in an editor: numbers, true, false and null have types."""


Editor.yaml_implicit_resolvers = {}
for _tag, _pattern in (
    ("bool", r"true|false"),
    ("null", r"null|~|"),
    ("int", r"[-+]?[0-9]+"),
    ("float", r"[-+]?[0-9]+\.[0-9]*"),
    ("merge", "<<"),
):
    Editor.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), None)
Editor.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))


def with_text_keys(value: Any) -> Any:
    """Return the value with text as the keys of mappings, as in JSON."""
    if isinstance(value, dict):
        return {str(key): with_text_keys(each) for key, each in value.items()}
    return [with_text_keys(each) for each in value] if isinstance(value, list) else value


_GUEST_VALUES = {
    True: [
        *("memory: 2G", "memory: 012", "memory: {memory: 64}", "memory: null", "memory: [64]", "vcpus: 2"),
        *("disk: none", "disk: []", "disk: [{size: 1}, 'size=2']", "disk: {driver.queue_size: 4}", "disk: null"),
        *("disk: {driver: {queue_size: 4}}", "import: true", "import: yes", "import: 1", "import: null"),
        *("cloud-init: {user: a}", "cloud-init: true", "cloud-init: {packages: [a, b]}", "metadata: {title: on}"),
        *("count: 3", "count: '3'", "count: null", "count: '${N:-2}'", "count: 0", "state: absent", "state: null"),
        *("state: '${S:-present}'", "after: null", "after: []", "groups: 3", "groups: [1st, 2, true]", "groups: null"),
        *(
            "host: null",
            "wait-for: ssh",
            "osinfo: {name: generic}",
            "xml: ['./@a=b']",
            "extra-args: [a=1]",
            "boot: uefi",
        ),
        "network: [{network: default, ip: [10.0.0.1, 'fd00::1']}]",
    ],
    False: [
        *("memroy: 1", "cloud-init: {usr: a}", "disk: [null]", "disk: [[1]]", "import: [true]", "import: {a: 1}"),
        *("count: x", "count: -1", "count: 3.5", "count: true", "count: [3]", "count: 200000", "state: gone"),
        *("state: [absent]", "after: [null]", "after: {a: 1}", "groups: ''", "groups: [[a]]", "spread: []"),
        *("host: {a: b}", "wait-for: [ssh]", "name: x", "ram: 1", "print-xml: true"),
        *("extra-args: {a: 1}", "virt-type: [qemu]"),
    ],
}
_FILES = {
    True: [
        *("version: '1'\nguests: {}", "version: 1\nguests: {a: , 9: {}}", "version: 1\nproject: 2024\nguests: {}"),
        *("version: 1\nproject: null\nconnect: null\nhosts: null\ndefaults: null\nguests: {}",),
        *("version: 1\nhosts: {1: x}\nguests: {a: {host: 1}}", "version: 1\nx-a: [1]\nguests: {}"),
        *("version: 1\nhosts: {a: {connect: 'test:///default'}}\nguests: {}",),
    ],
    False: [
        *("version: 2\nguests: {}", "version: 1", "version: 1\nguests:\n", "version: 1\nguests: {a: 3}"),
        *("version: 1\nguests: []", "version: 1\nproject: [a]\nguests: {}", "version: 1\nhosts: []\nguests: {}"),
        *("version: 1\nhosts: {a: {}}\nguests: {}", "version: 1\nhosts: {a: null}\nguests: {}"),
        *("version: 1\nfoo: 1\nguests: {}", "version: 1\ndefaults: {memry: 2}\nguests: {}"),
        *("version: 1\nguests: {a/b: {}}", "version: 1\nguests: {'': {}}", "version: 1\nguests: {' a': {}}"),
    ],
}


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        *((f"version: 1\nguests: {{g: {{{each}}}}}", valid) for valid, many in _GUEST_VALUES.items() for each in many),
        *((each, valid) for valid, many in _FILES.items() for each in many),
    ],
)
def test_schema_and_loader_accept_the_same_files(text: str, valid: bool) -> None:
    """The next test contains the mistakes that only the loader finds."""
    try:
        parse(text)
        accepted = True
    except FileError:
        accepted = False
    document = with_text_keys(yaml.load(text, Editor))
    assert (accepted, jsonschema.Draft202012Validator(guests_schema()).is_valid(document)) == (valid, valid)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("memory: on", "must be a size"),
        ("after: x", "no such guest or group"),
        ("host: x", "unknown host"),
        ("disk: {nope: 1}", "unknown key"),
        ("timeout: 5m", "requires --wait-for"),
        ("boot: {order: [hd, cdrom]}", "g.boot.order: unknown key"),
        ("disk: [{size: [1, 2]}]", r"g.disk\[0\].size: must be a single value, not a list"),
    ],
)
def test_mistakes_that_only_the_loader_finds(values: str, message: str) -> None:
    """The schema does not depend on the version of libvirt, and cannot check references between guests."""
    with pytest.raises(FileError, match=message):
        parse(f"version: 1\nguests: {{g: {{{values}}}}}")
