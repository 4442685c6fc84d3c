"""Web and FTP servers that violate their protocols: each transfer ends soon, with the file or with one short error."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from io import BytesIO

import pytest

from tests.cli.test_hostile_arguments import is_safe
from tests.media.rawserver import Talk, ftp, greet, raw_server, send, send_and_wait, send_forever
from virtinstall.errors import FetchError
from virtinstall.media.fetcher import TEXT_LIMIT_BYTES
from virtinstall.media.location import open_location
from virtinstall.media.transfer import Limits
from virtinstall.progress import Silent

LIMITS = Limits(
    connect_seconds=1,
    idle_seconds=0.4,
    reply_seconds=0.8,
    stall_seconds=0.4,
    slowest_bytes_per_second=1 << 20,
    file_bytes=1 << 20,
)
LONGEST_SECONDS = 7.0
LONGEST_MESSAGE = 600
MOST_BYTES = 12 << 20

OK = b"HTTP/1.1 200 OK\r\n"
BODY = b"Content-Length: 4\r\n\r\nfile"
BOMB = gzip.compress(bytes(48 << 20))
PART = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n"

HTTP: dict[str, Talk] = {
    # before the status line
    "closes immediately": send(),
    "sends nothing": send_and_wait(),
    "sends garbage": send(b"\x00\x01\x02\xff" * 100 + b"\r\n\r\n"),
    "uses another protocol": send(b"220 ftp.example.org ready\r\n"),
    "speaks HTTP/0.9": send(b"file"),
    "sends a long status line": send(b"HTTP/1.1 200 " + b"x" * 200_000 + b"\r\n" + BODY),
    "sends an endless status line": send_forever(b"HTTP/1.1 200 ", b"x" * 65536),
    "sends escapes in the status line": send(b"HTTP/1.1 500 \x1b]0;pwn\x07\x9b2J\r\n\r\n"),
    "sends a status that is not a number": send(b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n" + BODY),
    "sends a status of five digits": send(b"HTTP/1.1 20000 OK\r\n" + BODY),
    "sends a negative status": send(b"HTTP/1.1 -200 OK\r\n" + BODY),
    "sends a status line byte by byte": send_forever(b"HTTP/1.1 200 ", b"x", 0.05),
    # before the final response
    "sends 100 without end": send_forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "sends 100 slowly without end": send_forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    "sends 102": send(b"HTTP/1.1 102 Processing\r\n\r\n" + OK + BODY),
    "sends 103 without end": send_forever(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    # headers
    "sends headers without end": send_forever(OK, b"X: y\r\n"),
    "sends headers slowly without end": send_forever(OK, b"X: y\r\n", 0.05),
    "sends one header without end": send_forever(OK + b"X: ", b"y" * 65536),
    "sends headers byte by byte": send_forever(OK + b"X: ", b"y", 0.05),
    "stops within the headers": send_and_wait(OK + b"Content-Le"),
    "closes within the headers": send(OK + b"Content-Le"),
    "sends a header without a colon": send(OK + b"nonsense\r\n" + BODY),
    "sends a header with NUL": send(OK + b"X: \x00\r\n" + BODY),
    "sends headers that are not UTF-8": send(OK + b'ETag: "\xff\xfe"\r\nContent-Type: \xe9\r\n' + BODY),
    "sends a header that continues": send(OK + b"X: a\r\n b\r\n\tc\r\n" + BODY),
    # lengths
    "announces a negative length": send(OK + b"Content-Length: -4\r\n\r\nfile"),
    "announces a length with a sign": send(OK + b"Content-Length: +4\r\n\r\nfile"),
    "announces a length in letters": send(OK + b"Content-Length: four\r\n\r\nfile"),
    "announces a length of 5000 digits": send(OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nfile"),
    "announces two lengths": send(OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nfile"),
    "announces a list of lengths": send(OK + b"Content-Length: 4, 5\r\n\r\nfile"),
    "announces more than it sends": send(OK + b"Content-Length: 400\r\n\r\nfile"),
    "announces more than is allowed": send(OK + b"Content-Length: 99999999999\r\n\r\nfile"),
    "sends without end": send_forever(OK + b"\r\n", b"x" * 65536),
    # chunks
    "sends a chunk without a size": send(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nfile\r\n0\r\n\r\n"),
    "sends a chunk of a negative size": send(OK + b"Transfer-Encoding: chunked\r\n\r\n-4\r\nfile\r\n0\r\n\r\n"),
    "sends a chunk of a huge size": send(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\nfile"),
    "sends chunk extensions without end": send_forever(OK + b"Transfer-Encoding: chunked\r\n\r\n4;", b"x" * 65536),
    "sends trailers without end": send_forever(
        OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nfile\r\n0\r\n", b"X: y\r\n", 0.01
    ),
    "closes within a chunk": send(OK + b"Transfer-Encoding: chunked\r\n\r\n40\r\nfile"),
    # bodies
    "stops within the body": send_and_wait(OK + b"Content-Length: 400\r\n\r\nfile"),
    "sends the body byte by byte": send_forever(OK + b"Content-Length: 4000\r\n\r\n", b"x", 0.02),
    # redirects
    "redirects in a loop": send(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"),
    "redirects with an endless body": send_forever(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", b"x" * 65536),
    "redirects slowly in a loop": send_forever(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n", b"X: y\r\n", 0.05),
    "redirects with a body that grows": send(
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB
    ),
    "redirects to a local file": send(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"),
    "redirects to FTP": send(b"HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/x\r\n\r\n"),
    "redirects to a bad host": send(b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n"),
    "redirects to a bad port": send(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:99999/\r\n\r\n"),
    "redirects to bytes": send(b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\x1b[2J\r\n\r\n"),
    "redirects nowhere": send(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"),
    # statuses
    "sends 204": send(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "sends 304 unasked": send(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "sends 300": send(b"HTTP/1.1 300 Multiple Choices\r\nContent-Length: 0\r\n\r\n"),
    "sends 401 with a long challenge": send(
        b"HTTP/1.1 401 No\r\nWWW-Authenticate: " + b"\x1b" * 60_000 + b"\r\nContent-Length: 0\r\n\r\n"
    ),
    "sends 500": send(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"),
    "sends 206 without a range": send(PART + b"\r\nfile"),
    "sends 206 with another range": send(PART + b"Content-Range: bytes 5-8/10\r\n\r\nfile"),
    "sends 206 with a range of unknown size": send(PART + b"Content-Range: bytes 0-3/*\r\n\r\nfile"),
    "sends 206 with the start of a file": send(PART + b"Content-Range: bytes 0-3/10\r\n\r\nfile"),
    "sends 206 with a garbled range": send(PART + b"Content-Range: bytes \xb2-x/\x1b\r\n\r\nfile"),
    "sends 206 in several parts": send(PART + b"Content-Type: multipart/byteranges; boundary=x\r\n\r\nfile"),
}
SERVES = {
    *("sends a header without a colon", "sends a header with NUL", "sends headers that are not UTF-8"),
    *("sends a header that continues", "announces a negative length", "announces a length with a sign"),
    *("announces a length in letters", "announces a length of 5000 digits"),
}

END = b"\r\n"
FTP: dict[str, Talk] = {
    "closes immediately": lambda connection: None,
    "sends nothing": send_and_wait(),
    "greets without end": send_forever(b"220-hello\r\n", b"220-hello\r\n"),
    "greets slowly without end": ftp({}, greeting=b""),
    "greets with one endless line": greet(b"2" * 65536 * 200),
    "greets with garbage": ftp({}, greeting=b"\x00\xff\xfe\x1b[2J\r\n"),
    "greets with bytes": ftp({}, greeting=b"220 \xff\xfe\xe9\r\n", data=b"file"),
    "is too busy": ftp({}, greeting=b"421 \x1b[31mtoo many\r\n"),
    "rejects all users": ftp({"USER": b"530 no\r\n"}),
    "answers the login without end": ftp({"USER": b"331-x\r\n" * 100_000}),
    "answers the login with escapes": ftp({"PASS": b"430 \x1b]0;pwn\x07\r\n"}),
    "has no binary mode": ftp({"TYPE": b"451 no\r\n"}),
    "reports a size in letters": ftp({"SIZE": b"213 abc\r\n"}, data=b"file"),
    "reports a negative size": ftp({"SIZE": b"213 -4\r\n"}, data=b"file"),
    "reports a size of 5000 digits": ftp({"SIZE": b"213 " + b"9" * 5000 + END}, data=b"file"),
    "reports no size": ftp({"SIZE": b"213\r\n"}, data=b"file"),
    "reports a size in superscript": ftp({"SIZE": "213 \u00b2\r\n".encode()}, data=b"file"),
    "reports too large a size": ftp({"SIZE": b"213 99999999999\r\n"}, data=b"file"),
    "reports more than it sends": ftp({"SIZE": b"213 400\r\n"}, data=b"file"),
    "reports less than it sends": ftp({"SIZE": b"213 2\r\n"}, data=b"file"),
    "fails to report a size": ftp({"SIZE": b"451 \x1b[2J\r\n"}),
    "answers in another code": ftp({"SIZE": b"999 what\r\n"}),
    "answers with nothing": ftp({"SIZE": END}),
    "garbles the passive reply": ftp({"PASV": b"227 come in\r\n"}, data=b"file"),
    "names a port above 65535": ftp({"PASV": b"227 (127,0,0,1,999,999)\r\n"}, data=b"file"),
    "names a port of 5000 digits": ftp({"PASV": b"227 (127,0,0,1," + b"9" * 5000 + b",1)\r\n"}, data=b"file"),
    "names a closed port": ftp({"PASV": b"227 (127,0,0,1,0,9)\r\n"}, data=b"file"),
    "names a foreign host": ftp({"PASV": b"227 (192,0,2,1,0,9)\r\n"}, data=b"file"),
    "refuses passive mode": ftp({"PASV": b"502 no\r\n"}, data=b"file"),
    "refuses the file": ftp({"RETR": b"550 no \x1b[2J\r\n"}, data=b"file"),
    "answers RETR without end": ftp({"RETR": b"150-x\r\n" * 100_000}, data=b"file"),
    "never ends the transfer": ftp({"hold": b""}, data=b"file"),
    "aborts the transfer": ftp({"end": b"426 \x1b[2Jaborted\r\n"}, data=b"file"),
    "ends the transfer with garbage": ftp({"end": b"\xff\x00\r\n"}, data=b"file"),
    "answers RETR with 200": ftp({"RETR": b"200 fine\r\n"}, data=b"file"),
    "has no MDTM": ftp({"MDTM": b"502 no\r\n"}, data=b"file"),
    "garbles MDTM": ftp({"MDTM": b"213 \x1b\xff\r\n"}, data=b"file"),
}
FTP_SERVES = {
    *("greets with bytes", "reports a size in letters", "reports a negative size", "reports a size of 5000 digits"),
    *("reports no size", "reports a size in superscript", "has no MDTM", "garbles MDTM"),
}


def check_download(url: str, serves: bool, download: bool) -> None:
    """Check that `url/x` is complete or that there is one short error that is safe to print, in any case soon."""
    started = time.monotonic()
    fetcher = open_location(url, limits=LIMITS)
    target = BytesIO()
    tracemalloc.start()
    try:
        if download:
            fetcher.download("x", target, Silent())
        else:
            target.write(fetcher.read_text("x").encode())
            serves = serves or target.tell() == TEXT_LIMIT_BYTES  # the start of an endless file
        assert serves, "an error was expected"
        assert target.getvalue()[:4] in (b"file", b"xxxx")
    except FetchError as error:
        assert not serves, error
        assert "\n" not in error.message
        assert is_safe(error.message)
        assert "IncompleteRead" not in error.message
        assert len(error.message) < LONGEST_MESSAGE
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        fetcher.close()
    assert time.monotonic() - started < LONGEST_SECONDS
    assert peak < MOST_BYTES


@pytest.mark.parametrize("download", [True, False], ids=["download", "read_text"])
@pytest.mark.parametrize("case", HTTP)
def test_web_server_cannot_hang_or_crash_a_download(case: str, download: bool) -> None:
    """The server violates HTTP."""
    with raw_server(HTTP[case]) as port:
        check_download(f"http://127.0.0.1:{port}", case in SERVES, download)


@pytest.mark.parametrize("download", [True, False], ids=["download", "read_text"])
@pytest.mark.parametrize("case", FTP)
def test_ftp_server_cannot_hang_or_crash_a_download(case: str, download: bool) -> None:
    """The server violates FTP."""
    with raw_server(FTP[case]) as port:
        check_download(f"ftp://127.0.0.1:{port}", case in FTP_SERVES, download)
