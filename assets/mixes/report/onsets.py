"""A kick detector of the report's own: when exactly each kick begins, near where a beat is expected.

Belongs here: onset times from samples. Does not belong here: tempo, bars or what the offsets should be. The library's
grids come from other detectors (``assets.library``), so that a fault of theirs shows here.

A kick is taken to begin where the envelope of the kick band rises most steeply: that moment depends little on level
and on what else sounds, and both decks are measured in the same way, so that the filters' own delay cancels. Bass
notes rise in the same band and often more steeply; but they do not come on every beat. So the rises of sixteen beats
are laid over one another first: where the sum peaks, the kick is, and each single kick is then sought close by.
"""

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

KICK_BAND_HZ = (30.0, 160.0)
ENVELOPE_RATE_HZ = 4410.0
"""Rate of the envelope; the peak is interpolated between its samples, so that steps of 0.23 ms do not limit it."""
SEARCH_BEATS = 0.2
"""How far from the expected beat kicks are looked for: below a sixteenth note, so never the neighbouring hit."""
CLOSE_SECONDS = 0.02
"""How far from the common place of its neighbours a single kick is looked for."""
COMMON_BEATS = 16
"""Beats laid over one another to find that place."""
PRESENT_SHARE = 0.3
"""A rise below this share of the strong kicks' (their 75th percentile) is no kick."""
_SMOOTHING_SECONDS = 0.012


def kick_times(mono: NDArray[np.float32], sample_rate: int, expected: Times, period: float) -> Times:
    """Time of the kick near each expected beat.

    Args:
        mono: shape (n,).
        sample_rate: in Hz.
        expected: seconds from the first sample, shape (m,).
        period: seconds per beat.

    Returns:
        Seconds from the first sample, shape (m,); NaN where there is no kick.
    """
    if not len(expected) or len(mono) < sample_rate * period:
        return np.full(len(expected), np.nan)
    rise, rate = _kick_band_rise(mono, sample_rate)
    centre = np.round(expected * rate).astype(np.int64)
    common = _common_offsets(_windows(rise, centre, int(np.ceil(SEARCH_BEATS * period * rate))))
    reach = int(np.ceil(CLOSE_SECONDS * rate))
    window = _windows(rise, centre + common, reach)
    top = window.argmax(axis=1)
    height = window.max(axis=1)
    present = height > PRESENT_SHARE * np.percentile(height, 75)
    # a maximum on the edge of the window belongs to a hit outside it
    present &= (top > 0) & (top < 2 * reach) & (height > 0)
    times = (centre + common - reach + top + _parabolic_offset(window, top)) / rate
    return np.where(present, times, np.nan)


def _windows(rise: NDArray[np.float64], centre: NDArray[np.int64], reach: int) -> NDArray[np.float64]:
    """The rise around each centre, shape (m, 2 * reach + 1); 0 beyond the ends."""
    index = centre[:, None] + np.arange(-reach, reach + 1)
    inside = (index >= 0) & (index < len(rise))
    return np.where(inside, rise[np.clip(index, 0, len(rise) - 1)], 0.0)


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


def _kick_band_rise(mono: NDArray[np.float32], sample_rate: int) -> tuple[NDArray[np.float64], float]:
    """Half-wave rectified slope of the kick band's envelope and its rate in Hz."""
    from scipy.signal import butter, hilbert, resample_poly, sosfiltfilt
    from scipy.signal.windows import hann

    factor = max(1, round(sample_rate / ENVELOPE_RATE_HZ))
    rate = sample_rate / factor
    slow = resample_poly(mono.astype(np.float64), 1, factor)
    band = sosfiltfilt(butter(2, KICK_BAND_HZ, "bandpass", fs=rate, output="sos"), slow)
    # the FFT inside hilbert is slow at awkward lengths
    length = 1 << int(np.ceil(np.log2(len(band))))
    envelope = np.abs(hilbert(band, length))[: len(band)]
    taps = hann(2 * round(_SMOOTHING_SECONDS * rate / 2) + 1)
    smooth = np.convolve(envelope, taps / taps.sum(), mode="same")
    return np.maximum(np.gradient(smooth), 0.0), rate


def _parabolic_offset(window: NDArray[np.float64], top: NDArray[np.int64]) -> NDArray[np.float64]:
    """Distance of the true maximum from the highest sample, -0.5 to 0.5 samples."""
    rows = np.arange(len(window))
    left = window[rows, np.maximum(top - 1, 0)]
    right = window[rows, np.minimum(top + 1, window.shape[1] - 1)]
    curvature = left - 2.0 * window[rows, top] + right
    offset = np.where(curvature < 0, 0.5 * (left - right) / np.where(curvature < 0, curvature, 1.0), 0.0)
    return np.clip(offset, -0.5, 0.5)
