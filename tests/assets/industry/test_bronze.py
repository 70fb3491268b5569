"""A chart's payload of a day, and the catalogue's copy in the warehouse."""

import datetime as dt
from collections.abc import Callable

import dagster as dg
import pytest

from assets.industry.catalogue import load_catalogue
from assets.industry.definitions import bronze
from assets.industry.definitions.bronze import day_window
from assets.industry.definitions.payloads import Fetcher
from assets.industry.definitions.source_health import read_health
from resources.failures import PermanentFailure
from resources.warehouse import Warehouse
from tests.assets.industry.fetch_house import House, today

# charts


CHART = {
    "kind": "chart", "url": "/chart", "form": "json", "parser": "apple_most_played", "cadence": "day",
    "platform": "apple", "country": "us", "chart": "songs",
}  # fmt: skip


@pytest.fixture
def chart(house: House) -> Callable[[dt.date], bytes]:
    house.write_catalogue({"apple-us": CHART})
    bronze.sync_sources(house.warehouse, house.catalogue)
    source = house.catalogue.source("apple-us")

    def payload(day: dt.date) -> bytes:
        return Fetcher(house.warehouse, house.store, house.http.client()).chart_payload(source, day).body

    return payload


def test_a_chart_is_fetched_today_and_replayed_later(house: House, chart: Callable[[dt.date], bytes]) -> None:
    house.site.publish("/chart", b'{"feed": 1}', "application/json")
    assert chart(today()) == b'{"feed": 1}'
    assert chart(today()) == b'{"feed": 1}'
    assert len(house.rows()) == 1
    assert house.rows().window_start[0] == day_window(today()).start
    house.age(dt.timedelta(days=1))
    hits = len(house.site.requests)
    assert chart(today() - dt.timedelta(days=1)) == b'{"feed": 1}'
    assert len(house.site.requests) == hits
    with pytest.raises(PermanentFailure, match="past and was never fetched"):
        chart(today() - dt.timedelta(days=2))


def test_a_chart_that_fails_for_now_may_be_tried_again(house: House, chart: Callable[[dt.date], bytes]) -> None:
    house.site.break_with("/chart", 503, Retry_After="600")
    with pytest.raises(dg.Failure, match="503") as caught:
        chart(today())
    assert caught.value.allow_retries is True
    house.site.publish("/chart", b'{"feed": 1}', "application/json")
    assert chart(today()) == b'{"feed": 1}', "backoff does not cost a day"
    house.site.break_with("/chart", 503)
    assert chart(today()) == b'{"feed": 1}', "what the day has is enough"
    assert read_health(house.warehouse)["apple-us"].consecutive_failures == 1


@pytest.mark.parametrize("status", [404, 200])
def test_a_chart_that_will_not_come_fails_for_good(
    house: House, chart: Callable[[dt.date], bytes], status: int
) -> None:
    if status == 404:
        house.site.break_with("/chart", 404)
    else:
        house.site.replace_by_error_page("/chart")
    with pytest.raises(PermanentFailure, match="404" if status == 404 else "web page"):
        chart(today())


def test_a_chart_that_arrives_as_a_file_is_not_fetched(house: House) -> None:
    house.write_catalogue({"spotify-us": {**CHART, "url": None, "cadence": "drop", "form": "csv"}})
    fetcher = Fetcher(house.warehouse, house.store, house.http.client())
    with pytest.raises(PermanentFailure, match="arrives as a file, and none has been imported"):
        fetcher.chart_payload(house.catalogue.source("spotify-us"), today())


# the catalogue's copy


def test_the_catalogue_is_mirrored_and_leavers_stay_disabled(house: House) -> None:
    house.open("alpha", "beta")
    assert house.run().success
    synced = "SELECT slug, enabled, health_note, synced_at FROM industry.sources ORDER BY slug"
    before = house.warehouse.rows(synced)
    assert house.run().success
    assert house.warehouse.rows(synced) == before, "a row that does not differ is not touched"
    house.write_catalogue({"alpha": {"url": "/alpha", "name": "Alpha, renamed"}})
    assert house.run().success
    rows = {slug: rest for slug, *rest in house.warehouse.rows(synced)}
    assert rows["beta"][:2] == [False, "No longer in the catalogue."]
    assert rows["alpha"][2] > before[0][3]
    assert house.warehouse.scalar("SELECT name FROM industry.sources WHERE slug = 'alpha'") == "Alpha, renamed"


def test_the_whole_shipped_catalogue_fits_the_table(warehouse: Warehouse) -> None:
    catalogue = load_catalogue()
    bronze.sync_sources(warehouse, catalogue)
    assert warehouse.scalar("SELECT count(*) FROM industry.sources") == len(catalogue.sources)
