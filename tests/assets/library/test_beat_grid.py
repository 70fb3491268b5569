import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.library.beat_grid import BeatGrid, constant_grid


@given(bpm=st.floats(40, 240), first=st.floats(0, 30), duration=st.floats(5, 600), downbeat=st.integers(0, 3))
def test_a_constant_grid_covers_the_track_and_keeps_its_downbeats(
    bpm: float, first: float, duration: float, downbeat: int
) -> None:
    grid = constant_grid(bpm, first, duration, first_downbeat=downbeat)
    period = 60 / bpm
    assert grid.beats[0] < period + 1e-6
    assert grid.beats[0] >= -1e-6
    assert duration - period - 1e-6 <= grid.beats[-1] < duration
    expected = first + downbeat * period
    error = (grid.downbeats[0] - expected) / (4 * period) if len(grid.downbeats) else 0
    assert error == pytest.approx(round(error), abs=1e-6)


def test_phrases_are_counted_from_the_bar_that_opens_one() -> None:
    grid = BeatGrid(120.0, np.arange(0, 100, 0.5), 2, True, 0.0, 1.0, first_phrase=3)
    assert grid.downbeats[0] == 1.0
    assert grid.phrase_starts()[0] == 1.0 + 3 * 2
    assert np.all(np.diff(grid.phrase_starts()) == 16.0)
    assert set(grid.phrase_starts(8)) <= set(grid.phrase_starts(4)) <= set(grid.downbeats)


def test_no_tempo_no_grid() -> None:
    with pytest.raises(ValueError, match="positive"):
        constant_grid(0, 0, 10)
