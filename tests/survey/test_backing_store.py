"""--disk backing_store=: size and format of an overlay come from its backing file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import virtinstall
from tests.compose.hosts import DATA, HostFiles, compose
from virtinstall.errors import RequestError
from virtinstall.facts import PoolFacts, VolumeFacts
from virtinstall.new_image import NewImage
from virtinstall.survey.storage import survey_storage

GIB = 1 << 30


class _Host:
    """A local QEMU host without pools, with the methods that the survey of disks calls."""

    def driver(self) -> str:
        return "qemu"

    def is_local(self) -> bool:
        return True

    def pool(self, name: str) -> PoolFacts | None:
        return None

    def pools(self) -> list[PoolFacts]:
        return []

    def volume_by_path(self, path: str) -> VolumeFacts | None:
        return None

    def guest_xmls(self) -> list[tuple[str, str]]:
        return []


def image_for(disk: str) -> NewImage:
    """Return the new image of a guest with this --disk."""
    request = virtinstall.parse_request(
        ["--name", "g", "--memory", "64", "--osinfo", "generic", "--import", "--disk", disk]
    )
    facts = HostFiles((DATA / "capabilities-debian12.xml").read_text()).facts(disks=())
    storage = survey_storage(request, _Host(), facts.host, None)  # type: ignore[arg-type]
    (image,) = compose(request, facts.replace(storage=storage)).images
    return image


@pytest.mark.parametrize("form", ["qcow2", "raw"])
def test_size_and_format_come_from_the_backing_file(tmp_path: Path, form: str) -> None:
    """They need not be specified."""
    base = tmp_path / "base"
    subprocess.run(["qemu-img", "create", "-q", "-f", form, base, "3G"], check=True)
    image = image_for(f"path={tmp_path}/new.qcow2,backing_store={base}")
    assert (image.capacity_bytes, image.backing_format, image.backing_path) == (3 * GIB, form, str(base))


def test_specified_size_and_format_are_used(tmp_path: Path) -> None:
    """The disk is larger than its backing file, whose format is not the detected one."""
    base = tmp_path / "base"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", base, "3G"], check=True)
    image = image_for(f"path={tmp_path}/new.qcow2,size=5,backing_store={base},backing_format=raw")
    assert (image.capacity_bytes, image.backing_format) == (5 * GIB, "raw")


def test_default_path_is_named_after_the_guest(tmp_path: Path) -> None:
    """The image is in the default directory."""
    base = tmp_path / "base"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", base, "3G"], check=True)
    image = image_for(f"backing_store={base}")
    assert image.path == "/var/lib/libvirt/images/g.qcow2"


def test_missing_backing_file_is_an_error(tmp_path: Path) -> None:
    """The error contains the path."""
    with pytest.raises(RequestError, match=f"backing_store={tmp_path}/nothing: no such file"):
        image_for(f"path={tmp_path}/new.qcow2,backing_store={tmp_path}/nothing")


@pytest.mark.parametrize(
    ("args", "match"),
    [
        ("size=1", "size=1: the disk must not be smaller than its backing file"),
        ("backing_format=qcow3", "backing_format=qcow3: "),
    ],
)
def test_smaller_size_and_unknown_format_are_errors(tmp_path: Path, args: str, match: str) -> None:
    """The guest could not read its whole disk, or QEMU could not start."""
    base = tmp_path / "base"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", base, "3G"], check=True)
    with pytest.raises(RequestError, match=match):
        image_for(f"path={tmp_path}/new.qcow2,backing_store={base},{args}")
