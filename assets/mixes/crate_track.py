"""What planner and renderer need to know of one track of a crate.

Belongs here: the record, read by every module of the domain. Does not belong here: how the warehouse's rows
become
records (``assets.mixes.definitions``) or how a value was measured (``assets.library``).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.library.beat_grid import BeatGrid
from assets.library.keys import Key
from assets.library.track_analysis import ENERGY_STEP_SECONDS

UNKNOWN_GENRE = "unknown"


@dataclass(frozen=True)
class HeardSection:
    """Where the attacks of a few bars lie, against the beats of the grid.

    Attributes:
        start: track seconds.
        end: track seconds.
        struck: beats that are struck; 0 where they are too few to say anything.
        offset: median seconds by which attacks are later than beats.
        error: standard error of that, in seconds; infinite where nothing is said.
    """

    start: float
    end: float
    struck: int
    offset: float
    error: float


@dataclass(frozen=True, eq=False)
class CrateTrack:
    """One analysed track that may be played.

    Attributes:
        track_id: identity of the track in the library.
        artist: performer; empty where unknown (an unknown artist is never taken for a repeated one).
        title: title; empty where unknown.
        path: readable local audio file.
        seconds: decoded duration.
        grid: beats and bars; an empty grid or one of low confidence is mixed without beat-matching.
        key: None where no key was found.
        key_confidence: 0-1.
        energy: 0-1, of the whole track.
        energy_curve: shape (n,), energy 0-1 in consecutive windows of ``ENERGY_STEP_SECONDS``.
        loudness_lufs: integrated loudness, ITU-R BS.1770-4.
        mix_in: seconds; phrase boundary from which the track can be mixed in over another.
        mix_out: seconds; phrase boundary from which another track can be mixed in over this one.
        genre: lower-case genre name or ``"unknown"``.
        heard: what a check of the grid heard, section by section; None where nobody has listened.
    """

    track_id: str
    artist: str
    title: str
    path: Path
    seconds: float
    grid: BeatGrid
    key: Key | None
    key_confidence: float
    energy: float
    energy_curve: NDArray[np.float32]
    loudness_lufs: float
    mix_in: float
    mix_out: float
    genre: str = UNKNOWN_GENRE
    heard: tuple[HeardSection, ...] | None = None

    @property
    def bpm(self) -> float:
        """Tempo of the grid in beats per minute."""
        return self.grid.bpm

    def energy_between(self, start: float, end: float) -> float:
        """Mean energy 0-1 from ``start`` to ``end`` seconds; the track's own beyond the end of the curve."""
        first = max(0, int(start // ENERGY_STEP_SECONDS))
        window = self.energy_curve[first : max(first + 1, int(np.ceil(end / ENERGY_STEP_SECONDS)))]
        return float(window.mean()) if window.size else self.energy
