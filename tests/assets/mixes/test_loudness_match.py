"""The streaming meter against the EBU's own figures and another implementation."""

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile

from assets.mixes.loudness_match import SILENT_LUFS, LoudnessMeter, amplitude


def measured(samples: np.ndarray, rate: int, size: int = 7001) -> float:
    meter = LoudnessMeter(rate)
    for at in range(0, len(samples), size):
        meter.add(samples[at : at + size])
    return meter.integrated_lufs()


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_sine_of_minus_23_dbfs_in_both_channels_is_minus_23_lufs(rate: int) -> None:
    """EBU Tech 3341, case 1."""
    sine = 10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * np.arange(20 * rate) / rate)
    assert measured(np.stack([sine, sine], axis=1), rate) == pytest.approx(-23.0, abs=0.1)


def test_the_gate_leaves_quiet_parts_out() -> None:
    """EBU Tech 3341, case 3: -36, -23, -36 dBFS for 10, 60, 10 s."""
    rate = 44_100
    level = np.repeat(10 ** (np.array([-36, -23, -36]) / 20), [10 * rate, 60 * rate, 10 * rate])
    sine = level * np.sin(2 * np.pi * 1000 * np.arange(len(level)) / rate)
    assert measured(np.stack([sine, sine], axis=1), rate) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("name", ["seq-3341-1-16bit.flac", "seq-3341-3-16bit-v02.flac"])
def test_the_ebu_sequences(shared: Path, name: str) -> None:
    samples, rate = soundfile.read(shared / "audio" / "loudness" / name, always_2d=True)
    assert measured(samples, rate) == pytest.approx(-23.0, abs=0.1)


def test_noise_agrees_with_pyloudnorm() -> None:
    rng = np.random.default_rng(1)
    noise = 0.1 * rng.standard_normal((10 * 44_100, 2)) * np.repeat([1.0, 0.05, 0.6, 0.001, 1.0], 2 * 44_100)[:, None]
    assert measured(noise, 44_100) == pytest.approx(pyloudnorm.Meter(44_100).integrated_loudness(noise), abs=0.1)


def test_silence_has_no_loudness() -> None:
    assert measured(np.zeros((44_100, 2)), 44_100) == SILENT_LUFS
    assert measured(np.zeros((10, 2)), 44_100) == SILENT_LUFS


def test_amplitude() -> None:
    assert amplitude(20) == pytest.approx(10)
    assert amplitude(-6.0206) == pytest.approx(0.5, abs=1e-5)
