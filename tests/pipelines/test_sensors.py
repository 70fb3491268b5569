"""Sensors: what arrives starts one run each, and a read that fails is never taken for an empty world."""

import json
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.jobs import AUDIO_JOBS, asset_jobs
from pipelines.sensors import MusicCursor, audio_sensors, fingerprint, list_music, watch_step
from resources.database_url import dagster_url
from resources.warehouse import Warehouse, WarehouseResource

SENSORS = {sensor.name: sensor for sensor in audio_sensors(asset_jobs(AUDIO_JOBS))}


def tick(
    name: str, instance: dg.DagsterInstance, url: str = "postgresql://", cursor: str | None = None
) -> dg.SensorResult | dg.SkipReason:
    resources = {"warehouse": WarehouseResource(url=url)} if name != "music_watch" else {}
    context = dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources)
    return SENSORS[name](context)  # type: ignore[return-value]


@pytest.fixture
def instance() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


def apply(result: dg.SensorResult | dg.SkipReason, instance: dg.DagsterInstance) -> None:
    assert isinstance(result, dg.SensorResult)
    for request in result.dynamic_partitions_requests or ():
        instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))


def add_batch(warehouse: Warehouse, key: str) -> None:
    warehouse.execute(
        "INSERT INTO library.intake_batches (batch_key, source, track_count) VALUES (%s, 'file:///music', 1)", [key]
    )


def keys(result: dg.SensorResult | dg.SkipReason) -> list[str | None]:
    return [] if isinstance(result, dg.SkipReason) else [run.partition_key for run in result.run_requests or ()]


def test_each_batch_gets_its_partition_and_one_run(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    assert isinstance(tick("intake", instance, warehouse.url), dg.SkipReason)
    add_batch(warehouse, "b000001")
    add_batch(warehouse, "b000002")
    first = tick("intake", instance, warehouse.url)
    apply(first, instance)
    assert keys(first) == ["b000001", "b000002"]
    assert instance.get_dynamic_partitions("intake_batches") == ["b000001", "b000002"]
    add_batch(warehouse, "b000003")
    second = tick("intake", instance, warehouse.url)
    assert keys(second) == ["b000003", "b000001", "b000002"]  # those that still wait are asked for again...
    run_keys = [{run.partition_key: run.run_key for run in result.run_requests or ()} for result in (first, second)]  # type: ignore[union-attr]
    assert run_keys[0].items() <= run_keys[1].items()  # ...under the same run key, of which Dagster starts one run


def test_a_batch_whose_analysis_has_begun_waits_no_longer(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    add_batch(warehouse, "b000001")
    track = "0" * 32
    warehouse.execute(
        "INSERT INTO library.tracks (track_id, batch_key, title, media_type, audio_bytes)"
        " VALUES (%s, 'b000001', 'Song', 'audio/flac', 1)",
        [track],
    )
    assert keys(tick("intake", instance, warehouse.url)) == ["b000001"]
    warehouse.execute(
        "INSERT INTO library.track_states (track_id, stage, status, code_version) VALUES (%s, 'analysis', 'done', '1')",
        [track],
    )
    assert isinstance(tick("intake", instance, warehouse.url), dg.SkipReason)


def test_only_pending_mix_requests_start_runs(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    for request, status in [("mix-a", "pending"), ("mix-b", "running")]:
        warehouse.execute(
            "INSERT INTO mixes.mix_requests (request_id, status, parameters, parameters_sha256)"
            ' VALUES (%s, %s, \'{"curve": "build", "seconds": 600, "seed": 1}\', %s)',
            [request, status, "0" * 64],
        )
    result = tick("mix_requests", instance, warehouse.url)
    apply(result, instance)
    assert keys(result) == ["mix-a"]
    assert instance.get_dynamic_partitions("mix_requests") == ["mix-a"]


@pytest.mark.parametrize("name", ["intake", "mix_requests"])
def test_a_read_that_fails_skips_the_tick_and_takes_nothing_away(
    name: str, instance: dg.DagsterInstance, postgres_url: str
) -> None:
    instance.add_dynamic_partitions("intake_batches", ["b000001"])
    result = tick(name, instance, dagster_url(postgres_url, "postgres"))  # a database without our tables
    assert isinstance(result, dg.SkipReason)
    assert "could not be read" in str(result.skip_message)
    assert instance.get_dynamic_partitions("intake_batches") == ["b000001"]


def test_music_is_scanned_once_it_has_been_still_for_a_tick(
    tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKBEAT_MUSIC", str(tmp_path))
    cursor: str | None = None

    def scans() -> int:
        nonlocal cursor
        result = tick("music_watch", instance, cursor=cursor)
        assert isinstance(result, dg.SensorResult)
        cursor = result.cursor
        return len(result.run_requests or ())

    song = tmp_path / "song.wav"
    song.write_bytes(b"half")
    assert scans() == 0  # seen for the first time: it may still be copied
    song.write_bytes(b"half and half")
    assert scans() == 0  # it was
    assert scans() == 1
    assert [scans(), scans()] == [0, 0]
    song.unlink()
    assert [scans(), scans(), scans()] == [0, 1, 0]  # what goes is a change too


def test_a_folder_that_cannot_be_listed_skips_and_keeps_the_cursor(
    tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKBEAT_MUSIC", raising=False)
    assert isinstance(tick("music_watch", instance), dg.SkipReason)
    monkeypatch.setenv("BACKBEAT_MUSIC", str(tmp_path / "unmounted"))
    result = tick("music_watch", instance, cursor=MusicCursor("a", "a").to_text())
    assert isinstance(result, dg.SkipReason)
    assert "could not be listed" in str(result.skip_message)


def test_a_listing_is_told_apart_by_names_sizes_and_times(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "a.wav").write_bytes(b"1")
    before = fingerprint(list_music(str(tmp_path)))
    assert fingerprint(reversed(list_music(str(tmp_path)))) == before
    (tmp_path / "deep" / "b.wav").write_bytes(b"1")
    assert fingerprint(list_music(str(tmp_path))) != before


@given(listings=st.lists(st.sampled_from("abc"), max_size=30))
def test_whatever_happens_the_last_listing_is_scanned_in_the_end_and_none_twice_in_a_row(listings: list[str]) -> None:
    cursor, scanned = MusicCursor(), []
    for listed in [*listings, "end", "end", "end"]:
        cursor, scan = watch_step(MusicCursor.from_text(cursor.to_text()), listed)
        if scan:
            scanned.append(listed)
    assert scanned[-1] == "end"
    assert all(one != other for one, other in pairwise(scanned))


@pytest.mark.parametrize("text", [None, "", "no json", json.dumps({"other": 1}), json.dumps([1])])
def test_a_cursor_that_cannot_be_read_is_the_beginning(text: str | None) -> None:
    assert MusicCursor.from_text(text) == MusicCursor()
