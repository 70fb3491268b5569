"""Which beat of four is the first of the bar.

Belongs here: evidence for the bar line and the choice. Does not belong here: the beats (``assets.library.grid_fit``).
"""

import numpy as np
from numpy.typing import NDArray

from assets.library.beat_grid import BEATS_PER_BAR, Seconds
from assets.library.onset_features import FRAME_RATE, SPECTRUM_STEP, OnsetFeatures
from assets.library.pitch_features import CHROMA_RATE, PitchFeatures

EVIDENCE_WEIGHTS = {"kick": 1.0, "backbeat": 1.0, "harmony": 2.0, "sections": 4.0, "phrases": 2.0}


def beat_means(values: NDArray[np.floating], rate: float, beats: Seconds, shift: float = 0.0) -> NDArray[np.float64]:
    """Mean of a curve between each beat and the next.

    Args:
        values: shape (n,) or (n, features).
        rate: rows per second.
        beats: shape (b,), seconds.
        shift: seconds added to the beats.

    Returns:
        Shape (b - 1,) or (b - 1, features).
    """
    edges = np.clip(np.round((beats + shift) * rate).astype(int), 0, len(values))
    sums = np.cumsum(np.concatenate([np.zeros((1, *values.shape[1:])), values.astype(np.float64)]), axis=0)
    counts = np.maximum(np.diff(edges), 1)
    return np.asarray((sums[edges[1:]] - sums[edges[:-1]]) / counts.reshape(-1, *[1] * (values.ndim - 1)))


def evidence(features: OnsetFeatures, pitches: PitchFeatures, beats: Seconds) -> dict[str, NDArray[np.float64]]:
    """Evidence for each of the four positions of the first downbeat, each kind scaled to unit spread.

    Returns:
        Per kind, shape (4,).
    """
    window = 0.05
    at_beat = {
        band: beat_means(
            getattr(features, band), FRAME_RATE, np.stack([beats - window, beats + window], axis=1).ravel()
        )[::2]
        for band in ("low", "middle")
    }
    spectrum = beat_means(features.spectrum, FRAME_RATE / SPECTRUM_STEP, beats)
    chroma = beat_means(pitches.chroma + pitches.bass, CHROMA_RATE, beats)
    chroma /= np.linalg.norm(chroma, axis=1, keepdims=True) + 1e-9
    harmony = np.concatenate([[0.0], 1 - np.sum(chroma[1:] * chroma[:-1], axis=1)])
    change = bar_change(spectrum)
    return {
        "kick": _by_position(at_beat["low"]),
        "backbeat": -_by_position(at_beat["middle"]),
        "harmony": _by_position(harmony),
        "sections": _by_position(change**2),
        "phrases": _phrase_evidence(change),
    }


def bar_change(spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much the bar after each beat differs from the bar before it, shape (beats,)."""
    n = len(spectrum)
    sums = np.cumsum(np.concatenate([np.zeros((1, spectrum.shape[1])), spectrum]), axis=0)
    change = np.zeros(n)
    inner = np.arange(BEATS_PER_BAR, n - BEATS_PER_BAR + 1)
    after = sums[inner + BEATS_PER_BAR] - sums[inner]
    before = sums[inner] - sums[inner - BEATS_PER_BAR]
    change[inner] = np.linalg.norm(after - before, axis=1)
    return change


def _by_position(values: NDArray[np.float64]) -> NDArray[np.float64]:
    means = np.array([values[p::BEATS_PER_BAR].mean() if len(values) > p else 0.0 for p in range(BEATS_PER_BAR)])
    return _standardised(means)


def _phrase_evidence(change: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each position, the strongest concentration of change on one beat of an 8-bar phrase."""
    phrase = 8 * BEATS_PER_BAR
    sums = np.array([change[p::phrase].mean() if len(change) > p else 0.0 for p in range(phrase)])
    return _standardised(sums.reshape(-1, BEATS_PER_BAR).max(axis=0))


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = values - values.mean()
    return np.asarray(centred / (np.abs(centred).max() + 1e-9))


def find_downbeat(features: OnsetFeatures, pitches: PitchFeatures, beats: Seconds) -> tuple[int, float]:
    """Index 0-3 of the first downbeat among the beats, and its confidence 0-1."""
    if len(beats) < 2 * BEATS_PER_BAR + 1:
        return 0, 0.0
    found = evidence(features, pitches, beats)
    score = np.sum([weight * found[name] for name, weight in EVIDENCE_WEIGHTS.items()], axis=0)
    probability = np.exp(score - score.max())
    best = int(np.argmax(score))
    return best, float(probability[best] / probability.sum())
