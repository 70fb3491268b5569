import numpy as np

from assets.library.energy import energy_profile
from assets.library.onset_features import onset_features
from assets.library.spectra import ANALYSIS_RATE
from tests.assets.library.analysed import RECIPES, analysis, onsets, track


def sections(name: str) -> dict[str, float]:
    curve = analysis(name).energy.curve
    return {s.kind: float(curve[int(s.start / 2) + 1 : int(s.end / 2)].mean()) for s in track(name).truth.sections}


def test_the_drop_has_more_energy_than_all_before_it() -> None:
    found = sections("house")
    assert found["drop"] > 0.65
    assert found["drop"] > found["verse"] > found["intro"] > found["breakdown"]
    assert found["breakdown"] < 0.4


def test_the_curve_covers_the_track_in_steps_of_two_seconds() -> None:
    for name in RECIPES:
        assert len(analysis(name).energy.curve) == np.ceil(track(name).truth.seconds / 2)


def test_silence_has_no_energy() -> None:
    signal = np.zeros(ANALYSIS_RATE * 20, np.float32)
    signal[: ANALYSIS_RATE * 8] = np.random.default_rng(1).normal(0, 0.1, ANALYSIS_RATE * 8)
    curve = energy_profile(onset_features(signal)).curve
    assert curve[6:].max() == 0
    assert curve[1:3].min() > 0


def test_level_is_the_overall_energy_in_tenths() -> None:
    found = energy_profile(onsets("techno"))
    assert found.level == int(np.ceil(10 * found.overall))
