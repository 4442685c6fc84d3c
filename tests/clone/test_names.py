"""Names that --auto-clone generates."""

from __future__ import annotations

import pytest

from virtinstall.clone.names import clone_name, clone_path


@pytest.mark.parametrize(
    ("original", "taken", "name"),
    [
        ("vm", [], "vm-clone"),
        ("vm", ["vm-clone"], "vm-clone1"),
        ("vm", ["vm-clone", "vm-clone1"], "vm-clone2"),
        ("vm-clone", [], "vm-clone1"),
        ("vm-clone9", [], "vm-clone10"),
        ("vm-clone9", ["vm-clone10"], "vm-clone11"),
        ("vm-clone09", [], "vm-clone09-clone"),
        ("clone", [], "clone-clone"),
        ("vm5", [], "vm5-clone"),
    ],
)
def test_name_of_a_clone(original: str, taken: list[str], name: str) -> None:
    """The clone's name ends with -clone; clones of clones and further clones are numbered."""
    assert clone_name(original, taken) == name


@pytest.mark.parametrize(
    ("path", "taken", "chosen"),
    [
        ("/a/vm.qcow2", [], "/a/new.qcow2"),
        ("/a/vm.qcow2", ["new.qcow2"], "/a/new-1.qcow2"),
        ("/a/data.img", [], "/a/data-clone.img"),
        ("/a/data", ["data-clone", "data-clone-1"], "/a/data-clone-2"),
        ("/a/vm-1.qcow2", [], "/a/vm-1-clone.qcow2"),
        ("/a/x.y.z", [], "/a/x.y-clone.z"),
    ],
)
def test_path_of_a_copied_disk_follows_the_guest_name(path: str, taken: list[str], chosen: str) -> None:
    """If the path does not contain the guest's name, -clone is appended; an existing file is never chosen."""
    assert clone_path(path, "vm", "new", taken) == chosen
