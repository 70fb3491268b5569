"""Lengths of overlaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.mixes.transition_length import length_bars, length_seconds


@pytest.mark.parametrize(
    ("genres", "step", "segments", "seconds"),
    [
        (("techno", "techno"), 0.2, "other", 120), (("minimal techno", "minimal techno"), 0.2, "other", 180),
        (("house", "house"), 0.2, "other", 60), (("trance", "trance"), 0.2, "other", 45),
        (("drum and bass", "drum and bass"), 0.2, "other", 20), (("hip-hop", "hip-hop"), 0.2, "other", 15),
        (("folk", "folk"), 0.2, "other", 30), (("techno", "house"), 0.2, "other", 60),
        (("house", "house"), 0.2, "outro_intro", 90), (("house", "house"), 0.2, "drop_drop", 30),
        (("house", "house"), -0.4, "other", 30), (("house", "house"), 0.05, "other", 90),
        (("house", "house"), 0.05, "outro_intro", 135),
    ],
)  # fmt: skip
def test_seconds(genres: tuple[str, str], step: float, segments: str, seconds: float) -> None:
    assert length_seconds(*genres, step, segments) == seconds  # type: ignore[arg-type]


@given(st.floats(0.1, 600), st.floats(60, 200))
def test_bars_are_multiples_of_four_from_4_to_64(seconds: float, bpm: float) -> None:
    bars = length_bars(seconds, bpm)
    assert bars in range(4, 65, 4)
    exact = seconds * bpm / 240
    if 4 <= exact <= 64:
        assert abs(bars - exact) <= 2


def test_the_median_of_djs() -> None:
    assert length_bars(30, 128) == 16


def test_a_tempo_has_to_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        length_bars(30, 0)
