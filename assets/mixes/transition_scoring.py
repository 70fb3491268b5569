"""How well one track follows another: the rule score of ordered pairs, few or thousands of millions.

Belongs here: the score and its parts, vectorised over arrays, and the best successors of every track. Does not belong
here: the parts' own rules (``harmony``, ``tempo_fit``) or the choice of cue points (``set_cut``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.library.keys import Key
from assets.mixes import harmony, tempo_fit
from assets.mixes.crate_track import CrateTrack

Index = NDArray[np.int64]
Floats = NDArray[np.float32]

WEIGHTS = {"harmonic": 0.40, "tempo": 0.35, "energy": 0.25}
"""Share of each part in the score. Keys weigh most because a clash cannot be mended; tempo next, because a stretch can
be but is heard; energy least, because the set's curve is served by the order too. Ours: no published weights exist."""
ENERGY_STEP_FLOOR = 0.6
"""An energy step of this size scores 0."""
SUCCESSORS = 200
"""Successors kept of each track."""
PRUNE_SCORE = 20.0
"""A successor whose key or tempo scores below this is not worth a row."""
_ROWS_AT_ONCE = 500_000
"""Most rows in one piece of `best_successors`."""
CUE_SECONDS = 16.0
"""Stretch of energy that stands for a track at its mix-in and mix-out point."""


@dataclass(frozen=True, eq=False)
class TrackFeatures:
    """What the score needs of n tracks, as columns.

    Attributes:
        track_ids: the n ids.
        bpm: shape (n,).
        key: shape (n,), codes of `harmony.key_code`.
        key_confidence: shape (n,), 0-1.
        energy_in: shape (n,), energy 0-1 after the mix-in point.
        energy_out: shape (n,), energy 0-1 before the mix-out point.
        tolerance: shape (n,), tempo tolerance of the genre in BPM.
    """

    track_ids: tuple[str, ...]
    bpm: NDArray[np.float64]
    key: Index
    key_confidence: Floats
    energy_in: Floats
    energy_out: Floats
    tolerance: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.track_ids)


def track_features(
    track_ids: Sequence[str],
    bpm: Sequence[float] | NDArray[np.float64],
    keys: Sequence[Key | None],
    key_confidence: Sequence[float] | Floats,
    energy_in: Sequence[float] | Floats,
    energy_out: Sequence[float] | Floats,
    genres: Sequence[str],
) -> TrackFeatures:
    """Columns from values, all of one length.

    Raises:
        ValueError: the lengths differ or a tempo is not positive.
    """
    if len({len(c) for c in (track_ids, bpm, keys, key_confidence, energy_in, energy_out, genres)}) != 1:
        raise ValueError("all columns must have one length")
    tempos = np.asarray(bpm, np.float64)
    if tempos.size and not tempos.min() > 0:
        raise ValueError("every tempo must be positive")
    return TrackFeatures(
        tuple(track_ids),
        tempos,
        np.array([harmony.key_code(key) for key in keys], np.int64),
        np.asarray(key_confidence, np.float32),
        np.asarray(energy_in, np.float32),
        np.asarray(energy_out, np.float32),
        np.array([tempo_fit.tolerance_bpm(genre) for genre in genres], np.float64),
    )


def crate_features(crate: Sequence[CrateTrack]) -> TrackFeatures:
    """Columns of a crate."""
    return track_features(
        [t.track_id for t in crate],
        [t.bpm for t in crate],
        [t.key for t in crate],
        [t.key_confidence for t in crate],
        [t.energy_between(t.mix_in, t.mix_in + CUE_SECONDS) for t in crate],
        [t.energy_between(t.mix_out - CUE_SECONDS, t.mix_out) for t in crate],
        [t.genre for t in crate],
    )


@dataclass(frozen=True, eq=False)
class PairScores:
    """Scores of ordered pairs; every array has one shape.

    Attributes:
        score: 0-100, the weighted sum of the three parts.
        harmonic: 0-100, combined key score, drawn to the mean as key confidence falls.
        blend: 0-100, consonance when both sound.
        effect: 0-100, lift of the key change.
        tempo: 0-100.
        energy: 0-100, 100 for no step.
        energy_step: incoming minus outgoing energy at the cue points.
        match: code into `tempo_fit.MATCHES`.
        beats_ratio: beats of the incoming track per beat of the outgoing one.
        stretch_percent: change of speed the incoming track would need.
    """

    score: Floats
    harmonic: Floats
    blend: Floats
    effect: Floats
    tempo: Floats
    energy: Floats
    energy_step: Floats
    match: NDArray[np.int8]
    beats_ratio: Floats
    stretch_percent: Floats


def score_pairs(features: TrackFeatures, outgoing: Index, incoming: Index) -> PairScores:
    """Score pairs given by the indices of their tracks, which are broadcast against each other."""
    keys = features.key[outgoing], features.key[incoming]
    confidence = features.key_confidence[outgoing] * features.key_confidence[incoming]
    harmonic = harmony.MEAN_SCORE + confidence * (harmony.SCORES[keys] - np.float32(harmony.MEAN_SCORE))
    blend = harmony.MEAN_BLEND + confidence * (harmony.BLENDS[keys] - np.float32(harmony.MEAN_BLEND))
    tempo = tempo_fit.match_tempos(
        features.bpm[outgoing],
        features.bpm[incoming],
        np.minimum(features.tolerance[outgoing], features.tolerance[incoming]),
    )
    step = features.energy_in[incoming] - features.energy_out[outgoing]
    energy = 100 * np.clip(1 - np.abs(step) / np.float32(ENERGY_STEP_FLOOR), 0, 1)
    score = WEIGHTS["harmonic"] * harmonic + WEIGHTS["tempo"] * tempo.score + WEIGHTS["energy"] * energy
    return PairScores(
        score.astype(np.float32),
        harmonic.astype(np.float32),
        blend.astype(np.float32),
        (confidence * harmony.EFFECTS[keys]).astype(np.float32),
        tempo.score.astype(np.float32),
        energy.astype(np.float32),
        step.astype(np.float32),
        tempo.match,
        tempo.beats_ratio.astype(np.float32),
        tempo.stretch_percent.astype(np.float32),
    )


def score_matrix(features: TrackFeatures) -> PairScores:
    """Scores of all ordered pairs, shape (n, n), outgoing by incoming; the diagonal means nothing."""
    index = np.arange(len(features))
    return score_pairs(features, index[:, None], index[None, :])


@dataclass(frozen=True, eq=False)
class Successors:
    """The best successors of some tracks, best first within each outgoing track.

    Attributes:
        outgoing: shape (m,), index of the track that goes.
        incoming: shape (m,), index of the track that comes.
        rank: shape (m,), 1 for the best successor.
        scores: arrays of shape (m,).
    """

    outgoing: Index
    incoming: Index
    rank: Index
    scores: PairScores


def best_successors(
    features: TrackFeatures,
    outgoing: Index,
    incoming: Index | None = None,
    limit: int = SUCCESSORS,
) -> Iterator[Successors]:
    """The best successors of each outgoing track, in pieces that fit in memory.

    Tracks that clash in tempo beyond repair, or in key with certainty, are left out. Equal scores are ordered by
    index, so that the result does not depend on how the work is cut up.

    Args:
        features: columns of all tracks.
        outgoing: indices of the tracks whose successors are wanted.
        incoming: indices of the candidates; None: all.
        limit: most successors of a track.
    """
    candidates = np.arange(len(features)) if incoming is None else np.asarray(incoming, np.int64)
    by_tempo = candidates[np.argsort(_tempo_feel(features.bpm[candidates]), kind="stable")]
    feels = _tempo_feel(features.bpm[by_tempo])
    for track in np.array_split(outgoing, max(1, len(outgoing) * limit // _ROWS_AT_ONCE)):
        pieces = [_successors_of(features, int(one), by_tempo, feels, limit) for one in track]
        found = [piece for piece in pieces if len(piece[0])]
        if not found:
            continue
        out = np.concatenate([np.full(len(i), one) for one, (i, _) in zip(track, pieces, strict=True)]).astype(np.int64)
        into = np.concatenate([i for i, _ in pieces]).astype(np.int64)
        rank = np.concatenate([r for _, r in pieces]).astype(np.int64)
        yield Successors(out, into, rank, score_pairs(features, out, into))


def _tempo_feel(bpm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tempo folded to one octave, 0-1: half and double time coincide."""
    return np.mod(np.log2(bpm), 1.0)


_FEEL_REACH = float(np.log2(1 + tempo_fit.LARGEST_STRETCH_PERCENT / 100)) * 1.05
"""Distance of tempo feels beyond which no match but three against two is possible; those are left out too."""


def _successors_of(
    features: TrackFeatures, track: int, by_tempo: Index, feels: NDArray[np.float64], limit: int
) -> tuple[Index, Index]:
    feel = float(_tempo_feel(features.bpm[[track]])[0])
    near = [
        by_tempo[slice(*np.searchsorted(feels, [feel + turn - _FEEL_REACH, feel + turn + _FEEL_REACH]))]
        for turn in (-1.0, 0.0, 1.0)
    ]
    candidates = np.concatenate(near)
    candidates = candidates[candidates != track]
    scores = score_pairs(features, np.array([track]), candidates)
    kept = (scores.tempo >= PRUNE_SCORE) & (scores.harmonic >= PRUNE_SCORE)
    candidates, score = candidates[kept], scores.score[kept]
    if len(candidates) > limit:
        floor = np.partition(score, len(score) - limit)[len(score) - limit]
        candidates, score = candidates[score >= floor], score[score >= floor]
    best = np.lexsort((candidates, -score))[:limit]
    return candidates[best], np.arange(1, len(best) + 1)


@dataclass(frozen=True)
class TransitionDetail:
    """One pair in words and numbers, for people and for the plan."""

    key: harmony.KeyTransition
    tempo: tempo_fit.TempoFit
    energy_step: float
    score: float


def describe_pair(outgoing: CrateTrack, incoming: CrateTrack) -> TransitionDetail:
    """Score one pair and keep what the score is made of."""
    features = crate_features([outgoing, incoming])
    scores = score_pairs(features, np.array([0]), np.array([1]))
    return TransitionDetail(
        harmony.score_key_transition(
            outgoing.key, incoming.key, confidence=outgoing.key_confidence * incoming.key_confidence
        ),
        tempo_fit.fit_tempos(outgoing.bpm, incoming.bpm, outgoing.genre, incoming.genre),
        float(scores.energy_step[0]),
        float(scores.score[0]),
    )
