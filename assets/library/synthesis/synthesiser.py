"""From recipe to samples: the stems, their sum and the truth about both.

Belongs here: putting the band together and the mixing desk. Does not belong here: any one instrument, files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assets.library.synthesis.arrangement import SECTION_STYLES, arrange
from assets.library.synthesis.drums import kick_hits, render_drums
from assets.library.synthesis.oscillators import Samples, edges, shape
from assets.library.synthesis.recipe import TrackRecipe
from assets.library.synthesis.timeline import Timeline, timeline_of
from assets.library.synthesis.tones import harmony_of, render_arp, render_bass, render_pads
from assets.library.synthesis.truth import TrueSection, Truth
from assets.library.synthesis.voice import Region, render_vocals

Stem = Literal["drums", "bass", "other", "vocals"]
STEMS: tuple[Stem, ...] = ("drums", "bass", "other", "vocals")

PEAK = 0.85
"""Highest sample of a track at gain 0 (-1.4 dBFS): room for what lossy encoding and resampling add."""
DRIVE = 1.1
"""How hard the mix is driven into the soft clipper that rounds its peaks off."""
DUCK_SECONDS = 0.16
DUCK_DEPTH = {"bass": 0.85, "other": 0.5}
"""How far the kick pushes bass and pads down, and for how long: the pumping of club music."""

_SYNTHESIS_STREAM = 0


@dataclass(frozen=True, eq=False)
class SyntheticTrack:
    """A synthesised track.

    Attributes:
        recipe: what it was made from.
        samples: shape (n, 2), float32: exactly the sum of the stems, in the order of `STEMS`.
        stems: shape (n, 2), float32 each.
        truth: what is known of it.
    """

    recipe: TrackRecipe
    samples: Samples
    stems: Mapping[Stem, Samples]
    truth: Truth


def synthesise(recipe: TrackRecipe) -> SyntheticTrack:
    """Make a track; the same recipe gives the same samples."""
    timeline, arrangement = timeline_of(recipe), arrange(recipe)
    # One stream a voice, so that a change to one leaves the others as they were.
    seeds = np.random.SeedSequence(recipe.seed, spawn_key=(_SYNTHESIS_STREAM,)).spawn(4)
    harmony_rng, drums_rng, arp_rng, voice_rng = (np.random.default_rng(seed) for seed in seeds)
    harmony = harmony_of(recipe, harmony_rng)

    drums = render_drums(recipe, timeline, arrangement, drums_rng)
    bass = render_bass(recipe, timeline, arrangement, harmony)
    other = render_pads(recipe, timeline, arrangement, harmony)
    other += render_arp(recipe, timeline, arrangement, harmony, arp_rng)
    vocals, regions = render_vocals(recipe, timeline, arrangement, harmony, voice_rng)
    duck = _duck(recipe, [s for s, _ in kick_hits(recipe, timeline, arrangement)], len(drums))
    shape(bass, 1 - np.float32(DUCK_DEPTH["bass"]) * duck)
    shape(other, 1 - np.float32(DUCK_DEPTH["other"]) * duck)

    stems: dict[Stem, Samples] = {"drums": drums, "bass": bass, "other": other, "vocals": vocals}
    gain = _master_gain(stems["drums"] + bass + other + vocals, recipe)
    for stem in stems.values():
        shape(stem, gain)
    samples = np.asarray(sum(stems[name] for name in STEMS), dtype=np.float32)
    return SyntheticTrack(recipe, samples, stems, truth_of(recipe, timeline, regions))


def truth_of(recipe: TrackRecipe, timeline: Timeline, vocal_regions: tuple[Region, ...] = ()) -> Truth:
    """What is known of a track by construction."""
    beats = timeline.beat_times[:-1]
    periods = np.diff(timeline.beat_times)
    constant = not (recipe.tempo_drift or recipe.tempo_steps or recipe.timing_wobble_ms)
    bpm = recipe.bpm if constant else float(60 / np.median(periods))
    sections: list[TrueSection] = []
    bar = 0
    for section in recipe.sections:
        start, end = timeline.bar_time(bar), timeline.bar_time(bar + section.bars)
        energy = SECTION_STYLES[section.kind].energy
        sections.append(TrueSection(section.kind, start, end, bar, section.bars, energy))
        bar += section.bars
    return Truth(
        bpm=bpm,
        bpm_alternatives=(bpm / 2,) if recipe.style in ("drum_and_bass", "half_time") else (),
        constant_tempo=constant,
        key=recipe.key,
        tuning_cents=recipe.detune_cents,
        beats_per_bar=recipe.beats_per_bar,
        beats=beats,
        downbeats=beats[:: recipe.beats_per_bar],
        sections=tuple(sections),
        vocal_regions=vocal_regions,
        seconds=round(timeline.seconds * recipe.sample_rate) / recipe.sample_rate,
        sample_rate=recipe.sample_rate,
    )


def _master_gain(raw: Samples, recipe: TrackRecipe) -> Samples:
    """Shape (n,): the gain of every sample that rounds off peaks, sets the level and fades the last 10 ms.

    The same gain goes to every stem, so that the stems still sum to the mix.
    """
    peaks = np.maximum(np.abs(raw[:, 0]), np.abs(raw[:, 1]))
    level = np.maximum(peaks * np.float32(DRIVE), np.float32(1e-6))
    rounded = np.tanh(level) / level
    loudest = float((rounded * level).max())
    scale = DRIVE * PEAK * 10 ** (recipe.gain_db / 20) / loudest
    fade = edges(len(raw), recipe.sample_rate, 0.0, 0.01)
    return np.asarray(rounded * fade * np.float32(scale), dtype=np.float32)


def _duck(recipe: TrackRecipe, kicks: list[float], count: int) -> Samples:
    """Shape (count,): 1 at each kick, falling to 0 within `DUCK_SECONDS`."""
    dip = (0.5 + 0.5 * np.cos(np.pi * np.linspace(0, 1, int(DUCK_SECONDS * recipe.sample_rate)))).astype(np.float32)
    duck = np.zeros(count, dtype=np.float32)
    for seconds in kicks:
        start = round(seconds * recipe.sample_rate)
        window = duck[start : start + len(dip)]
        np.maximum(window, dip[: len(window)], out=window)
    return duck
