"""`virt-guest images`: cached images, the guests that use them, and which may be removed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import virtinstall
from tests.images.disks import MIB, qcow2
from tests.images.fetching import Client, named
from tests.images.vendor import Vendor
from virtinstall.cli.guest_completion import candidates
from virtinstall.cli.main import guest_main
from virtinstall.errors import RequestError, StorageError
from virtinstall.facts import PoolFacts
from virtinstall.images.image_users import note_disk, noted_disks
from virtinstall.images.stored import remove_unused, stored_images
from virtinstall.new_image import NewImage
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.storage.provision import provision_image


class HostWithGuests:
    """A host with these guests, whose pool is a directory."""

    def __init__(self, pool: Path, **guests: str) -> None:
        self._pool = pool
        self._guests = guests

    def is_local(self) -> bool:
        """Return True."""
        return True

    def guest_xmls(self) -> list[tuple[str, str]]:
        """Return guests with one disk each."""
        disk = "<disk><driver type='qcow2'/><source file='{}'/><target dev='vda'/></disk>"
        return [
            (name, f"<domain><devices>{disk.format(path)}</devices></domain>") for name, path in self._guests.items()
        ]

    def pools(self) -> list[PoolFacts]:
        """Return the directory pool."""
        return [PoolFacts(name="p", type="dir", target=str(self._pool), active=True)]

    def volume(self, pool: str, name: str) -> None:
        """Return nothing, because no disk is specified by its volume."""


def host(pool: Path, **guests: str) -> Any:
    """Return a host with these guests."""
    return HostWithGuests(pool, **guests)


@pytest.fixture
def aged(vendor: Vendor, client: Client, tmp_path: Path) -> Client:
    """A client whose cache has two images that were last used a day ago."""
    client.now = time.time() - 24 * 3600
    for name in ("debian12", "fedora42"):
        image = client.fetch(
            named(vendor.publish(f"/{name}/disk.qcow2", qcow2(tmp_path, padding=len(name))), name=name)
        )
        os.utime(image.path, (client.now, client.now))
    return client


def overlay(path: Path, base: str) -> None:
    """Create a disk that is based on an image."""
    undo = Undo()
    image = NewImage(path=str(path), format="qcow2", capacity_bytes=16 * MIB, backing_path=base, backing_format="qcow2")
    provision_image(image, undo, Silent())
    undo.keep_everything()


def path_of(client: Client, name: str) -> str:
    """Return the path of an image."""
    return next(record.path for record in client.cache.records() if record.name == name)


def test_users_are_guests_and_disks_in_pools(aged: Client, tmp_path: Path) -> None:
    """The disk of an undefined guest is a user; the image may be anywhere in the backing chain."""
    pool = tmp_path / "pool"
    pool.mkdir()
    overlay(pool / "web.qcow2", path_of(aged, "debian12"))
    overlay(pool / "top.qcow2", str(pool / "web.qcow2"))
    overlay(pool / "left.qcow2", path_of(aged, "fedora42"))
    images = {image.names[0]: image for image in stored_images(host(pool, web=str(pool / "top.qcow2")), str(aged.root))}
    assert images["debian12"].users == ("guest web",)
    assert images["fedora42"].users == (f"disk {pool}/left.qcow2",)
    assert not any(image.is_unused for image in images.values())


def test_only_unused_images_are_removed(aged: Client, tmp_path: Path) -> None:
    """An image that is in use cannot be removed even by name."""
    pool = tmp_path / "pool"
    pool.mkdir()
    overlay(pool / "web.qcow2", path_of(aged, "debian12"))
    where = host(pool, web=str(pool / "web.qcow2"))
    used, unused = path_of(aged, "debian12"), path_of(aged, "fedora42")
    images = stored_images(where, str(aged.root))
    with pytest.raises(RequestError, match="in use by the guest 'web'"):
        remove_unused(where, str(aged.root), images)
    assert aged.cache.files() == sorted([used, unused])
    removed = remove_unused(where, str(aged.root), [image for image in images if image.is_unused])
    assert removed == [unused]
    assert aged.cache.files() == [used]
    assert [record.name for record in aged.cache.records()] == ["debian12"]


@pytest.mark.parametrize("state", ["in place", "gone", "flattened"])
def test_disk_of_another_connection_is_a_user(aged: Client, tmp_path: Path, state: str) -> None:
    """The cache has a list of the disks that were created on an image; other connections do not show the disk."""
    (tmp_path / "data").mkdir()
    image, disk = path_of(aged, "debian12"), tmp_path / "data" / "web.qcow2"
    for _ in range(2):
        note_disk(image, str(disk))
    assert noted_disks(image) == [str(disk)]
    if state == "in place":
        overlay(disk, image)
    elif state == "flattened":
        disk.write_bytes(b"raw data")
    where = host(tmp_path / "pool")
    images = {each.names[0]: each for each in stored_images(where, str(aged.root))}
    assert images["debian12"].users == ((f"disk {disk}",) if state == "in place" else ())
    assert images["fedora42"].is_unused
    unused = [each for each in images.values() if each.is_unused]
    assert (image in remove_unused(where, str(aged.root), unused)) is (state != "in place")
    assert (noted_disks(image) == []) is (state != "in place")


def test_list_of_disks_with_invalid_lines_is_read(aged: Client) -> None:
    """Other programs can write to the file, and a power failure can truncate it."""
    image = path_of(aged, "debian12")
    note_disk(image, "/d/a\n.qcow2")
    (listed,) = (Path(image).parent.parent / "users").iterdir()
    with listed.open("a") as file:
        file.write('7\n"relative"\n"/d/b"\n"/d/trunc')
    assert noted_disks(image) == ["/d/a\n.qcow2", "/d/b"]


def test_recently_used_image_is_not_unused(aged: Client, tmp_path: Path) -> None:
    """A run may have downloaded it, but not yet defined its guest."""
    os.utime(path_of(aged, "debian12"))
    images = {image.names[0]: image for image in stored_images(host(tmp_path), str(aged.root))}
    assert not images["debian12"].is_unused
    assert images["fedora42"].is_unused


def test_unreadable_disk_prevents_pruning(aged: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its backing file might be one of the images."""
    disk = tmp_path / "web.qcow2"
    overlay(disk, path_of(aged, "debian12"))
    monkeypatch.setattr(os, "access", lambda path, mode: path != str(disk))
    with pytest.raises(StorageError, match="cannot read"):
        stored_images(host(tmp_path, web=str(disk)), str(aged.root))


@pytest.fixture
def command(aged: Client, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first arguments of a command on libvirt's test driver."""
    monkeypatch.setenv("VIRTINSTALL_IMAGE_CACHE", str(aged.root))
    return ["images", "--connect", "test:///default"]


def valid(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the printed JSON after validation against its schema."""
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    path = Path(virtinstall.__file__).parent / "schema" / "guest-images.json"
    jsonschema.validate(document, json.loads(path.read_text()))
    return document


def test_command_lists_images(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The output is a table or JSON."""
    assert guest_main(command) == 0
    assert "debian12" in capsys.readouterr().out
    assert guest_main([*command, "--output", "json"]) == 0
    document = valid(capsys)
    assert [image["names"] for image in document["images"]].count(["fedora42"]) == 1
    assert {image["verified"] for image in document["images"]} == {"digest"}


def test_prune_removes_images_after_confirmation(
    command: list[str], aged: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """--dry-run removes nothing; without a terminal, --yes is required."""
    assert guest_main([*command, "--prune", "--dry-run"]) == 0
    assert "remove  debian12" in capsys.readouterr().out
    assert guest_main([*command, "--prune"]) == 2
    assert len(aged.cache.files()) == 2
    assert guest_main([*command, "--prune", "--yes"]) == 0
    assert aged.cache.files() == []
    assert guest_main([*command, "--prune", "--yes", "--output", "json"]) == 0


def test_json_of_prune_lists_the_removed_images(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run removes nothing; errors are JSON as well."""
    assert guest_main([*command, "--prune", "--dry-run", "--output", "json"]) == 0
    assert valid(capsys)["changed"] is False
    assert guest_main([*command, "--prune", "--output", "json"]) == 2
    assert "--yes" in valid(capsys)["error"]["hint"]
    assert guest_main([*command, "--prune", "--yes", "--output", "json"]) == 0
    assert len(valid(capsys)["removed"]) == 2


def test_fetch_downloads_an_image_of_the_catalogue(
    command: list[str],
    vendor: Vendor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A misspelled name is an error with a hint."""
    url = vendor.publish("/golden.qcow2", qcow2(tmp_path, padding=77))
    catalogue = tmp_path / "catalogue.yaml"
    catalogue.write_text(f"images: [{{name: golden, url: '{url}', checksums: [SHA256SUMS]}}]")
    monkeypatch.setenv("VIRTINSTALL_IMAGES", str(catalogue))
    assert guest_main([*command, "--fetch", "golden", "--output", "json"]) == 0
    (image,) = valid(capsys)["images"]
    assert (image["name"], image["verified"]) == ("golden", "digest")
    assert os.path.exists(image["path"])
    assert guest_main([*command, "--fetch", "goldne"]) == 1
    assert "did you mean 'golden" in capsys.readouterr().err


def test_unknown_subcommand_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Contradictory options are an error, too; without arguments, virt-guest prints its help."""
    assert guest_main(["imges"]) == 2
    assert guest_main(["images", "--fetch", "a", "--prune"]) == 2
    assert guest_main([]) == 0
    assert "images" in capsys.readouterr().out


def test_images_subcommand_is_completed() -> None:
    """Its options and the names of images are candidates."""
    assert [each.text for each in candidates(["im"])] == ["images"]
    assert "--prune" in [each.text for each in candidates(["images", "--p"])]
    assert "debian12" in [each.text for each in candidates(["images", "--fetch", "debian12"])]
    assert [each.text for each in candidates(["images", "--output", "j"])] == ["json"]
