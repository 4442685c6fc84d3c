"""Typical published command lines (guides, blogs, manuals of distributions) and the warnings that each prints.

The lines are pasted without changes, except for media and disks, which are files of the test. A warning is only right
if the user can act on it: at most one for each line, and none for a line that names its operating system.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.media.isofiles import build_iso
from virtinstall.cli.main import main

LINES = [
    line
    for line in Path(__file__).with_name("published_lines.txt").read_text().replace("\\\n", "").splitlines()
    if not line.startswith("#")
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An ISO image, a disk image, a kickstart file, an install tree, and a path for a new disk."""
    folder = tmp_path_factory.mktemp("published")
    paths = {name: str(folder / f"{name}.{end}") for name, end in (("iso", "iso"), ("img", "qcow2"), ("ks", "cfg"))}
    build_iso(Path(paths["iso"]), {"README": b"x"})
    Path(paths["img"]).write_bytes(b"\0" * 1024)
    Path(paths["ks"]).write_text("text\n")
    tree = folder / "tree"
    (tree / "images" / "pxeboot").mkdir(parents=True)
    (tree / ".treeinfo").write_text(
        "[general]\nfamily = Fedora\nversion = 36\narch = x86_64\n"
        "[images-x86_64]\nkernel = images/pxeboot/vmlinuz\ninitrd = images/pxeboot/initrd.img\n"
    )
    for name in ("vmlinuz", "initrd.img"):
        (tree / "images" / "pxeboot" / name).write_bytes(b"x")
    return {**paths, "tree": str(tree), "new": str(folder / "new.qcow2")}


@pytest.mark.parametrize("line", LINES)
def test_warnings_of_published_lines(line: str, files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """At most one short warning, and none where the user could not do better."""
    count, _, typed = line.partition(" ")
    args = shlex.split(typed.format(**files))
    if "--connect" in args:
        del args[args.index("--connect") : args.index("--connect") + 2]

    status = main(["--connect", "test:///default", *args, "--dry-run"])

    err = capsys.readouterr().err
    warnings = [text for text in err.splitlines() if text.startswith("WARNING")]
    assert status == 0, err
    assert len(warnings) == int(count), err
    folder = str(Path(files["new"]).parent)
    assert all(len(text.removeprefix("WARNING").strip().replace(folder, "")) <= 140 for text in warnings), err
