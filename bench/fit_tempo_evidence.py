"""Fit the weights of tempo evidence: ``python -m bench.fit_tempo_evidence --set DIR [--count N]``.

Belongs here: the fit behind ``assets.library.tempo.EVIDENCE_WEIGHTS`` and its test on tracks left out. Does not belong
here: the evidence itself.

A conditional logit: among the candidates of a track, the true tempo is to get the highest score. Real tracks of
`TRACK_SECONDS` or more count most, loops least, since a library holds tracks.
"""

import argparse
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from assets.library.onset_features import onset_features
from assets.library.spectra import at_analysis_rate
from assets.library.tempo import EVIDENCE_WEIGHTS, candidates, evidence, periodicity
from bench.truth_set import TrueTrack, manifest_tracks, synthetic_tracks

SEED = 1
RIDGE = 3.0
TOLERANCE = 0.02
TRACK_SECONDS = 40.0
WEIGHTS = {"track": 2.0, "loop": 0.5, "synthesised": 0.7}


@dataclass(frozen=True, eq=False)
class Choice:
    """One track: evidence of its candidates, shape (candidates, kinds), which of them are right, and its weight."""

    name: str
    evidence: NDArray[np.float64]
    right: NDArray[np.bool_]
    weight: float
    real: bool


def choice(track: TrueTrack) -> Choice | None:
    """The candidates of a track; None where the true tempo is unknown or not among them."""
    if track.bpm is None:
        return None
    audio, _, _ = track.audio()
    found = periodicity(onset_features(at_analysis_rate(audio.mono, audio.sample_rate)))
    tempi = np.array(candidates(found))
    right = np.abs(tempi / track.bpm - 1) < TOLERANCE
    if not right.any():
        return None
    rows = [list(evidence(found, bpm).values()) for bpm in tempi]
    kind = "synthesised" if track.recipe else "track" if audio.seconds > TRACK_SECONDS else "loop"
    return Choice(track.name, np.array(rows), right, WEIGHTS[kind], track.recipe is None)


def fit(choices: list[Choice]) -> NDArray[np.float64]:
    """Weights per kind of evidence that make the right candidates likeliest."""
    spread = np.concatenate([c.evidence for c in choices]).std(axis=0) + 1e-9

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, gradient = RIDGE * float(weights @ weights), 2 * RIDGE * weights
        for c in choices:
            scaled = c.evidence / spread
            likely = np.exp(scaled @ weights - (scaled @ weights).max())
            right = np.where(c.right, likely, 0.0) + 1e-300
            total += c.weight * float(np.log(likely.sum()) - np.log(right.sum()))
            gradient = gradient + c.weight * (scaled.T @ (likely / likely.sum() - right / right.sum()))
        return total, gradient

    return np.asarray(minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B").x / spread)


def is_right(weights: NDArray[np.float64], c: Choice) -> bool:
    """Whether the highest score falls on a right candidate."""
    return bool(c.right[int(np.argmax(c.evidence @ weights))])


def main() -> None:
    """Print the weights and how often they are right, also on tracks left out of the fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, required=True, help="folder with audio and manifest.csv")
    parser.add_argument("--count", type=int, default=70, help="synthesised tracks beside them")
    options = parser.parse_args()
    tracks = chain(manifest_tracks(options.set), synthetic_tracks(options.count, SEED))
    choices = [c for c in map(choice, tracks) if c is not None]
    weights = fit(choices)
    for name, value in zip(EVIDENCE_WEIGHTS, weights, strict=True):
        print(f'    "{name}": {value:.2f},')
    real = [c for c in choices if c.real]
    left_out = [is_right(fit([other for other in choices if other is not c]), c) for c in real]
    print(f"right on {np.mean([is_right(weights, c) for c in choices]):.3f} of {len(choices)} tracks fitted to")
    print(f"right on {np.mean(left_out):.3f} of {len(real)} real tracks, each left out of the fit")


if __name__ == "__main__":
    main()
