"""Facts that all plans of a run share."""

from __future__ import annotations

from typing import Any

from lxml import etree

from virtinstall.survey.known import Known

GUEST = (
    "<domain><devices><disk device='disk'><source file='/nowhere/{name}.img'/><target dev='vda'/></disk>"
    "<interface><mac address='52:54:00:00:00:0{number}'/></interface></devices></domain>"
)


class Host:
    """A host that counts how often its guests are read."""

    def __init__(self) -> None:
        self.reads = 0

    def is_local(self) -> bool:
        """Return False."""
        return False

    def guest_xmls(self) -> list[tuple[str, str]]:
        """Return one guest."""
        self.reads += 1
        return [("a", GUEST.format(name="a", number=1))]

    def guest_macs(self, *, fresh: bool = True) -> dict[str, str]:
        """Return the guest's MAC address."""
        self.reads += 1
        return {"52:54:00:00:00:01": "a"}

    def volume_by_path(self, path: str) -> None:
        """Return None, because there is no pool."""


def users(known: Known, path: str) -> list[str]:
    """Return the guests that use a file."""
    return [use.guest for use in known.files_in_use().uses(path)]


def test_changes_of_the_run_are_known_without_reading_guests_again() -> None:
    """The run creates, changes and deletes a guest."""
    host: Any = Host()
    known = Known(host, clock=lambda: 0.0)
    assert users(known, "/nowhere/a.img") == ["a"] and users(known, "/nowhere/b.img") == []
    assert dict(known.guest_macs(fresh=True)) == {"52:54:00:00:00:01": "a"}
    known.guest_changed("b", [etree.fromstring(GUEST.format(name="b", number=2))])
    assert users(known, "/nowhere/b.img") == ["b"]
    assert known.guest_macs(fresh=True)["52:54:00:00:00:02"] == "b"
    known.guest_changed("b", [])
    assert users(known, "/nowhere/b.img") == [] and "52:54:00:00:00:02" not in known.guest_macs(fresh=True)
    assert host.reads == 2


def test_guests_are_read_again_after_some_seconds() -> None:
    """Other programs may have changed them."""
    now = [0.0]
    host: Any = Host()
    known = Known(host, clock=lambda: now[0])
    for second, reads in ((0, 1), (1, 1), (3, 2), (4, 2)):
        now[0] = float(second)
        users(known, "/nowhere/a.img")
        assert host.reads == reads
