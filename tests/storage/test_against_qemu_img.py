"""Random images, compared with those that qemu-img creates with the same parameters.

VIRTINSTALL_FUZZ=2000 is the full run.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.storage.qemu_tools import (
    assert_clean,
    assert_same_content,
    guest_map,
    info,
    needs_qemu_img,
    rounds,
    run,
)
from virtinstall.errors import RequestError
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.storage.provision import NewImage, provision_image

pytestmark = needs_qemu_img
MIB = 1 << 20


def random_image(seed: int, folder: Path) -> NewImage:
    """Return a random image; preallocated ones are small, because they need space and time."""
    dice = random.Random(seed)
    overlay = dice.random() < 0.25
    kind = "raw" if dice.random() < 0.15 and not overlay else "qcow2"
    sparse = overlay or dice.random() < 0.5
    limit = 16 << 40 if sparse else 200 * MIB
    size = dice.choice([0, 1, 511, dice.randint(0, MIB), int(2 ** dice.uniform(0, limit.bit_length() - 1))])
    base = folder / "base.raw"
    if overlay and not base.exists():
        base.write_bytes(dice.randbytes(3 * 65536 + 512))
    return NewImage(
        path=str(folder / "ours"),
        format=kind,
        capacity_bytes=min(size, limit),
        sparse=sparse,
        backing_path="base.raw" if overlay else None,
        backing_format="raw" if overlay else None,
    )


def make_with_qemu_img(image: NewImage, path: Path) -> None:
    """Create the same image with `qemu-img create`."""
    options = [f"preallocation={'off' if image.sparse else 'falloc'}"]
    if image.backing_path:
        options += [f"backing_file={image.backing_path}", f"backing_fmt={image.backing_format}"]
    run("qemu-img", "create", "-q", "-f", image.format, "-o", ",".join(options), path, str(image.capacity_bytes))


def assert_like_qemu_img(image: NewImage, folder: Path) -> None:
    """Assert that our image equals qemu-img's in info, map and content, also after writing to it."""
    ours, theirs = Path(image.path), folder / "theirs"
    provision_image(image, Undo(), Silent())
    make_with_qemu_img(image, theirs)
    assert info(ours) == info(theirs)
    assert guest_map(ours) == guest_map(theirs)
    assert_same_content(ours, theirs)
    size = info(ours)["virtual-size"]
    if size >= 4096:
        at = size // 2 // 512 * 512
        length = min(size - at, 65536)
        for path in (ours, theirs):
            commands = ["-c", f"write -P 0xa5 {at} {length}", "-c", f"read -P 0xa5 {at} {length}"]
            done = run("qemu-io", "-f", image.format, *commands, path)
            assert "failed" not in done.stdout, done.stdout
        assert_same_content(ours, theirs)
    if image.format == "qcow2":
        assert_clean(ours)


def test_random_images_equal_those_of_qemu_img(tmp_path: Path) -> None:
    """They are compared with `qemu-img info`, `map` and `compare`."""
    for seed in range(rounds(60)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        image = random_image(seed, folder)
        try:
            assert_like_qemu_img(image, folder)
        except (AssertionError, RequestError) as error:
            raise AssertionError(f"seed {seed}: {image}: {error}") from error
        for path in folder.iterdir():
            path.unlink()


SIZES = [0, 1, 513, 1 << 30, 100 << 30, (64 << 40) - 1, 64 << 40]


@pytest.mark.parametrize("size", SIZES)
def test_default_image_is_byte_identical_to_that_of_qemu_img(size: int, tmp_path: Path) -> None:
    """The size is from 0 bytes to 64 TiB."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    provision_image(NewImage(path=str(ours), format="qcow2", capacity_bytes=size), Undo(), Silent())
    run("qemu-img", "create", "-q", "-f", "qcow2", theirs, str(size))
    assert ours.read_bytes() == theirs.read_bytes()
    assert info(ours)["virtual-size"] == -(-size // 512) * 512
    assert_clean(ours)


def test_qemu_img_convert_accepts_our_image(tmp_path: Path) -> None:
    """It is the source and the target of a conversion."""
    data = tmp_path / "data.raw"
    data.write_bytes(os.urandom(3 * MIB))
    ours, back = tmp_path / "ours.qcow2", tmp_path / "back.raw"
    image = NewImage(path=str(ours), format="qcow2", capacity_bytes=3 * MIB)
    provision_image(image, Undo(), Silent())
    run("qemu-img", "convert", "-n", "-f", "raw", "-O", "qcow2", data, ours)
    run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", ours, back)
    assert back.read_bytes() == data.read_bytes()
    assert_clean(ours)
