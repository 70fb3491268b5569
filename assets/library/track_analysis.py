"""The record of everything one analysis pass says of a track.

Belongs here: the record and its parts as values. Does not belong here: how any of them is computed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.library.beat_grid import BeatGrid
from assets.library.keys import Key

ENERGY_STEP_SECONDS = 2.0
"""Resolution of the energy curve."""


@dataclass(frozen=True, eq=False)
class DecodedAudio:
    """One track decoded once; every feature reads these samples.

    Attributes:
        samples: shape (n, channels), float32, full scale = 1.0.
        sample_rate: in Hz, as in the file.
        decoder: name and version of the decoder, e.g. ``"soundfile 0.14.0"``.
        claimed_seconds: duration the container claims, or None where it claims none.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    decoder: str
    claimed_seconds: float | None

    @property
    def seconds(self) -> float:
        """Decoded duration in seconds."""
        return len(self.samples) / self.sample_rate

    @property
    def mono(self) -> NDArray[np.float32]:
        """Shape (n,), the mean of the channels."""
        return np.asarray(self.samples.mean(axis=1, dtype=np.float32))


@dataclass(frozen=True)
class TempoEstimate:
    """Tempo in BPM, confidence 0-1 and the rival tempi (BPM, score), best first."""

    bpm: float
    confidence: float
    candidates: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class KeyEstimate:
    """Key of a track, confidence 0-1, the runner-up and the tuning offset from A = 440 Hz in cents."""

    key: Key
    confidence: float
    second: Key | None
    tuning_cents: float


@dataclass(frozen=True, eq=False)
class EnergyProfile:
    """Perceived energy.

    Attributes:
        overall: 0-1.
        level: 1-10, the scale DJs use.
        curve: shape (n,), energy 0-1 in consecutive windows of ``ENERGY_STEP_SECONDS``.
    """

    overall: float
    level: int
    curve: NDArray[np.float32]


@dataclass(frozen=True)
class Loudness:
    """ITU-R BS.1770-4 integrated loudness (LUFS), EBU Tech 3342 range (LU), true peak (dBTP, 4x oversampled)."""

    integrated_lufs: float
    range_lu: float
    true_peak_dbtp: float


@dataclass(frozen=True, eq=False)
class TrackAnalysis:
    """Everything one analysis pass says of a track.

    Attributes:
        seconds: duration of the decoded audio.
        mix_in: time in seconds of the phrase boundary from which the track can be mixed in over another.
        mix_out: time in seconds of the phrase boundary from which another track can be mixed in over this one.
        overview: shape (m, 2), minimum and maximum sample per column of the waveform picture.
    """

    seconds: float
    sample_rate: int
    channels: int
    decoder: str
    tempo: TempoEstimate
    grid: BeatGrid
    key: KeyEstimate
    energy: EnergyProfile
    loudness: Loudness
    mix_in: float
    mix_out: float
    overview: NDArray[np.float32]
