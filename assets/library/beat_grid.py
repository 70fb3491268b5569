"""The beat grid: where the beats and bars of a track are.

Belongs here: the grid as a value and arithmetic on it. Does not belong here: finding it in audio
(``assets.library.tempo`` and ``assets.library.grid_fit``).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]
BEATS_PER_BAR = 4
BARS_PER_PHRASE = 8


@dataclass(frozen=True, eq=False)
class BeatGrid:
    """Beats of a track.

    Attributes:
        bpm: tempo in beats per minute; for a grid that is not constant, the median tempo.
        beats: shape (n,), beat times in seconds, strictly increasing, within the track.
        first_downbeat: index into ``beats`` of the first downbeat (the "one" of a bar), 0-3.
        constant: True where one straight line through all beats explains the track, False where the beats follow a
            tempo that drifts or changes.
        residual_ms: median distance of the observed onsets from the grid, in milliseconds.
        confidence: 0-1, how far tempo, phase and downbeat evidence agree.
        first_phrase: index into ``downbeats`` of the first bar that opens an 8-bar phrase, 0-7.
    """

    bpm: float
    beats: Seconds
    first_downbeat: int
    constant: bool
    residual_ms: float
    confidence: float
    first_phrase: int = 0

    @property
    def period(self) -> float:
        """Seconds per beat."""
        return 60.0 / self.bpm

    @cached_property
    def downbeats(self) -> Seconds:
        """Times in seconds of the first beat of every bar."""
        return self.beats[self.first_downbeat :: BEATS_PER_BAR]

    def phrase_starts(self, bars: int = BARS_PER_PHRASE) -> Seconds:
        """Times in seconds of every ``bars``-th downbeat, laid so that 8-bar phrases open at ``first_phrase``."""
        return self.downbeats[self.first_phrase % bars :: bars]


def constant_grid(
    bpm: float,
    first_beat: float,
    duration: float,
    *,
    first_downbeat: int = 0,
    residual_ms: float = 0.0,
    confidence: float = 1.0,
) -> BeatGrid:
    """A grid of equally spaced beats that covers ``[0, duration)``.

    Args:
        bpm: beats per minute, > 0.
        first_beat: time in seconds of any beat; the grid is extended back to the earliest beat at or after 0.
        duration: length of the track in seconds.
        first_downbeat: index of the first downbeat counted from the beat at ``first_beat``.
        residual_ms: see `BeatGrid`.
        confidence: see `BeatGrid`.

    Raises:
        ValueError: ``bpm`` or ``duration`` is not positive.
    """
    if bpm <= 0 or duration <= 0:
        raise ValueError(f"bpm {bpm} and duration {duration} must be positive")
    period = 60.0 / bpm
    back = int(np.floor(first_beat / period + 1e-9))
    start = first_beat - back * period
    beats = np.asarray(start + period * np.arange(int(np.ceil((duration - start) / period - 1e-9))), dtype=np.float64)
    return BeatGrid(bpm, beats, (first_downbeat + back) % BEATS_PER_BAR, True, residual_ms, confidence)
