"""How far the attacks that are heard lie from beats that are expected.

Belongs here: an attack curve of all bands, and the offset of each struck beat from it. Does not belong here: finding
beats (``assets.library.grid_fit``) or what to do about an offset (there, and ``assets.mixes.attack_check``).

The rise of the whole signal is dominated by its low end, which in filtered or soft sounds swells some 20 ms after the
click that is heard as the beat. Here ten bands above the kick's fundamental have one vote each, compared with
themselves a moment ago on a logarithmic scale.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.library.beat_grid import Seconds
from assets.library.spectra import ANALYSIS_RATE, magnitude_chunks

CURVE_RATE = 1000
"""Steps of the curve per second."""
BANDS = 10
BANDS_HZ = (200.0, 11_500.0)
FLOOR = 1e-5
"""Power, against a band's own loud moments (99th percentile), below which nothing counts: -50 dB."""
LARGEST_RISE_NEPERS = 3.0
"""Of power, in one band: beyond it a band has only been more silent before."""
LEAD_SECONDS = 0.0025
"""By which the curve peaks before the attack: its window sees an attack before its middle is there (median over the
synthesised truth of ``bench.truth_set``; single styles lie within 1.4 ms of it)."""
SEARCH_SECONDS = 0.05
"""How far from the beat its attack may lie; further away is another note."""
CLOSE_SECONDS = 0.015
"""How far single attacks are looked for around the place they have in common."""
RIVAL_SECONDS = 0.008
"""Nearer than this, two places are one: the width of the curve's peak."""
PRESENT_SHARE = 0.3
"""An attack below this share of the strong ones' height (75th percentile) is none."""
PROMINENCE = 2.5
"""Nor is one that does not rise above the median around it by this factor."""
_WINDOW_SAMPLES = 128
_LAG_STEPS = 3


@dataclass(frozen=True, eq=False)
class AttackOffsets:
    """What is struck near some beats.

    Attributes:
        at: shape (n,), the beats that are struck, in seconds.
        seconds: shape (n,), by which the attack is later than the beat.
        rival: 0-1, how strongly a second place, `RIVAL_SECONDS` or more away, competes with the one the attacks have in
            common; near 1 it is anybody's guess which of the two is the beat.
    """

    at: Seconds
    seconds: Seconds
    rival: float

    @property
    def median(self) -> float:
        """Seconds; 0 where nothing is struck."""
        return float(np.median(self.seconds)) if len(self.seconds) else 0.0

    @property
    def spread(self) -> float:
        """Standard deviation of one attack, in seconds, from the median absolute deviation (x 1.4826)."""
        return 1.4826 * float(np.median(np.abs(self.seconds - self.median))) if len(self.seconds) else 0.0

    @property
    def standard_error(self) -> float:
        """Of the median, in seconds: sqrt(pi / 2) times that of a mean; at least that of one step of the curve."""
        if not len(self.seconds):
            return float("inf")
        step = 1 / CURVE_RATE / np.sqrt(12)
        return float(np.sqrt(np.pi / 2) * np.hypot(self.spread, step) / np.sqrt(len(self.seconds)))


def band_attacks(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean rise of the bands in nepers of power, `CURVE_RATE` per second.

    Args:
        signal: shape (n,), mono at `ANALYSIS_RATE`.
    """
    frequencies = np.fft.rfftfreq(_WINDOW_SAMPLES, 1 / ANALYSIS_RATE)
    edges = np.unique(np.searchsorted(frequencies, np.geomspace(*BANDS_HZ, BANDS + 1)))
    power = np.concatenate(
        [
            np.add.reduceat(np.square(magnitude[:, : edges[-1]]), edges[:-1], axis=1)
            for magnitude in magnitude_chunks(signal, _WINDOW_SAMPLES, ANALYSIS_RATE // CURVE_RATE)
        ]
    )
    level = np.log(power + FLOOR * np.percentile(power, 99, axis=0) + 1e-14)
    curve = np.zeros(len(level), np.float32)
    rise = np.clip(level[2 * _LAG_STEPS :] - level[: -2 * _LAG_STEPS], 0.0, LARGEST_RISE_NEPERS)
    curve[_LAG_STEPS : _LAG_STEPS + len(rise)] = rise.mean(axis=1)
    return curve


def attack_offsets(curve: NDArray[np.float32], beats: Seconds) -> AttackOffsets:
    """Find the attack of each beat, near where the curves of all of them, laid over one another, peak.

    Args:
        curve: of `band_attacks`.
        beats: shape (m,), in seconds.

    Returns:
        The struck beats among them; those too near an end of the curve are left out.
    """
    reach, close = round(SEARCH_SECONDS * CURVE_RATE), round(CLOSE_SECONDS * CURVE_RATE)
    centre = np.round((beats - LEAD_SECONDS) * CURVE_RATE).astype(np.int64)
    inside = (centre >= reach) & (centre < len(curve) - reach)
    centre, beats = centre[inside], beats[inside]
    if not len(beats):
        return AttackOffsets(beats, beats, 1.0)
    windows = curve[centre[:, None] + np.arange(-reach, reach + 1)].astype(np.float64)
    height = windows.max(axis=1)
    votes = windows[height > PRESENT_SHARE * np.percentile(height, 75)]
    if not len(votes):
        return AttackOffsets(beats[:0], beats[:0], 1.0)
    total = (votes / votes.max(axis=1, keepdims=True)).mean(axis=0)
    common = int(total.argmax())
    away = np.abs(np.arange(len(total)) - common) > RIVAL_SECONDS * CURVE_RATE
    rival = float(total[away].max() / total[common])
    first = max(0, common - close)
    near = windows[:, first : common + close + 1]
    top, height = near.argmax(axis=1), near.max(axis=1)
    struck = (height > PRESENT_SHARE * np.percentile(height, 75)) & (height > PROMINENCE * np.median(windows, axis=1))
    # a maximum on the edge of the window belongs to a note outside it
    struck &= (top > 0) & (top < near.shape[1] - 1)
    near, top = near[struck], top[struck]
    rows = np.arange(len(top))
    before, peak, after = (near[rows, top + step] for step in (-1, 0, 1))
    # the vertex of the parabola through the highest value and its neighbours
    bend = before - 2 * peak + after
    exact = top + np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, -1.0), 0.0)
    found = (centre[struck] - reach + first + exact) / CURVE_RATE + LEAD_SECONDS
    return AttackOffsets(beats[struck], np.asarray(found - beats[struck]), rival)
