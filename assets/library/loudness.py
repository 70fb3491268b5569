"""Loudness, loudness range and true peak by ITU-R BS.1770-4 and EBU Tech 3342.

Belongs here: the measures on samples. Does not belong here: what gain follows from them (``assets.mixes``).
Own code rather than pyloudnorm, which measures integrated loudness only: one filtering pass gives all three here.
"""

import numpy as np
from numpy.typing import NDArray

from assets.library.track_analysis import Loudness

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_GATE_LU = -20.0
RANGE_PERCENTILES = (10.0, 95.0)
STEP_SECONDS = 0.1
"""Step of all windows: 75 % overlap of the 400 ms blocks, 10 Hz for the 3 s windows."""
MOMENTARY_STEPS = 4
SHORT_TERM_STEPS = 30
SILENCE_LUFS = -120.0
"""Reported for digital silence in place of minus infinity, which JSON and SQL cannot carry."""
_OFFSET = -0.691
_CHUNK_SECONDS = 10
OVERSAMPLING = 4
_BLOCK = 64
_BLOCKS_AT_ONCE = 8192
_TAPS_PER_PHASE = 24
"""Twice the 12 taps of BS.1770-4 annex 2, whose filter reads up to 0.4 dB low near 20 kHz."""


def k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """Second-order sections of the K filter at any sample rate, shape (2, 6).

    BS.1770-4 gives coefficients at 48 kHz only; the analogue prototypes (centre, Q and gain) behind them are those of
    libebur128 and of Brecht De Man, "Evaluation of implementations of the EBU R128 loudness measurement" (2018).
    """
    k = np.tan(np.pi * 1681.974450955533 / sample_rate)
    q, gain = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = gain**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [
        (gain + middle * k / q + k * k) / a0,
        2 * (k * k - gain) / a0,
        (gain - middle * k / q + k * k) / a0,
        1.0,
        2 * (k * k - 1) / a0,
        (1 - k / q + k * k) / a0,
    ]
    k = np.tan(np.pi * 38.13547087602444 / sample_rate)
    q = 0.5003270373238773
    a0 = 1 + k / q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    return np.array([shelf, high_pass])


def step_power(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """K-weighted power, channels summed, of consecutive steps of `STEP_SECONDS`.

    Args:
        samples: shape (n, 1 or 2); mono counts as one channel, as BS.1770 has it.
        sample_rate: Hz.

    Returns:
        Shape (n // step,), full scale squared.
    """
    from scipy.signal import sosfilt

    step = round(STEP_SECONDS * sample_rate)
    sections = k_weighting(sample_rate)
    state = np.zeros((len(sections), 2, samples.shape[1]))
    powers = []
    usable = len(samples) // step * step
    for start in range(0, usable, step * 10 * _CHUNK_SECONDS):
        chunk = samples[start : min(start + step * 10 * _CHUNK_SECONDS, usable)].astype(np.float64)
        filtered, state = sosfilt(sections, chunk, axis=0, zi=state)
        powers.append(np.einsum("ijk,ijk->i", *(2 * [filtered.reshape(-1, step, samples.shape[1])])) / step)
    return np.concatenate(powers) if powers else np.zeros(0)


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return _OFFSET + 10 * np.log10(np.maximum(power, 1e-12))


def windowed_lufs(powers: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Loudness in LUFS of every window of ``steps`` steps, one per step, shape (n - steps + 1,) or (1,) if shorter."""
    steps = min(steps, len(powers))
    sums = np.cumsum(np.concatenate([[0.0], powers]))
    return _lufs((sums[steps:] - sums[:-steps]) / steps)


def integrated(powers: NDArray[np.float64]) -> float:
    """Gated loudness in LUFS (BS.1770-4 section 5) of the steps of `step_power`."""
    blocks = windowed_lufs(powers, MOMENTARY_STEPS)
    loud = blocks[blocks >= ABSOLUTE_GATE_LUFS]
    if not len(loud):
        return SILENCE_LUFS
    gate = _mean_lufs(loud) + RELATIVE_GATE_LU
    return _mean_lufs(loud[loud > gate])


def loudness_range(powers: NDArray[np.float64]) -> float:
    """Loudness range in LU (EBU Tech 3342) of the steps of `step_power`."""
    short_term = windowed_lufs(powers, SHORT_TERM_STEPS)
    loud = short_term[short_term >= ABSOLUTE_GATE_LUFS]
    if not len(loud):
        return 0.0
    loud = loud[loud >= _mean_lufs(loud) + RANGE_GATE_LU]
    low, high = np.percentile(loud, RANGE_PERCENTILES)
    return float(high - low)


def _mean_lufs(blocks: NDArray[np.float64]) -> float:
    return float(10 * np.log10(np.mean(10 ** (blocks / 10))))


def _interpolator() -> NDArray[np.float32]:
    """Matrix that turns a block and its margins into the three interpolated values after each of its samples."""
    from scipy.signal import firwin

    taps = OVERSAMPLING * firwin(OVERSAMPLING * _TAPS_PER_PHASE + 1, 1 / OVERSAMPLING, window=("kaiser", 6.0))
    matrix = np.zeros((_BLOCK + _TAPS_PER_PHASE, _BLOCK, OVERSAMPLING - 1), np.float32)
    for phase in range(1, OVERSAMPLING):
        # taps[phase::4] holds the response at x[i], x[i-1], ...: reversed, it lies along the block.
        column = taps[phase::OVERSAMPLING][::-1]
        for i in range(_BLOCK):
            matrix[i + 1 : i + 1 + _TAPS_PER_PHASE, i, phase - 1] = column
    return matrix.reshape(len(matrix), -1)


def true_peak(samples: NDArray[np.float32]) -> float:
    """True peak in dBTP: the highest of the samples and of three interpolated ones between each (BS.1770-4 annex 2).

    Args:
        samples: shape (n, channels).
    """
    matrix = _interpolator()
    peak = max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))
    for channel in samples.T:
        padded = np.pad(channel, (_TAPS_PER_PHASE, _TAPS_PER_PHASE + _BLOCK))
        blocks = np.lib.stride_tricks.sliding_window_view(padded, len(matrix))[::_BLOCK]
        for start in range(0, len(blocks), _BLOCKS_AT_ONCE):
            values = blocks[start : start + _BLOCKS_AT_ONCE] @ matrix
            peak = max(peak, float(values.max()), -float(values.min()))
    return 20 * float(np.log10(max(peak, 10 ** (SILENCE_LUFS / 20))))


def measure_loudness(samples: NDArray[np.float32], sample_rate: int) -> Loudness:
    """All three measures.

    Args:
        samples: shape (n, 1 or 2), full scale = 1.0.
        sample_rate: Hz.
    """
    powers = step_power(samples, sample_rate)
    return Loudness(integrated(powers), loudness_range(powers), true_peak(samples))
