"""Pair scores in bulk against single ones, and successor tables against sorting everything."""

import numpy as np
import pytest

from assets.mixes.harmony import KEYS, MEAN_SCORE, score_key_transition
from assets.mixes.tempo_fit import fit_tempos
from assets.mixes.transition_scoring import (
    PRUNE_SCORE,
    TrackFeatures,
    best_successors,
    crate_features,
    describe_pair,
    score_matrix,
    track_features,
)
from tests.assets.mixes.crates import silent_track

GENRES = ("house", "techno", "pop", "drum and bass")


def library(count: int, seed: int = 0) -> TrackFeatures:
    rng = np.random.default_rng(seed)
    return track_features(
        [f"t{i}" for i in range(count)],
        rng.choice([87.0, 100.0, 124.0, 126.0, 128.0, 174.0], count) + rng.normal(0, 1.5, count),
        [KEYS[i] if i < 24 else None for i in rng.integers(0, 26, count)],
        rng.uniform(0, 1, count),
        rng.uniform(0, 1, count),
        rng.uniform(0, 1, count),
        list(rng.choice(GENRES, count)),
    )


def test_bulk_scores_are_the_single_ones() -> None:
    crate = [
        silent_track(f"t{i}", bpm=100 + 5 * i, camelot=code, energy=0.1 * i, genre=GENRES[i % 4])
        for i, code in enumerate(["8A", "9B", "3A", None, "12B", "1A", "8B"])
    ]
    bulk = score_matrix(crate_features(crate))
    for i, a in enumerate(crate):
        for j, b in enumerate(crate):
            one = describe_pair(a, b)
            assert bulk.score[i, j] == pytest.approx(one.score, abs=1e-3)
            assert bulk.harmonic[i, j] == pytest.approx(one.key.score, abs=1e-3)
            assert bulk.blend[i, j] == pytest.approx(one.key.blend, abs=1e-3)
            assert bulk.effect[i, j] == pytest.approx(one.key.effect, abs=1e-3)
            assert bulk.tempo[i, j] == pytest.approx(one.tempo.score, abs=1e-3)
            assert bulk.energy_step[i, j] == pytest.approx(one.energy_step, abs=1e-6)


def test_the_parts_are_those_of_keys_and_tempos() -> None:
    a, b = silent_track("a", bpm=124, camelot="8A"), silent_track("b", bpm=124.4, camelot="9A", energy=0.8)
    pair = describe_pair(a, b)
    assert pair.key == score_key_transition(a.key, b.key, confidence=0.9 * 0.9)
    assert pair.tempo == fit_tempos(124, 124.4, "house", "house")
    assert pair.energy_step == pytest.approx(0.3)
    assert pair.score == pytest.approx(0.4 * pair.key.score + 0.35 * 100 + 0.25 * 50, abs=1e-3)


def test_a_pair_without_keys_scores_the_mean() -> None:
    pair = describe_pair(silent_track("a", camelot=None), silent_track("b"))
    assert pair.key.score == MEAN_SCORE


@pytest.mark.parametrize("limit", [5, 40])
def test_successors_are_the_best_of_all(limit: int) -> None:
    features = library(150)
    everything = score_matrix(features)
    found: dict[int, list[tuple[int, int, float]]] = {}
    for piece in best_successors(features, np.arange(150), limit=limit):
        for out, into, rank, score in zip(piece.outgoing, piece.incoming, piece.rank, piece.scores.score, strict=True):
            found.setdefault(int(out), []).append((int(rank), int(into), float(score)))
    for out in range(150):
        good = [
            j
            for j in range(150)
            if j != out
            and everything.harmonic[out, j] >= PRUNE_SCORE
            and everything.tempo[out, j] >= PRUNE_SCORE
            and everything.match[out, j] != 3  # three against two is not kept
        ]
        best = sorted(good, key=lambda j, out=out: (-everything.score[out, j], j))[:limit]
        assert [into for _, into, _ in sorted(found.get(out, []))] == best


def test_a_new_batch_against_the_old_ones_gives_the_rows_of_a_rebuild() -> None:
    """New x all and all x new, best of both kept, is what scoring everything gives."""
    features, old, new, limit = library(90, seed=4), np.arange(60), np.arange(60, 90), 10

    def rows(outgoing: np.ndarray, incoming: np.ndarray | None) -> dict[int, list[tuple[float, int]]]:
        table: dict[int, list[tuple[float, int]]] = {}
        for piece in best_successors(features, outgoing, incoming, limit):
            for out, into, score in zip(piece.outgoing, piece.incoming, piece.scores.score, strict=True):
                table.setdefault(int(out), []).append((-float(score), int(into)))
        return table

    whole = rows(np.arange(90), None)
    before, added = rows(old, old), rows(old, new)
    merged = {out: sorted(before.get(out, []) + added.get(out, []))[:limit] for out in range(60)} | rows(new, None)
    assert {out: sorted(found) for out, found in merged.items() if found} == {
        out: sorted(found) for out, found in whole.items()
    }


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        track_features(["a"], [120.0, 121.0], [None], [0.0], [0.5], [0.5], ["house"])
    with pytest.raises(ValueError, match="positive"):
        track_features(["a"], [0.0], [None], [0.0], [0.5], [0.5], ["house"])
