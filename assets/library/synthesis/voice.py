"""The singer: vowels through formant filters over a glottal wave.

Belongs here: sung phrases and where they are. Does not belong here: any other pitched voice.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from assets.library.synthesis.arrangement import Arrangement
from assets.library.synthesis.oscillators import TABLE_SIZE, Samples, edges, noise, place, stereo, wavetable
from assets.library.synthesis.recipe import TrackRecipe
from assets.library.synthesis.timeline import Timeline
from assets.library.synthesis.tones import Harmony

FORMANTS: Mapping[str, tuple[float, float, float]] = {
    # First three formants in Hz of male speakers: Peterson and Barney, JASA 24 (1952), table II.
    "a": (730.0, 1090.0, 2440.0),
    "e": (530.0, 1840.0, 2480.0),
    "i": (270.0, 2290.0, 3010.0),
    "o": (570.0, 840.0, 2410.0),
    "u": (300.0, 870.0, 2240.0),
}
BANDWIDTHS = (80.0, 100.0, 140.0)
VIBRATO_HZ = 5.5
VIBRATO_CENTS = 25.0
LOWEST_MIDI = 55
PHRASE_BARS = 2
"""A phrase fills the first half of every four bars; the singer breathes in the other."""

Region = tuple[float, float]


def render_vocals(
    recipe: TrackRecipe, timeline: Timeline, arrangement: Arrangement, harmony: Harmony, rng: np.random.Generator
) -> tuple[Samples, tuple[Region, ...]]:
    """The vocal stem, shape (n, 2), and (start, end) in seconds of every phrase."""
    rate = recipe.sample_rate
    buffer = np.zeros((round(timeline.seconds * rate), 2), dtype=np.float32)
    regions: list[Region] = []
    gains = arrangement.gains["vocal"]
    for start in arrangement.section_starts:
        bar = start
        while bar < recipe.bars and gains[bar] and (bar == start or bar not in arrangement.section_starts):
            end = _sing_phrase(buffer, bar, recipe, timeline, harmony, float(gains[bar]), rng)
            regions.append((timeline.bar_time(bar), end))
            bar += 2 * PHRASE_BARS
    return _in_a_room(buffer, rate), tuple(regions)


def _sing_phrase(
    buffer: Samples,
    bar: int,
    recipe: TrackRecipe,
    timeline: Timeline,
    harmony: Harmony,
    gain: float,
    rng: np.random.Generator,
) -> float:
    """Sing one phrase from the start of ``bar``; returns the second at which it ends."""
    last_beat = min(bar + PHRASE_BARS, recipe.bars) * recipe.beats_per_bar
    position = float(bar * recipe.beats_per_bar)
    end = timeline.bar_time(bar)
    while position < last_beat:
        length = min(float(rng.choice([0.5, 0.5, 1.0, 1.0, 1.5])), last_beat - position)
        tones = harmony.chords[int(position) // recipe.beats_per_bar][1]
        root = harmony.root(int(position) // recipe.beats_per_bar, LOWEST_MIDI)
        start, end = float(timeline.at(position)), float(timeline.at(position + length))
        count = round((end - start) * recipe.sample_rate)
        hertz = harmony.hertz(root + tones[int(rng.integers(len(tones)))])
        vowel = str(rng.choice(list(FORMANTS)))
        shot = _note(recipe.sample_rate, hertz, count, FORMANTS[vowel], rng)
        place(buffer, stereo(shot), [(start, 0.42 * gain)], recipe.sample_rate)
        position += length
    return end


def _note(
    rate: int, hertz: float, count: int, formants: tuple[float, float, float], rng: np.random.Generator
) -> Samples:
    t = np.arange(count) / rate
    # Vibrato sets in after the first fifth of a second, as singers do.
    depth = VIBRATO_CENTS * np.clip((t - 0.2) / 0.2, 0, 1)
    pitch = hertz * 2 ** (depth * np.sin(2 * np.pi * VIBRATO_HZ * t) / 1200)
    position = np.cumsum(pitch) / rate % 1.0
    harmonics = max(1, min(64, int(7000 / hertz)))
    glottal = wavetable(harmonics, 1.0)[(position * TABLE_SIZE).astype(np.int32) % TABLE_SIZE]
    voiced = np.zeros(count)
    for hz, width, level in zip(formants, BANDWIDTHS, (1.0, 0.5, 0.25), strict=True):
        b, a = signal.iirpeak(hz, hz / width, fs=rate)
        voiced += level * signal.lfilter(b, a, glottal)
    voiced /= max(float(np.abs(voiced).max()), 1e-9)
    shot = voiced * edges(count, rate, 0.025, 0.04)
    if rng.random() < 0.4:
        hiss = min(count, int(0.05 * rate))
        shot[:hiss] += 0.25 * noise(rng, hiss, rate, 4000, 9000)[:, 0] * edges(hiss, rate, 0.005, 0.03)
    return shot.astype(np.float32)


def _in_a_room(dry: Samples, rate: int) -> Samples:
    """Early reflections only (below 70 ms), different left and right, so that phrases keep their ends."""
    wet: NDArray[np.float32] = dry.copy()
    for channel, taps in enumerate(((0.019, 0.041, 0.067), (0.023, 0.037, 0.061))):
        for seconds, gain in zip(taps, (0.25, 0.18, 0.12), strict=True):
            delay = int(seconds * rate)
            wet[delay:, channel] += np.float32(gain) * dry[:-delay, channel]
    return wet
