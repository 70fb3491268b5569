"""Loudness of what is rendered, measured as it streams by, and the gain that brings it to a target.

Belongs here: a streaming BS.1770 meter and gain arithmetic. Does not belong here: the loudness of library tracks
(``assets.library.loudness``), or the report's meter, which is another on purpose (``assets.mixes.report.meter``).

ITU-R BS.1770-4: K-weighting, mean square over 400 ms with 75 % overlap, absolute gate at -70 LUFS, relative gate 10 LU
below the loudness of what passes it.
"""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]

STEP_SECONDS = 0.1
_BLOCK_STEPS = 4
_OFFSET_DB = -0.691
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = 10.0
SILENT_LUFS = -120.0
"""Reported for digital silence, which has no loudness."""


def _k_weighting(sample_rate: int) -> Floats:
    """Second-order sections, shape (2, 6): the shelf and high-pass of BS.1770 at any sample rate.

    The analogue prototypes behind the standard's 48 kHz coefficients (as worked out for libebur128), bilinear.
    """
    shelf_hz, shelf_db, shelf_q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = np.tan(np.pi * shelf_hz / sample_rate)
    high = 10 ** (shelf_db / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / shelf_q + k * k
    shelf = [
        (high + band * k / shelf_q + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - band * k / shelf_q + k * k) / a0,
        1.0,
        2 * (k * k - 1) / a0,
        (1 - k / shelf_q + k * k) / a0,
    ]
    pass_hz, pass_q = 38.13547087602444, 0.5003270373238773
    k = np.tan(np.pi * pass_hz / sample_rate)
    a0 = 1 + k / pass_q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / pass_q + k * k) / a0]
    return np.array([shelf, high_pass])


class LoudnessMeter:
    """Takes stereo audio in blocks of any size; memory grows by one number per 100 ms."""

    def __init__(self, sample_rate: int) -> None:
        self._sections = _k_weighting(sample_rate)
        self._state: Floats | None = None
        self._step = round(STEP_SECONDS * sample_rate)
        self._rest = np.zeros(0)
        self._powers: list[Floats] = []

    def add(self, samples: Samples) -> None:
        """Take the next samples, shape (n, channels)."""
        from scipy.signal import sosfilt

        if not len(samples):
            return
        if self._state is None:
            self._state = np.zeros((2, 2, samples.shape[1]))
        weighted, self._state = sosfilt(self._sections, samples, axis=0, zi=self._state)
        power = np.concatenate([self._rest, np.einsum("ij,ij->i", weighted, weighted)])
        whole = len(power) // self._step * self._step
        self._powers.append(power[:whole].reshape(-1, self._step).mean(axis=1))
        self._rest = power[whole:]

    def integrated_lufs(self) -> float:
        """Gated loudness of everything so far; `SILENT_LUFS` where nothing passes the gate."""
        steps = np.concatenate(self._powers) if self._powers else np.zeros(0)
        if len(steps) < _BLOCK_STEPS:
            return SILENT_LUFS
        blocks = np.convolve(steps, np.full(_BLOCK_STEPS, 1 / _BLOCK_STEPS), "valid")
        loud = blocks[_lufs(blocks) > ABSOLUTE_GATE_LUFS]
        if not len(loud):
            return SILENT_LUFS
        louder = loud[_lufs(loud) > _lufs(loud.mean()) - RELATIVE_GATE_LU]
        return float(_lufs(louder.mean()))


def _lufs(power: Floats | float) -> Floats:
    return np.asarray(_OFFSET_DB + 10 * np.log10(np.maximum(power, 1e-12)))


def amplitude(decibels: float) -> float:
    """Factor on the samples for a gain in dB."""
    return float(10 ** (decibels / 20))
