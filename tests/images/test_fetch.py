"""Download, verification and caching of an image, from a server that behaves like those of vendors."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from tests.images.disks import MIB, qcow2, raw
from tests.images.fetching import Client, by_url, named
from tests.images.vendor import Vendor
from virtinstall.errors import FetchError

PATH = "/images/disk.qcow2"
DAY = 24 * 3600


def test_image_is_downloaded_once_and_verified(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The second fetch uses the cached image."""
    data = qcow2(tmp_path, padding=3 * MIB)
    source = named(vendor.publish(PATH, data))
    image = client.fetch(source)
    again = client.fetch(source)
    assert Path(image.path).read_bytes() == data
    assert image == again
    assert image.verified == "digest"
    assert image.digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert (image.format, image.virtual_size) == ("qcow2", 8 * MIB)
    assert os.stat(image.path).st_mode & 0o777 == 0o444
    assert vendor.gets(PATH) == 1
    assert len(vendor.requests) == 2
    assert client.left() == []
    assert client.output == []


def test_sha512_list_is_used(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Debian publishes SHA512SUMS."""
    data = qcow2(tmp_path)
    image = client.fetch(named(vendor.publish(PATH, data, sums="SHA512SUMS", algorithm="sha512"), "SHA512SUMS"))
    assert image.digest.startswith("sha512:")
    assert os.path.basename(image.path).startswith("sha512-")


def test_equal_content_of_two_sources_is_stored_once(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Only the checksum list of the second source is downloaded."""
    data = qcow2(tmp_path)
    first = client.fetch(named(vendor.publish("/a/disk.qcow2", data)))
    second = client.fetch(named(vendor.publish("/b/other.qcow2", data), name="other"))
    assert first.path == second.path
    assert vendor.gets("/b/other.qcow2") == 0


def test_wrong_digest_is_an_error_after_a_second_attempt(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The image is not stored in the cache."""
    url = vendor.publish(PATH, qcow2(tmp_path))
    vendor.files[PATH] = qcow2(tmp_path, padding=100)
    with pytest.raises(FetchError, match="checksum mismatch for"):
        client.fetch(named(url))
    assert vendor.gets(PATH) == 2
    assert client.cache.files() == []
    assert client.left() == []


def test_second_attempt_gets_the_image_of_a_newer_list(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Vendors publish lists and images one after the other."""
    old, new = qcow2(tmp_path, padding=10), qcow2(tmp_path, padding=20)
    url = vendor.publish(PATH, new)
    vendor.files[PATH] = old

    def push(site: Vendor) -> None:
        if site.gets(PATH) == 1:
            site.files[PATH] = new

    vendor.before[PATH] = push
    assert Path(client.fetch(named(url)).path).read_bytes() == new
    assert "downloading the image again" in client.output[0]
    assert any(headers.get("Cache-Control") == "no-cache" for headers in vendor.headers)


def test_interrupted_transfer_is_resumed(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Only the missing part is requested."""
    data = qcow2(tmp_path, padding=2 * MIB)
    url = vendor.publish(PATH, data)
    vendor.cut_after[PATH] = [MIB]
    assert Path(client.fetch(named(url)).path).read_bytes() == data
    assert [request for request in vendor.requests if PATH in request] == [f"GET {PATH} 200", f"GET {PATH} 206"]


def test_another_run_continues_a_failed_download(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """After a second interruption the run fails; the next run requests the missing part."""
    data = qcow2(tmp_path, padding=3 * MIB)
    url = vendor.publish(PATH, data)
    vendor.cut_after[PATH] = [MIB, MIB]
    with pytest.raises(FetchError):
        client.fetch(named(url))
    vendor.requests.clear()
    assert Path(client.fetch(named(url)).path).read_bytes() == data
    assert f"GET {PATH} 206" in vendor.requests
    assert client.left() == []


@pytest.mark.parametrize("etags", [True, False])
def test_content_that_changes_during_the_download_is_downloaded_again(
    vendor: Vendor, client: Client, tmp_path: Path, etags: bool
) -> None:
    """Parts of two images are never combined."""
    old, new = qcow2(tmp_path, padding=2 * MIB), qcow2(tmp_path, padding=2 * MIB)
    vendor.etags = etags
    url = vendor.publish(PATH, old)
    vendor.cut_after[PATH] = [MIB]

    def push(site: Vendor) -> None:
        if site.gets(PATH):
            site.publish(PATH, new)

    vendor.before[PATH] = push
    assert Path(client.fetch(named(url)).path).read_bytes() == new
    assert client.left() == []


@pytest.mark.parametrize("status", [500, 503])
def test_server_error_contains_the_status(vendor: Vendor, client: Client, tmp_path: Path, status: int) -> None:
    """No partial file is kept."""
    url = vendor.publish(PATH, qcow2(tmp_path))
    vendor.status[PATH] = [status] * 5
    with pytest.raises(FetchError, match=str(status)):
        client.fetch(named(url))
    assert client.left() == []


def test_missing_checksum_list_is_an_error(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The catalogue states that the vendor has a list; the user can override the error."""
    url = vendor.publish(PATH, qcow2(tmp_path), sums="")
    with pytest.raises(FetchError, match=r"cannot verify the image .* no such file") as caught:
        client.fetch(named(url))
    assert "image.checksum=none" in str(caught.value.hint)
    image = client.fetch(named(url), checksum="none")
    assert image.verified == "tls"
    assert client.output == []


def test_list_without_the_image_is_an_error(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The list exists, but does not contain the file."""
    url = vendor.publish(PATH, qcow2(tmp_path), sums="")
    vendor.files["/images/SHA256SUMS"] = b"ab" * 32 + b"  other.qcow2\n"
    with pytest.raises(FetchError, match=r"contains no digest for 'disk\.qcow2'"):
        client.fetch(named(url))


@pytest.mark.parametrize("form", ["named", "by_url"])
def test_captive_portal_is_detected(vendor: Vendor, client: Client, tmp_path: Path, form: str) -> None:
    """A login page replaces the checksum list or the image."""
    url = vendor.publish(PATH, qcow2(tmp_path))
    vendor.portal = True
    with pytest.raises(FetchError, match="is a web page") as caught:
        client.fetch(named(url) if form == "named" else by_url(url))
    assert "captive portal" in str(caught.value.hint)
    assert client.left() == []


def test_web_page_with_the_content_type_of_an_image_is_an_error(vendor: Vendor, client: Client) -> None:
    """The content is examined, not only the header."""
    vendor.files[PATH] = b"<html>Please log in</html>" + bytes(4096)
    vendor.types[PATH] = "application/octet-stream"
    with pytest.raises(FetchError, match="is a web page"):
        client.fetch(by_url(f"{vendor.url}{PATH}"))


def test_url_is_verified_by_the_list_in_its_directory(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """If there is no list, the digest is reported to the user."""
    data = qcow2(tmp_path)
    assert client.fetch(by_url(vendor.publish("/with/disk.qcow2", data))).verified == "digest"
    other = qcow2(tmp_path, padding=9)
    assert client.fetch(by_url(vendor.publish("/without/disk.qcow2", other, sums=""))).verified == "tls"
    assert "was not verified" in client.output[0]
    assert hashlib.sha256(other).hexdigest() in client.output[0]


def test_specified_checksum_replaces_the_list(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """With `image.checksum=sha256:HEX`, a cached image needs no network."""
    data = qcow2(tmp_path)
    url = vendor.publish(PATH, data, sums="")
    checksum = f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert client.fetch(by_url(url), checksum=checksum).verified == "digest"
    vendor.requests.clear()
    client.now += 100 * DAY
    client.fetch(by_url(url), refresh=True, checksum=checksum)
    assert vendor.requests == []
    with pytest.raises(FetchError, match="checksum mismatch"):
        client.fetch(by_url(url), checksum="sha256:" + "0" * 64)


def test_checksum_url_is_read(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """`image.checksum=URL` is the address of a list."""
    data = qcow2(tmp_path)
    url = vendor.publish(PATH, data, sums="")
    vendor.files["/elsewhere"] = f"{hashlib.sha256(data).hexdigest()}  disk.qcow2\n".encode()
    assert client.fetch(by_url(url), checksum=f"{vendor.url}/elsewhere").verified == "digest"


def test_image_is_revalidated_once_a_day(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Only the list is requested, or the image with its ETag if there is no list."""
    listed = named(vendor.publish(PATH, qcow2(tmp_path)))
    unlisted = by_url(vendor.publish("/x/disk.qcow2", qcow2(tmp_path, padding=5), sums=""))
    for source in (listed, unlisted):
        client.fetch(source)
    vendor.requests.clear()
    client.now += DAY - 1
    for source in (listed, unlisted):
        client.fetch(source)
    assert vendor.requests == []
    client.now += 2
    for source in (listed, unlisted):
        client.fetch(source)
    assert vendor.gets(PATH) == 0
    assert "GET /x/disk.qcow2 304" in vendor.requests
    vendor.requests.clear()
    for source in (listed, unlisted):
        client.fetch(source)
    assert vendor.requests == []


def test_refresh_forces_or_prevents_revalidation(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The previous image is kept, because disks may be based on it."""
    old, new = qcow2(tmp_path, padding=1), qcow2(tmp_path, padding=2)
    source = named(vendor.publish(PATH, old))
    first = client.fetch(source)
    vendor.publish(PATH, new)
    client.now += 10 * DAY
    assert client.fetch(source, refresh=False) == first
    second = client.fetch(source, refresh=True)
    assert Path(second.path).read_bytes() == new
    assert Path(first.path).read_bytes() == old, "guests stand on it"


def test_cached_image_is_used_if_the_server_fails(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """A message is printed; with refresh=yes, the failure is an error."""
    source = named(vendor.publish(PATH, qcow2(tmp_path)))
    image = client.fetch(source)
    client.now += 2 * DAY
    for trouble in ("status", "portal"):
        client.output.clear()
        if trouble == "status":
            vendor.status["/images/SHA256SUMS"] = [503]
        else:
            vendor.portal = True
        assert client.fetch(source).path == image.path
        assert "using the cached copy" in client.output[0]
    with pytest.raises(FetchError):
        client.fetch(source, refresh=True)


def test_deleted_image_is_downloaded_again(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The record of the deleted image is ignored."""
    source = named(vendor.publish(PATH, qcow2(tmp_path)))
    os.unlink(client.fetch(source).path)
    assert os.path.exists(client.fetch(source).path)
    assert vendor.gets(PATH) == 2


def test_redirect_is_followed(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Vendors redirect to mirrors."""
    data = qcow2(tmp_path)
    vendor.publish(PATH, data)
    vendor.redirects["/latest/disk.qcow2"] = f"{vendor.url}{PATH}"
    vendor.redirects["/latest/SHA256SUMS"] = f"{vendor.url}/images/SHA256SUMS"
    assert Path(client.fetch(named(f"{vendor.url}/latest/disk.qcow2")).path).read_bytes() == data


def test_unsafe_images_are_errors(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """For example, an image with a backing file could read files of the host."""
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(MIB))
    hostile = {
        "backing": (qcow2(tmp_path, backing=secret), "has the backing file"),
        "vmdk": (b"KDMV" + bytes(4096), "has the format vmdk"),
        "text": (b"not found\n" * 1000, "is not a disk image"),
        "empty": (b"", "is empty"),
        "iso": (bytes(32769) + b"CD001" + bytes(4096), "is an ISO image"),
        "huge": (qcow2(tmp_path, size=16 << 40), "is 16 TiB; it must be between 1 byte and 8 TiB"),
    }
    for name, (data, message) in hostile.items():
        with pytest.raises(FetchError, match=message):
            client.fetch(named(vendor.publish(f"/{name}/disk", data), name=name))
    assert client.cache.files() == []
    assert client.left() == []


def test_raw_image_is_stored_sparsely(vendor: Vendor, client: Client) -> None:
    """The format is detected."""
    data = raw(16 * MIB)
    image = client.fetch(named(vendor.publish("/images/disk.raw", data)))
    assert image.format == "raw"
    assert Path(image.path).read_bytes() == data
    assert os.stat(image.path).st_blocks * 512 < MIB


def test_parallel_runs_download_an_image_once(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The other runs wait, and report that they do."""
    source = named(vendor.publish(PATH, qcow2(tmp_path, padding=4 * MIB)))
    vendor.delay_seconds = 0.005
    others = [Client(client.root) for _ in range(20)]
    threads = [threading.Thread(target=each.fetch, args=(source,)) for each in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert vendor.gets(PATH) == 1
    assert vendor.gets("/images/SHA256SUMS") == 1
    assert len(client.cache.files()) == 1
    assert sum("waiting for another run" in text for each in others for text in each.output) == 19
    assert client.left() == []
