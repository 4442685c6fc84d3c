"""TCP servers on loopback that send bytes without implementing a protocol."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Talk = Callable[[socket.socket], None]
"""Action of a server with a connection, which is closed afterwards."""

SECONDS = 8.0
"""A server stops after this time, so that no thread is left after the test run."""


@contextmanager
def raw_server(talk: Talk) -> Iterator[int]:
    """Run `talk` for each connection until the block ends; yield the port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection = listening.accept()[0]
                threading.Thread(target=_handle, args=(connection, talk), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def _handle(connection: socket.socket, talk: Talk) -> None:
    with connection, suppress(OSError):
        connection.settimeout(SECONDS)
        talk(connection)


def send(*parts: bytes) -> Talk:
    """Read a request, send `parts`, and close."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        for part in parts:
            connection.sendall(part)

    return talk


def send_forever(first: bytes, again: bytes, pause: float = 0.0) -> Talk:
    """Read a request, send `first`, then `again` for a long time."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(first)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            connection.sendall(again)
            time.sleep(pause)

    return talk


def greet(text: bytes) -> Talk:
    """Send `text` without a request, and close."""
    return lambda connection: connection.sendall(text)


def send_and_wait(*parts: bytes) -> Talk:
    """Read a request, send `parts`, and keep the connection open."""

    def talk(connection: socket.socket) -> None:
        send(*parts)(connection)
        while connection.recv(65536):
            pass

    return talk


def ftp(replies: dict[str, bytes], data: bytes = b"", greeting: bytes = b"220 ready\r\n") -> Talk:
    """Act as an FTP server that replies with `replies`, or correctly to other commands; PASV provides `data`."""
    usual = {
        "USER": b"331 password\r\n",
        "PASS": b"230 in\r\n",
        "TYPE": b"200 ok\r\n",
        "SIZE": b"213 %d\r\n" % len(data),
        "MDTM": b"213 20260101000000\r\n",
        "RETR": b"150 here it comes\r\n",
    }

    def talk(connection: socket.socket) -> None:
        connection.sendall(greeting)
        with connection.makefile("rb") as lines, socket.create_server(("127.0.0.1", 0)) as passive:
            passive.settimeout(SECONDS)
            port = int(passive.getsockname()[1])
            usual["PASV"] = b"227 ok (127,0,0,1,%d,%d)\r\n" % (port >> 8, port & 255)
            for line in lines:
                command = line[:4].strip().decode("latin-1")
                reply = replies.get(command, usual.get(command, b"502 unknown\r\n"))
                connection.sendall(reply)
                if command == "RETR" and reply.startswith(b"150"):
                    accepted = passive.accept()[0]
                    with accepted:
                        accepted.sendall(data)
                        if "hold" in replies:
                            time.sleep(SECONDS)
                    connection.sendall(replies.get("end", b"226 done\r\n"))

    return talk
