"""Beats of a track whose tempo is not constant: drifting, live, or changing in steps.

Belongs here: following tempo and beats through time. Does not belong here: the constant grid
(``assets.library.grid_fit``), which is tried first and is far more exact.
"""

import numpy as np
from numpy.typing import NDArray

from assets.library.beat_grid import Seconds
from assets.library.grid_fit import BEAT_BANDS, beat_curve
from assets.library.onset_features import ATTACK_RATE, FRAME_RATE, OnsetFeatures, attack_curve

WINDOW_SECONDS, STEP_SECONDS = 8.0, 1.0
TEMPO_STATES = 121
TEMPO_SPAN_OCTAVES = 1.2
"""Tempi followed: this far to either side of the track's estimated tempo, so that a change to the double is seen."""
JUMP_COST = 0.5
"""Cost of any change of tempo between windows, in units of the salience's standard deviation ..."""
SLIDE_COST = 40.0
"""... plus this per octave of change, up to `LARGEST_COST`: steps happen, but not every second."""
LARGEST_COST = 6.0
HOME_COST = 1.0
"""Cost per squared octave away from the track's estimated tempo."""
PHASE_BINS = 40
PHASE_STEP_BINS = 3
"""Most the phase may move against the followed tempo from one window to the next: never to the off-beat at once."""
PHASE_COST = 0.15
FIRST_BEAT_SHARE = 0.1
REFINE_SECONDS = 0.03
SMOOTH_BEATS = 4
"""Beats are moved by what their neighbours agree on (Gaussian of this width), not after each stray attack."""


def track_beats(features: OnsetFeatures, bpm: float) -> Seconds:
    """Follow the beats of a track.

    Args:
        features: its onset curves.
        bpm: its most likely tempo.

    Returns:
        Beat times in seconds, increasing; empty where the track is shorter than one window.
    """
    if features.seconds < WINDOW_SECONDS:
        return np.zeros(0)
    position = np.cumsum(1 / (local_periods(beat_curve(features), bpm) * FRAME_RATE))
    shift = follow_phase(features, position)
    counted = position - shift
    # A beat on the very first sample may be counted a little before it.
    whole = np.arange(np.ceil(counted[0] - FIRST_BEAT_SHARE), np.floor(counted[-1]) + 1)
    beats = np.interp(whole, counted, np.arange(len(counted)) / FRAME_RATE)
    refined = refine_beats(attack_curve(features), beats)
    return refined[refined < features.seconds]


def local_periods(curve: NDArray[np.float64], bpm: float) -> NDArray[np.float64]:
    """Seconds per beat at every frame of the curve: the best path of tempo through windows of the onset curve."""
    tempi = bpm * 2 ** np.linspace(-TEMPO_SPAN_OCTAVES, TEMPO_SPAN_OCTAVES, TEMPO_STATES)
    size, step = int(WINDOW_SECONDS * FRAME_RATE), int(STEP_SECONDS * FRAME_RATE)
    padded = np.pad(curve, size // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::step] * np.hanning(size)
    windows = windows - windows.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(windows, 2 * size, axis=1)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :size]
    correlation /= correlation[:, :1] + 1e-9
    lags = 60 / tempi * FRAME_RATE
    index = np.arange(size)
    salience = np.zeros((len(windows), len(tempi)))
    for multiple in (1, 2, 4):
        at = np.minimum(multiple * lags, size - 1)
        salience += np.stack([np.interp(at, index, row) for row in correlation])
    salience = (salience - salience.mean()) / (salience.std() + 1e-9)
    octaves = np.log2(tempi / bpm)
    salience -= HOME_COST * octaves**2
    distance = np.abs(octaves[:, None] - octaves[None, :])
    cost = np.where(distance > 0, np.minimum(JUMP_COST + SLIDE_COST * distance, LARGEST_COST), 0.0)
    path = _best_path(salience, cost)
    times = np.arange(len(windows)) * step
    return np.asarray(np.interp(np.arange(len(curve)), times, 60 / tempi[path]))


def _best_path(salience: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """Viterbi: the states with the highest sum of salience less the cost of each change."""
    total = salience[0].copy()
    origin = np.zeros(salience.shape, np.int64)
    for i in range(1, len(salience)):
        arriving = total[:, None] - cost
        origin[i] = np.argmax(arriving, axis=0)
        total = arriving[origin[i], np.arange(len(total))] + salience[i]
    path = np.empty(len(salience), np.int64)
    path[-1] = np.argmax(total)
    for i in range(len(salience) - 1, 0, -1):
        path[i - 1] = origin[i, path[i]]
    return path


def follow_phase(features: OnsetFeatures, position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where within the counted beats the true ones lie, in beats, at every frame.

    Args:
        features: onset curves.
        position: shape (frames,), beats counted at the local tempo, increasing by less than 1 per frame.

    Returns:
        Shape (frames,), continuous.
    """
    from scipy.ndimage import gaussian_filter1d

    size, step = int(WINDOW_SECONDS * FRAME_RATE), int(STEP_SECONDS * FRAME_RATE)
    bins = ((position % 1.0) * PHASE_BINS).astype(int) % PHASE_BINS
    centres = np.arange(0, len(position), step)
    profiles = np.zeros((len(BEAT_BANDS), len(centres), PHASE_BINS))
    for b, band in enumerate(BEAT_BANDS):
        curve = getattr(features, band)
        for i, centre in enumerate(centres):
            part = slice(max(centre - size // 2, 0), centre + size // 2)
            profiles[b, i] = np.bincount(bins[part], weights=curve[part], minlength=PHASE_BINS)
    profiles = gaussian_filter1d(profiles, 1.0, axis=2, mode="wrap")
    profiles -= profiles.mean(axis=2, keepdims=True)
    profiles /= profiles.std(axis=(1, 2), keepdims=True) + 1e-9
    evidence = np.tensordot(np.array(list(BEAT_BANDS.values())), profiles, axes=1)
    distance = np.abs(np.arange(PHASE_BINS)[:, None] - np.arange(PHASE_BINS)[None, :])
    distance = np.minimum(distance, PHASE_BINS - distance)
    cost = np.where(distance <= PHASE_STEP_BINS, PHASE_COST * distance**2, 1e6)
    path = _best_path(evidence, cost)
    turned = np.unwrap((path + 0.5) / PHASE_BINS, period=1.0)
    return np.asarray(np.interp(np.arange(len(position)), centres, turned))


def refine_beats(attacks: NDArray[np.float64], beats: Seconds) -> Seconds:
    """Move beats by the distance of the attacks near them, averaged over neighbours."""
    from scipy.ndimage import gaussian_filter1d

    reach = int(REFINE_SECONDS * ATTACK_RATE)
    offsets = np.arange(-reach, reach + 1)
    for width in (reach / 2, reach / 5):
        centre = np.round(beats * ATTACK_RATE).astype(int)
        inside = np.clip(centre[:, None] + offsets, 0, len(attacks) - 1)
        near = attacks[inside] ** 2 * np.exp(-0.5 * (offsets / width) ** 2)
        weight = gaussian_filter1d(near.sum(axis=1), SMOOTH_BEATS) + 1e-9
        moment = gaussian_filter1d((near * offsets).sum(axis=1), SMOOTH_BEATS)
        beats = beats + moment / weight / ATTACK_RATE
    # Beats that moved out of the track or onto one another are one beat or none.
    return np.unique(np.maximum(beats[beats > -REFINE_SECONDS], 0.0))
