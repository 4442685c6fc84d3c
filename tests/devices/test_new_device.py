"""A new device needs one file and one row of the table."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "virtinstall"

CLASS = '''"""`--sparkler`: a light on the outside of the guest."""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT


class Sparkler(Device):
    """<sparkler>: shows that the guest is alive."""

    tag = "sparkler"

    color: XmlField[str] = XmlField("./@color", TEXT, "Color of the light.")
    period_ms: XmlField[int] = XmlField("./period/@ms", INTEGER, "Milliseconds between two flashes.")
'''
ROW = '    DeviceRow("sparkler", "Sparkler", "--sparkler", "Light on the outside."),\n'
PREVIEW = (
    *("--connect", "test:///default", "--name", "b", "--memory", "64", "--disk", "none", "--import"),
    *("--osinfo", "generic", "--network", "none", "--panic", "default", "--vsock", "cid.auto=yes"),
    *("--print-xml", "--sparkler", "color=red,period.ms=500"),
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with the new file and the new row."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copytree(PACKAGE, folder / "virtinstall", ignore=shutil.ignore_patterns("__pycache__"))
    devices = folder / "virtinstall" / "devices"
    (devices / "sparkler.py").write_text(CLASS)
    table = devices / "table.py"
    before = table.read_text()
    table.write_text(before.replace('    DeviceRow("shmem"', ROW + '    DeviceRow("shmem"'))
    assert table.read_text() != before
    return folder


def run(tree: Path, *arguments: str) -> str:
    """Return the output of a Python program in that tree."""
    environ = {**os.environ, "PYTHONPATH": str(tree), "XDG_CACHE_HOME": str(tree)}
    done = subprocess.run(
        [sys.executable, *arguments], env=environ, cwd=tree, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def virt_install(tree: Path, *arguments: str) -> str:
    """Return the output of virt-install of that tree."""
    return run(tree, "-c", "from virtinstall.cli.process import virt_install; virt_install()", *arguments)


def test_help_has_the_option_and_its_attributes(tree: Path) -> None:
    """They are derived from the declaration."""
    assert "--sparkler" in virt_install(tree, "--help")
    shown = virt_install(tree, "--sparkler", "help")
    for text in ("color", "period.ms", "Color of the light.", "Milliseconds between two flashes."):
        assert text in shown


def test_xml_has_the_device_in_the_correct_position(tree: Path) -> None:
    """It is between the other devices, in libvirt's order."""
    xml = virt_install(tree, *PREVIEW)
    assert '<sparkler color="red">\n      <period ms="500"/>\n    </sparkler>' in xml
    assert xml.index("<panic") < xml.index("<sparkler") < xml.index("<vsock")


def test_completion_and_manual_have_the_option(tree: Path) -> None:
    """They contain the attributes as well."""
    complete = "from virtinstall.options.complete import candidates; print(*candidates('virt-install', ['{}', '{}']))"
    assert "'--sparkler'" in run(tree, "-c", complete.format("", "--spar"))
    assert "'color='" in run(tree, "-c", complete.format("--sparkler", "col"))
    shown = run(tree, "-c", "from virtinstall.options.manual import sub_options_section as text; print(text())")
    assert "sparkler" in shown and "period.ms" in shown


def test_library_has_the_class(tree: Path) -> None:
    """Its values are checked, and a parsed device has the class."""
    program = (
        "from virtinstall import Domain, FieldError\n"
        "from virtinstall.devices import Sparkler\n"
        "domain = Domain(devices=[Sparkler(color='red')])\n"
        "print(type(Domain.parse(domain.to_xml()).devices[0]).__name__)\n"
        "try:\n    Sparkler(period_ms='x')\nexcept FieldError as error:\n    print(error)\n"
    )
    assert run(tree, "-c", program) == "Sparkler\nSparkler: 'period_ms' must be int or None, not str 'x'\n"


def test_virt_xml_has_the_option(tree: Path) -> None:
    """--build-xml creates the device."""
    program = "from virtinstall.cli.process import virt_xml; virt_xml()"
    shown = run(tree, "-c", program, "--connect", "test:///default", "--build-xml", "--sparkler", "color=red")
    assert shown == '<sparkler color="red"/>\n'
