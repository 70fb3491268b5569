"""Onset strength of a track in the bands that carry rhythm, and its attacks at 1 ms.

Belongs here: from samples to onset curves. Does not belong here: tempo (``assets.library.tempo``), the grid
(``assets.library.grid_fit``), bars (``assets.library.downbeats``).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.library.spectra import ANALYSIS_RATE, magnitude_chunks

FRAME_RATE = 200
"""Frames of the onset curves per second."""
FFT_SIZE = 1024
BANDS_HZ = {"low": (40.0, 120.0), "middle": (150.0, 2_500.0), "high": (6_000.0, 11_500.0)}
"""Kick and bass fundamentals; snare body, chords and voice; hats and the noise of snares."""
LOG_GAIN = 300.0
"""Compression log(1 + gain * magnitude): -50 dBFS per bin lies at the knee."""
FLUX_FRAMES = 3
"""Rise is taken over 15 ms, the time a 43 ms window needs to see an attack."""
ATTACK_RATE = 1000
"""Steps of the attack curve per second."""
ATTACK_LOW_HZ = 180.0


@dataclass(frozen=True, eq=False)
class OnsetFeatures:
    """Onset curves.

    Attributes:
        low, middle, high: shape (n,), rise of log magnitude in the bands of `BANDS_HZ`, `FRAME_RATE` per second, each
            scaled to mean 1 over the frames that are not silent.
        spectrum: shape (n, 24), log magnitude in 24 bands for the comparison of bars, `FRAME_RATE` / 10 per second.
        low_level: shape (n,), amplitude in the low band, `FRAME_RATE` per second.
        attack_low, attack_full: shape (m,), RMS of the causal low-passed and of the whole signal, `ATTACK_RATE` per
            second.
        seconds: duration.
    """

    low: NDArray[np.float32]
    middle: NDArray[np.float32]
    high: NDArray[np.float32]
    spectrum: NDArray[np.float32]
    low_level: NDArray[np.float32]
    attack_low: NDArray[np.float32]
    attack_full: NDArray[np.float32]
    seconds: float

    @property
    def full(self) -> NDArray[np.float32]:
        """Shape (n,), the three curves together."""
        return (self.low + self.middle + self.high) / 3


SPECTRUM_BANDS = 24
SPECTRUM_STEP = 10
"""Onset frames per row of `OnsetFeatures.spectrum`."""


def onset_features(signal: NDArray[np.float32]) -> OnsetFeatures:
    """Measure all curves.

    Args:
        signal: shape (n,), mono at `ANALYSIS_RATE`.
    """
    frequencies = np.fft.rfftfreq(FFT_SIZE, 1 / ANALYSIS_RATE)
    slices = {name: (frequencies >= low) & (frequencies <= high) for name, (low, high) in BANDS_HZ.items()}
    edges = np.unique(np.geomspace(2, FFT_SIZE // 2 + 1, SPECTRUM_BANDS + 1).round().astype(int))
    flux: dict[str, list[NDArray[np.float32]]] = {name: [] for name in BANDS_HZ}
    levels, spectra = [], []
    tail = np.zeros((FLUX_FRAMES, FFT_SIZE // 2 + 1), np.float32)
    # Scaled to the track's own peak, so that a quiet master has the same curves as a loud one.
    gain = np.float32(LOG_GAIN / max(float(np.abs(signal).max(initial=0.0)), 1e-6))
    for magnitude in magnitude_chunks(signal, FFT_SIZE, ANALYSIS_RATE // FRAME_RATE):
        levels.append(magnitude[:, slices["low"]].sum(axis=1))
        compressed = np.concatenate([tail, np.log1p(gain * magnitude)])
        rise = np.maximum(compressed[FLUX_FRAMES:] - compressed[:-FLUX_FRAMES], 0.0)
        for name, bins in slices.items():
            flux[name].append(rise[:, bins].sum(axis=1))
        spectra.append(np.add.reduceat(compressed[FLUX_FRAMES:], edges[:-1], axis=1))
        tail = compressed[-FLUX_FRAMES:]
    curves = {name: _scaled(np.concatenate(parts)) for name, parts in flux.items()}
    spectrum = np.concatenate(spectra)
    usable = len(spectrum) // SPECTRUM_STEP * SPECTRUM_STEP
    spectrum = spectrum[:usable].reshape(-1, SPECTRUM_STEP, spectrum.shape[1]).mean(axis=1)
    low, full = _attacks(signal)
    return OnsetFeatures(
        **curves,
        spectrum=spectrum,
        low_level=np.concatenate(levels),
        attack_low=low,
        attack_full=full,
        seconds=len(signal) / ANALYSIS_RATE,
    )


def _scaled(curve: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide by the mean of the frames above nothing; a silent band stays zero."""
    active = curve[curve > 0]
    return curve / active.mean() if len(active) else curve


def _attacks(signal: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """RMS per millisecond of the low-passed and of the whole signal."""
    from scipy.signal import butter, sosfilt

    # Causal: a zero-phase filter would ring before the kick and make it seem early.
    low = sosfilt(butter(2, ATTACK_LOW_HZ, fs=ANALYSIS_RATE, output="sos"), signal).astype(np.float32)
    return _rms(low), _rms(signal)


def _rms(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    step = ANALYSIS_RATE // ATTACK_RATE
    usable = len(signal) // step * step
    frames = signal[:usable].reshape(-1, step)
    return np.sqrt(np.einsum("ij,ij->i", frames, frames) / step)
