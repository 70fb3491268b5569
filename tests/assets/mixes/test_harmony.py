"""Keys against set arithmetic on pitch classes, written here a second time, and the error classes found elsewhere."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.library.keys import Key, from_camelot
from assets.mixes import harmony
from assets.mixes.harmony import KEYS, score_key_transition

MAJOR, MINOR = {0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10}
PAIRS = list(itertools.product(KEYS, KEYS))
keys = st.sampled_from(KEYS)


def scale(key: Key) -> set[int]:
    return {(key.tonic + step) % 12 for step in (MAJOR if key.mode == "major" else MINOR)}


def move(a: str, b: str) -> str:
    return score_key_transition(from_camelot(a), from_camelot(b)).move


def expected_score(a: Key, b: Key, shared: int) -> float | None:
    """The specification's score; None: below 40."""
    same_mode, rise = a.mode == b.mode, (b.tonic - a.tonic) % 12
    if same_mode:
        return {0: 100.0, 5: 80.0, 7: 80.0, 1: 70.0, 2: 70.0, 3: 45.0, 9: 45.0}.get(rise)
    return 60.0 if rise == 0 else {7: 90.0, 6: 75.0}.get(shared)


@pytest.mark.parametrize("a", KEYS, ids=lambda key: key.camelot)
def test_every_pair_against_set_arithmetic(a: Key) -> None:
    for b in KEYS:
        found = score_key_transition(a, b)
        shared = len(scale(a) & scale(b))
        assert found.shared_tones == shared
        assert found.semitones % 12 == (b.tonic - a.tonic) % 12
        assert found.blend == pytest.approx(20 * (shared - 2))
        expected = expected_score(a, b, shared)
        assert found.score == expected if expected is not None else found.score < 40


@given(keys, keys, st.integers(0, 11))
def test_transposing_both_keys_changes_nothing(a: Key, b: Key, semitones: int) -> None:
    assert score_key_transition(a.transposed(semitones), b.transposed(semitones)) == score_key_transition(a, b)


@given(keys, keys)
def test_blend_does_not_depend_on_the_order(a: Key, b: Key) -> None:
    assert score_key_transition(a, b).blend == score_key_transition(b, a).blend


def test_the_tables_hold_what_the_function_says() -> None:
    for i, a in enumerate(KEYS):
        for j, b in enumerate(KEYS):
            pair = score_key_transition(a, b)
            got = harmony.SCORES[i, j], harmony.BLENDS[i, j], harmony.EFFECTS[i, j]
            assert got == pytest.approx((pair.score, pair.blend, pair.effect))
            assert harmony.MOVES[i][j] == pair.move
    assert harmony.SCORES[harmony.UNKNOWN_CODE, 3] == pytest.approx(harmony.MEAN_SCORE)
    assert [harmony.key_code(key) for key in KEYS] == list(range(24))


class TestErrorClasses:
    """E1-E11 of the research notes; E12-E14 are about detectors and other people's claims, not about two keys."""

    def test_e1_8a_to_3a_is_a_minor_to_b_flat_minor(self) -> None:
        assert [from_camelot(c).name for c in ("8A", "3A", "5A", "6A")] == ["A minor", "Bb minor", "C minor", "G minor"]
        assert move("8A", "3A") == "semitone_up"

    def test_e2_a_is_minor(self) -> None:
        assert [from_camelot(c).name for c in ("1A", "8B", "8A")] == ["Ab minor", "C major", "A minor"]

    def test_e3_other_letter_is_relative_and_parallel_is_three_steps(self) -> None:
        for n in range(1, 13):
            assert move(f"{n}A", f"{n}B") == "relative"
            assert move(f"{n}A", f"{(n + 2) % 12 + 1}B") == "parallel"

    def test_e4_seven_steps_are_a_semitone_and_one_step_a_fifth(self) -> None:
        assert score_key_transition(from_camelot("1A"), from_camelot("8A")).semitones == 1
        assert score_key_transition(from_camelot("1A"), from_camelot("2A")).semitones == -5  # a fifth up, a fourth down

    def test_e5_five_steps_down_are_the_same_semitone_up(self) -> None:
        assert move("8A", "3A") == "semitone_up"
        assert score_key_transition(from_camelot("8A"), from_camelot("3A")).steps == -5

    def test_e6_c_major_and_e_minor(self) -> None:
        assert (Key(0, "major").camelot, Key(4, "minor").camelot) == ("8B", "9A")

    def test_e7_8a_to_8b_is_no_diagonal(self) -> None:
        assert move("8A", "8B") == "relative"

    def test_e8_8a_to_9b_is_a_diagonal_and_no_boost(self) -> None:
        assert move("8A", "9B") == "diagonal"
        assert move("8A", "10A") == "energy_boost"

    def test_e9_seven_steps_wrap_to_twelve(self) -> None:
        assert move("5A", "12A") == "semitone_up"
        assert move("12A", "7A") == "semitone_up"

    def test_e10_both_rings_turn_alike(self) -> None:
        for letter, n, k in itertools.product("AB", range(12), range(12)):
            a, b = (from_camelot(f"{m % 12 + 1}{letter}") for m in (n, n + k))
            assert (b.tonic - a.tonic) % 12 == 7 * k % 12

    def test_e11_five_and_six_steps_are_equally_far(self) -> None:
        tones = [score_key_transition(from_camelot("8A"), from_camelot(c)).shared_tones for c in ("1A", "2A", "3A")]
        assert tones == [2, 2, 2]


def test_a_semitone_up_lifts_most_and_blends_least() -> None:
    boost = score_key_transition(from_camelot("8A"), from_camelot("3A"))
    assert boost.blend == 0
    assert boost.effect == max(score_key_transition(a, b).effect for a, b in PAIRS)


@given(keys, keys, st.floats(0, 1))
def test_confidence_draws_scores_to_the_mean(a: Key, b: Key, confidence: float) -> None:
    sure, unsure = score_key_transition(a, b), score_key_transition(a, b, confidence=confidence)
    for value, mean in ((sure.blend, harmony.MEAN_BLEND), (sure.score, harmony.MEAN_SCORE)):
        got = unsure.blend if mean == harmony.MEAN_BLEND else unsure.score
        assert got == pytest.approx(mean + confidence * (value - mean))


def test_the_mean_is_that_of_all_pairs() -> None:
    assert pytest.approx(np.mean([score_key_transition(a, b).blend for a, b in PAIRS])) == harmony.MEAN_BLEND


@given(keys, keys)
def test_drums_alone_never_clash(a: Key, b: Key) -> None:
    assert score_key_transition(a, b, pitched_overlap=False).score == 100


def test_an_unknown_key_scores_the_mean() -> None:
    assert score_key_transition(None, KEYS[0]).score == harmony.MEAN_SCORE
    assert score_key_transition(KEYS[0], None).move == "unknown"


def test_confidence_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.2"):
        score_key_transition(KEYS[0], KEYS[1], confidence=1.2)


@pytest.mark.parametrize(
    ("score", "word"),
    [(100, "perfect"), (90, "perfect"), (89.9, "excellent"), (80, "excellent"), (75, "good"), (70, "good"),
     (60, "acceptable"), (45, "risky"), (40, "risky"), (39.9, "clash"), (0, "clash")],
)  # fmt: skip
def test_quality(score: float, word: str) -> None:
    assert harmony.quality(score) == word


@given(keys, keys)
def test_a_shift_is_taken_only_where_it_pays(a: Key, b: Key) -> None:
    shift = harmony.best_pitch_shift(a, b)
    plain = score_key_transition(a, b).score
    assert abs(shift.semitones) <= 2
    assert shift.score >= plain
    after = score_key_transition(a, b.transposed(shift.semitones)).score
    assert shift.score == after - harmony.SHIFT_COST * abs(shift.semitones)


def test_a_semitone_of_shift_mends_a_semitone_clash() -> None:
    assert harmony.best_pitch_shift(from_camelot("8A"), from_camelot("3A")).semitones == -1
