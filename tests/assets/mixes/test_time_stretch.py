"""Warping: every kick on its anchor, pitch where it should be, no seams."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from assets.mixes.mix_plan import Anchor
from assets.mixes.time_stretch import splice, warp
from tests.assets.mixes.crates import RATE, kick_times, kicks_and_chord

BPM, SECONDS, FIRST = 124.0, 32.0, 0.2
PERIOD = 60 / BPM
BEATS = np.arange(FIRST, SECONDS - PERIOD, PERIOD)
TRACK = kicks_and_chord(BPM, SECONDS, first_beat=FIRST)


def kick_errors_ms(audio: NDArray[np.float32], anchors: tuple[Anchor, ...]) -> NDArray[np.float64]:
    """Distance of every kick of the warped track from where the anchors put that of the source."""
    track = np.array([a.track_seconds for a in anchors])
    mix = np.array([a.mix_seconds for a in anchors])
    inside = BEATS[(track[0] + PERIOD < BEATS) & (track[-1] - PERIOD > BEATS)]
    expected = np.interp(kick_times(TRACK, inside), track, mix) - mix[0]
    heard = kick_times(audio, np.interp(inside, track, mix) - mix[0])
    return np.asarray(1000 * (heard - expected))


def constant(speed: float, start: float = 0.0, at: float = 0.0) -> tuple[Anchor, ...]:
    return (Anchor(start, at), Anchor(SECONDS, at + (SECONDS - start) / speed))


def ramp(low: float, high: float) -> tuple[Anchor, ...]:
    bars = BEATS[::4]
    speeds = np.linspace(low, high, len(bars) - 1)
    times = np.concatenate([[0.0], np.cumsum(np.diff(bars) / speeds)])
    return tuple(Anchor(float(a), float(b)) for a, b in zip(bars, times, strict=True))


@pytest.mark.parametrize("keep_pitch", [True, False])
@pytest.mark.parametrize(
    "anchors",
    [constant(1.004), constant(0.97), constant(1.04), ramp(1.0, 1.04), ramp(0.96, 1.0)],
    ids=["+0.4%", "-3%", "+4%", "gliding up", "gliding back"],
)
def test_kicks_stay_on_their_anchors(anchors: tuple[Anchor, ...], keep_pitch: bool) -> None:
    audio = warp(TRACK, RATE, anchors, BEATS, keep_pitch=keep_pitch)
    errors = np.abs(kick_errors_ms(audio, anchors))
    assert np.isfinite(errors).all()
    assert np.percentile(errors, 95) <= 1.0
    assert errors.max() <= 3.0


def test_length_is_that_of_the_anchors_on_the_clock_of_the_mix() -> None:
    anchors = (Anchor(1.23456, 77.7), Anchor(9.87654, 86.1234567))
    audio = warp(TRACK, RATE, anchors, BEATS, keep_pitch=True)
    assert len(audio) == round(86.1234567 * RATE) - round(77.7 * RATE)


def test_speed_one_copies_bit_for_bit() -> None:
    audio = warp(TRACK, RATE, (Anchor(2.0, 10.0), Anchor(12.0, 20.0)), BEATS, keep_pitch=True)
    assert np.array_equal(audio, TRACK[2 * RATE : 12 * RATE])


def dominant_hz(audio: NDArray[np.float32], near: float) -> float:
    part = audio[5 * RATE : 15 * RATE, 0] * np.hanning(10 * RATE)
    spectrum = np.abs(np.fft.rfft(part, 1 << 21))
    hz = np.fft.rfftfreq(1 << 21, 1 / RATE)
    around = (hz > near * 0.93) & (hz < near * 1.07)
    return float(hz[around][spectrum[around].argmax()])


def test_pitch_is_kept_or_follows() -> None:
    time = np.arange(20 * RATE) / RATE
    tone = np.repeat(np.sin(2 * np.pi * 880 * time).astype(np.float32)[:, None], 2, axis=1)
    anchors = (Anchor(0.0, 0.0), Anchor(20.0, 20.0 / 1.03))
    assert dominant_hz(warp(tone, RATE, anchors, BEATS, keep_pitch=True), 880) == pytest.approx(880, abs=0.2)
    assert dominant_hz(warp(tone, RATE, anchors, BEATS, keep_pitch=False), 880) == pytest.approx(906.4, abs=0.2)


@pytest.mark.parametrize("keep_pitch", [True, False])
def test_joints_do_not_click(keep_pitch: bool) -> None:
    """A steady chord through a glide: no sample stands out of the second difference."""
    time = np.arange(20 * RATE) / RATE
    chord = sum(0.2 * np.sin(2 * np.pi * hz * time) for hz in (110, 220, 277, 330))
    source = np.repeat(np.asarray(chord, np.float32)[:, None], 2, axis=1)
    bars = np.arange(0, 19, 1.9)
    speeds = 1 + 0.002 * np.arange(len(bars) - 1)
    times = np.concatenate([[0.0], np.cumsum(np.diff(bars) / speeds)])
    anchors = tuple(Anchor(float(a), float(b)) for a, b in zip(bars, times, strict=True))
    beats = np.arange(0, 19, 0.475)
    audio = warp(source, RATE, anchors, beats, keep_pitch=keep_pitch)[RATE // 2 : -RATE // 2, 0]
    assert np.abs(np.diff(audio, 2)).max() < 2 * np.abs(np.diff(source[:, 0], 2)).max()
    level = np.sqrt(np.convolve(audio**2, np.full(2205, 1 / 2205), "valid"))
    assert level.min() > 0.5 * level.max()


@pytest.mark.parametrize("shift", [-3e-4, -1e-5, 1e-5, 3e-4])
def test_beats_need_not_lie_exactly_on_the_anchors(shift: float) -> None:
    anchors = ramp(1.0, 1.03)
    audio = warp(TRACK, RATE, anchors, BEATS + shift, keep_pitch=True)
    assert np.abs(kick_errors_ms(audio, anchors)).max() <= 3.0


def test_the_source_may_end_before_its_anchors() -> None:
    audio = warp(TRACK, RATE, (Anchor(SECONDS - 1, 0.0), Anchor(SECONDS + 1, 1.9)), BEATS, keep_pitch=True)
    assert np.isfinite(audio).all()
    assert np.abs(audio[round(1.3 * RATE) :]).max() < 0.01


def test_a_splice_of_the_same_wave_changes_nothing() -> None:
    wave = TRACK[:4000].copy()
    out = wave.copy()
    splice(out, 1000, wave[1000:3000], 500)
    assert np.abs(out - wave).max() < 1e-6


def test_a_splice_of_unrelated_waves_keeps_the_power() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 200_000, 2)).astype(np.float32)
    splice(a, 0, b, 200_000)
    powers = [float(np.square(part).mean()) for part in np.array_split(a, 10)]
    assert powers == pytest.approx([1.0] * 10, abs=0.05)


def test_same_input_same_bits() -> None:
    anchors = ramp(1.0, 1.02)
    first, second = (warp(TRACK, RATE, anchors, BEATS, keep_pitch=True) for _ in range(2))
    assert np.array_equal(first, second)
    assert all(b.mix_seconds > a.mix_seconds for a, b in pairwise(anchors))
