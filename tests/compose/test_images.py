"""--image and --disk image=: decisions before anything is downloaded."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compose.hosts import os_named
from tests.compose.test_disk_sources import FILES, POOL, plan_of
from virtinstall.compose.compose import compose
from virtinstall.compose.validate import resolve_methods
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, ImageFacts, Login, PathFacts, SeedFacts
from virtinstall.images.cache import CachedImage
from virtinstall.images.source import ImageSource
from virtinstall.new_image import ImageBase
from virtinstall.options.command import parse_request
from virtinstall.plan import Plan, actions_of
from virtinstall.seed.cloud_init import CloudInitRequest
from virtinstall.units import GIB

SOURCE = ImageSource(
    "debian12",
    "url",
    "https://x.org/debian12.qcow2",
    arch="x86_64",
    seed="cloud-init",
    user="debian",
    os_name="debian12",
)
CACHED = CachedImage("/cache/a.qcow2", "debian12", "", "sha256:ab", "qcow2", 2 * GIB, "digest")


def facts(*, cached: CachedImage | None = CACHED, source: ImageSource = SOURCE, **more: Any) -> DiskFacts:
    """Return the facts about a new disk and its image."""
    shared = more.pop("is_shared", True)
    image = ImageFacts(
        source=source, cache_dir="/cache", cached=cached, is_current=cached is not None, is_shared=shared
    )
    return DiskFacts(image=image, **more)


def plan(*args: str, disk: DiskFacts | None = None, **more: Any) -> Plan:
    """Return the plan for these options."""
    return plan_of(*args, disks=(disk or facts(),), **more)


def test_image_implies_import_and_the_first_disk() -> None:
    """--image NAME is the same as --import --disk image=NAME with a default size."""
    short = parse_request(["--name", "x", "--image", "debian12,bus=scsi", "--disk", "/b.img"])
    assert short.install.boot_disk
    assert short.install.image_defaults
    assert [disk.image for disk in short.domain.devices_of(Disk)] == ["debian12", None]
    assert short.domain.devices_of(Disk)[0].target_bus == "scsi"


def test_disk_has_the_recommended_size() -> None:
    """The disk is an overlay; its backing file is known after the download."""
    recommended = os_named("linux2020").recommended_storage_bytes("x86_64")
    planned = plan("--image", "debian12")
    (image,) = planned.images
    assert image.format == "qcow2"
    assert image.capacity_bytes == (recommended or 20 * GIB)
    assert image.base == ImageBase(image=0, size_is_default=True)
    assert planned.fetches[0].source == SOURCE
    assert planned.fetches[0].pool is None


@pytest.mark.parametrize("cached", [CACHED, None])
def test_disk_without_a_size_is_as_large_as_the_image(cached: CachedImage | None) -> None:
    """--disk image=NAME has no default size."""
    (image,) = plan("--import", "--disk", "image=debian12", disk=facts(cached=cached)).images
    assert image.capacity_bytes == (2 * GIB if cached else None)


def test_disk_must_not_be_smaller_than_the_image() -> None:
    """A larger disk is accepted."""
    assert plan("--image", "debian12,size=3").images[0].capacity_bytes == 3 * GIB
    with pytest.raises(RequestError, match="the image requires 2 GiB"):
        plan("--image", "debian12,size=1")


def test_disk_image_implies_import() -> None:
    """The image contains an OS; --pxe overrides this."""
    assert resolve_methods(parse_request(["--disk", "image=debian12"])).install.boot_disk
    assert not resolve_methods(parse_request(["--disk", "image=debian12", "--pxe"])).install.boot_disk


@pytest.mark.parametrize(
    ("args", "copied", "form"),
    [
        (",image.copy=yes", True, "qcow2"),
        (",format=raw", True, "raw"),
        (",path=/srv/x.qcow2", False, "qcow2"),
        (",image.copy=no", False, "qcow2"),
    ],
)
def test_raw_disk_is_a_copy_of_the_image(args: str, copied: bool, form: str) -> None:
    """Raw disks cannot have a backing file; `image.copy=` requests or prevents a copy."""
    disk = facts(path=PathFacts(path="/srv/x.qcow2", kind=None)) if "path=" in args else facts()
    (image,) = plan("--image", f"debian12{args}", disk=disk).images
    assert image.base is not None
    assert (image.base.copy, image.format) == (copied, form)


def test_volume_in_a_local_pool_is_based_on_the_cache() -> None:
    """If QEMU cannot read the cache, the image is stored in the pool as well."""
    planned = plan("--image", "debian12,pool=fast", disk=facts(pool=POOL))
    (volume,) = planned.volumes
    assert volume.base == ImageBase(image=0, size_is_default=True)
    assert planned.fetches[0].pool is None
    remote = plan("--image", "debian12,pool=fast", disk=facts(pool=POOL, is_shared=False), remote=True)
    assert remote.fetches[0].pool == "fast"


def test_disk_is_a_copy_if_qemu_cannot_read_the_cache() -> None:
    """This happens if the user cannot write to libvirt's directory."""
    (image,) = plan("--image", "debian12", disk=facts(is_shared=False)).images
    assert image.base is not None
    assert image.base.copy


def test_logical_volume_is_a_copy_of_the_image() -> None:
    """A logical volume contains raw data."""
    pool = POOL.replace(type="logical", target="/dev/fast")
    planned = plan("--image", "debian12,pool=fast", disk=facts(pool=pool))
    assert planned.volumes[0].base is not None
    assert planned.volumes[0].base.copy
    assert planned.final.devices_of(Disk)[0].driver_type == "raw"


@pytest.mark.parametrize(
    ("args", "disk", "message"),
    [
        (",backing_store=/b.qcow2", facts(), "and backing_store= cannot be used together"),
        (",vol=fast/x", facts(), "and vol= cannot be used together"),
        (",device=cdrom", facts(), "does not support device=cdrom"),
        (",format=vmdk", facts(), "qcow2 or raw"),
        (",path=/a.qcow2", facts(path=PathFacts(path="/a.qcow2", kind="file")), "already exists"),
    ],
)
def test_contradictory_options_are_errors(args: str, disk: DiskFacts, message: str) -> None:
    """Nothing has been downloaded at this point."""
    with pytest.raises(RequestError, match=message):
        plan("--image", f"debian12{args}", disk=disk)


def test_default_login_creates_a_seed() -> None:
    """It contains the user's SSH key or a generated password, as with --cloud-init."""
    requested = CloudInitRequest(default_user_keys=("ssh-ed25519 AAAA",))
    planned = plan("--image", "debian12", seeds=SeedFacts(cloud_init=requested, login=Login(user="debian")))
    assert planned.install is not None
    assert "You can log in as 'debian' with your SSH key." in planned.notes
    secret = CloudInitRequest(generated_passwords=(("debian", "abc"),), default_user_password_hash="$6$x")
    planned = plan(
        "--image", "debian12", seeds=SeedFacts(cloud_init=secret, login=Login(user="debian", password="abc"))
    )
    assert planned.secrets == ("Password for the account 'debian' is: abc",)
    assert "abc" not in repr(planned.login)


def test_image_without_a_login_causes_a_warning() -> None:
    """--disk image= does not configure a login."""
    assert any(
        "no login is possible without --cloud-init" in text
        for text in plan("--import", "--disk", "image=debian12").warnings
    )
    seeded = plan("--import", "--disk", "image=debian12", seeds=SeedFacts(cloud_init=CloudInitRequest()))
    assert not any("log in" in text for text in seeded.warnings)


def test_image_that_requires_uefi_gets_it() -> None:
    """Alpine's UEFI variant has no boot sector."""
    source = SOURCE._replace(firmware=("efi",))
    assert plan("--image", "alpine:uefi", disk=facts(source=source)).final.os.firmware == "efi"
    assert plan("--image", "debian12", disk=facts()).final.os.firmware is None


def test_image_has_default_memory() -> None:
    """--memory is optional even if the OS database has no recommendation."""
    request = parse_request(["--name", "x", "--network", "none", "--image", "debian12"])
    planned = compose(request, FILES.facts(disks=(facts(),)))
    assert planned.final.memory_kib == 2 * GIB // 1024


def test_actions_distinguish_downloads_from_cached_images() -> None:
    """The preview names the image and how it is verified."""
    texts = [action.text for action in actions_of(plan("--image", "debian12"))]
    assert texts[0] == "use the cached image debian12 (sha256:ab, verified: digest)"
    texts = [action.text for action in actions_of(plan("--image", "debian12", disk=facts(cached=None)))]
    assert texts[0] == "download the image debian12"
    assert "backing file debian12" in texts[1]
