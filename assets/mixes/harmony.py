"""Do two keys mix: consonance in a blend, lift on a cut, and the combined score.

Belongs here: what follows from two keys alone. Does not belong here: the spelling of keys
(``assets.library.keys``) or the other sides of a transition (``assets.mixes.transition_scoring``).

Two things are scored apart, because one number would conflate them: a key change of one semitone up is the
oldest
lift in pop and the worst overlap there is. Everything is derived from pitch classes by set arithmetic; wheel
distance is not used as a cost, since shared scale tones stop falling after five steps.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assets.library.keys import Key

Move = Literal[
    "same",
    "relative",
    "fifth_up",
    "fifth_down",
    "diagonal",
    "energy_boost",
    "energy_drop",
    "semitone_up",
    "semitone_down",
    "parallel",
    "minor_third",
    "major_third",
    "tritone",
    "distant",
    "unknown",
]
Quality = Literal["perfect", "excellent", "good", "acceptable", "risky", "clash"]

KEYS: tuple[Key, ...] = tuple(Key(t, m) for m in ("major", "minor") for t in range(12))
"""All 24 keys; `key_code` is the index into them."""
UNKNOWN_CODE = len(KEYS)
"""Code of a track without a key."""

SCALE_TONES = 7
FEWEST_SHARED_TONES = 2
"""Two diatonic scales share 2 to 7 tones, whatever their tonics."""

MOVE_SCORES: dict[Move, float] = {
    "same": 100.0,
    "relative": 90.0,
    "fifth_up": 80.0,
    "fifth_down": 80.0,
    "diagonal": 75.0,
    "energy_boost": 70.0,
    "semitone_up": 70.0,
    "parallel": 60.0,
    "minor_third": 45.0,
}
"""Combined score by move, from the specification of the platform (mixes)."""
REMAINDER_CEILING = 39.0
"""Every other move scores below 40, the more shared tones the higher."""

MOVE_EFFECTS: dict[Move, float] = {
    "same": 0.0,
    "relative": 30.0,
    "fifth_up": 50.0,
    "fifth_down": 20.0,
    "diagonal": 35.0,
    "energy_boost": 90.0,
    "energy_drop": 10.0,
    "semitone_up": 100.0,
    "semitone_down": 15.0,
    "parallel": 60.0,
    "minor_third": 45.0,
    "major_third": 65.0,
    "tritone": 25.0,
    "distant": 20.0,
}
"""Lift of the change on a cut: our ranking of what DJ practice says (Mixed In Key's energy boosts +7 and +2
on
top, rising moves above falling ones, no change no lift)."""

QUALITY_FLOORS: tuple[tuple[float, Quality], ...] = (
    (90.0, "perfect"),
    (80.0, "excellent"),
    (70.0, "good"),
    (60.0, "acceptable"),
    (40.0, "risky"),
)

LARGEST_SHIFT = 2
"""Semitones a track may be transposed by to fit (as Mixxx's key match allows)."""
SHIFT_COST = 12.0
"""Score given up per semitone of transposition: artefacts, and real DJs transpose 2.5 % of plays (Kim
2020)."""

_SAME_MODE_MOVES: dict[int, Move] = {
    0: "same",
    1: "fifth_up",
    11: "fifth_down",
    2: "energy_boost",
    10: "energy_drop",
    7: "semitone_up",
    5: "semitone_down",
    3: "minor_third",
    9: "minor_third",
    4: "major_third",
    8: "major_third",
    6: "tritone",
}


@dataclass(frozen=True)
class KeyTransition:
    """What happens when ``incoming`` follows ``outgoing``.

    Attributes:
        move: name of the relation.
        steps: steps on the Camelot wheel, -5 to 6; one step is a fifth.
        semitones: shortest way from tonic to tonic, -5 to 6.
        shared_tones: scale tones in common, 2-7.
        blend: 0-100, consonance when both sound, drawn towards the mean of all keys as confidence falls.
        effect: 0-100, lift when one replaces the other.
        score: 0-100, combined.
    """

    move: Move
    steps: int
    semitones: int
    shared_tones: int
    blend: float
    effect: float
    score: float

    @property
    def full_blend(self) -> float:
        """Blend if both keys were certain; the mean of all keys where one is unknown."""
        return MEAN_BLEND if self.move == "unknown" else _base_blend(self.shared_tones)

    @property
    def quality(self) -> Quality:
        """The score in a word."""
        return quality(self.score)


def quality(score: float) -> Quality:
    """Word for a score: perfect from 90, excellent 80, good 70, acceptable 60, risky 40, below that clash."""
    return next((word for floor, word in QUALITY_FLOORS if score >= floor), "clash")


def key_code(key: Key | None) -> int:
    """Index of a key in `KEYS`; `UNKNOWN_CODE` for None."""
    return UNKNOWN_CODE if key is None else key.tonic + (12 if key.mode == "minor" else 0)


def _centred(value: int) -> int:
    return (value + 5) % 12 - 5


def name_move(outgoing: Key, incoming: Key) -> Move:
    """Name of the relation between two keys.

    Both diagonals count: the pair Mixed In Key names (8A to 7B, 8B to 9A) and the other one (8A to 9B, 8B to
    7A) share six tones each. Parallel means the same tonic in the other mode.
    """
    steps = (incoming.camelot_number - outgoing.camelot_number) % 12
    if incoming.mode == outgoing.mode:
        return _SAME_MODE_MOVES[steps]
    if steps == 0:
        return "relative"
    if steps in (1, 11):
        return "diagonal"
    return "parallel" if incoming.tonic == outgoing.tonic else "distant"


def _base_blend(shared: int) -> float:
    return 100.0 * (shared - FEWEST_SHARED_TONES) / (SCALE_TONES - FEWEST_SHARED_TONES)


def _base_score(move: Move, shared: int) -> float:
    listed = MOVE_SCORES.get(move)
    return listed if listed is not None else REMAINDER_CEILING * shared / SCALE_TONES


MEAN_BLEND = float(np.mean([_base_blend(len(KEYS[0].pitch_classes & other.pitch_classes)) for other in KEYS]))
"""Blend of a pair of which nothing is known: the mean over all 24 keys."""
MEAN_SCORE = float(
    np.mean([_base_score(name_move(a, b), len(a.pitch_classes & b.pitch_classes)) for a in KEYS for b in KEYS])
)
"""Score of a pair of which nothing is known."""


def score_key_transition(
    outgoing: Key | None,
    incoming: Key | None,
    *,
    confidence: float = 1.0,
    pitched_overlap: bool = True,
) -> KeyTransition:
    """Score the change from one key to another.

    Args:
        outgoing: key of the segment that goes; None where unknown.
        incoming: key of the segment that comes; None where unknown.
        confidence: 0-1, product of the confidences of both keys.
        pitched_overlap: False where only drums overlap: then keys cannot clash.

    Raises:
        ValueError: the confidence is outside 0-1.
    """
    if not 0 <= confidence <= 1:
        raise ValueError(f"key confidence {confidence} is not in 0-1")
    if outgoing is None or incoming is None:
        full = 100.0
        return KeyTransition(
            "unknown",
            0,
            0,
            0,
            MEAN_BLEND if pitched_overlap else full,
            0.0,
            MEAN_SCORE if pitched_overlap else full,
        )
    shared = len(outgoing.pitch_classes & incoming.pitch_classes)
    move = name_move(outgoing, incoming)
    blend, score = _base_blend(shared), _base_score(move, shared)
    if pitched_overlap:
        blend = confidence * blend + (1 - confidence) * MEAN_BLEND
        score = confidence * score + (1 - confidence) * MEAN_SCORE
    else:
        blend = score = 100.0
    return KeyTransition(
        move,
        _centred(incoming.camelot_number - outgoing.camelot_number),
        _centred(incoming.tonic - outgoing.tonic),
        shared,
        blend,
        MOVE_EFFECTS[move] * confidence,
        score,
    )


@dataclass(frozen=True)
class PitchShift:
    """Transposition of the incoming track by ``semitones`` and the score after it, cost taken off."""

    semitones: int
    score: float


def best_pitch_shift(outgoing: Key, incoming: Key, largest: int = LARGEST_SHIFT) -> PitchShift:
    """The transposition of ``incoming`` that scores best, the smallest first among equals."""
    shifts = sorted(range(-largest, largest + 1), key=abs)
    scored = [
        PitchShift(s, score_key_transition(outgoing, incoming.transposed(s)).score - SHIFT_COST * abs(s))
        for s in shifts
    ]
    return max(scored, key=lambda shift: shift.score)


def _table(attribute: str, unknown: float) -> NDArray[np.float32]:
    table = np.full((len(KEYS) + 1, len(KEYS) + 1), unknown, np.float32)
    for i, a in enumerate(KEYS):
        for j, b in enumerate(KEYS):
            table[i, j] = getattr(score_key_transition(a, b), attribute)
    return table


BLENDS = _table("blend", MEAN_BLEND)
"""Shape (25, 25): blend at full confidence by the codes of outgoing and incoming key."""
SCORES = _table("score", MEAN_SCORE)
"""Shape (25, 25): combined score at full confidence."""
EFFECTS = _table("effect", 0.0)
"""Shape (25, 25): effect at full confidence."""
_UNKNOWN: Move = "unknown"
MOVES: tuple[tuple[Move, ...], ...] = (
    *((*(name_move(a, b) for b in KEYS), _UNKNOWN) for a in KEYS),
    (_UNKNOWN,) * (len(KEYS) + 1),
)
"""Name of the move by the codes of outgoing and incoming key."""
