import mir_eval
import numpy as np
import pytest

from assets.library.keys import Key
from assets.library.onset_features import onset_features
from assets.library.spectra import ANALYSIS_RATE, at_analysis_rate
from assets.library.synthesis import CLUB_FORM, TrackRecipe, synthesise
from assets.library.variable_grid import track_beats
from tests.assets.library.analysed import onsets, track


@pytest.mark.parametrize(
    ("recipe", "least"),
    [
        (TrackRecipe("slows", 120, Key(4, "minor"), CLUB_FORM, "techno", tempo_drift=-0.08), 0.97),
        (TrackRecipe("steps", 112, Key(1, "minor"), CLUB_FORM, tempo_steps=((16, 128.0), (40, 104.0))), 0.85),
    ],
)
def test_beats_follow_the_tempo(recipe: TrackRecipe, least: float) -> None:
    made = synthesise(recipe)
    beats = track_beats(onset_features(at_analysis_rate(made.samples.mean(axis=1), 44100)), recipe.bpm)
    assert mir_eval.beat.f_measure(made.truth.beats, beats) >= least
    assert np.all(np.diff(beats) > 0)


def test_a_steady_track_is_followed_without_slips() -> None:
    beats = track_beats(onsets("house"), 126.0)
    assert mir_eval.beat.f_measure(track("house").truth.beats, beats) > 0.99


def test_a_snippet_has_no_tempo_to_follow() -> None:
    assert len(track_beats(onset_features(np.ones(3 * ANALYSIS_RATE, np.float32)), 120)) == 0
