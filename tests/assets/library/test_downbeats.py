import numpy as np
import pytest

from assets.library.analysis import analyse
from assets.library.downbeats import beat_means, block_change, find_downbeat
from assets.library.keys import Key
from assets.library.pitch_features import pitch_features
from assets.library.spectra import at_analysis_rate
from assets.library.synthesis import CLUB_FORM, Section, TrackRecipe, synthesise
from tests.assets.library.analysed import decoded, distances, onsets, track


@pytest.mark.parametrize("dropped", [0, 1, 2, 3])
def test_the_bar_line_is_found_from_any_first_beat(dropped: int) -> None:
    made = track("half time")
    pitches = pitch_features(at_analysis_rate(made.samples.mean(axis=1), 44100))
    index, confidence = find_downbeat(onsets("half time"), pitches, made.truth.beats[dropped:])
    assert (index + dropped) % 4 == 0
    assert confidence > 0.8


@pytest.mark.parametrize("intro_bars", [4, 6])
def test_phrases_open_where_sections_do(intro_bars: int) -> None:
    form = (Section("intro", intro_bars), *CLUB_FORM[1:])
    made = synthesise(TrackRecipe("pickup", 128, Key(3, "minor"), form, seed=intro_bars))
    grid = analyse(decoded(made.samples)).grid
    assert grid.first_phrase == intro_bars % 8
    opened = np.array([section.start for section in made.truth.sections[1:]])
    assert distances(grid.phrase_starts(), opened).max() < 0.005


def test_means_between_beats() -> None:
    values = np.repeat([1.0, 5.0, 3.0], 10)
    np.testing.assert_allclose(beat_means(values, 10.0, np.array([0.0, 1.0, 2.0, 3.0])), [1, 5, 3])


def test_change_is_highest_where_the_spectrum_turns() -> None:
    spectrum = np.zeros((32, 3))
    spectrum[20:, 1] = 1.0
    change = block_change(spectrum, 4)
    assert int(np.argmax(change)) == 20
    assert change[:4].tolist() == [0.0] * 4


def test_too_few_beats_tell_nothing() -> None:
    made = track("house")
    pitches = pitch_features(at_analysis_rate(made.samples[:44100].mean(axis=1), 44100))
    assert find_downbeat(onsets("house"), pitches, np.arange(3.0)) == (0, 0.0)
