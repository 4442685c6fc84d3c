"""`virt-install --count N`: several guests from one command line."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
import yaml

import virtinstall
from virtinstall import Hypervisor, Lab, RequestError
from virtinstall.cli.main import main
from virtinstall.fleet.several import create_all, numbered_guests, numbered_names
from virtinstall.fleet.spec_file import spec_text
from virtinstall.options.legacy import rewrite
from virtinstall.options.parser import parse_argv

URI = "test:///default"
ONE = ["--memory", "64", "--disk", "none", "--network", "none", "--import", "--osinfo", "generic"]


def guests(*words: str) -> Any:
    """Return the guests of a command line."""
    given = parse_argv([*ONE, *words])
    rewrite(given)
    return numbered_guests(given)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("web", ["web-1", "web-2"]),
        ("web{n}", ["web1", "web2"]),
        ("web{n:02}", ["web01", "web02"]),
        ("n{n:02x}.lan", ["n01.lan", "n02.lan"]),
    ],
)
def test_names_have_numbers(name: str, names: list[str]) -> None:
    """The number is appended, or replaces {n}."""
    assert numbered_names(name, 2) == names
    assert [each.name for each in guests("--name", name, "--count", "2")] == names


def test_number_and_name_are_replaced_in_all_values() -> None:
    """The values may be text or lists."""
    made = guests(
        *("--name", "web", "--count", "2", "--metadata", "title={name}:{n}", "--mac", "52:54:00:00:00:{n:02x}"),
        *("--serial", "file,path=/tmp/{name}.log"),
    )
    domains = [each.request.domain for each in made]
    assert [each.title for each in domains] == ["web-1:1", "web-2:2"]
    assert [each.devices_of(virtinstall.Interface)[0].mac_address for each in domains[1:]] == ["52:54:00:00:00:02"]


@pytest.mark.parametrize(
    "words",
    [
        ("--mac", "52:54:00:00:00:01"),
        ("--uuid", "11111111-2222-4333-8444-555555555555"),
        ("--disk", "/tmp/shared.qcow2,size=1"),
        ("--disk", "vol=default/x"),
        ("--graphics", "vnc,port=5901"),
        ("--graphics", "spice,tlsport=5901"),
        ("--serial", "tcp,host=:2300,mode=bind"),
        ("--serial", "unix,path=/tmp/s,mode=bind"),
        ("--serial", "file,path=/tmp/log"),
        ("--serial", "pty,log.file=/tmp/log"),
        ("--hostdev", "0000:01:00.0"),
        ("--network", "hostdev=0000:01:00.0"),
        ("--network", "passt,portForward=2222:22"),
        ("--network", "network=default,ip=192.168.122.10"),
        ("--vsock", "cid=5"),
    ],
)
def test_values_that_guests_cannot_share_are_errors(words: tuple[str, str]) -> None:
    """The hint suggests {n} as a part of the value."""
    with pytest.raises(RequestError) as caught:
        guests("--name", "web", "--count", "2", *words)
    assert caught.value.message.startswith(("web-2: the ", "web-2: port ")) and "{n}" in str(caught.value.hint)
    assert caught.value.message.endswith(" is already in use by the guest 'web-1'")
    assert guests("--name", "web", "--count", "1", *words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--count", "0", "--name", "a"), "--count 0"),
        (("--count", "2"), "--count requires --name"),
        (("--count", "2", "--name", "web{n:q}"), "invalid placeholder '{n:q}'$"),
        (
            ("--count", "2", "--name", "a", "--autoconsole", "text"),
            "--autoconsole text cannot",
        ),
        (("--count", "2", "--name", "a", "--reinstall", "a"), "--reinstall"),
    ],
)
def test_options_that_contradict_count_are_errors(words: tuple[str, ...], message: str) -> None:
    """The message names the option."""
    with pytest.raises(RequestError, match=message):
        guests(*words)


def test_summary_has_the_number_of_created_guests(hypervisor: Hypervisor, capsys: pytest.CaptureFixture[str]) -> None:
    """Three guests are created."""
    assert main(["--connect", URI, "--name", "web", "--count", "3", *ONE]) == 0
    assert {"web-1", "web-2", "web-3"} <= {each.name for each in hypervisor.guests()}
    assert "3 of 3 guests created." in capsys.readouterr().out


def test_name_in_use_prevents_all_guests(hypervisor: Hypervisor) -> None:
    """All guests are planned before the first one is created."""
    assert main(["--connect", URI, "--name", "web-2", *ONE]) == 0
    assert main(["--connect", URI, "--name", "web", "--count", "3", *ONE]) == 1
    assert {each.name for each in hypervisor.guests()} == {"test", "web-2"}


def test_failure_of_one_guest_does_not_affect_the_others(hypervisor: Hypervisor) -> None:
    """The failed guest does not exist afterwards."""
    plans = [hypervisor.plan(each.request) for each in guests("--name", "web", "--count", "3")]
    plans[1].final.on_crash = "rubbish"
    outcomes = create_all(plans, hypervisor)
    assert [each.status for each in outcomes] == ["done", "failed", "done"]
    assert {each.name for each in hypervisor.guests()} == {"test", "web-1", "web-3"}


def test_json_lists_all_guests(hypervisor: Hypervisor, capsys: pytest.CaptureFixture[str]) -> None:
    """Previews are printed for all guests as well."""
    assert main(["--connect", URI, "--name", "web", "--count", "2", *ONE, "--output", "json", "--dry-run"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert ([each["name"] for each in document["guests"]], document["changed"]) == (["web-1", "web-2"], False)
    schema = json.loads((files("virtinstall") / "schema" / "output.json").read_text())
    jsonschema.validate(document, schema)
    assert main(["--connect", URI, "--name", "web", "--count", "2", *ONE, "--print-xml"]) == 0
    assert capsys.readouterr().out.count("<domain ") == 2


def test_spec_contains_the_count() -> None:
    """{n} and {name} have the same meaning in the guests file."""
    given = parse_argv([*ONE, "--name", "web{n:02}", "--count", "2", "--metadata", "title={n} of {name} ${x}"])
    text = spec_text(given)
    assert yaml.safe_load(text)["guests"]["web{n:02}"]["count"] == 2
    lab = Lab.parse(text)
    assert [(each.name, each.request.domain.title) for each in lab.guests if each.request is not None] == [
        ("web01", "1 of web01 ${x}"),
        ("web02", "2 of web02 ${x}"),
    ]


def test_kubevirt_output_has_a_manifest_for_each_guest(capsys: pytest.CaptureFixture[str]) -> None:
    """The names in the manifests have numbers."""
    words = ["--name", "web", "--count", "2", "--memory", "64", "--import", "--osinfo", "generic"]
    assert main([*words, "--disk", "size=1", "--network", "default", "--output", "kubevirt"]) == 0
    documents = list(yaml.safe_load_all(capsys.readouterr().out))
    assert [each["metadata"]["name"] for each in documents] == ["web-1", "web-2"]
