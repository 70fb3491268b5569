"""Rows of the library for tests of mixes: a crate on disk, described by its truth instead of by an analysis."""

from pathlib import Path

import pandas as pd

from assets.library.decode import decode_file
from assets.library.loudness import measure_loudness
from assets.library.synthesis import Section, TrackRecipe, WrittenTrack
from resources.warehouse import Warehouse

_ENERGY = {"intro": 0.4, "verse": 0.6, "breakdown": 0.3, "drop": 0.9, "outro": 0.4}


def add_batch(warehouse: Warehouse, batch_key: str, tracks: list[WrittenTrack]) -> list[str]:
    """Register tracks as one intake batch with their true grid and key, and return their ids."""
    ids = [f"{int(batch_key[1:]):016x}{number:016x}" for number in range(len(tracks))]
    columns = {"batch_key": batch_key, "source": "file:///music/", "track_count": len(tracks)}
    warehouse.upsert("library.intake_batches", pd.DataFrame([columns]), ["batch_key"])
    rows = [_track(one, batch_key, track) for one, track in zip(ids, tracks, strict=True)]
    warehouse.upsert("library.tracks", pd.DataFrame(rows), ["track_id"])
    places = [
        {"uri": f"file://{track.path}", "track_id": one, "bytes": track.path.stat().st_size}
        for one, track in zip(ids, tracks, strict=True)
    ]
    warehouse.upsert("library.track_locations", pd.DataFrame(places), ["uri"])
    analyses = [_analysis(one, track) for one, track in zip(ids, tracks, strict=True)]
    warehouse.upsert("library.track_analyses", pd.DataFrame(analyses), ["track_id"])
    return ids


def invented_batch(warehouse: Warehouse, batch_key: str, bpms: list[float], camelots: list[str]) -> list[str]:
    """Register tracks without audio, for what never opens a file."""
    recipes = [
        TrackRecipe(f"{batch_key} {n}", bpm, _key(c), (Section("drop", 8),))
        for n, (bpm, c) in enumerate(zip(bpms, camelots, strict=True))
    ]
    ids = [f"{int(batch_key[1:]):016x}{number:016x}" for number in range(len(recipes))]
    columns = {"batch_key": batch_key, "source": "file:///music/", "track_count": len(recipes)}
    warehouse.upsert("library.intake_batches", pd.DataFrame([columns]), ["batch_key"])
    rows, places, analyses = [], [], []
    for one, recipe in zip(ids, recipes, strict=True):
        rows.append(_track_row(one, batch_key, recipe))
        places.append({"uri": f"file:///music/{one}.flac", "track_id": one, "bytes": 1})
        analyses.append(_analysis_row(one, recipe, 200.0, 400, [0.5] * 100, -9.0, (30.0, 170.0)))
    warehouse.upsert("library.tracks", pd.DataFrame(rows), ["track_id"])
    warehouse.upsert("library.track_locations", pd.DataFrame(places), ["uri"])
    warehouse.upsert("library.track_analyses", pd.DataFrame(analyses), ["track_id"])
    return ids


def _key(camelot: str):
    from assets.library.keys import from_camelot

    return from_camelot(camelot)


def _track(track_id: str, batch_key: str, track: WrittenTrack) -> dict[str, object]:
    return _track_row(track_id, batch_key, track.recipe)


def _track_row(track_id: str, batch_key: str, recipe: TrackRecipe) -> dict[str, object]:
    return {
        "track_id": track_id,
        "batch_key": batch_key,
        "title": recipe.name,
        "artist": recipe.artist,
        "genre": recipe.style.replace("_", " "),
        "media_type": "audio/flac",
        "audio_bytes": 1,
    }


def _analysis(track_id: str, track: WrittenTrack) -> dict[str, object]:
    truth, audio = track.truth, decode_file(Path(track.path))
    bars = [(section.start, section.end, _ENERGY[section.kind]) for section in truth.sections]
    curve = [next((e for s, t, e in bars if s <= 2 * k < t), 0.4) for k in range(int(truth.seconds // 2) + 1)]
    loudness = measure_loudness(audio.samples, audio.sample_rate).integrated_lufs
    cues = (truth.sections[0].start, truth.sections[-1].start)
    return _analysis_row(track_id, track.recipe, truth.seconds, len(truth.beats), curve, loudness, cues)


def _analysis_row(
    track_id: str,
    recipe: TrackRecipe,
    seconds: float,
    beats: int,
    curve: list[float],
    lufs: float,
    cues: tuple[float, float],
) -> dict[str, object]:
    return {
        "track_id": track_id, "duration_s": seconds, "sample_rate": recipe.sample_rate, "channels": 2,
        "decoder": "soundfile", "bpm": recipe.bpm, "bpm_confidence": 1.0, "bpm_candidates": [],
        "first_beat_s": recipe.lead_in_seconds, "first_downbeat": 0, "beat_count": beats, "grid_constant": True,
        "grid_residual_ms": 0.0, "grid_confidence": 1.0, "key_tonic": recipe.key.tonic, "key_mode": recipe.key.mode,
        "camelot": recipe.key.camelot, "key_confidence": 1.0, "tuning_cents": 0.0, "energy": max(curve),
        "energy_level": 7, "energy_curve": curve, "loudness_lufs": lufs, "loudness_range_lu": 5.0,
        "true_peak_dbtp": -1.0, "mix_in_s": cues[0], "mix_out_s": cues[1], "arrays_uri": "file:///none",
        "picture_uri": "file:///none", "code_version": "truth",
    }  # fmt: skip
