"""A file changes and deletes only guests that it created, and only those that it can create again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fleet.test_apply import ONE, lab, statuses
from tests.fleet.test_hosts import GUEST, REST
from virtinstall import Hypervisor, HypervisorError, Lab, RequestError
from virtinstall.cli.main import guest_main
from virtinstall.fleet.hosts import Connections, connect_all
from virtinstall.lifecycle.deletion_plan import DeletionFacts, DeletionPlan, FileFacts, Storage, plan_deletion


def written(path: Path, guests: str, top: str = "") -> Path:
    """Write a guests file to `path`; return `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"version: 1\n{top}connect: test:///default\nguests: {guests}\n")
    return path


def names(hypervisor: Hypervisor) -> list[str]:
    """Return the guests, except that of the test driver."""
    return [each.name for each in hypervisor.guests() if each.name != "test"]


OTHERS = [
    pytest.param("x/lab/guests.yaml", "y/lab/guests.yaml", id="directories of the same name"),
    pytest.param("lab/a.yaml", "lab/b.yaml", id="one directory"),
]


@pytest.mark.parametrize(("first", "second"), OTHERS)
def test_two_files_without_a_project_are_two_labs(
    hypervisor: Hypervisor, tmp_path: Path, first: str, second: str
) -> None:
    """They have the same default project, but do not prune, change or delete each other's guests."""
    one = Lab.load(written(tmp_path / first, f"{{a: {{{ONE}}}}}"))
    two = Lab.load(written(tmp_path / second, f"{{b: {{{ONE}}}}}"))
    assert one.project == two.project
    one.apply(hypervisor)
    assert statuses(two.apply(hypervisor, prune=True)) == {"b": ("create", "done")}
    assert one.diff(hypervisor, prune=True)[-1].name == "a"
    same = written(tmp_path / second, f"{{a: {{{ONE}}}}}")
    with pytest.raises(
        RequestError, match=r"'a' already exists and was created from '.*'; neither file sets `project`.*'lab'"
    ):
        Lab.load(same).diff(hypervisor)
    assert guest_main(["delete", "-f", str(same), "--force", "--yes"]) == 1
    assert names(hypervisor) == ["a", "b"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda path: path.rename(path.with_name("new.yaml")), id="renamed file"),
        pytest.param(lambda path: path, id="same file"),
    ],
)
def test_renamed_file_keeps_its_guests(hypervisor: Hypervisor, tmp_path: Path, change: Callable[[Path], Path]) -> None:
    """Guests that were removed from the file can still be pruned."""
    path = written(tmp_path / "lab" / "old.yaml", f"{{a: {{{ONE}}}, b: {{{ONE}}}}}")
    Lab.load(path).apply(hypervisor)
    path = written(change(path), f"{{a: {{{ONE}}}}}")
    assert [(each.name, each.action) for each in Lab.load(path).diff(hypervisor, prune=True)] == [
        ("a", "none"),
        ("b", "delete"),
    ]


def test_guest_of_another_file_can_be_adopted_without_its_medium(hypervisor: Hypervisor, tmp_path: Path) -> None:
    """Nothing is created, so the medium is not needed."""
    medium = tmp_path / "medium.iso"
    medium.write_bytes(b"")
    disk = f"'path={medium},device=cdrom,bus=ide'"
    values = f"{{a: {{memory: 64, osinfo: generic, import: true, network: none, disk: {disk}}}}}"
    Lab.load(written(tmp_path / "lab" / "a.yaml", values)).apply(hypervisor)
    medium.unlink()
    second = Lab.load(written(tmp_path / "lab" / "b.yaml", values))
    assert statuses(second.apply(hypervisor, adopt=["a"])) == {"a": ("adopt", "done")}


def test_files_that_set_the_same_project_are_one_lab(hypervisor: Hypervisor, tmp_path: Path) -> None:
    """Each file prunes the guests of the other one."""
    top = "project: shop\n"
    Lab.load(written(tmp_path / "a.yaml", f"{{a: {{{ONE}}}}}", top)).apply(hypervisor)
    second = Lab.load(written(tmp_path / "b.yaml", f"{{b: {{{ONE}}}}}", top))
    assert statuses(second.apply(hypervisor, prune=True, force=True)) == {
        "b": ("create", "done"),
        "a": ("delete", "done"),
    }


def test_adopted_guest_belongs_to_the_new_file(hypervisor: Hypervisor, tmp_path: Path) -> None:
    """`--adopt` moves a guest from one file to another."""
    Lab.load(written(tmp_path / "lab" / "a.yaml", f"{{a: {{{ONE}}}}}")).apply(hypervisor)
    second = Lab.load(written(tmp_path / "lab" / "b.yaml", f"{{a: {{{ONE}}}}}"))
    assert statuses(second.apply(hypervisor, adopt=["a"])) == {"a": ("adopt", "done")}
    assert [each.action for each in second.diff(hypervisor)] == ["none"]


def test_renamed_guest_is_not_pruned(hypervisor: Hypervisor) -> None:
    """`virsh domrename web web-old` keeps a guest that is about to be created again."""
    lab(f"{{web: {{{ONE}}}}}").apply(hypervisor)
    guest = hypervisor.guest("web")
    guest.destroy()
    guest.handle.domain.rename("web-old", 0)  # type: ignore[attr-defined]
    assert lab("{}").diff(hypervisor, prune=True) == []


@pytest.mark.parametrize("how", ["prune", "absent", "recreate", "update"])
def test_guest_that_was_replaced_after_the_comparison_is_kept(hypervisor: Hypervisor, how: str) -> None:
    """While apply waits for confirmation, somebody replaces the guest with another one of the same name."""
    lab(f"{{web: {{{ONE}}}}}").apply(hypervisor)
    changed = f"{{web: {{{ONE}, metadata: {{title: new}}}}}}"
    wanted = lab(
        {"prune": "{}", "absent": "{web: {state: absent}}", "recreate": f"{{web: {{{ONE}}}}}", "update": changed}[how]
    )
    choices: dict[str, dict[str, Any]] = {"prune": {"prune": True}, "recreate": {"recreate": ["web"]}}
    more = choices.get(how, {})
    found = wanted.diff(hypervisor, **more)
    guest = hypervisor.guest("web")
    guest.delete(force=True)
    hypervisor.host.define_guest(GUEST.format("web"))
    (outcome,) = wanted.apply(hypervisor, found=found, force=True, **more)
    assert outcome.status == "failed" and "another guest has replaced the guest 'web'" in str(outcome.message)
    assert names(hypervisor) == ["web"]


def test_guest_that_cannot_be_created_again_is_not_deleted(hypervisor: Hypervisor, tmp_path: Path) -> None:
    """The comparison reports the missing medium; so does an apply, if the file was removed after the comparison."""
    medium = tmp_path / "a.iso"
    medium.write_bytes(b"x" * 512)
    wanted = lab(
        f"{{web: {{memory: 64, disk: '{medium},device=cdrom', network: none, import: true, osinfo: generic}}}}"
    )
    wanted.apply(hypervisor)
    found = wanted.diff(hypervisor, recreate=["web"])
    medium.unlink()
    with pytest.raises(RequestError, match="no such file"):
        wanted.diff(hypervisor, recreate=["web"])
    (outcome,) = wanted.apply(hypervisor, recreate=["web"], found=found, force=True)
    assert (outcome.status, names(hypervisor)) == ("failed", ["web"])


def test_creation_that_fails_after_the_deletion_is_reported(
    hypervisor: Hypervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the deleted guest, and how to create it."""
    wanted = lab(f"{{web: {{{ONE}}}}}")
    wanted.apply(hypervisor)
    found = wanted.diff(hypervisor, recreate=["web"])

    def fail(*args: object, **more: object) -> None:
        raise HypervisorError("no memory")

    monkeypatch.setattr(Hypervisor, "create", fail)
    (outcome,) = wanted.apply(hypervisor, recreate=["web"], found=found, force=True)
    assert outcome.message == "no memory\nthe guest 'web' has been deleted; repeat the command to create it again"
    assert names(hypervisor) == []


def test_absent_guest_is_deleted_even_with_recreate(hypervisor: Hypervisor) -> None:
    """`state: absent` in the file overrides `recreate`."""
    lab(f"{{web: {{{ONE}}}}}").apply(hypervisor)
    wanted = lab("{web: {state: absent}}")
    assert statuses(wanted.apply(hypervisor, recreate=["web"], force=True)) == {"web": ("delete", "done")}


def test_delete_of_a_file_includes_a_guest_of_a_killed_apply(hypervisor: Hypervisor, tmp_path: Path) -> None:
    """The guest has the UUID of the file's guest, but no record yet."""
    path = written(tmp_path / "lab" / "guests.yaml", f"{{a: {{{ONE}}}}}")
    found = Lab.load(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("virtinstall.fleet.apply.store_applied", lambda *args: True)
        found.apply(hypervisor)
    assert guest_main(["delete", "-f", str(path), "--force", "--yes"]) == 0
    assert names(hypervisor) == []


def test_prune_fails_for_unreachable_hosts(tmp_path: Path) -> None:
    """They may have guests that must be pruned, so the apply is not complete."""
    path = tmp_path / "kvm1.xml"
    path.write_text("<node/>")
    hosts = f"{{kvm1: 'test://{path}', kvm2: 'test:///2'}}"
    text = f"version: 1\nproject: p\nhosts: {hosts}\ndefaults: {{{REST}}}\nguests: {{a: {{host: kvm1}}}}\n"
    wanted = Lab.parse(text)
    with connect_all({"kvm1": f"test://{path}"}) as reached:
        hypervisors = Connections(reached, {"kvm2": HypervisorError("no route to host")})
        assert [each.name for each in wanted.diff(hypervisors)] == ["a"]
        found = wanted.diff(hypervisors, prune=True)
        assert [(each.name, each.action) for each in found] == [("a", "create"), ("host kvm2", "unreachable")]
        done = wanted.apply(hypervisors, prune=True, found=found)
        assert [each.status for each in done] == ["done", "failed"]
        assert "'kvm2', which cannot be reached" in str(done[1].message)


def test_deletion_warns_about_kept_disks(hypervisor: Hypervisor) -> None:
    """The warning contains the disk and the reason."""
    wanted = lab(f"{{web: {{{ONE.replace('disk: none', 'disk: {size: 0.1}')}}}}}")
    wanted.apply(hypervisor)
    chosen = lab("{web: {state: absent}}")
    warnings: list[str] = []
    (outcome,) = chosen.apply(hypervisor, force=True, on_warning=warnings.append)
    assert outcome.status == "done"
    assert [each for each in warnings if each.startswith("web: kept disk /") and "test driver" in each], warnings


def test_disk_of_a_guest_that_was_renamed_in_the_file_is_not_pruned(
    hypervisor: Hypervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new guest has the same disk, so the old guest is kept; the hint suggests `virsh domrename`."""
    values = ONE.replace("disk: none", "disk: {path: /nowhere/web.qcow2, size: 0.1}")
    lab(f"{{web: {{{values}}}}}").apply(hypervisor)
    real = Hypervisor.deletion_plan

    def plan(self: Hypervisor, name: str, storage: Storage = "own") -> DeletionPlan:
        file = FileFacts(kind="disk", path="/nowhere/web.qcow2", is_ours=True)
        facts = DeletionFacts(name=name, uuid=real(self, name).uuid, files=(file,))
        return plan_deletion(facts, storage)

    monkeypatch.setattr(Hypervisor, "deletion_plan", plan)
    renamed = lab(f"{{www: {{{values}}}}}")
    outcomes = {each.name: each for each in renamed.apply(hypervisor, prune=True, force=True)}
    assert outcomes["web"].status == "failed" and "a disk of the guest 'www'" in str(outcomes["web"].message)
    assert " domrename web www; " in str(outcomes["web"].hint)
    assert "web" in names(hypervisor)


def test_guest_renamed_with_domrename_and_in_the_file_keeps_its_disks(hypervisor: Hypervisor) -> None:
    """Only the name differs, so --recreate is not required."""
    values = ONE.replace("disk: none", "disk: {size: 0.1}")
    lab(f"{{web: {{{values}}}}}").apply(hypervisor)
    guest = hypervisor.guest("web")
    guest.destroy()
    guest.handle.domain.rename("www", 0)  # type: ignore[attr-defined]
    renamed = lab(f"{{www: {{{values}}}}}")
    (found,) = renamed.diff(hypervisor)
    assert (found.action, found.at_creation) == ("update", ()) and [each.path for each in found.changes] == ["name"]
    assert statuses(renamed.apply(hypervisor)) == {"www": ("update", "done")}
    assert [each.is_different for each in renamed.diff(hypervisor, prune=True)] == [False]
