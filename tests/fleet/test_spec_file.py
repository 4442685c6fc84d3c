"""`virt-install ... --output spec`: the guests file has the same request as the command line."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

from tests.options.test_published_lines import LINES as PUBLISHED
from virtinstall.cli.main import main
from virtinstall.errors import RequestError
from virtinstall.fleet.lab import Lab
from virtinstall.fleet.spec_file import spec_document, spec_text
from virtinstall.options.command import parse_request
from virtinstall.options.legacy import rewrite
from virtinstall.options.parser import parse_argv
from virtinstall.options.table import OPTIONS
from virtinstall.request import Request

EXAMPLES = Path(__file__).parents[2] / "docs" / "option_examples.txt"
CASES = Path("/work/shared/conformance/cases.json")

LINES = [
    ["--memory", "64", "--disk", "size=1", "--import"],
    ["--disk", "/a b.img,bus=scsi,size=.5", "--disk", "none", "--pxe"],
    ["--disk", r"path=/a\,b.img,readonly=on", "--disk", '"/q,r.img",format=raw'],
    ["--network", "bridge=br0,mac=52:54:00:01:02:03", "--network", "user,portForward0.proto=tcp"],
    ["--cpu", "host-passthrough,+vmx,-svm", "--vcpus", "4,maxvcpus=8,sockets=2"],
    ["--boot", "hd,cdrom,menu=on", "--boot", "uefi"],
    ["--boot", "uefi=on,loader.secure=no"],
    ["--xml", "./@foo=bar", "--xml", "xpath.delete=./devices"],
    ["--qemu-commandline=-device 'a,b'", "--qemu-commandline", "env=A=B"],
    ["--cloud-init"],
    ["--cloud-init", "user=a,packages=x,y,run=echo a; echo b"],
    ["--unattended", "profile=desktop"],
    ["--location", "https://x/,kernel=a,initrd=b", "-x", "a=1,b", "-x", "c", "--initrd-inject", "/x"],
    ["--metadata", "title={n} ${HOME} {{name}} $${X},description=a\nb"],
    ["--hvm", "--arch", "x86_64", "--machine", "q35", "--virt-type", "qemu", "--noreboot", "--autostart"],
    ["--paravirt"],
    ["--container", "--boot", "init=/bin/sh"],
    ["--check", "path_in_use=off", "--check", "disk_size=off", "--osinfo", "detect=on,name=linux2022"],
    ["--ram", "1", "--vnc", "--vncport", "5901", "--nodisks", "--nonetworks", "--noapic"],
    ["-f", "/a", "-s", "1", "--nonsparse", "-b", "br0", "-m", "52:54:00:01:02:03"],
    ["--wait-for", "ssh", "--timeout", "5m"],
    ["--image", "debian12,size=10", "--disk", "size=2"],
    ["--clock", "offset=utc,timer0.name=rtc,timer0.present=no", "--features", "acpi=off,hyperv.relaxed.state=on"],
    ["--graphics", "vnc,password=on,port=-1", "--controller", "usb3", "--tpm", "default", "--rng", "none"],
    ["--sysinfo", "bios.vendor=no,system.manufacturer=012", "--install", "no_install=yes"],
    ["--disk", "path=/x,driver.queue_size=4,source.startupPolicy=optional,clearxml=no,xpath0.set=./@a=b"],
]


# values for old options that do not accept any text
OLD_VALUES = {"ram": "64", "cpuset": "0-1", "uuid": "12345678-1234-4234-8234-123456789012", "file_size": "1.5"}
OLD_VALUES |= {
    "vnclisten": "0.0.0.0",
    "keymap": "de",
    "vncport": "5901",
    "mac": "52:54:00:01:02:03",
    "host_device": "usb_1_2",
    "soundhw": "ac97",
}
# old options without another spelling
PRESENT = ("--livecd",)
# options that print something, or that are for tests
NO_GUESTS = ("test_media_detection", "test_stub_command", "print_step")


def old_lines() -> list[list[str]]:
    """Return each old option in each of its spellings."""
    found = []
    for option in OPTIONS:
        key = option.names[-1].lstrip("-").replace("-", "_")
        for name in option.names if option.hidden and key not in NO_GUESTS else ():
            found.append([name] if option.argument == "none" else [name, OLD_VALUES.get(key, "/a,b'c")])
    return found


def published_lines() -> list[list[str]]:
    """Return published command lines, with one path for all files, and the examples of the manual."""
    words = [shlex.split(re.sub(r"\{\w+\}", "/x/file", line).partition(" ")[2]) for line in PUBLISHED]
    words += [shlex.split(line.removeprefix("virt-install ")) for line in EXAMPLES.read_text().splitlines()]
    return [argv for argv in words if is_understood(argv)]


def is_understood(argv: list[str]) -> bool:
    """Return whether a command line is valid and describes one new guest."""
    try:
        parse_request(argv)
    except (RequestError, SystemExit):
        return False
    return not {"--count", "--finish", "--reinstall"} & set(argv)


def conformance_lines() -> list[list[str]]:
    """Return the valid command lines of the conformance cases."""
    if not CASES.exists():
        return []
    cases = [case for group in json.loads(CASES.read_text()).values() if isinstance(group, list) for case in group]
    cases = [case for case in cases if isinstance(case, dict) and case["app"] == "virt-install"]
    return [case["argv"] for case in cases if case["kind"] != "invalid" and not case.get("env")]


def comparable(request: Request) -> dict[str, Any]:
    """Return the part of a request that determines the guest, as plain data."""
    install = request.install
    if install.assume_import and not install.replace(assume_import=False).has_method:
        install = install.replace(boot_disk=True)
    domain = request.domain
    return {
        "xml": etree.tostring(domain.clone().ensure_node(), encoding="unicode"),
        "settings": [repr(domain.settings), *(repr(device.settings) for device in domain.devices)],
        "install": install.replace(assume_import=False),
        **{name: getattr(request, name) for name in ("os", "platform", "checks", "without")},
        "run": request.run.replace(autoconsole="default", wait_minutes=None, destroy_on_exit=False),
    }


def written(argv: list[str]) -> str:
    """Return the guests file for a command line."""
    given = parse_argv(argv)
    rewrite(given)
    return spec_text(given)


def check(argv: list[str]) -> None:
    """Check that the guest of the file equals that of the command line."""
    named = (
        argv
        if any(word in ("--name", "-n") or word.startswith("--name=") for word in argv)
        else [*argv, "--name", "guest"]
    )
    wanted = parse_request(named)
    (guest,) = Lab.parse(written(named)).guests
    assert guest.request is not None
    assert comparable(guest.request) == comparable(wanted)
    assert guest.name == wanted.domain.name


@pytest.mark.parametrize("argv", LINES, ids=" ".join)
def test_file_has_the_same_request(argv: list[str]) -> None:
    """--print-xml does not affect the file."""
    check(argv)
    check([*argv, "--print-xml"])


@pytest.mark.parametrize("argv", old_lines(), ids=" ".join)
def test_old_options_have_the_same_request(argv: list[str]) -> None:
    """The file contains the current name of the option."""
    assert is_understood(argv)
    check(argv)
    assert f"\n    {argv[0].lstrip('-')}:" not in written([*argv, "--name", "a"]) or argv[0] in PRESENT


@pytest.mark.parametrize("argv", published_lines(), ids=lambda argv: " ".join(argv)[:60])
def test_published_lines_have_the_same_request(argv: list[str]) -> None:
    """They are command lines from guides and scripts."""
    check(argv)


@pytest.mark.skipif(not CASES.exists(), reason="the conformance cases are not on this machine")
def test_every_conformance_line_has_the_same_request() -> None:
    """virt-install accepts all of them."""
    checked = 0
    for argv in conformance_lines():
        try:
            wanted = parse_request(argv)
        except RequestError:
            continue
        if wanted.install.reinstall is None:
            check(argv)
            checked += 1
    assert checked > 50


def test_spec_is_short_and_readable(capsys: pytest.CaptureFixture[str]) -> None:
    """Sub-options are mappings, and numbers have no quotes."""
    words = ["--connect", "test:///default", "-n", "web", "--memory", "2048", "--disk", "size=20,bus=scsi", "--import"]
    assert main([*words, "--output", "spec"]) == 0
    assert capsys.readouterr().out == (
        "version: 1\nconnect: test:///default\nguests:\n  web:\n    memory: 2048\n    import: true\n"
        "    disk:\n    - size: 20\n      bus: scsi\n"
    )


def test_spec_of_an_invalid_command_line_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """No file is printed."""
    assert main(["--disk", "sizee=1", "--output", "spec"]) == 1
    assert main(["--reinstall", "x", "--output=spec"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "" and "sizee" in printed.err and "--reinstall" in printed.err


def test_ambiguous_text_is_quoted() -> None:
    """Other YAML parsers could read it as a number or a boolean."""
    given = parse_argv(["--name", "on", "--metadata", "title=012,description=1:20"])
    document = yaml.safe_load(spec_text(given))
    assert document == spec_document(given)
    assert document["guests"]["on"]["metadata"] == {"title": "012", "description": "1:20"}
