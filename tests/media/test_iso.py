"""Reading ISO images that other programs created."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from io import BytesIO
from pathlib import Path

import pytest

from tests.media.isofiles import build_iso
from tests.media.webserver import Site, WebServer
from virtinstall.cli.main import main
from virtinstall.errors import FetchError
from virtinstall.media.bytesource import FileSource
from virtinstall.media.fetcher import VolumeIds
from virtinstall.media.iso import IsoImage
from virtinstall.media.location import open_location
from virtinstall.media.udf import udf_volume
from virtinstall.progress import Silent

KERNEL = os.urandom(50_001)
FILES = {
    ".treeinfo": b"[general]\n",
    "images/pxeboot/vmlinuz": KERNEL,
    "images/pxeboot/a name that is far longer than eight letters.img": b"initrd",
    "empty": b"",
}
LONG = "images/pxeboot/a name that is far longer than eight letters.img"

needs_xorriso = pytest.mark.skipif(not shutil.which("xorriso"), reason="xorriso isn't installed")


def opened(path: Path) -> IsoImage:
    """Return the image at `path`."""
    return IsoImage(FileSource(path))


def content(image: IsoImage, path: str) -> bytes | None:
    """Return a file's bytes, or None if there is no such file."""
    entry = image.find(path)
    if entry is None:
        return None
    target = BytesIO()
    image.copy_to(entry, target, Silent())
    return target.getvalue()


@pytest.mark.parametrize(("rock_ridge", "joliet"), [("1.09", True), ("1.12", False), (None, True)])
def test_files_are_found_and_read(tmp_path: Path, rock_ridge: str | None, joliet: bool) -> None:
    """Rock Ridge and Joliet names resolve to the files' exact bytes."""
    image = opened(build_iso(tmp_path / "x.iso", FILES, rock_ridge=rock_ridge, joliet=joliet))
    assert {path: content(image, path) for path in FILES} == FILES
    assert content(image, "/images//pxeboot/./VMLINUZ") == KERNEL
    assert content(image, "images/nothing") is None
    assert content(image, ".treeinfo/below") is None
    assert sorted(image.names("images/pxeboot"))[-1] == "vmlinuz"


def test_plain_iso_9660_names_are_found(tmp_path: Path) -> None:
    """Without Rock Ridge and Joliet, names are in capitals and contain a version."""
    files = {"boot/vmlinuz": b"k", "boot/initrd.img": b"i"}
    image = opened(build_iso(tmp_path / "x.iso", files, rock_ridge=None, joliet=False))
    assert content(image, "boot/vmlinuz") == b"k"
    assert content(image, "boot/initrd.img") == b"i"


def test_identifiers_have_no_trailing_spaces(tmp_path: Path) -> None:
    """They are the volume, system, publisher and application; the size is in bytes."""
    path = build_iso(tmp_path / "x.iso", FILES, volume_id="Fedora-17")
    ids = opened(path).volume
    assert ids == VolumeIds("Fedora-17", "LINUX", "PUBLISHER", "APPLICATION", path.stat().st_size)


def test_deep_folders_are_found(tmp_path: Path) -> None:
    """Rock Ridge moves folders below the eighth level; the original paths are used."""
    files = {"a/b/c/d/e/f/g/h/vmlinuz": KERNEL}
    image = opened(build_iso(tmp_path / "x.iso", files, joliet=False))
    assert content(image, "a/b/c/d/e/f/g/h/vmlinuz") == KERNEL


def test_links_are_followed(tmp_path: Path) -> None:
    """A link to itself is an error; a broken link is not a file."""
    links = {"kernel": "images/pxeboot/vmlinuz", "pxe": "images/../images/pxeboot", "me": "me", "lost": "gone"}
    image = opened(build_iso(tmp_path / "x.iso", FILES, links=links))
    assert content(image, "kernel") == KERNEL
    assert content(image, "pxe/vmlinuz") == KERNEL
    assert content(image, "lost") is None
    with pytest.raises(FetchError, match="link loop"):
        image.find("me")


@needs_xorriso
def test_xorriso_image_is_read(tmp_path: Path) -> None:
    """It has deep folders and hundreds of long names, which need continuation areas."""
    tree = tmp_path / "tree"
    deep = tree / "/".join("abcdef")
    deep.mkdir(parents=True)
    (deep / "deep file").write_bytes(b"deep")
    for number in range(300):
        (tree / f"{number:03}-{'n' * 150}").write_text(str(number))
    path = tmp_path / "x.iso"
    command = ["xorriso", "-as", "mkisofs", "-quiet", "-R", "-V", "X", "-o", str(path), str(tree)]
    subprocess.run(command, check=True, capture_output=True)
    image = opened(path)
    assert content(image, "/".join("abcdef") + "/deep file") == b"deep"
    assert content(image, "299-" + "n" * 150) == b"299"
    assert len(image.names()) == 301


@needs_xorriso
def test_file_above_4_gib_has_two_extents(tmp_path: Path) -> None:
    """The size of the file is that of both extents."""
    big = tmp_path / "tree" / "big"
    big.parent.mkdir()
    with big.open("wb") as created:
        created.truncate(4 * 1024**3 + 5000)
        created.seek(4 * 1024**3 - 2)
        created.write(b"MARK")
    path = tmp_path / "x.iso"
    command = ["xorriso", "-as", "mkisofs", "-quiet", "-R", "-iso-level", "3", "-o", str(path), str(big.parent)]
    if os.environ.get("VIRTINSTALL_FUZZ") is None:
        pytest.skip("writes 4 GiB: set VIRTINSTALL_FUZZ to run it")
    subprocess.run(command, check=True, capture_output=True)
    image = opened(path)
    entry = image.find("big")
    assert entry is not None
    assert len(entry.extents) == 2
    assert entry.size == 4 * 1024**3 + 5000


def test_extents_of_a_file_are_joined(tmp_path: Path) -> None:
    """Records with the multi-extent flag are parts of one file, in order."""
    path = build_iso(tmp_path / "x.iso", {"aaa": b"1" * 2048, "aab": b"2" * 100}, rock_ridge=None, joliet=False)
    data = bytearray(path.read_bytes())
    first, second = data.index(b"AAA.;1"), data.index(b"AAB.;1")
    data[first - 33 + 25] |= 0x80
    data[second : second + 6] = b"AAA.;1"
    path.write_bytes(data)
    assert content(opened(path), "aaa") == b"1" * 2048 + b"2" * 100


def test_file_without_a_volume_descriptor_is_not_an_image(tmp_path: Path) -> None:
    """The error contains its name."""
    path = tmp_path / "x.iso"
    path.write_bytes(b"nothing" * 20000)
    with pytest.raises(FetchError, match=r"x\.iso' is not an ISO 9660 image"):
        open_location(str(path))


def test_truncated_image_is_an_error(tmp_path: Path) -> None:
    """The image ends within a file."""
    path = build_iso(tmp_path / "x.iso", {"a": b"a", "zz": KERNEL})
    with path.open("r+b") as cut:
        cut.truncate(path.stat().st_size - 40_000)
    with pytest.raises(FetchError, match="ends before the end of the data"):
        content(opened(path), "zz")


@pytest.mark.parametrize("path", ["../etc/passwd", "images/../../x"])
def test_path_outside_the_location_is_an_error(tmp_path: Path, path: str) -> None:
    """A `..` component is an error even if the path returns to the location."""
    fetcher = open_location(str(build_iso(tmp_path / "x.iso", FILES)))
    with pytest.raises(FetchError, match="is outside the install location"):
        fetcher.exists(path)


def test_nul_character_in_a_path_is_an_error(tmp_path: Path) -> None:
    """No file system supports it."""
    fetcher = open_location(str(build_iso(tmp_path / "x.iso", FILES)))
    with pytest.raises(FetchError, match="contains a NUL character"):
        fetcher.exists("a\0b")


def test_name_with_a_slash_is_an_error(tmp_path: Path) -> None:
    """The image is damaged or hostile."""
    path = build_iso(tmp_path / "x.iso", {"abcdef": b"x"}, joliet=False)
    path.write_bytes(path.read_bytes().replace(b"\x00abcdef", b"\x00../../x"[:7]))
    with pytest.raises(FetchError, match="damaged"):
        opened(path).find("x")


def test_image_on_a_web_server_is_read_by_ranges(tmp_path: Path) -> None:
    """Few requests are needed; a server without range requests is an error."""
    files = {"filler": os.urandom(4_000_000), **FILES}
    data = build_iso(tmp_path / "x.iso", files).read_bytes()
    with WebServer(Site(files={"/x.iso": data})) as web:
        fetcher = open_location(f"{web.url}/x.iso")
        target = BytesIO()
        fetcher.download("images/pxeboot/vmlinuz", target, Silent())
        fetcher.close()
        assert target.getvalue() == KERNEL
        assert fetcher.volume is not None
        assert len(web.site.requests) < 8
        web.site.ranges = False
        with pytest.raises(FetchError, match="does not support range requests"):
            open_location(f"{web.url}/x.iso")


def udf_disc(label: str) -> bytes:
    """Return a disc with only UDF."""
    disc = bytearray(300 * 2048)
    struct.pack_into("<H14xII", disc, 256 * 2048, 2, 16 * 2048, 32)
    struct.pack_into("<H", disc, 32 * 2048, 1)
    text = b"\x08" + label.encode()
    disc[32 * 2048 + 24 : 32 * 2048 + 24 + len(text)] = text
    disc[32 * 2048 + 55] = len(text)
    return bytes(disc)


def test_label_of_a_udf_disc_is_read(tmp_path: Path) -> None:
    """The disc has no ISO 9660 file system."""
    path = tmp_path / "win.iso"
    path.write_bytes(udf_disc("CCCOMA_X64FRE"))
    found = udf_volume(FileSource(path))
    assert found is not None
    assert found.volume_id == "CCCOMA_X64FRE"


@pytest.mark.parametrize(("disc", "has_warning"), [(udf_disc("CCCOMA_X64FRE"), False), (bytes(300 * 2048), True)])
def test_disc_with_only_udf_causes_no_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], disc: bytes, has_warning: bool
) -> None:
    """Guests boot from some Windows media that have only UDF; a file of zeros causes a warning."""
    (tmp_path / "win.iso").write_bytes(disc)
    args = ["--connect", "test:///default", "--name", "w", "--memory", "512", "--disk", "none", "--osinfo", "win10"]
    assert main([*args, "--cdrom", str(tmp_path / "win.iso"), "--print-xml"]) == 0
    assert ("may not be able to boot from it" in capsys.readouterr().err) is has_warning
