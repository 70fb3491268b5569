"""The grid brought onto the attacks that are heard, and told where they do not lie on it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from assets.library.track_analysis import DecodedAudio
from assets.mixes.attack_check import on_attacks
from assets.mixes.crate_track import CrateTrack
from assets.mixes.set_cut import unsteady
from tests.assets.mixes.crates import RATE, kicks_and_chord, silent_track

TRACK = silent_track("t", bpm=124.0, seconds=70.0, first_beat=0.2)
HIT = kicks_and_chord(124.0, 2.0, first_beat=0.0)[: round(0.15 * RATE)]


def decoded(samples: NDArray[np.float32]) -> DecodedAudio:
    return DecodedAudio(samples, RATE, "test", None)


def offset_ms(track: CrateTrack, reference: CrateTrack) -> NDArray[np.float64]:
    return 1000 * (track.grid.beats - reference.grid.beats)


def hits(late: NDArray[np.float64]) -> NDArray[np.float32]:
    """A track that is struck ``late`` seconds after each beat of `TRACK`; shape (n, 2)."""
    audio = np.zeros((70 * RATE, 2), np.float32)
    for beat, delay in zip(TRACK.grid.beats[:-2], late, strict=False):
        at = max(0, round((beat + delay) * RATE))
        audio[at : at + len(HIT)] += HIT
    return audio


def test_a_grid_on_its_beats_stays_where_it_is() -> None:
    checked = on_attacks(TRACK, decoded(kicks_and_chord(124.0, 70.0, first_beat=0.2)))
    assert np.array_equal(checked.grid.beats, TRACK.grid.beats)
    assert not unsteady(checked, 10.0, 40.0)


@pytest.mark.parametrize("late_ms", [-18.0, -5.0, 5.0, 18.0])
def test_a_constant_bias_is_mended(late_ms: float) -> None:
    audio = kicks_and_chord(124.0, 70.0, first_beat=0.2 + late_ms / 1000)
    checked = on_attacks(TRACK, decoded(audio))
    assert offset_ms(checked, TRACK) == pytest.approx(np.full(len(TRACK.grid.beats), late_ms), abs=1.5)
    assert not unsteady(checked, 10.0, 40.0)


def test_a_slow_drift_is_mended() -> None:
    checked = on_attacks(TRACK, decoded(kicks_and_chord(124.01, 70.0, first_beat=0.2)))
    truth = np.arange(len(TRACK.grid.beats)) * (60 / 124.01 - 60 / 124.0)
    apart = offset_ms(checked, TRACK) - 1000 * truth
    assert np.ptp(apart) < 1.0
    assert np.abs(apart).max() < 2.0


def test_beats_that_wander_are_refused_where_they_do_and_only_there() -> None:
    beats = TRACK.grid.beats
    checked = on_attacks(TRACK, decoded(hits(np.where((beats > 30) & (beats < 46), 0.012, 0.0))))
    assert np.array_equal(checked.grid.beats, beats)
    assert "off its grid" in unsteady(checked, 31.5, 45.0)
    assert not unsteady(checked, 8.0, 23.0)


def test_beats_in_waves_are_refused() -> None:
    checked = on_attacks(TRACK, decoded(hits(0.014 * np.sin(2 * np.pi * TRACK.grid.beats / 35))))
    assert "off its grid" in unsteady(checked, 0.0, 31.0)


def test_bass_notes_across_the_beats_do_not_condemn_an_exact_grid() -> None:
    rng = np.random.default_rng(1)
    audio = kicks_and_chord(124.0, 70.0, first_beat=0.2)
    time = np.arange(round(0.4 * RATE)) / RATE
    for beat in TRACK.grid.beats[1:-2]:
        at = round((beat + rng.uniform(-0.03, 0.03)) * RATE)
        note = np.sin(2 * np.pi * rng.uniform(40, 90) * time) * np.hanning(len(time)) ** 0.5
        audio[at : at + len(note)] += (0.4 * note[:, None]).astype(np.float32)
    checked = on_attacks(TRACK, decoded(audio))
    assert np.abs(offset_ms(checked, TRACK)).max() < 0.5
    assert not unsteady(checked, 0.2, 60.0)


def test_beats_struck_at_random_are_not_known() -> None:
    rng = np.random.default_rng(0)
    checked = on_attacks(TRACK, decoded(hits(rng.uniform(-0.03, 0.03, len(TRACK.grid.beats)))))
    assert np.array_equal(checked.grid.beats, TRACK.grid.beats)
    assert unsteady(checked, 10.0, 40.0)


def test_where_nothing_is_struck_nothing_is_known() -> None:
    silent = on_attacks(TRACK, decoded(np.zeros((70 * RATE, 2), np.float32)))
    assert np.array_equal(silent.grid.beats, TRACK.grid.beats)
    assert "too few beats" in unsteady(silent, 10.0, 40.0)
    empty = replace(TRACK, grid=replace(TRACK.grid, beats=np.zeros(0)))
    assert on_attacks(empty, decoded(np.zeros((RATE, 2), np.float32))) is empty
