"""Location of a disk: path, pool and volume, compared with the pools of the host."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from virtinstall import connect
from virtinstall.errors import RequestError
from virtinstall.options.command import parse_request
from virtinstall.survey.storage import look_at

POOL = """<node><pool type='dir'><name>lab</name><target><path>{path}</path></target></pool></node>"""


def plan_values(tmp_path: Path, args: str) -> list[str]:
    """Return the values in the XML of a guest with this disk, on a host with one pool."""
    node = tmp_path / "node.xml"
    node.write_text(POOL.format(path="/lab"))
    request = parse_request(["--name", "g", "--memory", "64", "--osinfo", "generic", "--import", "--disk", args])
    with connect(f"test://{node}") as hypervisor:
        return hypervisor.plan(request).xml.split('"')


def test_path_outside_the_specified_pool_is_an_error(tmp_path: Path) -> None:
    """Either the path or the pool would be ignored."""
    with pytest.raises(RequestError, match="is not in the pool 'lab', whose directory is /lab"):
        plan_values(tmp_path, "path=/elsewhere/x.qcow2,pool=lab,size=1")


@pytest.mark.parametrize(
    "args", ["path=/lab/x.qcow2,pool=lab,size=1", "path=/lab/x.qcow2,size=1", "vol=lab/x.qcow2,size=1"]
)
def test_new_volume_can_be_specified_in_three_ways(tmp_path: Path, args: str) -> None:
    """They are a path, a path and a pool, and a volume."""
    assert "/lab/x.qcow2" in plan_values(tmp_path, args)


def test_missing_volume_without_a_size_is_an_error(tmp_path: Path) -> None:
    """A new volume requires a size."""
    with pytest.raises(RequestError, match="no such volume"):
        plan_values(tmp_path, "vol=lab/x.qcow2")


@pytest.mark.parametrize(
    ("volume", "message", "hint"),
    [
        ("lab/x", "no such volume", "vol-list lab"),
        ("other/x", "no such storage pool", "pool-list --all"),
        ("laab/x", "no such storage pool", "did you mean 'lab'?"),
    ],
)
def test_unknown_volume_or_pool_is_an_error(tmp_path: Path, volume: str, message: str, hint: str) -> None:
    """The hint is a similar name, or the command that lists the existing ones."""
    with pytest.raises(RequestError, match=message) as caught:
        plan_values(tmp_path, f"vol={volume}")
    assert str(caught.value.hint).endswith(hint)


def test_size_of_an_image_is_read_from_its_header(tmp_path: Path) -> None:
    """A qcow2 file is smaller than the disk that it contains."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", tmp_path / "a.qcow2", "3G"], check=True)
    found = look_at(str(tmp_path / "a.qcow2"))
    assert (found.format, found.capacity_bytes) == ("qcow2", 3 << 30)
    assert look_at(str(tmp_path / "a.qcow2"), probe=False).capacity_bytes is None
