"""The sensors of the landing folder: a still change starts one run, and each landed chart its partition."""

import datetime as dt
from pathlib import Path

import dagster as dg
import pytest

from assets.industry.catalogue import load_catalogue
from pipelines.jobs import DATA_JOBS, asset_jobs
from pipelines.landing_sensors import landing_sensors
from resources.database_url import warehouse_url
from resources.warehouse import Warehouse, WarehouseResource

SENSORS = {sensor.name: sensor for sensor in landing_sensors(asset_jobs(DATA_JOBS), load_catalogue())}
TODAY = dt.datetime.now(dt.UTC).date()


def watch(cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    context = dg.build_sensor_context(instance=dg.DagsterInstance.ephemeral(), cursor=cursor)
    return SENSORS["landing_watch"](context)  # type: ignore[return-value]


def landed(url: str, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    context = dg.build_sensor_context(
        instance=dg.DagsterInstance.ephemeral(), cursor=cursor, resources={"warehouse": WarehouseResource(url=url)}
    )
    return SENSORS["landed_charts"](context)  # type: ignore[return-value]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BACKBEAT_LANDING", str(tmp_path / "landing"))
    return tmp_path / "landing"


def test_without_a_folder_there_is_nothing_to_watch(root: Path) -> None:
    assert isinstance(watch(), dg.SkipReason)


def test_a_file_starts_one_run_once_it_lies_still(root: Path) -> None:
    (root / "spotify-us").mkdir(parents=True)
    file = root / "spotify-us" / f"chart-{TODAY}.csv"
    cursor: str | None = None
    runs: list[int] = []
    for content in ("half", "half and whole", "half and whole", "half and whole"):
        if not file.exists() or file.read_text() != content:
            file.write_text(content)
        result = watch(cursor)
        assert isinstance(result, dg.SensorResult)
        cursor, runs = result.cursor, [*runs, len(result.run_requests or ())]
    assert runs == [0, 0, 1, 0]


def add(warehouse: Warehouse, slug: str, day: dt.date, digest: str) -> None:
    warehouse.execute(
        "INSERT INTO industry.sources (slug, name, kind, parser, cadence, tier, platform, country, chart, enabled,"
        " health, allowed_use, attribution, storage_limit, checked_on) VALUES (%(slug)s, 'x', 'chart', 'x', 'drop', 1,"
        " 'x', 'us', 'x', true, 'alive', 'x', 'x', 'x', now()) ON CONFLICT DO NOTHING",
        {"slug": slug},
    )
    warehouse.execute(
        "INSERT INTO raw.landing_files (source_slug, file_name, sha256, contract, day, bytes, uri, landed_at)"
        " VALUES (%s, 'f', %s, 'chart_table', %s, 1, 'u', clock_timestamp())",
        [slug, digest * 64, day],
    )


def test_each_landed_chart_with_a_partition_gets_one_run(warehouse: Warehouse) -> None:
    assert isinstance(landed(warehouse.url), dg.SkipReason)
    add(warehouse, "spotify-us", TODAY, "a")
    add(warehouse, "spotify-us", dt.date(2017, 1, 1), "b")  # older than every partition: read when it was taken
    add(warehouse, "left-the-catalogue", TODAY, "c")
    result = landed(warehouse.url)
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or ()
    assert request.partition_key == f"spotify-us|{TODAY}"
    assert request.run_key == f"landed-spotify-us-{TODAY}-{'a' * 64}"
    assert isinstance(landed(warehouse.url, result.cursor), dg.SkipReason)
    add(warehouse, "spotify-us", TODAY, "d")
    assert len(landed(warehouse.url, result.cursor).run_requests or ()) == 1  # type: ignore[union-attr]


def test_a_database_that_does_not_answer_is_no_empty_table(postgres_url: str) -> None:
    skipped = landed(warehouse_url(postgres_url, "nosuch"))
    assert isinstance(skipped, dg.SkipReason)
    assert "could not be read" in str(skipped.skip_message)
