"""The demo's site speaks the publishers' formats: what it serves goes through the platform's own client and parsers."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import requests

from assets.industry.catalogue import Kind, load_catalogue
from assets.industry.parsers import CHART_PARSERS, RELEASE_PARSERS, SIGNAL_PARSERS
from assets.industry.parsers.feed import parse_feed
from pipelines import demo, demo_site

DAY = date(2026, 3, 14)
NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


def test_charts_and_feeds_are_read_by_the_real_parsers() -> None:
    with demo_site.serve(DAY, NOW) as site:
        apple = requests.get(f"{site}/charts/apple/us", timeout=5)
        deezer = requests.get(f"{site}/charts/deezer", timeout=5)
        releases = requests.get(f"{site}/releases", timeout=5)
        feeds = [requests.get(f"{site}/feeds/{outlet.slug}", timeout=5) for outlet in demo_site.OUTLETS]
    chart = CHART_PARSERS["apple_most_played"](apple.content)
    assert [entry.position for entry in chart.entries] == list(range(1, demo_site.CHART_SIZE + 1))
    assert chart.chart_date == DAY
    assert len(CHART_PARSERS["deezer_chart"](deezer.content).entries) == demo_site.CHART_SIZE
    assert len(RELEASE_PARSERS["listenbrainz_fresh_releases"](releases.content).entries) == 12
    assert len(SIGNAL_PARSERS["radio_plays"](demo_site.radio_plays(DAY).encode()).entries) == 20
    for feed in feeds:
        parsed = parse_feed(feed.content, feed.headers["Content-Type"], feed.url)
        assert len(parsed.entries) == 12
        assert not parsed.faults


def test_the_same_day_always_says_the_same_and_another_day_moves_the_chart() -> None:
    assert demo_site.chart("us", DAY) == demo_site.chart("us", DAY)
    week = demo_site.chart("us", DAY + timedelta(days=7))
    entered = set(week) - set(demo_site.chart("us", DAY))
    assert 0 < len(entered) < demo_site.CHART_SIZE / 2


def test_what_has_not_changed_is_not_sent_again() -> None:
    with demo_site.serve(DAY, NOW) as site:
        first = requests.get(f"{site}/charts/deezer", timeout=5)
        again = requests.get(f"{site}/charts/deezer", timeout=5, headers={"If-None-Match": first.headers["ETag"]})
        missing = requests.get(f"{site}/nothing/here", timeout=5)
    assert (again.status_code, again.content) == (304, b"")
    assert missing.status_code == 404


def test_the_catalogue_of_the_demo_is_a_valid_one(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    demo.write_catalogue(path, "http://127.0.0.1:9")
    catalogue = load_catalogue(path)
    assert catalogue.chart_keys() == [f"sample-{country}" for country in demo.CHARTS]
    assert sum(source.kind in (Kind.RSS, Kind.GEAR) for source in catalogue.sources) == len(demo_site.OUTLETS)
    assert {source.parser for source in catalogue.sources} == {
        "feed",
        "apple_most_played",
        "listenbrainz_fresh_releases",
        "radio_plays",
    }
