"""The place given for a disk, compared with the pools of the host."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from virtinstall import connect
from virtinstall.errors import RequestError
from virtinstall.options.command import parse_request
from virtinstall.survey.storage import look_at

POOL = """<node><pool type='dir'><name>lab</name><target><path>{path}</path></target></pool></node>"""


def disks(tmp_path: Path, args: str) -> list[str]:
    """The paths of the disks of a guest on a host with one pool."""
    node = tmp_path / "node.xml"
    node.write_text(POOL.format(path="/lab"))
    request = parse_request(["--name", "g", "--memory", "64", "--osinfo", "generic", "--import", "--disk", args])
    with connect(f"test://{node}") as hypervisor:
        return hypervisor.plan(request).xml.split('"')


def test_path_outside_the_pool_is_refused(tmp_path: Path) -> None:
    """One of them would be ignored."""
    with pytest.raises(RequestError, match="the pool's directory is /lab"):
        disks(tmp_path, "path=/elsewhere/x.qcow2,pool=lab,size=1")


@pytest.mark.parametrize(
    "args", ["path=/lab/x.qcow2,pool=lab,size=1", "path=/lab/x.qcow2,size=1", "vol=lab/x.qcow2,size=1"]
)
def test_all_ways_to_name_a_new_volume(tmp_path: Path, args: str) -> None:
    """By path, by path and pool, by volume."""
    assert "/lab/x.qcow2" in disks(tmp_path, args)


def test_missing_volume_without_a_size_is_refused(tmp_path: Path) -> None:
    """Its size is unknown."""
    with pytest.raises(RequestError, match="no such volume"):
        disks(tmp_path, "vol=lab/x.qcow2")


@pytest.mark.parametrize(
    ("volume", "message", "hint"),
    [
        ("lab/x", "no such volume", "vol-list lab"),
        ("other/x", "no such storage pool", "pool-list --all"),
        ("laab/x", "no such storage pool", "did you mean lab?"),
    ],
)
def test_unknown_volume(tmp_path: Path, volume: str, message: str, hint: str) -> None:
    """The hint lists what exists, or names what is similar."""
    with pytest.raises(RequestError, match=message) as caught:
        disks(tmp_path, f"vol={volume}")
    assert str(caught.value.hint).endswith(hint)


def test_size_of_an_image_is_read_from_its_header(tmp_path: Path) -> None:
    """A qcow2 file is smaller than the disk that it holds."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", tmp_path / "a.qcow2", "3G"], check=True)
    found = look_at(str(tmp_path / "a.qcow2"))
    assert (found.format, found.capacity_bytes) == ("qcow2", 3 << 30)
    assert look_at(str(tmp_path / "a.qcow2"), probe=False).capacity_bytes is None
