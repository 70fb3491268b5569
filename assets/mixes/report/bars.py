"""Gates 4 and 5: do bars and phrases of both tracks run together?

Belongs here: finding, in the rendered audio, on which beat the bars and on which bar the phrases of each track begin,
and comparing the two. Does not belong here: the distance of single beats (``timing``).

The plan's beats serve as a lattice to average over; its bar lines and phrases are not read. Bars are told by where
harmony and timbre change: chords and sections change on the first beat of a bar and of a phrase. Each beat is
described by its chroma and its spectrum; the change at a beat is the distance between what precedes and what follows
it; the sharpness of that change (its second difference) is averaged over all beats of the same place in the bar, and
the place that stands out is the downbeat. Where none stands out clearly the gate warns instead of guessing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.library.beat_grid import BARS_PER_PHRASE, BEATS_PER_BAR
from assets.mixes.report.audio import AudioFile, TransitionAudio
from assets.mixes.report.gates import DOWNBEAT_LOCK, PHRASE_LOCK, PHRASE_LOCK_OF_MIX, WHOLE_MIX, GateResult

Features = NDArray[np.float64]

LONGEST_CONTEXT_SECONDS = 150.0
"""How much of each track is listened to: ten 8-bar phrases at 128 BPM."""
CLEAR_STANDARD_ERRORS = 2.0
"""By how many standard errors the best beat has to lead the second to be called the downbeat."""
CLEAR_PHRASE_LEAD = 1 / 3
"""Share of its own strength by which the best bar has to lead the second to be called the phrase start. Phrases are
too few for a standard error; of 309 excerpts of 32-56 bars of 16 synthesised tracks 81 % led by so much, and 0.4 % of
those were wrong."""
CLEAR_MISS_LEAD = 0.45
"""Mean lead of both tracks from which phrases that do not meet are called a miss: a fault needs more than a hint."""
_SILENCE = 1e-3
"""A beat whose highest sample is below -60 dBFS does not sound."""
_ANALYSIS_RATE_HZ = 11_025
_BANDS = 10
_CHROMA_RANGE_HZ = (80.0, 2000.0)
_BAND_RANGE_HZ = (30.0, 5000.0)


@dataclass(frozen=True)
class Place:
    """Where something periodic begins.

    Attributes:
        offset: 0 .. period - 1, index modulo the period.
        lead: how far it leads the second best.
        clear: whether that is enough to believe it.
    """

    offset: int
    lead: float
    clear: bool


def measure(transition: TransitionAudio, mix: AudioFile) -> list[GateResult]:
    """Judge gates 4 and 5 of one transition."""
    if transition.planned.technique == "fade_cut":
        reason = transition.not_matched_because
        return [gate.unmeasured(transition.number, reason, "pass") for gate in (DOWNBEAT_LOCK, PHRASE_LOCK)]
    a, b = (_listen(transition, mix, side) for side in "ab")
    return [_downbeat_lock(transition, a, b), _phrase_lock(transition, a, b)]


def phrase_lock_of_mix(results: Sequence[GateResult]) -> list[GateResult]:
    """Judge gate 5 of the whole mix: the share of its transitions that lock, among those that could be told."""
    phrases = [result for result in results if result.gate is PHRASE_LOCK and result.transition != WHOLE_MIX]
    judged = [result for result in phrases if result.value is not None or result.verdict != "pass"]
    if not judged:
        return []
    told = [result for result in judged if result.value is not None]
    if not told:
        return [PHRASE_LOCK_OF_MIX.unmeasured(WHOLE_MIX, "the phrases of no transition could be told")]
    locked = 100.0 * sum(result.value == 0 for result in told) / len(told)
    detail = f"{locked:.0f} % of the {len(told)} transitions whose phrases could be told lock ({len(phrases)} in all)"
    return [PHRASE_LOCK_OF_MIX.result(WHOLE_MIX, {"locked_percent": locked, "told": float(len(told))}, detail)]


@dataclass(frozen=True, eq=False)
class _Side:
    """What was heard of one track.

    Attributes:
        index: shape (n,), index of each beat, 0 = the beat of the swap.
        period: seconds per beat around the swap.
        features: shape (n, m), one row per beat.
    """

    index: NDArray[np.int64]
    period: float
    features: Features


def _listen(transition: TransitionAudio, mix: AudioFile, side: str) -> _Side:
    """Describe every beat of the outgoing (``"a"``) or incoming (``"b"``) track: deck in the overlap, mix beyond."""
    if side == "a":
        start, end = max(transition.solo_before, transition.start - LONGEST_CONTEXT_SECONDS), transition.end
        parts = [mix.mono(start, transition.start), transition.bus_mono("deck_a", transition.start, end)]
    else:
        start, end = transition.start, min(transition.solo_after, transition.end + LONGEST_CONTEXT_SECONDS)
        parts = [transition.bus_mono("deck_b", start, transition.end), mix.mono(transition.end, end)]
    times, index = transition.beats(side, start, end)
    if len(times) < 2:  # a track that is hardly heard at all
        return _Side(np.zeros(0, np.int64), 0.0, np.zeros((0, 1)))
    period = float(np.median(np.diff(times)))
    mono = np.concatenate(parts)
    sounding = _sounding(mono, mix.sample_rate, times - start, period)
    features = beat_features(mono, mix.sample_rate, times[sounding] - start, period)
    return _Side(index[sounding], period, features)


def _sounding(
    mono: NDArray[np.float32], sample_rate: int, beats: NDArray[np.float64], period: float
) -> NDArray[np.int64]:
    """Indices of the whole beats from the first to the last that sounds at all."""
    length = int(period * sample_rate)
    first = np.round(beats * sample_rate).astype(np.int64)
    whole = np.flatnonzero((first >= 0) & (first + length <= len(mono)))
    peak = np.array([np.abs(mono[first[k] : first[k] + length]).max() for k in whole])
    loud = np.flatnonzero(peak > _SILENCE)
    return whole[loud[0] : loud[-1] + 1] if loud.size else whole[:0]


def beat_features(mono: NDArray[np.float32], sample_rate: int, beats: NDArray[np.float64], period: float) -> Features:
    """Chroma (12 columns) and level of ten bands (10 columns) of each beat.

    Args:
        mono: shape (n,).
        sample_rate: in Hz.
        beats: seconds from the first sample; each beat lies whole within the samples.
        period: seconds per beat.

    Returns:
        Shape (len(beats), 22). Columns are on comparable scales: chroma is normed to
        length 1 per beat, levels are in units of their own standard deviation times 1/3.
    """
    from scipy.signal import resample_poly

    slow = resample_poly(mono, _ANALYSIS_RATE_HZ, sample_rate) if sample_rate != _ANALYSIS_RATE_HZ else mono
    length = int(period * _ANALYSIS_RATE_HZ)
    first = np.round(beats * _ANALYSIS_RATE_HZ).astype(np.int64)
    frames = slow[np.minimum(first[:, None] + np.arange(length), len(slow) - 1)] * np.hanning(length)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    frequencies = np.fft.rfftfreq(length, 1 / _ANALYSIS_RATE_HZ).astype(np.float64)
    chroma = np.sqrt(power) @ _chroma_map(frequencies)
    chroma /= np.linalg.norm(chroma, axis=1, keepdims=True) + 1e-12
    level = np.log10(power @ _band_map(frequencies) + 1e-6)
    level = (level - level.mean(axis=0)) / (3.0 * level.std(axis=0) + 1e-6)
    return np.hstack([chroma, level])


def downbeat(index: NDArray[np.int64], features: Features) -> Place | None:
    """Place of the downbeat among the beats, modulo `BEATS_PER_BAR`; None with less than eight bars to go by."""
    if len(features) < 8 * BEATS_PER_BAR:
        return None
    sharpness = _sharpness(features, BEATS_PER_BAR) + _sharpness(features, 4 * BEATS_PER_BAR)
    groups = [sharpness[index % BEATS_PER_BAR == place] for place in range(BEATS_PER_BAR)]
    best, second = sorted(range(BEATS_PER_BAR), key=lambda place: -groups[place].mean())[:2]
    error = np.sqrt(sum(groups[place].var() / (groups[place].size - 1) for place in (best, second)))
    lead = float((groups[best].mean() - groups[second].mean()) / (error + 1e-12))
    return Place(best, lead, lead >= CLEAR_STANDARD_ERRORS)


def phrase(bar_index: NDArray[np.int64], features: Features) -> Place | None:
    """Place of the phrase start among the bars, modulo `BARS_PER_PHRASE`; None with less than two phrases."""
    if len(features) < 2 * BARS_PER_PHRASE:
        return None
    sharpness = _sharpness(features, BARS_PER_PHRASE // 2) + _sharpness(features, BARS_PER_PHRASE)
    # the square root lets several modest changes outweigh a single great one
    force = np.sqrt(np.maximum(sharpness, 0.0))
    strength = [float(force[bar_index % BARS_PER_PHRASE == place].mean()) for place in range(BARS_PER_PHRASE)]
    best, second = sorted(range(BARS_PER_PHRASE), key=lambda place: -strength[place])[:2]
    lead = (strength[best] - strength[second]) / strength[best] if strength[best] > 0 else 0.0
    return Place(best, lead, lead >= CLEAR_PHRASE_LEAD)


def _sharpness(features: Features, reach: int) -> NDArray[np.float64]:
    """How sharply the features change at each row: second difference of the distance between ``reach`` rows each way.

    Distance at row i = norm of mean(i .. i+reach-1) - mean(i-reach .. i-1); a change at i makes it a tent with its top
    there. Rows nearer than ``reach`` + 1 to an end get 0.
    """
    n = len(features)
    result = np.zeros(n)
    if n < 2 * reach + 3:
        return result
    total = np.vstack([np.zeros(features.shape[1]), np.cumsum(features, axis=0)])
    means = (total[reach:] - total[:-reach]) / reach
    distance = np.linalg.norm(means[reach:] - means[:-reach], axis=1)
    result[reach + 1 : n - reach] = 2 * distance[1:-1] - distance[:-2] - distance[2:]
    return result


def _chroma_map(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = (frequencies >= _CHROMA_RANGE_HZ[0]) & (frequencies <= _CHROMA_RANGE_HZ[1])
    pitch = np.round(12 * np.log2(np.where(inside, frequencies, 440.0) / 440.0)).astype(np.int64) % 12
    return np.asarray((pitch[:, None] == np.arange(12)) & inside[:, None], dtype=np.float64)


def _band_map(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    edges = np.geomspace(*_BAND_RANGE_HZ, _BANDS + 1)
    return np.asarray((frequencies[:, None] >= edges[:-1]) & (frequencies[:, None] < edges[1:]), dtype=np.float64)


def _wrapped(difference: float, period: float) -> float:
    """The same difference nearest to 0 modulo ``period``."""
    return (difference + period / 2) % period - period / 2


def _downbeat_lock(transition: TransitionAudio, a: _Side, b: _Side) -> GateResult:
    places = [downbeat(side.index, side.features) for side in (a, b)]
    unclear = _unclear(places, "downbeat")
    if unclear:
        return DOWNBEAT_LOCK.unmeasured(transition.number, unclear)
    place_a, place_b = (place for place in places if place)
    # in seconds, so that half and double time need no case of their own; the shorter bar counts
    shorter = min(a.period, b.period)
    apart = _wrapped(place_b.offset * b.period - place_a.offset * a.period, BEATS_PER_BAR * shorter) / shorter
    figures = {"offset_beats": abs(float(round(apart))), "lead_a": place_a.lead, "lead_b": place_b.lead}
    detail = f"B's bars begin {round(apart):+d} beats from A's"
    return DOWNBEAT_LOCK.result(transition.number, figures, detail)


def _phrase_lock(transition: TransitionAudio, a: _Side, b: _Side) -> GateResult:
    if a.period and b.period and abs(np.log2(a.period / b.period)) > 0.5:
        return PHRASE_LOCK.unmeasured(transition.number, "half and double time have phrases of different length")
    places = [_phrase_of(side) for side in (a, b)]
    unclear = _unclear(places, "phrase")
    if unclear:
        return PHRASE_LOCK.unmeasured(transition.number, unclear)
    place_a, place_b = (place for place in places if place)
    apart = int(_wrapped(place_b.offset - place_a.offset, BARS_PER_PHRASE))
    if apart and (place_a.lead + place_b.lead) / 2 < CLEAR_MISS_LEAD:
        reason = f"B's phrases seem to begin {apart:+d} bars from A's, but neither stands out enough to be sure"
        return PHRASE_LOCK.unmeasured(transition.number, reason)
    figures = {"offset_bars": abs(float(apart)), "lead_a": place_a.lead, "lead_b": place_b.lead}
    detail = f"B's {BARS_PER_PHRASE}-bar phrases begin {apart:+d} bars from A's"
    return PHRASE_LOCK.result(transition.number, figures, detail)


def _phrase_of(side: _Side) -> Place | None:
    """Phrase start in bars counted from the bar of the swap; bar lines are those heard: gate 4 alone judges them."""
    place = downbeat(side.index, side.features)
    if place is None:
        return None
    # the heard downbeat that lies within half a bar of the beat of the swap is bar 0
    shift = int(_wrapped(place.offset, BEATS_PER_BAR))
    bar = (side.index - shift) // BEATS_PER_BAR
    bars, counts = np.unique(bar, return_counts=True)
    whole = bars[counts == BEATS_PER_BAR]
    features = np.array([side.features[bar == one].mean(axis=0) for one in whole])
    return phrase(whole, features) if len(whole) else None


def _unclear(places: list[Place | None], what: str) -> str:
    """Why the places can't be compared; empty where they can."""
    names = ["A", "B"]
    short = [name for name, place in zip(names, places, strict=True) if place is None]
    if short:
        return f"too little of {' and '.join(short)} is heard to tell its {what}s"
    vague = [name for name, place in zip(names, places, strict=True) if place and not place.clear]
    return f"the {what}s of {' and '.join(vague)} do not stand out enough to be judged" if vague else ""
