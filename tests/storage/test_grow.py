"""Enlarging an image: QEMU finds no errors, the data is unchanged, and the new part is empty."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from tests.storage.qemu_tools import assert_clean, assert_same_content, info, needs_qemu_img, rounds, run
from virtinstall.errors import StorageError
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.storage.grow import grow
from virtinstall.storage.provision import NewImage, provision_image

MIB = 1 << 20


@needs_qemu_img
def test_random_qcow2_images_grow_without_errors(tmp_path: Path) -> None:
    """The image has any cluster size, keeps its data, and is writable at its new end."""
    for seed in range(rounds(20)):
        dice = random.Random(seed)
        path = tmp_path / "disk"
        start = dice.randint(1, 2 * MIB)
        cluster = 1 << dice.randint(9, 21)
        extended = cluster >= 16384 and dice.random() < 0.3
        reach = cluster * cluster // (16 if extended else 8)
        options = [
            f"cluster_size={cluster}",
            f"preallocation={dice.choice(['off', 'metadata'])}",
            f"extended_l2={'on' if extended else 'off'}",
            f"compat={dice.choice(['0.10', '1.1']) if not extended else '1.1'}",
        ]
        run("qemu-img", "create", "-q", "-f", "qcow2", "-o", ",".join(options), path, str(start))
        size = info(path)["virtual-size"]
        run("qemu-io", "-f", "qcow2", "-c", f"write -P 7 0 {size}", path)
        for _ in range(3):
            old = info(path)["virtual-size"]
            size = old + int(2 ** dice.uniform(9, 38)) % (reach * 100_000)
            grow(str(path), size, "qcow2")
            size = -(-size // 512) * 512
            assert info(path)["virtual-size"] == size, seed
            assert_clean(path)
            tail = min(65536, size - old)
            commands = [f"read -P 7 0 {start}", f"read -P 0 {old} {tail}"] if tail else []
            commands += [f"write -P 7 {size - tail} {tail}"]
            done = run("qemu-io", "-f", "qcow2", *[a for c in commands for a in ("-c", c)], path)
            assert "failed" not in done.stdout, (seed, options, done.stdout)
            run("qemu-io", "-f", "qcow2", "-c", f"write -z {size - tail} {tail}", path)
            assert_clean(path)
        path.unlink()


@needs_qemu_img
def test_growth_has_the_result_of_qemu_img_resize(tmp_path: Path) -> None:
    """The image grows from 1 MiB to 20 TiB."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for path in (ours, theirs):
        provision_image(NewImage(path=str(path), format="qcow2", capacity_bytes=MIB), Undo(), Silent())
    grow(str(ours), 20 << 40, "qcow2")
    run("qemu-img", "resize", "-q", theirs, str(20 << 40))
    assert info(ours) == info(theirs)
    assert_same_content(ours, theirs)
    assert_clean(ours)


def test_raw_image_grows_sparsely(tmp_path: Path) -> None:
    """The data is kept, and the new part contains zeros."""
    path = tmp_path / "disk"
    path.write_bytes(b"x" * 512)
    grow(str(path), 3 * MIB + 1, "raw")
    assert path.stat().st_size == 3 * MIB + 512
    assert path.read_bytes()[:513] == b"x" * 512 + b"\0"
    assert path.stat().st_blocks * 512 < MIB


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_shrinking_is_an_error(image_format: str, tmp_path: Path) -> None:
    """A smaller size would destroy data; nothing is changed."""
    path = tmp_path / "disk"
    provision_image(NewImage(path=str(path), format=image_format, capacity_bytes=2 * MIB), Undo(), Silent())
    before = path.read_bytes()
    with pytest.raises(StorageError, match="shrink"):
        grow(str(path), MIB, image_format)
    assert path.read_bytes() == before


@needs_qemu_img
@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_image_in_use_is_an_error(image_format: str, tmp_path: Path) -> None:
    """A QEMU process has the image open for writing."""
    path = tmp_path / "disk"
    provision_image(NewImage(path=str(path), format=image_format, capacity_bytes=2 * MIB), Undo(), Silent())
    command = ["qemu-io", "-f", image_format, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as qemu:
        assert qemu.stdin is not None
        assert qemu.stdout is not None
        qemu.stdin.write(b"length\n")
        while b"MiB" not in qemu.stdout.readline():
            pass
        with pytest.raises(StorageError, match="in use"):
            grow(str(path), 4 * MIB, image_format)
        qemu.stdin.close()
    grow(str(path), 4 * MIB, image_format)


@needs_qemu_img
def test_unsupported_images_are_errors(tmp_path: Path) -> None:
    """Examples are an image with snapshots and an overlay on a larger image; the hint contains a command."""
    base, top, snap = tmp_path / "base", tmp_path / "top", tmp_path / "snap"
    for path, size in ((base, 2 * MIB), (snap, MIB)):
        provision_image(NewImage(path=str(path), format="qcow2", capacity_bytes=size), Undo(), Silent())
    overlay = NewImage(path=str(top), format="qcow2", capacity_bytes=MIB, backing_path="base", backing_format="qcow2")
    provision_image(overlay, Undo(), Silent())
    run("qemu-img", "snapshot", "-c", "one", snap)
    for path, image_format in ((top, "qcow2"), (snap, "qcow2"), (base, "vmdk")):
        with pytest.raises(StorageError) as caught:
            grow(str(path), 4 * MIB, image_format)
        assert ("qemu-img resize" if image_format == "qcow2" else "qemu-img convert") in str(caught.value.hint)


@needs_qemu_img
@pytest.mark.parametrize("missing", [False, True])
def test_overlay_grows_if_its_backing_file_is_not_larger(tmp_path: Path, missing: bool) -> None:
    """The data of the backing file is still visible. If the file is missing, its size is unknown, which is an error."""
    base, top = tmp_path / "base", tmp_path / "top"
    provision_image(NewImage(path=str(base), format="qcow2", capacity_bytes=MIB), Undo(), Silent())
    run("qemu-io", "-c", "write -P 7 0 1M", base)
    overlay = NewImage(path=str(top), format="qcow2", capacity_bytes=MIB, backing_path="base", backing_format="qcow2")
    provision_image(overlay, Undo(), Silent())
    if missing:
        base.rename(tmp_path / "moved")
        with pytest.raises(StorageError, match=r"cannot enlarge .*: no such file: .*, the backing file of"):
            grow(str(top), 3 * MIB, "qcow2")
        return
    grow(str(top), 3 * MIB, "qcow2")
    assert_clean(top)
    read = run("qemu-io", "-r", "-c", "read -P 7 0 1M", "-c", "read -P 0 1M 2M", top)
    assert "verification failed" not in str(read) and info(top)["virtual-size"] == 3 * MIB
