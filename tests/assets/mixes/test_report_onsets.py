import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt

from assets.mixes.report.onsets import attack_times, delay_seconds

RATE, PERIOD, BEATS = 44_100, 60 / 128, 32
EXPECTED = 1.0 + PERIOD * np.arange(BEATS)


def kick(swell: float = 0.0) -> np.ndarray:
    """A click and a falling low tone; ``swell`` seconds pass until the tone has its full level."""
    at = np.arange(int(0.2 * RATE)) / RATE
    tone = np.sin(2 * np.pi * (50 * at + 8 * (1 - np.exp(-at * 40)))) * np.exp(-at * 18)
    if swell:
        tone *= np.minimum(at / swell, 1)
    return tone + 0.5 * np.random.default_rng(1).standard_normal(len(at)) * np.exp(-at * 800)


def placed(times: np.ndarray, sound: np.ndarray, gain: float = 0.5) -> np.ndarray:
    out = np.zeros(int((EXPECTED[-1] + 2) * RATE))
    for time in times:
        first = round(time * RATE)
        out[first : first + len(sound)] += gain * sound
    return out


def bass(times: np.ndarray) -> np.ndarray:
    at = np.arange(int(0.18 * RATE)) / RATE
    return placed(times, np.sin(2 * np.pi * 60 * at) * np.minimum(1, at / 0.01) * np.exp(-at * 4), 0.6)


def offsets_ms(samples: np.ndarray) -> np.ndarray:
    return 1000 * (attack_times(samples.astype(np.float32), RATE, EXPECTED, PERIOD) - EXPECTED)


@settings(max_examples=15, deadline=None)
@given(st.floats(-60, 60), st.floats(-30, 0))
def test_a_shift_is_measured_to_half_a_millisecond_at_any_level(shift_ms: float, gain_db: float) -> None:
    base = offsets_ms(placed(EXPECTED, kick()))
    shifted = offsets_ms(placed(EXPECTED + shift_ms / 1000, kick()) * 10 ** (gain_db / 20))
    assert np.isfinite(shifted).all()
    np.testing.assert_allclose(shifted - base, shift_ms, atol=0.5)


def test_bass_notes_between_the_beats_do_not_move_the_beats() -> None:
    alone = offsets_ms(placed(EXPECTED, kick()))
    for lead in (0.04, 0.06, 0.08):
        busy = offsets_ms(placed(EXPECTED, kick()) + bass(EXPECTED[::2] - lead))
        assert np.nanmax(np.abs(busy - alone)) < 1.0


def test_a_kick_that_swells_is_placed_at_its_click() -> None:
    np.testing.assert_allclose(offsets_ms(placed(EXPECTED, kick(0.03))), offsets_ms(placed(EXPECTED, kick())), atol=1)


def test_beats_that_are_not_struck_are_left_out() -> None:
    sounding = np.arange(BEATS) % 4 != 3
    heard = np.isfinite(offsets_ms(placed(EXPECTED[sounding], kick())))
    assert (heard == sounding).all()
    assert not np.isfinite(offsets_ms(np.zeros(RATE * 20))).any()
    hiss = 0.1 * np.random.default_rng(0).standard_normal(RATE * 20)
    assert np.isfinite(offsets_ms(hiss)).sum() == 0


@pytest.mark.parametrize("late", [0, 37, 441])
def test_a_delay_is_found_under_filter_gain_and_fade(late: int) -> None:
    noise = np.random.default_rng(0).standard_normal(RATE * 2).astype(np.float32)
    through = sosfilt(butter(1, 6000, fs=RATE, output="sos"), np.roll(noise, late)) * np.linspace(0, -0.4, len(noise))
    assert delay_seconds(through.astype(np.float32), noise, RATE) == pytest.approx(late / RATE, abs=3 / RATE)
