"""Fetching into bronze: the asset as Dagster runs it, over real HTTP, into a real database."""

import datetime as dt
import gzip
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from assets.industry.definitions.bronze import day_window, read_payloads
from assets.industry.definitions.payloads import SCHEDULED_TAG
from assets.industry.definitions.source_health import read_health
from pipelines.partitions import feed_window_key
from tests.assets.industry.fetch_house import WINDOW_HOURS, House, permanent_failure, red, today
from tests.assets.industry.loopback_site import rss
from tests.resources.raw_http import raw_server

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
    payloads = read_payloads(house.warehouse, house.store, day_window(today()).start)
    assert [one.source_slug for one in payloads] == ["alpha", "beta"]
    assert set(read_health(house.warehouse)) == {"alpha", "beta"}
