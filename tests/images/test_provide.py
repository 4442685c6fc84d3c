"""Images of a plan: download, use for disks, and runs that are killed at any point."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.images.disks import MIB, qcow2
from tests.images.fetching import Client, named
from tests.images.vendor import Vendor
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.images.image_users import noted_disks
from virtinstall.images.provide import provide_images
from virtinstall.images.source import ImageSource
from virtinstall.new_image import ImageBase, NewImage
from virtinstall.plan import ImageFetch, NewVolume, Plan
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.storage.probe import probe_image
from virtinstall.storage.provision import provision_image

XML = "<volume><name>x</name><capacity unit='bytes'>0</capacity><allocation unit='bytes'>0</allocation></volume>"
PROJECT = Path(__file__).parents[2]


class LocalHost:
    """A QEMU host that reads this machine's files."""

    def driver(self) -> str:
        """Return the name of libvirt's driver."""
        return "qemu"


def provided(tmp_path: Path, source: ImageSource, *, images: Any = (), volumes: Any = ()) -> Plan:
    """Return the plan after its images were fetched."""
    fetch = ImageFetch(source=source, cache_dir=str(tmp_path / "cache"))
    plan = Plan(name="x", final=Domain(), install=None, images=images, volumes=volumes, fetches=(fetch,))
    host: Any = LocalHost()
    return provide_images(plan, host, progress=Silent(), report=lambda text: None, environment={})


def created(image: NewImage) -> Path:
    """Create the file of an image; return its path."""
    undo = Undo()
    provision_image(image, undo, Silent())
    undo.keep_everything()
    return Path(image.path)


def new_image(tmp_path: Path, form: str = "qcow2", size: int | None = None, **base: Any) -> NewImage:
    """Return a disk that is based on the plan's image."""
    path = str(tmp_path / f"disk-{os.urandom(3).hex()}")
    return NewImage(path=path, format=form, capacity_bytes=size, base=ImageBase(image=0, **base))


def test_overlay_has_the_cached_image_as_its_backing_file(vendor: Vendor, tmp_path: Path) -> None:
    """The format of the backing file is specified; the overlay may be larger."""
    source = named(vendor.publish("/i/disk.qcow2", qcow2(tmp_path)))
    plan = provided(tmp_path, source, images=(new_image(tmp_path), new_image(tmp_path, size=16 * MIB)))
    small, large = (probe_image(str(created(image))) for image in plan.images)
    assert small.backing_file == plan.fetches[0].result.path  # type: ignore[union-attr]
    assert small.backing_format == "qcow2"
    assert (small.virtual_size, large.virtual_size) == (8 * MIB, 16 * MIB)
    assert noted_disks(str(small.backing_file)) == [image.path for image in plan.images]


def test_copy_has_no_backing_file(vendor: Vendor, tmp_path: Path) -> None:
    """It is writable, and has the requested size."""
    source = named(vendor.publish("/i/disk.qcow2", qcow2(tmp_path)))
    plan = provided(tmp_path, source, images=(new_image(tmp_path, size=32 * MIB, copy=True),))
    path = created(plan.images[0])
    info = probe_image(str(path))
    assert (info.backing_file, info.virtual_size) == (None, 32 * MIB)
    assert plan.fetches[0].result is not None and noted_disks(plan.fetches[0].result.path) == []
    assert path.stat().st_mode & 0o600 == 0o600


def test_raw_disk_is_converted_from_the_image(vendor: Vendor, tmp_path: Path) -> None:
    """The disk has the requested size and is sparse."""
    source = named(vendor.publish("/i/disk.qcow2", qcow2(tmp_path)))
    plan = provided(tmp_path, source, images=(new_image(tmp_path, "raw", size=9 * MIB, copy=True),))
    path = created(plan.images[0])
    assert path.stat().st_size == 9 * MIB
    assert path.stat().st_blocks * 512 < MIB


def test_default_size_is_raised_to_that_of_the_image(vendor: Vendor, tmp_path: Path) -> None:
    """A specified size that is too small is an error."""
    source = named(vendor.publish("/i/disk.qcow2", qcow2(tmp_path, size=64 * MIB)))
    default = new_image(tmp_path, size=MIB, size_is_default=True)
    assert provided(tmp_path, source, images=(default,)).images[0].capacity_bytes == 64 * MIB
    with pytest.raises(RequestError, match="whose virtual size is 64 MiB"):
        provided(tmp_path, source, images=(new_image(tmp_path, size=MIB),))


def test_volume_gets_backing_store_and_size(vendor: Vendor, tmp_path: Path) -> None:
    """libvirt creates the overlay in the pool."""
    source = named(vendor.publish("/i/disk.qcow2", qcow2(tmp_path)))
    volume = NewVolume(pool="p", name="x", xml=XML, capacity_bytes=0, base=ImageBase(image=0))
    plan = provided(tmp_path, source, volumes=(volume,))
    assert '<format type="qcow2"/></backingStore>' in plan.volumes[0].xml
    assert plan.volumes[0].capacity_bytes == 8 * MIB
    assert f">{8 * MIB}</capacity>" in plan.volumes[0].xml


def test_local_image_is_not_copied_to_the_cache(tmp_path: Path) -> None:
    """Its path is the backing file of the disk."""
    path = tmp_path / "mine.qcow2"
    path.write_bytes(qcow2(tmp_path))
    plan = provided(tmp_path, ImageSource(str(path), "path", str(path)), images=(new_image(tmp_path),))
    assert plan.images[0].backing_path == str(path)
    assert not (tmp_path / "cache").exists()


def test_killed_downloads_are_resumed_by_the_next_run(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Runs are killed at 12 points; afterwards, the cache contains only the image."""
    data = qcow2(tmp_path, padding=6 * MIB)
    source = named(vendor.publish("/i/disk.qcow2", data))
    vendor.delay_seconds = 0.004
    program = (
        "import sys; from pathlib import Path; from tests.images.fetching import *\n"
        "client = Client(Path(sys.argv[1])); print('ready', flush=True); client.fetch(named(sys.argv[2]))"
    )
    command = [sys.executable, "-c", program, str(client.root), source.url]
    for number in range(12):
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(number * 0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    vendor.delay_seconds = 0
    image = client.fetch(source)
    assert Path(image.path).read_bytes() == data
    assert client.left() == []
    assert len(client.cache.files()) == 1


@pytest.mark.parametrize("state", ["no record", "read-only part", "descriptions", "half a record"])
def test_states_left_by_a_killed_run_are_cleaned_up(vendor: Vendor, client: Client, tmp_path: Path, state: str) -> None:
    """The run was killed while it stored the image; existing files are used or removed."""
    data = qcow2(tmp_path)
    source = named(vendor.publish("/i/disk.qcow2", data))
    image = client.fetch(source)
    (record,) = (client.root / "sources").iterdir()
    part = record.with_suffix(".part")
    if state == "read-only part":
        os.rename(image.path, part)
    if state == "descriptions":
        Path(f"{part}.json").write_text("{}")
        Path(f"{part}.json.tmp").write_text("{")
    if state == "half a record":
        record.write_text(record.read_text()[:50])
    else:
        record.unlink()
    vendor.requests.clear()
    again = client.fetch(source)
    assert Path(again.path).read_bytes() == data
    assert vendor.gets("/i/disk.qcow2") == (1 if state == "read-only part" else 0)
    assert client.left() == []
    assert len(client.cache.files()) == 1


def test_abandoned_download_is_removed_after_a_day(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The download of another image removes it."""
    url = vendor.publish("/i/disk.qcow2", qcow2(tmp_path, padding=2 * MIB))
    vendor.cut_after["/i/disk.qcow2"] = [MIB, MIB]
    client.now = time.time()
    with pytest.raises(Exception, match="cannot download"):
        client.fetch(named(url))
    assert client.left() != []
    client.now += 2 * 24 * 3600
    client.fetch(named(vendor.publish("/j/other.qcow2", qcow2(tmp_path)), name="other"))
    assert client.left() == []
