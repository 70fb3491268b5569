"""Successors of every track on a real database: batch by batch comes to the same as all at once."""

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from assets.mixes.definitions import transition_scores as asset
from assets.mixes.definitions.crate import crate_rows
from assets.mixes.definitions.transition_scores import KEY, features_of, score_batches
from assets.mixes.transition_scoring import SUCCESSORS, best_successors
from resources.warehouse import Warehouse, WarehouseResource
from tests.assets.mixes.library_rows import invented_batch

BATCHES = dg.DynamicPartitionsDefinition(name="intake_batches")
PARTITIONED = asset.map_asset_specs(lambda spec: spec.replace_attributes(partitions_def=BATCHES))
PAIRS = "SELECT out_track, in_track, rank, score, batch_key FROM library.transition_scores ORDER BY 1, 3"


def fill(warehouse: Warehouse, batches: int, tracks: int = 50, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    for batch in range(1, batches + 1):
        bpms = rng.uniform(122, 126, tracks).round(2).tolist()
        camelots = rng.choice(["7A", "8A", "8B", "9A", "2B"], tracks).tolist()
        invented_batch(warehouse, f"b{batch:06d}", bpms, camelots)


def all_at_once(warehouse: Warehouse) -> pd.DataFrame:
    """The best successors by one pass over the whole library."""
    features = features_of(crate_rows(warehouse))
    ids = np.array(features.track_ids)
    found = list(best_successors(features, np.arange(len(features))))
    columns = {
        "out_track": np.concatenate([ids[f.outgoing] for f in found]),
        "in_track": np.concatenate([ids[f.incoming] for f in found]),
        "rank": np.concatenate([f.rank for f in found]),
        "score": np.concatenate([f.scores.score for f in found]),
    }
    return pd.DataFrame(columns).sort_values(["out_track", "rank"]).reset_index(drop=True)


def test_batch_by_batch_comes_to_the_same_as_all_at_once(warehouse: Warehouse) -> None:
    fill(warehouse, batches=1)
    score_batches(warehouse, ["b000001"])
    fill(warehouse, batches=6)
    for batch in range(2, 7):
        score_batches(warehouse, [f"b{batch:06d}"])
    stored, wanted = warehouse.frame(PAIRS), all_at_once(warehouse)
    assert wanted.groupby("out_track").size().max() == SUCCESSORS  # the limit bites
    assert stored[["out_track", "in_track", "rank"]].equals(wanted[["out_track", "in_track", "rank"]])
    np.testing.assert_allclose(stored["score"], wanted["score"], rtol=1e-6)


def test_scoring_again_touches_no_row(warehouse: Warehouse) -> None:
    fill(warehouse, batches=3, tracks=20)
    versions = "SELECT out_track, in_track, xmin::text, batch_key FROM library.transition_scores ORDER BY 1, 2"
    for batch in (1, 2, 3):
        score_batches(warehouse, [f"b{batch:06d}"])
    before = warehouse.rows(versions)
    assert before
    score_batches(warehouse, ["b000001"])
    score_batches(warehouse, ["b000001", "b000002", "b000003"])
    assert warehouse.rows(versions) == before


def test_a_track_that_changed_takes_its_old_scores_along(warehouse: Warehouse) -> None:
    fill(warehouse, batches=2, tracks=10)
    score_batches(warehouse, ["b000001", "b000002"])
    changed = warehouse.scalar("SELECT out_track FROM library.transition_scores ORDER BY 1 LIMIT 1")
    warehouse.execute("UPDATE library.track_analyses SET bpm = 61 WHERE track_id = %s", [changed])
    batch = warehouse.scalar("SELECT batch_key FROM library.tracks WHERE track_id = %s", [changed])
    score_batches(warehouse, [batch])
    stored, wanted = warehouse.frame(PAIRS), all_at_once(warehouse)
    assert stored[["out_track", "in_track", "rank"]].equals(wanted[["out_track", "in_track", "rank"]])


def test_materialising_a_batch_counts_its_own_pairs(warehouse: Warehouse) -> None:
    fill(warehouse, batches=2, tracks=8)
    for key in ("b000001", "b000002"):
        with dg.DagsterInstance.ephemeral() as instance:
            instance.add_dynamic_partitions("intake_batches", ["b000001", "b000002"])
            resources = {"warehouse": WarehouseResource(url=warehouse.url)}
            run = dg.materialize([PARTITIONED], instance=instance, partition_key=key, resources=resources)
        (event,) = run.asset_materializations_for_node("library__transition_scores")
        stored = warehouse.scalar("SELECT count(*) FROM library.transition_scores WHERE batch_key = %s", [key])
        assert event.metadata["dagster/partition_row_count"].value == stored > 0
        assert all(check.passed for check in run.get_asset_check_evaluations())
    # a pair belongs to the batch that completed it
    assert warehouse.scalar(
        "SELECT bool_and(s.batch_key = greatest(a.batch_key, b.batch_key)) FROM library.transition_scores s"
        " JOIN library.tracks a ON a.track_id = s.out_track JOIN library.tracks b ON b.track_id = s.in_track"
    )
    assert KEY == ["library", "transition_scores"]


@pytest.mark.parametrize("tracks", [0, 1])
def test_a_library_too_small_to_pair_has_no_scores(warehouse: Warehouse, tracks: int) -> None:
    if tracks:
        fill(warehouse, batches=1, tracks=tracks)
    assert score_batches(warehouse, ["b000001"]) == 0
    assert warehouse.scalar("SELECT count(*) FROM library.transition_scores") == 0
