"""News feeds (RSS, RDF, Atom, CDF; feedparser) as entries.

Belongs here: what the bytes say. Does not belong here: judging dates, addresses and content
(:mod:`assets.industry.news_item`), or surviving a parser that hangs (:mod:`assets.industry.parsers.isolation`).

feedparser opens files and URLs when it is given text, so it is only ever given bytes in memory.
"""

import calendar
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import feedparser

from assets.industry.parsers.payload_error import PayloadError
from assets.industry.plain_text import plain_text, without_footer

MAX_FEED_BYTES = 15 * 2**20
"""Largest feed parsed; Miniflux's cap (``internal/reader/fetcher``)."""

MAX_ENTRIES = 500
"""Entries read of one feed; the rest are faults. Real feeds hold 10-100."""

MAX_TEXT_CHARS = 20_000
"""Characters of an entry's text that are read: enough for any article."""

_FIELD_CHARS = 1000
_TAGS = 20


@dataclass(frozen=True)
class FeedEntry:
    """One entry of a feed, as text.

    Attributes:
        guid: the entry's own id, as written; None where it has none.
        link: its address, as written (relative ones resolved where the feed allows); None where it has none.
        title: headline as plain text, maybe empty.
        description: the feed's short text as plain text, maybe empty.
        text: the longest text the feed carries for the entry, as plain text, maybe empty.
        author: names joined by ", "; None where there are none.
        published_raw: the date as written: publication, else update; None where there is none.
        published_utc: that date as feedparser reads it (no zone: UTC); None where it cannot.
        language: language that the entry or feed declares, e.g. ``en-us``; None where neither does.
        tags: the feed's own categories.
    """

    guid: str | None
    link: str | None
    title: str
    description: str
    text: str
    author: str | None
    published_raw: str | None
    published_utc: datetime | None
    language: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True)
class EntryFault:
    """An entry that cannot be used.

    Attributes:
        reference: the entry within the feed: guid, address or number.
        reason: one sentence.
        excerpt: the start of what the entry holds.
    """

    reference: str
    reason: str
    excerpt: str


@dataclass(frozen=True)
class ParsedFeed:
    """What a feed holds.

    Attributes:
        title: the feed's title, maybe empty.
        version: format as feedparser names it, e.g. ``rss20``.
        entries: usable entries in the feed's order.
        faults: entries that hold neither title nor text, and those beyond ``MAX_ENTRIES``.
    """

    title: str
    version: str
    entries: tuple[FeedEntry, ...]
    faults: tuple[EntryFault, ...]


def parse_feed(body: bytes, media_type: str | None = None, url: str | None = None) -> ParsedFeed:
    """Parse one feed.

    Args:
        body: the payload.
        media_type: Content-Type as received, for its charset.
        url: address the payload came from, against which relative links are resolved.

    Raises:
        PayloadError: the body is empty, larger than ``MAX_FEED_BYTES``, or no feed (an error page, for instance).
    """
    if not body.strip():
        raise PayloadError("The payload is empty where a feed was expected.")
    if len(body) > MAX_FEED_BYTES:
        raise PayloadError(f"The payload has {len(body)} bytes, more than the {MAX_FEED_BYTES} that are parsed.")
    headers = {"content-type": media_type or "application/xml", "content-location": url or ""}
    try:
        document = feedparser.parse(io.BytesIO(body), response_headers=headers)
    except Exception as error:  # feedparser's own bugs on hostile input take many forms
        raise PayloadError(f"The feed broke the parser ({type(error).__name__}: {error}).") from error
    if not document.version and not document.entries:
        raise PayloadError(f"The payload is no feed: it begins {_beginning(body)!r}.")
    entries: list[FeedEntry] = []
    faults: list[EntryFault] = []
    language = _field(document.feed, "language")
    feed_title = plain_text(_field(document.feed, "title") or "")
    for number, entry in enumerate(document.entries, start=1):
        if number > MAX_ENTRIES:
            faults.append(EntryFault(f"entry {number}", f"The feed has more than {MAX_ENTRIES} entries.", ""))
            continue
        read = _entry(entry, feed_title, language)
        if read.title or read.text:
            entries.append(read)
        else:
            reference = read.guid or read.link or f"entry {number}"
            faults.append(EntryFault(reference, "The entry has neither a title nor a text.", str(dict(entry))[:300]))
    return ParsedFeed(feed_title, document.version, tuple(entries), tuple(faults))


def _entry(entry: Mapping[str, object], feed_title: str, feed_language: str | None) -> FeedEntry:
    description = without_footer(plain_text((_field(entry, "summary") or "")[:MAX_TEXT_CHARS]))
    texts = [without_footer(plain_text(value[:MAX_TEXT_CHARS])) for value in _contents(entry)]
    published = _field(entry, "published") or _field(entry, "updated")
    parsed = entry.get("published_parsed") if entry.get("published") else entry.get("updated_parsed")
    return FeedEntry(
        guid=_short(_field(entry, "id")),
        link=_field(entry, "link"),
        title=_without_outlet(plain_text(_field(entry, "title") or ""), feed_title)[:_FIELD_CHARS],
        description=description,
        text=max([description, *texts], key=len),
        author=_authors(entry),
        published_raw=_short(plain_text(published or "")),
        published_utc=_moment(parsed),
        language=_short(_language(entry) or feed_language),
        tags=_tags(entry),
    )


def _without_outlet(title: str, feed_title: str) -> str:
    # aggregators end every headline with the outlet's name
    for separator in (" - ", " – ", " | "):
        if feed_title and title.endswith(separator + feed_title):
            return title.removesuffix(separator + feed_title)
    return title


def _field(mapping: Mapping[str, object], name: str) -> str | None:
    value = mapping.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _short(value: str | None) -> str | None:
    return plain_text(value)[:_FIELD_CHARS] or None if value else None


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, (list, tuple)) else []


def _contents(entry: Mapping[str, object]) -> list[str]:
    return [value for content in _mappings(entry.get("content")) if (value := _field(content, "value"))]


def _language(entry: Mapping[str, object]) -> str | None:
    details = [entry.get("title_detail"), entry.get("summary_detail"), *_mappings(entry.get("content"))]
    return next(
        (found for detail in details if isinstance(detail, Mapping) and (found := _field(detail, "language"))), None
    )


def _authors(entry: Mapping[str, object]) -> str | None:
    names = [plain_text(name) for author in _mappings(entry.get("authors")) if (name := _field(author, "name"))]
    joined = ", ".join(dict.fromkeys(name for name in names if name)) or plain_text(_field(entry, "author") or "")
    return joined[:_FIELD_CHARS] or None


def _tags(entry: Mapping[str, object]) -> tuple[str, ...]:
    terms = [plain_text(term)[:_FIELD_CHARS] for tag in _mappings(entry.get("tags")) if (term := _field(tag, "term"))]
    return tuple(dict.fromkeys(term for term in terms if term))[:_TAGS]


def _moment(parsed: object) -> datetime | None:
    if parsed is None:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(tuple(parsed)), UTC)  # type: ignore[arg-type]
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None


def _beginning(body: bytes) -> str:
    return " ".join(body[:200].decode("utf-8", "replace").split())[:80]
