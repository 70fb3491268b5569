"""Sound from numbers: wavetables, envelopes, filtered noise, and placing one-shots in a track.

Belongs here: what every instrument shares. Does not belong here: any instrument.
Buffers have shape (n, 2), float32; one-shots likewise.
"""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

Samples = NDArray[np.float32]

TABLE_BITS = 14
TABLE_SIZE = 1 << TABLE_BITS
CONCERT_PITCH_HZ = 440.0
CONCERT_PITCH_MIDI = 69


def frequency(midi: float, cents: float = 0.0) -> float:
    """Frequency in Hz of a MIDI note in equal temperament (A4 = 69 = 440 Hz), ``cents`` sharp."""
    return float(CONCERT_PITCH_HZ * 2 ** ((midi - CONCERT_PITCH_MIDI + cents / 100) / 12))


@lru_cache(maxsize=512)
def wavetable(harmonics: int, slope: float) -> Samples:
    """One period of a sawtooth-like wave with the given number of harmonics, amplitude ``1 / k ** slope``, peak 1."""
    order = np.arange(1, harmonics + 1)
    spectrum = np.zeros(TABLE_SIZE // 2 + 1, dtype=np.complex128)
    spectrum[order] = -1j / order**slope
    table = np.fft.irfft(spectrum)
    return np.asarray(table / np.abs(table).max(), dtype=np.float32)


def tone(
    hertz: float, count: int, sample_rate: int, *, slope: float, phase: float = 0.0, top_hz: float = 14000.0
) -> Samples:
    """Shape (count,): a band-limited tone of constant pitch, peak 1; no harmonic lies above ``top_hz``."""
    harmonics = max(1, min(64, int(min(top_hz, 0.45 * sample_rate) / hertz)))
    # The phase as a 32-bit fraction of a period: it wraps by itself, and 10 uHz is the finest step in pitch.
    step = np.uint32(round(hertz / sample_rate * 2**32))
    position = np.arange(count, dtype=np.uint32) * step + np.uint32(int(phase * 2**32))
    return np.take(wavetable(harmonics, slope), position >> np.uint32(32 - TABLE_BITS))


def decay(count: int, sample_rate: int, seconds: float) -> Samples:
    """Shape (count,): exponential decay from 1 by 60 dB in ``seconds``, faded to 0 over the last 2 ms."""
    envelope = np.exp(-6.908 * np.arange(count) / (seconds * sample_rate))
    return np.asarray(envelope * edges(count, sample_rate, 0.0, 0.002), dtype=np.float32)


def edges(count: int, sample_rate: int, attack: float, release: float) -> Samples:
    """Shape (count,): 1 with raised-cosine fades of ``attack`` and ``release`` seconds at the ends."""
    envelope = np.ones(count, dtype=np.float32)
    for seconds, tail in ((attack, False), (release, True)):
        n = min(count, int(seconds * sample_rate))
        ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(n) / max(n, 1))).astype(np.float32)
        if tail:
            envelope[count - n :] *= ramp[::-1]
        else:
            envelope[:n] *= ramp
    return envelope


def noise(rng: np.random.Generator, count: int, sample_rate: int, low_hz: float, high_hz: float) -> Samples:
    """Shape (count, 2): white noise between two frequencies, independent left and right, peak about 1."""
    white = rng.standard_normal((count, 2)).astype(np.float32)
    band = [low_hz, min(high_hz, 0.49 * sample_rate)]
    sos = signal.butter(2, band, "bandpass", fs=sample_rate, output="sos").astype(np.float32)
    shaped = signal.sosfilt(sos, white, axis=0)
    return np.asarray(shaped / max(float(np.abs(shaped).max()), 1e-9), dtype=np.float32)


def stereo(mono: Samples, pan: float = 0.0) -> Samples:
    """Shape (n, 2): a mono sound panned from -1 (left) to 1 (right) at constant power."""
    angle = (pan + 1) * np.pi / 4
    sound = np.empty((len(mono), 2), dtype=np.float32)
    for channel, gain in enumerate((np.cos(angle), np.sin(angle))):
        sound[:, channel] = mono * np.float32(np.sqrt(2) * gain)
    return sound


def shape(sound: Samples, envelope: Samples) -> None:
    """Multiply a sound of shape (n, 2) by an envelope of shape (n,), in place.

    Channel by channel: numpy is several times slower at broadcasting over an axis of two.
    """
    sound[:, 0] *= envelope
    sound[:, 1] *= envelope


def place(buffer: Samples, shot: Samples, hits: Iterable[tuple[float, float]], sample_rate: int) -> None:
    """Add a one-shot to the buffer at every (seconds, gain), from the nearest sample on, cut at the buffer's end."""
    for seconds, gain in hits:
        start = round(seconds * sample_rate)
        count = min(len(shot), len(buffer) - start)
        if count > 0:
            buffer[start : start + count] += shot[:count] * np.float32(gain)
