"""Headers of images: formats, sizes and backing files; hostile headers cause one clear error."""

from __future__ import annotations

import json
import os
import random
import struct
import time
import tracemalloc
from pathlib import Path

import pytest

from tests.storage.qemu_tools import needs_qemu_img, rounds, run
from virtinstall.errors import StorageError
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.storage.chain import backing_chain
from virtinstall.storage.probe import probe_image
from virtinstall.storage.provision import NewImage, provision_image

MIB = 1 << 20


@needs_qemu_img
@pytest.mark.parametrize("image_format", ["raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "vhdx", "vpc", "parallels"])
def test_formats_of_qemu_img_are_distinguished(image_format: str, tmp_path: Path) -> None:
    """The size is returned if the header contains it in a simple form."""
    path = tmp_path / "disk"
    run("qemu-img", "create", "-q", "-f", image_format, path, "16M")
    found = probe_image(str(path))
    expected = json.loads(run("qemu-img", "info", "--output=json", path).stdout)
    assert found.format == expected["format"]
    assert found.virtual_size in (expected["virtual-size"], None)
    assert found.virtual_size is not None or image_format in ("vhdx", "parallels")


def test_luks_and_iso_are_recognized(tmp_path: Path) -> None:
    """A LUKS volume is not a raw disk; an ISO image is a raw disk with a flag."""
    luks, iso = tmp_path / "luks", tmp_path / "iso"
    luks.write_bytes(b"LUKS\xba\xbe\0\1" + bytes(4096))
    iso.write_bytes(bytes(32769) + b"CD001" + bytes(4096))
    assert (probe_image(str(luks)).format, probe_image(str(luks)).encrypted) == ("luks", True)
    assert (probe_image(str(iso)).format, probe_image(str(iso)).is_iso) == ("raw", True)


@needs_qemu_img
@pytest.mark.parametrize("image_format", ["qcow2", "qcow", "qed", "vmdk"])
def test_name_of_the_backing_file_is_returned(
    image_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the name in the header, which may be relative."""
    run("qemu-img", "create", "-q", "-f", image_format, tmp_path / "base", "16M")
    monkeypatch.chdir(tmp_path)
    run("qemu-img", "create", "-q", "-f", image_format, "-b", "base", "-F", image_format, tmp_path / "top")
    found = probe_image(str(tmp_path / "top"))
    assert found.backing_file == "base"
    assert [i.path for i in backing_chain(str(tmp_path / "top"))] == [
        str(tmp_path / "top"),
        str(tmp_path / "base"),
    ]


def test_specified_format_is_used(tmp_path: Path) -> None:
    """A guest can write a qcow2 header to a raw disk."""
    path = tmp_path / "disk"
    provision_image(NewImage(path=str(path), format="qcow2", capacity_bytes=1 << 40), Undo(), Silent())
    assert probe_image(str(path), "raw").virtual_size == -(-path.stat().st_size // 512) * 512
    assert probe_image(str(path), "raw").backing_file is None
    with pytest.raises(StorageError, match="is not a vmdk image"):
        probe_image(str(path), "vmdk")


def test_truncated_header_and_other_format_have_different_hints(tmp_path: Path) -> None:
    """An incomplete image must be replaced; a file without a qcow2 header probably has another format."""
    image = tmp_path / "disk"
    for head, message, hint in ((b"QFI\xfb", "header is truncated", "download it again"), (b"", "no qcow2", "format")):
        image.write_bytes(head)
        with pytest.raises(StorageError, match=message) as caught:
            probe_image(str(image), "qcow2")
        assert hint in str(caught.value.hint)


def test_other_kinds_of_files_are_errors(tmp_path: Path) -> None:
    """They are a directory, a FIFO (which would block), a missing file and a character device."""
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo", tmp_path / "missing", Path("/dev/zero")):
        with pytest.raises(StorageError):
            probe_image(str(path))


def write_overlay(path: Path, backing: str, backing_format: str | None = "qcow2") -> None:
    """Write a minimal qcow2 image with this backing file, which need not exist."""
    name = backing.encode()
    extension = b""
    if backing_format is not None:
        extension = struct.pack(">II", 0xE2792ACA, len(backing_format)) + backing_format.encode().ljust(8, b"\0")
    start = 104 + len(extension) + 8
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 3, start, len(name), 16, MIB, 0, 1, 3 << 16, 1 << 16, 1, 0, 0)
    header += struct.pack(">QQQII", 0, 0, 0, 4, 104)
    path.write_bytes((header + extension + bytes(8) + name).ljust(4 << 16, b"\0"))


def test_loop_in_a_backing_chain_is_an_error(tmp_path: Path) -> None:
    """Two images refer to each other, or one refers to itself through a symbolic link."""
    write_overlay(tmp_path / "a", "b")
    write_overlay(tmp_path / "b", "./a")
    write_overlay(tmp_path / "c", "link")
    (tmp_path / "link").symlink_to("c")
    for start in ("a", "c"):
        with pytest.raises(StorageError, match="contains a loop"):
            backing_chain(str(tmp_path / start))


def test_backing_chain_of_more_than_200_images_is_an_error(tmp_path: Path) -> None:
    """200 images are accepted."""
    for number in range(201):
        write_overlay(tmp_path / str(number), str(number + 1))
    write_overlay(tmp_path / "201", "nbd://127.0.0.1/disk")
    with pytest.raises(StorageError, match="more than 200"):
        backing_chain(str(tmp_path / "0"))
    assert len(backing_chain(str(tmp_path / "2"))) == 200


@pytest.mark.parametrize("name", ["json:{}", "nbd://127.0.0.1/disk", "http://127.0.0.1/x", "fat:rw:/etc"])
def test_backing_files_other_than_paths_are_not_opened(name: str, tmp_path: Path) -> None:
    """`json:` and URLs end the chain, and are returned."""
    write_overlay(tmp_path / "top", name)
    (only,) = backing_chain(str(tmp_path / "top"))
    assert only.backing_file == name


def test_backing_file_without_a_format_is_raw(tmp_path: Path) -> None:
    """If its format is not specified, a qcow2 header in it must be ignored."""
    write_overlay(tmp_path / "secret", "/etc/shadow", "raw")
    write_overlay(tmp_path / "top", "secret", None)
    chain = backing_chain(str(tmp_path / "top"))
    assert [i.format for i in chain] == ["qcow2", "raw"]


def test_chain_with_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """The error contains the name of the file."""
    write_overlay(tmp_path / "top", "gone")
    with pytest.raises(StorageError, match="gone"):
        backing_chain(str(tmp_path / "top"))


EXTREMES = [0, 1, 8, 9, 63, 64, 104, 112, 511, 512, 1023, 1024, 1 << 16, (1 << 31) - 1, (1 << 32) - 1, (1 << 63) - 1]


def hostile_header(dice: random.Random, originals: list[bytes]) -> bytes:
    """Return a header with extreme values, changed bytes, or a premature end."""
    data = bytearray(dice.choice(originals))
    for _ in range(dice.randint(1, 4)):
        kind = dice.randrange(4)
        at = dice.randrange(0, 112, 4)
        if kind == 0:
            data[at : at + 4] = struct.pack(">I", dice.choice(EXTREMES) & 0xFFFFFFFF)
        elif kind == 1:
            data[at : at + 8] = struct.pack(">Q", dice.choice(EXTREMES))
        elif kind == 2:
            data[dice.randrange(min(700, len(data)))] = dice.randrange(256)
        elif dice.random() < 0.2:
            del data[dice.randrange(len(data)) :]
            data += bytes(0 if dice.random() < 0.5 else 64)
        if len(data) < 120:
            break
    return bytes(data)


def original_headers(folder: Path) -> list[bytes]:
    """Create valid images of several kinds; return their headers."""
    write_overlay(folder / "base", "x", "raw")
    kinds = ["compat=1.1", "compat=0.10", "extended_l2=on,lazy_refcounts=on", "cluster_size=512"]
    kinds.append(f"backing_file={folder / 'base'},backing_fmt=qcow2")
    found = []
    for number, options in enumerate(kinds):
        path = folder / f"original{number}"
        run("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-o", options, path, "1M")
        found.append(path.read_bytes()[: 3 << 16])
    return [*found, b"QED\0" + bytes(200), b"KDMV" + bytes(600), b"QFI\xfb\0\0\0\1" + bytes(200)]


@needs_qemu_img
def test_hostile_headers_are_read_or_an_error(tmp_path: Path) -> None:
    """There is no traceback, no hang, and at most 64 MiB are used; VIRTINSTALL_FUZZ=100000 is the full run."""
    originals = original_headers(tmp_path)
    path = tmp_path / "hostile"
    accepted = 0
    tracemalloc.start()
    for seed in range(rounds(1500)):
        path.write_bytes(hostile_header(random.Random(seed), originals))
        began = time.monotonic()
        for image_format in (None, "qcow2"):
            try:
                backing_chain(str(path), image_format)
                accepted += 1
            except StorageError:
                continue
        assert time.monotonic() - began < 2, seed
    assert tracemalloc.get_traced_memory()[1] < 64 * MIB
    tracemalloc.stop()
    assert accepted


@needs_qemu_img
def test_hostile_headers_have_the_values_that_qemu_reads(tmp_path: Path) -> None:
    """Virtual size, cluster size and backing file of images that QEMU opens are equal."""
    originals = original_headers(tmp_path)[:5]
    path = tmp_path / "hostile"
    for seed in range(rounds(120) // 10 + 100):
        path.write_bytes(hostile_header(random.Random(seed), originals))
        shown = run("qemu-img", "info", "-f", "qcow2", "--output=json", path, check=False)
        if shown.returncode:
            continue
        theirs = json.loads(shown.stdout)
        try:
            ours = probe_image(str(path), "qcow2")
        except StorageError as error:
            # the specification requires a multiple of 8, but QEMU accepts any length
            assert "header length" in error.message, seed
            continue
        assert ours.virtual_size == theirs["virtual-size"], seed
        assert ours.cluster_size == theirs["cluster-size"], seed
        assert json_name(ours.backing_file) == theirs.get("backing-filename"), seed
        assert json_name(ours.backing_format) == theirs.get("backing-filename-format"), seed


def json_name(name: str | None) -> str | None:
    """Return a name as in JSON, which cannot contain invalid UTF-8."""
    return None if name is None else os.fsencode(name).decode(errors="replace")
