"""Answers of the analysis pool become rows and objects, one transaction a track.

Belongs here: what of an analysis goes into which column and object, and which tracks are left to do. Does not belong
here: the analysis (``assets.library.analysis``), processes (``assets.library.analysis_pool``), the asset
(``track_analyses``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

import sql
from assets.library.analysis_task import AnalysisAnswer, AnalysisTask
from assets.library.track_analysis import TrackAnalysis
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse

CODE_VERSION = "2"
"""Version of the analysis: raise it where its figures change, and every track is analysed anew."""
MAX_ATTEMPTS = 3
"""Failures that another attempt may cure (a crash, a disk that was away) are tried this often."""
PARQUET, PNG = "application/vnd.apache.parquet", "image/png"


def tracks_to_do(warehouse: Warehouse, batch_keys: Sequence[str]) -> list[AnalysisTask]:
    """The tracks of some batches that have no analysis by this version of the code."""
    parameters = {"batch_keys": list(batch_keys), "code_version": CODE_VERSION, "max_attempts": MAX_ATTEMPTS}
    rows = warehouse.rows(sql.text("statements/library_analysis_todo.sql"), parameters)
    return [AnalysisTask(track_id, title, tuple(uris)) for track_id, title, uris in rows]


def keep(warehouse: Warehouse, store: ObjectStore, answer: AnalysisAnswer) -> None:
    """Store the outcome of one track: objects first, then the row that names them, so that no row points nowhere."""
    task = answer.task
    if answer.track is None:
        failure = {
            "track_id": task.track_id,
            "uris": list(task.uris),
            "error": answer.reason,
            "permanent": answer.permanent,
            "code_version": CODE_VERSION,
        }
        warehouse.execute(sql.text("statements/library_analysis_failed.sql"), failure)
        return
    folder = f"analyses/{task.track_id[:2]}/{task.track_id}/v{CODE_VERSION}"
    arrays = store.put_bytes(f"{folder}/arrays.parquet", answer.track.arrays, PARQUET)
    picture = store.put_bytes(f"{folder}/picture.png", answer.track.picture, PNG)
    row = {
        **analysis_columns(answer.track.analysis),
        "track_id": task.track_id,
        "uris": list(task.uris),
        "arrays_uri": arrays.uri,
        "picture_uri": picture.uri,
        "code_version": CODE_VERSION,
    }
    warehouse.execute(sql.text("statements/library_analysis_done.sql"), row)


def analysis_columns(analysis: TrackAnalysis) -> Mapping[str, Any]:
    """The columns of ``library.track_analyses`` that an analysis fills."""
    grid, key, energy, loudness = analysis.grid, analysis.key, analysis.energy, analysis.loudness
    return {
        "duration_s": analysis.seconds,
        "sample_rate": analysis.sample_rate,
        "channels": analysis.channels,
        "decoder": analysis.decoder,
        "bpm": grid.bpm,
        "bpm_confidence": analysis.tempo.confidence,
        "bpm_candidates": Jsonb([[bpm, score] for bpm, score in analysis.tempo.candidates]),
        "first_beat_s": float(grid.beats[0]) if len(grid.beats) else None,
        "first_downbeat": grid.first_downbeat,
        "beat_count": len(grid.beats),
        "grid_constant": grid.constant,
        "grid_residual_ms": grid.residual_ms,
        "grid_confidence": grid.confidence,
        "key_tonic": key.key.tonic,
        "key_mode": key.key.mode,
        "camelot": key.key.camelot,
        "key_confidence": key.confidence,
        "second_camelot": key.second.camelot if key.second else None,
        "tuning_cents": key.tuning_cents,
        "energy": energy.overall,
        "energy_level": energy.level,
        "energy_curve": energy.curve.tolist(),
        "loudness_lufs": loudness.integrated_lufs,
        "loudness_range_lu": loudness.range_lu,
        "true_peak_dbtp": loudness.true_peak_dbtp,
        "mix_in_s": analysis.mix_in,
        "mix_out_s": analysis.mix_out,
    }
