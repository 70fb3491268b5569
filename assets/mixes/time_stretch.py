"""Bend a track to its anchors: exactly on the beat, pitch kept or let go.

Belongs here: audio from source samples and anchors. Does not belong here: where the anchors are
(``assets.mixes.set_clock``) or what is mixed with what (``assets.mixes.renderer``).

Three ways, by speed: at speed 1 samples are copied; a track whose pitch may follow is resampled; else the band above
the bass is stretched by Signalsmith's engine and the bass is cut at the beats and put together again at its own speed.
Why not Signalsmith alone: its blocks of 120 ms smear the attack of kicks (p95 of 7-13 ms by a kick-band detector on
synthesised house; 60 ms blocks: 0.2-2 ms but rough pads), while bass moved whole keeps each attack as it was (p95
0.2-0.4 ms, largest 1.0 ms). Why not Rubber Band: its default engine drifts by 84 ms at 1.03x with the length exact.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assets.mixes.band_split import low_band, reach_samples
from assets.mixes.mix_plan import Anchor

Samples = NDArray[np.float32]
Seconds = NDArray[np.float64]

UNIT_SPEED = 1e-9
"""Speeds this near to 1 are 1: a thousandth of a sample over an hour."""
_JOINT_SECONDS, _JOINT_GUARD = 0.025, 0.005
"""Pieces are joined by a crossfade that ends shortly before the beat, whose attack hides it and stays whole."""
_BASS_JOINT_SECONDS, _BASS_GUARD = 0.014, 0.003
BASS_HZ = 320.0
"""Bass is what lies below. Measured on the same tracks: at 190 Hz the two paths meet inside the kick and its onset
moves by 9 ms, at 250 Hz the largest error is 14 ms, from 320 Hz on it stays below 1 ms."""
_PAD_SECONDS = 0.25
"""Context given to the stretch engine on both sides: twice its block."""
_LARGEST_SLIP = 0.005
"""Bass is cut more than once per beat where a beat would slip further than this, in seconds."""
_MOST_CUTS_PER_BEAT = 4
_LEAST_SLICE_SECONDS = 0.05
"""A beat this near to the end of a piece is that end, which rounding or a mended grid has moved."""
_SEARCH_SECONDS = 0.008
"""Where no attack fixes a cut in the bass, it may move this far so that the waves join."""
_ATTACK_RATIO = 4.0
"""Power after a cut over power before it (6 dB) that counts as an attack."""
_ATTACK_SECONDS = 0.025
_BASS_DECIMATION = 16


@dataclass(frozen=True)
class _Piece:
    """A stretch of constant speed: samples [start, end) of the output from ``source`` (fractional) on."""

    source: float
    start: int
    end: int
    speed: float

    def source_at(self, out: float) -> float:
        return self.source + (out - self.start) * self.speed


def warp(source: Samples, sample_rate: int, anchors: Sequence[Anchor], beats: Seconds, *, keep_pitch: bool) -> Samples:
    """Play a track along its anchors.

    Args:
        source: shape (n, 2).
        sample_rate: in Hz.
        anchors: at least two, increasing on both clocks.
        beats: seconds of the track's beats, for cutting the bass; unused at speed 1 and where pitch follows.
        keep_pitch: False lets pitch follow speed.

    Returns:
        Shape (m, 2): from the first to the last anchor, both rounded to samples of the mix.
    """
    pieces = list(_pieces(anchors, sample_rate))
    origin = pieces[0].start
    out = np.zeros((pieces[-1].end - origin, source.shape[1]), np.float32)
    joint, guard = round(_JOINT_SECONDS * sample_rate), round(_JOINT_GUARD * sample_rate)
    for piece in pieces:
        lead = 0 if piece.start == origin else min(joint + guard, piece.start - origin)
        if abs(piece.speed - 1) <= UNIT_SPEED:
            audio = _copied(source, piece, lead)
        elif keep_pitch:
            audio = _stretched(source, sample_rate, piece, lead, beats)
        else:
            audio = _resampled(source, piece, lead)
        splice(out, piece.start - lead - origin, audio, lead - guard)
    return out


def splice(out: Samples, at: int, audio: Samples, fade: int) -> None:
    """Write ``audio`` into ``out`` from ``at`` on, fading over from what is there during the first ``fade`` samples.

    Weights are linear and divided by the level their sum would have, so that power stays even whether both sides are
    the same wave, unrelated, or anything between.
    """
    fade = max(0, min(fade, len(audio), len(out) - at))
    if fade:
        old, new = out[at : at + fade], audio[:fade]
        level = float(np.sqrt(np.vdot(old, old).real * np.vdot(new, new).real))
        alike = float(np.clip(np.vdot(old, new).real / level, 0.0, 1.0)) if level > 0 else 1.0
        rise = ((np.arange(fade, dtype=np.float32) + 0.5) / fade)[:, None]
        even = np.sqrt((1 - rise) ** 2 + rise**2 + 2 * alike * rise * (1 - rise))
        out[at : at + fade] = ((1 - rise) * old + rise * new) / even
    count = min(len(audio), len(out) - at)
    out[at + fade : at + count] = audio[fade:count]


def _pieces(anchors: Sequence[Anchor], sample_rate: int) -> Iterator[_Piece]:
    for a, b in pairwise(anchors):
        start, end = round(a.mix_seconds * sample_rate), round(b.mix_seconds * sample_rate)
        speed = (b.track_seconds - a.track_seconds) / (b.mix_seconds - a.mix_seconds)
        source = (a.track_seconds + (start / sample_rate - a.mix_seconds) * speed) * sample_rate
        yield _Piece(source, start, end, speed)


def excerpt(source: Samples, start: int, end: int) -> Samples:
    """Samples [start, end), silent beyond the ends of the source."""
    inside = source[max(0, start) : max(0, end)]
    if start >= 0 and len(inside) == end - start:
        return inside
    padded = np.zeros((end - start, source.shape[1]), np.float32)
    at = max(0, -start)
    padded[at : at + len(inside)] = inside
    return padded


def _copied(source: Samples, piece: _Piece, lead: int) -> Samples:
    first = round(piece.source_at(piece.start - lead))
    return excerpt(source, first, first + piece.end - piece.start + lead)


def _fetch(source: Samples, piece: _Piece, lead: int, pad: int) -> tuple[Samples, int]:
    """Source of a piece with context, and where in the output of a constant-speed engine the piece begins."""
    begin = piece.source_at(piece.start - lead)
    first = int(np.floor(begin)) - pad
    last = int(np.ceil(piece.source_at(piece.end))) + pad
    return excerpt(source, first, last), round((begin - first) / piece.speed)


def _resampled(source: Samples, piece: _Piece, lead: int) -> Samples:
    import soxr

    taken, skip = _fetch(source, piece, lead, 256)
    audio = np.asarray(soxr.resample(taken, piece.speed, 1.0, quality="HQ"), np.float32)
    return excerpt(audio, skip, skip + piece.end - piece.start + lead)


def _stretched(source: Samples, sample_rate: int, piece: _Piece, lead: int, beats: Seconds) -> Samples:
    from python_stretch.Signalsmith import Stretch

    pad = round(_PAD_SECONDS * sample_rate)
    context = pad + reach_samples(sample_rate)
    begin = piece.source_at(piece.start - lead)
    first = int(np.floor(begin)) - context
    last = int(np.ceil(piece.source_at(piece.end))) + context
    wide = excerpt(source, first, last)
    bass = low_band(wide, sample_rate, BASS_HZ)
    upper = (wide - bass)[context - pad : len(wide) - (context - pad)]
    engine = Stretch(1)
    engine.preset(source.shape[1], float(sample_rate))
    engine.setTimeFactor(piece.speed)
    stretched = np.asarray(engine.process(np.ascontiguousarray(upper.T)), np.float32).T
    skip = round((begin - first - (context - pad)) / piece.speed)
    count = piece.end - piece.start + lead
    return excerpt(stretched, skip, skip + count) + _cut_bass(bass, first, sample_rate, piece, lead, beats)


def _cut_points(piece: _Piece, sample_rate: int, beats: Seconds) -> Seconds:
    """Source samples at which the bass is cut: every beat inside the piece, and parts of it where it slips much."""
    begin, end, least = piece.source, piece.source_at(piece.end), _LEAST_SLICE_SECONDS * sample_rate
    at = beats * sample_rate
    inside = np.concatenate([[begin], at[(at > begin + least) & (at < end - least)], [end]])
    period = float(np.median(np.diff(inside))) if len(inside) > 1 else 0.0
    slip = period / sample_rate * abs(1 / piece.speed - 1)
    parts = 1
    while parts < _MOST_CUTS_PER_BEAT and slip / parts > _LARGEST_SLIP:
        parts *= 2
    if parts == 1:
        return inside
    cuts = np.arange((len(inside) - 1) * parts + 1) / parts
    return np.asarray(np.interp(cuts, np.arange(len(inside)), inside), np.float64)


def _cut_bass(bass: Samples, first: int, sample_rate: int, piece: _Piece, lead: int, beats: Seconds) -> Samples:
    """Put the bass together at its own speed from slices that begin on the beats.

    Args:
        bass: low band of the source from sample ``first`` on.
        first: see ``bass``.
        sample_rate: in Hz.
        piece: what is wanted.
        lead: samples wanted before the piece.
        beats: seconds of the track's beats.
    """
    out = np.zeros((piece.end - piece.start + lead, bass.shape[1]), np.float32)
    joint, guard = round(_BASS_JOINT_SECONDS * sample_rate), round(_BASS_GUARD * sample_rate)
    cuts = _cut_points(piece, sample_rate, beats)
    starts = np.round((cuts - piece.source) / piece.speed).astype(np.int64) + lead
    mono = bass.mean(axis=1)[::_BASS_DECIMATION]
    playing = 0
    for i, (cut, start) in enumerate(zip(cuts[:-1], starts[:-1], strict=True)):
        end = int(starts[i + 1])
        before = lead if i == 0 else min(joint + guard, int(start))
        at = round(cut) - first
        if i:
            at += _slip_to_fit(mono, sample_rate, at, playing + int(start))
        # the slice reads ahead past its end, for the next one to fade over from
        splice(out, int(start) - before, excerpt(bass, at - before, at + end - int(start)), 0 if i == 0 else joint)
        playing = at - int(start)
    return out


def _slip_to_fit(mono: NDArray[np.float32], sample_rate: int, at: int, going_on: int) -> int:
    """Samples by which a cut may move so that the wave goes on: 0 where an attack fixes it.

    Args:
        mono: the bass, decimated.
        sample_rate: of the bass before decimation, in Hz.
        at: sample at which the new slice begins.
        going_on: sample at which the wave that sounds would go on.
    """
    rate = sample_rate // _BASS_DECIMATION
    here, there = at // _BASS_DECIMATION, going_on // _BASS_DECIMATION
    window, reach = round(_ATTACK_SECONDS * rate), round(_SEARCH_SECONDS * rate)
    if min(here, there) < window + reach or max(here, there) + window + reach >= len(mono):
        return 0
    after, before = mono[here : here + window], mono[here - window : here]
    if np.dot(after, after) > _ATTACK_RATIO * np.dot(before, before):
        return 0
    wave = mono[there - window // 2 : there + window // 2]
    field = mono[here - window // 2 - reach : here + window // 2 + reach]
    likeness = np.correlate(field, wave, "valid")
    power = np.convolve(field**2, np.ones(len(wave), np.float32), "valid")
    return (int(np.argmax(likeness / np.sqrt(power + 1e-12))) - reach) * _BASS_DECIMATION
