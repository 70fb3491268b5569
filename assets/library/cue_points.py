"""Where a track can be mixed in and out.

Belongs here: the two points, at phrase boundaries, from grid and energy. Does not belong here: which other track goes
there and how (``assets.mixes``).
"""

import numpy as np
from numpy.typing import NDArray

from assets.library.beat_grid import BARS_PER_PHRASE, BEATS_PER_BAR, BeatGrid
from assets.library.track_analysis import ENERGY_STEP_SECONDS, EnergyProfile

STARTED_SHARE = 0.15
"""The music has started with the first bars of this share of the track's overall energy: a lone kick is a start."""
OUTRO_SHARE = 0.8
"""The outro is what stays below this share of the track's overall energy until the end."""
MIX_BARS = 16
"""Bars another track gets over the end of this one; the median transition of DJs is 16 bars (Kim et al. 2020)."""
OUTRO_BARS = 8
"""Bars an outro needs to serve as one."""
LATEST_MIX_IN_SHARE = 1 / 3


def cue_points(grid: BeatGrid, energy: EnergyProfile, seconds: float) -> tuple[float, float]:
    """The mix-in and mix-out points.

    Args:
        grid: beats of the track; may be empty.
        energy: its energy.
        seconds: its duration.

    Returns:
        (mix_in, mix_out) in seconds, ``0 <= mix_in <= mix_out <= seconds``. Both lie on 8-bar phrase boundaries, on bar
        lines where the track is too short for phrases, and at its two ends where it has no bars.
    """
    boundaries = _boundaries(grid)
    if len(boundaries) < 2:
        return 0.0, seconds
    opening = BARS_PER_PHRASE * BEATS_PER_BAR * grid.period
    started = STARTED_SHARE * energy.overall
    last_in = max(boundaries[0], LATEST_MIX_IN_SHARE * seconds)
    early = [t for t in boundaries if t <= last_in and _mean_energy(energy, t, t + opening) >= started]
    mix_in = float(early[0] if early else boundaries[0])
    later = boundaries[boundaries > mix_in]
    if not len(later):
        return mix_in, seconds
    bar = BEATS_PER_BAR * grid.period
    # The earliest boundary after which the energy never comes back, else the last that leaves room for a transition.
    outro = [
        t
        for t in later[later <= seconds - OUTRO_BARS * bar + grid.period]
        if _highest_energy(energy, t) < OUTRO_SHARE * energy.overall
    ]
    with_room = later[later <= seconds - MIX_BARS * bar + grid.period]
    mix_out = outro[0] if outro else with_room[-1] if len(with_room) else later[-1]
    return mix_in, float(mix_out)


def _boundaries(grid: BeatGrid) -> NDArray[np.float64]:
    phrases = grid.phrase_starts(BARS_PER_PHRASE)
    return phrases if len(phrases) >= 3 else grid.downbeats


def _window(energy: EnergyProfile, start: float, end: float) -> NDArray[np.float32]:
    first = int(start / ENERGY_STEP_SECONDS)
    return energy.curve[first : max(first + 1, int(np.ceil(end / ENERGY_STEP_SECONDS)))]


def _mean_energy(energy: EnergyProfile, start: float, end: float) -> float:
    window = _window(energy, start, end)
    return float(window.mean()) if len(window) else 0.0


def _highest_energy(energy: EnergyProfile, start: float) -> float:
    """Highest energy after ``start``; the window it lies in belongs half to what came before, so it is left out."""
    rest = energy.curve[int(start / ENERGY_STEP_SECONDS) + 1 :]
    return float(rest.max()) if len(rest) else 0.0
