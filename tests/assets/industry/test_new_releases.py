"""Releases into the warehouse, fetched over HTTP or replayed from bronze, as Dagster makes them."""

import datetime as dt
import json
from pathlib import Path

import pytest

from assets.industry.chart_entry import ChartEntry
from assets.industry.chart_frame import ChartIdentity, chart_frame
from assets.industry.definitions.bronze import day_window
from assets.industry.definitions.new_releases import releases_asset
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
from tests.assets.industry.fetch_house import permanent_failure
from tests.assets.industry.loopback_site import LoopbackSite
from tests.assets.industry.warehouse_site import WarehouseSite, chart_source, feed_source, red

FRIDAY = dt.date(2025, 6, 6)
SATURDAY = FRIDAY + dt.timedelta(days=1)


def release_source(slug: str, parser: str, tier: int) -> dict[str, object]:
    """A catalogue entry of a source of releases."""
    return {**feed_source(slug, tier), "kind": "releases", "form": "json", "parser": parser, "cadence": "day"}


def musicbrainz(*titles: str, date: str = "2025-06-06", artist: str = "Band", identifier: str = "mb") -> bytes:
    """A search answer with these titles."""
    rows = [
        {"id": f"{identifier}-{title}", "title": title, "date": date, "artist-credit": [{"name": artist}],
         "release-group": {"primary-type": "Album"}, "genres": [{"name": "Techno"}]}
        for title in titles
    ]  # fmt: skip
    return json.dumps({"releases": rows}).encode()


def listenbrainz(*titles: str, date: str = "2025-06-06", artist: str = "Band") -> bytes:
    """Fresh releases with these titles."""
    rows = [
        {"release_name": title, "artist_credit_name": artist, "release_group_mbid": f"lb-{title}",
         "release_date": date, "release_group_primary_type": "Album"}
        for title in titles
    ]  # fmt: skip
    return json.dumps({"payload": {"releases": rows}}).encode()


@pytest.fixture
def house(warehouse: Warehouse, store: ObjectStore) -> WarehouseSite:
    sources = [
        release_source("mb", "musicbrainz_releases", 2),
        release_source("lb", "listenbrainz_fresh_releases", 3),
        chart_source("deezer-global", "deezer", "deezer_chart", country="global"),
    ]
    return WarehouseSite(warehouse, store, sources)


def run(house: WarehouseSite, day: dt.date = FRIDAY) -> dict[str, str]:
    result = house.materialise(releases_asset(house.catalogue), day.isoformat())
    assert result.success
    return red(result)


def shown(house: WarehouseSite, columns: str) -> list[tuple[object, ...]]:
    return house.warehouse.rows(f"SELECT {columns} FROM industry.new_releases ORDER BY source_slug, source_id")  # noqa: S608


def test_one_release_of_two_sources_is_one_group_with_one_lead(house: WarehouseSite) -> None:
    house.keep("mb", day_window(FRIDAY), musicbrainz("Title"))
    house.keep("lb", day_window(FRIDAY), listenbrainz("Title", "Other"))
    assert run(house) == {}
    assert shown(house, "source_slug, title, is_lead, group_key") == [
        ("lb", "Other", True, "band|other|longer"),
        ("lb", "Title", False, "band|title|longer"),
        ("mb", "Title", True, "band|title|longer"),
    ]


def test_a_replay_leaves_the_same_rows_and_a_release_announced_again_adds_none(house: WarehouseSite) -> None:
    house.keep("mb", day_window(FRIDAY), musicbrainz("Title"))
    house.keep("mb", day_window(SATURDAY), musicbrainz("Title", date="2025-06-07"))
    run(house)
    run(house, SATURDAY)
    before = house.table("new_releases")
    assert shown(house, "release_date, first_seen_day, last_seen_day") == [(SATURDAY, FRIDAY, SATURDAY)]
    house.warehouse.execute("DELETE FROM industry.new_releases")
    run(house, SATURDAY)
    run(house)  # the older day last: what Saturday said stays
    assert house.table("new_releases").equals(before)


def test_a_date_of_a_year_is_not_taken_for_its_first_of_january(house: WarehouseSite) -> None:
    house.keep("mb", day_window(FRIDAY), musicbrainz("Title", date="2025"))
    run(house)
    assert shown(house, "release_date, date_precision, current_on") == [(dt.date(2025, 1, 1), "year", FRIDAY)]


def chart(house: WarehouseSite, day: dt.date, artist: str, position: int) -> None:
    """A chart on which an artist stands at a position."""
    identity = ChartIdentity("deezer", "songs", "global", day, "deezer-global", day_window(day).start)
    entry = ChartEntry(position, "Song", artist)
    house.warehouse.replace_partition("industry.chart_snapshots", chart_frame(identity, [entry]), identity.partition)


def test_an_artist_of_our_charts_is_notable_and_the_reason_says_which(house: WarehouseSite) -> None:
    chart(house, FRIDAY - dt.timedelta(days=100), "BAND feat. Guest", 4)
    chart(house, FRIDAY - dt.timedelta(days=30), "Band", 2)
    chart(house, FRIDAY - dt.timedelta(days=140), "Forgotten", 1)
    house.keep("mb", day_window(FRIDAY), musicbrainz("Title"))
    house.keep("lb", day_window(FRIDAY), listenbrainz("Own", artist="Nobody"))
    run(house)
    assert shown(house, "title, notable, notable_reason") == [
        ("Own", False, None),
        ("Title", True, "Band stood at 2 on the chart deezer/songs (global) of 2025-05-07."),
    ]


def test_an_artist_whose_chart_days_are_long_past_is_not_notable(house: WarehouseSite) -> None:
    chart(house, dt.date(2025, 1, 2), "Band", 1)
    later = dt.date(2025, 7, 10)
    house.keep("mb", day_window(later), musicbrainz("Title", date="2025-07-10"))
    run(house, later)
    assert shown(house, "notable") == [(False,)]


def test_a_source_that_answers_with_something_else_fails_alone(house: WarehouseSite) -> None:
    house.keep("mb", day_window(FRIDAY), b'{"error": "The MusicBrainz web server is currently busy."}')
    house.keep("lb", day_window(FRIDAY), listenbrainz("Title"))
    failed = run(house)
    assert list(failed) == ["source_mb"]
    assert "currently busy" in failed["source_mb"]
    assert shown(house, "source_slug") == [("lb",)]
    assert house.warehouse.scalar("SELECT count(*) FROM ops.dead_letters WHERE source = 'mb'") == 1


def test_a_day_that_was_never_fetched_cannot_be_made(house: WarehouseSite) -> None:
    result = house.materialise(releases_asset(house.catalogue), FRIDAY.isoformat())
    assert "No source of releases was asked on 2025-06-06" in permanent_failure(result)


def test_todays_releases_are_fetched_now(
    house: WarehouseSite, site: LoopbackSite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BACKBEAT_HOME", str(tmp_path))
    today = dt.datetime.now(dt.UTC).date()
    site.publish("/ws", musicbrainz("Now", date=today.isoformat()), content_type="application/json")
    source = {**release_source("mb", "musicbrainz_releases", 2), "url": site.url("/ws")}
    live = WarehouseSite(house.warehouse, house.store, [source])
    assert run(live, today) == {}
    assert shown(live, "title, current_on") == [("Now", today)]
    assert len(site.hits("/ws")) == 1
