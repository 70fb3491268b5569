"""A streaming loudness meter after ITU-R BS.1770-4: any length in little memory.

Belongs here: K-weighted energy over time and the loudness figures that derive from it. Does not belong here: what
the figures should be (``assets.mixes.report.gates``).

The filters are pyloudnorm's; its own meter wants the whole file in memory and gives the integrated figure alone. The
renderer measures with another implementation.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP_SECONDS = 0.01
"""Resolution of the energy track: 40 steps are the standard's 400 ms block, 10 its 100 ms hop."""
_BLOCK_STEPS, _HOP_STEPS, _SHORT_TERM_SECONDS = 40, 10, 3.0
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0
_OFFSET_DB = -0.691
"""Constant of BS.1770-4, equation 2, which makes a 997 Hz sine of 0 dBFS in one channel read -3.01 LUFS."""


@dataclass(frozen=True, eq=False)
class EnergyTrack:
    """K-weighted energy, summed over the channels, in consecutive steps of `STEP_SECONDS`.

    Attributes:
        energy: shape (n,), mean square per step; full scale = 1.
    """

    energy: NDArray[np.float64]

    def integrated_lufs(self) -> float:
        """Gated loudness of the whole (BS.1770-4, equations 4-7); -inf where nothing passes the absolute gate."""
        blocks = _moving_mean(self.energy, _BLOCK_STEPS)[::_HOP_STEPS]
        loud = blocks[to_lufs(blocks) >= _ABSOLUTE_GATE_LUFS]
        if not loud.size:
            return -np.inf
        gate = to_lufs(loud.mean()) + _RELATIVE_GATE_LU
        return float(to_lufs(loud[to_lufs(loud) > gate].mean()))

    def lufs_between(self, start: float, end: float) -> float:
        """Ungated loudness from ``start`` to ``end`` seconds (over 3 s: short-term, over 0.4 s: momentary)."""
        window = self.energy[max(0, round(start / STEP_SECONDS)) : max(0, round(end / STEP_SECONDS))]
        return float(to_lufs(window.mean())) if window.size else -np.inf

    def short_term_lufs(self, centre: float) -> float:
        """Short-term loudness (3 s) around ``centre`` seconds."""
        return self.lufs_between(centre - _SHORT_TERM_SECONDS / 2, centre + _SHORT_TERM_SECONDS / 2)


def energy_track(blocks: Iterable[NDArray[np.float32]], sample_rate: int) -> EnergyTrack:
    """Weight and square audio as it streams by.

    Args:
        blocks: shape (n, channels) each, of any length; up to two channels (all have weight 1).
        sample_rate: in Hz.
    """
    from pyloudnorm import Meter
    from scipy.signal import sosfilt

    stages = Meter(sample_rate)._filters.values()
    sos = np.array([[*stage.b * stage.passband_gain, *stage.a] for stage in stages])
    step = round(sample_rate * STEP_SECONDS)
    state: NDArray[np.float64] | None = None
    rest = np.zeros(0)
    energy: list[NDArray[np.float64]] = []
    for block in blocks:
        if state is None:
            state = np.zeros((len(sos), 2, block.shape[1]))
        weighted, state = sosfilt(sos, block.astype(np.float64), axis=0, zi=state)
        power = np.concatenate([rest, np.square(weighted).sum(axis=1)])
        whole = len(power) // step * step
        energy.append(power[:whole].reshape(-1, step).mean(axis=1))
        rest = power[whole:]
    return EnergyTrack(np.concatenate(energy) if energy else np.zeros(0))


def to_lufs(energy: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Loudness in LUFS of K-weighted mean squares; -inf for silence."""
    with np.errstate(divide="ignore"):
        return np.asarray(_OFFSET_DB + 10.0 * np.log10(np.asarray(energy, dtype=np.float64)))


def _moving_mean(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    if len(values) < length:
        return np.zeros(0)
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray((total[length:] - total[:-length]) / length)
