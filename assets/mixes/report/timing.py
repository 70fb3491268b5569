"""Gates 1 and 2: do the beats of both tracks fall together, and do they stay together?

Belongs here: offsets of B's beats from A's through the overlap and their statistics. Does not belong here: finding
attacks (``onsets``), bars and phrases (``bars``).

Measured on the decks (after time-stretch, before the mixer's EQ), since a proper bass swap never lets both kicks sound
in the sum; the delay of the mixer between deck and channel is measured apart and added.
"""

import numpy as np
from numpy.typing import NDArray

from assets.mixes.report.audio import TransitionAudio
from assets.mixes.report.gates import BEAT_ALIGNMENT, DRIFT, GateResult
from assets.mixes.report.onsets import attack_times, delay_seconds

MINIMUM_PAIRS = 8
"""Beats that are struck in both tracks below which nothing is said: two bars."""
_DELAY_WINDOW_SECONDS = 10.0


def measure(transition: TransitionAudio) -> list[GateResult]:
    """Judge gates 1 and 2 of one transition."""
    gates = (BEAT_ALIGNMENT, DRIFT)
    if not transition.matched:
        return [gate.unmeasured(transition.number, transition.not_matched_because, "pass") for gate in gates]
    at, offset_ms = beat_offsets(transition)
    if len(at) < MINIMUM_PAIRS:
        reason = f"only {len(at)} beats of the overlap are struck in both tracks; {MINIMUM_PAIRS} are needed"
        return [gate.unmeasured(transition.number, reason) for gate in gates]
    return [_alignment(transition.number, offset_ms), _drift(transition, at, offset_ms)]


def beat_offsets(transition: TransitionAudio) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Through the overlap, for each beat struck in both tracks: mix seconds, and ms by which B is later than A."""
    start, end = transition.start, transition.end
    lattices = [transition.beats(side, start, end)[0] for side in "ab"]
    # in half or double time the slower track's beats are those that both have
    slower = min(lattices, key=len)
    if len(slower) < 2:
        return np.zeros(0), np.zeros(0)
    period = float(np.median(np.diff(slower)))
    # the beat on which A goes is no longer A's
    slower = slower[slower < end - period / 2]
    times = []
    for side in "ab":
        mono = transition.bus_mono(f"deck_{side}", start - period, end + period)
        times.append(
            attack_times(mono, transition.sample_rate, slower - (start - period), period) + _delay(transition, side)
        )
    offset_ms = 1000.0 * (times[1] - times[0])
    both = np.isfinite(offset_ms)
    return slower[both], offset_ms[both]


def _delay(transition: TransitionAudio, side: str) -> float:
    """Seconds between deck and channel, measured around the swap, where both channels are open."""
    middle = transition.planned.swap
    start = max(transition.start, middle - _DELAY_WINDOW_SECONDS / 2)
    end = min(transition.end, middle + _DELAY_WINDOW_SECONDS / 2)
    channel, deck = (transition.bus_mono(f"{kind}_{side}", start, end) for kind in ("channel", "deck"))
    return delay_seconds(channel, deck, transition.sample_rate)


def _alignment(number: int, offset_ms: NDArray[np.float64]) -> GateResult:
    distance = np.abs(offset_ms)
    figures = {
        "p95_ms": float(np.percentile(distance, 95)),
        "median_ms": float(np.median(distance)),
        "max_ms": float(distance.max()),
        "beats": float(len(distance)),
    }
    detail = (
        f"over {len(distance)} beats B is {np.median(offset_ms):+.1f} ms from A in the median, "
        f"{figures['p95_ms']:.1f} ms at the 95th percentile"
    )
    return BEAT_ALIGNMENT.result(number, figures, detail)


def _drift(transition: TransitionAudio, at: NDArray[np.float64], offset_ms: NDArray[np.float64]) -> GateResult:
    """Slope of the offsets (Theil-Sen: the median of the slopes of all pairs) times the length of the overlap."""
    from scipy.stats import theilslopes

    slope = float(theilslopes(offset_ms, at).slope)
    drift = slope * (transition.end - transition.start)
    detail = f"B moves {drift:+.2f} ms against A from the first beat of the overlap to the last"
    return DRIFT.result(transition.number, {"drift_ms": abs(drift), "ms_per_minute": 60.0 * slope}, detail)
