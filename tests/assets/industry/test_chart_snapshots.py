"""Charts into the warehouse, fetched over HTTP or replayed from bronze, as Dagster makes them."""

import datetime as dt
import json
from pathlib import Path

import dagster as dg
import pytest

from assets.industry.chart_entry import ChartEntry, ChartFault, ParsedChart
from assets.industry.definitions.bronze import day_window
from assets.industry.definitions.chart_snapshots import incompleteness, snapshots_asset
from pipelines.partitions import chart_day_key
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
from tests.assets.industry.loopback_site import LoopbackSite
from tests.assets.industry.warehouse_site import WarehouseSite, chart_source, red

MONDAY = dt.date(2025, 6, 2)
PAYLOADS = Path(__file__).parent / "payloads"


def deezer(*titles: str, first: int = 1) -> bytes:
    """A Deezer chart of these titles."""
    rows = [
        {"id": 100 + rank, "title": title, "position": rank, "link": f"https://www.deezer.com/track/{rank}",
         "artist": {"id": rank, "name": f"Artist of {title}"}}
        for rank, title in enumerate(titles, start=first)
    ]  # fmt: skip
    return json.dumps({"data": rows, "total": len(rows)}).encode()


@pytest.fixture
def house(warehouse: Warehouse, store: ObjectStore) -> WarehouseSite:
    sources = [
        chart_source("deezer-global", "deezer", "deezer_chart", country="global"),
        {**chart_source("billboard-us", "billboard", "billboard_page", chart="hot-100"), "form": "html"},
        chart_source("apple-us", "apple", "apple_most_played"),
    ]
    return WarehouseSite(warehouse, store, sources)


def run(house: WarehouseSite, chart: str, day: dt.date = MONDAY) -> dg.ExecuteInProcessResult:
    return house.materialise(snapshots_asset(house.catalogue), chart_day_key(chart, day.isoformat()))


def test_a_chart_is_replayed_from_bronze_and_a_second_run_leaves_the_same_rows(house: WarehouseSite) -> None:
    house.keep("deezer-global", day_window(MONDAY), deezer("A", "B", "C"))
    result = run(house, "deezer-global")
    assert result.success
    assert red(result) == {}
    before = house.table("chart_snapshots")
    assert before["title"].tolist() == ["A", "B", "C"]
    assert before["track_key"].tolist()[0] == "artist of a|a"
    assert before["external_ids"].tolist()[0] == {"deezer_track": "101", "deezer_artist": "1"}
    assert set(before["chart_date"]) == {MONDAY}  # the payload has no date: the partition's
    assert run(house, "deezer-global").success
    assert house.table("chart_snapshots").equals(before)


def test_todays_chart_is_fetched_now(
    house: WarehouseSite, site: LoopbackSite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BACKBEAT_HOME", str(tmp_path))
    site.publish("/chart", deezer("Now"), content_type="application/json")
    source = {**chart_source("deezer-global", "deezer", "deezer_chart", country="global"), "url": site.url("/chart")}
    live = WarehouseSite(house.warehouse, house.store, [source])
    today = dt.datetime.now(dt.UTC).date()
    assert red(run(live, "deezer-global", today)) == {}
    assert live.table("chart_snapshots")["title"].tolist() == ["Now"]
    assert len(site.hits("/chart")) == 1
    assert live.warehouse.scalar("SELECT count(*) FROM raw.payloads WHERE error IS NULL") == 1


@pytest.mark.parametrize(
    ("body", "sentence", "dead_letters"),
    [
        (deezer("A", "B", first=2), "1 are missing or doubled", 0),
        (b'{"error":{"type":"DataException","message":"no data","code":800}}', "Deezer answered with an error", 1),
        (b"<html><title>Access denied</title></html>", "not JSON", 1),
        (b'{"data":[]}', "It is empty", 0),
        (b'{"data":[{"position":1,"title":"A","artist":{"name":"B"}},{"position":2}]}', "1 lines could not be read", 1),
    ],
)
def test_an_incomplete_chart_fails_its_check_and_leaves_the_old_rows_alone(
    house: WarehouseSite, body: bytes, sentence: str, dead_letters: int
) -> None:
    house.keep("deezer-global", day_window(MONDAY), deezer("A", "B", "C"))
    assert run(house, "deezer-global").success
    before = house.table("chart_snapshots")
    house.keep("deezer-global", day_window(MONDAY), body, late=True)
    result = run(house, "deezer-global")
    assert sentence in red(result)["complete"]
    assert house.table("chart_snapshots").equals(before)
    assert house.warehouse.scalar("SELECT count(*) FROM ops.dead_letters") == dead_letters


def test_an_incomplete_chart_stops_what_follows(house: WarehouseSite) -> None:
    blocking = {spec.name for spec in snapshots_asset(house.catalogue).check_specs if spec.blocking}
    assert blocking == {"contract", "complete"}


def test_an_older_payload_never_replaces_a_newer_one(house: WarehouseSite) -> None:
    """A weekly chart is fetched every day of its week; replaying Monday must not undo Tuesday's correction."""
    page = (PAYLOADS / "billboard_badges.html").read_bytes().replace(b"2026-11-21", b"2025-06-07")
    whole = page[: page.index(b'<div class="o-chart-results-list-row-container"><ul><li><span class="c-label">4')]
    tuesday = MONDAY + dt.timedelta(days=1)
    house.keep("billboard-us", day_window(MONDAY), whole)
    house.keep("billboard-us", day_window(tuesday), whole.replace(b"Wham!", b"Wham! corrected"))
    assert red(run(house, "billboard-us", tuesday)) == {}
    assert red(run(house, "billboard-us", MONDAY)) == {}
    rows = house.table("chart_snapshots")
    assert rows["artist"].tolist() == ["Artist One", "2 Chainz", "Wham! corrected"]
    assert set(rows["chart_date"]) == {dt.date(2025, 6, 7)}  # "week of", five days ahead


def test_a_chart_dated_elsewhere_is_warned_of(house: WarehouseSite, shared: Path) -> None:
    body = (shared / "data/charts/apple/us_most-played_20_songs_2022-05-11.json").read_bytes()
    house.keep("apple-us", day_window(MONDAY), body)
    result = run(house, "apple-us")
    assert result.success
    assert list(red(result)) == ["dated"]
    assert set(house.table("chart_snapshots")["chart_date"]) == {dt.date(2022, 5, 11)}


def hot_100(day: str, rows: list[tuple[str, str]]) -> bytes:
    """A Billboard page of these titles and artists, without figures of the week before."""
    listed = [
        f'<div class="o-chart-results-list-row-container"><span class="c-label">{rank}</span><li>'
        f'<h3 id="title-of-a-story">{title}</h3><span class="c-label">{artist}</span></li>'
        '<span class="c-label">-</span><span class="c-label">1</span><span class="c-label">1</span></div>'
        for rank, (title, artist) in enumerate(rows, start=1)
    ]
    return f'<div id="chart-date-picker" data-date="{day}"></div>{"".join(listed)}'.encode()


@pytest.mark.parametrize(("rotated", "failed"), [(0, []), (1, ["publisher_agrees"])])
def test_the_publishers_last_week_is_compared_with_ours(
    house: WarehouseSite, shared: Path, rotated: int, failed: list[str]
) -> None:
    recorded = json.loads((shared / "data/charts/billboard/json/2021-11-20.json").read_text())["data"]
    rows = [(row["song"], row["artist"]) for row in recorded]
    next_monday = MONDAY + dt.timedelta(days=7)
    house.keep("billboard-us", day_window(MONDAY), hot_100("2025-06-07", rows[rotated:] + rows[:rotated]))
    assert red(run(house, "billboard-us", MONDAY)) == {}
    page = (shared / "data/charts/billboard/hot100_2021-11-27.html").read_bytes()
    dated = page.replace(b'data-date="2021-11-27"', b'data-date="2025-06-14"')
    house.keep("billboard-us", day_window(next_monday), dated)
    result = run(house, "billboard-us", next_monday)
    assert list(red(result)) == failed
    agreement = {one.check_name: one.metadata for one in result.get_asset_check_evaluations()}["publisher_agrees"]
    assert agreement["rows_compared"].value == 64  # 36 of the 100 rows are new or returned
    assert agreement["rows_agreeing"].value == (0 if rotated else 64)


def test_a_past_day_without_bronze_fails_and_says_so(house: WarehouseSite) -> None:
    result = run(house, "deezer-global")
    (event,) = [event for event in result.all_events if event.is_step_failure]
    assert event.step_failure_data.user_failure_data is not None
    assert "nothing to replay" in (event.step_failure_data.user_failure_data.description or "")


def test_a_whole_chart_is_complete() -> None:
    entries = tuple(ChartEntry(rank, f"T{rank}", "A") for rank in range(1, 101))
    assert incompleteness(ParsedChart(None, entries)) is None
    hole = tuple(entry for entry in entries if entry.position != 65)
    assert incompleteness(ParsedChart(None, hole)) == (
        "The positions are not 1 to N, each once: 65 are missing or doubled."
    )
    assert incompleteness(ParsedChart(None, entries, (ChartFault("row 101", "It has no title.", ""),))) is not None
