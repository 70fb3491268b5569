"""A mix of two synthesised tracks made by a mixer of the tests' own, sound in every gate, and its faults on demand."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyloudnorm
import soundfile
from scipy.signal import firwin, oaconvolve

from assets.library.keys import from_camelot
from assets.library.synthesis import Section, TrackRecipe, synthesise
from assets.library.track_analysis import DecodedAudio
from assets.mixes.mix_plan import Anchor, MixPlan, MixRequest, PlannedTrack, PlannedTransition, TempoPoint
from assets.mixes.renderer import Buses, RenderedTransition, RenderResult
from assets.mixes.report.integrity import file_sha256

RATE, BPM, TARGET_LUFS = 22_050, 128.0, -18.0
BAR = round(4 * 60 / BPM * RATE)
OVERLAP_BARS, A_BARS, B_BARS = 16, 40, 40
START, END = (A_BARS - OVERLAP_BARS) * BAR, A_BARS * BAR
SWAP = START + OVERLAP_BARS // 2 * BAR
FRAMES = START + B_BARS * BAR
MARGIN = 4 * BAR


@dataclass(frozen=True)
class Fault:
    """What goes wrong; the default is nothing."""

    shift_ms: float = 0.0
    drift_ms: float = 0.0
    shift_beats: int = 0
    shift_bars: int = 0
    swap_bass: bool = True
    gain_b_db: float = 0.0
    gap_ms: float = 0.0
    clip_at: float | None = None
    peak: float | None = None
    loudness_lu: float = 0.0
    other_bytes: bool = False


@dataclass(frozen=True)
class HandMix:
    path: Path
    plan: MixPlan
    again: RenderResult
    sources: dict[str, DecodedAudio]

    def decode(self, track_id: str) -> DecodedAudio:
        return self.sources[track_id]


@lru_cache(maxsize=1)
def tracks() -> tuple[np.ndarray, np.ndarray]:
    a = TrackRecipe(
        "A", BPM, from_camelot("8A"), (Section("breakdown", 8), Section("drop", 16), Section("outro", 16)),
        sample_rate=RATE, seed=3,
    )  # fmt: skip
    b = TrackRecipe(
        "B", BPM, from_camelot("9A"),
        (Section("intro", 16), Section("verse", 8), Section("breakdown", 8), Section("drop", 8)), "techno",
        sample_rate=RATE, seed=4,
    )  # fmt: skip
    made = [synthesise(recipe).samples.astype(np.float64) for recipe in (a, b)]
    meter = pyloudnorm.Meter(RATE)
    return tuple(x * 10 ** ((TARGET_LUFS - meter.integrated_loudness(x)) / 20) for x in made)


@lru_cache(maxsize=4)
def low_band(deck_index: int, shifted_by: int = 0) -> np.ndarray:
    taps = firwin(2047, 180, fs=RATE)
    deck = tracks()[deck_index]
    return np.stack([oaconvolve(deck[:, c], taps, mode="same") for c in range(2)], axis=1)


def mix(folder: Path, fault: Fault = Fault()) -> HandMix:
    deck_a = np.zeros((FRAMES, 2))
    deck_b, low_a, low_b = (np.zeros_like(deck_a) for _ in range(3))
    a, b = tracks()
    n = min(len(a), A_BARS * BAR)
    deck_a[:n], low_a[:n] = a[:n], low_band(0)[:n]
    late = round(fault.shift_ms / 1000 * RATE) + fault.shift_beats * BAR // 4 + fault.shift_bars * BAR
    n = min(len(b), FRAMES - START - late)
    deck_b[START + late :][:n], low_b[START + late :][:n] = b[:n], low_band(1)[:n]
    if fault.drift_ms:
        deck_b, low_b = drifted(deck_b, fault.drift_ms), drifted(low_b, fault.drift_ms)
    gain_b = 10 ** (fault.gain_b_db / 20)
    deck_b, low_b = deck_b * gain_b, low_b * gain_b

    at = np.arange(FRAMES)[:, None]
    progress = np.clip((at - START) / (END - START), 0, 1)
    high_a, high_b = np.cos(progress * np.pi / 2), np.sin(progress * np.pi / 2)
    bass_b = np.clip((at - SWAP) / 200, 0, 1) if fault.swap_bass else high_b
    bass_a = 1 - bass_b if fault.swap_bass else high_a
    channel_a = (deck_a - low_a) * high_a + low_a * bass_a
    channel_b = (deck_b - low_b) * high_b + low_b * bass_b
    buses = [deck_a, deck_b, channel_a, channel_b]
    total = channel_a + channel_b
    deviation = pyloudnorm.Meter(RATE).integrated_loudness(total) - TARGET_LUFS - fault.loudness_lu
    buses, total = [x * 10 ** (-deviation / 20) for x in buses], total * 10 ** (-deviation / 20)
    if fault.clip_at:
        note = np.hanning(RATE // 2) * np.sin(2 * np.pi * 55 * np.arange(RATE // 2) / RATE)
        total[FRAMES // 4 :][: len(note)] = 1.1 * note[:, None]
        total = np.clip(total, -fault.clip_at, fault.clip_at)
    if fault.gap_ms:
        middle = END + 8 * BAR + BAR // 8
        total[middle : middle + round(fault.gap_ms / 1000 * RATE)] = 0
    if fault.peak:
        total[len(total) // 3 : len(total) // 3 + 400] = fault.peak * np.hanning(400)[:, None]

    path = folder / "mix.wav"
    soundfile.write(path, total, RATE, "PCM_24")
    first, last = START - MARGIN, END + MARGIN
    files = [folder / f"{name}.wav" for name in ("deck_a", "deck_b", "channel_a", "channel_b")]
    for file, bus in zip(files, buses, strict=True):
        soundfile.write(file, bus[first:last], RATE, "FLOAT")
    rendered = RenderedTransition(0, START, SWAP, END, 0.0, Buses(first, *files))
    sources = {
        name: DecodedAudio(x.astype(np.float32), RATE, "synthesised", None)
        for name, x in zip("ab", tracks(), strict=True)
    }
    again = RenderResult(path, FRAMES / RATE, RATE, 0.0, 0.0, 0.0, file_sha256(path), (rendered,))
    if fault.other_bytes:
        again = replace(again, sha256="0" * 64)
    return HandMix(path, plan(), again, sources)


def plan() -> MixPlan:
    start, swap, end, whole = (x / RATE for x in (START, SWAP, END, FRAMES))

    def track(position: int, name: str, entry: float, mix_start: float, mix_end: float) -> PlannedTrack:
        anchors = (Anchor(entry, mix_start), Anchor(entry + mix_end - mix_start, mix_end))
        return PlannedTrack(
            position=position, track_id=name, artist="", title=name.upper(), anchors=anchors, key=None, bpm=BPM,
            energy=0.7, target_energy=0.7, gain_db=0.0, keep_pitch=True,
        )  # fmt: skip

    transition = PlannedTransition(
        position=0, outgoing="a", incoming="b", technique="eq_swap", bars=OVERLAP_BARS, incoming_bars=OVERLAP_BARS,
        exit_bar=A_BARS - OVERLAP_BARS, entry_bar=0, exit_seconds=start, entry_seconds=0.0, mix_start=start,
        mix_end=end, swap=swap, deck_bpm=BPM, beats_ratio=1.0, stretch_out_percent=0.0, stretch_in_percent=0.0,
        score=90.0, blend=90.0, effect=0.0, move="+1", tempo_fit="perfect", energy_step=0.0, flagged=False, reason="",
    )  # fmt: skip
    return MixPlan(
        request=MixRequest("hand", loudness_lufs=TARGET_LUFS),
        tracks=(track(0, "a", 0.0, 0.0, end), track(1, "b", 0.0, start, whole)),
        transitions=(transition,), tempo_map=(TempoPoint(0.0, BPM),), seconds=whole, fade_out=0.0, objective=1.0,
        greedy_objective=1.0, exact=True, notes=(),
    )  # fmt: skip


def drifted(bus: np.ndarray, drift_ms: float) -> np.ndarray:
    """Slide over the overlap from half of ``drift_ms`` early to half of it late."""
    at = np.arange(len(bus), dtype=np.float64)
    slide = (np.clip((at - START) / (END - START), 0, 1) - 0.5) * drift_ms / 1000 * RATE
    return np.stack([np.interp(at - slide, at, bus[:, c]) for c in range(2)], axis=1)
