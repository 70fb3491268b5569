"""From a plan to an audio file.

Belongs here: the flow of audio from files to file, and what is told of it. Does not belong here: any single treatment
(``time_stretch``, ``crossfade``, ``loudness_match``, ``limiter``) or the judgement of the result (``report``).

Two passes. The first decodes, warps and mixes track by track into a raw scratch file and measures its loudness; the
second brings it to the loudness asked for, limits and writes it. Two tracks are in memory at a time, however long the
mix; the next one is decoded and warped in a second thread while this one is mixed.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.library.decode import decode_file
from assets.mixes import crossfade
from assets.mixes.attack_check import on_attacks
from assets.mixes.crate_track import CrateTrack
from assets.mixes.limiter import Limiter, TruePeakMeter
from assets.mixes.loudness_match import SILENT_LUFS, LoudnessMeter, amplitude
from assets.mixes.mix_plan import MixPlan, PlannedTrack, PlannedTransition
from assets.mixes.time_stretch import warp

Samples = NDArray[np.float32]

SAMPLE_RATE = 44_100
FORMATS = {".wav": ("WAV", "PCM_24"), ".flac": ("FLAC", "PCM_24")}
"""Containers by suffix, with the sample format of each."""
BLOCK = 1 << 16
"""Samples treated at once in the second pass."""
BUS_CONTEXT_SECONDS = 8.0
"""How far buses reach beyond the overlap, where the tracks play alone that long."""
EDGE_SECONDS = 0.01
"""Fade at the very start and end of a mix, against clicks."""
LOUDNESS_TOLERANCE_LU = 0.05
"""The second pass is repeated with another gain where the limiter has moved the loudness further than this."""
_MOST_PASSES = 4
_FIRST_PASS_SHARE = 0.7
"""Share of the work that the first pass is, for progress."""

Progress = Callable[[str, float], None]
"""Called with a phase (``"rendering 3 of 12"``, ``"limiting"``) and the share 0-1 of the whole that is
done."""


@dataclass(frozen=True)
class Buses:
    """Audio files of one transition, before the limiter, at the gain of the mix; one length, one start.

    The decks are what each player delivers after time-stretch and loudness match, before mixer EQ and faders:
    measure beats there. The channels are after EQ and faders; their sum is the mix before its limiter. All
    reach some seconds beyond the overlap on both sides, so that the solo parts can be measured too.

    Attributes:
        start_sample: sample of the mix at which the files begin.
        deck_a: outgoing track before the mixer.
        deck_b: incoming track before the mixer.
        channel_a: outgoing track after the mixer.
        channel_b: incoming track after the mixer.
    """

    start_sample: int
    deck_a: Path
    deck_b: Path
    channel_a: Path
    channel_b: Path


@dataclass(frozen=True)
class RenderedTransition:
    """Where a transition lies in the file, in samples.

    Attributes:
        position: as in the plan.
        start_sample: first sample at which both sound.
        swap_sample: sample of the downbeat on which the bass changes hands.
        end_sample: first sample at which the outgoing track is gone.
        gain_reduction_db: most the limiter took off between start and end, >= 0.
        buses: None unless asked for.
    """

    position: int
    start_sample: int
    swap_sample: int
    end_sample: int
    gain_reduction_db: float
    buses: Buses | None


@dataclass(frozen=True)
class RenderResult:
    """A rendered mix.

    Attributes:
        path: the file.
        seconds: its duration.
        sample_rate: in Hz.
        loudness_lufs: integrated loudness of the file.
        true_peak_dbtp: true peak of the file.
        gain_reduction_db: most the limiter took off anywhere, >= 0.
        sha256: of the file's bytes.
        transitions: in order.
    """

    path: Path
    seconds: float
    sample_rate: int
    loudness_lufs: float
    true_peak_dbtp: float
    gain_reduction_db: float
    sha256: str
    transitions: tuple[RenderedTransition, ...]


@dataclass(frozen=True)
class _Clip:
    """A track as the mix hears it: warped and at the common loudness, from sample ``start`` of the mix on."""

    start: int
    samples: Samples

    @property
    def end(self) -> int:
        return self.start + len(self.samples)

    def between(self, start: int, end: int) -> Samples:
        return self.samples[start - self.start : end - self.start]


@dataclass
class _Premix:
    """What the first pass leaves behind."""

    path: Path
    meter: LoudnessMeter = field(default_factory=lambda: LoudnessMeter(SAMPLE_RATE))
    transitions: list[RenderedTransition] = field(default_factory=list)
    frames: int = 0


def render(
    plan: MixPlan,
    crate: Mapping[str, CrateTrack],
    out_path: Path,
    progress: Progress | None = None,
    *,
    buses_dir: Path | None = None,
) -> RenderResult:
    """Render a plan, 44.1 kHz stereo; same plan, same files: same bytes.

    Args:
        plan: what to play.
        crate: the tracks of the plan by track id.
        out_path: ``.wav`` or ``.flac``, both 24-bit; the file appears there complete or not at all.
        progress: told of every step.
        buses_dir: folder to receive the buses of every transition, for the report.

    Raises:
        ValueError: a track of the plan is not in the crate, or the suffix names no format.
        assets.library.decode.UnusableAudio: a track cannot be decoded.
    """
    if out_path.suffix.lower() not in FORMATS:
        raise ValueError(f"{out_path.name} names no format that can be written; use {' or '.join(FORMATS)}")
    missing = [track.track_id for track in plan.tracks if track.track_id not in crate]
    if missing:
        raise ValueError(f"tracks {', '.join(missing)} of the plan are not in the crate; add them or plan again")
    report = progress or (lambda _phase, _share: None)
    scratch = out_path.with_name(f".{out_path.name}.premix")
    partial = out_path.with_name(f".{out_path.name}.partial")
    try:
        premix = _mix(plan, crate, scratch, report, buses_dir)
        gain, result = _master(plan, premix, partial, out_path, report)
        for transition in premix.transitions:
            if transition.buses is not None:
                _apply_gain(transition.buses, gain)
        partial.replace(out_path)
    finally:
        scratch.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
    report("done", 1.0)
    return result


def _load(planned: PlannedTrack, track: CrateTrack) -> _Clip:
    """Decode, resample where needed, warp, and bring to the common loudness."""
    import soxr

    audio = decode_file(track.path)
    samples = audio.samples
    if audio.sample_rate != SAMPLE_RATE:
        samples = np.asarray(soxr.resample(samples, audio.sample_rate, SAMPLE_RATE, quality="HQ"), np.float32)
    if samples.shape[1] == 1:
        samples = np.repeat(samples, 2, axis=1)
    beats = on_attacks(track, audio).grid.beats if planned.keep_pitch else track.grid.beats
    warped = warp(samples, SAMPLE_RATE, planned.anchors, beats, keep_pitch=planned.keep_pitch)
    warped *= np.float32(amplitude(planned.gain_db))
    return _Clip(round(planned.mix_start * SAMPLE_RATE), warped)


def _clips(plan: MixPlan, crate: Mapping[str, CrateTrack]) -> Iterator[_Clip]:
    """Every track in order, the next one being made while the caller works on this one."""
    with ThreadPoolExecutor(1) as maker:
        coming: Future[_Clip] = maker.submit(_load, plan.tracks[0], crate[plan.tracks[0].track_id])
        for following in plan.tracks[1:]:
            clip = coming.result()
            coming = maker.submit(_load, following, crate[following.track_id])
            yield clip
            del clip
        yield coming.result()


def _mix(
    plan: MixPlan, crate: Mapping[str, CrateTrack], scratch: Path, report: Progress, buses_dir: Path | None
) -> _Premix:
    """First pass: mix everything, at the common loudness, into a raw file of float32 pairs."""
    premix = _Premix(scratch)
    count = len(plan.tracks)
    if buses_dir is not None:
        buses_dir.mkdir(parents=True, exist_ok=True)
    with scratch.open("wb") as file:

        def write(samples: Samples) -> None:
            file.write(np.ascontiguousarray(samples).data)
            premix.meter.add(samples)
            premix.frames += len(samples)

        playing: _Clip | None = None
        for position, clip in enumerate(_clips(plan, crate)):
            report(f"rendering {position + 1} of {count}", _FIRST_PASS_SHARE * position / count)
            if playing is None:
                clip.samples[: _edge(clip)] *= _rise(_edge(clip))
            else:
                planned = plan.transitions[position - 1]
                following = plan.transitions[position] if position < len(plan.transitions) else None
                span = _Span.of(planned, following, playing, clip, premix.frames)
                write(playing.between(premix.frames, span.start))
                channels = _cross(planned, span, playing, clip)
                write(channels[0] + channels[1])
                buses = (
                    None if buses_dir is None else _write_buses(buses_dir, position - 1, span, playing, clip, channels)
                )
                premix.transitions.append(RenderedTransition(position - 1, span.start, span.swap, span.end, 0.0, buses))
            playing = clip
        if playing is not None:
            rest = playing.between(premix.frames, playing.end)
            fade = min(len(rest), max(round(plan.fade_out * SAMPLE_RATE), _edge(playing)))
            rest[len(rest) - fade :] *= _rise(fade)[::-1]
            write(rest)
    return premix


def _edge(clip: _Clip) -> int:
    return min(len(clip.samples), round(EDGE_SECONDS * SAMPLE_RATE))


def _rise(count: int) -> Samples:
    return np.asarray((np.arange(count, dtype=np.float32)[:, None] + 0.5) / max(count, 1), np.float32)


@dataclass(frozen=True)
class _Span:
    """A transition in samples of the mix: where both sound, and how far the tracks play alone around it."""

    alone_from: int
    start: int
    swap: int
    end: int
    alone_to: int

    @classmethod
    def of(
        cls,
        planned: PlannedTransition,
        following: PlannedTransition | None,
        playing: _Clip,
        clip: _Clip,
        written: int,
    ) -> "_Span":
        start = clip.start
        end = min(playing.end, clip.end)
        context = round(BUS_CONTEXT_SECONDS * SAMPLE_RATE)
        free_until = clip.end if following is None else round(following.mix_start * SAMPLE_RATE)
        swap = min(max(round(planned.swap * SAMPLE_RATE), start), end)
        return cls(max(written, start - context), start, swap, end, max(end, min(free_until, end + context)))


def _cross(planned: PlannedTransition, span: _Span, playing: _Clip, clip: _Clip) -> crossfade.Channels:
    decks = playing.between(span.start, span.end), clip.between(span.start, span.end)
    if planned.technique == "eq_swap":
        return crossfade.eq_swap(*decks, span.swap - span.start, SAMPLE_RATE)
    if planned.technique == "quick_cut":
        return crossfade.quick_cut(*decks, SAMPLE_RATE)
    return crossfade.equal_power(*decks)


def _write_buses(
    folder: Path, position: int, span: _Span, playing: _Clip, clip: _Clip, channels: crossfade.Channels
) -> Buses:
    before = playing.between(span.alone_from, span.start)
    after = clip.between(span.end, span.alone_to)
    decks = playing.between(span.start, span.end), clip.between(span.start, span.end)
    parts = {
        "deck_a": (before, decks[0], np.zeros_like(after)),
        "deck_b": (np.zeros_like(before), decks[1], after),
        "channel_a": (before, channels[0], np.zeros_like(after)),
        "channel_b": (np.zeros_like(before), channels[1], after),
    }
    paths = {name: folder / f"transition_{position:03d}_{name}.wav" for name in parts}
    for name, samples in parts.items():
        _write_float(paths[name], np.concatenate(samples))
    return Buses(span.alone_from, **paths)


def _write_float(path: Path, samples: Samples) -> None:
    import soundfile

    soundfile.write(str(path), samples, SAMPLE_RATE, subtype="FLOAT", format="WAV")


def _apply_gain(buses: Buses, gain: float) -> None:
    import soundfile

    for path in (buses.deck_a, buses.deck_b, buses.channel_a, buses.channel_b):
        samples, _ = soundfile.read(str(path), dtype="float32", always_2d=True)
        _write_float(path, samples * np.float32(gain))


@dataclass
class _Measured:
    """What the second pass has seen of the file it wrote."""

    loudness_lufs: float
    true_peak: float
    reductions: list[float]
    reduction: float


def _master(
    plan: MixPlan, premix: _Premix, partial: Path, out_path: Path, report: Progress
) -> tuple[float, RenderResult]:
    """Second pass: gain, limit, write; again where the limiter has moved the loudness."""
    target = plan.request.loudness_lufs
    loudness = premix.meter.integrated_lufs()
    gain_db = 0.0 if loudness <= SILENT_LUFS else target - loudness
    for turn in range(_MOST_PASSES):
        report("limiting", _FIRST_PASS_SHARE + (1 - _FIRST_PASS_SHARE) * turn / _MOST_PASSES)
        measured = _limit(premix, amplitude(gain_db), partial, FORMATS[out_path.suffix.lower()])
        miss = target - measured.loudness_lufs
        if loudness <= SILENT_LUFS or abs(miss) <= LOUDNESS_TOLERANCE_LU or turn == _MOST_PASSES - 1:
            break
        gain_db += miss
    report("exporting", 0.99)
    transitions = tuple(
        RenderedTransition(t.position, t.start_sample, t.swap_sample, t.end_sample, reduction, t.buses)
        for t, reduction in zip(premix.transitions, measured.reductions, strict=True)
    )
    digest = hashlib.sha256()
    with partial.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    result = RenderResult(
        out_path,
        premix.frames / SAMPLE_RATE,
        SAMPLE_RATE,
        measured.loudness_lufs,
        _decibels(measured.true_peak),
        measured.reduction,
        digest.hexdigest(),
        transitions,
    )
    return amplitude(gain_db), result


def _limit(premix: _Premix, gain: float, partial: Path, form: tuple[str, str]) -> _Measured:
    import soundfile

    limiter, meter, peaks = Limiter(SAMPLE_RATE), LoudnessMeter(SAMPLE_RATE), TruePeakMeter()
    lowest = [1.0] * len(premix.transitions)
    lowest_gain, written = 1.0, 0
    container, subtype = form
    with soundfile.SoundFile(str(partial), "w", SAMPLE_RATE, 2, subtype, format=container) as out:
        for audio, gains in _limited(premix, gain, limiter):
            out.write(audio)
            meter.add(audio)
            peaks.add(audio)
            if gains.min(initial=1.0) < 1:
                lowest_gain = min(lowest_gain, float(gains.min()))
                for i, t in enumerate(premix.transitions):
                    inside = gains[max(0, t.start_sample - written) : max(0, t.end_sample - written)]
                    lowest[i] = min(lowest[i], float(inside.min(initial=1.0)))
            written += len(audio)
    peaks.close()
    return _Measured(
        meter.integrated_lufs(), peaks.peak, [abs(_decibels(value)) for value in lowest], abs(_decibels(lowest_gain))
    )


def _limited(premix: _Premix, gain: float, limiter: Limiter) -> Iterator[tuple[Samples, NDArray[np.float64]]]:
    with premix.path.open("rb") as file:
        while len(block := np.fromfile(file, np.float32, 2 * BLOCK)):
            yield limiter.process(block.reshape(-1, 2) * np.float32(gain))
    yield limiter.flush()


def _decibels(value: float) -> float:
    return float(20 * np.log10(max(value, 1e-9)))
