"""The purge on a real Dagster storage: old runs lose their logs and keep what the catalogue is computed from."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from psycopg import sql as pgsql

from pipelines.instance import POOL_LIMITS, open_instance, prepare
from pipelines.purge import PURGED_EVENTS, purge_events, purge_files, purge_job
from resources.database_url import conninfo, dagster_url
from resources.settings import Settings


@dg.asset
def thing(context: dg.AssetExecutionContext) -> None:
    context.log.info("a line that nobody reads after a month")


@pytest.fixture
def instance(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """An instance as the platform prepares it, on a database of its own."""
    name = pgsql.Identifier(f"dagster_{uuid.uuid4().hex[:12]}")
    before = dict(os.environ)
    with psycopg.connect(conninfo(postgres_url, "postgres"), autocommit=True) as connection:
        connection.execute(pgsql.SQL("CREATE DATABASE {}").format(name))
        url = dagster_url(postgres_url, name.as_string().strip('"'))
        settings = Settings(home=tmp_path, database_url=postgres_url, dagster_url=url)  # type: ignore[arg-type]
        try:
            prepare(settings)
            with open_instance(settings) as prepared:
                yield prepared
        finally:
            os.environ.clear()
            os.environ.update(before)
            connection.execute(pgsql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def storage_url() -> str:
    return os.environ["BACKBEAT_DAGSTER_URL"]


def events(run_id: str) -> list[str | None]:
    with psycopg.connect(conninfo(storage_url())) as connection:
        rows = connection.execute("SELECT dagster_event_type FROM event_logs WHERE run_id = %s ORDER BY id", [run_id])
        return [kind for (kind,) in rows]


def age(run_id: str, days: int) -> None:
    with psycopg.connect(conninfo(storage_url())) as connection:
        connection.execute(
            "UPDATE runs SET update_timestamp = now() - make_interval(days => %s) WHERE run_id = %s", [days, run_id]
        )


def test_old_runs_lose_their_logs_and_nothing_else(instance: dg.DagsterInstance) -> None:
    old, young = (dg.materialize([thing], instance=instance).run_id for _ in range(2))
    age(old, 31)
    before, untouched = events(old), events(young)
    assert None in before  # the log line
    removed, batches = purge_events(storage_url(), keep_days=30, batch_rows=4)
    assert removed == sum(kind is None or kind in PURGED_EVENTS for kind in before) > 4
    assert batches > 1
    assert events(old) == [kind for kind in before if kind is not None and kind not in PURGED_EVENTS]
    assert {"ASSET_MATERIALIZATION", "PIPELINE_SUCCESS"} <= set(events(old))
    assert events(young) == untouched
    assert purge_events(storage_url(), keep_days=30) == (0, 1)
    latest = instance.get_latest_materialization_event(thing.key)
    assert latest is not None
    assert latest.run_id == young


def test_a_run_in_progress_keeps_its_log_whatever_its_age(instance: dg.DagsterInstance) -> None:
    run_id = dg.materialize([thing], instance=instance).run_id
    age(run_id, 365)
    with psycopg.connect(conninfo(storage_url())) as connection:
        connection.execute("UPDATE runs SET status = 'STARTED' WHERE run_id = %s", [run_id])
    assert purge_events(storage_url(), keep_days=30) == (0, 1)


def test_the_job_purges_the_instance_it_runs_in(instance: dg.DagsterInstance) -> None:
    run_id = dg.materialize([thing], instance=instance).run_id
    age(run_id, 31)
    assert purge_job.execute_in_process(instance=instance).success
    assert None not in events(run_id)


def test_old_files_go_and_young_ones_stay(tmp_path: Path) -> None:
    (tmp_path / "old" / "compute_logs").mkdir(parents=True)
    for name in ("old/compute_logs/a.out", "old.log", "young.json"):
        (tmp_path / name).write_text("{}")
    for name in ("old", "old.log"):
        os.utime(tmp_path / name, (0, 0))
    assert purge_files(tmp_path, keep_days=30) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["young.json"]


def test_pools_are_limited_and_a_limit_that_a_person_set_is_kept(instance: dg.DagsterInstance) -> None:
    storage = instance.event_log_storage
    assert {limit.name: limit.limit for limit in storage.get_pool_limits()} == dict(POOL_LIMITS)
    storage.set_concurrency_slots("feeds", 3)
    from pipelines.instance import set_pool_limits

    set_pool_limits(instance)
    assert {limit.name: limit.limit for limit in storage.get_pool_limits()}["feeds"] == 3
    assert instance.run_launcher.supports_check_run_worker_health
    assert instance.run_monitoring_enabled
