import numpy as np
import pytest

from assets.library.onset_features import onset_features
from assets.library.spectra import ANALYSIS_RATE
from assets.library.tempo import RATIOS, autocorrelation, candidates, estimate_tempo, periodicity, refine
from tests.assets.library.analysed import STEADY, onsets, track


@pytest.mark.parametrize("name", STEADY)
def test_the_true_tempo_and_its_ratios_are_candidates(name: str) -> None:
    tempi = np.array(candidates(periodicity(onsets(name))))
    truth = track(name).truth.bpm
    for ratio in (r for r in RATIOS if 55 <= truth * r <= 220):
        assert np.abs(tempi / (truth * ratio) - 1).min() < 0.012


@pytest.mark.parametrize("name", STEADY)
def test_the_true_tempo_is_chosen(name: str) -> None:
    found = estimate_tempo(onsets(name))
    assert found.bpm == pytest.approx(track(name).truth.bpm, rel=0.01)
    assert found.confidence > 0.5
    scores = [score for _, score in found.candidates]
    assert scores == sorted(scores, reverse=True)
    assert found.confidence >= scores[0]


def test_refinement_reaches_a_hundredth_of_a_percent() -> None:
    truth = track("detuned, odd tempo").truth.bpm
    assert refine(onsets("detuned, odd tempo"), truth * 1.008) == pytest.approx(truth, rel=1e-4)


def test_autocorrelation_of_a_pulse_train_peaks_at_its_period() -> None:
    pulses = np.zeros(8000)
    pulses[::100] = 1.0
    curve = autocorrelation(pulses, 400)
    assert curve[0] == pytest.approx(1.0)
    assert curve[100] == pytest.approx(1.0, abs=0.05)
    assert curve[50] < 0.1


def test_nothing_that_repeats_gives_no_confidence() -> None:
    features = onset_features(np.zeros(ANALYSIS_RATE * 5, np.float32))
    assert estimate_tempo(features).confidence == pytest.approx(0.0, abs=0.2)
