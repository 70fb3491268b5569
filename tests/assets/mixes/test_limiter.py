"""The limiter: its ceiling, its transparency, and independence of block sizes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assets.mixes.limiter import CEILING_DBTP, Limiter, TruePeakMeter, true_peaks

RATE = 44_100


def decibels(value: float) -> float:
    return float(20 * np.log10(value))


def limited(samples: NDArray[np.float32], sizes: list[int]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    limiter, audio, gains, at = Limiter(RATE), [], [], 0
    for k in range(len(samples)):
        if at >= len(samples):
            break
        size = sizes[k % len(sizes)]
        out, gain = limiter.process(samples[at : at + size])
        audio.append(out)
        gains.append(gain)
        at += size
    out, gain = limiter.flush()
    return np.concatenate([*audio, out]), np.concatenate([*gains, gain])


def music(seconds: float, level: float, seed: int = 0) -> NDArray[np.float32]:
    """Noise below 12 kHz with loud bursts, stereo."""
    from scipy.signal import butter, sosfilt

    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((round(seconds * RATE), 2))
    noise = sosfilt(butter(4, 12_000, fs=RATE, output="sos"), noise, axis=0)
    bursts = 0.2 + (np.sin(2 * np.pi * 2 * np.arange(len(noise)) / RATE) > 0.9)
    return (level * noise * bursts[:, None]).astype(np.float32)


@pytest.mark.parametrize("level", [0.3, 0.8, 3.0])
def test_the_ceiling_holds_by_another_meter(level: float) -> None:
    import soxr

    audio, gains = limited(music(4, level), [65_536])
    assert gains.min() < 1
    fine = soxr.resample(audio, RATE, 8 * RATE, quality="VHQ")
    assert decibels(np.abs(fine).max()) <= -1.0


def test_a_peak_on_the_first_sample_is_caught() -> None:
    samples = np.zeros((3000, 2), np.float32)
    samples[:20] = 2.0
    audio, _ = limited(samples, [500])
    assert decibels(np.abs(audio).max()) <= CEILING_DBTP + 0.01


def test_what_is_below_the_ceiling_passes_bit_for_bit() -> None:
    samples = np.clip(music(2, 0.1), -0.3, 0.3)
    audio, gains = limited(samples, [10_000])
    assert np.array_equal(audio, samples)
    assert (gains == 1).all()


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(150, 30_000), min_size=1, max_size=4), st.integers(0, 5))
def test_block_sizes_do_not_matter(sizes: list[int], seed: int) -> None:
    samples = music(0.6, 1.0, seed)
    whole, _ = limited(samples, [len(samples)])
    cut, gains = limited(samples, [max(sizes), *sizes])
    assert cut.shape == samples.shape
    assert len(gains) == len(samples)
    assert np.abs(whole - cut).max() < 1e-6


def test_both_channels_get_one_gain() -> None:
    samples = music(1, 1.0)
    samples[:, 1] *= 0.1
    audio, gains = limited(samples, [4096])
    assert audio == pytest.approx(samples * gains[:, None], abs=1e-6)


def test_the_gain_falls_in_time_and_returns_slowly() -> None:
    samples = np.full((RATE, 2), 0.1, np.float32)
    samples[RATE // 2 : RATE // 2 + 50] = 1.5
    _, gains = limited(samples, [8192])
    attack = np.flatnonzero(gains < 1)[0]
    assert 0.002 < (RATE // 2 - attack) / RATE < 0.012
    half = (1 + gains.min()) / 2
    back = RATE // 2 + 50 + np.flatnonzero(gains[RATE // 2 + 50 :] > half)[0]
    assert (back - RATE // 2) / RATE > 0.03
    assert np.abs(np.diff(gains)).max() < 0.01


def test_peaks_between_samples_are_seen() -> None:
    time = np.arange(4000)
    wave = np.sin(np.pi / 2 * time + np.pi / 4).astype(np.float32)
    assert np.abs(wave).max() == pytest.approx(np.sqrt(0.5), abs=1e-4)
    assert true_peaks(np.stack([wave, wave], axis=1))[100:-100].max() == pytest.approx(1.0, abs=0.01)


def test_the_meter_does_not_mind_blocks() -> None:
    samples = music(1, 0.5)
    expected = true_peaks(samples).max()
    for size in (37, 5000, len(samples)):
        meter = TruePeakMeter()
        for at in range(0, len(samples), size):
            meter.add(samples[at : at + size])
        meter.close()
        assert meter.peak == pytest.approx(expected, rel=1e-5)
