"""Magnitude spectra of a whole track in bounded memory, at the one rate at which tempo and key are measured.

Belongs here: resampling to the analysis rate and framing. Does not belong here: what is read from the spectra.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

ANALYSIS_RATE = 24_000
"""Hz: 120 samples are 5 ms and 24 samples 1 ms, so that frame times are exact; 12 kHz hold kick, snare and hats."""
_CHUNK_SAMPLES = 1 << 22
"""Samples of all frames transformed at once: 16 MB, and twice that for their spectra."""


def at_analysis_rate(mono: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """Resample to `ANALYSIS_RATE`, linear phase, so that times are kept.

    Args:
        mono: shape (n,), float32.
        sample_rate: its rate in Hz.

    Returns:
        Shape (m,), float32.
    """
    import soxr

    if sample_rate == ANALYSIS_RATE:
        return mono
    resampled: NDArray[np.float32] = soxr.resample(mono, sample_rate, ANALYSIS_RATE, quality="HQ")
    return resampled


def magnitude_chunks(signal: NDArray[np.float32], size: int, hop: int) -> Iterator[NDArray[np.float32]]:
    """Hann-windowed magnitude spectra, a few megabytes at a time.

    Frame ``i`` is centred on sample ``i * hop``; the signal counts as zero outside its ends. A full-scale sine has
    magnitude 1.

    Args:
        signal: shape (n,), float32.
        size: FFT length in samples.
        hop: samples between frames.

    Yields:
        Shape (frames, size // 2 + 1), float32, in order; ``n // hop + 1`` frames in all.
    """
    from scipy.fft import rfft

    window = np.hanning(size + 1)[:-1].astype(np.float32)
    window /= window.sum() / 2
    padded = np.pad(signal, (size // 2, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[: len(signal) + 1 : hop]
    chunk = max(1, _CHUNK_SAMPLES // size)
    for start in range(0, len(frames), chunk):
        yield np.abs(rfft(frames[start : start + chunk] * window, axis=1))
