"""An attack detector of the report's own: when exactly each beat is struck, near where one is expected.

Belongs here: attack times from samples. Does not belong here: tempo, bars or what the offsets should be. The library's
grids come from other detectors (``assets.library``), so that a fault of theirs shows here.

The attack of a beat is where the logarithmic spectrum rises most at once (log spectral flux over all bands). The kick
band alone, which one would look at first, is misled by real music: bass notes rise in it as steeply as kicks, and a
kick's low end swells up to 20 ms after the click that is heard as the beat (measured on a track whose beats are
charted: the kick band said 0 ms where chart and flux said -19). Notes off the beat are kept out by a vote: the rises of
sixteen beats are laid over one another, and each attack is sought close to where the sum peaks.
"""

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

WINDOW_SECONDS, HOP_SECONDS = 0.0058, 0.00073
"""Short enough to place an attack, long enough to hold one period of 170 Hz."""
LAG_HOPS = 8
"""The flux compares a window with the one before it, which it does not overlap."""
COMPRESSION = 1000.0
"""Makes a partial of -60 dBFS just count."""
SEARCH_BEATS = 0.2
"""How far from the expected beat attacks are looked for: below a sixteenth note, so never the neighbouring hit."""
CLOSE_SECONDS = 0.02
"""How far from the common place of its neighbours a single attack is looked for."""
COMMON_BEATS = 16
"""Beats laid over one another to find that place."""
PRESENT_SHARE = 0.3
"""An attack below this share of the strong ones' height (their 75th percentile) is none."""
PROMINENCE = 2.5
"""Nor is one that does not rise above the median around it by this factor."""
_BEATS_AT_ONCE = 32


def attack_times(mono: NDArray[np.float32], sample_rate: int, expected: Times, period: float) -> Times:
    """Time of the attack near each expected beat.

    Args:
        mono: shape (n,).
        sample_rate: in Hz.
        expected: seconds from the first sample, shape (m,).
        period: seconds per beat.

    Returns:
        Seconds from the first sample, shape (m,); NaN where nothing is struck.
    """
    if not len(expected) or len(mono) < sample_rate * period:
        return np.full(len(expected), np.nan)
    hop = max(1, round(HOP_SECONDS * sample_rate))
    rate = sample_rate / hop
    centre = np.round(expected * rate).astype(np.int64)
    wide = int(np.ceil(SEARCH_BEATS * period * rate))
    flux = np.concatenate(
        [
            _flux_around(mono, sample_rate, hop, centre[at : at + _BEATS_AT_ONCE], wide)
            for at in range(0, len(centre), _BEATS_AT_ONCE)
        ]
    )
    common = _common_offsets(flux)
    reach = int(np.ceil(CLOSE_SECONDS * rate))
    index = wide + common[:, None] + np.arange(-reach, reach + 1)
    inside = (index >= 0) & (index < flux.shape[1])
    window = np.where(inside, np.take_along_axis(flux, np.clip(index, 0, flux.shape[1] - 1), axis=1), 0.0)
    top, height = window.argmax(axis=1), window.max(axis=1)
    present = (height > PRESENT_SHARE * np.percentile(height, 75)) & (height > PROMINENCE * np.median(flux, axis=1))
    # a maximum on the edge of the window belongs to a hit outside it
    present &= (top > 0) & (top < 2 * reach) & (height > 0)
    times = (centre + common - reach + top + _parabolic_offset(window, top)) / rate
    return np.where(present, times, np.nan)


def _flux_around(
    mono: NDArray[np.float32], sample_rate: int, hop: int, centre: NDArray[np.int64], reach: int
) -> NDArray[np.float64]:
    """Log spectral flux at ``reach`` hops before to ``reach`` hops after each centre, shape (m, 2 * reach + 1)."""
    length = round(WINDOW_SECONDS * sample_rate / 2) * 2
    frames = (centre[:, None] + np.arange(-reach - LAG_HOPS, reach + 1)) * hop
    index = frames[..., None] + np.arange(length) - length // 2
    inside = (index >= 0) & (index < len(mono))
    samples = np.where(inside, mono[np.clip(index, 0, len(mono) - 1)], np.float32(0))
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(length).astype(np.float32), axis=-1))[..., 1:]
    loudness = np.log1p(COMPRESSION / length * spectrum)
    rise = np.maximum(loudness[:, LAG_HOPS:] - loudness[:, :-LAG_HOPS], 0.0)
    return np.asarray(rise.sum(axis=-1), dtype=np.float64)


def _common_offsets(windows: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each beat, where the rises of the beats around it (`COMMON_BEATS` in all) add up to the highest peak.

    Each beat's rise is brought to one height first, so that every beat has one vote; returned in samples from the
    middle of the window.
    """
    votes = windows / (windows.max(axis=1, keepdims=True) + 1e-12)
    total = np.vstack([np.zeros(votes.shape[1]), np.cumsum(votes, axis=0)])
    first = np.clip(np.arange(len(votes)) - COMMON_BEATS // 2, 0, max(0, len(votes) - COMMON_BEATS))
    summed = total[np.minimum(first + COMMON_BEATS, len(votes))] - total[first]
    return np.asarray(summed.argmax(axis=1) - windows.shape[1] // 2)


def delay_seconds(signal: NDArray[np.float32], reference: NDArray[np.float32], sample_rate: int) -> float:
    """How much later ``signal`` is than ``reference`` above 250 Hz, in seconds; 0 where either is all but silent.

    The lag of the highest absolute cross-correlation, so that gain, polarity and fades do not matter.
    """
    from scipy.signal import butter, correlate, sosfiltfilt

    sos = butter(4, 250.0, "highpass", fs=sample_rate, output="sos")
    if len(signal) < sample_rate // 10:
        return 0.0
    a, b = (sosfiltfilt(sos, x) for x in (signal, reference))
    if min(np.abs(a).max(), np.abs(b).max()) < 1e-4:
        return 0.0
    strength = np.abs(correlate(a, b, mode="full", method="fft"))
    return float((int(strength.argmax()) - (len(b) - 1)) / sample_rate)


def _parabolic_offset(window: NDArray[np.float64], top: NDArray[np.int64]) -> NDArray[np.float64]:
    """Distance of the true maximum from the highest sample, -0.5 to 0.5 samples."""
    rows = np.arange(len(window))
    left = window[rows, np.maximum(top - 1, 0)]
    right = window[rows, np.minimum(top + 1, window.shape[1] - 1)]
    curvature = left - 2.0 * window[rows, top] + right
    offset = np.where(curvature < 0, 0.5 * (left - right) / np.where(curvature < 0, curvature, 1.0), 0.0)
    return np.clip(offset, -0.5, 0.5)
