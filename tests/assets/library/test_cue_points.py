import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.library.beat_grid import BeatGrid, constant_grid
from assets.library.cue_points import cue_points
from assets.library.track_analysis import EnergyProfile
from tests.assets.library.analysed import analysis, track


def profile(curve: list[float]) -> EnergyProfile:
    values = np.array(curve, np.float32)
    return EnergyProfile(float(np.sort(values)[-max(1, len(values) // 4) :].mean()), 5, values)


def test_in_at_the_first_sounding_phrase_and_out_where_the_energy_stays_away() -> None:
    # 120 BPM: an 8-bar phrase is 16 s, eight windows; one silent phrase, four full ones, an outro of two.
    curve = [0.0] * 8 + [0.8] * 32 + [0.3] * 16
    grid = constant_grid(120, 0.0, 112.0)
    assert cue_points(grid, profile(curve), 112.0) == (16.0, 80.0)


def test_out_leaves_sixteen_bars_where_there_is_no_outro() -> None:
    grid = constant_grid(120, 0.0, 112.0)
    assert cue_points(grid, profile([0.8] * 56), 112.0) == (0.0, 80.0)


def test_a_club_track_goes_out_at_its_outro() -> None:
    found, truth = analysis("house"), track("house").truth
    assert found.mix_in == pytest.approx(0.0, abs=0.005)
    assert found.mix_out == pytest.approx(truth.sections[-1].start, abs=0.005)


def test_a_track_without_beats_is_used_from_end_to_end() -> None:
    grid = BeatGrid(120.0, np.zeros(0), 0, True, 0.0, 0.0)
    assert cue_points(grid, profile([0.5] * 10), 20.0) == (0.0, 20.0)


@given(
    bpm=st.floats(50, 220),
    seconds=st.floats(1, 400),
    first=st.floats(0, 1.5),
    levels=st.lists(st.floats(0, 1), min_size=1, max_size=30),
    phrase=st.integers(0, 7),
)
def test_cues_lie_in_order_on_bar_lines(
    bpm: float, seconds: float, first: float, levels: list[float], phrase: int
) -> None:
    grid = constant_grid(bpm, first, seconds)
    grid = BeatGrid(grid.bpm, grid.beats, grid.first_downbeat, True, 0.0, 1.0, phrase)
    curve = np.interp(np.linspace(0, 1, int(np.ceil(seconds / 2))), np.linspace(0, 1, len(levels)), levels)
    mix_in, mix_out = cue_points(grid, profile(curve.tolist()), seconds)
    assert 0 <= mix_in <= mix_out <= seconds
    bars = {0.0, seconds, *grid.downbeats.tolist()}
    assert {mix_in, mix_out} <= bars
