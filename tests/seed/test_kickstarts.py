"""kickstarts/: each file is complete, valid for the program that reads it, and contains no known password."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from lxml import etree

from tests.seed.cloud_config import check_by_cloud_init
from virtinstall.seed.login import refusal_reason

FILES = Path(__file__).parents[2] / "kickstarts"
NAMES = sorted(path.name for path in FILES.iterdir() if path.name != "README.md")
PASSED_BY_NAME = {"windows-11-autounattend.xml"}


def text(name: str) -> str:
    """Return the content of one of the files."""
    return (FILES / name).read_text()


def run(*argv: str) -> str:
    """Return the output of a program that accepts the file."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_readme_lists_all_files() -> None:
    """It lists existing files only."""
    named = re.findall(r"^\| `([^`]+)` \|", text("README.md"), re.MULTILINE)
    assert sorted(named) == NAMES


@pytest.mark.parametrize("name", sorted(set(NAMES) - PASSED_BY_NAME))
def test_no_account_has_a_known_password(name: str) -> None:
    """The login requires an SSH key that the reader must insert; the placeholder is not a valid key."""
    content = text(name)
    assert "replace+this+with+your+own+key" in content
    assert not re.search(r"\$[156y]\$", content), "a hash that is public is a known password"


@pytest.mark.parametrize(
    ("name", "system"), [("fedora-minimal.ks", "F34"), ("fedora-minimal.ks", "F36"), ("rhel-9.ks", "RHEL9")]
)
def test_kickstarts_are_valid(name: str, system: str) -> None:
    """pykickstart, anaconda's parser, accepts them for these versions."""
    parser = pytest.importorskip("pykickstart.parser")
    version = pytest.importorskip("pykickstart.version")
    reader = parser.KickstartParser(version.makeVersion(system))
    reader.readKickstart(str(FILES / name))
    assert reader.handler.rootpw.lock is True
    assert "qemu-guest-agent" in reader.handler.packages.packageList


@pytest.mark.skipif(shutil.which("debconf-set-selections") is None, reason="needs debconf")
def test_preseed_is_valid() -> None:
    """debconf accepts it."""
    run("debconf-set-selections", "--checkonly", str(FILES / "debian.preseed.cfg"))


def test_installers_accept_the_logins() -> None:
    """The installers would reject `admin`, for example."""
    (preseed,) = re.findall(r"passwd/username string (.*)", text("debian.preseed.cfg"))
    identity = yaml.safe_load(text("ubuntu-autoinstall-user-data.yaml"))["autoinstall"]["identity"]
    assert refusal_reason(preseed, "preseed") is None
    assert refusal_reason(identity["username"], "autoinstall") is None


def test_autoinstall_has_what_subiquity_requires() -> None:
    """It has version 1, an identity, and the header of cloud-config."""
    content = text("ubuntu-autoinstall-user-data.yaml")
    assert content.startswith("#cloud-config\n")
    answers = yaml.safe_load(content)["autoinstall"]
    assert answers["version"] == 1
    assert set(answers["identity"]) == {"hostname", "username", "password"}


def test_user_data_is_valid() -> None:
    """cloud-init's schema accepts it."""
    check_by_cloud_init(text("cloud-init-user-data.yaml"))


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("opensuse-autoyast.xml", "{http://www.suse.com/1.0/yast2ns}profile"),
        ("windows-11-autounattend.xml", "{urn:schemas-microsoft-com:unattend}unattend"),
    ],
)
def test_xml_has_the_root_element_of_its_format(name: str, root: str) -> None:
    """It is well-formed."""
    assert etree.parse(str(FILES / name)).getroot().tag == root


def test_agama_profile_has_product_storage_and_root() -> None:
    """Agama requires a product and a login for root."""
    profile = json.loads(text("agama.json"))
    assert profile["product"]["id"] == "openSUSE_Leap"
    assert {"storage", "root", "software"} <= set(profile)


@pytest.mark.parametrize("name", [*NAMES, "README.md"])
def test_virt_install_parses_the_commands(name: str) -> None:
    """Each command that a file shows is parsed unchanged."""
    from virtinstall.options.parser import parse_argv

    lines = [line.removeprefix("#") for line in text(name).splitlines()]
    commands = re.findall(r"virt-install ((?:.*\\\n)*.*)", "\n".join(lines))
    for command in commands:
        if not command.startswith("--name"):
            continue
        import shlex

        args = shlex.split(command.replace("\\\n", " "))
        assert parse_argv(args, "virt-install").name
