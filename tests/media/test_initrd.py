"""Adding files to an initrd. The results are read by cpio and according to the rules of the kernel."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import tracemalloc
from pathlib import Path

import pytest

from virtinstall.errors import FetchError, RequestError
from virtinstall.media.initrd import Injection, archive_size, check_injections, inject

needs_cpio = pytest.mark.skipif(not shutil.which("cpio"), reason="cpio isn't installed")


def unpack_as_kernel(data: bytes) -> dict[str, bytes]:
    """Return the files in an initrd by the grammar of Linux's buffer-format.rst.

    Archives are compressed or not, with zeros between them; an uncompressed one starts at a multiple of 4.
    """
    files: dict[str, bytes] = {}
    at = 0
    while at < len(data):
        if data[at] == 0:
            at += 1
        elif data[at : at + 2] == b"\x1f\x8b":
            stream = io.BytesIO(data[at:])
            import zlib

            decompressor = zlib.decompressobj(31)
            files |= unpack_as_kernel(decompressor.decompress(stream.read()))
            at = len(data) - len(decompressor.unused_data)
        else:
            assert at % 4 == 0
            at = _unpack_archive(data, at, files)
    return files


def _unpack_archive(data: bytes, at: int, files: dict[str, bytes]) -> int:
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * number : at + 14 + 8 * number], 16) for number in range(13)]
        size, name_size = fields[6], fields[11]
        name = data[at + 110 : at + 110 + name_size - 1].decode()
        start = (at + 110 + name_size + 3) & ~3
        if name == "TRAILER!!!":
            return start
        files[name] = data[start : start + size]
        at = (start + size + 3) & ~3


def create_initrd(folder: Path) -> Path:
    """Create a compressed initrd with `/init`, whose size is not a multiple of 4; return its path."""
    (folder / "root").mkdir()
    (folder / "root" / "init").write_text("#!/bin/sh\n")
    archive = subprocess.run(
        ["cpio", "-o", "-H", "newc", "--quiet"], input=b"init\n", cwd=folder / "root", check=True, capture_output=True
    )
    packed = gzip.compress(archive.stdout)
    if len(packed) % 4 == 0:
        packed = gzip.compress(archive.stdout + bytes(1024))
    path = folder / "initrd.gz"
    path.write_bytes(packed)
    return path


def create_injections(folder: Path, **files: bytes) -> list[Injection]:
    """Create files with the given names and contents; return their injections."""
    folder.mkdir(exist_ok=True)
    paths = []
    for name, content in files.items():
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    return check_injections(paths)


@needs_cpio
def test_injected_files_are_in_the_root(tmp_path: Path) -> None:
    """The files of the compressed initrd are there, too."""
    initrd = create_initrd(tmp_path)
    before = initrd.read_bytes()
    files = create_injections(tmp_path / "in", **{"ks.cfg": b"text\n", "odd": b"12345", "empty": b""})
    inject(initrd, files)
    unpacked = unpack_as_kernel(initrd.read_bytes())
    assert unpacked == {"init": b"#!/bin/sh\n", "ks.cfg": b"text\n", "odd": b"12345", "empty": b""}
    assert initrd.read_bytes().startswith(before)
    assert initrd.stat().st_size - len(before) <= archive_size(files)


@needs_cpio
def test_cpio_reads_the_archive(tmp_path: Path) -> None:
    """The owner of the files is root, and any user can read them."""
    files = create_injections(tmp_path / "in", **{"preseed.cfg": b"d-i\n", "run.sh": b"#!"})
    files[1].path.chmod(0o700)
    initrd = tmp_path / "initrd"
    initrd.write_bytes(b"")
    inject(initrd, check_injections([each.path for each in files]))
    listing = subprocess.run(["cpio", "-tv"], input=initrd.read_bytes(), check=True, capture_output=True).stdout
    lines = listing.decode().splitlines()
    assert lines[0].startswith("-rw-r--r--   1 root     root            4 ")
    assert lines[0].endswith(" preseed.cfg")
    assert lines[1].startswith("-rwxr-xr-x")


def test_same_files_result_in_the_same_bytes(tmp_path: Path) -> None:
    """The archive does not contain times or inodes of the files."""
    results: list[bytes] = []
    for turn in ("one", "two"):
        files = create_injections(tmp_path / turn, a=b"A", b=b"B" * 1000)
        os.utime(files[0].path, (len(results), len(results)))
        initrd = tmp_path / f"initrd-{turn}"
        initrd.write_bytes(b"0123456")
        inject(initrd, files)
        results.append(initrd.read_bytes())
    assert results[0] == results[1]


def test_hundreds_of_files_can_be_injected(tmp_path: Path) -> None:
    """The archive contains each of 500 files."""
    files = create_injections(tmp_path / "in", **{f"file{number}": b"%d" % number for number in range(500)})
    initrd = tmp_path / "initrd"
    initrd.write_bytes(b"")
    inject(initrd, files)
    assert unpack_as_kernel(initrd.read_bytes()) == {f"file{number}": b"%d" % number for number in range(500)}


def test_large_file_needs_little_memory(tmp_path: Path) -> None:
    """A sparse file of 300 MiB needs less than 1 MiB of memory."""
    big = tmp_path / "big"
    with big.open("wb") as out:
        out.truncate(300 * 1024**2)
    initrd = tmp_path / "initrd"
    initrd.write_bytes(b"x")
    tracemalloc.start()
    inject(initrd, check_injections([big]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert initrd.stat().st_size > 300 * 1024**2
    assert peak < 1024**2


def test_invalid_injections_are_errors(tmp_path: Path) -> None:
    """Examples are missing files, folders, files of the same name, and files of 4 GiB."""
    (tmp_path / "a").mkdir()
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ks.cfg").write_text("")
    with pytest.raises(RequestError, match="no such file"):
        check_injections([tmp_path / "none"])
    with pytest.raises(RequestError, match="not a regular file"):
        check_injections([tmp_path / "a"])
    with pytest.raises(RequestError, match=r"would both be '/ks.cfg'"):
        check_injections([tmp_path / "x" / "ks.cfg", tmp_path / "y" / "ks.cfg"])
    with (tmp_path / "huge").open("wb") as out:
        out.truncate(2**32)
    with pytest.raises(RequestError, match="4 GiB"):
        check_injections([tmp_path / "huge"])


def test_initrd_is_unchanged_after_a_failure(tmp_path: Path) -> None:
    """If a file to inject changes meanwhile, the initrd is truncated to its previous size."""
    files = create_injections(tmp_path / "in", a=b"A" * 100, b=b"B" * 100)
    files[1].path.write_bytes(b"changed")
    initrd = tmp_path / "initrd"
    initrd.write_bytes(b"initrd")
    with pytest.raises(FetchError, match="changed while"):
        inject(initrd, files)
    assert initrd.read_bytes() == b"initrd"
