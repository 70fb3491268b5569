"""Beats of a track: period and phase, fitted to its attacks.

Belongs here: from a tempo and onset curves to equally spaced beats, and how well beats fit. Does not belong here:
choosing the tempo (``assets.library.tempo``), beats that follow a changing one (``assets.library.variable_grid``), bars
(``assets.library.downbeats``).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.library.attack_offsets import attack_offsets
from assets.library.beat_grid import Seconds
from assets.library.onset_features import ATTACK_RATE, FRAME_RATE, OnsetFeatures, attack_curve

BEAT_BANDS = {"low": 1.0, "middle": 1.5, "high": 0.2}
"""What a band, standardised, says about where the beat is: trackers that listen to hats lock to the off-beat.

Set on the charts of the shared set: kicks alone lie off the beat in funk, chords and snares almost never.
"""
LATTICE_STAGES = ((0.006, 0.05, 0.016), (0.002, 0.012, 0.006))
"""Stages of the search: width of the attack kernel, reach of the far end of the track and of the phase, in seconds."""
NEAR_SECONDS = 0.010
"""How far from the lattice an attack may lie to count for the line; half the time of one drummer's flam."""
OUTLIER_SECONDS = 0.003
SUPPORT_SECONDS = 0.005
QUALITY_SECONDS = 0.01
RESIDUAL_REACH_SECONDS = 0.03
MIN_BEATS = 4
HEARD_NEPERS = 0.15
SURE_OFFSET_SECONDS = 0.003
"""From here on the attack of all bands overrules the line through the rises of the whole signal, which is the more
exact of the two where both mean the same sound (0.1 against 1.4 ms on synthesised tracks)."""
LARGEST_OFFSET_SECONDS = 0.025
"""Attacks further from the line are another note's."""
LARGEST_SPREAD_SECONDS = 0.004
"""Standard deviation of single attacks beyond which they have no place in common."""
LEAST_STRUCK_SHARE = 0.5
"""Share of the beats that have to be struck for their attacks to overrule the line."""
_ITERATIONS = 8
EDGE_SECONDS = 0.002
ATTACK_DELAY_SECONDS = 0.0005
"""Half a step of the attack curve: a sound that begins within a step is seen at its start."""
SNAP_FRACTIONS = (1.0, 0.5)
SNAP_COST_SECONDS = 0.0004
SNAP_REACH_SECONDS = 0.008
"""A snap may move the ends of the track by this much at most, and the attacks by `SNAP_COST_SECONDS` on average."""


def fold(curve: NDArray[np.floating], rate: int, period: float, bins: int) -> NDArray[np.float64]:
    """Mean of a curve at each phase of a period, shape (bins,)."""
    phase = (np.arange(len(curve)) / rate / period) % 1.0
    index = np.minimum((phase * bins).astype(int), bins - 1)
    sums = np.bincount(index, weights=curve, minlength=bins)
    return np.asarray(sums / np.maximum(np.bincount(index, minlength=bins), 1))


def beat_curve(features: OnsetFeatures) -> NDArray[np.float64]:
    """Onset bands standardised and added with the weights of `BEAT_BANDS`, `FRAME_RATE` per second."""
    total = np.zeros(len(features.low))
    for band, weight in BEAT_BANDS.items():
        curve = getattr(features, band).astype(np.float64)
        total += weight * (curve - curve.mean()) / (curve.std() + 1e-9)
    return total


def coarse_phase(features: OnsetFeatures, period: float) -> float:
    """Time of the first beat, to about 10 ms, from the bands of `BEAT_BANDS` folded by the period."""
    from scipy.ndimage import gaussian_filter1d

    bins = max(16, round(period * FRAME_RATE))
    total = np.zeros(bins)
    for band, weight in BEAT_BANDS.items():
        profile = gaussian_filter1d(fold(getattr(features, band), FRAME_RATE, period, bins), 2, mode="wrap")
        total += weight * (profile - profile.mean()) / (profile.std() + 1e-9)
    return (int(np.argmax(total)) + 0.5) / bins * period


def search_lattice(attacks: NDArray[np.float64], period: float, phase: float, seconds: float) -> tuple[float, float]:
    """The period and phase near the given ones at which most attacks lie on the lattice.

    One line through all beats at once: unlike a line through each beat's nearest attack it is not pulled by attacks
    that keep a constant distance from the beat.
    """
    from scipy.ndimage import gaussian_filter1d

    for width, far_reach, phase_reach in LATTICE_STAGES:
        curve = gaussian_filter1d(attacks, width * ATTACK_RATE)
        index = np.arange(int((seconds - phase) / period))
        if len(index) < MIN_BEATS:
            break
        periods = period + np.linspace(-far_reach, far_reach, 25) / len(index)
        phases = phase + np.linspace(-phase_reach, phase_reach, 17)
        times = phases[:, None, None] + periods[:, None] * index
        at = np.clip(np.round(times * ATTACK_RATE).astype(int), 0, len(curve) - 1)
        best = np.unravel_index(int(np.argmax(curve[at].sum(axis=2))), (len(phases), len(periods)))
        phase, period = float(phases[best[0]]), float(periods[best[1]])
    return period, phase


def fit_beats(features: OnsetFeatures, bpm: float) -> Seconds:
    """Fit one line through all beats.

    Args:
        features: onset curves of the track.
        bpm: its tempo to within 0.05 % (see ``tempo.refine``).

    Returns:
        Equally spaced beat times in seconds.
    """
    attacks = attack_curve(features)
    period = 60 / bpm
    period, start = search_lattice(attacks, period, coarse_phase(features, period), features.seconds)
    times, index, weights = observed_beats(attacks, start, period, features.seconds)
    if len(times) >= MIN_BEATS:
        period, start = fit_line(index, times, weights, period, start)
        period, start = snap(index, times, weights, period, start)
    return beats_on_line(period, start, features.seconds)


def at_attacks(features: OnsetFeatures, beats: Seconds) -> Seconds:
    """Equally spaced beats, moved as a whole to where they are heard to be struck, if that is clearly elsewhere.

    The low end, which rules the line, tells which sound is the beat; the start of that sound in all bands, up to 20 ms
    before a filtered or soft low end has swelled, tells when it is.
    """
    if len(beats) < MIN_BEATS:
        return beats
    struck = attack_offsets(features.attacks, beats)
    sure = len(struck.at) >= LEAST_STRUCK_SHARE * len(beats) and struck.spread <= LARGEST_SPREAD_SECONDS
    if not sure or not SURE_OFFSET_SECONDS < abs(struck.median) <= LARGEST_OFFSET_SECONDS:
        return beats
    period = float(np.median(np.diff(beats)))
    return beats_on_line(period, float(beats[0]) + struck.median, features.seconds)


@dataclass(frozen=True)
class GridQuality:
    """How well a grid meets the onsets.

    Attributes:
        onsets: mean of `beat_curve` on the beats, 0 for a grid laid at random.
        attacks: mean rise in nepers on the beats.
        residual_ms: median distance of the beats from the strongest attack near them, weighted by its strength.
        support: share 0-1 of the beats with a clear attack within `SUPPORT_SECONDS`.
    """

    onsets: float
    attacks: float
    residual_ms: float
    support: float


def grid_quality(features: OnsetFeatures, beats: Seconds) -> GridQuality:
    """Measure how well beats meet the onsets of a track."""
    from scipy.ndimage import gaussian_filter1d

    attacks = attack_curve(features)
    if not len(beats) or not len(attacks):
        return GridQuality(0.0, 0.0, 0.0, 0.0)
    curve = gaussian_filter1d(beat_curve(features), QUALITY_SECONDS * FRAME_RATE)
    smooth = gaussian_filter1d(attacks, QUALITY_SECONDS / 2 * ATTACK_RATE)
    reach = int(RESIDUAL_REACH_SECONDS * ATTACK_RATE)
    offsets = np.arange(-reach, reach + 1)
    at = np.round(beats * ATTACK_RATE).astype(int)
    windows = attacks[np.clip(at[:, None] + offsets, 0, len(attacks) - 1)]
    best = np.argmax(windows, axis=1)
    strength = windows[np.arange(len(windows)), best]
    distance = np.abs(offsets[best] / ATTACK_RATE + at / ATTACK_RATE + ATTACK_DELAY_SECONDS - beats)
    return GridQuality(
        onsets=float(curve[np.clip(np.round(beats * FRAME_RATE).astype(int), 0, len(curve) - 1)].mean()),
        attacks=float(smooth[np.clip(at, 0, len(smooth) - 1)].mean()),
        residual_ms=1000 * _weighted_median(distance, strength),
        support=float(np.mean((distance < SUPPORT_SECONDS) & (strength > HEARD_NEPERS))),
    )


def beats_on_line(period: float, start: float, seconds: float) -> Seconds:
    """Every beat of a line within the track, the first of which may lie a hair before its first sample."""
    first = start % period
    if period - first < EDGE_SECONDS:
        first -= period
    return np.asarray(np.maximum(np.arange(first, seconds - EDGE_SECONDS, period), 0.0))


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    if not len(values) or weights.sum() <= 0:
        return 0.0
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])


def observed_beats(
    attacks: NDArray[np.float64], start: float, period: float, seconds: float
) -> tuple[Seconds, NDArray[np.int64], NDArray[np.float64]]:
    """The strongest attack near each expected beat.

    Returns:
        Times in seconds, indices of the beats, weights (strength of the attack); beats without an attack left out.
    """
    index = np.arange(int(np.ceil(-start / period)), int(np.floor((seconds - start) / period)) + 1)
    centre = np.round((start + index * period) * ATTACK_RATE).astype(int)
    reach = int(NEAR_SECONDS * ATTACK_RATE)
    offsets = np.arange(-reach, reach + 1)
    inside = (centre - reach >= -EDGE_SECONDS * ATTACK_RATE - reach) & (centre + reach < len(attacks))
    index, centre = index[inside], centre[inside]
    windows = attacks[np.maximum(centre[:, None] + offsets, 0)]
    best = np.argmax(windows, axis=1)
    strength = windows[np.arange(len(windows)), best]
    times = (centre + offsets[best]) / ATTACK_RATE + ATTACK_DELAY_SECONDS
    heard = strength > HEARD_NEPERS
    return times[heard], index[heard], strength[heard]


def fit_line(
    index: NDArray[np.int64], times: Seconds, weights: NDArray[np.float64], period: float, start: float
) -> tuple[float, float]:
    """Least squares with Cauchy weights, so that stray attacks do not pull: (seconds per beat, time of beat 0)."""
    for _ in range(_ITERATIONS):
        w = weights / (1 + ((times - start - period * index) / OUTLIER_SECONDS) ** 2)
        centre, mean = np.average(index, weights=w), np.average(times, weights=w)
        spread = np.sum(w * (index - centre) ** 2)
        if spread <= 0:
            break
        period = float(np.sum(w * (index - centre) * (times - mean)) / spread)
        start = float(mean - period * centre)
    return period, start


def snap(
    index: NDArray[np.int64], times: Seconds, weights: NDArray[np.float64], period: float, start: float
) -> tuple[float, float]:
    """The line at a whole or half BPM, where that does not fit the attacks worse; else the line itself."""
    w = weights / (1 + ((times - start - period * index) / OUTLIER_SECONDS) ** 2)

    def cost(seconds_per_beat: float, offset: float) -> float:
        return float(np.average(np.abs(times - offset - seconds_per_beat * index), weights=w))

    span = float(np.ptp(index)) * period
    for fraction in SNAP_FRACTIONS:
        bpm = round(60 / period / fraction) * fraction
        if bpm <= 0 or abs(60 / bpm / period - 1) * span > SNAP_REACH_SECONDS:
            continue
        offset = float(np.average(times - 60 / bpm * index, weights=w))
        if cost(60 / bpm, offset) <= cost(period, start) + SNAP_COST_SECONDS:
            return 60 / bpm, offset
    return period, start
