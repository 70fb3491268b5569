"""The grid brought onto the kicks, and told where there are none to be relied on."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from assets.library.track_analysis import DecodedAudio
from assets.mixes.crate_track import CrateTrack
from assets.mixes.kick_check import on_kicks
from assets.mixes.set_cut import unsteady
from tests.assets.mixes.crates import RATE, kicks_and_chord, silent_track

TRACK = silent_track("t", bpm=124.0, seconds=70.0, first_beat=0.2)


def decoded(samples: NDArray[np.float32]) -> DecodedAudio:
    return DecodedAudio(samples, RATE, "test", None)


def offset_ms(track: CrateTrack, reference: CrateTrack) -> NDArray[np.float64]:
    return 1000 * (track.grid.beats - reference.grid.beats)


@pytest.mark.parametrize("late_ms", [0.0, 4.0])
def test_steady_kicks_confirm_the_grid(late_ms: float) -> None:
    """A constant offset is the detector's or the kick's own; it is not mended."""
    audio = kicks_and_chord(124.0, 70.0, first_beat=0.2 + late_ms / 1000)
    checked = on_kicks(TRACK, decoded(audio))
    assert np.abs(offset_ms(checked, TRACK)).max() < 0.5
    assert checked.grid.residual_ms < 1
    assert not unsteady(checked)


def test_a_tempo_that_is_off_is_mended_between_the_cue_points() -> None:
    audio = kicks_and_chord(124.01, 70.0, first_beat=0.2)
    checked = on_kicks(TRACK, decoded(audio))
    inside = np.flatnonzero((TRACK.grid.beats > 18) & (TRACK.grid.beats < 45))
    expected = 1000 * inside * (60 / 124.01 - 60 / 124.0)
    apart = offset_ms(checked, TRACK)[inside] - expected
    assert apart - apart.mean() == pytest.approx(np.zeros(len(inside)), abs=0.3)


def test_kicks_that_stray_are_reported_and_leave_the_grid_alone() -> None:
    rng = np.random.default_rng(0)
    audio = np.zeros((70 * RATE, 2), np.float32)
    hit = kicks_and_chord(124.0, 2.0, first_beat=0.0)[: round(0.15 * RATE)]
    for beat in TRACK.grid.beats[:-2]:
        at = max(0, round((beat + rng.normal(0, 0.02)) * RATE))
        audio[at : at + len(hit)] += hit
    moved = on_kicks(TRACK, decoded(audio))
    assert np.array_equal(moved.grid.beats, TRACK.grid.beats)
    assert "stray" in unsteady(moved)


def test_a_track_without_kicks_is_left_as_it_is() -> None:
    assert on_kicks(TRACK, decoded(np.zeros((70 * RATE, 2), np.float32))) is TRACK
    empty = replace(TRACK, grid=replace(TRACK.grid, beats=np.zeros(0)))
    assert on_kicks(empty, decoded(np.zeros((RATE, 2), np.float32))) is empty
