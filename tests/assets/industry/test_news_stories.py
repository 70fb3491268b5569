"""Stories as Dagster makes them, in a real database."""

import datetime as dt
import itertools
from dataclasses import dataclass

import dagster as dg
import pandas as pd
import pytest

from assets.industry.definitions.industry_news import news_asset
from assets.industry.definitions.news_stories import stories_asset
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
from tests.assets.industry.loopback_site import rss as outlet_rss
from tests.assets.industry.warehouse_site import WarehouseSite, feed_source, red

WINDOWS = ("2025-06-02-08:00", "2025-06-02-12:00", "2025-06-03-08:00")
NEWS = {
    ("alpha", WINDOWS[0]): (
        "Boards of Canada announce new album Inferno",
        "Sony Music acquires Nordic label One Seven Music",
    ),
    ("beta", WINDOWS[1]): ("Boards Of Canada Unveil New Record ‘Inferno’", "Deezer opens its API to developers"),
    ("gamma", WINDOWS[2]): (
        "Inferno: Boards of Canada’s new album has been announced - Gamma",
        "One Seven Music, the Nordic dance label, is acquired by Sony Music",
    ),
}


def rss(slug: str, *titles: str, published: dt.datetime = dt.datetime(2025, 6, 2, tzinfo=dt.UTC)) -> bytes:
    """A feed whose items have addresses of its own."""
    return outlet_rss(slug, *titles, published=published).replace(b"outlet.example", f"{slug}.example".encode())


@dataclass
class Newsroom:
    site: WarehouseSite

    def make(self, key: str) -> dg.ExecuteInProcessResult:
        assert self.site.materialise(news_asset(self.site.catalogue), key).success
        return self.site.materialise(stories_asset(self.site.catalogue), key)

    def stories(self) -> pd.DataFrame:
        return self.site.warehouse.frame("SELECT * FROM industry.news_stories ORDER BY source_slug, guid")

    def groups(self) -> list[list[str]]:
        rows = self.site.warehouse.rows(
            "SELECT array_agg(source_slug ORDER BY source_slug) FROM industry.news_stories GROUP BY story_id"
        )
        return sorted(group for (group,) in rows)


@pytest.fixture
def newsroom(warehouse: Warehouse, store: ObjectStore) -> Newsroom:
    site = WarehouseSite(warehouse, store, [feed_source(slug) for slug in ("alpha", "beta", "gamma")])
    for (slug, key), titles in NEWS.items():
        at = dt.datetime.strptime(key, "%Y-%m-%d-%H:%M").replace(tzinfo=dt.UTC)
        site.keep_feed(slug, key, rss(slug, *titles, published=at))
    return Newsroom(site)


def test_outlets_join_the_story_that_was_there_first_and_a_second_run_writes_nothing(newsroom: Newsroom) -> None:
    for key in WINDOWS:
        assert red(newsroom.make(key)) == {}
    assert newsroom.groups() == [["alpha", "beta", "gamma"], ["alpha", "gamma"], ["beta"]]
    before = newsroom.site.warehouse.frame("SELECT xmin::text, * FROM industry.news_stories ORDER BY source_slug, guid")
    for key in WINDOWS:
        assert newsroom.make(key).success
    after = newsroom.site.warehouse.frame("SELECT xmin::text, * FROM industry.news_stories ORDER BY source_slug, guid")
    assert after.equals(before)  # not one row version was rewritten


def test_a_story_keeps_its_id_when_more_outlets_tell_it(newsroom: Newsroom) -> None:
    assert newsroom.make(WINDOWS[0]).success
    first = set(newsroom.stories()["story_id"])
    assert newsroom.make(WINDOWS[1]).success
    assert newsroom.make(WINDOWS[2]).success
    assert first < set(newsroom.stories()["story_id"])


def test_the_order_of_windows_does_not_matter(newsroom: Newsroom) -> None:
    for key in WINDOWS:
        assert newsroom.make(key).success
    in_order = newsroom.stories()
    for order in itertools.islice(itertools.permutations(WINDOWS), 1, None, 2):
        newsroom.site.warehouse.execute("TRUNCATE industry.industry_news CASCADE")
        for key in order:
            assert newsroom.make(key).success
        assert newsroom.stories().equals(in_order)


def test_an_item_that_changes_its_words_or_goes_takes_its_links_along(newsroom: Newsroom) -> None:
    for key in WINDOWS:
        assert newsroom.make(key).success
    later = "2025-06-03-12:00"
    at = dt.datetime(2025, 6, 2, 8, tzinfo=dt.UTC)
    newsroom.site.keep_feed("alpha", later, rss("alpha", "Something else entirely happened in Leeds", published=at))
    assert red(newsroom.make(later)) == {}
    assert newsroom.groups() == [["alpha"], ["alpha", "gamma"], ["beta"], ["beta", "gamma"]]
    newsroom.site.warehouse.execute("DELETE FROM industry.industry_news WHERE source_slug = 'beta'")
    assert red(newsroom.make(later)) == {}
    assert newsroom.groups() == [["alpha"], ["alpha", "gamma"], ["gamma"]]


def test_a_window_that_holds_nothing_new_is_no_failure(newsroom: Newsroom) -> None:
    assert newsroom.make(WINDOWS[0]).success
    newsroom.site.keep_feed("beta", "2025-06-03-16:00", rss("beta"))
    assert newsroom.make("2025-06-03-16:00").success
    assert len(newsroom.stories()) == 2
