"""A look-ahead limiter that holds the true peak of a stream below a ceiling.

Belongs here: true peak and the gain that limits it. Does not belong here: loudness (``assets.mixes.loudness_match``).

The reduction that each sample needs is held over the look-ahead, let go exponentially, and averaged over the
look-ahead again: so the gain is down, without a corner, by the time the peak comes, and returns slowly. Attack
and release are apart, and the result does not depend on how the stream is cut into blocks.
"""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]

OVERSAMPLING = 4
"""ITU-R BS.1770-4 annex 2."""
CEILING_DBTP = -1.3
"""0.3 dB below what is promised: a 4x meter reads up to that much apart from another one's filter."""
LOOK_AHEAD_SECONDS = 0.005
RELEASE_SECONDS = 0.08
_TAPS = 24
_KAISER_BETA = 6.0
_FLOOR = 1e-9
"""Reductions below this are none."""


def _interpolator() -> Samples:
    """Shape (taps, phases): columns give the values a quarter, a half and three quarters of the way to the next."""
    from scipy.signal import firwin

    taps = firwin(OVERSAMPLING * _TAPS + 1, 1 / OVERSAMPLING, window=("kaiser", _KAISER_BETA)) * OVERSAMPLING
    phases = [taps[phase : phase + OVERSAMPLING * _TAPS : OVERSAMPLING][::-1] for phase in range(1, OVERSAMPLING)]
    return np.asarray(np.stack(phases, axis=1), np.float32)


_FILTER = _interpolator()
_REACH = _TAPS // 2
"""Input samples on either side that a true peak depends on."""
_GROWTH = float(np.abs(_FILTER).sum(axis=0).max())
"""Most that interpolation can exceed the highest sample by."""


def true_peaks(samples: Samples, *, above: float = 0.0) -> Floats:
    """Highest magnitude from each sample up to the next, over all channels; shape (n,).

    Args:
        samples: shape (n, channels); silent beyond the ends.
        above: where no sample can lead to a peak above this, plain sample peaks may be given instead.
    """
    peaks = np.zeros(len(samples), np.float32)
    for channel in samples.T:
        np.maximum(peaks, np.abs(channel), out=peaks)
    if peaks.max(initial=0.0) * _GROWTH > above:
        for channel in samples.T:
            padded = np.concatenate([np.zeros(_REACH - 1, np.float32), channel, np.zeros(_REACH, np.float32)])
            for phase in _FILTER.T:
                # a sum of shifted copies: ten times the speed of a matrix product whose threads wait for each other
                between = phase[0] * padded[: len(channel)]
                for shift in range(1, _TAPS):
                    between += phase[shift] * padded[shift : shift + len(channel)]
                np.maximum(peaks, np.abs(between), out=peaks)
    return peaks.astype(np.float64)


class TruePeakMeter:
    """Highest true peak of a stream, as a factor of full scale, whatever the blocks it comes in."""

    def __init__(self) -> None:
        self.peak = 0.0
        self._context = np.zeros((_REACH, 2), np.float32)

    def add(self, samples: Samples) -> None:
        """Take the next samples, shape (n, 2); the last few count with the block after them, or with ``close``."""
        joined = np.concatenate([self._context, samples])
        if len(joined) > 2 * _REACH:
            peaks = true_peaks(joined, above=self.peak)[_REACH - 1 : -_REACH]
            self.peak = max(self.peak, float(peaks.max(initial=0.0)))
        self._context = joined[-2 * _REACH :]

    def close(self) -> None:
        """Count the last samples too."""
        self.add(np.zeros((2 * _REACH, 2), np.float32))


class Limiter:
    """Feed blocks, get blocks; ``flush`` at the end. What comes out is as long as what went in.

    Args:
        sample_rate: in Hz.
        ceiling_dbtp: true peak that the output keeps below, but for the interplay of gain and interpolation, which is
            what the distance of `CEILING_DBTP` from the promised ceiling is for.
    """

    def __init__(self, sample_rate: int, ceiling_dbtp: float = CEILING_DBTP) -> None:
        self._ceiling = 10 ** (ceiling_dbtp / 20)
        self._ahead = round(LOOK_AHEAD_SECONDS * sample_rate)
        self._decay = 1 / (RELEASE_SECONDS * sample_rate)
        self._context = np.zeros((_REACH, 2), np.float32)
        # silence before the stream, so that the gain is down by its first sample where that is a peak
        self._skip = self._ahead
        self._input = np.zeros((self._skip, 2), np.float32)
        self._needed = np.zeros(self._skip)
        self._held = np.zeros(self._ahead)

    def process(self, samples: Samples) -> tuple[Samples, Floats]:
        """Take samples, shape (n, 2); give those that are ready, shape (m, 2), and their gain, shape (m,)."""
        self._input = np.concatenate([self._input, samples])
        context = np.concatenate([self._context, samples])
        if len(context) > 2 * _REACH:
            peaks = true_peaks(context, above=self._ceiling)[_REACH:-_REACH]
            self._needed = np.concatenate([self._needed, 1 - np.minimum(1, self._ceiling / np.maximum(peaks, 1e-12))])
            context = context[-2 * _REACH :]
        self._context = context
        audio, gain = self._ready(len(self._needed) - self._ahead)
        dropped = min(self._skip, len(audio))
        self._skip -= dropped
        return audio[dropped:], gain[dropped:]

    def flush(self) -> tuple[Samples, Floats]:
        """What is still inside."""
        inside = len(self._input) - self._skip
        audio, gain = self.process(np.zeros((self._ahead + _REACH, 2), np.float32))
        return audio[:inside], gain[:inside]

    def _ready(self, count: int) -> tuple[Samples, Floats]:
        from scipy.ndimage import maximum_filter1d

        if count <= 0:
            return np.zeros((0, 2), np.float32), np.zeros(0)
        window = self._ahead + 1
        wanted = self._needed[: count + self._ahead]
        audio, self._input = self._input[:count], self._input[count:]
        self._needed = self._needed[count:]
        if max(float(wanted.max()), float(self._held.max(initial=0.0))) <= _FLOOR:
            self._held = np.zeros(self._ahead)
            return audio, np.ones(count)
        ahead = maximum_filter1d(wanted, window, origin=-(window // 2))[:count]
        held = np.concatenate([self._held, self._released(ahead)])
        sums = np.cumsum(np.concatenate([[0.0], held]))
        reduction = (sums[window:] - sums[:-window]) / window
        self._held = held[-self._ahead :]
        gain = np.where(reduction > _FLOOR, 1 - reduction, 1.0)
        return audio * gain[:, None].astype(np.float32), gain

    def _released(self, wanted: Floats) -> Floats:
        """Running maximum that decays: in logarithms, a running maximum along a slope."""
        slope = self._decay * np.arange(1, len(wanted) + 1)
        before = self._held[-1] if len(self._held) else 0.0
        start = np.log(max(before, 1e-300))
        logs = np.log(np.maximum(wanted, 1e-300)) + slope
        return np.asarray(np.exp(np.maximum(np.maximum.accumulate(logs), start) - slope))
