"""The asset ``library.transition_scores``: the best successors of every track.

Belongs here: the asset and how new pairs meet the stored ones. Does not belong here: the score
(``assets.mixes.transition_scoring``).

A new batch is scored in both directions, its tracks against all and all against its tracks; what was scored before
stays. The successors of a track that was there before are the best of the old and the new, so nothing is rebuilt.
"""

import time
from collections.abc import Iterator, Sequence

import dagster as dg
import numpy as np
import psycopg

import sql
from assets.checks import contract_results, contract_specs
from assets.library.keys import from_camelot
from assets.materialisation import result
from assets.mixes.definitions.crate import CrateRow, crate_rows, genre_of
from assets.mixes.definitions.shown import markdown
from assets.mixes.transition_scoring import (
    CUE_SECONDS,
    SUCCESSORS,
    Index,
    Successors,
    TrackFeatures,
    best_successors,
    track_features,
)
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["library", "transition_scores"]
CODE_VERSION = "1"
_SHOWN = """
SELECT a.title AS track, b.title AS successor, s.rank, round(s.score::numeric, 1) AS score,
    round(s.harmonic_score::numeric) AS harmonic, round(s.tempo_score::numeric) AS tempo,
    round(s.energy_score::numeric) AS energy
FROM library.transition_scores AS s
JOIN library.tracks AS a ON a.track_id = s.out_track
JOIN library.tracks AS b ON b.track_id = s.in_track
WHERE s.batch_key = ANY(%s) AND s.rank = 1 ORDER BY s.score DESC, a.title LIMIT 20
"""


@dg.asset(
    key=KEY,
    deps=[dg.AssetKey(["library", "track_analyses"])],
    description="How well one track follows another: the best 200 successors of each track by harmony, tempo and "
    "energy. Use it to find what to play next.",
    kinds={"python", "postgres", "gold"},
    owners=["team:mixes"],
    code_version=CODE_VERSION,
    check_specs=contract_specs(KEY),
)
def transition_scores(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
    """Score the tracks of the batches against the library, and the library against them."""
    started = time.monotonic()
    database, batch_keys = warehouse.warehouse(), list(context.partition_keys)
    scored = score_batches(database, batch_keys)
    counts = dict(
        database.rows(
            "SELECT batch_key, count(*) FROM library.transition_scores WHERE batch_key = ANY(%s) GROUP BY 1",
            [batch_keys],
        )
    )
    rows = {key: int(counts.get(key, 0)) for key in batch_keys}
    one = batch_keys[0] if len(batch_keys) == 1 else ""
    checks = contract_results(database, KEY, sum(rows.values()), partition_key=one, where={"batch_key": batch_keys})
    metadata = {"pairs_offered": scored, "best": markdown(database.frame(_SHOWN, [batch_keys]))}
    return result(database, KEY, rows=rows, started=started, checks=checks, metadata=metadata)


def score_batches(warehouse: Warehouse, batch_keys: Sequence[str]) -> int:
    """Score some batches against the whole library and merge the result, in one transaction.

    Returns:
        Pairs offered to the merge.
    """
    tracks = crate_rows(warehouse)
    features = features_of(tracks)
    new = np.flatnonzero([track.batch_key in batch_keys for track in tracks])
    old = np.setdiff1d(np.arange(len(tracks)), new)
    offered = 0
    with warehouse.connect() as connection:
        # two batches at once would each miss the other's tracks among a track's best; the second waits
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('library.transition_scores', 0))")
        connection.execute(sql.text("statements/transition_scores_stage.sql").encode())
        for found in _pairs(features, new, old):
            offered += _stage(connection, features, found)
        _merge(connection, batch_keys)
    return offered


def features_of(rows: Sequence[CrateRow]) -> TrackFeatures:
    """Columns that the score needs, from rows of the crate."""
    return track_features(
        [row.track_id for row in rows],
        [row.bpm for row in rows],
        [from_camelot(row.camelot) for row in rows],
        [row.key_confidence for row in rows],
        [row.energy_between(row.mix_in_s, row.mix_in_s + CUE_SECONDS) for row in rows],
        [row.energy_between(row.mix_out_s - CUE_SECONDS, row.mix_out_s) for row in rows],
        [genre_of(row.genre) for row in rows],
    )


def _pairs(features: TrackFeatures, new: Index, old: Index) -> Iterator[Successors]:
    if new.size:
        yield from best_successors(features, new)
        if old.size:
            yield from best_successors(features, old, new)


def _stage(connection: psycopg.Connection, features: TrackFeatures, found: Successors) -> int:
    ids, scores = np.array(features.track_ids), found.scores
    columns = [
        ids[found.outgoing].tolist(),
        ids[found.incoming].tolist(),
        scores.score.tolist(),
        scores.harmonic.tolist(),
        scores.tempo.tolist(),
        scores.energy.tolist(),
        (1.0 + scores.stretch_percent / 100.0).tolist(),
        np.clip(scores.energy_step, -1.0, 1.0).tolist(),
    ]
    with connection.cursor() as cursor, cursor.copy("COPY new_scores FROM STDIN") as copy:
        for row in zip(*columns, strict=True):
            copy.write_row(row)
    return len(found.outgoing)


def _merge(connection: psycopg.Connection, batch_keys: Sequence[str]) -> None:
    parameters = {"batch_keys": list(batch_keys), "code_version": CODE_VERSION, "successors": SUCCESSORS}
    connection.execute("ANALYZE new_scores")
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(sql.text("transforms/transition_scores.sql").encode(), parameters)
