"""Gear out of the news of gear feeds, as Dagster makes it."""

import datetime as dt

import pytest

from assets.industry.definitions.gear_releases import gear_asset
from assets.industry.definitions.industry_news import news_asset
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
from tests.assets.industry.warehouse_site import WarehouseSite, feed_source, red

DAY = dt.date(2025, 6, 2)


def rss(*items: tuple[str, str]) -> bytes:
    """A feed of these headlines and texts."""
    rows = "".join(
        f"<item><guid>{title}</guid><title>{title}</title><description>{text}</description>"
        f"<link>https://gear.example/{number}</link><pubDate>Mon, 02 Jun 2025 01:00:00 GMT</pubDate></item>"
        for number, (title, text) in enumerate(items)
    )
    return f'<rss version="2.0"><channel><title>Gear</title>{rows}</channel></rss>'.encode()


@pytest.fixture
def house(warehouse: Warehouse, store: ObjectStore) -> WarehouseSite:
    return WarehouseSite(warehouse, store, [{**feed_source("gearfeed", 2), "kind": "gear"}, feed_source("outlet")])


def read(house: WarehouseSite, slug: str, window: str, *items: tuple[str, str]) -> None:
    house.keep_feed(slug, window, rss(*items))
    assert house.materialise(news_asset(house.catalogue), window).success


def run(house: WarehouseSite, day: dt.date = DAY) -> None:
    result = house.materialise(gear_asset(), day.isoformat())
    assert result.success
    assert red(result) == {}


KORG = ("Korg releases Phase8", "The acoustic synthesizer costs $1,150.")


def test_gear_feeds_give_products_and_other_feeds_none(house: WarehouseSite) -> None:
    read(house, "gearfeed", "2025-06-02-04:00", KORG, ("Korg interview: the founder speaks", "A talk."))
    read(house, "outlet", "2025-06-02-08:00", ("Roland releases TR-1000", "A drum machine."))
    run(house)
    rows = house.warehouse.rows(
        "SELECT brand, product, kind, event, price::float8, currency, day, current_at FROM industry.gear_releases"
    )
    assert rows == [
        ("Korg", "Phase8", "synth", "release", 1150.0, "USD", DAY, dt.datetime(2025, 6, 2, 1, tzinfo=dt.UTC))
    ]


def test_a_replay_leaves_the_same_rows_and_what_is_no_longer_announced_goes(house: WarehouseSite) -> None:
    read(house, "gearfeed", "2025-06-02-04:00", KORG, ("Moog releases Muse", "A synth."))
    run(house)
    before = house.table("gear_releases")
    assert len(before) == 2
    run(house)
    assert house.table("gear_releases").equals(before)
    read(house, "gearfeed", "2025-06-02-08:00", ("Moog releases Muse", "A synth."))
    house.warehouse.execute("UPDATE industry.industry_news SET title = 'Korg Phase8 review' WHERE title LIKE 'Korg%'")
    run(house)
    assert house.table("gear_releases")["brand"].tolist() == ["Moog"]


def test_an_item_that_an_older_window_shows_too_moves_to_its_day(house: WarehouseSite) -> None:
    read(house, "gearfeed", "2025-06-02-04:00", KORG)
    run(house)
    read(house, "gearfeed", "2025-06-01-20:00", KORG)
    run(house, DAY - dt.timedelta(days=1))
    run(house)
    assert house.table("gear_releases")["day"].tolist() == [DAY - dt.timedelta(days=1)]


def test_a_day_without_gear_is_an_empty_partition(house: WarehouseSite) -> None:
    run(house)
    assert house.table("gear_releases").empty
