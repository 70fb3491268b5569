"""News from bronze, as Dagster makes it, in a real database."""

import datetime as dt
from pathlib import Path

import dagster as dg
import pytest

from assets.industry.definitions.industry_news import news_asset
from resources.failures import PermanentFailure
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
from tests.assets.industry.loopback_site import ACCESS_DENIED
from tests.assets.industry.loopback_site import rss as dated_rss
from tests.assets.industry.warehouse_site import WarehouseSite, feed_source, red

FIRST, SECOND, THIRD = "2025-06-02-08:00", "2025-06-02-12:00", "2025-06-02-16:00"
PAYLOADS = Path(__file__).parent / "payloads"


def rss(title: str, *items: str) -> bytes:
    """A feed whose items were published before the first window."""
    return dated_rss(title, *items, published=dt.datetime(2025, 6, 2, 6, tzinfo=dt.UTC))


@pytest.fixture
def house(warehouse: Warehouse, store: ObjectStore) -> WarehouseSite:
    return WarehouseSite(warehouse, store, [feed_source("alpha"), feed_source("beta", tier=3)])


def run(house: WarehouseSite, key: str = FIRST) -> dg.ExecuteInProcessResult:
    return house.materialise(news_asset(house.catalogue), key)


def test_a_second_run_changes_nothing(house: WarehouseSite) -> None:
    house.keep_feed("alpha", FIRST, rss("Alpha", "Label signs band", "Synth released"))
    house.keep_feed("beta", FIRST, rss("Beta", "Festival sold out"))
    result = run(house)
    assert result.success
    assert red(result) == {}
    before = house.warehouse.frame("SELECT xmin::text, * FROM industry.industry_news ORDER BY source_slug, guid")
    assert before["title"].tolist() == ["Label signs band", "Synth released", "Festival sold out"]
    assert set(before["first_seen_window"]) == {dt.datetime(2025, 6, 2, 8, tzinfo=dt.UTC)}
    assert set(before["published_at"]) == {dt.datetime(2025, 6, 2, 6, tzinfo=dt.UTC)}
    assert before["url"].tolist()[0] == "https://outlet.example/0"
    assert red(run(house)) == {}
    after = house.warehouse.frame("SELECT xmin::text, * FROM industry.industry_news ORDER BY source_slug, guid")
    assert after.equals(before)  # not one row version was rewritten


def test_an_error_page_fails_its_source_and_leaves_the_rest_and_the_old_rows_alone(house: WarehouseSite) -> None:
    for slug in ("alpha", "beta"):
        house.keep_feed(slug, FIRST, rss(slug, f"{slug} one"))
    assert run(house).success
    house.keep_feed("alpha", SECOND, ACCESS_DENIED)
    house.keep_feed("beta", SECOND, rss("beta", "beta one", "beta two"))
    result = run(house, SECOND)
    assert result.success
    assert list(red(result)) == ["parsed_alpha"]
    assert "no feed" in red(result)["parsed_alpha"]
    assert house.table("industry_news")["title"].tolist() == ["alpha one", "beta one", "beta two"]
    letters = house.warehouse.rows("SELECT source, asset_key, partition_key FROM ops.dead_letters")
    assert letters == [("alpha", "industry.industry_news", SECOND)]


def test_a_well_formed_feed_without_entries_fails_its_source(house: WarehouseSite) -> None:
    house.keep_feed("alpha", FIRST, rss("Alpha"))
    house.keep_feed("beta", FIRST, rss("Beta", "beta one"))
    assert "no usable entry" in red(run(house))["parsed_alpha"]


def test_payloads_that_bronze_calls_unusable_are_not_parsed(house: WarehouseSite) -> None:
    house.keep_feed("alpha", FIRST, rss("Alpha", "from an error"), error="It is a web page.")
    house.keep_feed("beta", FIRST, rss("Beta", "beta one"))
    result = run(house)
    assert result.success
    assert red(result) == {"parsed_alpha": "It is a web page."}
    assert house.table("industry_news")["title"].tolist() == ["beta one"]


def test_bad_entries_become_dead_letters_and_the_rest_goes_on(house: WarehouseSite) -> None:
    house.keep_feed("alpha", FIRST, (PAYLOADS / "hard_entries.xml").read_bytes())
    result = run(house)
    assert red(result) == {}
    assert len(house.table("industry_news")) == 8
    letters = house.warehouse.rows("SELECT reference, reason FROM ops.dead_letters ORDER BY reference")
    assert letters[0] == ("nothing-at-all", "The entry has neither a title nor a text.")
    assert letters[1][1] == "The entry repeats another one of the feed word for word."
    assert len(letters) == 2


def test_the_order_of_windows_does_not_matter(house: WarehouseSite) -> None:
    house.keep_feed("alpha", FIRST, rss("Alpha", "Old words", "Only in the first"))
    house.keep_feed("alpha", SECOND, rss("Alpha", "New words"))
    house.keep_feed("alpha", THIRD, rss("Alpha", "New words"))
    for key in (FIRST, SECOND, THIRD):
        assert run(house, key).success
    in_order = house.table("industry_news")
    assert in_order["title"].tolist() == ["New words", "Only in the first"]
    windows = in_order.set_index("title")[["first_seen_window", "last_seen_window"]].map(lambda moment: moment.hour)
    assert windows.loc["New words"].tolist() == [8, 16]
    house.warehouse.execute("TRUNCATE industry.industry_news CASCADE")
    for key in (THIRD, FIRST, SECOND, FIRST):
        assert run(house, key).success
    assert house.table("industry_news").equals(in_order)


def test_the_last_payload_of_a_window_counts(house: WarehouseSite) -> None:
    house.keep_feed("alpha", FIRST, rss("Alpha", "As first fetched", "Gone an hour later"))
    house.keep_feed("alpha", FIRST, rss("Alpha", "As fetched again"), late=True)
    assert run(house).success
    assert house.table("industry_news")["title"].tolist() == ["As fetched again", "Gone an hour later"]


def test_a_lost_body_fails_its_source_alone(house: WarehouseSite) -> None:
    house.keep_feed("alpha", FIRST, rss("Alpha", "alpha one"))
    house.keep_feed("beta", FIRST, rss("Beta", "beta one"))
    house.store.delete(house.warehouse.scalar("SELECT uri FROM raw.payloads WHERE source_slug = 'alpha'"))
    result = run(house)
    assert list(red(result)) == ["parsed_alpha"]
    assert house.table("industry_news")["title"].tolist() == ["beta one"]


def test_a_window_without_bronze_fails_for_good_and_says_so(house: WarehouseSite) -> None:
    result = run(house)
    assert not result.success
    (event,) = [event for event in result.all_events if event.is_step_failure]
    failure = event.step_failure_data.user_failure_data
    assert failure is not None
    assert "holds no payload" in (failure.description or "")
    assert PermanentFailure("x").allow_retries is False


def test_what_the_ui_shows(house: WarehouseSite) -> None:
    house.keep_feed("alpha", FIRST, rss("Alpha", "alpha one", "alpha two"))
    (event,) = run(house).get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["dagster/partition_row_count"].value == 2
    assert metadata["inserted"].value == 2
    assert "| Alpha | 2 | 2 | 0 | 0 |" in str(metadata["sources"].value)


def test_a_recorded_poll_series_gives_each_story_one_row(house: WarehouseSite, shared: Path) -> None:
    """Seven polls of one feed: 10, then 99, then 15 items, then none."""
    polls = sorted((shared / "data/feeds/poll_series").glob("*.xml"))
    keys = [f"2025-06-{day:02}-08:00" for day in range(1, len(polls) + 1)]
    guids: set[str] = set()
    for key, poll in zip(keys, polls, strict=True):
        house.keep_feed("alpha", key, poll.read_bytes())
        result = run(house, key)
        assert result.success
        guids |= {guid for (guid,) in house.warehouse.rows("SELECT guid FROM industry.industry_news")}
    # the last poll is a well-formed feed without an item, and its source had more before
    assert sorted(red(result)) == ["parsed_alpha", "volume"]
    news = house.table("industry_news")
    assert len(news) == len(guids) == news["url"].nunique()
    assert len(news) >= 99
