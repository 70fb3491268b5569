"""Tempo matching: tolerances, half and double time, three against two, and what a clash would need."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.mixes.tempo_fit import MATCHES, TOLERANCE_BPM, fit_tempos, match_tempos, tolerance_bpm

tempos = st.floats(60, 200)


@pytest.mark.parametrize(
    ("out", "into", "genres", "match"),
    [
        (128, 128.7, ("house", "house"), "perfect"),
        (128, 128.75, ("house", "house"), "perfect"),
        (128, 129.4, ("house", "house"), "good"),
        (128, 129.6, ("house", "house"), "clash"),
        (128, 129.4, ("house", "minimal techno"), "clash"),  # the tighter tolerance holds
        (174, 176.5, ("drum and bass", "drum and bass"), "good"),
        (100, 103, ("polka", "polka"), "good"),  # unknown genres: 3 BPM
        (87, 174, ("hip-hop", "drum and bass"), "half_double"),
        (174, 87, ("drum and bass", "hip-hop"), "half_double"),
        (90, 190.7, ("pop", "pop"), "half_double"),
        (90, 191, ("pop", "pop"), "clash"),
        (90, 135, ("pop", "pop"), "three_two"),
        (140, 93.3, ("trap", "trap"), "three_two"),
        (90, 141, ("pop", "pop"), "clash"),
    ],
)
def test_matches(out: float, into: float, genres: tuple[str, str], match: str) -> None:
    assert fit_tempos(out, into, *genres).match == match


def test_a_clash_says_what_it_needs() -> None:
    fit = fit_tempos(128, 120, "house", "house")
    assert fit.stretch_percent == pytest.approx(100 * (128 / 120 - 1))
    assert fit.delta_bpm == -8


def test_double_time_is_counted_in_beats() -> None:
    fit = fit_tempos(87, 174.2, "hip-hop", "drum and bass")
    assert fit.beats_ratio == 2
    assert fit.delta_bpm == pytest.approx(0.1)
    assert fit.stretch_percent == pytest.approx(100 * (174 / 174.2 - 1))


@given(tempos, tempos)
def test_the_stretch_brings_the_incoming_track_to_the_outgoing_tempo(out: float, into: float) -> None:
    fit = fit_tempos(out, into, "house", "techno")
    assert into * (1 + fit.stretch_percent / 100) == pytest.approx(out * fit.beats_ratio)
    assert 0 <= fit.score <= 100


@given(tempos, tempos)
def test_there_and_back_is_the_same_match(out: float, into: float) -> None:
    there, back = fit_tempos(out, into, "pop", "pop"), fit_tempos(into, out, "pop", "pop")
    assert there.beats_ratio * back.beats_ratio == pytest.approx(1)
    if there.beats_ratio == 1:
        assert there.match == back.match


def test_many_pairs_at_once_give_what_single_ones_give() -> None:
    rng = np.random.default_rng(3)
    out, into = rng.uniform(60, 200, (2, 500))
    fits = match_tempos(out[:, None], into[None, :50], tolerance_bpm("house"))
    assert fits.match.shape == (500, 50)
    for i, j in rng.integers(0, 50, (40, 2)):
        one = fit_tempos(out[i], into[j], "house", "house")
        assert (MATCHES[fits.match[i, j]], fits.score[i, j]) == (one.match, pytest.approx(one.score))


def test_the_smaller_the_clash_the_better() -> None:
    scores = [fit_tempos(128, bpm, "house", "house").score for bpm in (128, 129, 130, 132, 134, 138)]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < 10


def test_a_tempo_has_to_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        fit_tempos(0, 120, "house", "house")


def test_tolerances_are_those_of_the_specification() -> None:
    assert (tolerance_bpm("Minimal Techno"), tolerance_bpm("ambient"), tolerance_bpm("klezmer")) == (1.0, 10.0, 3.0)
    assert len(TOLERANCE_BPM) == 18
