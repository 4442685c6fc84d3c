"""Reading headers: formats, sizes and backing files; hostile ones end in a clear error."""

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
    """An image of each format is recognized, and its size if the header contains it in a simple form."""
    path = tmp_path / "disk"
    run("qemu-img", "create", "-q", "-f", image_format, path, "16M")
    found = probe_image(str(path))
    expected = json.loads(run("qemu-img", "info", "--output=json", path).stdout)
    assert found.format == expected["format"]
    assert found.virtual_size in (expected["virtual-size"], None)
    assert found.virtual_size is not None or image_format in ("vhdx", "parallels")


def test_luks_and_iso_are_recognised(tmp_path: Path) -> None:
    """A LUKS volume is not a raw disk; an ISO is, with a note."""
    luks, iso = tmp_path / "luks", tmp_path / "iso"
    luks.write_bytes(b"LUKS\xba\xbe\0\1" + bytes(4096))
    iso.write_bytes(bytes(32769) + b"CD001" + bytes(4096))
    assert (probe_image(str(luks)).format, probe_image(str(luks)).encrypted) == ("luks", True)
    assert (probe_image(str(iso)).format, probe_image(str(iso)).is_iso) == ("raw", True)


@needs_qemu_img
@pytest.mark.parametrize("image_format", ["qcow2", "qcow", "qed", "vmdk"])
def test_backing_files_are_named(image_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backing file's name is given as it is in the image."""
    run("qemu-img", "create", "-q", "-f", image_format, tmp_path / "base", "16M")
    monkeypatch.chdir(tmp_path)
    run("qemu-img", "create", "-q", "-f", image_format, "-b", "base", "-F", image_format, tmp_path / "top")
    found = probe_image(str(tmp_path / "top"))
    assert found.backing_file == "base"
    assert [i.path for i in backing_chain(str(tmp_path / "top"))] == [
        str(tmp_path / "top"),
        str(tmp_path / "base"),
    ]


def test_a_given_format_leads(tmp_path: Path) -> None:
    """A raw disk to which its guest wrote a qcow2 header is raw if the user specifies it."""
    path = tmp_path / "disk"
    provision_image(NewImage(path=str(path), format="qcow2", capacity_bytes=1 << 40), Undo(), Silent())
    assert probe_image(str(path), "raw").virtual_size == -(-path.stat().st_size // 512) * 512
    assert probe_image(str(path), "raw").backing_file is None
    with pytest.raises(StorageError, match="is not a vmdk image"):
        probe_image(str(path), "vmdk")


def test_other_kinds_of_files_are_an_immediate_error(tmp_path: Path) -> None:
    """A directory, a FIFO (which would block), a missing and a character device: errors."""
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo", tmp_path / "missing", Path("/dev/zero")):
        with pytest.raises(StorageError):
            probe_image(str(path))


def write_overlay(path: Path, backing: str, backing_format: str | None = "qcow2") -> None:
    """A minimal qcow2 image that names a backing file which need not be there."""
    name = backing.encode()
    extension = b""
    if backing_format is not None:
        extension = struct.pack(">II", 0xE2792ACA, len(backing_format)) + backing_format.encode().ljust(8, b"\0")
    start = 104 + len(extension) + 8
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 3, start, len(name), 16, MIB, 0, 1, 3 << 16, 1 << 16, 1, 0, 0)
    header += struct.pack(">QQQII", 0, 0, 0, 4, 104)
    path.write_bytes((header + extension + bytes(8) + name).ljust(4 << 16, b"\0"))


def test_chain_that_loops_is_refused(tmp_path: Path) -> None:
    """Two images that refer to each other, and one that refers to itself through a link, are errors."""
    write_overlay(tmp_path / "a", "b")
    write_overlay(tmp_path / "b", "./a")
    write_overlay(tmp_path / "c", "link")
    (tmp_path / "link").symlink_to("c")
    for start in ("a", "c"):
        with pytest.raises(StorageError, match="loops"):
            backing_chain(str(tmp_path / start))


def test_chain_deeper_than_two_hundred_is_refused(tmp_path: Path) -> None:
    """200 images pass, 201 are an error."""
    for number in range(201):
        write_overlay(tmp_path / str(number), str(number + 1))
    write_overlay(tmp_path / "201", "nbd://127.0.0.1/disk")
    with pytest.raises(StorageError, match="more than 200"):
        backing_chain(str(tmp_path / "0"))
    assert len(backing_chain(str(tmp_path / "2"))) == 200


@pytest.mark.parametrize("name", ["json:{}", "nbd://127.0.0.1/disk", "http://127.0.0.1/x", "fat:rw:/etc"])
def test_names_other_than_paths_are_not_followed(name: str, tmp_path: Path) -> None:
    """`json:` and protocols end the chain; they are still returned."""
    write_overlay(tmp_path / "top", name)
    (only,) = backing_chain(str(tmp_path / "top"))
    assert only.backing_file == name


def test_backing_file_without_a_format_is_raw(tmp_path: Path) -> None:
    """A qcow2 header in a backing file whose format isn't named is not believed."""
    write_overlay(tmp_path / "secret", "/etc/shadow", "raw")
    write_overlay(tmp_path / "top", "secret", None)
    chain = backing_chain(str(tmp_path / "top"))
    assert [i.format for i in chain] == ["qcow2", "raw"]


def test_chain_with_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """The missing file is named."""
    write_overlay(tmp_path / "top", "gone")
    with pytest.raises(StorageError, match="gone"):
        backing_chain(str(tmp_path / "top"))


EXTREMES = [0, 1, 8, 9, 63, 64, 104, 112, 511, 512, 1023, 1024, 1 << 16, (1 << 31) - 1, (1 << 32) - 1, (1 << 63) - 1]


def hostile_header(dice: random.Random, originals: list[bytes]) -> bytes:
    """A header with fields set to extremes, bytes flipped, or an end too soon."""
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
    """Sound images of several kinds to start from."""
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
def test_hostile_headers_end_in_an_error_or_an_answer(tmp_path: Path) -> None:
    """Never a traceback, a hang or more than 64 MiB; VIRTINSTALL_FUZZ=100000 is the full run."""
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
def test_hostile_headers_are_judged_as_qemu_judges_them(tmp_path: Path) -> None:
    """What QEMU opens is given with the same size, cluster size and backing file."""
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
            # the specification wants a multiple of 8, QEMU takes any length
            assert "header length" in error.message, seed
            continue
        assert ours.virtual_size == theirs["virtual-size"], seed
        assert ours.cluster_size == theirs["cluster-size"], seed
        assert shown_name(ours.backing_file) == theirs.get("backing-filename"), seed
        assert shown_name(ours.backing_format) == theirs.get("backing-filename-format"), seed


def shown_name(name: str | None) -> str | None:
    """A name in JSON, which cannot contain bytes that are not UTF-8."""
    return None if name is None else os.fsencode(name).decode(errors="replace")
