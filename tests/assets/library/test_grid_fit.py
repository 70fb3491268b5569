import numpy as np
import pytest
from numpy.typing import NDArray

from assets.library.grid_fit import at_attacks, beats_on_line, coarse_phase, fit_beats, fit_line, grid_quality, snap
from assets.library.onset_features import onset_features
from assets.library.spectra import ANALYSIS_RATE
from tests.assets.library.analysed import onsets, track


def test_stray_attacks_do_not_pull_the_line() -> None:
    rng = np.random.default_rng(3)
    index = np.arange(400)
    times = 0.5 + 0.47 * index + rng.normal(0, 0.0005, 400)
    times[::5] += rng.uniform(0.004, 0.01, 80)
    period, start = fit_line(index, times, np.ones(400), 0.47001, 0.5)
    assert start + period * 399 == pytest.approx(0.5 + 0.47 * 399, abs=0.0005)


@pytest.mark.parametrize(("bpm", "expected"), [(128.003, 128.0), (127.502, 127.5), (127.733, 127.73)])
def test_only_what_fits_is_snapped(bpm: float, expected: float) -> None:
    index = np.arange(200)
    rng = np.random.default_rng(4)
    times = 1.0 + 60 / expected * index + rng.normal(0, 0.0005, 200)
    period, _ = snap(index, times, np.ones(200), 60 / bpm, 1.0)
    if expected % 0.5 == 0:
        assert 60 / period == pytest.approx(expected, abs=1e-9)
    else:
        assert 60 / period == pytest.approx(bpm, abs=1e-9)


def test_a_tempo_close_to_a_whole_number_stays_where_the_beats_say_so() -> None:
    # 128.04 BPM over 400 beats ends 59 ms before 128.
    index = np.arange(400)
    times = 60 / 128.04 * index
    assert 60 / snap(index, times, np.ones(400), 60 / 128.04, 0.0)[0] == pytest.approx(128.04)


def test_the_first_beat_may_lie_a_hair_before_the_first_sample() -> None:
    beats = beats_on_line(0.5, -0.0004, 3.0)
    assert beats[0] == 0.0
    np.testing.assert_allclose(np.diff(beats), 0.5, atol=0.001)
    assert beats_on_line(0.5, -0.1, 3.0)[0] == pytest.approx(0.4)


def test_the_phase_is_that_of_the_kick_not_of_the_hats() -> None:
    truth = track("loud off-beat hats").truth
    period = 60 / truth.bpm
    error = (coarse_phase(onsets("loud off-beat hats"), period) - truth.beats[0]) % period
    assert min(error, period - error) < 0.02


def test_a_grid_off_the_beat_is_measurably_worse() -> None:
    beats = fit_beats(onsets("house"), 126.0)
    good, bad = grid_quality(onsets("house"), beats), grid_quality(onsets("house"), beats + 0.07)
    assert good.residual_ms < 1
    assert good.support > 0.6
    assert bad.support < 0.2
    assert bad.onsets < 0.3 * good.onsets


def clicks_over_swells(seconds: float, period: float, swell_late: float) -> NDArray[np.float32]:
    """A click on every beat, beneath it a far louder low note that begins ``swell_late`` seconds after it."""
    rng = np.random.default_rng(5)
    signal = 0.001 * rng.standard_normal(round(seconds * ANALYSIS_RATE))
    time = np.arange(round(0.2 * ANALYSIS_RATE)) / ANALYSIS_RATE
    swell = 0.5 * np.sin(2 * np.pi * 55 * time) * np.exp(-12 * time)
    click = 0.1 * rng.standard_normal(240) * np.exp(-np.arange(240) / 60)
    for beat in np.arange(0.3, seconds - 0.5, period):
        for sound, delay in ((click, 0.0), (swell, swell_late)):
            at = round((beat + delay) * ANALYSIS_RATE)
            signal[at : at + len(sound)] += sound
    return signal.astype(np.float32)


def test_the_grid_lies_on_the_attack_that_is_heard_not_where_the_low_end_has_swelled() -> None:
    features = onset_features(clicks_over_swells(60.0, 0.5, 0.012))
    line = np.arange(0.312, 59.0, 0.5)
    moved = at_attacks(features, line)
    assert moved[0] == pytest.approx(0.3, abs=0.0015)
    np.testing.assert_allclose(np.diff(moved), 0.5, atol=1e-9)


def test_a_line_close_to_the_attacks_is_left_to_the_finer_measure() -> None:
    features = onset_features(clicks_over_swells(60.0, 0.5, 0.0))
    line = np.arange(0.301, 59.0, 0.5)
    assert at_attacks(features, line) is line


def test_attacks_without_a_common_place_move_nothing() -> None:
    rng = np.random.default_rng(6)
    signal = np.zeros(60 * ANALYSIS_RATE, np.float32)
    line = np.arange(0.3, 59.0, 0.5)
    for beat in line:
        at = round((beat + rng.uniform(-0.02, 0.02)) * ANALYSIS_RATE)
        signal[at : at + 240] += rng.standard_normal(240).astype(np.float32)
    assert at_attacks(onset_features(signal), line) is line
    assert at_attacks(onset_features(np.zeros_like(signal)), line) is line
