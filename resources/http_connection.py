"""Connections that go to the address that was checked, and that end when their time is up.

Belongs here: resolving once, refusing non-public addresses, connecting to the checked address (no second look-up, so
rebinding a name changes nothing), and a deadline over every byte received. Does not belong here: HTTP semantics
(``http_client.py``).
"""

import functools
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from resources.http_errors import AddressRefusedError, ConnectionFailedError, DeadlineExceededError
from resources.public_address import is_public

Resolver = Callable[[str, int], Sequence[str]]
"""(host, port) -> textual IP addresses, in the order to try them."""
Connector = Callable[[tuple[str, int], float], socket.socket]
"""((address, port), timeout in seconds) -> connected socket."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host as the system's resolver gives them, without repeats."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Deadline:
    """A moment after which an exchange is over, however many small steps it took."""

    def __init__(self, url: str, seconds: float) -> None:
        self._url = url
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left; zero or less when it has passed."""
        return self._end - time.monotonic()

    def allow(self, seconds: float) -> float:
        """Return ``seconds``, or what is left where that is less.

        Raises:
            DeadlineExceededError: nothing is left.
        """
        left = self.remaining()
        if left <= 0:
            raise DeadlineExceededError(
                self._url, f"{self._url} did not finish answering within {self._seconds:g} seconds."
            )
        return min(seconds, left)

    def extend(self, seconds: float) -> None:
        """Move the end by time that was spent waiting for our turn, which is no fault of the server."""
        self._end += seconds


class _DeadlineSocket(socket.socket):
    """A socket whose every receive ends at the deadline; a plain time-out starts anew with each received byte."""

    line: "Line"

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        with self.line.receiving(self):
            return super().recv_into(buffer, nbytes, flags)


class _DeadlineTlsSocket(ssl.SSLSocket):
    """The same over TLS, from the end of the handshake on (which the connect time-out bounds as a whole)."""

    line: "Line"

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        with self.line.receiving(self):
            return super().recv_into(buffer, nbytes, flags)


class Dialler:
    """Opens sockets to hosts whose every address is public.

    Args:
        allow_private_addresses: let loopback, private and link-local addresses through, on any port.
        resolver: name look-up.
        connector: how a socket to an address is opened.
    """

    def __init__(
        self,
        allow_private_addresses: bool = False,
        resolver: Resolver = resolve,
        connector: Connector = socket.create_connection,
    ) -> None:
        self.allow_private_addresses = allow_private_addresses
        self._resolver = resolver
        self._connector = connector

    def dial(self, url: str, host: str, port: int, deadline: Deadline, connect_seconds: float) -> socket.socket:
        """Resolve ``host`` once, check every address it has, and connect to the first that answers.

        Raises:
            AddressRefusedError: one of its addresses is not public.
            ConnectionFailedError: the name does not resolve, or no address answers.
        """
        try:
            addresses = self._resolver(host.strip("[]"), port)
        except (OSError, UnicodeError) as error:
            raise ConnectionFailedError(url, f"{host} does not resolve to an address ({error}).") from error
        if not self.allow_private_addresses:
            for address in addresses:
                if not is_public(address):
                    raise AddressRefusedError(
                        url,
                        f"{host} is at {address}, which is not a public address; set "
                        "BACKBEAT_ALLOW_PRIVATE_ADDRESSES=true to fetch from this machine or network.",
                    )
        problem = "it has no address"
        for address in addresses:
            try:
                return self._connector((address, port), deadline.allow(connect_seconds))
            except OSError as error:
                problem = str(error)
        raise ConnectionFailedError(url, f"No connection to {host} on port {port}: {problem}.")


@dataclass(frozen=True)
class Line:
    """What one exchange dials with: for which URL, until when, and how long a connect and a receive may take."""

    dialler: Dialler
    url: str
    deadline: Deadline
    connect_seconds: float
    read_seconds: float

    def open(self, host: str, port: int) -> socket.socket:
        """Return a connected socket that keeps the deadline."""
        plain = self.dialler.dial(self.url, host, port, self.deadline, self.connect_seconds)
        kept = _DeadlineSocket(fileno=plain.detach())
        kept.line = self
        kept.settimeout(self.deadline.allow(self.connect_seconds))
        return kept

    @contextmanager
    def receiving(self, connection: socket.socket) -> Iterator[None]:
        """Give the receive inside the read time-out or what is left until the deadline, and tell the two apart."""
        connection.settimeout(self.deadline.allow(self.read_seconds))
        try:
            yield
        except TimeoutError:
            self.deadline.allow(self.read_seconds)
            raise

    def pool(self, scheme: str, host: str, port: int) -> urllib3.HTTPConnectionPool:
        """Return a pool of one connection to ``host`` that dials along this line."""
        timeout = urllib3.Timeout(connect=self.connect_seconds, read=self.read_seconds)
        pool: urllib3.HTTPConnectionPool
        if scheme == "https":
            pool = urllib3.HTTPSConnectionPool(host, port, timeout=timeout, ssl_context=tls_context())
            pool.ConnectionCls = functools.partial(_TlsConnection, line=self)  # type: ignore[assignment]
        else:
            pool = urllib3.HTTPConnectionPool(host, port, timeout=timeout)
            pool.ConnectionCls = functools.partial(_PlainConnection, line=self)  # type: ignore[assignment]
        return pool


class _PlainConnection(HTTPConnection):
    def __init__(self, *args: Any, line: Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return self._line.open(self.host, self.port)


class _TlsConnection(HTTPSConnection):
    """Certificate and SNI are those of the URL's host; the socket goes to the address that was checked."""

    def __init__(self, *args: Any, line: Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return self._line.open(self.host, self.port)

    def connect(self) -> None:
        super().connect()
        cast(_DeadlineTlsSocket, self.sock).line = self._line


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Certificates of the system (``SSL_CERT_FILE`` honoured) and of certifi, for machines that have none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.sslsocket_class = _DeadlineTlsSocket
    return context
