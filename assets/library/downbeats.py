"""Which beat of four is the first of the bar, and which bar of eight the first of the phrase.

Belongs here: evidence for bar and phrase lines and the choice. Does not belong here: the beats
(``assets.library.grid_fit``).
"""

import numpy as np
from numpy.typing import NDArray

from assets.library.beat_grid import BARS_PER_PHRASE, BEATS_PER_BAR, Seconds
from assets.library.onset_features import FRAME_RATE, SPECTRUM_STEP, OnsetFeatures
from assets.library.pitch_features import CHROMA_RATE, PitchFeatures

EVIDENCE_WEIGHTS = {"kick": 1.7, "backbeat": 0.9, "harmony": 2.3, "bass": 0.5, "sections": 1.0}
"""Weights of a conditional logit, fitted to the charts of the shared set (14 of 16 right, each left out of its own fit)
and to synthesised tracks; ``sections`` raised from 0.6, since the charted songs hold few changes of section."""
PHRASE_LEAD = 1.5
NEAR_SECONDS = 0.05
CHROMA_DELAY_SECONDS = 0.08
CLEAR_ERRORS = 3.0
"""Standard errors by which a position must stand out to count in full."""


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
    low, middle = (_near_beats(getattr(features, band), beats) for band in ("low", "middle"))
    spectrum = beat_means(features.spectrum, FRAME_RATE / SPECTRUM_STEP, beats)
    change = block_change(spectrum, BEATS_PER_BAR)
    return {
        "kick": _by_position(low),
        "backbeat": -_by_position(middle),
        "harmony": _by_position(_turns(np.sqrt(pitches.chroma), beats)),
        "bass": _by_position(_turns(np.sqrt(pitches.bass), beats)),
        "sections": _by_position(_summits(change)),
    }


def block_change(spectrum: NDArray[np.float64], span: int) -> NDArray[np.float64]:
    """How much the ``span`` rows from each row on differ from the ``span`` rows before it.

    Args:
        spectrum: shape (n, features).
        span: rows compared.

    Returns:
        Shape (n,), zero where either side is incomplete.
    """
    n = len(spectrum)
    change = np.zeros(n)
    if n < 2 * span:
        return change
    sums = np.cumsum(np.concatenate([np.zeros((1, spectrum.shape[1])), spectrum]), axis=0)
    inner = np.arange(span, n - span + 1)
    change[inner[inner < n]] = np.linalg.norm(sums[inner + span] + sums[inner - span] - 2 * sums[inner], axis=1)[
        inner < n
    ]
    return change


def _near_beats(curve: NDArray[np.float32], beats: Seconds) -> NDArray[np.float64]:
    """Mean of an onset curve within `NEAR_SECONDS` of each beat, shape (beats - 1,)."""
    edges = np.stack([beats - NEAR_SECONDS, beats + NEAR_SECONDS], axis=1).ravel()
    return beat_means(curve, FRAME_RATE, edges)[::2][:-1]


def _turns(chroma: NDArray[np.float32], beats: Seconds) -> NDArray[np.float64]:
    """How much the pitch classes of each beat differ from those of the beat before, 0-1, shape (beats - 1,)."""
    # A chroma frame looks 0.17 s to either side; read a little late, each beat is itself.
    means = beat_means(chroma, CHROMA_RATE, beats, CHROMA_DELAY_SECONDS)
    loud = np.linalg.norm(means, axis=1, keepdims=True)
    means = means / np.maximum(loud, 1e-3 * loud.max(initial=0.0) + 1e-9)
    return np.concatenate([[0.0], 1 - np.sum(means[1:] * means[:-1], axis=1)]).clip(0.0)


def _summits(change: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squares of the local maxima of a curve, zero elsewhere: a change of section smears over the beats around it."""
    padded = np.pad(change, 2)
    highest = np.max([padded[d : d + len(change)] for d in range(5)], axis=0)
    return np.where(change >= highest, change, 0.0) ** 2


def _by_position(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the mean at each position of the bar stands out, -1 to 1: 0 where the differences are mere chance."""
    positions = [values[p::BEATS_PER_BAR] for p in range(BEATS_PER_BAR)]
    means = np.array([part.mean() if len(part) else 0.0 for part in positions])
    error = values.std() / np.sqrt(max(len(values) / BEATS_PER_BAR, 1)) + 1e-9
    return np.asarray(np.tanh((means - means.mean()) / error / CLEAR_ERRORS))


def find_downbeat(features: OnsetFeatures, pitches: PitchFeatures, beats: Seconds) -> tuple[int, float]:
    """Index 0-3 of the first downbeat among the beats, and its confidence 0-1."""
    if len(beats) < 2 * BEATS_PER_BAR + 1:
        return 0, 0.0
    found = evidence(features, pitches, beats)
    score = np.sum([weight * found[name] for name, weight in EVIDENCE_WEIGHTS.items()], axis=0)
    probability = np.exp(score - score.max())
    best = int(np.argmax(score))
    return best, float(probability[best] / probability.sum())


def find_phrase(features: OnsetFeatures, downbeats: Seconds) -> int:
    """Index 0-7 of the bar that opens the first whole 8-bar phrase; 0 where nothing tells.

    Sections change on phrase boundaries: the position within eight bars at which most of the change of four-bar blocks
    gathers is the boundary.
    """
    if len(downbeats) < 2 * BARS_PER_PHRASE + 1:
        return 0
    bars = beat_means(features.spectrum, FRAME_RATE / SPECTRUM_STEP, downbeats)
    change = _summits(block_change(bars, BARS_PER_PHRASE // 2)) + _summits(block_change(bars, 1))
    gathered = np.array([change[p::BARS_PER_PHRASE].sum() for p in range(BARS_PER_PHRASE)])
    best = int(np.argmax(gathered))
    # The first downbeat is the likeliest start: leave it only for a clearly better one.
    return best if gathered[best] > PHRASE_LEAD * gathered[0] else 0
