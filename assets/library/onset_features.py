"""Onset strength of a track in the bands that carry rhythm, and its attacks at 1 ms.

Belongs here: from samples to onset curves. Does not belong here: tempo (``assets.library.tempo``), the grid
(``assets.library.grid_fit``), bars (``assets.library.downbeats``).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.library.attack_offsets import band_attacks
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
BEFORE_MS, AFTER_MS = 10, 5


@dataclass(frozen=True, eq=False)
class OnsetFeatures:
    """Onset curves.

    Attributes:
        low, middle, high: shape (n,), rise of log magnitude in the bands of `BANDS_HZ`, `FRAME_RATE` per second, each
            scaled to mean 1 over the frames that are not silent.
        spectrum: shape (n, 24), log magnitude in 24 bands for the comparison of bars, `FRAME_RATE` / 10 per second.
        low_level, high_level: shape (n,), amplitude in the low and the high band, `FRAME_RATE` per second.
        rms: shape (m,), RMS of the whole signal, `ATTACK_RATE` per second.
        attacks: shape (k,), see `assets.library.attack_offsets.band_attacks`.
        seconds: duration.
    """

    low: NDArray[np.float32]
    middle: NDArray[np.float32]
    high: NDArray[np.float32]
    spectrum: NDArray[np.float32]
    low_level: NDArray[np.float32]
    high_level: NDArray[np.float32]
    rms: NDArray[np.float32]
    attacks: NDArray[np.float32]
    seconds: float

    @property
    def full(self) -> NDArray[np.float32]:
        """Shape (n,), the three curves together."""
        return np.asarray((self.low + self.middle + self.high) / 3, dtype=np.float32)


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
    levels: dict[str, list[NDArray[np.float32]]] = {"low": [], "high": []}
    spectra = []
    tail = np.zeros((FLUX_FRAMES, FFT_SIZE // 2 + 1), np.float32)
    # Scaled to the track's own peak, so that a quiet master has the same curves as a loud one.
    gain = np.float32(LOG_GAIN / max(float(np.abs(signal).max(initial=0.0)), 1e-6))
    for magnitude in magnitude_chunks(signal, FFT_SIZE, ANALYSIS_RATE // FRAME_RATE):
        for name, level in levels.items():
            level.append(np.sqrt(np.sum(magnitude[:, slices[name]] ** 2, axis=1)))
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
    return OnsetFeatures(
        **curves,
        spectrum=spectrum,
        low_level=np.concatenate(levels["low"]),
        high_level=np.concatenate(levels["high"]),
        rms=_rms(signal),
        attacks=band_attacks(signal),
        seconds=len(signal) / ANALYSIS_RATE,
    )


def _scaled(curve: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide by the mean of the frames above nothing; a silent band stays zero."""
    active = curve[curve > 0]
    return np.asarray(curve / active.mean(), dtype=np.float32) if len(active) else curve


def _rms(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    step = ANALYSIS_RATE // ATTACK_RATE
    usable = len(signal) // step * step
    frames = signal[:usable].reshape(-1, step)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", frames, frames) / step), dtype=np.float32)


def attack_curve(features: OnsetFeatures) -> NDArray[np.float64]:
    """Rise of the whole signal in nepers at every millisecond: the 5 ms after against the 10 ms before.

    The curve peaks on the sample at which a sound begins, however loud what goes on beneath.
    """
    power = features.rms.astype(np.float64) ** 2
    floor = 1e-4 * float(np.percentile(power, 95)) + 1e-12
    sums = np.cumsum(np.concatenate([[0.0], power]))
    index = np.arange(len(power))
    before = (sums[index] - sums[np.maximum(index - BEFORE_MS, 0)]) / BEFORE_MS
    after = (sums[np.minimum(index + AFTER_MS, len(power))] - sums[index]) / AFTER_MS
    return np.asarray(np.maximum(0.5 * np.log((after + floor) / (before + floor)), 0.0))
