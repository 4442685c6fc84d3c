"""Downloads over HTTP and HTTPS, from servers on loopback with the faults of real ones."""

from __future__ import annotations

import ssl
import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.media.certificate import make_certificate
from tests.media.webserver import Site, WebServer
from virtinstall.errors import FetchError
from virtinstall.media.download import HttpFetcher
from virtinstall.media.location import open_location
from virtinstall.media.transfer import Limits
from virtinstall.progress import Silent

BIG = bytes(range(256)) * 8192


class Recorder:
    """Progress that records its calls."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.done = 0
        self.finished = False

    def start(self, what: str, total_bytes: int | None) -> None:
        """Record the size."""
        self.total = total_bytes

    def advance(self, count_bytes: int) -> None:
        """Count the bytes."""
        self.done += count_bytes

    def finish(self) -> None:
        """Record the end."""
        self.finished = True


@pytest.fixture
def web() -> Iterator[WebServer]:
    """Start a server with one large file."""
    with WebServer(Site(files={"/tree/vmlinuz": b"kernel", "/tree/big": BIG, "/tree/a b/c%": b"odd"})) as server:
        yield server


@pytest.fixture
def tree(web: WebServer) -> HttpFetcher:
    """Return a fetcher for the server's tree."""
    return HttpFetcher(f"{web.url}/tree/")


def fetch(fetcher: HttpFetcher, path: str) -> bytes:
    """Return the file's bytes, as downloaded."""
    target = BytesIO()
    fetcher.download(path, target, Silent())
    return target.getvalue()


def test_files_are_found_read_and_downloaded(tree: HttpFetcher) -> None:
    """Their sizes are known; missing files are not found."""
    assert tree.exists("vmlinuz")
    assert not tree.exists("initrd.img")
    assert tree.size("vmlinuz") == 6
    assert tree.read_text("vmlinuz") == "kernel"
    assert tree.read_text("vmlinuz", limit=3) == "ker"
    assert fetch(tree, "big") == BIG


def test_spaces_in_a_path_are_quoted(tree: HttpFetcher) -> None:
    """An escape such as `%25` is not quoted again."""
    assert fetch(tree, "a b/c%25") == b"odd"


def test_progress_counts_every_byte(tree: HttpFetcher) -> None:
    """It receives the size, each byte once, and the end."""
    seen = Recorder()
    tree.download("big", BytesIO(), seen)
    assert (seen.total, seen.done, seen.finished) == (len(BIG), len(BIG), True)


def test_interrupted_download_is_resumed(web: WebServer, tree: HttpFetcher) -> None:
    """Only the missing part is requested."""
    web.site.cut_after = [1000000]
    assert fetch(tree, "big") == BIG
    assert web.site.requests[-1] == "GET /tree/big bytes=1000000-"


def test_server_without_ranges_sends_everything_again(web: WebServer, tree: HttpFetcher) -> None:
    """The bytes that were already received are skipped."""
    web.site.cut_after, web.site.ranges = [1000000], False
    assert fetch(tree, "big") == BIG


def test_second_interruption_is_an_error(web: WebServer, tree: HttpFetcher) -> None:
    """A download is resumed once."""
    web.site.cut_after = [1000, 1000]
    with pytest.raises(FetchError, match="interrupted twice, the last time after 2000 bytes"):
        fetch(tree, "big")


def test_file_that_changed_meanwhile_is_an_error(web: WebServer, tree: HttpFetcher) -> None:
    """Parts of two versions are never combined."""

    class Changing(BytesIO):
        def write(self, data: object, /) -> int:
            web.site.etag = '"2"'
            return super().write(data)  # type: ignore[arg-type]

    web.site.cut_after = [1000]
    with pytest.raises(FetchError, match="changed since"):
        tree.download("big", Changing(), Silent())


def test_part_that_was_not_requested_is_an_error(web: WebServer, tree: HttpFetcher) -> None:
    """A server or a cache may send a larger part; its Content-Range is checked."""
    web.site.shift, web.site.cut_after = 512, [1000000]
    with pytest.raises(FetchError, match="did not send the requested data"):
        fetch(tree, "big")
    with pytest.raises(FetchError, match="did not send the requested data"):
        tree.read_range("big", 4096, 1000)


def test_file_that_grew_meanwhile_is_an_error(web: WebServer, tree: HttpFetcher) -> None:
    """Without an ETag, only the size shows that the file has changed."""
    web.site.etag, web.site.grown, web.site.cut_after = "", 100, [1000000]
    with pytest.raises(FetchError, match="changed since"):
        fetch(tree, "big")


def test_chunked_reply_is_downloaded_completely(web: WebServer, tree: HttpFetcher) -> None:
    """This includes a reply that is interrupted."""
    web.site.chunked = True
    assert fetch(tree, "big") == BIG
    web.site.cut_after = [5000]
    assert fetch(tree, "big") == BIG


def test_server_may_refuse_head(web: WebServer, tree: HttpFetcher) -> None:
    """A GET of one byte shows whether the file exists."""
    web.site.head = False
    assert tree.exists("vmlinuz")
    assert not tree.exists("initrd.img")


def test_file_above_the_size_limit_is_an_error(web: WebServer) -> None:
    """The server may announce the size or not."""
    small = HttpFetcher(f"{web.url}/tree/", limits=Limits(file_bytes=1000))
    with pytest.raises(FetchError, match="larger than the limit of 1000 bytes"):
        fetch(small, "big")
    web.site.chunked = True
    with pytest.raises(FetchError, match="larger than the limit of 1000 bytes"):
        fetch(small, "big")


def test_redirects_are_followed_up_to_a_limit(web: WebServer, tree: HttpFetcher) -> None:
    """A redirect to itself is an error."""
    web.site.redirects = {"/tree/moved": "/tree/vmlinuz", "/tree/round": "/tree/round"}
    assert fetch(tree, "moved") == b"kernel"
    with pytest.raises(FetchError, match="too many redirects"):
        fetch(tree, "round")


def test_body_of_a_redirect_is_not_read(web: WebServer, tree: HttpFetcher) -> None:
    """An endless body could fill the memory."""
    web.site.redirects, web.site.redirect_bytes = {"/tree/moved": "/tree/vmlinuz"}, 256 << 20
    assert fetch(tree, "moved") == b"kernel"
    assert web.site.redirect_sent < 64 << 20


@pytest.mark.parametrize("length", ["\xb2", "9" * 5000])
def test_invalid_length_is_ignored(web: WebServer, tree: HttpFetcher, length: str) -> None:
    """The size is unknown in this case."""
    web.site.length = length
    assert tree.size("vmlinuz") is None


def test_login_in_a_url_is_used_and_hidden(web: WebServer) -> None:
    """No message contains the password."""
    web.site.login = "eva:s3cret"
    host = web.url.removeprefix("http://")
    good = HttpFetcher(f"http://eva:s3cret@{host}/tree")
    assert fetch(good, "vmlinuz") == b"kernel"
    assert "s3cret" not in good.location
    bad = HttpFetcher(f"http://eva:wr0ng@{host}/tree")
    with pytest.raises(FetchError, match="HTTP 401") as caught:
        bad.exists("vmlinuz")
    assert "wr0ng" not in str(caught.value) + repr(caught.value.__cause__)


def test_closed_port_is_an_error_without_secrets() -> None:
    """The message contains the address and the cause, but not the password or the query."""
    fetcher = HttpFetcher("http://u:s3cret@127.0.0.1:9/tree?token=s3cret")
    with pytest.raises(FetchError, match=r"127\.0\.0\.1:9/tree/vmlinuz': connection refused") as caught:
        fetcher.exists("vmlinuz")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://", "http://[", "http://h:99999/", "http:///x", "gopher://h/x"])
def test_invalid_url_is_an_error(url: str) -> None:
    """The error comes before anything is sent."""
    with pytest.raises(FetchError):
        open_location(url)


def test_large_download_needs_little_memory(tree: HttpFetcher, web: WebServer, tmp_path: Path) -> None:
    """64 MiB need less than 4 MiB of memory."""
    web.site.files["/tree/huge"] = bytes(64 * 1024 * 1024)
    fetch(tree, "vmlinuz")
    with (tmp_path / "huge").open("wb", buffering=0) as target:
        tracemalloc.start()
        tree.download("huge", target, Silent())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024


def test_http_proxy_is_used(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host in the URL does not exist; only the proxy can reply."""
    monkeypatch.setenv("http_proxy", web.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert fetch(HttpFetcher("http://install.invalid/tree"), "vmlinuz") == b"kernel"


def test_certificates_are_verified(tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown certificate is an error, unless REQUESTS_CA_BUNDLE contains it."""
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    web.server.socket = context.wrap_socket(web.server.socket, server_side=True)
    web.scheme = "https"
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with pytest.raises(FetchError, match="certificate"):
        HttpFetcher(f"{web.url}/tree").exists("vmlinuz")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert fetch(HttpFetcher(f"{web.url}/tree"), "vmlinuz") == b"kernel"


def test_full_disk_is_an_error(tree: HttpFetcher) -> None:
    """Writing to a full device raises FetchError."""
    with open("/dev/full", "wb", buffering=0) as target, pytest.raises(FetchError, match="no space left"):
        tree.download("vmlinuz", target, Silent())
