"""The asset library.track_analyses on real audio: rows as measured, one bad track alone, and nothing done twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import numpy as np
import psutil
import pytest
import soundfile

from assets.library.analysis_arrays import arrays_from_parquet
from assets.library.definitions import analysis_store
from assets.library.definitions.analysis_store import tracks_to_do
from assets.library.definitions.scan import scan
from assets.library.definitions.track_analyses import ALL_ANALYSED, track_analyses
from assets.library.keys import from_camelot
from assets.library.synthesis import Section, TrackRecipe, WrittenTrack, write_crate
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import Warehouse, WarehouseResource

BATCHES = dg.DynamicPartitionsDefinition(name="intake_batches")
PARTITIONED = track_analyses.map_asset_specs(lambda spec: spec.replace_attributes(partitions_def=BATCHES))
NODE = "library__track_analyses"

FORM = (Section("intro", 4), Section("drop", 8))
RECIPES = (
    TrackRecipe("One", 126.0, from_camelot("8A"), FORM, seed=1, lead_in_seconds=0.5),
    TrackRecipe("Two", 124.0, from_camelot("9B"), FORM, seed=2),
)


@pytest.fixture(scope="module")
def crate(tmp_path_factory: pytest.TempPathFactory) -> list[WrittenTrack]:
    return write_crate(tmp_path_factory.mktemp("crate"), RECIPES)


@pytest.fixture
def folder(crate: list[WrittenTrack], tmp_path: Path) -> Path:
    """Two good tracks and a silent one, twice."""
    music = tmp_path / "music"
    music.mkdir()
    for track in crate:
        (music / track.path.name).write_bytes(track.path.read_bytes())
    for name in ("silence.wav", "silence again.wav"):
        soundfile.write(music / name, np.zeros(44100 * 2), 44100)
    return music


def materialise(warehouse: Warehouse, store: ObjectStore, key: str = "b000001") -> dg.ExecuteInProcessResult:
    with dg.instance_for_test() as instance:
        instance.add_dynamic_partitions("intake_batches", [key])
        resources = {
            "warehouse": WarehouseResource(url=warehouse.url),
            "store": ObjectStoreResource(root_url=store.root_url),
        }
        return dg.materialize([PARTITIONED], instance=instance, partition_key=key, resources=resources)


def metadata(run: dg.ExecuteInProcessResult) -> dict[str, object]:
    (event,) = run.asset_materializations_for_node(NODE)
    return {name: value.value for name, value in event.metadata.items()}


def test_a_batch_with_a_bad_track(
    warehouse: Warehouse, store: ObjectStore, folder: Path, crate: list[WrittenTrack], monkeypatch: pytest.MonkeyPatch
) -> None:
    scan(str(folder), warehouse)
    run = materialise(warehouse, store)

    rows = warehouse.frame("SELECT * FROM library.track_analyses JOIN library.tracks USING (track_id) ORDER BY title")
    for row, written in zip(rows.itertuples(), crate, strict=True):
        truth = written.truth
        assert row.bpm == pytest.approx(truth.bpm, abs=0.01)
        assert row.camelot == truth.key.camelot
        assert row.duration_s == pytest.approx(truth.seconds)
        assert row.grid_constant
        beats = arrays_from_parquet(store.read_bytes(row.arrays_uri)).beats
        assert len(beats) == row.beat_count
        assert beats == pytest.approx(row.first_beat_s + np.arange(row.beat_count) * 60 / row.bpm, abs=1e-3)
        assert np.abs(beats[:, None] - truth.beats).min(axis=0).max() < 0.005
        assert store.read_bytes(row.picture_uri).startswith(b"\x89PNG")

    states = warehouse.rows("SELECT status, permanent, attempts, count(*) FROM library.track_states GROUP BY 1, 2, 3")
    assert sorted(states) == [("done", False, 1, 2), ("failed", True, 1, 1)]
    letters = warehouse.rows("SELECT reference, partition_key, reason FROM ops.dead_letters ORDER BY 1")
    assert [(uri.rsplit("/", 1)[1], key) for uri, key, _ in letters] == [
        ("silence again.wav", "b000001"),
        ("silence.wav", "b000001"),
    ]
    assert "is silent" in letters[0][2]

    said = metadata(run)
    assert (said["tracks"], said["tracks_attempted"], said["tracks_failed"]) == (3, 3, 1)
    assert said["dagster/partition_row_count"] == 2
    assert "data:image/png;base64," in str(said["picture"])
    assert len(str(said["picture"])) < 150_000
    checks = {check.check_name: check for check in run.get_asset_check_evaluations()}
    assert checks["contract"].passed
    assert (checks[ALL_ANALYSED].passed, checks[ALL_ANALYSED].severity) == (False, dg.AssetCheckSeverity.WARN)

    before = warehouse.rows("SELECT track_id, xmin::text FROM library.track_analyses")
    assert metadata(materialise(warehouse, store))["tracks_attempted"] == 0
    assert warehouse.rows("SELECT track_id, xmin::text FROM library.track_analyses") == before

    monkeypatch.setattr(analysis_store, "CODE_VERSION", "next")
    assert len(tracks_to_do(warehouse, ["b000001"])) == 3


def test_failures_that_may_pass_are_tried_again_three_times(
    warehouse: Warehouse, store: ObjectStore, tmp_path: Path
) -> None:
    path = tmp_path / "music" / "a.wav"
    path.parent.mkdir()
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, 44100 * 2), 44100)
    scan(str(path.parent), warehouse)
    path.unlink()
    for attempt in (1, 2, 3):
        assert metadata(materialise(warehouse, store))["tracks_attempted"] == 1
        assert warehouse.rows("SELECT status, permanent, attempts FROM library.track_states") == [
            ("failed", False, attempt)
        ]
    run = materialise(warehouse, store)
    assert metadata(run)["tracks_attempted"] == 0
    assert warehouse.scalar("SELECT occurrences FROM ops.dead_letters") == 3
    # What a scan knows to be gone is nobody's fault.
    warehouse.execute("UPDATE library.track_locations SET present = false")
    (check,) = (c for c in materialise(warehouse, store).get_asset_check_evaluations() if c.check_name == ALL_ANALYSED)
    assert check.passed


STEP = """
import sys
import dagster as dg
from tests.assets.library.test_definitions_track_analyses import materialise
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
materialise(Warehouse(sys.argv[1]), ObjectStore(sys.argv[2]))
"""


def test_a_step_that_is_killed_loses_nothing_that_was_finished(
    warehouse: Warehouse, store: ObjectStore, folder: Path
) -> None:
    scan(str(folder), warehouse)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    step = subprocess.Popen([sys.executable, "-c", STEP, warehouse.url, store.root_url], env=environment)
    try:
        deadline = time.monotonic() + 120
        while not warehouse.scalar("SELECT count(*) FROM library.track_states"):
            assert step.poll() is None, "the step ended before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        workers = psutil.Process(step.pid).children(recursive=True)
    finally:
        step.send_signal(signal.SIGKILL)
        step.wait()
    # Workers die with their step, so that none goes on holding memory and cores.
    assert psutil.wait_procs(workers, timeout=10)[1] == []
    finished = warehouse.scalar("SELECT count(*) FROM library.track_states")
    assert finished < 3
    assert metadata(materialise(warehouse, store))["tracks_attempted"] == 3 - finished
    assert warehouse.scalar("SELECT count(*) FROM library.track_analyses") == 2
    assert warehouse.scalar("SELECT max(attempts) FROM library.track_states") == 1
