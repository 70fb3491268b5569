"""The crate: rows of the library become the records that planner, scorer and renderer work on.

Belongs here: reading the library's tables for mixes. Does not belong here: what is done with the tracks.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import sql
from assets.library.analysis_arrays import arrays_from_parquet
from assets.library.beat_grid import BeatGrid, Seconds
from assets.library.file_access import local_copy
from assets.library.keys import from_camelot
from assets.library.track_analysis import ENERGY_STEP_SECONDS
from assets.mixes.crate_track import UNKNOWN_GENRE, CrateTrack
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse


@dataclass(frozen=True)
class CrateRow:
    """One row of ``statements/mix_crate.sql``; the columns are those of the library's tables."""

    track_id: str
    batch_key: str
    artist: str
    title: str
    genre: str
    uri: str
    duration_s: float
    bpm: float
    first_beat_s: float | None
    first_downbeat: int
    beat_count: int
    grid_constant: bool
    grid_residual_ms: float
    grid_confidence: float
    camelot: str
    key_confidence: float
    energy: float
    energy_curve: list[float]
    loudness_lufs: float
    mix_in_s: float
    mix_out_s: float
    arrays_uri: str

    def energy_between(self, start: float, end: float) -> float:
        """Mean energy 0-1 from ``start`` to ``end`` seconds; the track's own where the curve does not reach."""
        first = max(0, int(start // ENERGY_STEP_SECONDS))
        window = self.energy_curve[first : max(first + 1, math.ceil(end / ENERGY_STEP_SECONDS))]
        return sum(window) / len(window) if window else self.energy


def load_crate(
    warehouse: Warehouse, store: ObjectStore, track_ids: Sequence[str] | None = None
) -> tuple[CrateTrack, ...]:
    """Every analysed track that has a file, or those named, ordered by track id.

    Args:
        warehouse: where the library is.
        store: where the beats of tracks without a constant tempo are.
        track_ids: None: all.
    """
    return tuple(_crate_track(row, store) for row in crate_rows(warehouse, track_ids))


def crate_rows(warehouse: Warehouse, track_ids: Sequence[str] | None = None) -> list[CrateRow]:
    """The rows behind `load_crate`, one per track, ordered by track id."""
    parameters = {"track_ids": None if track_ids is None else list(track_ids)}
    return [CrateRow(*row) for row in warehouse.rows(sql.text("statements/mix_crate.sql"), parameters)]


@contextmanager
def local_files(crate: Sequence[CrateTrack], warehouse: Warehouse) -> Iterator[dict[str, CrateTrack]]:
    """The tracks by id, each with a file of this machine for as long as the context lasts.

    Raises:
        OSError: a file cannot be read.
    """
    uris = {row.track_id: row.uri for row in crate_rows(warehouse, [track.track_id for track in crate])}
    with ExitStack() as files:
        yield {
            track.track_id: replace(track, path=files.enter_context(local_copy(uris[track.track_id])))
            for track in crate
        }


def genre_of(text: str) -> str:
    """Genre as the tempo tolerances name it."""
    return text.strip() or UNKNOWN_GENRE


def _crate_track(row: CrateRow, store: ObjectStore) -> CrateTrack:
    return CrateTrack(
        track_id=row.track_id,
        artist=row.artist,
        title=row.title,
        path=Path(row.uri.removeprefix("file://")),
        seconds=row.duration_s,
        grid=BeatGrid(
            row.bpm,
            _beats(row, store),
            row.first_downbeat,
            row.grid_constant,
            row.grid_residual_ms,
            row.grid_confidence,
        ),
        key=from_camelot(row.camelot),
        key_confidence=row.key_confidence,
        energy=row.energy,
        energy_curve=np.asarray(row.energy_curve, dtype=np.float32),
        loudness_lufs=row.loudness_lufs,
        mix_in=row.mix_in_s,
        mix_out=row.mix_out_s,
        genre=genre_of(row.genre),
    )


def _beats(row: CrateRow, store: ObjectStore) -> Seconds:
    if row.first_beat_s is None:
        return np.zeros(0)
    if row.grid_constant:
        return np.asarray(row.first_beat_s + np.arange(row.beat_count) * (60.0 / row.bpm), dtype=np.float64)
    return arrays_from_parquet(store.read_bytes(row.arrays_uri)).beats
