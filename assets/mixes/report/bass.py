"""Gate 13: is there one bass at a time?

Belongs here: low-band energy of both channels beat by beat. Does not belong here: timing of the kicks (``timing``).

Measured on the channels (after EQ and faders): two basses that overlap beat against each other, and their sum eats the
headroom.
"""

import numpy as np
from numpy.typing import NDArray

from assets.mixes.report.audio import Samples, TransitionAudio
from assets.mixes.report.gates import BASS_OVERLAP, GateResult

BASS_BAND_HZ = (20.0, 150.0)
BOTH_WITHIN_DB = 6.0
"""Two basses closer in level than this are both heard."""
AUDIBLE_DB = -12.0
"""A beat whose louder bass is this far below the usual one of the overlap has no bass to speak of."""


def measure(transition: TransitionAudio) -> GateResult:
    """Judge gate 13 of one transition."""
    if not transition.matched:
        return BASS_OVERLAP.unmeasured(transition.number, transition.not_matched_because, "pass")
    beats, _ = transition.beats("a", transition.start, transition.end)
    if len(beats) < 2:
        return BASS_OVERLAP.unmeasured(transition.number, "the overlap is shorter than a beat", "pass")
    names = ("channel_a", "channel_b", "deck_a", "deck_b")
    buses = {name: transition.bus_mono(name, beats[0], beats[-1]) for name in names}
    edges = np.round((beats - beats[0]) * transition.sample_rate).astype(np.int64)
    bass = {name: _energy_per_beat(bus, edges, transition.sample_rate) for name, bus in buses.items()}
    a, b = bass["channel_a"], bass["channel_b"]
    louder, quieter = np.maximum(a, b), np.minimum(a, b)
    audible = louder > np.median(louder) * 10 ** (AUDIBLE_DB / 10)
    both = audible & (quieter > louder * 10 ** (-BOTH_WITHIN_DB / 10))
    together = _energy_per_beat(buses["channel_a"] + buses["channel_b"], edges, transition.sample_rate)
    solo = max(np.percentile(bass[name], 95) for name in ("deck_a", "deck_b"))
    excess = 10.0 * np.log10((np.percentile(together, 95) + 1e-12) / (solo + 1e-12))
    figures = {"overlap_beats": float(both.sum()), "sum_excess_db": float(excess), "beats": float(len(both))}
    detail = (
        f"on {both.sum()} of {len(both)} beats both basses are within {BOTH_WITHIN_DB:.0f} dB of each other; "
        f"their sum is {excess:+.1f} dB against the louder one alone"
    )
    return BASS_OVERLAP.result(transition.number, figures, detail)


def _energy_per_beat(mono: Samples, edges: NDArray[np.int64], sample_rate: int) -> NDArray[np.float64]:
    """Mean square of the bass band between consecutive edges, shape (len(edges) - 1,)."""
    from scipy.signal import butter, sosfilt

    band = sosfilt(butter(4, BASS_BAND_HZ, "bandpass", fs=sample_rate, output="sos"), mono.astype(np.float64))
    total = np.concatenate([[0.0], np.cumsum(np.square(band))])
    inside = np.minimum(edges, len(band))
    return np.diff(total[inside]) / np.maximum(np.diff(inside), 1)
