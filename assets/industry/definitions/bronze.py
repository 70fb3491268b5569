"""Bronze: payloads as they came, written once and read back for parsing and replays.

Belongs here: rows of ``raw.payloads``, the bodies behind them in the object store, and the catalogue's copy in
``industry.sources``. Does not belong here: when and what is fetched (``payloads.py``), what bodies mean (parsers).
"""

import datetime as dt
import gzip
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

import sql
from assets.industry.catalogue import Catalogue, Source
from assets.industry.source_fetch import Fetched, KnownBody
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse

BODY_MEDIA_TYPE = "application/gzip"


@dataclass(frozen=True)
class Window:
    """A span of time in which sources are asked once: 4 hours for feeds, a day for charts. UTC, end exclusive."""

    start: dt.datetime
    end: dt.datetime

    def holds(self, moment: dt.datetime) -> bool:
        """Say whether ``moment`` lies in the window: only then can its sources still be asked."""
        return self.start <= moment < self.end


def day_window(day: dt.date) -> Window:
    """Return the window of a UTC day."""
    start = dt.datetime.combine(day, dt.time(), dt.UTC)
    return Window(start, start + dt.timedelta(days=1))


@dataclass(frozen=True)
class BronzePayload:
    """One usable payload.

    Attributes:
        source_slug: who sent it.
        window_start: the window it was fetched in.
        fetched_at: when it arrived: the earliest time at which its content could be known.
        url: what was asked for.
        final_url: what answered, after redirects; base of relative links.
        media_type: Content-Type as received.
        headers: of the answer, names in lower case.
        sha256: of the body.
        body: exactly as it came, after transfer decompression.
    """

    source_slug: str
    window_start: dt.datetime
    fetched_at: dt.datetime
    url: str
    final_url: str
    media_type: str | None
    headers: Mapping[str, str]
    sha256: str
    body: bytes = field(repr=False)


def sync_sources(warehouse: Warehouse, catalogue: Catalogue) -> None:
    """Bring ``industry.sources`` in line with the catalogue; rows that do not differ are not touched."""
    warehouse.execute(
        sql.text("statements/sync_sources.sql"), {"sources": Jsonb([_source_row(one) for one in catalogue.sources])}
    )


def _source_row(source: Source) -> dict[str, object]:
    row = source.model_dump(mode="json", exclude={"terms", "politeness", "fallback_urls", "form"})
    terms = source.terms.model_dump(mode="json")
    return {**row, **terms, "url": source.url, "terms_url": source.terms.url}


def put_body(store: ObjectStore, body: bytes) -> tuple[str, str]:
    """Store a body under its own hash, gzip'd, unless it is there already; return (sha256, uri)."""
    digest = hashlib.sha256(body).hexdigest()
    key = f"payloads/{digest[:2]}/{digest}.gz"
    uri = store.uri(key)
    if not store.exists(uri):
        # mtime=0: the same body is the same object, whenever it came
        uri = store.put_bytes(key, gzip.compress(body, mtime=0), BODY_MEDIA_TYPE).uri
    return digest, uri


def record_payload(
    connection: psycopg.Connection, slug: str, window: Window, fetched: Fetched, stored: tuple[str, str] | None
) -> None:
    """Add one answer to ``raw.payloads``; the same answer again in the same window adds nothing.

    Args:
        connection: an open transaction.
        slug: the source.
        window: when it was asked.
        fetched: what it answered.
        stored: what :func:`put_body` returned for a new body.
    """
    sha256, uri, size = None, None, None
    if stored is not None and fetched.body is not None:
        (sha256, uri), size = stored, len(fetched.body)
    elif fetched.known is not None:
        sha256, uri, size = fetched.known.sha256, fetched.known.uri, fetched.known.bytes
    row = {
        "source_slug": slug,
        "window_start": window.start,
        "window_end": window.end,
        "fetched_at": fetched.fetched_at,
        "url": fetched.url,
        "final_url": fetched.final_url,
        "status": fetched.status,
        "headers": Jsonb(dict(fetched.headers)),
        "etag": fetched.etag,
        "last_modified": fetched.last_modified,
        "media_type": fetched.media_type,
        "sha256": sha256,
        "bytes": size,
        "uri": uri,
        "elapsed_seconds": fetched.elapsed,
        "error": fetched.error,
    }
    connection.execute(sql.text("statements/record_payload.sql"), row)


def known_bodies(warehouse: Warehouse, store: ObjectStore, slugs: Collection[str]) -> dict[str, KnownBody]:
    """Return the latest usable body of each source by slug, where it is still in the store."""
    rows = warehouse.rows(sql.text("statements/latest_bodies.sql"), {"slugs": list(slugs)})
    known = {slug: KnownBody(*values) for slug, *values in rows}
    return {slug: body for slug, body in known.items() if store.exists(body.uri)}


def lost_bodies(warehouse: Warehouse, store: ObjectStore, window: Window) -> dict[str, str]:
    """Return slug -> sentence for usable payloads of a window whose body is no longer in the store."""
    return {
        slug: f"The body stored at {uri} is gone, so this window cannot be replayed for the source."
        for slug, *_, uri in _usable(warehouse, window.start)
        if not store.exists(uri)
    }


def count_payloads(warehouse: Warehouse, window: Window) -> int:
    """Return the rows of a window, failures included."""
    return int(warehouse.scalar("SELECT count(*) FROM raw.payloads WHERE window_start = %s", [window.start]) or 0)


def read_payloads(
    warehouse: Warehouse, store: ObjectStore, window_start: dt.datetime, slugs: Collection[str] | None = None
) -> list[BronzePayload]:
    """Return the usable payloads of a window by source, the earlier first where a source has several.

    Args:
        warehouse: where the rows are.
        store: where the bodies are.
        window_start: start of the window (UTC): a feed window, or midnight for a day.
        slugs: only these sources; None: all.

    Raises:
        FileNotFoundError: a body is gone from the store.
    """
    return [
        BronzePayload(*values, body=gzip.decompress(store.read_bytes(uri)))  # type: ignore[misc]  # seven columns, in order
        for *values, uri in _usable(warehouse, window_start, slugs)
    ]


def _usable(
    warehouse: Warehouse, window_start: dt.datetime, slugs: Collection[str] | None = None
) -> list[tuple[Any, ...]]:
    names = None if slugs is None else list(slugs)
    return warehouse.rows(sql.text("statements/window_payloads.sql"), {"window_start": window_start, "slugs": names})
