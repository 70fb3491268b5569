"""The parsing process: what it returns, and what happens when a payload takes its life."""

import io
import json
import time
from datetime import date

import pytest

from assets.industry.parsers import CHART_PARSERS, PayloadError
from assets.industry.parsers.feed import parse_feed
from assets.industry.parsers.isolation import IsolatedParser, serve

FEED = (
    b"<rss version='2.0'><channel><title>T</title><item><title>One</title>"
    b"<pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate></item></channel></rss>"
)
CHART = b'{"feed":{"updated":"Fri, 20 Nov 2026 08:00:00 +0000","results":[{"name":"A","artistName":"B","id":"7"}]}}'


def test_the_other_process_says_what_the_parser_says() -> None:
    with IsolatedParser() as parser:
        assert parser.feed(FEED, None, "https://outlet.example/feed") == parse_feed(
            FEED, None, "https://outlet.example/feed"
        )
        chart = parser.chart("apple_most_played", CHART)
        assert chart == CHART_PARSERS["apple_most_played"](CHART)
        assert chart.chart_date == date(2026, 11, 20)
        with pytest.raises(PayloadError, match="no feed"):
            parser.feed(b"<html></html>", None, None)


def test_a_payload_that_takes_too_long_is_refused_and_the_next_one_is_parsed() -> None:
    with IsolatedParser(seconds=0.01) as hasty:
        started = time.monotonic()
        with pytest.raises(PayloadError, match="did not survive"):
            hasty.feed(FEED, None, None)
        assert time.monotonic() - started < 5
    with IsolatedParser() as parser:
        parser.feed(FEED, None, None)
        child = parser._child
        assert child is not None
        child.kill()
        child.wait()
        with pytest.raises(PayloadError, match="did not survive"):
            parser.feed(FEED, None, None)
        assert len(parser.feed(FEED, None, None).entries) == 1


def test_the_process_ends_with_its_context() -> None:
    with IsolatedParser() as parser:
        parser.feed(FEED, None, None)
        child = parser._child
    assert child is not None
    assert child.poll() is not None


def test_bodies_are_told_apart_by_length_not_by_lines() -> None:
    request = {"parser": "feed", "media_type": None, "url": None, "bytes": len(FEED) + 2}
    stream = io.BytesIO((json.dumps(request).encode() + b"\n" + b"\n\n" + FEED) * 2)
    replies = io.BytesIO()
    serve(stream, replies)
    assert [line.split(b" ")[0] for line in replies.getvalue().splitlines()] == [b"parsed", b"parsed"]
