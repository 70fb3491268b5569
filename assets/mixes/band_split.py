"""Bass and the rest: a split whose parts sum to the input exactly.

Belongs here: the crossover that mixer EQ and time-stretch share. Does not belong here: what is done to the bands.

A linear-phase low-pass, and the input minus it: no phase is turned, so that a band can be switched in and out, or
the whole split begin and end, without a seam.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

TRANSITION_HZ = 75.0
"""Width of the slope; Hamming window, so the taps are 3.3 sample rates over it (Harris 1978)."""


@cache
def _low_pass(sample_rate: int, crossover_hz: float) -> NDArray[np.float32]:
    from scipy.signal import firwin

    taps = 2 * reach_samples(sample_rate) + 1
    return np.asarray(firwin(taps, crossover_hz, fs=sample_rate), np.float32)[:, None]


def reach_samples(sample_rate: int) -> int:
    """Samples on either side that a sample of the low band depends on."""
    return round(3.3 * sample_rate / TRANSITION_HZ / 2)


def low_band(samples: Samples, sample_rate: int, crossover_hz: float) -> Samples:
    """The band below the crossover, aligned with the input; the input counts as silent beyond its ends.

    Args:
        samples: shape (n, channels).
        sample_rate: in Hz.
        crossover_hz: frequency at which both bands are 6 dB down.

    Returns:
        Same shape; subtract it from the input for the band above.
    """
    from scipy.signal import oaconvolve

    if not len(samples):
        return samples
    return np.asarray(oaconvolve(samples, _low_pass(sample_rate, crossover_hz), mode="same", axes=0), np.float32)
