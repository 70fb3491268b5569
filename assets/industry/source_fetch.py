"""One source, asked once: its addresses in turn, conditionally, and a verdict on what came back.

Belongs here: what ``raw.payloads`` and ``backbeat doctor --feeds`` have in common. Does not belong here: HTTP itself
(``resources/http_client.py``), keeping bodies and rows (``definitions/bronze.py``).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from assets.industry.catalogue import Form, Source
from assets.industry.payload_form import unexpected_form
from resources.http_client import HttpClient, Response
from resources.http_errors import FetchError

ACCEPT: Mapping[Form, str] = MappingProxyType(
    {
        Form.FEED: "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5",
        Form.JSON: "application/json, */*;q=0.5",
        Form.HTML: "text/html, application/xhtml+xml, */*;q=0.5",
        Form.CSV: "text/csv, text/plain;q=0.9, */*;q=0.5",
    }
)
_PRIVATE_HEADERS = frozenset({"set-cookie", "set-cookie2"})
"""Not kept: they identify a session, and we take part in none."""


@dataclass(frozen=True)
class KnownBody:
    """The latest usable body of a source, and what to send so that the server can say it is still current."""

    url: str
    etag: str | None
    last_modified: str | None
    media_type: str | None
    sha256: str
    bytes: int
    uri: str


@dataclass(frozen=True)
class Fetched:
    """What asking a source brought: a new body, the known one again, or an error.

    Attributes:
        url: address that was asked.
        fetched_at: when the answer (or the failure) came, UTC.
        final_url: address that answered, after redirects; None when none did.
        status: HTTP status; None when no answer came.
        headers: of the answer, names in lower case.
        etag: to send next time.
        last_modified: to send next time.
        media_type: Content-Type of the body.
        body: the new body; None when there is none.
        known: the known body, when the server said that it is still current.
        elapsed: seconds; None when no answer came.
        error: why it cannot be used, in one sentence; None when it can.
        retry_after: seconds that the server asked us to stay away.
        may_pass: whether the error is one that time may cure.
    """

    url: str
    fetched_at: dt.datetime
    final_url: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    media_type: str | None = None
    body: bytes | None = field(default=None, repr=False)
    known: KnownBody | None = None
    elapsed: float | None = None
    error: str | None = None
    retry_after: float | None = None
    may_pass: bool = False


def fetch_source(client: HttpClient, source: Source, day: dt.date, known: KnownBody | None = None) -> Fetched:
    """Ask a source's addresses in turn until one gives something usable; else return the first one's failure.

    Args:
        client: the HTTP client.
        source: a source with an address.
        day: fills in ``{day}``.
        known: the body we have; sent as condition to the address it came from.

    Raises:
        ValueError: the source has no address.
    """
    failures: list[Fetched] = []
    for address in source.addresses(day):
        fetched = _ask(client, source, address, known if known and known.url == address else None)
        if fetched.error is None:
            return fetched
        failures.append(fetched)
    if not failures:
        raise ValueError(f"{source.slug} has no address: it arrives in the landing folder")
    return failures[0]


def _ask(client: HttpClient, source: Source, address: str, known: KnownBody | None) -> Fetched:
    try:
        response = client.get(
            address,
            etag=known.etag if known else None,
            last_modified=known.last_modified if known else None,
            accept=ACCEPT[source.form],
            robots=source.politeness.robots,
            min_interval_seconds=source.politeness.min_interval_seconds,
        )
    except FetchError as error:
        return Fetched(
            url=address,
            fetched_at=dt.datetime.now(dt.UTC),
            status=error.status,
            error=str(error),
            retry_after=error.retry_after,
            may_pass=error.may_pass,
        )
    except Exception as error:
        # whatever a hostile answer trips in a library, it fails this source alone
        problem = f"Reading {address} failed: {type(error).__name__}: {error}"
        return Fetched(url=address, fetched_at=dt.datetime.now(dt.UTC), error=" ".join(problem.split()))
    return _judged(source, address, response, known)


def _judged(source: Source, address: str, response: Response, known: KnownBody | None) -> Fetched:
    fetched = Fetched(
        url=address,
        fetched_at=response.fetched_at,
        final_url=response.final_url,
        status=response.status,
        headers={name: value for name, value in response.headers.items() if name not in _PRIVATE_HEADERS},
        etag=response.etag,
        last_modified=response.last_modified,
        media_type=response.media_type,
        elapsed=response.elapsed,
    )
    if not response.not_modified:
        return replace(fetched, body=response.body, error=unexpected_form(source.form, response.body))
    if known is None:
        return replace(fetched, error=f"{address} answered 304 to a request that named no copy.")
    return replace(
        fetched,
        known=known,
        etag=response.etag or known.etag,
        last_modified=response.last_modified or known.last_modified,
        media_type=known.media_type,
    )
