"""The drummer: one-shots and patterns of kick, snare, hats, ride, rolls, crashes and risers.

Belongs here: drum sounds and which beats they fall on. Does not belong here: pitched voices.
Every one-shot has its onset on its first sample, so that the truth is exact to half a sample.
"""

from collections.abc import Sequence

import numpy as np

from assets.library.synthesis.arrangement import Arrangement, Voice
from assets.library.synthesis.oscillators import Samples, decay, noise, place
from assets.library.synthesis.recipe import TrackRecipe
from assets.library.synthesis.timeline import Timeline

FILL_EVERY_BARS = 8
KICK_LOW_HZ = 47.0
"""Pitch that the kick falls to; its body lies in the 40-120 Hz band by which grids are verified."""


def kick_beats(recipe: TrackRecipe, bar: int) -> Sequence[float]:
    """Positions in beats within ``bar`` on which the kick falls."""
    if recipe.beats_per_bar < 4:
        return (0.0,)
    if recipe.style in ("house", "techno"):
        return (0.0, 1.0, 2.0, 3.0)
    if recipe.style == "drum_and_bass":
        return (0.0, 2.5)
    if recipe.style == "half_time":
        return (0.0, 3.5) if bar % 2 else (0.0,)
    return (0.0, 1.75, 2.5) if bar % 2 else (0.0, 2.5)


def snare_beats(recipe: TrackRecipe) -> Sequence[float]:
    """Positions in beats within a bar on which snare or clap falls."""
    if recipe.beats_per_bar == 3:
        return (1.0, 2.0)
    if recipe.beats_per_bar == 2:
        return (1.0,)
    return (2.0,) if recipe.style == "half_time" else (1.0, 3.0)


def kick_hits(recipe: TrackRecipe, timeline: Timeline, arrangement: Arrangement) -> list[tuple[float, float]]:
    """(seconds, gain) of every kick of the track; the bass ducks under the same hits."""
    return _hits(timeline, arrangement, "kick", [kick_beats(recipe, bar) for bar in range(recipe.bars)])


def render_drums(
    recipe: TrackRecipe, timeline: Timeline, arrangement: Arrangement, rng: np.random.Generator
) -> Samples:
    """The drum stem, shape (n, 2)."""
    rate = recipe.sample_rate
    buffer = np.zeros((round(timeline.seconds * rate), 2), dtype=np.float32)
    place(buffer, _kick(rate, rng, hard=recipe.style == "techno"), kick_hits(recipe, timeline, arrangement), rate)
    snare = _snare(rate, rng) if recipe.style in ("drum_and_bass", "half_time", "hip_hop") else _clap(rate, rng)
    bars = range(recipe.bars)
    place(buffer, snare, _hits(timeline, arrangement, "snare", [snare_beats(recipe) for _ in bars]), rate)

    parts = np.arange(0, recipe.beats_per_bar, 1 / recipe.subdivisions)
    for variant in range(4):
        # Each closed hat is one of four slightly different strokes, louder on the beat's own eighths.
        strokes = [[p for i, p in enumerate(parts) if (i * 7 + bar * 3) % 4 == variant] for bar in bars]
        hits = _hits(timeline, arrangement, "hats", strokes)
        place(buffer, _hat(rate, rng, 0.05) * 0.24, [(s, g * rng.uniform(0.6, 1.0)) for s, g in hits], rate)
    off = [beat + 0.5 for beat in range(recipe.beats_per_bar)] if recipe.subdivisions == 4 else []
    open_hits = _hits(timeline, arrangement, "open_hat", [off for _ in bars])
    place(buffer, _hat(rate, rng, 0.22) * (0.34 * recipe.offbeat_hat_gain), open_hits, rate)
    ride = [np.arange(0, recipe.beats_per_bar, 0.5) for _ in bars]
    place(buffer, _ride(rate, rng), _hits(timeline, arrangement, "ride", ride), rate)
    _place_rolls(buffer, snare, recipe, timeline, arrangement)
    _place_phrase_marks(buffer, snare, recipe, timeline, arrangement, rng)
    return np.tanh(buffer)


def _hits(
    timeline: Timeline, arrangement: Arrangement, voice: Voice, beats: Sequence[Sequence[float] | np.ndarray]
) -> list[tuple[float, float]]:
    """(seconds, gain) of a voice that plays ``beats[bar]`` in every bar where it is not silent."""
    gains = arrangement.gains[voice]
    hits: list[tuple[float, float]] = []
    for bar in np.flatnonzero(gains):
        seconds = timeline.at(bar * timeline.beats_per_bar + np.asarray(beats[int(bar)], dtype=np.float64))
        hits += [(float(s), float(gains[bar])) for s in seconds]
    return hits


def _place_rolls(
    buffer: Samples, snare: Samples, recipe: TrackRecipe, timeline: Timeline, arrangement: Arrangement
) -> None:
    """Snare rolls that thicken and swell towards the end of a build-up."""
    for bar in np.flatnonzero(arrangement.gains["roll"]):
        progress = arrangement.progress(int(bar))
        step = 1.0 if progress <= 0.5 else 0.5 if progress <= 0.75 else 1 / recipe.subdivisions
        beats = bar * recipe.beats_per_bar + np.arange(0, recipe.beats_per_bar, step)
        gain = float(arrangement.gains["roll"][bar]) * (0.25 + 0.45 * progress)
        place(buffer, snare, [(float(s), gain) for s in timeline.at(beats)], recipe.sample_rate)


def _place_phrase_marks(
    buffer: Samples,
    snare: Samples,
    recipe: TrackRecipe,
    timeline: Timeline,
    arrangement: Arrangement,
    rng: np.random.Generator,
) -> None:
    """What tells a listener where phrases begin: crashes that open sections, fills before every eighth bar, risers."""
    rate = recipe.sample_rate
    kicks = arrangement.gains["kick"]
    crash = noise(rng, int(1.6 * rate), rate, 3000, 16000) * decay(int(1.6 * rate), rate, 1.6)[:, None]
    opened = [bar for bar in arrangement.section_starts if bar and kicks[bar]]
    place(buffer, crash, [(timeline.bar_time(bar), 0.3) for bar in opened], rate)
    for bar in range(FILL_EVERY_BARS - 1, recipe.bars, FILL_EVERY_BARS):
        if kicks[bar] and arrangement.gains["snare"][bar]:
            last = (bar + 1) * recipe.beats_per_bar - 1 + np.arange(1, recipe.subdivisions) / recipe.subdivisions
            place(buffer, snare, [(float(s), rng.uniform(0.25, 0.45)) for s in timeline.at(last)], rate)
    for start in arrangement.section_starts:
        bars = [bar for bar in np.flatnonzero(arrangement.gains["riser"]) if bar >= start]
        if arrangement.gains["riser"][start] and bars:
            end = min([s for s in arrangement.section_starts if s > start], default=recipe.bars)
            count = round((timeline.bar_time(end) - timeline.bar_time(start)) * rate)
            swell = (np.linspace(0, 1, count, dtype=np.float32) ** 2)[:, None]
            place(buffer, noise(rng, count, rate, 1500, 9000) * swell, [(timeline.bar_time(start), 0.14)], rate)


def _kick(rate: int, rng: np.random.Generator, *, hard: bool) -> Samples:
    count = int(0.32 * rate)
    t = np.arange(count) / rate
    # The phase integral of a pitch that falls exponentially from 210 Hz to KICK_LOW_HZ with a time constant of 25 ms.
    phase = KICK_LOW_HZ * t + (210.0 - KICK_LOW_HZ) * 0.025 * (1 - np.exp(-t / 0.025))
    # Starting the sine at its crest puts the onset on the first sample.
    body = np.cos(2 * np.pi * phase) * decay(count, rate, 0.42 if hard else 0.34)
    click = noise(rng, count, rate, 1500, 8000) * decay(count, rate, 0.012)[:, None]
    shot = body[:, None].astype(np.float32) + 0.35 * click
    return np.asarray(np.tanh(shot * (2.2 if hard else 1.5)) * 0.95, dtype=np.float32)


def _clap(rate: int, rng: np.random.Generator) -> Samples:
    count = int(0.22 * rate)
    shot = noise(rng, count, rate, 900, 6000)
    # The strokes before the main one of a real clap would shift its onset: here the first stroke is the loudest.
    strokes = sum(
        np.exp(-np.maximum(np.arange(count) / rate - d, 0) / 0.008) * (np.arange(count) / rate >= d) * g
        for d, g in ((0.0, 1.0), (0.011, 0.7), (0.022, 0.6))
    )
    envelope = 0.6 * np.asarray(strokes, dtype=np.float32) + 0.5 * decay(count, rate, 0.2)
    return np.asarray(shot * envelope[:, None] * 0.8, dtype=np.float32)


def _snare(rate: int, rng: np.random.Generator) -> Samples:
    count = int(0.22 * rate)
    body = np.cos(2 * np.pi * 185 * np.arange(count) / rate) * decay(count, rate, 0.12)
    rattle = noise(rng, count, rate, 1200, 9000) * decay(count, rate, 0.2)[:, None]
    return np.asarray(0.45 * body[:, None] + 0.55 * rattle, dtype=np.float32)


def _hat(rate: int, rng: np.random.Generator, seconds: float) -> Samples:
    count = int(seconds * 1.1 * rate)
    return np.asarray(noise(rng, count, rate, 7000, 16000) * decay(count, rate, seconds)[:, None], dtype=np.float32)


def _ride(rate: int, rng: np.random.Generator) -> Samples:
    count = int(0.35 * rate)
    return np.asarray(noise(rng, count, rate, 5000, 12000) * decay(count, rate, 0.35)[:, None] * 0.12, dtype=np.float32)
