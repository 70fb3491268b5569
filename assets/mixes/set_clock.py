"""The clock of a mix: which moment of each track sounds when, and at what tempo.

Belongs here: anchors and tempo map from a cut set. Does not belong here: choosing cue points (``assets.mixes.set_cut``)
or bending audio to the anchors (``assets.mixes.time_stretch``).

In an overlap both tracks run at one deck tempo, the geometric mean of theirs, so that each gives way by half. Between
overlaps a track glides back to its own tempo, plays at exactly speed 1, and glides to the next deck tempo: bar by
bar, never faster than ``GLIDE_PERCENT_PER_BAR`` where there is room.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assets.library.beat_grid import BARS_PER_PHRASE, BEATS_PER_BAR
from assets.mixes.crate_track import CrateTrack
from assets.mixes.mix_plan import Anchor, TempoPoint
from assets.mixes.set_cut import Handover, SetCut, bar_lines

Floats = NDArray[np.float64]

GLIDE_BARS = 16
"""Shortest glide where there is room."""
GLIDE_PERCENT_PER_BAR = 0.2
"""Steepest glide where there is room: half of the 0.1 % per beat that the report aims at."""
CUT_LEAD_SECONDS = 0.012
"""A cut begins this long before the downbeat, so that crossfade and grid error leave the incoming attack whole."""
FADE_CUT_SECONDS = 0.75
"""Length of the fade between tracks whose beats are not matched: too short to hear two tempos at once."""
_SAME_PLACE = 1e-7
"""Anchors that lie this near (seconds) to the line through their neighbours are left out: 1/200 of a sample."""


@dataclass(frozen=True)
class Meeting:
    """One handover on the clock: see `assets.mixes.mix_plan.PlannedTransition` for the fields."""

    mix_start: float
    mix_end: float
    swap: float
    exit_seconds: float
    entry_seconds: float
    deck_bpm: float | None
    stretch_out_percent: float
    stretch_in_percent: float


@dataclass(frozen=True)
class SetClock:
    """Anchors of every track, every handover, and the tempo of the mix."""

    anchors: tuple[tuple[Anchor, ...], ...]
    meetings: tuple[Meeting, ...]
    tempo_map: tuple[TempoPoint, ...]


def swap_bar(bars: int) -> int:
    """Bar of an overlap on which the bass changes hands: the phrase boundary at or before its middle."""
    middle = bars // 2
    return middle // BARS_PER_PHRASE * BARS_PER_PHRASE if middle >= BARS_PER_PHRASE else middle


def set_clock(tracks: Sequence[CrateTrack], cut: SetCut) -> SetClock:
    """Put a cut set on the clock; the mix starts at 0."""
    decks = [_deck(a, b, h) for a, b, h in zip(tracks, tracks[1:], cut.handovers, strict=False)]
    anchors: list[tuple[Anchor, ...]] = []
    meetings: list[Meeting] = []
    entered = 0.0
    for i, track in enumerate(tracks):
        before = cut.handovers[i - 1] if i else None
        after = cut.handovers[i] if i < len(decks) else None
        points = _track_points(
            track,
            before.enter.seconds if before else cut.start.seconds,
            before,
            after,
            decks[i - 1].speed_in if i else 1.0,
            decks[i].speed_out if i < len(decks) else 1.0,
            cut.stop,
        )
        source, mix = points
        mix = mix + entered
        if before is not None:
            source, mix = _with_lead(before, source, mix, meetings[-1].mix_start)
        if after is not None:
            entered = float(np.interp(after.leave.seconds, source, mix))
            source, mix = _with_tail(track, after, source, mix)
            meetings.append(_meeting(after, decks[i], entered, source, mix, tracks[i + 1]))
        anchors.append(_simplified(source, mix))
    return SetClock(tuple(anchors), tuple(meetings), _tempo_map(tracks, anchors, meetings))


@dataclass(frozen=True)
class _Deck:
    bpm: float | None
    speed_out: float
    speed_in: float


def _local_bpm(track: CrateTrack, bar: int, bars: int) -> float:
    downbeats = bar_lines(track)
    end = min(bar + bars, len(downbeats) - 1)
    return float(60 * BEATS_PER_BAR * (end - bar) / (downbeats[end] - downbeats[bar]))


def _deck(outgoing: CrateTrack, incoming: CrateTrack, handover: Handover) -> _Deck:
    if handover.bars == 0 or handover.leave.bar is None or handover.enter.bar is None:
        return _Deck(None, 1.0, 1.0)
    out = _local_bpm(outgoing, handover.leave.bar, handover.bars)
    into = _local_bpm(incoming, handover.enter.bar, handover.incoming_bars) / handover.beats_ratio
    bpm = float(np.sqrt(out * into))
    return _Deck(bpm, bpm / out, bpm / into)


def _track_points(
    track: CrateTrack,
    start: float,
    before: Handover | None,
    after: Handover | None,
    speed_in: float,
    speed_out: float,
    stop: float,
) -> tuple[Floats, Floats]:
    """Track seconds and mix seconds (from the entry on) of every bar from the entry to the end."""
    downbeats = bar_lines(track)
    entry_bar = before.enter.bar if before and before.bars else None
    exit_bar = after.leave.bar if after and after.bars else None
    finish = stop if after is None else after.leave.seconds
    if entry_bar is None and exit_bar is None:
        return np.array([start, finish]), np.array([0.0, finish - start])
    first = entry_bar if entry_bar is not None else int(np.searchsorted(downbeats, start - 1e-9))
    last = (
        exit_bar + after.bars if after and exit_bar is not None else int(np.searchsorted(downbeats, finish + 1e-9)) - 1
    )
    source = downbeats[first : last + 1]
    taken = before.incoming_bars if before and entry_bar is not None else 0
    given = after.bars if after and exit_bar is not None else 0
    body = last - first - taken - given
    own = np.diff(source)
    played = own / _speeds(taken, body, given, speed_in, speed_out)
    if taken:
        played[:taken] = own[:taken].sum() / speed_in / taken
    if given:
        played[-given:] = own[-given:].sum() / speed_out / given
    mix = np.concatenate([[0.0], np.cumsum(played)])
    if source[0] > start + 1e-9:
        mix = np.concatenate([[0.0], mix + (source[0] - start)])
        source = np.concatenate([[start], source])
    if exit_bar is None and finish > source[-1] + 1e-9:
        mix = np.append(mix, mix[-1] + finish - source[-1])
        source = np.append(source, finish)
    return source, mix


def _speeds(taken: int, body: int, given: int, speed_in: float, speed_out: float) -> Floats:
    """Speed of every bar: deck, glide back, 1, glide on, deck."""
    need_in, need_out = (_glide_bars(speed) for speed in (speed_in, speed_out))
    if need_in + need_out > body:
        if min(need_in, need_out) == 0:
            need_in, need_out = min(need_in, body), min(need_out, body)
        else:
            need_in = body * need_in // (need_in + need_out)
            need_out = body - need_in
    place = np.arange(body) + 0.5
    speeds = np.ones(body)
    if need_in:
        speeds += (speed_in - 1) * np.clip(1 - place / need_in, 0, 1)
    if need_out:
        speeds += (speed_out - 1) * np.clip(1 - (body - place) / need_out, 0, 1)
    return np.concatenate([np.full(taken, speed_in), speeds, np.full(given, speed_out)])


def _glide_bars(speed: float) -> int:
    if abs(speed - 1) < 1e-9:
        return 0
    return max(GLIDE_BARS, int(np.ceil(100 * abs(speed - 1) / GLIDE_PERCENT_PER_BAR)))


def _with_lead(before: Handover, source: Floats, mix: Floats, mix_start: float) -> tuple[Floats, Floats]:
    """Start a cut-in track as early as its cut begins."""
    lead = mix[0] - mix_start
    if before.bars or lead <= 0:
        return source, mix
    earliest = max(
        0.0, source[0] - lead
    )  # the lead reaches back to the track's very beginning at most, but for rounding
    if len(source) == 2 or np.isclose(mix[1] - mix[0], source[1] - source[0]):
        source, mix = source.copy(), mix.copy()
        source[0] = earliest
        mix[0] -= lead
        return source, mix
    return np.concatenate([[earliest], source]), np.concatenate([[mix[0] - lead], mix])


def _with_tail(track: CrateTrack, after: Handover, source: Floats, mix: Floats) -> tuple[Floats, Floats]:
    """Let a track that fades rather than blends sound on for the length of the fade."""
    if after.technique != "fade_cut":
        return source, mix
    tail = min(FADE_CUT_SECONDS, max(0.0, track.seconds - source[-1]))
    return (source, mix) if tail <= 0 else (np.append(source, source[-1] + tail), np.append(mix, mix[-1] + tail))


def _meeting(handover: Handover, deck: _Deck, at: float, source: Floats, mix: Floats, incoming: CrateTrack) -> Meeting:
    if handover.bars and deck.bpm is not None:
        bar = 60 * BEATS_PER_BAR / deck.bpm
        return Meeting(
            at,
            float(mix[-1]),
            at + swap_bar(handover.bars) * bar,
            handover.leave.seconds,
            handover.enter.seconds,
            deck.bpm,
            100 * (deck.speed_out - 1),
            100 * (deck.speed_in - 1),
        )
    lead = min(CUT_LEAD_SECONDS, handover.enter.seconds, handover.leave.seconds)
    if handover.technique == "fade_cut":
        lead = 0.0
    return Meeting(
        at - lead,
        float(mix[-1]),
        at,
        float(np.interp(at - lead, mix, source)),
        handover.enter.seconds - lead,
        None,
        0.0,
        0.0,
    )


def _simplified(source: Floats, mix: Floats) -> tuple[Anchor, ...]:
    """Leave out anchors that lie on the line through the ones kept around them."""
    kept = [0]
    for i in range(1, len(source) - 1):
        a = kept[-1]
        slope = (mix[i + 1] - mix[a]) / (source[i + 1] - source[a])
        between = slice(a + 1, i + 1)
        if np.abs(mix[a] + slope * (source[between] - source[a]) - mix[between]).max() > _SAME_PLACE:
            kept.append(i)
    kept.append(len(source) - 1)
    return tuple(Anchor(float(source[i]), float(mix[i])) for i in kept)


def _tempo_map(
    tracks: Sequence[CrateTrack], anchors: Sequence[tuple[Anchor, ...]], meetings: Sequence[Meeting]
) -> tuple[TempoPoint, ...]:
    """Tempo of the track that leads: the outgoing one until it has gone."""
    points: list[TempoPoint] = []
    for i, (track, line) in enumerate(zip(tracks, anchors, strict=True)):
        heard_from = meetings[i - 1].mix_end if i else 0.0
        for a, b in pairwise(line):
            if b.mix_seconds <= heard_from:
                continue
            speed = (b.track_seconds - a.track_seconds) / (b.mix_seconds - a.mix_seconds)
            bpm = round(track.bpm * speed, 6)
            if not points or points[-1].bpm != bpm:
                points.append(TempoPoint(max(a.mix_seconds, heard_from), bpm))
    return tuple(points)
