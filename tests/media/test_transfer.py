"""`download` for scripts: digests during the download, resume of earlier runs, revalidation, and limits."""

from __future__ import annotations

import hashlib
import os
import ssl
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.media.certificate import make_certificate
from tests.media.webserver import Site, WebServer
from virtinstall.errors import FetchError
from virtinstall.media.download import download, read_url
from virtinstall.media.transfer import Limits, Response, StallGuard, TransferInterrupted

DATA = bytes(range(256)) * 8192


@pytest.fixture
def web() -> Iterator[WebServer]:
    """Start a server with one large file."""
    with WebServer(Site(files={"/image": DATA})) as server:
        yield server


def test_digest_is_computed_during_the_download(web: WebServer, tmp_path: Path) -> None:
    """`on_data` receives each byte once, even after an interruption; the response describes the file."""
    digest = hashlib.sha256()
    web.site.cut_after = [100_000]
    with (tmp_path / "image").open("wb", buffering=0) as target:
        response = download(f"{web.url}/image?key=s3cret", target, on_data=digest.update)
    assert digest.digest() == hashlib.sha256(DATA).digest()
    assert (tmp_path / "image").read_bytes() == DATA
    assert response == Response(url=f"{web.url}/image", length=len(DATA), etag='"1"')


def test_chunked_response_has_the_received_length(web: WebServer) -> None:
    """The server announces no length."""
    web.site.chunked = True
    assert download(f"{web.url}/image", BytesIO()).length == len(DATA)


class Partial(NamedTuple):
    """A partial file of an earlier run."""

    target: BytesIO
    before: Response


@pytest.fixture
def partial(web: WebServer) -> Partial:
    """Return the first 1000 bytes of the file."""
    target = BytesIO()
    target.write(DATA[:1000])
    return Partial(target, Response(url=f"{web.url}/image", length=len(DATA), etag='"1"'))


def test_partial_file_is_completed(web: WebServer, partial: Partial) -> None:
    """Only the missing part is requested."""
    rest = bytearray()
    download(f"{web.url}/image", partial.target, start=1000, before=partial.before, on_data=rest.extend)
    assert partial.target.getvalue() == DATA
    assert bytes(rest) == DATA[1000:]
    assert web.site.requests == ["GET /image bytes=1000-"]


def test_changed_file_is_downloaded_from_its_start(web: WebServer, partial: Partial) -> None:
    """`on_restart` empties the target; without it, the partial file is kept and the change is an error."""
    web.site.files["/image"], web.site.etag = DATA[::-1], '"2"'
    with pytest.raises(FetchError, match="the file on the server has changed"):
        download(f"{web.url}/image", partial.target, start=1000, before=partial.before)
    assert partial.target.getvalue() == DATA[:1000]

    def restart() -> None:
        partial.target.seek(0)
        partial.target.truncate()

    download(f"{web.url}/image", partial.target, start=1000, before=partial.before, on_restart=restart)
    assert partial.target.getvalue() == DATA[::-1]


def test_complete_file_is_not_requested(web: WebServer, partial: Partial) -> None:
    """The start is the length of the file."""
    assert download(f"{web.url}/image", BytesIO(), start=len(DATA), before=partial.before) == partial.before
    assert web.site.requests == []


def test_change_during_the_download_restarts_it(web: WebServer) -> None:
    """This requires `on_restart`."""

    class Changing(BytesIO):
        def write(self, data: object, /) -> int:
            web.site.files["/image"], web.site.etag = DATA[::-1], '"2"'
            return super().write(data)  # type: ignore[arg-type]

    target = Changing()
    web.site.cut_after = [1000]

    def restart() -> None:
        target.seek(0)
        target.truncate()

    assert download(f"{web.url}/image", target, on_restart=restart).etag == '"2"'
    assert target.getvalue() == DATA[::-1]


def test_cached_copy_is_revalidated(web: WebServer, partial: Partial) -> None:
    """After a 304, nothing is written; with another ETag, the new version is downloaded."""
    target = BytesIO()
    assert download(f"{web.url}/image", target, cached=partial.before).not_modified
    assert target.getvalue() == b""
    web.site.etag = '"2"'
    assert not download(f"{web.url}/image", target, cached=partial.before).not_modified
    assert target.getvalue() == DATA
    assert read_url(f"{web.url}/image", limit_bytes=len(DATA))[1] == DATA


def test_read_url_has_a_size_limit(web: WebServer) -> None:
    """A larger file is an error."""
    with pytest.raises(FetchError, match="larger than the limit of 1000 bytes"):
        read_url(f"{web.url}/image", limit_bytes=1000)


def test_error_has_the_http_status(web: WebServer) -> None:
    """Callers can distinguish 404 from 401."""
    with pytest.raises(FetchError) as caught:
        read_url(f"{web.url}/none")
    assert caught.value.status == 404


def test_part_that_was_not_requested_is_an_error(web: WebServer) -> None:
    """As a reply to a plain GET, a 206 is accepted only with the whole file."""
    web.site.range_always = True
    assert download(f"{web.url}/image", target := BytesIO()).length == len(DATA)
    assert target.getvalue() == DATA
    web.site.shift = 512
    with pytest.raises(FetchError, match="did not send the requested data"):
        download(f"{web.url}/image", BytesIO())
    with pytest.raises(FetchError, match="did not send the requested data"):
        read_url(f"{web.url}/image", limit_bytes=len(DATA))


def test_redirect_from_https_to_http_is_an_error(
    web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redirect to HTTPS is followed."""
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with WebServer(Site(files={"/image": DATA}, redirects={"/a": f"{web.url}/image", "/b": "/image"})) as tls:
        tls.server.socket = context.wrap_socket(tls.server.socket, server_side=True)
        tls.scheme = "https"
        assert read_url(f"{tls.url}/b", limit_bytes=len(DATA))[1] == DATA
        with pytest.raises(FetchError, match="redirects to 'http://"):
            read_url(f"{tls.url}/a", limit_bytes=len(DATA))
    assert web.site.requests == []


def test_file_larger_than_the_free_space_is_an_error(
    web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error comes before the first byte is written."""

    class Full(NamedTuple):
        f_bavail: int = 10
        f_frsize: int = 4096

    monkeypatch.setattr(os, "statvfs", lambda place: Full())
    with (
        (tmp_path / "image").open("wb", buffering=0) as target,
        pytest.raises(FetchError, match="has only 40 KiB free"),
    ):
        download(f"{web.url}/image", target)
    assert (tmp_path / "image").read_bytes() == b""


def test_number_of_resumes_can_be_set(web: WebServer) -> None:
    """Each interruption is resumed at the offset of the last one."""
    web.site.cut_after = [1000, 1000, 1000]
    target = BytesIO()
    download(f"{web.url}/image", target, limits=Limits(resumes=3))
    assert target.getvalue() == DATA


def test_stall_after_a_fast_start_is_detected() -> None:
    """Only recent data counts, not the average."""
    guard = StallGuard(Limits(stall_seconds=0.05))
    guard.check(1 << 30)
    time.sleep(0.06)
    guard.check(0)
    time.sleep(0.06)
    with pytest.raises(TransferInterrupted, match="only 1 bytes arrived"):
        guard.check(1)
