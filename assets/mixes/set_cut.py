"""Where each track of an ordered set starts and stops, and how it hands over.

Belongs here: technique, phrase-locked exit and entry bars and overlap lengths that fit the time asked for. Does not
belong here: the order (``assets.mixes.set_order``) or the clock (``assets.mixes.set_clock``).

Bars are counted from a track's first downbeat; every blend and cut of trusted grids starts on an 8-bar phrase boundary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets.library.beat_grid import BARS_PER_PHRASE, BEATS_PER_BAR, Seconds
from assets.mixes.crate_track import CrateTrack
from assets.mixes.mix_plan import Technique
from assets.mixes.tempo_fit import LARGEST_STRETCH_PERCENT
from assets.mixes.transition_length import FEWEST_BARS, length_bars, length_seconds
from assets.mixes.transition_scoring import TransitionDetail

TRUSTED_GRID = 0.5
"""Grids below this confidence are not beat-matched."""
TRUSTED_RESIDUAL_MS = 10.0
"""Nor, unless somebody has listened, are tracks whose beats stray further than this from their grid, which alone would
fail the report's alignment; their bars are still good for a cut."""
TRUSTED_OFFSET_SECONDS = 0.005
"""Where somebody has listened: by how much the attacks of a section may lie off the beat in the median; two 60 Hz kicks
this far apart begin to cancel."""
LARGEST_ERROR_SECONDS = 0.002
"""Standard error of a section's offset beyond which it says nothing."""
FEWEST_STRUCK = 8
"""Beats of an overlap that have to be struck for anything to be known of it: two bars."""
FEWEST_TRUSTED_BARS = 2 * BARS_PER_PHRASE
CLOSING_TOLERANCE_SECONDS = 0.02
"""By how much a track may end before its last bar does, and the bar still count as whole."""
CERTAIN_KEYS = 0.35
"""Product of both key confidences from which a key clash is believed."""
LOWEST_BLEND = 50.0
"""Blends below this are cut instead of overlapped: the report's key gate fails there."""
LARGEST_OVERLAP_SHARE = 0.35
"""Share of what a track has to give that one overlap may take."""
FADE_OUT_SECONDS = 10.0
"""Fade at the end of a set that stops a track without a trusted grid before its own end."""
BODY_BARS = BARS_PER_PHRASE
"""Bars a track plays alone, at least, between its overlaps."""


@dataclass(frozen=True)
class Cue:
    """A point of a track: its downbeat's index (None without a trusted grid) and its time in track seconds."""

    bar: int | None
    seconds: float


@dataclass(frozen=True)
class Handover:
    """How one track gives way to the next.

    Attributes:
        technique: see `assets.mixes.mix_plan.Technique`.
        leave: where the outgoing track begins to go.
        enter: where the incoming track begins.
        bars: overlap in bars of the outgoing track; 0 for a cut.
        incoming_bars: overlap in bars of the incoming track.
        beats_ratio: beats of the incoming track per beat of the outgoing one.
        reason: why a plainer technique was taken; empty where none was.
    """

    technique: Technique
    leave: Cue
    enter: Cue
    bars: int
    incoming_bars: int
    beats_ratio: float
    reason: str


@dataclass(frozen=True)
class SetCut:
    """All handovers, where the first track starts, and where the last one stops and begins to fade."""

    start: Cue
    handovers: tuple[Handover, ...]
    stop: float
    fade_seconds: float


def distrust(track: CrateTrack) -> str:
    """Why the beats of a track are not trusted, as a clause; empty where they are."""
    name = f"'{track.title or track.track_id}'"
    if len(track.grid.downbeats) < FEWEST_TRUSTED_BARS:
        return f"{name} has only {len(track.grid.downbeats)} bars of beat grid"
    if track.grid.confidence < TRUSTED_GRID:
        return f"the beat grid of {name} has confidence {track.grid.confidence:.2f}, below {TRUSTED_GRID}"
    return ""


def unsteady(track: CrateTrack, start: float, end: float) -> str:
    """Why beats between two moments of a track cannot be matched although its bars are known; empty where they can.

    Args:
        track: a track, listened to or not.
        start: track seconds.
        end: track seconds.

    Returns:
        A clause.
    """
    name = f"'{track.title or track.track_id}'"
    if track.heard is None:
        if track.grid.residual_ms <= TRUSTED_RESIDUAL_MS:
            return ""
        return f"the beats of {name} stray {track.grid.residual_ms:.0f} ms from its grid"
    sections = [s for s in track.heard if s.start < end - track.grid.period and s.end > start + track.grid.period]
    told = [s for s in sections if s.error <= LARGEST_ERROR_SECONDS]
    if sum(s.struck for s in told) < FEWEST_STRUCK:
        return f"too few beats of {name} are clearly struck from {start:.0f} to {end:.0f} s to tell where they lie"
    worst = max(told, key=lambda s: abs(s.offset))
    if abs(worst.offset) <= TRUSTED_OFFSET_SECONDS:
        return ""
    return f"the beats of {name} lie {1000 * abs(worst.offset):.0f} ms off its grid around {worst.start:.0f} s"


def bar_lines(track: CrateTrack) -> Seconds:
    """Downbeats, and the end of the last bar where the track holds the whole of it."""
    downbeats = track.grid.downbeats
    if not len(downbeats):
        return downbeats
    close = downbeats[-1] + BEATS_PER_BAR * track.grid.period
    return np.append(downbeats, close) if close <= track.seconds + CLOSING_TOLERANCE_SECONDS else downbeats


def entry_cue(track: CrateTrack) -> Cue:
    """The phrase boundary nearest to the mix-in point."""
    if distrust(track):
        return Cue(None, min(max(track.mix_in, 0.0), track.seconds))
    return _phrase_cue(track, track.mix_in)


def exit_cue(track: CrateTrack) -> Cue:
    """The phrase boundary nearest to the mix-out point, after the entry."""
    entry = entry_cue(track)
    if entry.bar is None:
        after = track.mix_out if track.mix_out > entry.seconds else track.seconds
        return Cue(None, min(after, track.seconds))
    cue = _phrase_cue(track, track.mix_out)
    if cue.bar is not None and cue.bar >= entry.bar + BODY_BARS:
        return cue
    last = int(_phrase_bars(track)[-1])
    return _bar_cue(track, max(last, entry.bar + min(BODY_BARS, len(track.grid.downbeats) - 1 - entry.bar)))


def play_seconds(track: CrateTrack) -> float:
    """Seconds between entry and exit cue."""
    return max(0.0, exit_cue(track).seconds - entry_cue(track).seconds)


def _bar_cue(track: CrateTrack, bar: int) -> Cue:
    return Cue(bar, float(track.grid.downbeats[bar]))


def _phrase_bars(track: CrateTrack, start: int = 0) -> NDArray[np.int64]:
    """Bars from ``start`` on that open a phrase."""
    first = track.grid.first_phrase
    first += max(0, -(-(start - first) // BARS_PER_PHRASE)) * BARS_PER_PHRASE
    return np.arange(first, len(track.grid.downbeats), BARS_PER_PHRASE)


def _phrase_cue(track: CrateTrack, seconds: float) -> Cue:
    bars = _phrase_bars(track)
    return _bar_cue(track, int(bars[np.abs(track.grid.downbeats[bars] - seconds).argmin()]))


def opening_cue(track: CrateTrack) -> Cue:
    """Where the first track of a set starts: its first phrase that is not silent."""
    entry = entry_cue(track)
    silent = track.energy_curve <= 0
    if entry.bar is None:
        lead = int(np.argmin(silent)) if silent.size and not silent.all() else 0
        return Cue(None, min(float(lead * 2), entry.seconds))
    for bar in _phrase_bars(track):
        cue = _bar_cue(track, int(bar))
        if int(bar) >= entry.bar:
            break
        if track.energy_between(cue.seconds, cue.seconds + 2.0) > 0:
            return cue
    return entry


def choose_handover(outgoing: CrateTrack, incoming: CrateTrack, detail: TransitionDetail) -> Handover:
    """Technique and wished-for length of a pair, at its natural cue points."""
    leave, enter = exit_cue(outgoing), entry_cue(incoming)
    doubts = [clause for clause in (distrust(outgoing), distrust(incoming)) if clause]
    if doubts:
        return Handover("fade_cut", leave, enter, 0, 0, 1.0, " and ".join(doubts))
    cut = Handover("quick_cut", leave, enter, 0, 0, 1.0, "")
    if detail.tempo.match == "three_two" or abs(detail.tempo.stretch_percent) > LARGEST_STRETCH_PERCENT:
        reason = (
            f"{outgoing.bpm:.1f} and {incoming.bpm:.1f} BPM cannot be beat-matched within {LARGEST_STRETCH_PERCENT:g} %"
        )
        return replace(cut, reason=reason)
    confidence = outgoing.key_confidence * incoming.key_confidence
    if detail.key.move != "unknown" and confidence >= CERTAIN_KEYS and detail.key.full_blend < LOWEST_BLEND:
        reason = f"the keys share {detail.key.shared_tones} of 7 tones, too few to be heard together"
        return replace(cut, reason=reason)
    seconds = length_seconds(outgoing.genre, incoming.genre, detail.energy_step)
    bars = length_bars(seconds, outgoing.bpm)
    return Handover("eq_swap", leave, enter, bars, bars, detail.tempo.beats_ratio, "")


def cut_set(tracks: Sequence[CrateTrack], details: Sequence[TransitionDetail], seconds: float | None) -> SetCut:
    """Cut an ordered set to a length.

    Args:
        tracks: in order, at least one.
        details: of each adjacent pair.
        seconds: most the mix may last; None: no limit.
    """
    wishes = [choose_handover(a, b, d) for a, b, d in zip(tracks, tracks[1:], details, strict=False)]
    start = opening_cue(tracks[0])
    entries = [start, *(w.enter for w in wishes)]
    exits = [w.leave.seconds for w in wishes] + [tracks[-1].seconds]
    natural = [max(0.0, out - into.seconds) for into, out in zip(entries, exits, strict=True)]
    budget = sum(natural) if seconds is None else min(seconds, sum(natural))
    handovers: list[Handover] = []
    taken = 0
    for i, wish in enumerate(wishes):
        share = budget * natural[i] / max(sum(natural[i:]), 1e-9)
        handover = _fit(tracks[i], tracks[i + 1], wish, entries[i], taken, share)
        handovers.append(handover)
        budget -= handover.leave.seconds - entries[i].seconds
        taken = handover.incoming_bars
    return SetCut(start, tuple(handovers), *_ending(tracks[-1], entries[-1], taken, budget))


def _fit(outgoing: CrateTrack, incoming: CrateTrack, wish: Handover, entry: Cue, taken: int, share: float) -> Handover:
    """Move the exit to the phrase that fits the share of time, and shorten the overlap to what is there.

    Args:
        outgoing: track that goes.
        incoming: track that comes.
        wish: handover at the natural cue points.
        entry: where the outgoing track started.
        taken: bars of the outgoing track that its own entry overlap used up.
        share: seconds the outgoing track may play before the handover starts.
    """
    if entry.bar is None or wish.leave.bar is None:
        leave = Cue(None, min(wish.leave.seconds, max(entry.seconds + share, entry.seconds)))
        return replace(wish, leave=leave, bars=0, incoming_bars=0)
    lines = bar_lines(outgoing)
    latest = wish.leave.bar
    later = _phrase_bars(outgoing, entry.bar + taken + BODY_BARS)
    earliest = int(later[0]) if later.size else latest
    fitting = later[later <= latest]
    fitting = fitting[lines[fitting] - entry.seconds <= share + 1e-6] if fitting.size else fitting
    bar = int(fitting[-1]) if fitting.size else min(earliest, latest)
    moved = replace(wish, leave=_bar_cue(outgoing, bar))
    if wish.technique != "eq_swap":
        return moved
    room_out = min(len(lines) - 1 - bar, int(LARGEST_OVERLAP_SHARE * (wish.leave.bar - entry.bar)))
    room_in = _overlap_room(incoming, wish.enter)
    bars = _whole_phrases(min(wish.bars, room_out, int(room_in / wish.beats_ratio)))
    if bars < FEWEST_BARS:
        reason = f"only {min(room_out, room_in)} bars are left for an overlap"
        return replace(moved, technique="quick_cut", bars=0, incoming_bars=0, reason=reason)
    incoming_bars = round(bars * wish.beats_ratio)
    overlaps = ((outgoing, moved.leave, bars), (incoming, moved.enter, incoming_bars))
    strays = [
        unsteady(track, cue.seconds, cue.seconds + count * BEATS_PER_BAR * track.grid.period)
        for track, cue, count in overlaps
    ]
    if any(strays):
        reason = " and ".join(clause for clause in strays if clause)
        return replace(moved, technique="quick_cut", bars=0, incoming_bars=0, reason=reason)
    return replace(moved, bars=bars, incoming_bars=incoming_bars)


def _overlap_room(track: CrateTrack, entry: Cue) -> int:
    """Bars after its entry that a track may share with the one before."""
    leave = exit_cue(track)
    if entry.bar is None or leave.bar is None:
        return 0
    return int(LARGEST_OVERLAP_SHARE * (leave.bar - entry.bar))


def _whole_phrases(bars: int) -> int:
    """Overlaps of a phrase or more end on a phrase boundary too; shorter ones take half a phrase."""
    return bars // BARS_PER_PHRASE * BARS_PER_PHRASE if bars >= BARS_PER_PHRASE else bars // FEWEST_BARS * FEWEST_BARS


def _ending(track: CrateTrack, entry: Cue, taken: int, budget: float) -> tuple[float, float]:
    """Where the last track stops and over how many seconds it fades (0: it plays out)."""
    if track.seconds - entry.seconds <= budget + 1e-6:
        return track.seconds, 0.0
    if entry.bar is None:
        stop = min(track.seconds, entry.seconds + budget)
        return stop, min(FADE_OUT_SECONDS, (stop - entry.seconds) / 2)
    downbeats = track.grid.downbeats
    phrases = _phrase_bars(track, entry.bar + taken + BODY_BARS)
    fitting = phrases[downbeats[phrases] - entry.seconds <= budget + 1e-6] if phrases.size else phrases
    bar = int(fitting[-1]) if fitting.size else int(phrases[0]) if phrases.size else len(downbeats) - 1
    fade = BODY_BARS * BEATS_PER_BAR * track.grid.period
    return float(downbeats[bar]), float(min(fade, (downbeats[bar] - entry.seconds) / 2))
