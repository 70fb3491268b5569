"""Perceived energy of a track: its curve, its overall value and the 1-10 scale of DJs.

Belongs here: energy from loudness, bass, attacks and brightness. Does not belong here: what a set does with it.

There is no public reference for energy (Mixxx's developers call even commercial ones inaccurate); the scale here is
built so that beatless, quiet music lies below 0.3, a club track's verse near 0.5-0.6 and a full drop above 0.7.
"""

import numpy as np
from numpy.typing import NDArray

from assets.library.onset_features import FRAME_RATE, OnsetFeatures
from assets.library.track_analysis import ENERGY_STEP_SECONDS, EnergyProfile

LEVEL_RANGE_DB = 24.0
"""Short-term levels this far below the track's own peak level count as no loudness at all."""
MASTERED_RMS_DB = (-30.0, -8.0)
"""RMS of quiet and of loud masters in dBFS, the ends of the scale for the level part."""
WEIGHTS = {"level": 0.4, "bass": 0.2, "attacks": 0.25, "brightness": 0.15}
TOP_SHARE = 0.25
"""The overall energy is the mean of the most energetic quarter: a track is known by its drop, not by its intro."""


def energy_profile(signal_rms: NDArray[np.float32], features: OnsetFeatures) -> EnergyProfile:
    """Energy from the curves of the onset pass.

    Args:
        signal_rms: shape (m,), RMS per millisecond of the mono signal.
        features: the onset features of the same signal.

    Returns:
        Curve with one value per started `ENERGY_STEP_SECONDS`.
    """
    windows = max(1, int(np.ceil(features.seconds / ENERGY_STEP_SECONDS)))
    power = _window_mean(signal_rms.astype(np.float64) ** 2, windows, 1000)
    bass_power = _window_mean(features.low_level.astype(np.float64) ** 2, windows, FRAME_RATE)
    level = _scale(10 * np.log10(power + 1e-12), *MASTERED_RMS_DB)
    bass = _scale(10 * np.log10(bass_power + 1e-12), -45.0, -15.0)
    attacks = np.clip(_window_mean(features.full, windows, FRAME_RATE) / 2.0, 0, 1)
    brightness = np.clip(_window_mean(features.high, windows, FRAME_RATE) / 2.0, 0, 1)
    audible = _scale(10 * np.log10(power + 1e-12), -60.0, -40.0)
    curve = audible * (
        WEIGHTS["level"] * level
        + WEIGHTS["bass"] * bass
        + WEIGHTS["attacks"] * attacks
        + WEIGHTS["brightness"] * brightness
    )
    top = np.sort(curve)[-max(1, round(TOP_SHARE * windows)) :]
    overall = float(np.clip(top.mean(), 0, 1))
    return EnergyProfile(overall, int(np.clip(round(1 + 9 * overall), 1, 10)), curve.astype(np.float32))


def _window_mean(values: NDArray[np.floating], windows: int, rate: int) -> NDArray[np.float64]:
    """Mean of each window; windows past the end of the values are zero."""
    step = int(ENERGY_STEP_SECONDS * rate)
    starts = np.arange(windows) * step
    sums = np.cumsum(np.concatenate([[0.0], values.astype(np.float64)]))
    lows, highs = np.minimum(starts, len(values)), np.minimum(starts + step, len(values))
    return np.asarray((sums[highs] - sums[lows]) / np.maximum(highs - lows, 1))


def _scale(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    return np.clip((values - low) / (high - low), 0.0, 1.0)
