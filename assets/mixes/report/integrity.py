"""Gates 10, 11, 20 and 29: peaks, clipping, holes and repeatability of the file as delivered.

Belongs here: what can be wrong with samples whatever the music. Does not belong here: levels that ears judge
(``loudness``).
"""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.mixes.mix_plan import MixPlan
from assets.mixes.report.audio import AudioFile, Samples, Sources
from assets.mixes.report.gates import CLIPPING, DETERMINISM, SILENCE, TRUE_PEAK, WHOLE_MIX, GateResult
from assets.mixes.report.meter import STEP_SECONDS

OVERSAMPLING = 8
"""BS.1770-4 annex 2 asks at least 4; at 8 the true peak is underread by at most 0.17 dB."""
_PEAK_CHUNK, _PEAK_CONTEXT = 4096, 64
HIDDEN_PEAK_DB = 3.01
"""How far a true peak may lie above the highest sample near it: a sine at a quarter of the sample rate, sampled at its
worst phase. Chunks whose samples stay further than this below the highest sample are not oversampled."""

CLIP_RUN = 3
"""Samples in a row at the top that make a clip."""
_SAME_LEVEL = 2.0**-15
"""Two samples closer than one step of 16 bits are at one level."""
_SHOULDER = 2.0**-11
"""The step into or out of a clip is at least this: a smooth wave turns more gently at its top."""
CLIP_FLOOR = 10 ** (-1.5 / 20)
"""Where the mix never comes near full scale nothing of ours can clip; flat tops are then those of a source."""

SILENCE_DBFS = -50.0
"""Unweighted: the K-weighting of a loudness meter rings on for 30 ms and would hide half of a short hole."""
_NEAR_SECONDS = 8.0
"""How far away a hole of the source may be to make one of the mix its own: four bars at 120 BPM."""
_LEVEL_TOLERANCE_DB = 6.0
"""How much a source may be gained down in the mix against its share of the loudness, by faders and EQ."""
_BREATH_STEPS = 2
"""Holes no longer than this many steps can't be told from a deep note passing through zero."""


def true_peak(mix: AudioFile, top: float) -> GateResult:
    """Judge gate 10: the highest point of the wave between the samples, 8 times oversampled by a polyphase filter.

    Args:
        mix: the file.
        top: its `sample_peak`.
    """
    from scipy.signal import resample_poly

    floor, peak = top * 10 ** (-HIDDEN_PEAK_DB / 20), top
    for _, chunk in _chunks_with_context(mix):
        if np.abs(chunk).max(initial=0.0) > floor:
            wave = resample_poly(chunk, OVERSAMPLING, 1, axis=0)
            inner = slice(_PEAK_CONTEXT * OVERSAMPLING, -_PEAK_CONTEXT * OVERSAMPLING)
            peak = max(peak, float(np.abs(wave[inner]).max()))
    dbtp = 20.0 * np.log10(max(peak, 1e-9))
    return TRUE_PEAK.result(WHOLE_MIX, {"true_peak_dbtp": float(dbtp)}, f"the true peak is {dbtp:.2f} dBTP")


def clipping(mix: AudioFile, top: float) -> GateResult:
    """Judge gate 11: flat tops of `CLIP_RUN` samples or more at the highest level of the file, with a hard shoulder.

    A clip is cut at one level, so it lies at the file's own ceiling, be that full scale or the limiter's. A mix whose
    ceiling is below `CLIP_FLOOR` has room left: a flat top there was in the source.

    Args:
        mix: the file.
        top: its `sample_peak`.
    """
    at: list[float] = []
    if top >= CLIP_FLOOR:
        for start, chunk in _chunks_with_context(mix):
            for channel in chunk.T:
                runs = clipped_runs(channel, top)
                mine = runs[(runs >= _PEAK_CONTEXT) & (runs < len(channel) - _PEAK_CONTEXT)]
                at += [(start + int(run)) / mix.sample_rate for run in mine]
    where = f", the first at {min(at):.2f} s" if at else ""
    return CLIPPING.result(WHOLE_MIX, {"clipped_runs": float(len(at))}, f"{len(at)} runs of clipped samples{where}")


def clipped_runs(channel: NDArray[np.float32], top: float) -> NDArray[np.int64]:
    """First index of every flat top of one channel at level ``top``."""
    found = []
    for sign in (1.0, -1.0):
        wave = sign * channel
        at_top = np.concatenate([[False], wave >= top - _SAME_LEVEL, [False]])
        edges = np.flatnonzero(np.diff(at_top.astype(np.int8)))
        first, after = edges[::2], edges[1::2]
        step_in = wave[first] - wave[np.maximum(first - 1, 0)]
        step_out = wave[after - 1] - wave[np.minimum(after, len(wave) - 1)]
        hard = (np.maximum(step_in, step_out) >= _SHOULDER) | (top >= 1.0 - _SAME_LEVEL)
        found.append(first[(after - first >= CLIP_RUN) & hard])
    return np.sort(np.concatenate(found))


def silence(mix: AudioFile, plan: MixPlan, sources: Sources) -> GateResult:
    """Judge gate 20: the longest hole below -50 dBFS that the music does not have by itself.

    Looked at in steps of 10 ms: the 400 ms of momentary loudness would not see a hole of 50. Bare kicks have silence
    between them, so a hole is the music's own where the source has one as long close by. The fade at the end is meant.
    """
    last = int((plan.seconds - plan.fade_out) / STEP_SECONDS) - _BREATH_STEPS
    holes = _holes(_step_levels(mix.blocks(), mix.sample_rate)[: max(0, last)] < SILENCE_DBFS)
    unplanned = [(length, at) for length, at in holes if not _own_silence(plan, sources, length, at)]
    longest, at = max(unplanned, default=(0, 0))
    gap_ms = 1000.0 * longest * STEP_SECONDS
    detail = (
        f"a hole of {gap_ms:.0f} ms at {at * STEP_SECONDS:.2f} s" if longest else "no hole that is not the music's own"
    )
    figures = {"gap_ms": gap_ms, "gaps": float(len(unplanned)), "own_silences": float(len(holes) - len(unplanned))}
    return SILENCE.result(WHOLE_MIX, figures, detail)


def _own_silence(plan: MixPlan, sources: Sources, length: int, at: int) -> bool:
    """Whether the track that carries the mix has a hole of this length (in steps) near step ``at`` of the mix.

    In an overlap the outgoing track carries until the bass changes hands, then the incoming one. Levels are compared
    as distances below the loudness of source and mix, for the gain from one to the other is the renderer's affair.
    """
    seconds = at * STEP_SECONDS
    track = plan.tracks[sum(transition.swap <= seconds for transition in plan.transitions)]
    samples, rate = sources.read(track, seconds - _NEAR_SECONDS, seconds + _NEAR_SECONDS)
    level = _step_levels([samples], rate) - sources.energy(track).integrated_lufs()
    holes = _holes(level < SILENCE_DBFS - plan.request.loudness_lufs + _LEVEL_TOLERANCE_DB)
    return any(own >= length - _BREATH_STEPS for own, _ in holes)


def _holes(quiet: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Length and start of every run of quiet steps longer than `_BREATH_STEPS`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(np.int8), [0]])))
    return [(int(b - a), int(a)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > _BREATH_STEPS]


def determinism(mix: Path, again_sha256: str) -> GateResult:
    """Judge gate 29: the whole file against a second render of the same plan by the same code on this machine.

    The second render is the one that made the buses, so this also shows that the buses are those of the file. It says
    nothing of other machines or versions.
    """
    differ = float(file_sha256(mix) != again_sha256)
    detail = "a second render gave other bytes" if differ else "a second render gave the same bytes"
    return DETERMINISM.result(WHOLE_MIX, {"differing_files": differ}, detail)


def sample_peak(mix: AudioFile) -> float:
    """Highest absolute sample of the file."""
    return max((float(np.abs(block).max()) for block in mix.blocks()), default=0.0)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chunks_with_context(mix: AudioFile) -> Iterator[tuple[int, Samples]]:
    """The file in chunks, each with `_PEAK_CONTEXT` samples more on both sides; the index of its first sample first."""
    nothing = np.zeros((_PEAK_CONTEXT, mix.channels), dtype=np.float32)
    buffer, start = nothing, -_PEAK_CONTEXT
    for block in chain(mix.blocks(), [nothing]):
        buffer = np.concatenate([buffer, block])
        whole = (len(buffer) - 2 * _PEAK_CONTEXT) // _PEAK_CHUNK * _PEAK_CHUNK
        for at in range(0, whole, _PEAK_CHUNK):
            yield start + at, buffer[at : at + _PEAK_CHUNK + 2 * _PEAK_CONTEXT]
        buffer, start = buffer[whole:], start + whole
    if len(buffer) > 2 * _PEAK_CONTEXT:
        yield start, buffer


def _step_levels(blocks: Iterable[Samples], sample_rate: int) -> NDArray[np.float64]:
    """Level in dBFS (root mean square over the channels) of consecutive steps of `STEP_SECONDS`."""
    step = round(STEP_SECONDS * sample_rate)
    power: list[NDArray[np.float64]] = [np.zeros(0)]
    rest: Samples | None = None
    for block in blocks:
        samples = block if rest is None else np.concatenate([rest, block])
        whole = len(samples) // step * step
        power.append(
            np.square(samples[:whole].reshape(whole // step, step * samples.shape[1]), dtype=np.float64).mean(axis=1)
        )
        rest = samples[whole:]
    return 10.0 * np.log10(np.concatenate(power) + 1e-15)
