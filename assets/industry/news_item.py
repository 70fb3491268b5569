"""A row of ``industry.industry_news`` from an entry of a feed: identity, address, date, language, summary, impact.

Belongs here: judging one entry, and telling the entries of one payload apart. Does not belong here: reading the
feed's format (:mod:`assets.industry.parsers.feed`), or comparing items of different sources.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from assets.industry.canonical_url import canonical_url
from assets.industry.extractive_summary import two_sentences
from assets.industry.impact_rules import impact
from assets.industry.language import text_language
from assets.industry.parsers.feed import EntryFault, FeedEntry
from assets.industry.plain_text import EXCERPT_CHARS, shortened

FUTURE_TOLERANCE = timedelta(days=1)
"""How far ahead of the fetch a date may lie: a local time without its zone is up to 14 hours off."""

EARLIEST_DATE = datetime(1990, 1, 1, tzinfo=UTC)
"""Dates before the web are slips (epoch zero, two-digit years), not dates of publication."""

MAX_TITLE_CHARS = 500
"""Longest headline kept."""

MAX_GUID_CHARS = 1000
"""Longest id kept whole; a longer one is replaced by its SHA-256 (an index entry holds at most 2,704 bytes)."""

_ZONE = re.compile(r"(?:Z|[+-]\d{2}:?\d{2}|\b[A-Z]{1,5})\s*(?:\([^)]*\))?$")
_CLOCK = re.compile(r"\d{1,2}:\d{2}|T\d{4}")


@dataclass(frozen=True)
class PublishedDate:
    """When an item says it was published.

    Attributes:
        at: the moment (UTC), or None where the date cannot be believed.
        raw: the date as written, or None.
        flag: ok | assumed_utc | date_only | missing | unreadable | future | ancient.
    """

    at: datetime | None
    raw: str | None
    flag: str


@dataclass(frozen=True)
class NewsItem:
    """One news item; the fields are columns of ``industry.industry_news``, where each is explained."""

    guid: str
    guid_method: str
    title: str
    url: str | None
    author: str | None
    published_at: datetime | None
    published_raw: str | None
    published_flag: str
    summary_raw: str | None
    summary: str | None
    summary_method: str | None
    language: str | None
    language_method: str | None
    tags: list[str]
    category: str
    impact_creator: int
    impact_developer: int
    impact_monetizer: int
    impact_method: str
    content_hash: str


def published_date(raw: str | None, parsed: datetime | None, fetched_at: datetime) -> PublishedDate:
    """Judge a date: kept where believable, flagged where not, never invented.

    Args:
        raw: the date as written.
        parsed: what the feed parser made of it; a time without zone was taken as UTC.
        fetched_at: when the payload arrived.
    """
    if raw is None:
        return PublishedDate(None, None, "missing")
    if parsed is None:
        return PublishedDate(None, raw, "unreadable")
    if parsed > fetched_at + FUTURE_TOLERANCE:
        return PublishedDate(None, raw, "future")
    if parsed < EARLIEST_DATE:
        return PublishedDate(None, raw, "ancient")
    if not _CLOCK.search(raw):
        return PublishedDate(parsed, raw, "date_only")
    return PublishedDate(parsed, raw, "ok" if _ZONE.search(raw) else "assumed_utc")


def news_items(
    entries: Sequence[FeedEntry], fetched_at: datetime, outlet_tier: int
) -> tuple[tuple[NewsItem, ...], tuple[EntryFault, ...]]:
    """Make the rows of one payload.

    Where a feed gives one id to several different entries, the id is told apart by address, then by content. An
    entry that repeats another word for word is a fault.

    Returns:
        Items with unique guids in the feed's order, and the faults.
    """
    items = [_item(entry, fetched_at, outlet_tier) for entry in entries]
    for distinction in ("url", "content_hash"):
        shared = {guid for guid, times in Counter(item.guid for item in items).items() if times > 1}
        items = [
            replace(item, guid=_bounded(f"{item.guid}#{getattr(item, distinction) or ''}"))
            if item.guid in shared
            else item
            for item in items
        ]
    unique: dict[str, NewsItem] = {}
    faults: list[EntryFault] = []
    for item in items:
        if item.guid in unique:
            faults.append(EntryFault(item.guid, "The entry repeats another one of the feed word for word.", item.title))
        else:
            unique[item.guid] = item
    return tuple(unique.values()), tuple(faults)


def _item(entry: FeedEntry, fetched_at: datetime, outlet_tier: int) -> NewsItem:
    url = canonical_url(entry.link) if entry.link else None
    title = shortened(entry.title or entry.text, MAX_TITLE_CHARS)
    content_hash = hashlib.sha256(f"{title}\n{entry.text}".casefold().encode()).hexdigest()
    guid, guid_method = _identity(entry.guid, url, content_hash)
    published = published_date(entry.published_raw, entry.published_utc, fetched_at)
    language = text_language(f"{title}. {entry.text}", entry.language)
    summary = two_sentences(entry.text) if entry.title else None
    judged = impact(title, entry.text, entry.tags, outlet_tier)
    return NewsItem(
        guid=guid,
        guid_method=guid_method,
        title=title,
        url=url,
        author=entry.author,
        published_at=published.at,
        published_raw=published.raw,
        published_flag=published.flag,
        summary_raw=shortened(entry.description, EXCERPT_CHARS) or None,
        summary=summary,
        summary_method="extractive" if summary else None,
        language=language.code,
        language_method=language.method,
        tags=list(entry.tags),
        category=judged.category,
        impact_creator=judged.creator,
        impact_developer=judged.developer,
        impact_monetizer=judged.monetizer,
        impact_method="rules",
        content_hash=content_hash,
    )


def _identity(guid: str | None, url: str | None, content_hash: str) -> tuple[str, str]:
    if guid:
        return _bounded(guid), "guid"
    if url:
        return _bounded(url), "url"
    return content_hash, "content"


def _bounded(guid: str) -> str:
    return guid if len(guid) <= MAX_GUID_CHARS else hashlib.sha256(guid.encode()).hexdigest()
