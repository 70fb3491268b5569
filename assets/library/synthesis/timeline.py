"""Where in time the beats of a recipe fall.

Belongs here: beats to seconds, with drift, tempo steps, wobble, swing and lead-in. Does not belong here: the notes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assets.library.beat_grid import Seconds
from assets.library.synthesis.recipe import STRAIGHT, TrackRecipe

_TIMING_STREAM = 1
"""Random stream of the timing wobble, apart from the voices' own (`numpy.random.SeedSequence` spawn key)."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """Beat positions of a track.

    Attributes:
        beat_times: shape (beats + 1,), seconds of every beat and of the end of the track.
        beats_per_bar: beats in a bar.
        swing: position of the off note within its pair (see `TrackRecipe`).
        swing_beats: length in beats of one note of a swinging pair (0.25 for sixteenths).
    """

    beat_times: Seconds
    beats_per_bar: int
    swing: float
    swing_beats: float

    @property
    def bars(self) -> int:
        """Length of the track in bars."""
        return (len(self.beat_times) - 1) // self.beats_per_bar

    @property
    def seconds(self) -> float:
        """End of the track."""
        return float(self.beat_times[-1])

    def bar_time(self, bar: int) -> float:
        """Seconds at which ``bar`` starts (``bars``: the end of the track)."""
        return float(self.beat_times[bar * self.beats_per_bar])

    def at(self, position: ArrayLike) -> Seconds:
        """Seconds of positions in beats (0 = first beat, fractions allowed), swung where they are off notes."""
        beats = np.asarray(position, dtype=np.float64)
        if self.swing != STRAIGHT:
            notes = beats / self.swing_beats
            odd = np.isclose(notes % 2, 1.0)
            beats = np.where(odd, beats + (2 * self.swing - 1) * self.swing_beats, beats)
        return np.asarray(np.interp(beats, np.arange(len(self.beat_times)), self.beat_times), dtype=np.float64)


def timeline_of(recipe: TrackRecipe) -> Timeline:
    """Lay out the beats of a recipe.

    The tempo is constant within each beat: drift takes its value at the middle of it, steps take effect on bar lines.
    """
    index = np.arange(recipe.beats)
    bpm = np.full(recipe.beats, recipe.bpm, dtype=np.float64)
    for bar, step_bpm in recipe.tempo_steps:
        bpm[bar * recipe.beats_per_bar :] = step_bpm
    bpm *= 1 + recipe.tempo_drift * (index + 0.5) / recipe.beats
    times = recipe.lead_in_seconds + np.concatenate(([0.0], _elapsed(60.0 / bpm)))
    if recipe.timing_wobble_ms:
        rng = np.random.default_rng(np.random.SeedSequence(recipe.seed, spawn_key=(_TIMING_STREAM,)))
        # A beat is never moved by more than a tenth of itself, so that beats stay in order.
        limit = 6.0 / bpm.max()
        times[1:-1] += np.clip(rng.normal(0, recipe.timing_wobble_ms / 1000, recipe.beats - 1), -limit, limit)
    return Timeline(times, recipe.beats_per_bar, recipe.swing, 4 / recipe.swing_division)


def _elapsed(periods: NDArray[np.float64]) -> Seconds:
    """Seconds from the first beat to the end of each beat; multiplied, not summed, where the tempo is constant."""
    if np.ptp(periods) == 0:
        return float(periods[0]) * np.arange(1, len(periods) + 1, dtype=np.float64)
    return np.cumsum(periods)
