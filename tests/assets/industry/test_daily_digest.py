"""The digest of a day from the warehouse, as Dagster makes it."""

import datetime as dt

import dagster as dg
import pytest

from assets.industry.definitions.bronze import day_window
from assets.industry.definitions.chart_movers import movers_asset
from assets.industry.definitions.chart_snapshots import snapshots_asset
from assets.industry.definitions.daily_digest import digest_asset
from assets.industry.definitions.industry_news import news_asset
from pipelines.partitions import chart_day_key
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
from tests.assets.industry.loopback_site import rss
from tests.assets.industry.test_chart_snapshots import deezer
from tests.assets.industry.warehouse_site import WarehouseSite, chart_source, feed_source, red

DAY = dt.date(2025, 6, 2)
WINDOW = "2025-06-02-08:00"


@pytest.fixture
def house(warehouse: Warehouse, store: ObjectStore) -> WarehouseSite:
    chart = chart_source("deezer-global", "deezer", "deezer_chart", country="global")
    return WarehouseSite(warehouse, store, [feed_source("alpha"), chart])


def run(house: WarehouseSite, day: dt.date = DAY) -> dg.ExecuteInProcessResult:
    return house.materialise(digest_asset(), day.isoformat())


def fill(house: WarehouseSite) -> None:
    """A day of news and charts, through the real assets."""
    headlines = ["Sony Music acquires label for $90m", "Lawsuit over royalties settled", "A quiet day"]
    published = dt.datetime(2025, 6, 2, 6, tzinfo=dt.UTC)
    house.keep_feed("alpha", WINDOW, rss("Alpha", *headlines, published=published))
    assert house.materialise(news_asset(house.catalogue), WINDOW).success
    for day, titles in ((DAY - dt.timedelta(days=1), "ABCDE"), (DAY, "BACFD")):
        house.keep("deezer-global", day_window(day), deezer(*titles))
        key = chart_day_key("deezer-global", day.isoformat())
        assert house.materialise(snapshots_asset(house.catalogue), key).success
    assert house.materialise(movers_asset(), DAY.isoformat()).success


def test_a_day_becomes_a_row_and_a_page_and_a_second_run_the_same(house: WarehouseSite) -> None:
    fill(house)
    result = run(house)
    assert result.success
    assert red(result) == {}
    (row,) = house.warehouse.frame("SELECT xmin::text, * FROM industry.daily_digest").to_dict("records")
    assert row["method"] == "extractive"
    assert row["headline"] in ("Sony Music acquires label for $90m", "Lawsuit over royalties settled")
    assert (row["item_count"], row["mover_count"]) == (2, 2)
    told = {highlight["title"] for highlight in row["body"]["highlights"]["monetizer"]}
    assert told == {"Sony Music acquires label for $90m", "Lawsuit over royalties settled"}
    assert {move["title"] for move in row["body"]["movers"]} == {"B", "F"}
    assert row["source_urls"] == [
        "https://deezer-global.example/feed",
        "https://outlet.example/0",
        "https://outlet.example/1",
    ]
    page = house.store.read_bytes(row["html_uri"])
    assert len(page) == row["html_bytes"]
    assert all(url in page.decode() for url in row["source_urls"])
    assert run(house).success
    (again,) = house.warehouse.frame("SELECT xmin::text, * FROM industry.daily_digest").to_dict("records")
    assert again == row
    assert house.store.read_bytes(row["html_uri"]) == page


def test_only_the_day_itself_is_told(house: WarehouseSite) -> None:
    fill(house)
    assert run(house, DAY + dt.timedelta(days=5)).success
    (row,) = house.table("daily_digest").to_dict("records")
    assert (row["item_count"], row["mover_count"], row["headline"]) == (0, 0, None)
    assert row["body"]["note"] == "No significant items."


def test_markup_in_a_headline_stays_text(house: WarehouseSite) -> None:
    published = dt.datetime(2025, 6, 2, 6, tzinfo=dt.UTC)
    hostile = 'Lawsuit &lt;img src=x onerror=alert(1)&gt; over royalties " onmouseover="alert(1)'
    house.keep_feed("alpha", WINDOW, rss("Alpha", hostile, published=published))
    assert house.materialise(news_asset(house.catalogue), WINDOW).success
    assert run(house).success
    (row,) = house.table("daily_digest").to_dict("records")
    page = house.store.read_bytes(row["html_uri"]).decode()
    assert "<img" not in page
    assert '" onmouseover="' not in page
    assert "Lawsuit" in page
