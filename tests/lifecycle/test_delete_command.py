"""`virt-guest delete` with libvirt's test driver: plans, questions, exit statuses, JSON."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import virtinstall
from virtinstall.cli.main import guest_main
from virtinstall.rollback.signals import Terminated

SCHEMA = json.loads((Path(virtinstall.__file__).parent / "schema" / "guest-delete.json").read_text())
TEST = ("--connect", "test:///default")


def delete(*words: str) -> int:
    """Run `virt-guest delete`; return the exit status."""
    return guest_main(["delete", *TEST, *words])


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """Return the printed JSON after validation against its schema."""
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    return found


def test_missing_guest_causes_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    """The exit status is 0, and nothing has changed."""
    assert delete("nosuch", "--yes", "--output", "json") == 0
    assert document(capsys)["changed"] is False


def test_a_running_guest_needs_force_or_shutdown(capsys: pytest.CaptureFixture[str]) -> None:
    """The error comes before the question."""
    assert delete("test") == 1
    assert "the guest 'test' is running" in capsys.readouterr().err


def test_without_a_terminal_delete_requires_yes(capsys: pytest.CaptureFixture[str]) -> None:
    """The error suggests --yes, because nothing can be confirmed."""
    assert delete("test", "--force") == 2
    assert "--yes" in capsys.readouterr().err


def test_a_dry_run_prints_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    """A running guest is accepted, and nothing is removed."""
    assert delete("test", "--dry-run", "--output", "json") == 0
    found = document(capsys)
    assert found["changed"] is False
    assert [item["kind"] for item in found["guests"][0]["removed"]] == ["guest"]  # type: ignore[index]


@pytest.mark.parametrize("words", [("--force",), ("--shutdown", "5s")])
def test_a_running_guest_is_stopped_and_removed(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    """The plan is printed first, then the result."""
    assert delete("test", "--yes", *words) == 0
    printed = capsys.readouterr().out
    assert printed.index("remove  guest test") < printed.index("Deleted 'test'.")


def test_errors_are_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """--output json prints one document even after an error."""
    assert delete("test", "--output", "json") == 1
    assert document(capsys)["exit_status"] == 1


def test_library_deletes_a_guest() -> None:
    """Hypervisor and Guest return the plan, and raise errors."""
    with virtinstall.connect("test:///default") as hypervisor:
        guest = hypervisor.guest("test")
        assert not guest.deletion_plan().is_empty
        with pytest.raises(virtinstall.RequestError, match="is running"):
            guest.delete()
        assert guest.delete(force=True).changed
        with pytest.raises(virtinstall.GuestNotFound):
            hypervisor.deletion_plan("test")


def three_guests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> str:
    """Return the URI of a test driver with the guests a, b and c; the deletion of b raises `error`."""
    domain = "<domain type='test'><name>{}</name><memory>65536</memory><os><type>hvm</type></os></domain>"
    node = tmp_path / "node.xml"
    node.write_text(f"<node>{''.join(map(domain.format, 'abc'))}</node>")
    real = virtinstall.Hypervisor.delete

    def delete(self: virtinstall.Hypervisor, plan: virtinstall.DeletionPlan, **values: Any) -> virtinstall.Deletion:
        if plan.name == "b":
            raise error
        return real(self, plan, **values)

    monkeypatch.setattr(virtinstall.Hypervisor, "delete", delete)
    return f"test://{node}"


@pytest.mark.parametrize(
    ("came", "status", "how"),
    [(KeyboardInterrupt(), 130, "interrupted"), (Terminated(signal.SIGTERM), 143, "terminated by SIGTERM")],
)
@pytest.mark.parametrize("words", [(), ("--output", "json")], ids=["text", "json"])
def test_interrupted_deletion_reports_how_to_continue(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    came: BaseException,
    status: int,
    how: str,
    words: tuple[str, ...],
) -> None:
    """The message lists deleted and remaining guests, and has the command with the same options."""
    uri = three_guests(tmp_path, monkeypatch, came)
    assert guest_main(["delete", "--connect", uri, "a", "b", "c", "--yes", "--force", "-j", "1", *words]) == status
    printed = capsys.readouterr()
    assert f"virt-guest: error: {how}; deleted: a; not deleted: b, c" in printed.err
    assert f"continue with: virt-guest delete --connect {uri} --force -j 1 b c" in printed.err
    assert "everything this run created" not in printed.err
    if words:
        found = json.loads(printed.out)
        jsonschema.validate(found, SCHEMA)
        assert found["exit_status"] == status


def test_failed_deletion_does_not_affect_other_guests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit status is that of an error; the JSON lists all guests in their order."""
    uri = three_guests(tmp_path, monkeypatch, virtinstall.HypervisorError("b is stuck", hint="free it"))
    words = ("delete", "--connect", uri, "a", "b", "c", "--yes", "--force", "--output", "json")
    assert guest_main([*words]) == 1
    printed = capsys.readouterr()
    assert "virt-guest: error: b is stuck\nvirt-guest: hint: free it\n" in printed.err
    found = json.loads(printed.out)
    jsonschema.validate(found, SCHEMA)
    assert [(each["name"], each["changed"]) for each in found["guests"]] == [("a", True), ("b", False), ("c", True)]


def test_interrupted_list_does_not_mention_a_rollback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other subcommands create nothing that could have been removed."""

    def interrupted(self: virtinstall.Hypervisor) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(virtinstall.Hypervisor, "summaries", interrupted)
    assert guest_main(["list", *TEST]) == 130
    assert capsys.readouterr().err.strip() == "Interrupted."
