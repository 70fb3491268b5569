"""How long two tracks should sound together.

Belongs here: length by genre, segment and energy, in seconds and in bars. Does not belong here: where the
overlap
lies (``assets.mixes.set_cut``). Figures are those of the specification of the platform (mixes).
"""

from typing import Literal

from assets.library.beat_grid import BEATS_PER_BAR

SegmentPair = Literal["outro_intro", "drop_drop", "other"]

LENGTH_SECONDS: dict[str, float] = {
    "techno": 120.0,
    "minimal techno": 180.0,
    "house": 60.0,
    "deep house": 60.0,
    "tech house": 60.0,
    "progressive house": 60.0,
    "trance": 45.0,
    "progressive trance": 45.0,
    "drum and bass": 20.0,
    "jungle": 20.0,
    "hip-hop": 15.0,
}
DEFAULT_LENGTH_SECONDS = 30.0
SEGMENT_FACTORS: dict[SegmentPair, float] = {"outro_intro": 1.5, "drop_drop": 0.5, "other": 1.0}
BIG_STEP, BIG_STEP_FACTOR = 0.3, 0.5
SMALL_STEP, SMALL_STEP_FACTOR = 0.1, 1.5
BAR_MULTIPLE = 4
FEWEST_BARS, MOST_BARS = 4, 64


def length_seconds(
    outgoing_genre: str, incoming_genre: str, energy_step: float, segments: SegmentPair = "other"
) -> float:
    """Length of an overlap in seconds, the shorter of what both genres are used to.

    Args:
        outgoing_genre: lower-case genre.
        incoming_genre: lower-case genre.
        energy_step: energy of the incoming part minus that of the outgoing one; its size counts.
        segments: which segments meet.
    """
    base = min(LENGTH_SECONDS.get(genre, DEFAULT_LENGTH_SECONDS) for genre in (outgoing_genre, incoming_genre))
    step = abs(energy_step)
    by_step = BIG_STEP_FACTOR if step > BIG_STEP else SMALL_STEP_FACTOR if step < SMALL_STEP else 1.0
    return base * SEGMENT_FACTORS[segments] * by_step


def length_bars(seconds: float, bpm: float) -> int:
    """Whole bars nearest to a length: a multiple of 4, from 4 to 64.

    Raises:
        ValueError: the tempo is not positive.
    """
    if bpm <= 0:
        raise ValueError(f"tempo {bpm} must be positive")
    bars = seconds * bpm / 60 / BEATS_PER_BAR
    return min(MOST_BARS, max(FEWEST_BARS, BAR_MULTIPLE * round(bars / BAR_MULTIPLE)))
