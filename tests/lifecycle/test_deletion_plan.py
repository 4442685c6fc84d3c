"""Plan of a deletion: which parts of a guest are removed and which are kept."""

from __future__ import annotations

from typing import Any

import pytest

from virtinstall.guest_record import Reservation
from virtinstall.lifecycle.deletion_facts import _reservations
from virtinstall.lifecycle.deletion_plan import (
    DeletionFacts,
    DeletionPlan,
    FileFacts,
    ReservationFacts,
    plan_deletion,
)

OURS = FileFacts(kind="disk", path="/d/a.qcow2", is_ours=True)


def plan(*files: FileFacts, storage: Any = "own", **facts: Any) -> DeletionPlan:
    """Return the plan for a guest with these files."""
    return plan_deletion(DeletionFacts(name="web", uuid="u", files=files, **facts), storage)


def removed(found: DeletionPlan) -> list[str]:
    """Return the paths of the files that are removed."""
    return [item.path for item in found.removed if item.kind != "guest"]


NEVER = {
    "a block device is never deleted": {"source": "block"},
    "a network disk is never deleted": {"source": "network"},
    "storage of type 'dir' is never deleted": {"source": "dir"},
    "storage of type 'nvme' is never deleted": {"source": "nvme"},
    "a backing file is never deleted": {"kind": "base"},
    "a medium in a drive is never deleted": {"kind": "cdrom"},
    "it is not a regular file": {"is_regular": False},
    "it is read-only for the guest": {"readonly": True},
    "it is marked as shareable with other guests": {"shareable": True},
    "it is used by the guest 'b'": {"users": ("the guest 'b'",)},
    "it has 2 hard links": {"links": 2},
    "it is open in process 7 (tail)": {"open_by": ("process 7 (tail)",)},
    "it is the backing file of '/d/other'": {"overlays": ("/d/other",)},
    "it cannot be examined": {"unreachable": "it cannot be examined"},
}


@pytest.mark.parametrize("storage", ["own", "all"])
@pytest.mark.parametrize(("reason", "values"), NEVER.items())
def test_these_files_always_stay(reason: str, values: dict[str, Any], storage: str) -> None:
    """They are kept even if virtinstall created them and --storage all is requested."""
    found = plan(OURS.replace(**values), storage=storage)
    assert (removed(found), [item.reason for item in found.kept]) == ([], [reason])


@pytest.mark.parametrize("kind", ["disk", "snapshot", "data", "seed", "memory"])
def test_storage_option_selects_files(kind: str) -> None:
    """`own` removes files that virtinstall created, `all` every file, `none` no file."""
    ours, other = OURS.replace(kind=kind), FileFacts(kind=kind, path="/d/b.qcow2")
    assert removed(plan(ours)) == ["/d/a.qcow2"]
    assert removed(plan(other)) == []
    assert removed(plan(ours, other, storage="all")) == ["/d/a.qcow2", "/d/b.qcow2"]
    assert removed(plan(ours, other, storage="none")) == []


def test_a_file_that_replaced_a_created_file_is_kept() -> None:
    """The path alone does not identify the file."""
    assert removed(plan(OURS.replace(is_replaced=True))) == []
    assert removed(plan(OURS.replace(is_replaced=True), storage="all")) == ["/d/a.qcow2"]


def test_the_plan_lists_what_storage_all_would_also_remove() -> None:
    """Files that are never deleted are not listed."""
    other = FileFacts(kind="disk", path="/d/b.qcow2")
    assert plan(OURS, other, other.replace(path="/d/c", links=2)).would_remove_with_all == ("/d/b.qcow2",)


def test_disk_is_kept_with_an_overlay_on_it() -> None:
    """A chain of three images is kept if its top image is kept."""
    top = FileFacts(kind="snapshot", path="/d/3", is_ours=True, links=2)
    middle = FileFacts(kind="snapshot", path="/d/2", is_ours=True, overlays=("/d/3",))
    bottom = FileFacts(kind="disk", path="/d/1", is_ours=True, overlays=("/d/2", "/d/3"))
    assert removed(plan(bottom, middle, top)) == []
    assert removed(plan(bottom, middle, top.replace(links=1))) == ["/d/1", "/d/2", "/d/3"]


def test_memory_of_a_snapshot_is_removed_with_the_disks() -> None:
    """It is kept if a disk is kept, because it may still be usable."""
    memory = FileFacts(kind="memory", path="/d/m", is_ours=True)
    assert removed(plan(OURS, memory)) == ["/d/a.qcow2", "/d/m"]
    assert removed(plan(OURS, memory, FileFacts(kind="disk", path="/d/b"))) == ["/d/a.qcow2"]


@pytest.mark.parametrize(
    ("files", "goes"),
    [
        ((OURS,), True),
        ((), True),
        ((OURS, FileFacts(kind="disk", path="/d/data")), True),
        ((FileFacts(kind="disk", path="/d/data"),), False),
        ((FileFacts(kind="cdrom", path="/d/iso"),), True),
    ],
)
def test_uefi_variables_and_tpm_state_are_removed_unless_all_disks_are_kept(
    files: tuple[FileFacts, ...], goes: bool
) -> None:
    """A kept disk may be sealed by the TPM."""
    found = plan(*files, nvram="/n", tpm="/t")
    assert (found.removes("nvram"), found.removes("tpm")) == (goes, goes)


def test_uefi_variables_at_a_path_that_the_user_chose_are_kept() -> None:
    """The plan lists them with the reason."""
    found = plan(OURS, nvram="/n", nvram_objection="its path was chosen by the user")
    assert [(item.path, item.reason) for item in found.kept] == [("/n", "its path was chosen by the user")]


def test_a_detached_disk_is_kept() -> None:
    """The user detached it deliberately."""
    found = plan(OURS, detached=("/d/old",))
    assert [item.path for item in found.kept] == ["/d/old"]


def test_files_left_by_a_killed_deletion_are_checked_again() -> None:
    """A file that is in use now is kept."""
    left = FileFacts(kind="disk", path="/d/a", is_ours=True)
    found = plan_deletion(
        DeletionFacts(name="web", exists=False, unfinished=(left, left.replace(path="/d/b", links=2)))
    )
    assert [item.path for item in found.removed] == ["/d/a"]
    assert [item.path for item in found.kept] == ["/d/b"]


def test_new_overlay_keeps_a_file_of_a_killed_deletion() -> None:
    """The overlay may be on another file of the deletion, which is kept for another reason."""
    bottom = FileFacts(kind="disk", path="/d/a", is_ours=True, overlays=("/d/b",))
    top = FileFacts(kind="disk", path="/d/b", is_ours=True, links=2)
    found = plan_deletion(DeletionFacts(name="web", exists=False, unfinished=(bottom, top)))
    assert found.removed == ()
    assert [item.reason for item in found.kept] == ["it is the backing file of '/d/b'", "it has 2 hard links"]


RESERVED = ReservationFacts(network="lan 1", mac="52:54:00:00:00:01", address="192.0.2.7")


@pytest.mark.parametrize("storage", ["own", "all", "none"])
def test_reservation_is_removed_with_the_guest(storage: str) -> None:
    """This does not depend on the disks; one that another program changed is kept with the reason."""
    found = plan(OURS, storage=storage, reservations=(RESERVED,))
    assert [item.path for item in found.removed if item.kind == "reservation"] == ["192.0.2.7 52:54:00:00:00:01 lan 1"]
    changed = RESERVED.replace(objection="it is now reserved for 52:54:00:00:00:02")
    found = plan(OURS, storage=storage, reservations=(changed,))
    assert [item.reason for item in found.kept if item.kind == "reservation"] == [changed.objection]


class _Host:
    """A host whose networks have these reservations."""

    def __init__(self, **reserved: tuple[str, ...]) -> None:
        self.reserved = reserved

    def reserved_for(self, network: str, address: str) -> tuple[str, ...]:
        return self.reserved.get(network, ())


@pytest.mark.parametrize(
    ("owners", "shared", "address", "expected"),
    [
        ((), [], "192.0.2.7", []),
        (("52:54:00:00:00:01",), [], "192.0.2.7", [None]),
        (("52:54:00:00:00:02",), [], "192.0.2.7", ["it is now reserved for 52:54:00:00:00:02"]),
        (
            ("52:54:00:00:00:01", "52:54:00:00:00:02"),
            [],
            "192.0.2.7",
            ["it is now reserved for 52:54:00:00:00:02"],
        ),
        (("52:54:00:00:00:01",), ["52:54:00:00:00:01"], "192.0.2.7", ["another guest has the same MAC address"]),
        (("web",), [], "2001:db8::7", [None]),
    ],
    ids=["removed", "unchanged", "other-mac", "live-and-config-differ", "shared-mac", "ipv6"],
)
def test_a_recorded_reservation_is_compared_with_the_network(
    owners: tuple[str, ...], shared: list[str], address: str, expected: list[str | None]
) -> None:
    """Only a reservation of the recorded MAC and IP address is removed."""
    recorded = Reservation(network="lan", mac="52:54:00:00:00:01", address=address)
    found = _reservations((recorded, recorded), shared, _Host(lan=owners))  # type: ignore[arg-type]
    assert [each.objection for each in found] == expected


def test_uefi_variables_of_a_former_name_are_listed_and_kept() -> None:
    """`virsh domrename` leaves them, and another guest may have the former name now."""
    found = plan(OURS, former_nvram="/nvram/old_VARS.fd")
    ((kind, path, reason),) = [(item.kind, item.path, item.reason) for item in found.kept]
    assert (kind, path) == ("nvram", "/nvram/old_VARS.fd") and "the guest's former name" in reason
    assert removed(found) == ["/d/a.qcow2"]
