"""The pitched band: chord progression, bass line, pads and arpeggio.

Belongs here: instruments that play in the key of the track, and what they play. Does not belong here: singing, drums.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assets.library.keys import Key, Mode
from assets.library.synthesis.arrangement import Arrangement
from assets.library.synthesis.oscillators import Samples, decay, edges, frequency, place, shape, stereo, tone
from assets.library.synthesis.recipe import Style, TrackRecipe
from assets.library.synthesis.timeline import Timeline

BASS_LOWEST_MIDI = 28
PAD_LOWEST_MIDI = 48
ARP_LOWEST_MIDI = 69

Chord = tuple[int, tuple[int, ...]]
"""Root in semitones above the tonic, and the chord's notes in semitones above its root."""

_MAJOR, _MINOR = (0, 4, 7), (0, 3, 7)

PROGRESSIONS: Mapping[Mode, Sequence[Sequence[Chord]]] = {
    # Each dwells on the tonic, and the dominant in minor has its leading tone: the keys beside it are no rivals.
    "minor": (
        ((0, _MINOR), (8, _MAJOR), (5, _MINOR), (7, _MAJOR)),
        ((0, _MINOR), (0, _MINOR), (5, _MINOR), (7, _MAJOR)),
        ((0, _MINOR), (5, _MINOR), (0, _MINOR), (7, _MAJOR)),
        ((0, _MINOR), (10, _MAJOR), (0, _MINOR), (5, _MINOR)),
    ),
    "major": (
        ((0, _MAJOR), (5, _MAJOR), (0, _MAJOR), (7, _MAJOR)),
        ((0, _MAJOR), (9, _MINOR), (5, _MAJOR), (7, _MAJOR)),
        ((0, _MAJOR), (0, _MAJOR), (5, _MAJOR), (7, _MAJOR)),
    ),
}

BASS_PATTERNS: Mapping[Style, Sequence[tuple[float, float, int]]] = {
    # (beat in the bar, length in beats, semitones above the root)
    "house": (*((beat + 0.5, 0.4, 0) for beat in range(4)), (1.75, 0.2, 12), (3.75, 0.2, 7)),
    "techno": tuple((beat + part, 0.2, 0) for beat in range(4) for part in (0.25, 0.5, 0.75)),
    "drum_and_bass": ((0.0, 1.4, 0), (1.5, 0.9, 0), (2.5, 0.4, 12), (3.0, 0.9, 7)),
    "half_time": ((0.0, 1.9, 0), (2.0, 1.4, 0), (3.5, 0.4, 7)),
    "hip_hop": ((0.0, 0.9, 0), (1.75, 0.6, 0), (2.5, 0.9, 7), (3.5, 0.4, 12)),
}


@dataclass(frozen=True)
class Harmony:
    """What is played in each bar.

    Attributes:
        key: key of the track.
        chords: the chord of every bar.
        detune_cents: tuning of every pitched voice.
    """

    key: Key
    chords: tuple[Chord, ...]
    detune_cents: float

    def hertz(self, midi: float) -> float:
        """Frequency of a MIDI note in the tuning of the track."""
        return frequency(midi, self.detune_cents)

    def root(self, bar: int, lowest: int) -> int:
        """MIDI number of the root of the bar's chord, in the octave from ``lowest`` up."""
        return lowest + (self.key.tonic + self.chords[bar][0] - lowest) % 12


def harmony_of(recipe: TrackRecipe, rng: np.random.Generator) -> Harmony:
    """Choose the progression of a track: four bars, repeated."""
    progressions = PROGRESSIONS[recipe.key.mode]
    progression = progressions[int(rng.integers(len(progressions)))]
    chords = tuple(progression[bar % len(progression)] for bar in range(recipe.bars))
    return Harmony(recipe.key, chords, recipe.detune_cents)


def render_bass(recipe: TrackRecipe, timeline: Timeline, arrangement: Arrangement, harmony: Harmony) -> Samples:
    """The bass stem before ducking, shape (n, 2); mono, as bass is cut."""
    rate = recipe.sample_rate
    buffer = np.zeros((round(timeline.seconds * rate), 2), dtype=np.float32)
    pattern = [note for note in BASS_PATTERNS[recipe.style] if note[0] < recipe.beats_per_bar]
    for bar in np.flatnonzero(arrangement.gains["bass"]):
        root = harmony.root(int(bar), BASS_LOWEST_MIDI)
        for beat, length, interval in pattern:
            position = bar * recipe.beats_per_bar + beat
            start, end = timeline.at(position), timeline.at(min(position + length, recipe.beats))
            shot = _bass_note(recipe, harmony, root + interval, round(float(end - start) * rate))
            place(buffer, shot, [(float(start), 0.38 * float(arrangement.gains["bass"][bar]))], rate)
    return buffer


def _bass_note(recipe: TrackRecipe, harmony: Harmony, midi: int, count: int) -> Samples:
    rate = recipe.sample_rate
    fundamental = tone(harmony.hertz(midi - 12 if recipe.sub_bass else midi), count, rate, slope=1, top_hz=1)
    if not recipe.sub_bass:
        growl = tone(harmony.hertz(midi), count, rate, slope=1.2, top_hz=900 if recipe.style == "techno" else 600)
        fundamental = fundamental * 0.7 + growl * 0.45
    return stereo(fundamental * edges(count, rate, 0.004, 0.015))


def render_pads(recipe: TrackRecipe, timeline: Timeline, arrangement: Arrangement, harmony: Harmony) -> Samples:
    """Sustained chords, shape (n, 2): three detuned saws a note, over a drone on the tonic."""
    rate = recipe.sample_rate
    buffer = np.zeros((round(timeline.seconds * rate), 2), dtype=np.float32)
    bar_seconds = np.diff(timeline.beat_times[:: recipe.beats_per_bar])
    longest = round(float(bar_seconds.max()) * rate) + 1
    cache: dict[Chord, tuple[Samples, Samples]] = {}
    for bar in np.flatnonzero(arrangement.gains["pad"]):
        chord = harmony.chords[bar]
        if chord not in cache:
            cache[chord] = (_pad(rate, harmony, int(bar), longest, 2.2), _pad(rate, harmony, int(bar), longest, 1.1))
        dull, bright = cache[chord]
        count = round(float(bar_seconds[bar]) * rate)
        mix = np.float32(arrangement.brightness[bar])
        shot = dull[:count] * (1 - mix) + bright[:count] * mix
        shape(shot, edges(count, rate, 0.02, 0.02))
        place(buffer, shot, [(timeline.bar_time(int(bar)), 0.48 * float(arrangement.gains["pad"][bar]))], rate)
    return buffer


def _pad(rate: int, harmony: Harmony, bar: int, count: int, slope: float) -> Samples:
    root = harmony.root(bar, PAD_LOWEST_MIDI)
    tonic = PAD_LOWEST_MIDI + (harmony.key.tonic - PAD_LOWEST_MIDI) % 12
    notes = [(root + interval, 1.0) for interval in harmony.chords[bar][1]] + [(tonic, 0.6), (tonic - 12, 0.3)]
    shot = np.zeros((count, 2), dtype=np.float32)
    for i, (midi, gain) in enumerate(notes):
        for j, (cents, pan) in enumerate(((-6.0, -0.7), (0.0, 0.0), (6.0, 0.7))):
            phase = ((i * 3 + j) * 0.381966) % 1.0
            hertz = harmony.hertz(midi + cents / 100)
            shot += stereo(tone(hertz, count, rate, slope=slope, phase=phase, top_hz=7000), pan) * np.float32(gain / 5)
    return shot


def render_arp(
    recipe: TrackRecipe, timeline: Timeline, arrangement: Arrangement, harmony: Harmony, rng: np.random.Generator
) -> Samples:
    """Plucked chord notes on the subdivisions, shape (n, 2); the pattern changes every eight bars."""
    rate = recipe.sample_rate
    buffer = np.zeros((round(timeline.seconds * rate), 2), dtype=np.float32)
    steps = recipe.beats_per_bar * recipe.subdivisions
    patterns = rng.integers(0, 5, size=(recipe.bars // 8 + 1, steps))
    rests = rng.random((recipe.bars // 8 + 1, steps)) < 0.25
    plucks: dict[int, Samples] = {}
    for bar in np.flatnonzero(arrangement.gains["arp"]):
        root = harmony.root(int(bar), ARP_LOWEST_MIDI)
        intervals = harmony.chords[bar][1] + (12, 12 + harmony.chords[bar][1][1])
        times = timeline.at(bar * recipe.beats_per_bar + np.arange(steps) / recipe.subdivisions)
        for step in np.flatnonzero(~rests[bar // 8]):
            midi = root + intervals[patterns[bar // 8, step]]
            if midi not in plucks:
                count = int(0.3 * rate)
                wave = tone(harmony.hertz(midi), count, rate, slope=1.3) * edges(count, rate, 0.002, 0.01)
                plucks[midi] = stereo(wave * decay(count, rate, 0.28), 0.5 if midi % 2 else -0.5)
            place(buffer, plucks[midi], [(float(times[step]), 0.26 * float(arrangement.gains["arp"][bar]))], rate)
    return buffer
