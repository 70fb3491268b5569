import numpy as np
import pytest

from assets.library.grid_fit import beats_on_line, coarse_phase, fit_beats, fit_line, grid_quality, snap
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
