"""Trends of a week from the warehouse, as Dagster makes them."""

import base64
import datetime as dt
import random
from collections.abc import Sequence

import pandas as pd
import pytest

import sql
from assets.industry.definitions.trend_clusters import trends_asset
from assets.industry.trend_groups import groups, identities, label
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
from tests.assets.industry.warehouse_site import WarehouseSite, chart_source, feed_source, red

WEEK = dt.date(2025, 6, 2)
OUTLETS = ["alpha", "beta", "gamma", "delta"]
STOCK = """
label festival tour stream royalty chart vinyl studio ticket venue catalogue producer singer album remix club
radio playlist contract lawsuit court settlement merger fund investor podcast synth plugin drum bass guitar
vocal session orchestra opera jazz techno house ambient country folk metal punk reggae summer winter london
berlin tokyo seoul
"""
WORDS = STOCK.split()
MERGER = [
    "Northwind and Sable agree merger",
    "Northwind Sable merger stuns indies",
    "Regulator looks at Northwind Sable merger",
    "What the Northwind Sable merger means",
]


@pytest.fixture
def house(warehouse: Warehouse, store: ObjectStore) -> WarehouseSite:
    sources = [
        *(feed_source(slug) for slug in OUTLETS),
        chart_source("deezer-global", "deezer", "deezer_chart", "global"),
    ]
    return WarehouseSite(warehouse, store, sources)


def headlines(week: dt.date, outlet: str, size: int) -> list[str]:
    """What an outlet writes in a week: five words of a common stock, some of them its favourites."""
    dice = random.Random(f"{week} {outlet}")  # noqa: S311 - draws headlines, hides nothing
    favourites = random.Random(outlet).sample(WORDS, 15)  # noqa: S311
    return [" ".join(dice.sample(WORDS, 3) + dice.sample(favourites, 2)).capitalize() for _ in range(size)]


def keep(house: WarehouseSite, week: dt.date, outlet: str, titles: Sequence[str], copy: str = "") -> None:
    """Write news rows of a week."""
    monday = dt.datetime.combine(week, dt.time(8), dt.UTC)
    rows = [
        {
            "source_slug": outlet,
            "guid": f"{week}-{number}{copy}",
            "guid_method": "guid",
            "title": title,
            "url": f"https://{outlet}.example/{week}/{number}",
            "published_at": monday + dt.timedelta(hours=number % 160),
            "published_raw": "x",
            "published_flag": "ok",
            "category": "other",
            "impact_creator": 1,
            "impact_developer": 1,
            "impact_monetizer": 1,
            "impact_method": "rules",
            "content_hash": f"{number:064x}",
            "first_seen_window": monday,
            "last_seen_window": monday,
        }
        for number, title in enumerate(titles)
    ]
    house.warehouse.upsert("industry.industry_news", pd.DataFrame(rows, dtype=object), ["source_slug", "guid"])


def fill(house: WarehouseSite, weeks: int = 12) -> None:
    """A usual week and the weeks before it."""
    for ago in range(weeks + 1):
        week = WEEK - dt.timedelta(weeks=ago)
        for size, outlet in enumerate(OUTLETS, start=2):
            keep(house, week, outlet, headlines(week, outlet, 10 * size))


def trends(house: WarehouseSite, week: dt.date = WEEK) -> pd.DataFrame:
    result = house.materialise(trends_asset(), week.isoformat())
    assert result.success
    assert red(result) == {}
    return house.warehouse.frame("SELECT * FROM industry.trend_clusters WHERE week = %s ORDER BY rank", [week])


def members(house: WarehouseSite, week: dt.date = WEEK) -> set[tuple[str, str]]:
    return set(house.warehouse.rows("SELECT kind, feature FROM industry.trend_members WHERE week = %s", [week]))


def test_doubling_one_feed_fires_no_trend_neither_by_copies_nor_by_more_of_the_same(house: WarehouseSite) -> None:
    fill(house)
    assert trends(house).empty
    keep(house, WEEK, "delta", headlines(WEEK, "delta", 50), copy="-again")
    assert trends(house).empty
    keep(house, WEEK, "delta", headlines(WEEK + dt.timedelta(days=1), "delta", 50), copy="-more")
    assert (
        house.warehouse.scalar(
            "SELECT count(*) FROM industry.industry_news WHERE source_slug = 'delta' AND guid LIKE '2025-06-02%'"
        )
        == 150
    )
    assert trends(house).empty


def test_what_several_outlets_tell_is_one_trend_with_its_stories(house: WarehouseSite) -> None:
    fill(house)
    for outlet in OUTLETS[:3]:
        keep(house, WEEK, outlet, MERGER, copy="-merger")
    found = trends(house)
    (trend,) = found.to_dict("records")
    assert {"northwind", "sable", "northwind sable", "sable merger"} <= {name for _, name in members(house)}
    assert (trend["trend_id"], trend["rank"], trend["first_week"]) == ("2025-W23-01", 1, WEEK)
    assert "northwind" in trend["label"]
    assert trend["observed"] == 12
    assert trend["expected"] < 1 < trend["growth"]
    assert trend["q_value"] < 1e-4
    assert trend["member_count"] == len(members(house))
    assert trend["story_count"] == 12
    assert {story["title"] for story in trend["stories"]} == set(MERGER)
    assert all(story["url"].startswith("https://") for story in trend["stories"])
    before = house.warehouse.frame("SELECT * FROM industry.trend_members ORDER BY kind, feature")
    again = trends(house).drop(columns="computed_at")
    assert again.equals(found.drop(columns="computed_at"))
    assert house.warehouse.frame("SELECT * FROM industry.trend_members ORDER BY kind, feature").equals(before)


def test_a_trend_keeps_its_name_the_week_after(house: WarehouseSite) -> None:
    fill(house)
    after = WEEK + dt.timedelta(weeks=1)
    for size, outlet in enumerate(OUTLETS, start=2):
        keep(house, after, outlet, headlines(after, outlet, 10 * size))
    for week, outlets in ((WEEK, OUTLETS[:2]), (after, OUTLETS)):
        for outlet in outlets:
            keep(house, week, outlet, MERGER, copy="-merger")
    (first,) = trends(house)["trend_id"]
    (second,) = trends(house, after).to_dict("records")
    assert (second["trend_id"], second["first_week"]) == (first, WEEK)


def test_a_week_without_history_says_so_and_claims_nothing(house: WarehouseSite) -> None:
    fill(house, weeks=2)
    result = house.materialise(trends_asset(), WEEK.isoformat())
    assert result.success
    assert red(result) == {"baseline": "Too little data to test: 2025-06-02."}
    assert house.warehouse.scalar("SELECT count(*) FROM industry.trend_clusters") == 0


def test_chart_artists_join_the_stories_that_name_them(house: WarehouseSite) -> None:
    fill(house)
    for outlet in OUTLETS[:3]:
        keep(
            house,
            WEEK,
            outlet,
            [f"Mira Vane {word} breaks records" for word in ("album", "tour", "single", "video")],
            copy="-mv",
        )
    for ago in range(13):
        tracks = [("old", f"old|{ago}-{rank}", "new_entry" if rank < 3 else "same") for rank in range(1, 40)]
        if ago == 0:
            tracks += [("mira vane", f"mira vane|{rank}", "new_entry") for rank in range(8)]
        house.warehouse.execute(
            "INSERT INTO industry.chart_movers (day, window_days, platform, chart, country, track_key, artist_key,"
            " title, artist, chart_date, baseline_date, position, movement, strength, peak, weeks_on)"
            " SELECT %(day)s::date, 7, 'deezer', 'songs', 'global', t.track, t.artist, 't', 'a', %(day)s::date,"
            " %(day)s::date - 7, t.place,"
            " t.movement, 0.5, 1, 1 FROM unnest(%(tracks)s::text[], %(artists)s::text[], %(movements)s::text[])"
            " WITH ORDINALITY AS t (track, artist, movement, place)",
            {
                "day": WEEK + dt.timedelta(days=6 - 7 * ago),
                "tracks": [track for _, track, _ in tracks],
                "artists": [
                    f"{artist}{number if artist == 'old' else ''}" for number, (artist, _, _) in enumerate(tracks)
                ],
                "movements": [movement for _, _, movement in tracks],
            },
        )
    (trend,) = trends(house).to_dict("records")
    assert ("chart_artist", "mira vane") in members(house)
    assert ("term", "mira vane") in members(house)
    assert trend["story_count"] == 12


def test_the_asset_shows_a_table_and_a_picture(house: WarehouseSite) -> None:
    fill(house)
    for outlet in OUTLETS:
        keep(house, WEEK, outlet, MERGER, copy="-merger")
    result = house.materialise(trends_asset(), WEEK.isoformat())
    (event,) = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["dagster/partition_row_count"].value == 1
    assert "| 2025-W23-01 |" in str(metadata["trends"].value)
    picture = str(metadata["picture"].value).partition("base64,")[2].rstrip(")")
    assert base64.b64decode(picture).startswith(b"\x89PNG")


def test_counting_goes_through_the_index_of_dates(house: WarehouseSite) -> None:
    fill(house)
    house.warehouse.execute("ANALYZE industry.industry_news")
    statement = (
        sql.text("transforms/trend_occurrences.sql")
        .partition("trend_documents ON COMMIT DROP AS\n")[2]
        .partition(";")[0]
    )
    far = {"week": dt.date(2026, 6, 1)}
    plan = "\n".join(line for (line,) in house.warehouse.rows("EXPLAIN " + statement, far))
    assert "industry_news_current_at" in plan


def test_groups_follow_documents_and_labels_leave_out_what_others_contain() -> None:
    rising = [("term", "northwind sable"), ("term", "northwind"), ("tag", "jazz"), ("chart_track", "mira vane|storm")]
    incidence = pd.DataFrame(
        [(*rising[0], n) for n in (1, 2, 3)]
        + [(*rising[1], n) for n in (1, 2, 3, 4)]
        + [(*rising[2], n) for n in (8, 9)]
        + [(*rising[3], -1)],
        columns=["kind", "feature", "document"],
    )
    found = groups(rising, incidence)
    assert [group.members for group in found] == [tuple(rising[:2]), (rising[2],), (rising[3],)]
    assert [label(group) for group in found] == ["northwind sable", "jazz", "mira vane: storm"]
    assert found[0].documents == {1, 2, 3, 4}
    assert groups([], incidence.head(0)) == []


def test_identity_needs_half_of_the_members() -> None:
    known = {"2025-W22-01": {("term", "a"), ("term", "b")}, "2025-W22-02": {("term", "x")}}
    found = [[("term", "a"), ("term", "b"), ("term", "c")], [("term", "x"), ("term", "y"), ("term", "z")]]
    assert identities(WEEK, found, known) == ["2025-W22-01", "2025-W23-02"]
