"""Accuracy of the key: ``python -m bench.accuracy_key [--set DIR] [--count N] [--json]``.

Belongs here: key figures of ours against essentia's ``KeyExtractor`` on the same tracks. With ``--set``, tracks of
``DIR/manifest.csv`` with a stated key; without, synthesised ones.
"""

import argparse
import json
from pathlib import Path

import mir_eval
import numpy as np

from assets.library.key_detection import detect_key
from assets.library.keys import FLAT_NAMES, Key, parse_key
from assets.library.pitch_features import pitch_features
from assets.library.spectra import at_analysis_rate
from assets.library.track_analysis import DecodedAudio
from bench.truth_set import manifest_tracks, synthetic_tracks

SYSTEMS = ("ours", "essentia_bgate", "essentia_edma")
SEED = 2


def estimates(audio: DecodedAudio) -> dict[str, Key]:
    """The key by each system."""
    import essentia

    essentia.log.infoActive = essentia.log.warningActive = False
    import essentia.standard as es
    import soxr

    found = {"ours": detect_key(pitch_features(at_analysis_rate(audio.mono, audio.sample_rate))).key}
    mono = soxr.resample(audio.mono, audio.sample_rate, 44100)
    for profile in ("bgate", "edma"):
        tonic, mode, _ = es.KeyExtractor(profileType=profile)(mono)
        found[f"essentia_{profile}"] = parse_key(f"{tonic} {mode}")
    return found


def mixable(estimate: Key, truth: Key) -> bool:
    """Whether a mix planned on the estimate stays within one step of the Camelot wheel or the relative key."""
    step = (estimate.camelot_number - truth.camelot_number) % 12
    return step in (0, 1, 11) if estimate.mode == truth.mode else step == 0


def label(key: Key) -> str:
    """The key as mir_eval spells it."""
    return f"{FLAT_NAMES[key.tonic]} {key.mode}"


def main() -> None:
    """Print the table and, with ``--json``, the figures as one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, help="folder with audio and manifest.csv")
    parser.add_argument("--count", type=int, default=60, help="synthesised tracks where no folder is given")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    tracks = manifest_tracks(options.set) if options.set else synthetic_tracks(options.count, SEED)
    rows: dict[str, list[tuple[float, float, float]]] = {system: [] for system in SYSTEMS}
    for track in tracks:
        if track.key is None:
            continue
        audio, _, _ = track.audio()
        found = estimates(audio)
        print(f"{track.name[-44:]:44s} {track.key.name:10s} " + " ".join(f"{found[s].name:10s}" for s in SYSTEMS))
        for system, key in found.items():
            weighted = mir_eval.key.weighted_score(label(track.key), label(key))
            rows[system].append((float(key == track.key), weighted, float(mixable(key, track.key))))
    figures = {"tracks.ours": float(len(rows["ours"]))}
    for system, scores in rows.items():
        for name, value in zip(("key_exact", "key_weighted", "key_mixable"), np.mean(scores, axis=0), strict=True):
            figures[f"{name}.{system}"] = round(float(value), 4)
    for name, value in figures.items():
        print(f"{name:32s} {value:8.4f}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
