"""Accuracy of tempo and beats: ``python -m bench.accuracy_tempo [--set DIR] [--count N] [--json]``.

Belongs here: tempo, beat and downbeat figures of ours against essentia's ``RhythmExtractor2013`` on the same tracks.
With ``--set``, tracks of ``DIR/manifest.csv`` with a stated or constructed tempo; without, synthesised ones.
"""

import argparse
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import mir_eval
import numpy as np
from numpy.typing import NDArray

from assets.library.analysis import fit_grid
from assets.library.onset_features import onset_features
from assets.library.pitch_features import pitch_features
from assets.library.spectra import at_analysis_rate
from assets.library.tempo import estimate_tempo
from assets.library.track_analysis import DecodedAudio
from bench.truth_set import manifest_tracks, synthetic_tracks

SEED = 2
ACC1, TIGHT = 0.04, 0.001
"""Relative tolerances: the field's, and what a mix of 32 bars needs."""
FREE_OFFSET_SECONDS = 0.06
"""A chart whose clock differs from the decoder's may lie this far off as a whole; larger errors are the tracker's."""
MIN_SECONDS = 15.0
"""Shorter tracks have no beats worth scoring: mir_eval trims the first five seconds."""

Beats = NDArray[np.float64]


@dataclass
class Scores:
    """Figures of one system over all tracks."""

    acc1: list[float] = field(default_factory=list)
    tight: list[float] = field(default_factory=list)
    acc2: list[float] = field(default_factory=list)
    beat_f: list[float] = field(default_factory=list)
    downbeat_f: list[float] = field(default_factory=list)
    offsets_ms: list[float] = field(default_factory=list)
    worst_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def add_tempo(self, bpm: float, truth: float) -> None:
        """Score a tempo."""
        self.acc1.append(float(abs(bpm / truth - 1) <= ACC1))
        self.tight.append(float(abs(bpm / truth - 1) <= TIGHT))
        self.acc2.append(float(any(abs(bpm * k / truth - 1) <= ACC1 for k in (1, 2, 3, 1 / 2, 1 / 3))))

    def add_beats(self, beats: Beats, truth: Beats, exact: bool) -> float:
        """Score beats; returns the constant by which a chart of another clock was moved."""
        offsets = nearest_offsets(beats, truth)
        shift = 0.0
        if not exact and len(offsets) and abs(np.median(offsets)) < FREE_OFFSET_SECONDS:
            shift = float(np.median(offsets))
        trim = mir_eval.beat.trim_beats
        self.beat_f.append(mir_eval.beat.f_measure(trim(truth + shift), trim(beats)))
        distance = 1000 * np.abs(offsets - shift)
        self.offsets_ms.append(float(np.median(distance)) if len(distance) else np.nan)
        self.worst_ms.append(float(np.percentile(distance, 95)) if len(distance) else np.nan)
        return shift

    def figures(self, system: str) -> dict[str, float]:
        """Flat figures of this system."""
        rows = {
            "tempo_acc1": self.acc1,
            "tempo_acc1_tight": self.tight,
            "tempo_acc2": self.acc2,
            "beat_f": self.beat_f,
            "downbeat_f": self.downbeat_f,
        }
        found = {f"{name}.{system}": round(float(np.mean(values)), 4) for name, values in rows.items() if values}
        if self.worst_ms:
            found[f"beat_offset_median_ms.{system}"] = round(float(np.nanmedian(self.offsets_ms)), 3)
            found[f"beat_offset_p95_ms.{system}"] = round(float(np.nanmedian(self.worst_ms)), 3)
            found[f"beat_p95_within_5ms.{system}"] = round(float(np.mean(np.array(self.worst_ms) <= 5)), 4)
        found[f"seconds.{system}"] = round(self.seconds, 2)
        return found


def nearest_offsets(beats: Beats, truth: Beats) -> Beats:
    """Signed distance in seconds of the nearest estimated beat from each true one."""
    if not len(beats):
        return np.zeros(0)
    right = np.clip(np.searchsorted(beats, truth), 1, max(len(beats) - 1, 1))
    choices = np.stack([beats[right - 1], beats[np.minimum(right, len(beats) - 1)]]) - truth
    return np.asarray(np.where(np.abs(choices[0]) < np.abs(choices[1]), choices[0], choices[1]))


def ours(audio: DecodedAudio) -> tuple[float, Beats, Beats]:
    """Tempo, beats and downbeats by this project."""
    signal = at_analysis_rate(audio.mono, audio.sample_rate)
    onsets = onset_features(signal)
    _, grid = fit_grid(onsets, pitch_features(signal), estimate_tempo(onsets))
    return grid.bpm, grid.beats, grid.downbeats


def essentia_rhythm(audio: DecodedAudio) -> tuple[float, Beats, Beats]:
    """Tempo and beats by essentia; it gives no downbeats."""
    import essentia

    essentia.log.infoActive = essentia.log.warningActive = False
    import essentia.standard as es
    import soxr

    mono = soxr.resample(audio.mono, audio.sample_rate, 44100)
    bpm, beats, *_ = es.RhythmExtractor2013(method="multifeature")(mono)
    return float(bpm), np.asarray(beats, dtype=np.float64), np.zeros(0)


SYSTEMS = {"ours": ours, "essentia": essentia_rhythm}


def main() -> None:
    """Print the table and, with ``--json``, the figures as one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, help="folder with audio and manifest.csv")
    parser.add_argument("--count", type=int, default=60, help="synthesised tracks where no folder is given")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    tracks = manifest_tracks(options.set) if options.set else synthetic_tracks(options.count, SEED)
    scores = {system: Scores() for system in SYSTEMS}
    for track in tracks:
        if track.bpm is None:
            continue
        audio, truth, true_downbeats = track.audio()
        line = f"{track.name[-40:]:40s} {track.bpm:8.3f}"
        for system, measure in SYSTEMS.items():
            started = time.perf_counter()
            bpm, beats, downbeats = measure(audio)
            scores[system].seconds += time.perf_counter() - started
            scores[system].add_tempo(bpm, track.bpm)
            line += f" | {system} {bpm:9.4f}"
            if truth is None or true_downbeats is None or audio.seconds < MIN_SECONDS:
                continue
            shift = scores[system].add_beats(beats, truth, track.exact)
            line += f" F {scores[system].beat_f[-1]:.2f} p95 {scores[system].worst_ms[-1]:6.1f} ms"
            if len(downbeats):
                trim = mir_eval.beat.trim_beats
                scores[system].downbeat_f.append(mir_eval.beat.f_measure(trim(true_downbeats + shift), trim(downbeats)))
        print(line)
    figures = {"tracks.ours": float(len(scores["ours"].acc1)), "beat_tracks.ours": float(len(scores["ours"].beat_f))}
    for system, found in scores.items():
        figures |= found.figures(system)
    for name, value in figures.items():
        print(f"{name:36s} {value:10.4f}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
