"""Location of an image: directories, JSON indexes, code names, signatures, and indexes on the web."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.images.disks import qcow2
from tests.images.fetching import Client, named
from tests.images.vendor import Vendor
from tests.osinfo.database import Database
from virtinstall.errors import FetchError
from virtinstall.images.catalogue_file import RemoteIndex
from virtinstall.images.family import Family
from virtinstall.images.remote import IndexReader, catalogue_with_indexes
from virtinstall.images.source import ImageSource

HEX = "ab" * 32


def test_newest_file_of_a_checksum_list_is_used(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Numbers are compared by value: 10 is newer than 9."""
    family = Family(
        {"name": "al", "directory": f"{vendor.url}/os/", "pattern": "al-.*\\.qcow2", "checksums": ["SHA256SUMS"]}, "t"
    )
    for number in (9, 10):
        vendor.publish(f"/os/al-{number}.qcow2", qcow2(tmp_path, padding=number))
    assert client.fetch(family.source("", "", "x86_64")).url.endswith("al-10.qcow2")


def test_newest_file_of_a_web_page_is_used(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """If each image has a separate list, the HTML page of the directory is parsed."""
    row = {
        "name": "alpine",
        "version": "[0-9.]+",
        "current": "3.20",
        "directory": f"{vendor.url}/v{{version}}/",
        "pattern": "alpine-{version}\\.[0-9]+-{arch}\\.qcow2",
        "checksums": ["{file}.sha512"],
    }
    names = [f"alpine-3.20.{number}-x86_64.qcow2" for number in (2, 10)]
    for name in names:
        data = qcow2(tmp_path, padding=len(name))
        vendor.files[f"/v3.20/{name}"] = data
        vendor.files[f"/v3.20/{name}.sha512"] = f"{hashlib.sha512(data).hexdigest()}  {name}\n".encode()
    page = "".join(f'<a href="{name}">x</a> <a href="{name}.sha512">y</a>' for name in [*names, "alpine-4.0.1-x.qcow2"])
    vendor.files["/v3.20/"] = page.encode()
    image = client.fetch(Family(row, "t").source("3.20", "", "x86_64"))
    assert image.url.endswith("alpine-3.20.10-x86_64.qcow2")
    assert image.digest.startswith("sha512:")


def test_json_index_has_url_and_digest(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The format is that of Fedora's releases.json."""
    data = qcow2(tmp_path)
    url = vendor.publish("/42/Fedora-Cloud-Base-Generic-42-1.1.x86_64.qcow2", data, sums="")
    common = {"version": "42", "arch": "x86_64", "variant": "Cloud"}
    entries = [
        {**common, "link": f"{vendor.url}/42/Fedora-Cloud-Base-AmazonEC2-42-1.1.x86_64.raw.xz", "sha256": HEX},
        {**common, "link": url, "sha256": hashlib.sha256(data).hexdigest()},
        {**common, "version": "43", "link": f"{vendor.url}/43/x.qcow2", "sha256": HEX},
    ]
    vendor.files["/releases.json"] = json.dumps(entries).encode()
    row = {
        "name": "fedora",
        "version": "[0-9]+",
        "current": "42",
        "variants": ["Generic", "UKI"],
        "index": {
            "url": f"{vendor.url}/releases.json",
            "where": {"version": "{version}", "arch": "{arch}", "variant": "Cloud"},
            "link": "link",
            "pattern": "Fedora-Cloud-Base(-{variant})?[-.][^/]*\\.qcow2",
            "digest": {"sha256": "sha256"},
        },
    }
    family = Family(row, "t")
    assert client.fetch(family.source("42", "", "x86_64")).verified == "digest"
    with pytest.raises(FetchError, match="does not list the image 'fedora99:Generic'"):
        client.fetch(family.source("99", "", "x86_64"))
    archived = family.source("12", "", "x86_64")._replace(fallback_url=url)
    assert client.fetch(archived, checksum="none").url == url


def test_unknown_code_name_is_found_by_search(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The directory whose checksum list has the image is used."""
    row = {
        "name": "debian",
        "version": "[0-9]+",
        "current": "12",
        "codename_search": f"{vendor.url}/cloud/",
        "url": f"{vendor.url}/cloud/{{codename}}/latest/debian-{{version}}-{{arch}}.qcow2",
        "checksums": ["SHA512SUMS"],
    }
    for number, name in ((12, "bookworm"), (19, "slinky")):
        vendor.publish(
            f"/cloud/{name}/latest/debian-{number}-x86_64.qcow2",
            qcow2(tmp_path, padding=number),
            sums="SHA512SUMS",
            algorithm="sha512",
        )
    vendor.files["/cloud/"] = (
        b'<a href="../">up</a><a href="bookworm/">x</a><a href="sid/">x</a><a href="slinky/">x</a>'
    )
    family = Family(row, "t")
    assert "/slinky/" in client.fetch(family.source("19", "", "x86_64")).url
    with pytest.raises(FetchError, match="contains an image for 'debian55'"):
        client.fetch(family.source("55", "", "x86_64"))


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GnuPG home directory with a key; its keyring is `keyring.gpg`."""
    if shutil.which("gpg") is None or shutil.which("gpgv") is None:
        pytest.skip("NOT RUN: gpg and gpgv are missing (Debian: gnupg)")
    home = tmp_path_factory.mktemp("gpg")
    home.chmod(0o700)
    gpg(home, "--passphrase", "", "--quick-gen-key", "Vendor <vendor@example.org>", "ed25519", "sign", "never")
    gpg(home, "--output", str(home / "keyring.gpg"), "--export")
    return home


def gpg(home: Path, *args: str, text: bytes = b"") -> bytes:
    """Run gpg; return its output."""
    command = ["gpg", "--homedir", str(home), "--batch", "--yes", "--pinentry-mode", "loopback", *args]
    return subprocess.run(command, input=text, capture_output=True, check=True).stdout


@pytest.mark.parametrize("form", ["clear", "detached"])
def test_signature_of_a_list_is_verified(
    vendor: Vendor, client: Client, tmp_path: Path, signer: Path, form: str
) -> None:
    """The level of verification is `signature`; a changed list is an error."""
    source = named(vendor.publish("/i/disk.qcow2", qcow2(tmp_path)))
    source = source._replace(keyring=str(signer / "keyring.gpg"), signature="{list}.gpg")
    text = vendor.files["/i/SHA256SUMS"]
    if form == "clear":
        vendor.files["/i/SHA256SUMS"] = gpg(signer, "--clear-sign", text=text)
    else:
        vendor.files["/i/SHA256SUMS.gpg"] = gpg(signer, "--detach-sign", text=text)
    assert client.fetch(source).verified == "signature"
    changed = vendor.files["/i/SHA256SUMS"].replace(b"disk.qcow2", b"dosk.qcow2")
    vendor.files["/i/SHA256SUMS"] = changed
    with pytest.raises(FetchError, match=r"invalid signature for"):
        Client(tmp_path / "other").fetch(source)


def test_unknown_key_is_not_reported_as_a_changed_list(
    vendor: Vendor, client: Client, tmp_path: Path, signer: Path
) -> None:
    """The keyring is the problem, not the list."""
    source = named(vendor.publish("/i/disk.qcow2", qcow2(tmp_path)))
    vendor.files["/i/SHA256SUMS"] = gpg(signer, "--clear-sign", text=vendor.files["/i/SHA256SUMS"])
    empty = tmp_path / "empty.gpg"
    empty.write_bytes(b"")
    with pytest.raises(FetchError, match=r"the signing key is not in the keyring '.*empty\.gpg'"):
        client.fetch(source._replace(keyring=str(empty)))


def test_unsigned_list_is_an_error_with_a_keyring(vendor: Vendor, client: Client, tmp_path: Path, signer: Path) -> None:
    """Otherwise, an attacker could remove the signature. A missing keyring is ignored."""
    source = named(vendor.publish("/i/disk.qcow2", qcow2(tmp_path)))
    with pytest.raises(FetchError):
        client.fetch(source._replace(keyring=str(signer / "keyring.gpg"), signature="{list}.gpg"))
    assert client.fetch(source._replace(keyring="/nonexistent.gpg")).verified == "digest"


def test_newest_image_of_simplestreams_is_used(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The newest version without a disk is skipped; the index is requested once."""
    data = qcow2(tmp_path)
    vendor.publish("/server/disk.img", data, sums="")
    item = {"ftype": "disk1.img", "path": "server/disk.img", "sha256": hashlib.sha256(data).hexdigest()}
    product = {
        "os": "ubuntu",
        "release": "noble",
        "version": "24.04",
        "arch": "amd64",
        "aliases": "24.04,noble,lts",
        "versions": {
            "20240101": {"items": {"disk1.img": {**item, "path": "old.img", "sha256": HEX}}},
            "20250101": {"items": {"disk1.img": item, "manifest": {"ftype": "manifest", "path": "m"}}},
            "20260101": {"items": {"manifest": {"ftype": "manifest", "path": "m"}}},
        },
    }
    products = {"format": "products:1.0", "products": {"x": product}}
    index = {"format": "index:1.0", "index": {"a": {"format": "products:1.0", "path": "streams/v1/p.json"}}}
    vendor.files["/streams/v1/p.json"] = json.dumps(products).encode()
    vendor.files["/streams/v1/index.json"] = json.dumps(index).encode()
    source = find(tmp_path, f"simplestreams: {vendor.url}/streams/v1/index.json", "ubuntu24.04")
    assert client.fetch(source).verified == "digest"
    assert find(tmp_path, f"simplestreams: {vendor.url}/streams/v1/index.json", "noble").url == source.url
    assert sum("/streams/" in request for request in vendor.requests) == 2


def test_image_of_a_virt_builder_index_is_fetched(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The index is a clear-signed file with sections."""
    data = qcow2(tmp_path)
    vendor.publish("/golden.qcow2", data, sums="")
    text = f"""-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

[golden-9]
name=Golden
osinfo=rocky9
arch=x86_64
file=golden.qcow2
checksum[sha512]={hashlib.sha512(data).hexdigest()}
notes=Some text
 over = two lines
[other]
file=other.xz
-----BEGIN PGP SIGNATURE-----
x
-----END PGP SIGNATURE-----
"""
    vendor.files["/index.asc"] = text.encode()
    source = find(tmp_path, f"virt-builder: {vendor.url}/index.asc", "golden-9")
    assert (source.os_name, source.seed) == ("rocky9", "none")
    assert Path(client.fetch(source).path).read_bytes() == data


def test_cached_index_is_used_if_the_server_fails(vendor: Vendor, tmp_path: Path) -> None:
    """A message is printed; without a cached index, the failure is an error."""
    vendor.files["/index"] = b"[golden]\nfile=golden.qcow2\n"
    output: list[str] = []
    reader = IndexReader(str(tmp_path / "indexes"), output.append)
    index = RemoteIndex("virt-builder", f"{vendor.url}/index")
    assert [image.name for image in reader.images(index)] == ["golden"]
    (copy,) = (tmp_path / "indexes").iterdir()
    os.utime(copy, (1, 1))
    vendor.files.clear()
    assert [image.name for image in reader.images(index)] == ["golden"]
    assert "using the cached copy of the index" in output[0]
    copy.unlink()
    with pytest.raises(FetchError, match="no such file"):
        reader.images(index)


def find(tmp_path: Path, source: str, name: str) -> ImageSource:
    """Find an image in an index that the user's catalogue names; return its source."""
    database = Database(tmp_path)
    path = tmp_path / "catalogue.yaml"
    path.write_text(f"sources:\n- {source}\n")
    environment = {**database.environment, "VIRTINSTALL_IMAGES": str(path), "HOME": str(tmp_path)}
    return catalogue_with_indexes(environment, database.catalog(), str(tmp_path / "indexes")).find(name, "x86_64")
