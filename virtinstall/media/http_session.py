"""HTTP connections with a deadline for response headers; the only module that imports requests.

Source: RFC 9110 sections 15.2 (1xx responses come before the final one) and 15.4 (redirects).
"""

from __future__ import annotations

import http.client
import io
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from virtinstall.errors import FetchError
from virtinstall.media.deadline import TimedReader
from virtinstall.media.fetcher import display_url

if TYPE_CHECKING:
    from virtinstall.media.deadline import Deadline

HTTP_ERRORS = (OSError, ValueError, HTTPError, http.client.HTTPException)
"""Exceptions from requests, urllib3 and http.client for failed requests and invalid responses."""


def new_session(deadline: Deadline, redirects: int) -> requests.Session:
    """Return a session that applies `deadline` to reads, and rejects redirects from HTTPS to a different protocol.

    `redirects` is the maximum number of redirects per request.
    """
    session = _Session()
    session.max_redirects = redirects
    adapter = _Adapter(deadline)
    session.adapters = {"https://": adapter, "http://": adapter}
    return session


class _Session(requests.Session):
    """A session that rejects redirects from HTTPS to a different protocol."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return the URL to which `resp` redirects; None if `resp` is not a redirect.

        Raises: FetchError, if the redirect leads from HTTPS to a different protocol.
        """
        target = super().get_redirect_target(resp)
        if not target or urlsplit(resp.url).scheme != "https":
            return target
        url = urljoin(resp.url, target)
        if urlsplit(url).scheme != "https":
            resp.close()
            raise FetchError(
                f"'{display_url(resp.url)}' redirects to '{display_url(url)}', which does not use HTTPS",
                hint="use a server that provides the file over HTTPS",
            )
        return target


class _Adapter(HTTPAdapter):
    """An adapter whose connections, also those to a proxy, read responses through a `TimedReader`."""

    def __init__(self, deadline: Deadline) -> None:
        self._pools = _pools(deadline)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Create the pool manager for direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the pool manager for connections through the proxy at the URL `proxy`."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):  # those connect differently
            manager.pool_classes_by_scheme = self._pools
        return manager


def _pools(deadline: Deadline) -> dict[str, type[HTTPConnectionPool]]:
    class Response(http.client.HTTPResponse):
        def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp.close()
            self._timed = TimedReader(sock, deadline)
            self.fp = io.BufferedReader(self._timed)

        def begin(self) -> None:
            """Read the response header, and reject a truncated one, which http.client would accept."""
            super().begin()
            if self._timed.at_end:
                raise http.client.HTTPException("the connection was closed within the response header")

    class PlainConnection(HTTPConnection):
        response_class = Response

    class TlsConnection(HTTPSConnection):
        response_class = Response

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": PlainPool, "https": TlsPool}
