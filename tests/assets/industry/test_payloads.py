"""Fetching into bronze: the asset as Dagster runs it, over real HTTP, into a real database."""

import datetime as dt
import gzip
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from assets.industry.catalogue import Catalogue, load_catalogue
from assets.industry.definitions import bronze
from assets.industry.definitions.bronze import day_window, read_payloads
from assets.industry.definitions.payloads import SCHEDULED_TAG, Fetcher, payloads_asset
from assets.industry.definitions.source_health import read_health, source_check_name
from pipelines.partitions import FEED_WINDOW, feed_window_key
from resources.failures import PermanentFailure
from resources.http_client import HttpResource
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import Warehouse, WarehouseResource
from tests.assets.industry.loopback_site import ACCESS_DENIED, LoopbackSite, rss
from tests.resources.raw_http import raw_server

WINDOW_HOURS = dt.timedelta(hours=4)


class House:
    """One catalogue on the loopback site, and runs of the asset over it."""

    def __init__(self, site: LoopbackSite, warehouse: Warehouse, store: ObjectStore, folder: Path) -> None:
        self.site, self.warehouse, self.store, self.folder = site, warehouse, store, folder
        self.instance = dg.DagsterInstance.ephemeral()
        self.http = HttpResource(
            allow_private_addresses=True, state_folder=str(folder / "http"), host_interval_seconds=0
        )
        self.catalogue: Catalogue = load_catalogue()

    def write_catalogue(self, sources: Mapping[str, Mapping[str, Any]]) -> Path:
        file = self.site.catalogue(self.folder / "catalogue.yaml", sources)
        self.catalogue = load_catalogue(file)
        return file

    def open(self, *slugs: str) -> None:
        """Publish a feed for each slug and list them in the catalogue."""
        for slug in slugs:
            self.site.publish(f"/{slug}", rss(slug, f"{slug} one", f"{slug} two"))
        self.write_catalogue({slug: {"url": f"/{slug}"} for slug in slugs})

    def run(
        self, key: str | None = None, sources: list[str] | None = None, tags: Mapping[str, str] | None = None
    ) -> dg.ExecuteInProcessResult:
        asset = payloads_asset(self.catalogue).map_asset_specs(
            lambda spec: spec.replace_attributes(partitions_def=FEED_WINDOW)
        )
        return dg.materialize(
            [asset],
            partition_key=key or feed_window_key(dt.datetime.now(dt.UTC)),
            instance=self.instance,
            resources={
                "warehouse": WarehouseResource(url=self.warehouse.url),
                "store": ObjectStoreResource(root_url=self.store.root_url),
                "http": self.http,
            },
            run_config={"ops": {"raw__payloads": {"config": {"sources": sources or []}}}},
            tags=dict(tags or {}),
            raise_on_error=False,
        )

    def rows(self) -> pd.DataFrame:
        return self.warehouse.frame("SELECT * FROM raw.payloads ORDER BY source_slug, window_start, fetched_at")

    def read(self) -> dict[str, bytes]:
        """Latest usable body of each source in the current window."""
        start = FEED_WINDOW.time_window_for_partition_key(feed_window_key(dt.datetime.now(dt.UTC))).start
        return {one.source_slug: one.body for one in read_payloads(self.warehouse, self.store, start)}

    def age(self, by: dt.timedelta = WINDOW_HOURS) -> None:
        """Let everything that was fetched have been fetched earlier."""
        self.warehouse.execute(
            "UPDATE raw.payloads SET window_start = window_start - %(by)s, window_end = window_end - %(by)s,"
            " fetched_at = fetched_at - %(by)s",
            {"by": by},
        )


@pytest.fixture
def house(site: LoopbackSite, warehouse: Warehouse, store: ObjectStore, tmp_path: Path) -> House:
    return House(site, warehouse, store, tmp_path)


def red(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Checks that failed, with what they say."""
    evaluations = result.get_asset_check_evaluations()
    assert evaluations
    return {one.check_name: one.description or "" for one in evaluations if not one.passed}


def permanent_failure(result: dg.ExecuteInProcessResult) -> str:
    """What the only step failed with, for good."""
    assert not result.success
    (event,) = [event for event in result.all_events if event.is_step_failure]
    data = event.step_failure_data
    assert data.error.cls_name == PermanentFailure.__name__
    return str(data.user_failure_data.description)


# one window


def test_keeps_every_payload_as_it_came(house: House) -> None:
    house.open("alpha", "beta")
    house.site.publish("/beta", rss("beta", "long " * 500), Set_Cookie="session=1")
    result = house.run()
    assert result.success
    assert red(result) == {}
    rows = house.rows().set_index("source_slug")
    assert list(rows.index) == ["alpha", "beta"]
    row = rows.loc["beta"]
    assert (row.status, row.error, row.url) == (200, None, house.site.url("/beta"))
    assert row.headers["content-encoding"] == "gzip"
    assert "set-cookie" not in row.headers
    assert row.etag == row.headers["etag"]
    body = gzip.decompress(house.store.read_bytes(row.uri))
    assert body == rss("beta", "long " * 500)
    assert (row.sha256, row.bytes) == (hashlib.sha256(body).hexdigest(), len(body))
    assert row.window_start <= row.fetched_at < row.window_end
    assert house.read()["alpha"] == rss("alpha", "alpha one", "alpha two")
    (materialisation,) = result.asset_materializations_for_node("raw__payloads")
    assert materialisation.metadata["dagster/partition_row_count"].value == 2
    assert materialisation.metadata["sources_fetched"].value == 2


def test_asking_again_in_the_same_window_changes_nothing(house: House) -> None:
    house.open("alpha", "beta")
    assert house.run().success
    before = house.rows()
    again = house.run()
    assert red(again) == {}
    pd.testing.assert_frame_equal(house.rows(), before)
    assert [bool(hit.headers.get("If-None-Match")) for hit in house.site.hits("/alpha")] == [False, True]


def test_a_feed_that_moved_on_within_the_window_adds_a_row(house: House) -> None:
    house.open("alpha")
    assert house.run().success
    newer = rss("alpha", "alpha two", "alpha three")
    house.site.publish("/alpha", newer)
    assert house.run().success
    rows = house.rows()
    assert len(rows) == 2
    assert rows.fetched_at.is_monotonic_increasing
    assert house.read()["alpha"] == newer, "the later one is the last"


def test_an_unchanged_feed_points_to_the_earlier_body(house: House) -> None:
    house.open("alpha")
    assert house.run().success
    house.age()
    assert house.run().success
    earlier, later = house.rows().itertuples()
    assert (earlier.status, later.status) == (200, 304)
    assert (earlier.sha256, earlier.uri, earlier.bytes) == (later.sha256, later.uri, later.bytes)
    assert (later.etag, later.media_type) == (earlier.etag, earlier.media_type)
    assert house.read()["alpha"] == rss("alpha", "alpha one", "alpha two"), "a 304 keeps replay possible"


def test_a_lost_body_is_fetched_anew_rather_than_confirmed(house: House) -> None:
    house.open("alpha")
    assert house.run().success
    house.store.delete(house.rows().uri[0])
    house.age()
    assert house.run().success
    assert house.rows().status.tolist() == [200, 200]
    assert "alpha" in house.read()


def test_a_changed_address_is_asked_without_the_old_validators(house: House) -> None:
    house.open("alpha")
    assert house.run().success
    house.age()
    house.site.publish("/moved", rss("alpha", "alpha one", "alpha two"))
    house.write_catalogue({"alpha": {"url": "/moved"}})
    assert house.run().success
    assert "If-None-Match" not in house.site.hits("/moved")[0].headers
    assert house.rows().status.tolist() == [200, 200]


def test_records_where_redirects_led(house: House) -> None:
    house.open("alpha")
    house.site.redirect("/feed", "/alpha", 301)
    house.write_catalogue({"alpha": {"url": "/feed"}})
    assert house.run().success
    (row,) = house.rows().itertuples()
    assert (row.url, row.final_url) == (house.site.url("/feed"), house.site.url("/alpha"))


def test_tries_the_fallback_address(house: House) -> None:
    house.open("alpha")
    house.write_catalogue({"alpha": {"url": "/gone", "fallback_urls": [house.site.url("/alpha")]}})
    result = house.run()
    assert red(result) == {}
    assert house.rows().url.tolist() == [house.site.url("/alpha")]


def test_recorded_feeds_arrive_byte_for_byte(house: House, shared: Path) -> None:
    recorded = {
        file.stem.lower().replace("_", "-"): file.read_bytes()
        for folder in ("music", "reemitted")
        for file in sorted((shared / "data" / "feeds" / folder).glob("*.xml"))
    }
    for slug, body in recorded.items():
        house.site.publish(f"/{slug}", body)
    house.write_catalogue({slug: {"url": f"/{slug}"} for slug in recorded})
    result = house.run()
    assert red(result) == {}
    assert len(recorded) == 14
    assert house.read() == recorded


# failures


def test_a_source_fails_alone(house: House) -> None:
    house.open("alpha", "beta", "broken", "page")
    house.site.break_with("/broken", 500)
    house.site.replace_by_error_page("/page")
    sources = {slug: {"url": f"/{slug}"} for slug in ("alpha", "beta", "broken", "page")}
    house.write_catalogue({**sources, "nowhere": {"url": "http://no-such-host.invalid/feed"}})
    result = house.run()
    assert result.success
    failed = red(result)
    assert set(failed) == {"source_broken", "source_page", "source_nowhere"}
    assert failed["source_broken"].endswith("answered 500 INTERNAL SERVER ERROR.")
    assert failed["source_page"] == "The body is a web page titled 'Access denied' where a feed was expected."
    assert "no-such-host.invalid" in failed["source_nowhere"]
    assert set(house.read()) == {"alpha", "beta"}
    errors = house.rows().set_index("source_slug").error
    assert errors["broken"] == failed["source_broken"]
    health = read_health(house.warehouse)
    assert {slug: one.consecutive_failures for slug, one in health.items()} == {
        "alpha": 0, "beta": 0, "broken": 1, "page": 1, "nowhere": 1,
    }  # fmt: skip
    assert health["broken"].last_status == 500
    assert health["broken"].last_success_at is None
    severities = {one.check_name: one.severity for one in result.get_asset_check_evaluations()}
    assert severities["source_broken"] is dg.AssetCheckSeverity.WARN


def test_an_error_page_leaves_the_old_rows_alone(house: House) -> None:
    house.open("alpha", "beta")
    assert house.run().success
    before = house.rows()
    house.site.replace_by_error_page("/alpha")
    for _ in range(2):
        result = house.run(sources=["alpha", "beta"])
        assert set(red(result)) == {"source_alpha"}
    after = house.rows()
    pd.testing.assert_frame_equal(after[after.error.isna()].reset_index(drop=True), before)
    (evidence,) = after[after.error.notna()].itertuples()
    assert gzip.decompress(house.store.read_bytes(evidence.uri)) == ACCESS_DENIED
    assert house.read()["alpha"] == rss("alpha", "alpha one", "alpha two")


def test_an_error_page_is_not_taken_for_the_latest_copy(house: House) -> None:
    house.open("alpha")
    assert house.run().success
    house.site.replace_by_error_page("/alpha")
    assert house.run().success
    house.site.publish("/alpha", rss("alpha", "alpha one", "alpha two"))
    result = house.run(sources=["alpha"])
    assert red(result) == {}
    assert house.site.hits("/alpha")[-1].headers["If-None-Match"] == house.rows().etag[0]


def test_a_failing_source_is_left_alone_for_a_while(house: House) -> None:
    house.open("alpha", "broken")
    house.site.break_with("/broken", 404)
    assert house.run().success
    result = house.run()
    assert set(red(result)) == {"source_broken"}, "it stays red while it is left alone"
    assert len(house.site.hits("/broken")) == 1
    assert len(house.site.hits("/alpha")) == 2
    (materialisation,) = result.asset_materializations_for_node("raw__payloads")
    assert materialisation.metadata["sources_left_alone"].value == 1
    house.warehouse.execute("UPDATE ops.source_health SET next_attempt_at = now() WHERE source = 'broken'")
    assert house.run().success
    health = read_health(house.warehouse)["broken"]
    assert (len(house.site.hits("/broken")), health.consecutive_failures) == (2, 2)
    wait = health.next_attempt_at - dt.datetime.now(dt.UTC)
    assert dt.timedelta(minutes=119) < wait <= dt.timedelta(hours=2)


def test_a_named_source_is_asked_at_once_and_recovers(house: House) -> None:
    house.open("alpha", "broken")
    house.site.break_with("/broken", 503, Retry_After="86400")
    assert house.run().success
    wait = read_health(house.warehouse)["broken"].next_attempt_at - dt.datetime.now(dt.UTC)
    assert wait > dt.timedelta(hours=23), "the server's wish counts"
    house.site.publish("/broken", rss("broken", "repaired"))
    result = house.run(sources=["broken"])
    assert red(result) == {}
    health = read_health(house.warehouse)["broken"]
    assert (health.consecutive_failures, health.next_attempt_at, health.last_error) == (0, None, None)
    assert len(house.site.hits("/alpha")) == 1, "only the named one was asked"
    assert "broken" in house.read()


def test_a_name_that_is_no_feed_stops_the_run_with_a_sentence(house: House) -> None:
    house.open("alpha")
    assert (
        permanent_failure(house.run(sources=["alfa"]))
        == "No enabled feed of the catalogue is named alfa. There are: alpha."
    )


def test_a_private_address_is_refused_where_it_is_not_allowed(house: House) -> None:
    house.open("alpha")
    house.http = HttpResource(allow_private_addresses=False, state_folder=str(house.folder / "http"))
    result = house.run()
    assert set(red(result)) == {"source_alpha"}
    assert house.site.requests == []


# past windows


def test_a_past_window_is_replayed_from_bronze(house: House) -> None:
    house.open("alpha", "beta")
    assert house.run().success
    house.age()
    before, requests = house.rows(), len(house.site.requests)
    result = house.run(feed_window_key(dt.datetime.now(dt.UTC) - WINDOW_HOURS))
    assert red(result) == {}
    pd.testing.assert_frame_equal(house.rows(), before)
    assert len(house.site.requests) == requests, "nothing is fetched for it"
    house.store.delete(before.uri[0])
    result = house.run(feed_window_key(dt.datetime.now(dt.UTC) - WINDOW_HOURS))
    assert list(red(result)) == ["source_alpha"]
    assert "cannot be replayed" in red(result)["source_alpha"]


def test_a_past_window_without_bronze_fails_for_good_and_says_so(house: House) -> None:
    house.open("alpha")
    problem = permanent_failure(house.run("2026-01-05-08:00"))
    assert problem.startswith("The window 2026-01-05-08:00 is past and was never fetched")
    assert house.site.requests == []


# charts

CHART = {
    "kind": "chart", "url": "/chart", "form": "json", "parser": "apple_most_played", "cadence": "day",
    "platform": "apple", "country": "us", "chart": "songs",
}  # fmt: skip
TODAY = dt.datetime.now(dt.UTC).date


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
    assert chart(TODAY()) == b'{"feed": 1}'
    assert chart(TODAY()) == b'{"feed": 1}'
    assert len(house.rows()) == 1
    assert house.rows().window_start[0] == day_window(TODAY()).start
    house.age(dt.timedelta(days=1))
    hits = len(house.site.requests)
    assert chart(TODAY() - dt.timedelta(days=1)) == b'{"feed": 1}'
    assert len(house.site.requests) == hits
    with pytest.raises(PermanentFailure, match="past and was never fetched"):
        chart(TODAY() - dt.timedelta(days=2))


def test_a_chart_that_fails_for_now_may_be_tried_again(house: House, chart: Callable[[dt.date], bytes]) -> None:
    house.site.break_with("/chart", 503, Retry_After="600")
    with pytest.raises(dg.Failure, match="503") as caught:
        chart(TODAY())
    assert caught.value.allow_retries is True
    house.site.publish("/chart", b'{"feed": 1}', "application/json")
    assert chart(TODAY()) == b'{"feed": 1}', "backoff does not cost a day"
    house.site.break_with("/chart", 503)
    assert chart(TODAY()) == b'{"feed": 1}', "what the day has is enough"
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
        chart(TODAY())


def test_a_chart_that_arrives_as_a_file_is_not_fetched(house: House) -> None:
    house.write_catalogue({"spotify-us": {**CHART, "url": None, "cadence": "drop", "form": "csv"}})
    fetcher = Fetcher(house.warehouse, house.store, house.http.client())
    with pytest.raises(PermanentFailure, match="arrives as a file, and none has been imported"):
        fetcher.chart_payload(house.catalogue.source("spotify-us"), TODAY())


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


# time


def test_only_runs_of_a_schedule_wait(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.open("alpha")
    monkeypatch.setenv("BACKBEAT_SPREAD_SECONDS", "1")
    waited = {}
    for tags in ({}, {SCHEDULED_TAG: "feeds_schedule"}):
        run = house.run(tags=tags)
        logs = house.instance.all_logs(run.run_id)
        waited[bool(tags)] = any("before fetching" in entry.message for entry in logs)
    assert waited == {False: False, True: True}


_FETCH = """
import sys, datetime as dt
from pathlib import Path
from assets.industry.catalogue import load_catalogue
from assets.industry.definitions import bronze
from assets.industry.definitions.payloads import Fetcher
from resources.http_client import HttpResource
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
url, store, catalogue, state = sys.argv[1:]
sources = load_catalogue(Path(catalogue))
warehouse = Warehouse(url)
bronze.sync_sources(warehouse, sources)
client = HttpResource(allow_private_addresses=True, state_folder=state, host_interval_seconds=0).client()
window = bronze.day_window(dt.datetime.now(dt.UTC).date())
Fetcher(warehouse, ObjectStore(store), client).fetch(sources.sources, window)
"""


def test_a_killed_run_keeps_what_was_finished(house: House, tmp_path: Path) -> None:
    house.open("alpha", "beta")
    with raw_server(lambda connection, number: time.sleep(30)) as port:
        politeness = {"min_interval_seconds": 0, "robots": False}
        hanging = {"url": f"http://127.0.0.1:{port}/", "politeness": politeness}
        file = house.write_catalogue({"alpha": {"url": "/alpha"}, "beta": {"url": "/beta"}, "hanging": hanging})
        process = subprocess.Popen(
            [sys.executable, "-c", _FETCH, house.warehouse.url, house.store.root_url, file, tmp_path / "state"],
            env={**os.environ, "BACKBEAT_HOME": str(tmp_path / "home")},
        )
        try:
            limit = time.monotonic() + 60
            while len(house.rows()) < 2 and time.monotonic() < limit and process.poll() is None:
                time.sleep(0.1)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    payloads = read_payloads(house.warehouse, house.store, day_window(TODAY()).start)
    assert [one.source_slug for one in payloads] == ["alpha", "beta"]
    assert set(read_health(house.warehouse)) == {"alpha", "beta"}


def test_check_names_are_valid_and_distinct() -> None:
    names = [source_check_name(source.slug) for source in load_catalogue().sources]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)
