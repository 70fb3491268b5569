"""Retention of bronze: what goes, what stays, and what the rows say."""

import datetime as dt

import pytest

from assets.industry.definitions import bronze
from assets.industry.definitions.bronze import day_window
from assets.industry.definitions.bronze_retention import Removed, remove_old_bodies
from pipelines.retention import retention_job
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import Warehouse, WarehouseResource
from tests.assets.industry.warehouse_site import WarehouseSite, feed_source

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def days_ago(days: int) -> bronze.Window:
    return day_window((NOW - dt.timedelta(days=days)).date())


@pytest.fixture
def house(warehouse: Warehouse, store: ObjectStore) -> WarehouseSite:
    return WarehouseSite(warehouse, store, [feed_source("one"), feed_source("two")])


def kept(house: WarehouseSite) -> dict[tuple[str, int], bool]:
    """Whether the body is there, by source and age in days; the row must say the same."""
    rows = house.warehouse.rows("SELECT source_slug, window_start, uri, body_removed_at IS NULL FROM raw.payloads")
    found = {}
    for slug, start, uri, says in rows:
        found[slug, (NOW - start).days] = says
        assert house.store.exists(uri) == says
    return found


def test_old_bodies_go_and_their_rows_say_so(house: WarehouseSite) -> None:
    for days in (40, 31, 29, 1):
        house.keep("one", days_ago(days), f"body {days}".encode())
    assert remove_old_bodies(house.warehouse, house.store, 30, NOW) == Removed(2, 2)
    assert kept(house) == {("one", 40): False, ("one", 31): False, ("one", 29): True, ("one", 1): True}
    assert bronze.read_payloads(house.warehouse, house.store, days_ago(40).start) == []
    assert bronze.lost_bodies(house.warehouse, house.store, days_ago(40)) == {}
    assert remove_old_bodies(house.warehouse, house.store, 30, NOW) == Removed()


def test_a_body_that_a_later_payload_names_stays(house: WarehouseSite) -> None:
    house.keep("one", days_ago(40), b"same")
    house.keep("two", days_ago(3), b"same")
    house.keep("one", days_ago(2), b"new")
    assert remove_old_bodies(house.warehouse, house.store, 30, NOW) == Removed()
    assert all(kept(house).values())


def test_the_latest_body_of_a_source_stays_as_the_next_304_means_it(house: WarehouseSite) -> None:
    house.keep("one", days_ago(300), b"first")
    house.keep("one", days_ago(200), b"last")
    assert remove_old_bodies(house.warehouse, house.store, 30, NOW) == Removed(1, 1)
    assert kept(house) == {("one", 300): False, ("one", 200): True}


def test_a_run_killed_between_body_and_rows_is_made_good(house: WarehouseSite) -> None:
    house.keep("one", days_ago(40), b"old")
    house.keep("one", days_ago(1), b"new")
    uri = house.warehouse.scalar("SELECT uri FROM raw.payloads ORDER BY fetched_at LIMIT 1")
    house.store.delete(uri)
    assert remove_old_bodies(house.warehouse, house.store, 30, NOW) == Removed(1, 1)
    assert kept(house) == {("one", 40): False, ("one", 1): True}


@pytest.mark.parametrize(("setting", "left"), [("", 2), ("30", 1)])
def test_the_setting_decides_and_without_it_everything_stays(
    house: WarehouseSite, monkeypatch: pytest.MonkeyPatch, setting: str, left: int
) -> None:
    if setting:
        monkeypatch.setenv("BACKBEAT_BRONZE_DAYS", setting)
    house.keep("one", days_ago(40), b"old")
    house.keep("one", days_ago(1), b"new")
    result = retention_job.execute_in_process(
        resources={
            "warehouse": WarehouseResource(url=house.warehouse.url),
            "store": ObjectStoreResource(root_url=house.store.root_url),
        }
    )
    assert result.success
    assert house.warehouse.scalar("SELECT count(*) FROM raw.payloads WHERE body_removed_at IS NULL") == left
