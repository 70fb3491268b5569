import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.mixes.report.meter import energy_track

RATE = 44_100


def blocks(x, size=10_000):
    return [x[i : i + size].astype(np.float32) for i in range(0, len(x), size)]


def test_a_full_scale_sine_reads_as_the_standard_says():
    # BS.1770-4: 997 Hz, 0 dBFS, one channel: -3.01 LUFS
    sine = np.sin(2 * np.pi * 997 * np.arange(RATE * 5) / RATE)
    assert energy_track(blocks(sine[:, None]), RATE).integrated_lufs() == pytest.approx(-3.01, abs=0.05)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31), st.integers(700, 50_000), st.floats(-40, 0))
def test_agrees_with_pyloudnorm_whatever_the_block_size(seed, size, quiet_db):
    rng = np.random.default_rng(seed)
    x = 0.1 * rng.standard_normal((RATE * 6, 2))
    x[RATE * 3 :] *= 10 ** (quiet_db / 20)  # exercises the relative gate
    ours = energy_track(blocks(x, size), RATE).integrated_lufs()
    assert ours == pytest.approx(pyloudnorm.Meter(RATE).integrated_loudness(x), abs=0.02)


def test_silence_has_no_loudness():
    assert energy_track(blocks(np.zeros((RATE, 2))), RATE).integrated_lufs() == -np.inf


def test_short_term_follows_a_step_of_ten_decibels():
    noise = 0.1 * np.random.default_rng(0).standard_normal((RATE * 20, 2))
    noise[RATE * 10 :] *= 10 ** (-10 / 20)
    track = energy_track(blocks(noise), RATE)
    assert track.short_term_lufs(5) - track.short_term_lufs(15) == pytest.approx(10, abs=0.1)
