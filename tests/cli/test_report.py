"""`--output json`: one document that conforms to its schema, whatever happens."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree

import virtinstall
from virtinstall.cli.main import main

# each test creates the guest `web`
pytestmark = pytest.mark.usefixtures("fresh_test_driver")
SCHEMA = json.loads(Path(virtinstall.__file__).parent.joinpath("schema", "output.json").read_text())
GUEST = ["--connect", "test:///default", "--name", "web", "--memory", "1024", "--osinfo", "debian11", "--import"]


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, Any]:
    """Run virt-install; return the exit status and the JSON document, which the schema allows."""
    status = main([*GUEST, *args, "--output", "json"])
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    assert document["exit_status"] == status
    return status, document


def test_document_of_a_dry_run_lists_the_actions(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was changed, and the guest has no state."""
    status, document = printed(capsys, "--disk", "size=5,path=/var/tmp/web.qcow2", "--autostart", "--dry-run")

    assert status == 0
    assert document["changed"] is False
    assert document["state"] is None
    assert document["disks"] == [{"path": "/var/tmp/web.qcow2", "pool": None, "format": "qcow2", "bytes": 5 << 30}]
    assert [action["kind"] for action in document["actions"]] == ["make-image", "define", "start", "autostart"]


def test_document_of_print_xml_contains_the_xml(capsys: pytest.CaptureFixture[str]) -> None:
    """The XML is not printed separately."""
    _, document = printed(capsys, "--disk", "none", "--print-xml")

    assert document["xml"].startswith("<domain")
    assert document["install_xml"] is None


def test_document_of_a_created_guest_has_its_state(capsys: pytest.CaptureFixture[str]) -> None:
    """It also contains the name and the MAC addresses."""
    _, document = printed(capsys, "--disk", "none", "--noautoconsole")

    assert document["changed"] is True
    assert document["state"] == "running"
    assert document["name"] == "web"
    assert len(document["macs"]) == 1


def test_generated_passwords_are_in_the_document(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A script can log in with the password of each account; the document of a preview contains no passwords."""
    image = tmp_path / "cloud.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(image), "1G"], check=True)
    args = ["--disk", str(image), "--noautoconsole"]
    args += ["--cloud-init", "root-password-generate=on,user=anna,user-password-generate=on"]
    _, preview = printed(capsys, *args, "--dry-run")
    _, document = printed(capsys, *args)

    assert preview["passwords"] == {}
    assert sorted(document["passwords"]) == ["anna", "root"]
    assert all(len(password) >= 16 for password in document["passwords"].values())
    assert len(set(document["passwords"].values())) == 2


def test_document_without_passwords_has_an_empty_object(capsys: pytest.CaptureFixture[str]) -> None:
    """The key `passwords` is always present."""
    _, document = printed(capsys, "--disk", "none", "--noautoconsole")

    assert document["passwords"] == {}


PIPED = ["--connect", "test:///default", "--name", "web", "--memory", "1024", "--osinfo", "debian11", "--disk", "none"]


@pytest.mark.parametrize(
    ("args", "documents", "noted"),
    [
        (["--pxe", "--print-xml"], 2, True),
        (["--pxe", "--print-xml", "1"], 1, False),
        (["--pxe", "--print-xml", "2"], 1, False),
        (["--import", "--print-xml"], 1, False),
    ],
)
def test_two_xml_documents_in_a_file_cause_a_message(
    capfd: pytest.CaptureFixture[str], args: list[str], documents: int, noted: bool
) -> None:
    """A file with two documents is not an XML file; the message names the options that print one of them."""
    assert main([*PIPED, *args]) == 0

    out, err = capfd.readouterr()
    assert out.count("<domain ") == documents
    expected = "printed two XML documents: the installation and the finished guest; print one with --print-xml 1 or"
    assert (expected in err) is noted


def test_two_xml_documents_on_a_terminal_cause_no_message(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user can see both of them."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main([*PIPED, "--pxe", "--print-xml"]) == 0

    assert "two XML documents" not in capsys.readouterr().err


def test_path_of_a_new_volume_is_that_in_the_xml(capsys: pytest.CaptureFixture[str]) -> None:
    """The document also contains its pool and its format."""
    _, document = printed(capsys, "--disk", "pool=default-pool,size=1", "--dry-run")

    (disk,) = document["disks"]
    assert (disk["pool"], disk["format"]) == ("default-pool", "qcow2")
    assert disk["path"] == etree.fromstring(document["xml"]).xpath("string(devices/disk/source/@file)")


@pytest.mark.parametrize(
    ("args", "kind", "word"),
    [
        (["--disk", "size=abc"], "RequestError", "abc"),
        (["--no-such-option"], "UsageError", "--no-such-option"),
        (["--disk", "none", "--wait", "soon"], "UsageError", "soon"),
    ],
)
def test_errors_are_json(capsys: pytest.CaptureFixture[str], args: list[str], kind: str, word: str) -> None:
    """Errors about the command line itself are JSON as well."""
    status, document = printed(capsys, *args)

    assert status in (1, 2)
    assert document["error"]["kind"] == kind
    assert word in document["error"]["message"]


def test_standard_output_is_only_the_document(tmp_path: Path) -> None:
    """Warnings and notes are printed to standard error."""
    args = ["--connect", "test:///default", "--memory", "1024", "--disk", "none", "--import", "--noautoconsole"]
    done = subprocess.run(
        [sys.executable, "-m", "virtinstall", *args, "--output=json"], capture_output=True, text=True, timeout=60
    )

    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert "WARNING" in done.stderr
    assert document["warnings"]


def test_unknown_output_format_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """The error lists the formats."""
    assert main([*GUEST, "--disk", "none", "--output", "xml"]) == 1
    assert "--output xml: must be text, json" in capsys.readouterr().err


def test_json_list_of_systems_has_the_order_of_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Each system is listed with all its names."""
    assert main(["--osinfo", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["--osinfo", "list", "--output", "json"]) == 0
    assert [", ".join(system["names"]) for system in json.loads(capsys.readouterr().out)] == lines


def test_cdrom_that_is_not_an_iso_image_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not an error, because a guest may be able to boot from it."""
    path = tmp_path / "notes.iso"
    path.write_text("no image at all")
    args = ["--connect", "test:///default", "--name", "web", "--memory", "1024", "--osinfo", "debian11"]
    assert main([*args, "--disk", "none", "--cdrom", str(path), "--dry-run"]) == 0
    warning = f"--cdrom {path}: '{path}' is not an ISO 9660 image; the guest may not be able to boot"
    assert warning in capsys.readouterr().err


@pytest.mark.parametrize("spelling", [["--outp", "json"], ["--outp=json"], ["--output", "json"]])
def test_abbreviated_output_option_makes_errors_json(capsys: pytest.CaptureFixture[str], spelling: list[str]) -> None:
    """`--outp json` is the same as `--output json`."""
    assert main(["--connect", "test:///default", "--import", "--disk", "nosuch=1", *spelling]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "RequestError"
