"""One download, verified, cached, used again: against a vendor that does what real ones do."""

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
    """The second guest uses the first one's download."""
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


def test_stronger_list_of_another_form_is_used(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """SHA512SUMS as Debian has it."""
    data = qcow2(tmp_path)
    image = client.fetch(named(vendor.publish(PATH, data, sums="SHA512SUMS", algorithm="sha512"), "SHA512SUMS"))
    assert image.digest.startswith("sha512:")
    assert os.path.basename(image.path).startswith("sha512-")


def test_equal_content_of_two_sources_is_stored_once(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The second source needs its list only."""
    data = qcow2(tmp_path)
    first = client.fetch(named(vendor.publish("/a/disk.qcow2", data)))
    second = client.fetch(named(vendor.publish("/b/other.qcow2", data), name="other"))
    assert first.path == second.path
    assert vendor.gets("/b/other.qcow2") == 0


def test_wrong_digest_is_refused_after_a_second_attempt(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """An image that does not match stays out of the cache."""
    url = vendor.publish(PATH, qcow2(tmp_path))
    vendor.files[PATH] = qcow2(tmp_path, padding=100)
    with pytest.raises(FetchError, match="does not match its checksum"):
        client.fetch(named(url))
    assert vendor.gets(PATH) == 2
    assert client.cache.files() == []
    assert client.left() == []


def test_list_that_is_newer_than_the_image(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Lists and images are published one after the other: the second attempt finds both."""
    old, new = qcow2(tmp_path, padding=10), qcow2(tmp_path, padding=20)
    url = vendor.publish(PATH, new)
    vendor.files[PATH] = old

    def push(site: Vendor) -> None:
        if site.gets(PATH) == 1:
            site.files[PATH] = new

    vendor.before[PATH] = push
    assert Path(client.fetch(named(url)).path).read_bytes() == new
    assert "trying once more" in client.output[0]
    assert any(headers.get("Cache-Control") == "no-cache" for headers in vendor.headers)


def test_interrupted_transfer_is_resumed(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """What arrived is not sent again."""
    data = qcow2(tmp_path, padding=2 * MIB)
    url = vendor.publish(PATH, data)
    vendor.cut_after[PATH] = [MIB]
    assert Path(client.fetch(named(url)).path).read_bytes() == data
    assert [request for request in vendor.requests if PATH in request] == [f"GET {PATH} 200", f"GET {PATH} 206"]


def test_another_run_continues_a_failed_download(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """After two interruptions the run fails; the next one asks for the rest."""
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
def test_content_that_changes_during_the_download(vendor: Vendor, client: Client, tmp_path: Path, etags: bool) -> None:
    """The halves of two images are never joined."""
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
def test_server_error_is_reported_with_its_url(vendor: Vendor, client: Client, tmp_path: Path, status: int) -> None:
    """A failing server leaves nothing."""
    url = vendor.publish(PATH, qcow2(tmp_path))
    vendor.status[PATH] = [status] * 5
    with pytest.raises(FetchError, match=str(status)):
        client.fetch(named(url))
    assert client.left() == []


def test_missing_list_of_a_catalogue_is_an_error(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """If a vendor publishes digests, an image without one is not used; the user can override this."""
    url = vendor.publish(PATH, qcow2(tmp_path), sums="")
    with pytest.raises(FetchError, match="no checksum list") as caught:
        client.fetch(named(url))
    assert "image.checksum=none" in str(caught.value.hint)
    image = client.fetch(named(url), checksum="none")
    assert image.verified == "tls"
    assert client.output == []


def test_list_without_the_image_is_an_error(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The list is there, but does not have the file."""
    url = vendor.publish(PATH, qcow2(tmp_path), sums="")
    vendor.files["/images/SHA256SUMS"] = b"ab" * 32 + b"  other.qcow2\n"
    with pytest.raises(FetchError, match=r"has no digest for disk\.qcow2"):
        client.fetch(named(url))


@pytest.mark.parametrize("form", ["named", "by_url"])
def test_captive_portal_is_recognized(vendor: Vendor, client: Client, tmp_path: Path, form: str) -> None:
    """A login page in place of a list or of the image is never an image."""
    url = vendor.publish(PATH, qcow2(tmp_path))
    vendor.portal = True
    with pytest.raises(FetchError, match="is a web page") as caught:
        client.fetch(named(url) if form == "named" else by_url(url))
    assert "captive portal" in str(caught.value.hint)
    assert client.left() == []


def test_web_page_that_claims_to_be_an_image(vendor: Vendor, client: Client) -> None:
    """Content counts, not the server's word for it."""
    vendor.files[PATH] = b"<html>Please log in</html>" + bytes(4096)
    vendor.types[PATH] = "application/octet-stream"
    with pytest.raises(FetchError, match="is a web page"):
        client.fetch(by_url(f"{vendor.url}{PATH}"))


def test_url_is_verified_by_the_list_next_to_it(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """A user's URL is verified if its directory has a list, else a notice has the digest."""
    data = qcow2(tmp_path)
    assert client.fetch(by_url(vendor.publish("/with/disk.qcow2", data))).verified == "digest"
    other = qcow2(tmp_path, padding=9)
    assert client.fetch(by_url(vendor.publish("/without/disk.qcow2", other, sums=""))).verified == "tls"
    assert "is not verified" in client.output[0]
    assert hashlib.sha256(other).hexdigest() in client.output[0]


def test_given_checksum_replaces_the_list(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """`image.checksum=sha256:HEX` needs no list, and no network once the image is cached."""
    data = qcow2(tmp_path)
    url = vendor.publish(PATH, data, sums="")
    checksum = f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert client.fetch(by_url(url), checksum=checksum).verified == "digest"
    vendor.requests.clear()
    client.now += 100 * DAY
    client.fetch(by_url(url), refresh=True, checksum=checksum)
    assert vendor.requests == []
    with pytest.raises(FetchError, match="does not match"):
        client.fetch(by_url(url), checksum="sha256:" + "0" * 64)


def test_checksum_url_is_read(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """`image.checksum=URL` names a list."""
    data = qcow2(tmp_path)
    url = vendor.publish(PATH, data, sums="")
    vendor.files["/elsewhere"] = f"{hashlib.sha256(data).hexdigest()}  disk.qcow2\n".encode()
    assert client.fetch(by_url(url), checksum=f"{vendor.url}/elsewhere").verified == "digest"


def test_revalidation_at_most_once_a_day(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Within a day nothing is asked; then the list alone, or the ETag where there is no list."""
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


def test_refresh(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """`refresh=yes` asks now, `refresh=no` never does."""
    old, new = qcow2(tmp_path, padding=1), qcow2(tmp_path, padding=2)
    source = named(vendor.publish(PATH, old))
    first = client.fetch(source)
    vendor.publish(PATH, new)
    client.now += 10 * DAY
    assert client.fetch(source, refresh=False) == first
    second = client.fetch(source, refresh=True)
    assert Path(second.path).read_bytes() == new
    assert Path(first.path).read_bytes() == old, "guests stand on it"


def test_offline_copy_is_used_with_a_notice(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """A vendor that cannot be reached, refuses or answers nonsense does not prevent a guest."""
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
    """The record of a file that is gone does not count."""
    source = named(vendor.publish(PATH, qcow2(tmp_path)))
    os.unlink(client.fetch(source).path)
    assert os.path.exists(client.fetch(source).path)
    assert vendor.gets(PATH) == 2


def test_redirect_is_followed(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Mirrors are reached by redirects."""
    data = qcow2(tmp_path)
    vendor.publish(PATH, data)
    vendor.redirects["/latest/disk.qcow2"] = f"{vendor.url}{PATH}"
    vendor.redirects["/latest/SHA256SUMS"] = f"{vendor.url}/images/SHA256SUMS"
    assert Path(client.fetch(named(f"{vendor.url}/latest/disk.qcow2")).path).read_bytes() == data


def test_unsafe_images_are_refused(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """A downloaded image that names another file could read the host's."""
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(MIB))
    hostile = {
        "backing": (qcow2(tmp_path, backing=secret), "refers to another file"),
        "vmdk": (b"KDMV" + bytes(4096), "is a vmdk image"),
        "text": (b"not found\n" * 1000, "is not a disk image"),
        "empty": (b"", "is not a disk image"),
        "iso": (bytes(32769) + b"CD001" + bytes(4096), "is an ISO image"),
        "huge": (qcow2(tmp_path, size=16 << 40), "virtual size 16 TiB is not from 1 to 8 TiB"),
    }
    for name, (data, message) in hostile.items():
        with pytest.raises(FetchError, match=message):
            client.fetch(named(vendor.publish(f"/{name}/disk", data), name=name))
    assert client.cache.files() == []
    assert client.left() == []


def test_raw_image(vendor: Vendor, client: Client) -> None:
    """A raw image is stored sparsely."""
    data = raw(16 * MIB)
    image = client.fetch(named(vendor.publish("/images/disk.raw", data)))
    assert image.format == "raw"
    assert Path(image.path).read_bytes() == data
    assert os.stat(image.path).st_blocks * 512 < MIB


def test_parallel_runs_make_one_download(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Other runs wait and report it."""
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
