import numpy as np
import pytest
import soundfile

from assets.library.loudness import SILENCE_LUFS, k_weighting, measure_loudness, true_peak


def sine(decibel: float, rate: int = 48000, channels: int = 2) -> np.ndarray:
    t = np.arange(10 * rate) / rate
    wave = 10 ** (decibel / 20) * np.sin(2 * np.pi * 997 * t)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def test_the_filter_is_that_of_bs1770_table_1_and_2() -> None:
    shelf, high_pass = k_weighting(48000)
    np.testing.assert_allclose(shelf[:3], [1.53512485958697, -2.69169618940638, 1.19839281085285], atol=1e-8)
    np.testing.assert_allclose(shelf[4:], [-1.69065929318241, 0.73248077421585], atol=1e-8)
    np.testing.assert_allclose(high_pass[4:], [-1.99004745483398, 0.99007225036621], atol=1e-8)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_a_sine_at_minus_23_dbfs_in_both_channels_is_minus_23_lufs(rate: int) -> None:
    found = measure_loudness(sine(-23.0, rate=rate), rate)
    assert found.integrated_lufs == pytest.approx(-23.0, abs=0.02)
    assert found.range_lu == pytest.approx(0.0, abs=0.05)
    assert found.true_peak_dbtp == pytest.approx(-23.0, abs=0.02)


def test_one_channel_is_3_lu_quieter_than_two() -> None:
    assert measure_loudness(sine(-20, channels=1), 48000).integrated_lufs == pytest.approx(-23.01, abs=0.02)


def test_silence_is_gated_out() -> None:
    padded = np.concatenate([np.zeros((48000 * 20, 2), np.float32), sine(-23.0)])
    assert measure_loudness(padded, 48000).integrated_lufs == pytest.approx(-23.0, abs=0.2)


def test_digital_silence_has_a_finite_loudness() -> None:
    found = measure_loudness(np.zeros((48000, 2), np.float32), 48000)
    assert (found.integrated_lufs, found.range_lu, found.true_peak_dbtp) == (SILENCE_LUFS, 0.0, SILENCE_LUFS)


def test_true_peak_between_the_samples() -> None:
    # A quarter-rate sine at 45 degrees: every sample lies 3.01 dB below the crest.
    n = np.arange(48000)
    fade = np.minimum(1, np.minimum(n, 47999 - n) / 4800)
    wave = (fade * np.sin(np.pi * n / 2 + np.pi / 4)).astype(np.float32)[:, None]
    assert 20 * np.log10(np.abs(wave).max()) == pytest.approx(-3.01, abs=0.01)
    assert true_peak(wave) == pytest.approx(0.0, abs=0.05)


def test_true_peak_agrees_with_a_resampler(shared) -> None:
    import soxr

    samples, rate = soundfile.read(shared / "audio" / "tracks" / "vibe_ace.hq.ogg", dtype="float32", always_2d=True)
    oversampled = soxr.resample(samples, rate, 4 * rate, quality="VHQ")
    assert true_peak(samples) == pytest.approx(20 * np.log10(np.abs(oversampled).max()), abs=0.1)


def test_integrated_loudness_agrees_with_pyloudnorm(shared) -> None:
    import pyloudnorm

    samples, rate = soundfile.read(shared / "audio" / "tracks" / "vibe_ace.hq.ogg", dtype="float32", always_2d=True)
    expected = pyloudnorm.Meter(rate).integrated_loudness(samples)
    assert measure_loudness(samples, rate).integrated_lufs == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("name", "lufs", "lra"),
    [
        ("seq-3341-1-16bit", -23.0, None),
        ("seq-3341-3-16bit-v02", -23.0, None),
        ("seq-3342-1-16bit", None, 10.0),
        ("seq-3342-2-16bit", None, 5.0),
    ],
)
def test_ebu_test_signals(shared, name: str, lufs: float | None, lra: float | None) -> None:
    samples, rate = soundfile.read(shared / "audio" / "loudness" / f"{name}.flac", dtype="float32", always_2d=True)
    found = measure_loudness(samples, rate)
    if lufs is not None:
        assert found.integrated_lufs == pytest.approx(lufs, abs=0.1)
    if lra is not None:
        assert found.range_lu == pytest.approx(lra, abs=0.1)
