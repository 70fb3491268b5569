"""Beats of a track: period and phase, fitted to its attacks.

Belongs here: from a tempo and onset curves to a `BeatGrid` without bars. Does not belong here: choosing the tempo
(``assets.library.tempo``), finding the bars (``assets.library.downbeats``).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.library.beat_grid import Seconds
from assets.library.onset_features import ATTACK_RATE, FRAME_RATE, OnsetFeatures

PHASE_BANDS = {"low": 1.0, "middle": 0.7, "high": 0.1}
"""What a band says about where the beat is: trackers that listen to hats lock to the off-beat."""
SEARCH_SECONDS = 0.035
"""How far from the expected beat its attack may lie."""
CONSTANT_RESIDUAL_MS = 10.0
OUTLIER_SECONDS = 0.004
_ITERATIONS = 12
EDGE_SECONDS = 0.002
ATTACK_DELAY_SECONDS = 0.0005
"""Half a step of the attack curve: a sound that begins within a step is seen at its start."""
BEFORE_MS, AFTER_MS = 10, 5
SNAP_FRACTIONS = (1.0, 0.5)
SNAP_COST_SECONDS = 0.0005


@dataclass(frozen=True, eq=False)
class FittedBeats:
    """Beats, before bars are known.

    Attributes:
        bpm: beats per minute.
        first_beat: time of a beat in seconds (the line's value at beat 0 of the fit).
        residual_ms: median distance of the attacks from the line.
        constant: whether the line explains the attacks over the whole track.
        support: share 0-1 of the beats with an attack within `OUTLIER_SECONDS` of the line.
        beats: shape (n,), seconds.
    """

    bpm: float
    first_beat: float
    residual_ms: float
    constant: bool
    support: float
    beats: Seconds


def attack_curve(features: OnsetFeatures) -> NDArray[np.float64]:
    """Rise of the whole signal in nepers at every millisecond: the 5 ms after against the 10 ms before.

    The curve peaks on the sample at which a sound begins, however loud what goes on beneath.
    """
    power = features.attack_full.astype(np.float64) ** 2
    floor = 1e-4 * float(np.percentile(power, 95)) + 1e-12
    sums = np.cumsum(np.concatenate([[0.0], power]))
    index = np.arange(len(power))
    before = (sums[index] - sums[np.maximum(index - BEFORE_MS, 0)]) / BEFORE_MS
    after = (sums[np.minimum(index + AFTER_MS, len(power))] - sums[index]) / AFTER_MS
    return np.maximum(0.5 * np.log((after + floor) / (before + floor)), 0.0)


def fold(curve: NDArray[np.floating], rate: int, period: float, bins: int) -> NDArray[np.float64]:
    """Mean of a curve at each phase of a period, shape (bins,)."""
    phase = (np.arange(len(curve)) / rate / period) % 1.0
    index = np.minimum((phase * bins).astype(int), bins - 1)
    sums = np.bincount(index, weights=curve, minlength=bins)
    return np.asarray(sums / np.maximum(np.bincount(index, minlength=bins), 1))


def coarse_phase(features: OnsetFeatures, period: float) -> float:
    """Time of the first beat, to about 10 ms, from the bands of `PHASE_BANDS` folded by the period."""
    from scipy.ndimage import gaussian_filter1d

    bins = max(16, round(period * FRAME_RATE))
    total = np.zeros(bins)
    for band, weight in PHASE_BANDS.items():
        profile = fold(getattr(features, band), FRAME_RATE, period, bins)
        total += weight * gaussian_filter1d(profile - profile.mean(), 2, mode="wrap")
    return (int(np.argmax(total)) + 0.5) / bins * period


def fit_beats(features: OnsetFeatures, bpm: float) -> FittedBeats:
    """Fit one line through all beats.

    Args:
        features: onset curves of the track.
        bpm: its tempo to within 0.05 % (see ``tempo.refine``).
    """
    attacks = attack_curve(features)
    period = 60 / bpm
    phase = coarse_phase(features, period)
    times, index, weights = observed_beats(attacks, phase, period, features.seconds)
    if len(times) < 4:
        beats = np.arange(phase, features.seconds, period)
        return FittedBeats(bpm, phase, 0.0, False, 0.0, beats)
    slope, start = fit_line(index, times, weights, period)
    # The search window was laid by the first guess; lay it again by the line.
    times, index, weights = observed_beats(attacks, start, slope, features.seconds)
    slope, start = fit_line(index, times, weights, slope)
    slope, start = snap(index, times, weights, slope, start)
    residual = np.abs(times - (start + slope * index))
    order = np.argsort(residual)
    middle = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    residual_ms = 1000 * float(residual[order][min(middle, len(order) - 1)])
    support = float(weights[residual < OUTLIER_SECONDS].sum() / weights.sum())
    return FittedBeats(
        60 / slope,
        start,
        residual_ms,
        residual_ms < CONSTANT_RESIDUAL_MS,
        support,
        beats_on_line(slope, start, features.seconds),
    )


def beats_on_line(period: float, start: float, seconds: float) -> Seconds:
    """Every beat of a line within the track, the first of which may lie a hair before its first sample."""
    first = start % period
    if period - first < EDGE_SECONDS:
        first -= period
    return np.maximum(np.arange(first, seconds - EDGE_SECONDS, period), 0.0)


def observed_beats(
    attacks: NDArray[np.float64], start: float, period: float, seconds: float
) -> tuple[Seconds, NDArray[np.int64], NDArray[np.float64]]:
    """The strongest attack near each expected beat.

    Returns:
        Times in seconds, indices of the beats, weights (strength of the attack); beats without an attack left out.
    """
    index = np.arange(int(np.ceil(-start / period)), int(np.floor((seconds - start) / period)) + 1)
    centre = np.round((start + index * period) * ATTACK_RATE).astype(int)
    reach = int(min(SEARCH_SECONDS, period / 5) * ATTACK_RATE)
    offsets = np.arange(-reach, reach + 1)
    inside = (centre - reach >= 0) & (centre + reach < len(attacks))
    index, centre = index[inside], centre[inside]
    if not len(index):
        return np.zeros(0), np.zeros(0, np.int64), np.zeros(0)
    # Nearer attacks win over slightly stronger ones further off.
    windows = attacks[centre[:, None] + offsets] * (1 - 0.3 * (offsets / reach) ** 2)
    best = np.argmax(windows, axis=1)
    strength = windows[np.arange(len(windows)), best]
    times = (centre + offsets[best]) / ATTACK_RATE + ATTACK_DELAY_SECONDS
    heard = strength > 0.15
    return times[heard], index[heard], strength[heard]


def fit_line(
    index: NDArray[np.int64], times: Seconds, weights: NDArray[np.float64], period: float
) -> tuple[float, float]:
    """Least squares with Cauchy weights, so that stray attacks do not pull: (seconds per beat, time of beat 0)."""
    start = float(np.median(times - period * index))
    slope = period
    for iteration in range(_ITERATIONS):
        scale = max(OUTLIER_SECONDS, SEARCH_SECONDS / 2 / 2**iteration)
        w = weights / (1 + ((times - start - slope * index) / scale) ** 2)
        centre, mean = np.average(index, weights=w), np.average(times, weights=w)
        spread = np.sum(w * (index - centre) ** 2)
        if spread <= 0:
            break
        slope = float(np.sum(w * (index - centre) * (times - mean)) / spread)
        start = float(mean - slope * centre)
    return slope, start


def snap(
    index: NDArray[np.int64], times: Seconds, weights: NDArray[np.float64], slope: float, start: float
) -> tuple[float, float]:
    """The line at a whole or half BPM, where that does not fit the attacks worse; else the line itself."""

    def cost(seconds_per_beat: float, offset: float) -> float:
        error = np.abs(times - offset - seconds_per_beat * index)
        return float(np.average(np.minimum(error, 2 * OUTLIER_SECONDS), weights=weights))

    span = float(np.ptp(index)) * slope
    for fraction in SNAP_FRACTIONS:
        bpm = round(60 / slope / fraction) * fraction
        # No snap that moves the ends of the track by more than the accuracy promised.
        if bpm <= 0 or abs(60 / bpm / slope - 1) * span > 2 * OUTLIER_SECONDS:
            continue
        snapped = 60 / bpm
        w = weights / (1 + ((times - start - slope * index) / OUTLIER_SECONDS) ** 2)
        offset = float(np.average(times - snapped * index, weights=w))
        if cost(snapped, offset) <= cost(slope, start) + SNAP_COST_SECONDS:
            return snapped, offset
    return slope, start
