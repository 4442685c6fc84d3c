"""The commands `virt-guest apply`, `diff` and `delete -f`."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import virtinstall
from virtinstall.cli.guest_diff import difference_text
from virtinstall.cli.main import guest_main
from virtinstall.fleet.schema import schema_text

FILE = """\
version: 1
project: commands
connect: test:///default
defaults: {memory: 64, disk: none, network: none, import: true, osinfo: generic}
guests: {a: , b: {after: a}}
"""


def test_diff_exits_with_5_until_apply(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output is one JSON document with --output json."""
    path = tmp_path / "guests.yaml"
    path.write_text(FILE)
    with virtinstall.connect("test:///default"):
        assert guest_main(["diff", "-f", str(path)]) == 5
        assert capsys.readouterr().out == "a: create\nb: create\n"
        assert guest_main(["apply", "-f", str(path), "--yes", "--output", "json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert [(each["name"], each["status"]) for each in document["guests"]] == [("a", "done"), ("b", "done")]
        assert document["changed"] is True
        assert guest_main(["diff", "-f", str(path), "--output", "json"]) == 0
        assert [each["action"] for each in json.loads(capsys.readouterr().out)["guests"]] == ["none", "none"]
        path.write_text(FILE.replace("memory: 64", "memory: 128"))
        assert guest_main(["diff", "-f", str(path), "a"]) == 5
        later = "(after the guest is shut down and started again)"
        assert f"a: change\n  maximum memory: 64 MiB -> 128 MiB {later}\n" in capsys.readouterr().out
        path.write_text(FILE.replace("{a: , b: {after: a}}", "{a: {state: absent}, b: {state: absent}}"))
        assert guest_main(["apply", "-f", str(path), "-y"]) == 0
        assert "\n2 deleted (" in capsys.readouterr().out


def test_json_of_diff_and_apply_conforms_to_the_schemas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """This includes the documents of errors."""
    path = tmp_path / "guests.yaml"
    folder = Path(virtinstall.__file__).parent / "schema"

    def check(status: int, command: str, *more: str) -> None:
        assert guest_main([command, "-f", str(path), "--output", "json", *more]) == status
        schema = json.loads((folder / f"guest-{command}.json").read_text())
        jsonschema.validate(json.loads(capsys.readouterr().out), schema)

    with virtinstall.connect("test:///default"):
        for text, different in ((FILE, 5), (FILE, 0), (FILE.replace("memory: 64", "memory: 128"), 5)):
            path.write_text(text)
            check(different, "diff")
            check(0, "apply", "--yes")
        path.write_text(FILE.replace("memory", "memroy"))
        check(1, "diff")
        check(1, "apply", "--yes")
        path.write_text(FILE)
        assert guest_main(["delete", "-f", str(path), "--yes", "--force"]) == 0


def test_adoption_is_reported_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It has a separate word in the comparison, the outcome, the summary and the JSON document."""
    path = tmp_path / "guests.yaml"
    path.write_text(FILE.replace("{a: , b: {after: a}}", "{test: }"))
    words = ["apply", "-f", str(path), "--adopt", "test", "--yes"]
    schema = json.loads((Path(virtinstall.__file__).parent / "schema" / "guest-apply.json").read_text())
    with virtinstall.connect("test:///default"):
        assert guest_main(words) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[:2] == ["test: adopt without changes", "test: adopting"]
        assert lines[2].startswith("test: adopted, ") and lines[3].startswith("1 adopted (")
        path.write_text(path.read_text().replace("project: commands", "project: others"))
        assert guest_main([*words, "--output", "json"]) == 0
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, schema)
        assert [(each["action"], each["status"]) for each in document["guests"]] == [("adopt", "done")]


def test_recreated_guest_is_not_reported_as_adopted(hypervisor: virtinstall.Hypervisor) -> None:
    """`--recreate` together with `--adopt` deletes the guest."""
    lab = virtinstall.Lab.parse(FILE.replace("{a: , b: {after: a}}", "{test: }"))
    assert difference_text(lab.diff(hypervisor, adopt=["test"], recreate=["test"])).startswith("test: delete with its")


@pytest.mark.parametrize("jobs", ["0", "-1"])
@pytest.mark.parametrize("command", ["apply", "delete"])
def test_number_of_jobs_must_be_positive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, jobs: str
) -> None:
    """The error comes before anything is printed or changed, and also in the library."""
    path = tmp_path / "guests.yaml"
    path.write_text(FILE)
    with virtinstall.connect("test:///default") as hypervisor:
        assert guest_main([command, "-f", str(path), "--yes", "--force", "-j", jobs]) == 1
        printed = capsys.readouterr()
        assert printed.out == "" and f"error: --jobs {jobs}: must be at least 1\n" in printed.err
        with pytest.raises(virtinstall.RequestError, match=f"--jobs {jobs}: must be at least 1"):
            virtinstall.Lab.load(path).apply(hypervisor, jobs=int(jobs))
        assert [each.name for each in hypervisor.guests()] == ["test"]


def test_apply_without_a_terminal_requires_yes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is changed."""
    path = tmp_path / "guests.yaml"
    path.write_text(FILE)
    assert guest_main(["apply", "-f", str(path)]) == 2
    assert "add --yes" in capsys.readouterr().err


def test_errors_of_a_file_have_a_position(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing -f is a usage error; --schema prints the schema of guests files."""
    path = tmp_path / "guests.yaml"
    path.write_text(FILE.replace("b:", "b: {memroy: 1}, c:"))
    assert guest_main(["apply", "-f", str(path), "--yes"]) == 1
    printed = capsys.readouterr().err
    assert "guests.yaml:5:19: b.memroy: unknown key\n" in printed and "hint: did you mean 'memory'?\n" in printed
    assert guest_main(["diff"]) == 2
    capsys.readouterr()
    assert guest_main(["apply", "--schema"]) == 0
    assert capsys.readouterr().out == schema_text()


def test_delete_of_a_file_deletes_dependents_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A guest that was not created from the file is an error, and nothing is deleted."""
    path = tmp_path / "guests.yaml"
    path.write_text(FILE)
    with virtinstall.connect("test:///default") as hypervisor:
        assert guest_main(["apply", "-f", str(path), "--yes"]) == 0
        path.write_text(FILE.replace("guests: {", "guests: {test: , "))
        assert guest_main(["delete", "-f", str(path), "--yes", "--force"]) == 1
        assert "'test' exists and was not created from" in capsys.readouterr().err
        assert [guest.name for guest in hypervisor.guests()] == ["a", "b", "test"]
        path.write_text(FILE)
        assert guest_main(["delete", "-f", str(path), "--yes", "--force"]) == 0
        deleted = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Deleted")]
        assert deleted == ["Deleted 'b'.", "Deleted 'a'."]
        assert [guest.name for guest in hypervisor.guests()] == ["test"]
    assert guest_main(["delete", "--yes"]) == 2


def test_preview_of_a_deletion_lists_removed_and_kept_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Snapshots are removed; a disk that is kept is shown with the reason, by `diff` and `apply`."""
    path = tmp_path / "guests.yaml"
    path.write_text(FILE.replace("disk: none", "disk: {size: 0.1}"))
    with virtinstall.connect("test:///default") as hypervisor:
        assert guest_main(["apply", "-f", str(path), "-y"]) == 0
        hypervisor.guest("a").handle.domain.snapshotCreateXML("<domainsnapshot><name>one</name></domainsnapshot>")  # type: ignore[attr-defined]
        path.write_text(FILE.replace("a: , b: {after: a}", "a: {state: absent}"))
        capsys.readouterr()
        assert guest_main(["diff", "-f", str(path), "a"]) == 5
        lines = capsys.readouterr().out.splitlines()
        assert lines[:2] == ["a: delete with its disks", "  remove  snapshot-metadata one: libvirt's metadata"]
        # the test driver cannot undefine a guest with snapshots
        hypervisor.guest("a").handle.domain.snapshotLookupByName("one").delete()  # type: ignore[attr-defined]
        assert guest_main(["apply", "-f", str(path), "-y", "--force", "a"]) == 0
        title, kept = capsys.readouterr().out.splitlines()[:2]
        assert title == lines[0] and kept == lines[2]
        assert kept.startswith("  keep    disk /") and "simulated" in kept
