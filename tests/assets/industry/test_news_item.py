"""News items: identity, dates, and what a payload of hard entries becomes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry.news_item import FUTURE_TOLERANCE, NewsItem, news_items, published_date
from assets.industry.parsers.feed import FeedEntry, parse_feed
from assets.industry.plain_text import EXCERPT_CHARS

FETCHED = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAYLOADS = Path(__file__).parent / "payloads"


def entry(**changes: object) -> FeedEntry:
    fields: dict[str, object] = {
        "guid": "g", "link": "https://outlet.example/1", "title": "A title", "description": "Words.", "text": "Words.",
        "author": None, "published_raw": None, "published_utc": None, "language": None, "tags": (),
    }  # fmt: skip
    return FeedEntry(**{**fields, **changes})  # type: ignore[arg-type]


def hard_items() -> dict[str, NewsItem]:
    feed = parse_feed((PAYLOADS / "hard_entries.xml").read_bytes(), "application/rss+xml", "https://hard.example/feed")
    items, faults = news_items(feed.entries, FETCHED, outlet_tier=2)
    assert [fault.reason for fault in faults] == ["The entry repeats another one of the feed word for word."]
    return {item.guid: item for item in items}


def test_every_hard_entry_has_an_identity_of_its_own() -> None:
    items = hard_items()
    untold = next(guid for guid, item in items.items() if item.guid_method == "content")
    assert items[untold].title == "Neither guid nor link"
    assert untold == items[untold].content_hash
    assert sorted(items.keys() - {untold}) == [
        "epoch",
        "https://hard.example/no-guid",
        "plain",
        "shared#https://hard.example/a",
        "shared#https://hard.example/b",
        "twice#https://hard.example/twice#" + next(i for g, i in items.items() if g.startswith("twice")).content_hash,
        "untitled",
    ]


def test_dates_are_flagged_and_never_invented() -> None:
    flags = {item.title: (item.published_flag, item.published_at, item.published_raw) for item in hard_items().values()}
    nine = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert flags["Plain & simple"][:2] == ("ok", datetime(2026, 11, 20, 7, tzinfo=UTC))
    assert flags["No guid"][:2] == ("ok", nine)
    assert flags["Neither guid nor link"] == ("date_only", datetime(2026, 11, 20, tzinfo=UTC), "2026-11-20")
    assert flags["Same id, other address"] == ("assumed_utc", nine, "20 Nov 2026 09:00")
    assert flags["Same id, another address"] == ("unreadable", None, "yesterday")
    assert flags["Told twice"] == ("future", None, "Fri, 20 Nov 2099 09:00:00 GMT")
    assert flags["From the epoch"] == ("ancient", None, "Thu, 01 Jan 1970 00:00:00 GMT")


def test_addresses_titles_and_texts() -> None:
    items = hard_items()
    assert items["plain"].url == "https://hard.example/relative/1"
    assert items["epoch"].url is None  # a javascript: link is no address
    assert items["untitled"].title == "An entry without a title is told by its text. It has two sentences."
    assert items["untitled"].summary is None  # it would only repeat the title
    assert items["plain"].summary == "A longer text than the description, so that it is the text."
    assert items["plain"].summary_method == "extractive"
    assert items["plain"].tags == ["News", "Labels"]


def test_an_item_that_changes_keeps_its_identity_and_changes_its_hash() -> None:
    ((before,), _), ((after,), _) = (
        news_items([entry(text=text)], FETCHED, outlet_tier=1) for text in ("Words.", "Other words.")
    )
    assert (before.guid, before.url) == (after.guid, after.url)
    assert before.content_hash != after.content_hash


def test_case_does_not_change_the_hash() -> None:
    ((loud,), _), ((calm,), _) = (news_items([entry(title=title)], FETCHED, 1) for title in ("LOUD", "loud"))
    assert loud.content_hash == calm.content_hash


def test_the_feeds_own_text_is_kept_only_in_part() -> None:
    ((item,), _) = news_items([entry(description="word " * 500, text="word " * 500)], FETCHED, 1)
    assert item.summary_raw is not None
    assert len(item.summary_raw) <= EXCERPT_CHARS


def test_endless_ids_fit_an_index() -> None:
    ((one, other), _) = news_items([entry(guid="x" * 5000), entry(guid="x" * 4999 + "y")], FETCHED, 1)
    assert one.guid != other.guid
    assert len(one.guid) == len(other.guid) == 64


@pytest.mark.parametrize(
    ("raw", "flag"),
    [
        ("Fri, 20 Nov 2026 09:00:00 GMT", "ok"),
        ("Fri, 20 Nov 2026 09:00:00 -0500", "ok"),
        ("2026-11-20T09:00:00Z", "ok"),
        ("2026-11-20T09:00:00+01:00", "ok"),
        ("Fri, 20 Nov 2026 09:00:00 EST", "ok"),
        ("2026-11-20T09:00:00", "assumed_utc"),
        ("2026-11-20 09:00", "assumed_utc"),
        ("2026-11-20", "date_only"),
        ("20 Nov 2026", "date_only"),
    ],
)
def test_zones_and_precision(raw: str, flag: str) -> None:
    assert published_date(raw, FETCHED, FETCHED).flag == flag


@given(st.datetimes(timezones=st.just(UTC)))
def test_no_believed_date_lies_after_the_fetch_or_before_the_web(moment: datetime) -> None:
    date = published_date("Fri, 20 Nov 2026 09:00:00 GMT", moment, FETCHED)
    if date.at is not None:
        assert datetime(1990, 1, 1, tzinfo=UTC) <= date.at <= FETCHED + FUTURE_TOLERANCE
    else:
        assert moment > FETCHED + timedelta(hours=24) or moment.year < 1990


@given(
    st.lists(
        st.builds(
            entry,
            guid=st.sampled_from([None, "a", "b"]),
            link=st.sampled_from([None, "https://o.example/1", "https://o.example/2", "ftp://x"]),
            title=st.sampled_from(["One", "Two"]),
        ),
        max_size=8,
    )
)
def test_guids_are_unique_and_no_entry_vanishes(entries: list[FeedEntry]) -> None:
    items, faults = news_items(entries, FETCHED, outlet_tier=3)
    assert len({item.guid for item in items}) == len(items)
    assert len(items) + len(faults) == len(entries)
    assert {(item.title, item.url) for item in items} >= {
        (one.title, one.link) for one in entries if one.link and one.link.startswith("https")
    }
