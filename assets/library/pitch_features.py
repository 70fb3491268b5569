"""Which pitch classes sound when, tuned to the track's own concert pitch.

Belongs here: tuning and chroma. Does not belong here: the key they suggest (``assets.library.key_detection``).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.library.spectra import ANALYSIS_RATE, magnitude_chunks

CHROMA_RATE = 10
"""Chroma frames per second."""
FFT_SIZE = 8192
"""2.9 Hz per bin: a semitone at 65 Hz is 3.9 Hz wide."""
LOWEST_MIDI = 36
HIGHEST_MIDI = 96
"""C2 (65 Hz) to C7 (2093 Hz): below, kicks; above, mostly overtones and hats."""
BASS_TOP_MIDI = 55
_CONCERT_A = 440.0


@dataclass(frozen=True, eq=False)
class PitchFeatures:
    """Pitch content.

    Attributes:
        chroma: shape (n, 12), summed amplitude of each pitch class (C = 0) in C2-C7, `CHROMA_RATE` frames per second.
        bass: shape (n, 12), the same below G3.
        tuning_cents: offset of the track's concert pitch from A = 440 Hz, -50 to 50.
    """

    chroma: NDArray[np.float32]
    bass: NDArray[np.float32]
    tuning_cents: float


def pitch_features(signal: NDArray[np.float32]) -> PitchFeatures:
    """Measure tuning and chroma.

    Args:
        signal: shape (n,), mono at `ANALYSIS_RATE`.
    """
    frequencies = np.fft.rfftfreq(FFT_SIZE, 1 / ANALYSIS_RATE)
    bounds = _CONCERT_A * 2 ** ((np.array([LOWEST_MIDI - 1, HIGHEST_MIDI + 1]) - 69) / 12)
    keep = slice(*np.searchsorted(frequencies, bounds))
    lowest = frequencies[keep][0]
    magnitudes = [m[:, keep] for m in magnitude_chunks(signal, FFT_SIZE, ANALYSIS_RATE // CHROMA_RATE)]
    peaks = [_spectral_peaks(magnitude, lowest) for magnitude in magnitudes]
    tuning = _tuning(np.concatenate([p[1] for p in peaks]), np.concatenate([p[2] for p in peaks]))
    rows = []
    for magnitude, (frames, pitches, strengths) in zip(magnitudes, peaks, strict=True):
        note = np.round(pitches - tuning / 100).astype(int)
        # Raised cosine around each semitone: a peak a quarter tone off says little of either neighbour.
        closeness = np.cos(np.pi / 2 * np.clip(2 * (pitches - tuning / 100 - note), -1, 1)) ** 2
        table = np.zeros((len(magnitude), 128), np.float32)
        inside = (note >= LOWEST_MIDI) & (note <= HIGHEST_MIDI)
        np.add.at(table, (frames[inside], note[inside]), (strengths * closeness)[inside])
        rows.append(table)
    notes = np.concatenate(rows)
    return PitchFeatures(_fold(notes), _fold(notes[:, :BASS_TOP_MIDI]), tuning)


def _spectral_peaks(
    magnitude: NDArray[np.float32], lowest_hz: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]]:
    """(frame, pitch as fractional MIDI number, strength) of every spectral peak within 50 dB of its frame's highest."""
    middle = magnitude[:, 1:-1]
    is_peak = (middle > magnitude[:, :-2]) & (middle >= magnitude[:, 2:])
    is_peak &= middle > 10 ** (-50 / 20) * magnitude.max(axis=1, keepdims=True) + 1e-7
    frames, bins = np.nonzero(is_peak)
    bins += 1
    # Parabola through the log magnitudes of the peak and its neighbours.
    left, centre, right = (np.log(np.maximum(magnitude[frames, bins + d], 1e-9)) for d in (-1, 0, 1))
    bend = left - 2 * centre + right
    offset = np.where(bend < 0, 0.5 * (left - right) / np.minimum(bend, -1e-9), 0.0)
    hertz = lowest_hz + (bins + np.clip(offset, -0.5, 0.5)) * (ANALYSIS_RATE / FFT_SIZE)
    pitch = 69 + 12 * np.log2(hertz / _CONCERT_A)
    return frames, pitch, magnitude[frames, bins]


def _tuning(pitches: NDArray[np.float64], strengths: NDArray[np.float32]) -> float:
    """Cents by which the strongest lattice of semitones lies above A = 440 Hz (circular mean of the peaks).

    Peaks of the bass are left out: a bin is up to 76 cents wide there. The square root keeps one loud voice from
    outvoting all others.
    """
    fine = pitches > BASS_TOP_MIDI
    angle = np.angle(np.sum(np.sqrt(strengths[fine]) * np.exp(2j * np.pi * pitches[fine])))
    return float(100 * angle / (2 * np.pi))


def _fold(notes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum MIDI notes into pitch classes."""
    padded = np.pad(notes, ((0, 0), (0, -notes.shape[1] % 12)))
    return np.asarray(padded.reshape(len(notes), -1, 12).sum(axis=1))
