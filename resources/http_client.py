"""The HTTP client for everything the platform fetches from outside.

Belongs here: one GET done safely and politely: checked addresses, time-outs and a deadline, capped redirects and
bodies, retries, robots.txt, turns per host, conditional requests. Does not belong here: which URLs are fetched, or
what their bodies mean. Proxies from the environment are not used: a proxy would resolve names in our place, and the
address check would guard nothing.
"""

import datetime as dt
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from importlib.metadata import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import dagster as dg
import requests
import tenacity
import urllib3

from resources.host_turns import HostTurns
from resources.http_body import decoded, pieces
from resources.http_connection import Deadline, Dialler, Line
from resources.http_errors import (
    ConnectionFailedError,
    FetchError,
    HttpStatusError,
    MediaTypeRefusedError,
    TooManyRedirectsError,
    UrlRefusedError,
)
from resources.robots import PRODUCT, Robots
from resources.settings import load_settings

REDIRECTS = frozenset({301, 302, 303, 307, 308})
NOT_MODIFIED = 304
PUBLIC_PORTS = frozenset({80, 443})
"""Ports that are reached unless private addresses are allowed."""
TEXT_TYPES = ("text/", "application/json", "application/xml", "application/octet-stream", "binary/octet-stream")
"""Media types that are read; so are all that end in +json or +xml. Some servers label feeds as octet streams."""


@dataclass(frozen=True)
class Limits:
    """What one fetch may take.

    Attributes:
        connect_seconds: to open a connection, per address, TLS handshake included.
        read_seconds: between two received pieces.
        total_seconds: for the whole fetch, retries and redirects included, waiting for a turn excluded.
        max_bytes: of the body, counted after decompression.
        max_redirects: hops; each is checked like the first URL.
        attempts: tries in all, only for failures that may pass.
        backoff_seconds: the second try waits a random time up to this, each later one up to twice the last.
        host_interval_seconds: least time between two requests to a host; robots.txt and sources may ask for more.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 20.0
    total_seconds: float = 60.0
    max_bytes: int = 15 * 1024 * 1024
    max_redirects: int = 5
    attempts: int = 3
    backoff_seconds: float = 1.0
    host_interval_seconds: float = 1.0


@dataclass(frozen=True)
class Response:
    """A complete answer: 2xx with its body, or 304 without.

    Attributes:
        url: what was asked for.
        final_url: what answered, after redirects.
        status: HTTP status.
        headers: names in lower case; repeated ones joined by a comma.
        body: after transfer decompression, at most ``Limits.max_bytes``.
        etag: to send next time, or None.
        last_modified: to send next time, as received, or None.
        fetched_at: when the last byte arrived, UTC.
        elapsed: seconds from the first connection to the last byte, retries and waits for a turn included.
    """

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    etag: str | None
    last_modified: str | None
    fetched_at: dt.datetime
    elapsed: float

    @property
    def not_modified(self) -> bool:
        """Whether the body that the caller has is still the current one."""
        return self.status == NOT_MODIFIED

    @property
    def media_type(self) -> str | None:
        """Content-Type as received, with its charset."""
        return self.headers.get("content-type")


class HttpClient:
    """Fetches URLs; safe to share between threads.

    Args:
        state_folder: where turns and robots.txt copies are kept; shared by all processes of this installation.
        user_agent: how we name ourselves.
        limits: time, size and number caps.
        dialler: how hosts are resolved, checked and connected to.
    """

    def __init__(
        self, state_folder: Path, user_agent: str, limits: Limits | None = None, dialler: Dialler | None = None
    ) -> None:
        self.user_agent = user_agent
        self.limits = limits or Limits()
        self._dialler = dialler or Dialler()
        self._turns = HostTurns(state_folder / "turns")
        self._robots = Robots(
            state_folder / "robots", lambda url: self.get(url, robots=False, media_types=None, accept="text/plain, */*")
        )

    def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str = "*/*",
        robots: bool = True,
        min_interval_seconds: float = 0.0,
        media_types: tuple[str, ...] | None = TEXT_TYPES,
    ) -> Response:
        """Fetch one URL.

        Args:
            url: http or https.
            etag: of the copy the caller has; the answer may then be 304.
            last_modified: likewise.
            accept: Accept header.
            robots: whether robots.txt decides; ``False`` only for documented APIs.
            min_interval_seconds: least time between two requests to the host.
            media_types: prefixes of the media types to read (those ending in +json or +xml always are); ``None``: any.

        Raises:
            FetchError: one of its subtypes says why.
        """
        started = time.monotonic()
        deadline = Deadline(url, self.limits.total_seconds)
        headers = {"User-Agent": self.user_agent, "Accept": accept, "Accept-Encoding": "gzip, deflate"}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        job = _Job(headers, deadline, robots, min_interval_seconds, media_types)
        final_url, answer, body = self._retrying(deadline)(self._follow, url, job)
        received = {name.lower(): value for name, value in answer.headers.items()}
        return Response(
            url=url,
            final_url=final_url,
            status=answer.status,
            headers=MappingProxyType(received),
            body=body,
            etag=received.get("etag"),
            last_modified=received.get("last-modified"),
            fetched_at=dt.datetime.now(dt.UTC),
            elapsed=time.monotonic() - started,
        )

    def _retrying(self, deadline: Deadline) -> tenacity.Retrying:
        backoff = tenacity.wait_random_exponential(multiplier=self.limits.backoff_seconds)

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after if isinstance(error, FetchError) else None
            return max(asked or 0.0, backoff(state))

        def is_over(state: tenacity.RetryCallState) -> bool:
            tried = state.attempt_number >= self.limits.attempts
            return tried or state.upcoming_sleep >= deadline.remaining()

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, FetchError) and error.retryable),
            wait=wait,
            stop=is_over,
            reraise=True,
        )

    def _follow(self, url: str, job: "_Job") -> tuple[str, urllib3.BaseHTTPResponse, bytes]:
        current = url
        for _ in range(self.limits.max_redirects + 1):
            current = self._normalised(current)
            answer = self._send(current, job)
            try:
                if answer.status not in REDIRECTS or "location" not in answer.headers:
                    return current, answer, self._read(current, answer, job)
                current = urljoin(current, _text(answer.headers["location"]))
            finally:
                answer.close()
        raise TooManyRedirectsError(url, f"{url} redirects more than {self.limits.max_redirects} times.")

    def _normalised(self, url: str) -> str:
        """Return the URL as it goes on the wire, without its fragment; refuse what we do not fetch."""
        try:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https"):
                raise UrlRefusedError(url, f"{url} is not an http or https address, the only ones that are fetched.")
            prepared = urlsplit(requests.Request("GET", url).prepare().url or "")
            port = prepared.port or (443 if prepared.scheme == "https" else 80)
        except (ValueError, UnicodeError, requests.RequestException) as error:
            raise UrlRefusedError(url, f"{url!r} is not a valid address ({error}).") from error
        if prepared.username is not None or prepared.password is not None:
            raise UrlRefusedError(prepared.hostname or "", "An address with a user name or password is not fetched.")
        if port not in PUBLIC_PORTS and not self._dialler.allow_private_addresses:
            raise UrlRefusedError(url, f"{url} names port {port}; only ports 80 and 443 are fetched.")
        return urlunsplit((prepared.scheme, prepared.netloc, prepared.path or "/", prepared.query, ""))

    def _send(self, url: str, job: "_Job") -> urllib3.BaseHTTPResponse:
        parts = urlsplit(url)
        host = parts.hostname or ""
        delay = 0.0
        if job.robots:
            asked = time.monotonic()
            delay = self._robots.require(url)
            job.deadline.extend(time.monotonic() - asked)
        interval = max(delay, job.min_interval_seconds, self.limits.host_interval_seconds)
        job.deadline.extend(self._turns.take(url, host, interval))
        line = Line(self._dialler, url, job.deadline, self.limits.connect_seconds, self.limits.read_seconds)
        pool = line.pool(parts.scheme, host, parts.port or (443 if parts.scheme == "https" else 80))
        target = urlunsplit(("", "", parts.path, parts.query, ""))
        try:
            return pool.urlopen(
                "GET",
                target,
                headers={**job.headers, "Connection": "close"},
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ConnectionFailedError(url, f"{host} did not answer: {_reason(error)}.") from error

    def _read(self, url: str, answer: urllib3.BaseHTTPResponse, job: "_Job") -> bytes:
        if answer.status == NOT_MODIFIED:
            return b""
        if not 200 <= answer.status < 300:
            raise _status_error(url, answer)
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if job.media_types is not None and media_type and not _is_read(media_type, job.media_types):
            raise MediaTypeRefusedError(url, f"{url} answered with {media_type}, which is not read as text.")
        coding = answer.headers.get("content-encoding", "identity").strip().lower()
        try:
            return decoded(url, pieces(url, answer, self.limits.max_bytes), coding, self.limits.max_bytes)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ConnectionFailedError(url, f"The answer of {url} broke off: {_reason(error)}.") from error
        except zlib.error as error:
            raise ConnectionFailedError(url, f"The answer of {url} is not the {coding} it claims to be.") from error


@dataclass(frozen=True)
class _Job:
    headers: Mapping[str, str]
    deadline: Deadline
    robots: bool
    min_interval_seconds: float
    media_types: tuple[str, ...] | None


def _is_read(media_type: str, prefixes: tuple[str, ...]) -> bool:
    return media_type.startswith(prefixes) or media_type.endswith(("+json", "+xml"))


def _status_error(url: str, answer: urllib3.BaseHTTPResponse) -> HttpStatusError:
    phrase = f" {answer.reason}" if answer.reason else ""
    sentence = f"{url} answered {answer.status}{phrase}."
    if answer.headers.get("cf-mitigated") == "challenge":
        sentence = (
            f"{url} answered {answer.status} with a browser challenge, which only a person in a browser can pass."
        )
    retry_after = _retry_after(answer.headers.get("retry-after"), dt.datetime.now(dt.UTC))
    return HttpStatusError(url, sentence, status=answer.status, retry_after=retry_after)


def _retry_after(value: str | None, now: dt.datetime) -> float | None:
    """Return a Retry-After header in seconds: a number or an HTTP date (RFC 9110 10.2.3); None where it is neither."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - now).total_seconds())


def _text(header: str) -> str:
    """Return a header that may hold raw UTF-8, which HTTP hands over as Latin-1."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _reason(error: Exception) -> str:
    inner = error.args[-1] if error.args and isinstance(error.args[-1], Exception) else error
    return str(inner).rstrip(".") or type(inner).__name__


def identify(contact: str | None = None) -> str:
    """Return the User-Agent: product, version, and where to complain (``contact``, else the project's home page)."""
    facts = metadata("backbeat")
    pages = [entry.partition(", ")[2] for entry in facts.get_all("Project-URL") or []]
    where = contact or (pages[0] if pages else None)
    return f"{PRODUCT}/{facts['Version']}" + (f" (+{where})" if where else "")


class HttpResource(dg.ConfigurableResource[Any]):
    """The HTTP client for assets; each field overrides the setting of the same name."""

    allow_private_addresses: bool | None = None
    state_folder: str | None = None
    contact: str | None = None
    host_interval_seconds: float = Limits().host_interval_seconds

    def client(self) -> HttpClient:
        """Return a client."""
        settings = load_settings()
        private = self.allow_private_addresses
        return HttpClient(
            Path(self.state_folder) if self.state_folder else settings.home_path / "http",
            identify(self.contact or settings.contact),
            Limits(host_interval_seconds=self.host_interval_seconds),
            Dialler(settings.allow_private_addresses if private is None else private),
        )
