"""The feed parser: recorded feeds, feedparser's own corpus, entries that break naive readers, and arbitrary bytes."""

import io
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.industry.parsers import PayloadError
from assets.industry.parsers import feed as feed_module
from assets.industry.parsers.feed import parse_feed

PAYLOADS = Path(__file__).parents[1] / "payloads"

ENTRIES = {
    "agent_aquarium_drunkard": 15, "agent_crack_magazine": 99, "agent_diy_mag": 3, "agent_gorilla_vs_bear": 35,
    "agent_line_of_best_fit": 10, "agent_npr_music": 10, "agent_pitchfork_reviews": 4, "agent_the_wire": 89,
    "agent_volume_morto": 1, "peel_pitchfork_feed": 30, "peel_stereogum_new_music": 40, "peel_thequietus": 32,
}  # fmt: skip
"""Items of each recorded feed, counted as `<item>` in the files."""


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_recorded_feeds_lose_nothing(shared: Path, name: str) -> None:
    body = (shared / f"data/feeds/music/{name}.xml").read_bytes()
    assert body.count(b"<item>") + body.count(b"<item ") == ENTRIES[name]
    parsed = parse_feed(body)
    assert len(parsed.entries) == ENTRIES[name]
    assert not parsed.faults
    assert all(entry.title and entry.published_utc for entry in parsed.entries)
    assert not any("<" in entry.title and ">" in entry.title for entry in parsed.entries)


def test_zones_and_names_of_a_recorded_feed(shared: Path) -> None:
    npr = parse_feed((shared / "data/feeds/music/agent_npr_music.xml").read_bytes())
    assert npr.entries[0].published_raw == "Tue, 19 May 2026 15:48:07 -0400"
    assert npr.entries[0].published_utc == datetime(2026, 5, 19, 19, 48, 7, tzinfo=UTC)
    assert npr.entries[0].author == "Martin Johnson"


def test_text_that_was_read_in_the_wrong_encoding_is_read_again(shared: Path) -> None:
    parsed = parse_feed((shared / "data/feeds/reemitted/music-business-worldwide.xml").read_bytes())
    texts = [entry.title + entry.text for entry in parsed.entries]
    assert any("’" in text for text in texts)
    assert not any("\x80" <= letter <= "\x9f" or letter == "â" for text in texts for letter in text)


def test_no_file_of_feedparsers_corpus_breaks_us_or_loses_an_entry(shared: Path) -> None:
    files = sorted(path for path in (shared / "data/feeds/robustness").rglob("*") if path.is_file())
    assert len(files) == 1578
    found = ours = 0
    for path in files[::3]:
        body = path.read_bytes()
        theirs = feedparser.parse(
            io.BytesIO(body), response_headers={"content-type": "application/xml", "content-location": ""}
        )
        found += len(theirs.entries)
        try:
            parsed = parse_feed(body)
        except PayloadError:
            assert not theirs.entries, path.name
            continue
        assert len(parsed.entries) + len(parsed.faults) == len(theirs.entries), path.name
        ours += len(parsed.entries) + len(parsed.faults)
    assert ours == found > 0


def test_entries_that_break_naive_readers() -> None:
    body = (PAYLOADS / "hard_entries.xml").read_bytes()
    parsed = parse_feed(body, "application/rss+xml", "https://hard.example/feed")
    plain = parsed.entries[0]
    assert plain.title == "Plain & simple"  # entities encoded three times, the outlet's name at the end
    assert plain.link == "https://hard.example/relative/1?utm_source=rss"
    assert plain.author == "Ann, Bob"
    assert plain.tags == ("News", "Labels")
    assert plain.description == "First paragraph. Second paragraph."
    assert plain.text == "A longer text than the description, so that it is the text."
    assert [fault.reference for fault in parsed.faults] == ["nothing-at-all"]
    assert len(parsed.entries) == 9


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"<html><head><title>Access denied</title></head><body>403</body></html>",
        b'{"error": 1}',
        b"\x00\x01",
    ],
)
def test_what_is_no_feed_is_refused(body: bytes) -> None:
    with pytest.raises(PayloadError):
        parse_feed(body)


def test_a_feed_without_entries_is_a_feed() -> None:
    assert parse_feed(b'<rss version="2.0"><channel><title>Quiet</title></channel></rss>').entries == ()


def test_entities_are_neither_expanded_nor_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("do not read me")
    body = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
        f'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY f SYSTEM "{secret.as_uri()}">]>'
        "<rss version='2.0'><channel><title>x</title><item><title>bomb &c; &f;</title></item></channel></rss>"
    ).encode()
    entry = parse_feed(body).entries[0]
    assert "do not read me" not in entry.title
    assert len(entry.title) < 1000


def test_sizes_are_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    item = "<item><title>t</title><description>" + "word " * 20_000 + "</description></item>"
    body = f"<rss version='2.0'><channel>{item * 3}</channel></rss>".encode()
    monkeypatch.setattr(feed_module, "MAX_ENTRIES", 2)
    parsed = parse_feed(body)
    assert len(parsed.entries) == 2
    assert len(parsed.faults) == 1
    assert max(len(entry.text) for entry in parsed.entries) <= feed_module.MAX_TEXT_CHARS
    monkeypatch.setattr(feed_module, "MAX_FEED_BYTES", len(body) - 1)
    with pytest.raises(PayloadError, match="bytes"):
        parse_feed(body)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["title", "link", "guid", "pubDate", "description", "author", "category", "dc:creator"]),
            st.text(max_size=60),
        ),
        max_size=8,
    ),
    st.binary(max_size=60),
)
def test_any_feed_gives_storable_text(fields: list[tuple[str, str]], damage: bytes) -> None:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields).encode("utf-8", "ignore")
    body = b"<rss version='2.0'><channel><item>" + inner + damage + b"</item></channel></rss>"
    try:
        parsed = parse_feed(body)
    except PayloadError:
        return
    for entry in parsed.entries:
        stored = [
            entry.guid,
            entry.title,
            entry.description,
            entry.text,
            entry.author,
            entry.published_raw,
            *entry.tags,
        ]
        assert all("\x00" not in text and text.encode() is not None for text in stored if text)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_a_feed_or_a_refusal(body: bytes) -> None:
    try:
        parsed = parse_feed(body)
    except PayloadError:
        return
    assert parsed.version or parsed.entries
