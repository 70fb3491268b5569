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


@pytest.fixture(scope="module")
def reference() -> CrateTrack:
    """The kick's own delay against its beat is the detector's zero."""
    return on_kicks(TRACK, decoded(kicks_and_chord(124.0, 70.0, first_beat=0.2)))


@pytest.mark.parametrize("late_ms", [-5.0, 3.0, 7.0])
def test_a_grid_that_is_off_is_moved_onto_the_kicks(late_ms: float, reference: CrateTrack) -> None:
    audio = kicks_and_chord(124.0, 70.0, first_beat=0.2 + late_ms / 1000)
    moved = on_kicks(TRACK, decoded(audio))
    assert offset_ms(moved, reference) == pytest.approx(np.full(len(TRACK.grid.beats), late_ms), abs=0.5)
    assert not unsteady(moved)


def test_a_tempo_that_is_off_is_mended_between_the_cue_points(reference: CrateTrack) -> None:
    audio = kicks_and_chord(124.01, 70.0, first_beat=0.2)
    moved = on_kicks(TRACK, decoded(audio))
    inside = (TRACK.grid.beats > 20) & (TRACK.grid.beats < 40)
    expected = 1000 * (np.arange(len(TRACK.grid.beats)) * (60 / 124.01 - 60 / 124.0))
    assert offset_ms(moved, reference)[inside] == pytest.approx(expected[inside], abs=0.8)


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
