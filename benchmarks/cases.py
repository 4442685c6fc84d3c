"""Measured command lines, each with its figures and their targets (ratio ours / theirs)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

DISKS = 20
SYSTEM = "qemu:///system"
GUEST = "virtinstall-benchmark"
OS = ("--osinfo", "debian11")
USUAL = (
    *("--name", GUEST, "--memory", "2048", "--vcpus", "2", *OS, "--disk", "disk-0.img"),
    *("--network", "user", "--graphics", "vnc", "--import"),
)
MANY = (
    *("--name", GUEST, "--memory", "2048", *OS, "--import"),
    *(word for n in range(DISKS) for word in ("--disk", f"disk-{n}.img")),
    *(word for n in range(20) for word in ("--network", f"user,mac=52:54:00:00:00:{n:02x}")),
)
BARE = ("--name", GUEST, "--memory", "128", *OS, "--disk", "none", "--network", "none", "--noautoconsole")


class Case(NamedTuple):
    """A row of the table: arguments, and the largest allowed ratio ours / theirs for each figure."""

    title: str
    args: tuple[str, ...]
    cpu: float | None = None
    wall: float | None = None
    memory: float | None = None
    connect: str = ""  # a guest is created there and removed after each run
    rounds: int | None = None  # fewer than for other cases, if one run takes long

    def targets(self) -> Iterator[tuple[str, float]]:
        """Yield the figures of this row that have a target, with the target."""
        for figure, target in (("CPU", self.cpu), ("elapsed", self.wall), ("memory", self.memory)):
            if target is not None:
                yield figure, target


def command_lines() -> list[Case]:
    """Return the cases without downloads."""
    system = ("--connect", SYSTEM, "--virt-type", "qemu")
    return [
        Case("`--version`", ("--version",), cpu=0.20),
        Case("`--help`", ("--help",), cpu=0.30),
        Case("`--print-xml`, typical guest", (*system, *USUAL, "--print-xml"), cpu=0.25, memory=0.40),
        Case("`--print-xml`, 20 disks and 20 networks", (*system, *MANY, "--print-xml"), cpu=0.25),
        Case("`--osinfo list`", ("--osinfo", "list"), cpu=0.25),
        Case("`--dry-run` on qemu:///system", (*system, *USUAL, "--dry-run"), cpu=0.25),
        Case("create a guest on qemu:///system", (*system, *BARE, "--import"), 0.25, 0.60, connect=SYSTEM),
    ]


def fetches(url: str, iso: str) -> list[Case]:
    """Return the cases that read a kernel and an initrd; both times include the start of QEMU, which loads them."""
    system = ("--connect", SYSTEM, "--virt-type", "qemu", *BARE, "--memory", "2048", "--location")
    return [
        Case("10 + 500 MB from a URL on loopback", (*system, url), wall=0.65, connect=SYSTEM, rounds=5),
        Case("the same from a 700 MB ISO", (*system, iso), wall=0.35, connect=SYSTEM, rounds=5),
    ]
