"""Do two tempos mix: by how much one has to give way, and whether that is heard.

Belongs here: what follows from two tempos and genres. Does not belong here: finding a tempo in audio
(``assets.library``) or bending it (``assets.mixes.time_stretch``).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

TempoMatch = Literal["perfect", "good", "half_double", "three_two", "clash"]
MATCHES: tuple[TempoMatch, ...] = ("perfect", "good", "half_double", "three_two", "clash")
"""Names by the codes that `match_tempos` returns."""

TOLERANCE_BPM: dict[str, float] = {
    "minimal techno": 1.0,
    "house": 1.5,
    "deep house": 1.5,
    "tech house": 1.5,
    "techno": 1.5,
    "progressive house": 2.0,
    "trance": 2.0,
    "progressive trance": 2.5,
    "drum and bass": 3.0,
    "jungle": 3.0,
    "hardcore": 4.0,
    "downtempo": 5.0,
    "trap": 6.0,
    "pop": 6.0,
    "chillout": 6.0,
    "r&b": 7.0,
    "hip-hop": 8.0,
    "ambient": 10.0,
}
"""Tempo difference that a genre forgives, in BPM, from the specification of the platform (mixes)."""
UNKNOWN_TOLERANCE_BPM = 3.0
DOUBLE_TOLERANCE = 0.12
"""A ratio this near to 2 counts as half or double time."""
THREE_TWO_TOLERANCE = 0.06
"""A ratio this near to 1.5 counts as three against two."""

LARGEST_STRETCH_PERCENT = 8.0
"""Largest tempo difference that is bridged by a beat-matched blend, shared by both tracks, so that neither
is bent by
more than half of it. Kim 2020: 94.5 % of 24,202 plays change tempo by less than 10 %, 86.1 % by less than 5
%."""

MATCH_SCORES: dict[TempoMatch, float] = {"perfect": 100.0, "good": 85.0, "half_double": 70.0, "three_two": 40.0}
"""Score 0-100 of each match; a clash scores what is left of ``CLASH_CEILING`` as the stretch grows."""
CLASH_CEILING = 65.0


def tolerance_bpm(genre: str) -> float:
    """Tempo difference in BPM that the genre forgives."""
    return TOLERANCE_BPM.get(genre.strip().lower(), UNKNOWN_TOLERANCE_BPM)


@dataclass(frozen=True)
class TempoFit:
    """How the incoming tempo sits on the outgoing one.

    Attributes:
        match: verdict.
        beats_ratio: beats of the incoming track per beat of the outgoing one: 0.5, 2/3, 1, 1.5 or 2.
        delta_bpm: incoming tempo brought to the outgoing one's time feel, minus the outgoing tempo.
        stretch_percent: change of speed the incoming track would need, positive: faster.
        score: 0-100.
    """

    match: TempoMatch
    beats_ratio: float
    delta_bpm: float
    stretch_percent: float
    score: float


@dataclass(frozen=True, eq=False)
class TempoFits:
    """`TempoFit` of many pairs; every array has the broadcast shape of the arguments."""

    match: NDArray[np.int8]
    beats_ratio: NDArray[np.float64]
    delta_bpm: NDArray[np.float64]
    stretch_percent: NDArray[np.float64]
    score: NDArray[np.float64]


def match_tempos(outgoing_bpm: ArrayLike, incoming_bpm: ArrayLike, tolerance: ArrayLike) -> TempoFits:
    """Match tempos pair by pair.

    Args:
        outgoing_bpm: tempos of the tracks that go, > 0.
        incoming_bpm: tempos of the tracks that come, > 0.
        tolerance: tempo difference forgiven in BPM, the tighter of both genres.
    """
    out = np.asarray(outgoing_bpm, np.float64)
    into = np.asarray(incoming_bpm, np.float64)
    allowed = np.asarray(tolerance, np.float64)
    out, into, allowed = np.broadcast_arrays(out, into, allowed)
    ratio = np.maximum(out, into) / np.minimum(out, into)
    faster = into >= out
    double = np.abs(ratio - 2) <= DOUBLE_TOLERANCE
    three_two = np.abs(ratio - 1.5) <= THREE_TWO_TOLERANCE
    fold = np.where(double, 2.0, np.where(three_two, 1.5, 1.0))
    beats_ratio = np.where(faster, fold, 1 / fold)
    delta = into / beats_ratio - out
    stretch = 100 * (out * beats_ratio / into - 1)
    apart = np.abs(delta)
    match = np.select([double, three_two, apart <= allowed / 2, apart <= allowed], [2, 3, 0, 1], default=4).astype(
        np.int8
    )
    clash = CLASH_CEILING * np.clip(1 - np.abs(stretch) / LARGEST_STRETCH_PERCENT, 0, 1)
    score = np.array([*MATCH_SCORES.values(), 0.0])[match]
    return TempoFits(match, beats_ratio, delta, stretch, np.where(match == 4, clash, score))


def fit_tempos(outgoing_bpm: float, incoming_bpm: float, outgoing_genre: str, incoming_genre: str) -> TempoFit:
    """Match two tempos under the tighter tolerance of two genres.

    Raises:
        ValueError: a tempo is not positive.
    """
    if outgoing_bpm <= 0 or incoming_bpm <= 0:
        raise ValueError(f"tempos {outgoing_bpm} and {incoming_bpm} must be positive")
    allowed = min(tolerance_bpm(outgoing_genre), tolerance_bpm(incoming_genre))
    fits = match_tempos(outgoing_bpm, incoming_bpm, allowed)
    return TempoFit(
        MATCHES[int(fits.match)],
        float(fits.beats_ratio),
        float(fits.delta_bpm),
        float(fits.stretch_percent),
        float(fits.score),
    )
