"""The audio that the report reads: the finished file, the buses of a transition, the sources.

Belongs here: reading samples by time, little at a time, and where a moment of the mix lies in each track. Does not
belong here: anything computed from the samples.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.library.track_analysis import DecodedAudio
from assets.mixes.mix_plan import MixPlan, PlannedTrack, PlannedTransition
from assets.mixes.renderer import RenderedTransition
from assets.mixes.report.meter import EnergyTrack, energy_track

BLOCK_SECONDS = 2.0
Samples = NDArray[np.float32]
Decode = Callable[[str], DecodedAudio]
"""Decodes a track of the plan, by track id, exactly as the renderer does."""


@dataclass(frozen=True)
class AudioFile:
    """A WAV or FLAC file, read piecewise."""

    path: Path

    @cached_property
    def _shape(self) -> tuple[int, int, int]:
        import soundfile

        info = soundfile.info(str(self.path))
        return int(info.frames), int(info.samplerate), int(info.channels)

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self._shape[1]

    @property
    def frames(self) -> int:
        """Samples per channel."""
        return self._shape[0]

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self._shape[2]

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.frames / self.sample_rate

    def blocks(self) -> Iterator[Samples]:
        """All samples in order, shape (n, channels) each, ``BLOCK_SECONDS`` long but for the last."""
        import soundfile

        size = round(BLOCK_SECONDS * self.sample_rate)
        yield from soundfile.blocks(str(self.path), blocksize=size, dtype="float32", always_2d=True)

    def read(self, start: int = 0, stop: int | None = None) -> Samples:
        """Samples from ``start`` to ``stop``, both clipped to the file; shape (n, channels)."""
        import soundfile

        last = self.frames if stop is None else min(stop, self.frames)
        first = max(0, start)
        if first >= last:
            return np.zeros((0, self.channels), dtype=np.float32)
        samples, _ = soundfile.read(str(self.path), start=first, stop=last, dtype="float32", always_2d=True)
        return np.asarray(samples)

    def mono(self, start: float, end: float) -> Samples:
        """Mean of the channels from ``start`` to ``end`` seconds, shape (n,)."""
        return np.asarray(self.read(round(start * self.sample_rate), round(end * self.sample_rate)).mean(axis=1))


@dataclass(frozen=True)
class TransitionAudio:
    """One transition with the two tracks it joins and the audio it was rendered to."""

    planned: PlannedTransition
    rendered: RenderedTransition
    outgoing: PlannedTrack
    incoming: PlannedTrack
    solo_before: float
    """Mix seconds from which the outgoing track sounds alone, until the transition."""
    solo_after: float
    """Mix seconds until which the incoming track sounds alone, after the transition."""
    sample_rate: int

    @property
    def number(self) -> int:
        """1-based, as in the report."""
        return self.planned.position + 1

    @property
    def start(self) -> float:
        """Mix seconds at which both begin to sound, as rendered."""
        return self.rendered.start_sample / self.sample_rate

    @property
    def end(self) -> float:
        """Mix seconds at which the outgoing track has gone, as rendered."""
        return self.rendered.end_sample / self.sample_rate

    @property
    def matched(self) -> bool:
        """Whether the beats of the two tracks are meant to run together."""
        return self.planned.technique == "eq_swap" and self.planned.deck_bpm is not None

    @property
    def not_matched_because(self) -> str:
        """Why the beats are not meant to run together."""
        reason = f": {self.planned.reason}" if self.planned.reason else ""
        return f"{self.planned.technique.replace('_', ' ')}, nothing runs together{reason}"

    def bus(self, name: str) -> tuple[AudioFile, float]:
        """A bus (``deck_a``, ``deck_b``, ``channel_a``, ``channel_b``) and the mix seconds of its first sample."""
        buses = self.rendered.buses
        if buses is None:
            raise ValueError(f"transition {self.number} was rendered without buses; render with buses_dir")
        return AudioFile(getattr(buses, name)), buses.start_sample / self.sample_rate

    def bus_mono(self, name: str, start: float, end: float) -> Samples:
        """Mean of a bus's channels between two moments of the mix, shape (n,)."""
        file, offset = self.bus(name)
        return file.mono(start - offset, end - offset)

    def beats(self, side: str, start: float, end: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Where the plan puts the beats of a track, as a lattice to look around; its bar lines are not read.

        Args:
            side: ``"a"`` (outgoing) or ``"b"`` (incoming).
            start: mix seconds.
            end: mix seconds.

        Returns:
            Mix seconds of each beat and its index, 0 = the beat on which the bass changes hands.
        """
        track = self.outgoing if side == "a" else self.incoming
        origin = to_track_seconds(track, self.planned.swap)
        period = 60.0 / track.bpm
        first, last = to_track_seconds(track, start), to_track_seconds(track, end)
        index = np.arange(np.ceil((first - origin) / period - 1e-6), np.floor((last - origin) / period + 1e-6) + 1)
        return to_mix_seconds(track, origin + index * period), index.astype(np.int64)


def to_track_seconds(track: PlannedTrack, mix_seconds: float) -> float:
    """The moment of the track that plays at a moment of the mix (clipped to what is played)."""
    return float(
        np.interp(mix_seconds, [a.mix_seconds for a in track.anchors], [a.track_seconds for a in track.anchors])
    )


def to_mix_seconds(track: PlannedTrack, track_seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The moments of the mix at which moments of the track play."""
    return np.interp(track_seconds, [a.track_seconds for a in track.anchors], [a.mix_seconds for a in track.anchors])


class Sources:
    """The tracks as they are in the crate, decoded when asked for; the last two are kept."""

    def __init__(self, decode: Decode) -> None:
        self._decode = lru_cache(maxsize=2)(decode)
        self._energy: dict[str, EnergyTrack] = {}

    def read(self, track: PlannedTrack, start: float, end: float) -> tuple[Samples, int]:
        """What the source holds where the mix runs from ``start`` to ``end`` seconds, and its sample rate."""
        audio = self._decode(track.track_id)
        first, last = (round(to_track_seconds(track, at) * audio.sample_rate) for at in (start, end))
        return audio.samples[first:last], audio.sample_rate

    def energy(self, track: PlannedTrack) -> EnergyTrack:
        """K-weighted energy of the whole source."""
        if track.track_id not in self._energy:
            audio = self._decode(track.track_id)
            size = round(BLOCK_SECONDS * audio.sample_rate)
            blocks = (audio.samples[at : at + size] for at in range(0, len(audio.samples), size))
            self._energy[track.track_id] = energy_track(blocks, audio.sample_rate)
        return self._energy[track.track_id]


def transitions_of(
    plan: MixPlan, rendered: tuple[RenderedTransition, ...], sample_rate: int, seconds: float
) -> list[TransitionAudio]:
    """Join plan and render into one record for each transition.

    Raises:
        ValueError: the render has another number of transitions than the plan.
    """
    starts = [r.start_sample / sample_rate for r in rendered] + [seconds]
    ends = [0.0] + [r.end_sample / sample_rate for r in rendered]
    return [
        TransitionAudio(
            planned, render, plan.tracks[k], plan.tracks[k + 1], ends[k], max(ends[k + 1], starts[k + 1]), sample_rate
        )
        for k, (planned, render) in enumerate(zip(plan.transitions, rendered, strict=True))
    ]
