"""Chart movers: known answers, an independent computation over random charts, recorded history, plan and asset."""

import base64
import datetime as dt
import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import sql
from assets.industry.chart_entry import ChartEntry
from assets.industry.chart_frame import ChartIdentity, chart_frame
from assets.industry.definitions.chart_movers import movers_asset
from bench.movers import HISTORY, load_history, read_history
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
from tests.assets.industry.warehouse_site import WarehouseSite, chart_source, red

DAY = dt.date(2025, 6, 2)
FETCHED = dt.datetime(2025, 6, 2, 12, tzinfo=dt.UTC)
FIGURES = ["strength", "previous_strength", "velocity", "velocity_ewma", "acceleration"]


def ago(days: int) -> dt.date:
    return DAY - dt.timedelta(days=days)


class Charts:
    """One chart whose days a test writes as lists of tracks, best first; a track is named artist/title or by a word."""

    def __init__(self, warehouse: Warehouse, store: ObjectStore) -> None:
        self.site = WarehouseSite(warehouse, store, [chart_source("apple-us", "apple", "apple_most_played")])
        self.warehouse = warehouse

    def publish(
        self, charts: Mapping[dt.date, Sequence[str]], peak: int | None = None, weeks: int | None = None
    ) -> None:
        for day, tracks in charts.items():
            names = [name if "/" in name else f"artist {name}/{name}" for name in tracks]
            entries = [
                ChartEntry(rank, name.split("/")[1], name.split("/")[0], publisher_peak=peak, publisher_weeks_on=weeks)
                for rank, name in enumerate(names, start=1)
            ]
            identity = ChartIdentity("apple", "songs", "us", day, "apple-us", FETCHED)
            self.warehouse.replace_partition(
                "industry.chart_snapshots", chart_frame(identity, entries), identity.partition
            )

    def compute(self, day: dt.date = DAY, window: int = 1) -> dict[str, dict[str, Any]]:
        """Movers of a day and window by title."""
        self.warehouse.run("transforms/chart_movers.sql", {"day": day})
        rows = self.warehouse.frame(
            "SELECT * FROM industry.chart_movers WHERE day = %s AND window_days = %s", [day, window]
        ).astype(object)
        return {row["title"]: row for row in rows.where(rows.notna(), None).to_dict("records")}


@pytest.fixture
def charts(warehouse: Warehouse, store: ObjectStore) -> Charts:
    return Charts(warehouse, store)


def field(size: int) -> list[str]:
    """Tracks that stay where they are."""
    return [f"t{rank}" for rank in range(1, size + 1)]


def swapped(tracks: Sequence[str], *pairs: tuple[int, int]) -> list[str]:
    """Exchange the tracks on these ranks."""
    moved = list(tracks)
    for one, other in pairs:
        moved[one - 1], moved[other - 1] = moved[other - 1], moved[one - 1]
    return moved


def test_five_to_one_beats_ninety_five_to_ninety_one(charts: Charts) -> None:
    before = field(100)
    charts.publish({ago(1): before, DAY: swapped(before, (5, 1), (95, 91))})
    movers = charts.compute()
    top, bottom = movers["t5"], movers["t95"]
    assert (top["change"], bottom["change"]) == (4, 4)
    assert top["velocity"] > bottom["velocity"] > 0
    assert top["strength"] == pytest.approx(1 - math.sqrt(1 / 101), abs=1e-6)
    assert movers["t50"]["velocity"] == 0


def test_entries_returns_and_exits_are_flags_and_no_distances(charts: Charts) -> None:
    charts.publish(
        {ago(3): ["a", "b", "old"], ago(2): ["a", "b", "gone"], ago(1): ["a", "b", "gone"], DAY: ["b", "old", "fresh"]}
    )
    movers = charts.compute()
    assert {title: row["movement"] for title, row in movers.items()} == {
        "a": "exit", "b": "up", "gone": "exit", "old": "re_entry", "fresh": "new_entry",
    }  # fmt: skip
    assert [movers[title]["change"] for title in ("a", "b", "old", "fresh")] == [None, 1, None, None]
    assert (movers["gone"]["position"], movers["gone"]["previous_position"]) == (None, 3)
    assert movers["gone"]["strength"] == 0
    assert movers["fresh"]["velocity"] > 0 > movers["a"]["velocity"]


def test_a_track_that_came_within_the_window_is_new_in_it(charts: Charts) -> None:
    charts.publish({ago(7): ["a", "b"], ago(3): ["a", "c"], ago(1): ["c", "a"], DAY: ["c", "a"]})
    assert charts.compute(window=7)["c"]["movement"] == "new_entry"
    assert charts.compute(window=1)["c"]["movement"] == "same"


def test_a_weekly_chart_is_compared_with_the_week_before(charts: Charts) -> None:
    weeks = {ago(2 + 7 * weeks): swapped(field(10), (1, 1 + weeks)) for weeks in range(6)}
    charts.publish(weeks)
    by_window = {window: charts.compute(window=window)["t1"] for window in (1, 7, 28)}
    assert {window: row["baseline_date"] for window, row in by_window.items()} == {1: ago(9), 7: ago(9), 28: ago(30)}
    assert {window: row["chart_date"] for window, row in by_window.items()} == dict.fromkeys((1, 7, 28), ago(2))
    assert by_window[28]["previous_position"] == 5
    assert by_window[1]["weeks_on"] == 6


def test_the_nearest_earlier_chart_counts_and_none_too_old(charts: Charts) -> None:
    charts.publish({ago(20): ["a", "b"], ago(13): ["b", "a"], DAY: ["a", "b"]})
    assert charts.compute(window=1)["a"]["baseline_date"] == ago(13)
    assert charts.compute(window=7)["a"]["baseline_date"] == ago(13)
    lonely = charts.compute(window=28)["a"]
    assert (lonely["movement"], lonely["baseline_date"], lonely["velocity"]) == ("no_baseline", None, None)


def test_a_first_chart_claims_nothing(charts: Charts) -> None:
    charts.publish({DAY: ["a", "b"]})
    rows = charts.compute()
    assert {row["movement"] for row in rows.values()} == {"no_baseline"}
    assert {row["breakout"] for row in rows.values()} == {None}
    assert [rows[title]["peak"] for title in ("a", "b")] == [1, 2]


def test_a_chart_that_stopped_is_no_news(charts: Charts) -> None:
    charts.publish({ago(11): ["a", "b"], ago(12): ["b", "a"]})
    assert charts.compute() == {}
    assert len(charts.compute(day=ago(1))) == 2


def test_peak_and_weeks_come_from_ranks_not_from_the_publisher(charts: Charts) -> None:
    history = {ago(7 * weeks): swapped(field(20), (1, 3 + weeks)) for weeks in range(4)}
    charts.publish({**history, DAY + dt.timedelta(days=7): field(20)}, peak=1)
    mover = charts.compute()["t1"]
    assert (mover["position"], mover["peak"], mover["weeks_on"]) == (3, 3, 4)  # next week's number one is not known yet


@pytest.mark.parametrize(("printed_peak", "failed"), [(2, []), (1, ["as_of"])])
def test_printed_peaks_that_know_the_future_are_warned_of(charts: Charts, printed_peak: int, failed: list[str]) -> None:
    charts.publish({ago(7 * weeks): ["a", "b"] for weeks in range(60, 0, -1)})
    charts.publish({DAY: ["a", "new"]}, peak=printed_peak, weeks=1)
    result = charts.site.materialise(movers_asset(), DAY.isoformat())
    assert result.success
    assert list(red(result)) == failed
    check = {one.check_name: one.metadata for one in result.get_asset_check_evaluations()}["as_of"]
    assert check["rows_compared"].value == 1  # "a" is as old as the history: earlier runs may be unknown


def test_a_track_printed_twice_counts_once_at_its_better_rank(charts: Charts) -> None:
    charts.publish(
        {ago(1): ["X/Song", "b", "X/Song (2024)"], DAY: ["b", "X/Song (feat. Y)", "X/Song"]},
    )
    rows = charts.compute()
    assert sorted(rows) == ["Song (feat. Y)", "b"]
    assert (rows["Song (feat. Y)"]["position"], rows["Song (feat. Y)"]["previous_position"]) == (2, 1)


def climbing(days: int, climber: str, start: int) -> dict[dt.date, list[str]]:
    """A chart of 40 over some days on which one track enters 10 days ago at a rank and climbs two ranks a day."""
    history = {}
    for age in range(days, -1, -1):
        tracks = field(40)
        if age <= 10:
            tracks.insert(start - 2 * (10 - age) - 1, climber)
        history[ago(age)] = tracks[:40]
    return history


def test_a_new_artist_that_climbs_fast_breaks_out_and_an_old_one_does_not(charts: Charts) -> None:
    charts.publish(climbing(60, "Newcomer/Hit", 30))
    row = charts.compute()["Hit"]
    assert row["breakout"] is True
    assert row["breakout_score"] >= 0.9
    entry = ago(10).isoformat()
    assert row["breakout_reason"].startswith(f"Newcomer is new: first entry on this chart {entry}, none before in")
    assert ago(60).isoformat() in row["breakout_reason"]
    charts.publish(climbing(60, "artist t3/Hit", 30))
    established = charts.compute()["Hit"]
    assert (established["breakout"], established["breakout_score"]) == (False, 0)


def test_a_short_history_cannot_tell_who_is_new(charts: Charts) -> None:
    charts.publish(climbing(20, "Newcomer/Hit", 30))
    row = charts.compute()["Hit"]
    assert (row["breakout"], row["breakout_score"], row["breakout_reason"]) == (None, None, None)


def test_a_second_run_leaves_the_same_rows_and_other_days_alone(charts: Charts) -> None:
    charts.publish({ago(2): field(30), ago(1): swapped(field(30), (2, 9)), DAY: swapped(field(30), (9, 20))})
    charts.compute(day=ago(1))
    charts.compute()
    before = charts.warehouse.frame("SELECT * FROM industry.chart_movers ORDER BY day, window_days, track_key")
    charts.compute()
    after = charts.warehouse.frame("SELECT * FROM industry.chart_movers ORDER BY day, window_days, track_key")
    assert after.equals(before)
    assert set(before["day"]) == {ago(1), DAY}


def oracle(history: Mapping[dt.date, Sequence[str]], window: int) -> dict[str, dict[str, float | None]]:
    """The formulas of the column comments, computed track by track."""
    dates = sorted(history, reverse=True)
    ranks = {date: {title: rank for rank, title in enumerate(history[date], 1)} for date in dates}

    def strength(date: dt.date, title: str) -> float:
        return 1 - math.sqrt(ranks[date][title] / (len(ranks[date]) + 1)) if title in ranks[date] else 0.0

    def band(rank: int) -> int:
        return 1 if rank <= 5 else 2 if rank <= 20 else 3 if rank <= 50 else 4

    def step(number: int, title: str) -> float:
        later, earlier = dates[number], dates[number + 1]
        return (strength(later, title) - strength(earlier, title)) / (later - earlier).days

    squares: dict[int, list[float]] = {1: [], 2: [], 3: [], 4: []}
    for number in range(8):
        for title in ranks[dates[number]].keys() & ranks[dates[number + 1]].keys():
            squares[band(ranks[dates[number + 1]][title])].append(step(number, title) ** 2)
    every = [square for values in squares.values() for square in values]
    spread = {
        name: math.sqrt((sum(values) + 20 * sum(every) / len(every)) / (len(values) + 20))
        for name, values in squares.items()
    }
    now = dates[0]
    baseline = next(date for date in dates if (now - date).days >= window)
    expected = {}
    for title in ranks[now].keys() | ranks[baseline].keys():
        sigma = spread[band(ranks[baseline].get(title) or ranks[now][title])]
        weights = [0.6**k for k in range(4)]
        ewma = sum(w * step(k, title) for k, w in enumerate(weights)) / sum(weights)
        expected[title] = {
            "strength": strength(now, title),
            "previous_strength": strength(baseline, title),
            "velocity": (strength(now, title) - strength(baseline, title)) / (now - baseline).days / sigma,
            "velocity_ewma": ewma / sigma,
            "acceleration": (step(0, title) - step(1, title)) / sigma,
        }
    return expected


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_figure_agrees_with_an_independent_computation(charts: Charts, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    pool = [f"t{number}" for number in range(90)]
    days = [*sorted(dice.sample(range(1, 30), 11)), 30, 31]
    history = {ago(days_ago): dice.sample(pool, 70) for days_ago in [0, *days]}
    charts.publish(history)
    for window in (1, 7, 28):
        rows = charts.compute(window=window)
        expected = oracle(history, window)
        assert rows.keys() == expected.keys()
        for title, figures in expected.items():
            assert {name: rows[title][name] for name in FIGURES} == pytest.approx(figures, abs=2e-6), title


def test_recorded_history_agrees_with_what_billboard_printed(charts: Charts, shared: Path) -> None:
    recent = read_history(shared / "data" / HISTORY, since=dt.date(2024, 1, 1))
    assert load_history(charts.warehouse, recent) == len(recent)
    charts.warehouse.run("transforms/chart_movers.sql", {"day": dt.date(2025, 6, 28)})
    agreed, rows = charts.warehouse.rows(
        "SELECT count(*) FILTER (WHERE m.previous_position IS NOT DISTINCT FROM s.publisher_previous), count(*)"
        " FROM industry.chart_movers m JOIN industry.chart_snapshots s"
        " USING (platform, chart, country, chart_date, position) WHERE m.window_days = 7"
    )[0]
    assert rows == 100
    assert agreed >= 98


def test_no_plan_reads_the_whole_table(charts: Charts) -> None:
    """Two charts over two years: every lookup of the statement must go through an index."""
    charts.publish({DAY: ["a"]})
    charts.warehouse.execute(
        "INSERT INTO industry.chart_snapshots (platform, chart, country, chart_date, position, source_slug, title,"
        " artist, track_key, artist_key, fetched_at) SELECT 'apple', 'songs', 'us', %(day)s::date - age, rank,"
        " 'apple-us', 't', 'a', 'a|' || (rank + age) %% 300, 'a' || (rank + age) %% 300, now()"
        " FROM generate_series(1, 700) age, generate_series(1, 100) rank",
        {"day": DAY},
    )
    charts.warehouse.execute("ANALYZE industry.chart_snapshots")
    statement = sql.text("transforms/chart_movers.sql").partition("WHERE day = %(day)s;")[2]
    plan = [line for (line,) in charts.warehouse.rows("EXPLAIN " + statement, {"day": DAY})]
    assert not [line for line in plan if "Seq Scan on chart_snapshots" in line]
    assert any("chart_snapshots_track" in line for line in plan)
    assert any("artist on chart_snapshots" in line for line in plan)
    assert any("chart_snapshots_pkey" in line for line in plan)


def test_the_asset_shows_a_table_and_a_picture(charts: Charts) -> None:
    charts.publish({ago(7): field(30), DAY: swapped(field(30), (2, 9), (20, 25))})
    result = charts.site.materialise(movers_asset(), DAY.isoformat())
    assert result.success
    assert red(result) == {}
    (event,) = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["dagster/partition_row_count"].value == 3 * 30
    assert "| apple songs us | t9 | artist t9 | 2 | 9 |" in str(metadata["movers"].value)
    picture = str(metadata["picture"].value).partition("base64,")[2].rstrip(")")
    assert base64.b64decode(picture).startswith(b"\x89PNG")


def test_a_day_without_charts_is_an_empty_partition(charts: Charts) -> None:
    result = charts.site.materialise(movers_asset(), DAY.isoformat())
    assert result.success
    assert charts.warehouse.scalar("SELECT count(*) FROM industry.chart_movers") == 0
