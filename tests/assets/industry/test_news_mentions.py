"""Artist names and mentions as Dagster makes them, in a real database."""

import datetime as dt

import dagster as dg
import pandas as pd
import pytest

from assets.industry.definitions.artist_names import artist_names_asset
from assets.industry.definitions.industry_news import news_asset
from assets.industry.definitions.news_mentions import mentions_asset
from pipelines.policies import apply_policies
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse, WarehouseResource
from tests.assets.industry.loopback_site import rss
from tests.assets.industry.warehouse_site import WarehouseSite, chart_source, feed_source, red

WINDOW, LATER = "2025-06-02-08:00", "2025-06-02-12:00"
AT = dt.datetime(2025, 6, 2, 6, tzinfo=dt.UTC)


@pytest.fixture
def site(warehouse: Warehouse, store: ObjectStore) -> WarehouseSite:
    site = WarehouseSite(
        warehouse, store, [feed_source("alpha"), chart_source("apple-us", "apple", "apple_most_played")]
    )
    chart(warehouse, ["Madonna", "Future & Drake", "Drake", "Future", "Earth, Wind & Fire"])
    return site


def chart(warehouse: Warehouse, artists: list[str]) -> None:
    rows = pd.DataFrame({"artist": artists, "position": range(1, len(artists) + 1)}).assign(
        platform="apple", chart="songs", country="us", chart_date=dt.date(2025, 6, 1), source_slug="apple-us",
        title="T", track_key="t", artist_key="a", fetched_at=AT,
    )  # fmt: skip
    warehouse.replace_partition("industry.chart_snapshots", rows, {"platform": "apple"})


def names(site: WarehouseSite) -> list[str]:
    result = dg.materialize(
        apply_policies([artist_names_asset()], site.catalogue),
        resources={"warehouse": WarehouseResource(url=site.warehouse.url)},
    )
    assert red(result) == {}
    return site.warehouse.frame("SELECT name FROM industry.artist_names ORDER BY name")["name"].tolist()


def mentions(site: WarehouseSite, key: str = WINDOW) -> list[tuple[object, ...]]:
    assert site.materialise(news_asset(site.catalogue), key).success
    assert red(site.materialise(mentions_asset(), key)) == {}
    return site.warehouse.rows(
        "SELECT kind, name, start_offset FROM industry.news_mentions WHERE field = 'title' ORDER BY guid, start_offset"
    )


def test_names_follow_the_charts(site: WarehouseSite) -> None:
    assert names(site) == ["Drake", "Earth, Wind & Fire", "Future", "Madonna"]
    chart(site.warehouse, ["Drake"])
    assert names(site) == ["Drake"]


def test_mentions_are_made_again_without_rewriting_a_row_and_follow_the_text(site: WarehouseSite) -> None:
    names(site)
    site.keep_feed("alpha", WINDOW, rss("Alpha", "Watch Madonna sing on Spotify", "The future of music", published=AT))
    assert mentions(site) == [("artist", "Madonna", 6), ("platform", "Spotify", 22)]
    versions = "SELECT xmin::text, * FROM industry.news_mentions ORDER BY source_slug, guid, field, start_offset"
    before = site.warehouse.frame(versions)
    mentions(site)
    assert site.warehouse.frame(versions).equals(before)
    site.keep_feed("alpha", LATER, rss("Alpha", "Nobody sang anywhere", "The future of music", published=AT))
    assert mentions(site, LATER) == []
    assert site.warehouse.scalar("SELECT count(*) FROM industry.news_mentions") == 0
