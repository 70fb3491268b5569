"""What a synthesised track is to be: the recipe.

Belongs here: the recipe and its sections as values, with their limits. Does not belong here: making sound of them.
"""

from dataclasses import dataclass
from typing import Literal

from assets.library.keys import Key

SectionKind = Literal["intro", "verse", "buildup", "drop", "breakdown", "chorus", "outro"]
Style = Literal["house", "techno", "drum_and_bass", "half_time", "hip_hop"]

STRAIGHT = 0.5
TRIPLET_SWING = 2 / 3
"""Position of the off note within its pair: halfway when straight, two thirds in a full triplet shuffle."""


@dataclass(frozen=True)
class Section:
    """A part of a track: its kind and its length in whole bars."""

    kind: SectionKind
    bars: int

    def __post_init__(self) -> None:
        """Refuse sections without length."""
        if self.bars < 1:
            raise ValueError(f"a section needs at least one bar, not {self.bars}")


CLUB_FORM = (
    Section("intro", 8),
    Section("verse", 8),
    Section("breakdown", 8),
    Section("buildup", 8),
    Section("drop", 16),
    Section("outro", 8),
)
"""A short club track: drums alone at both ends, so that it mixes in and out."""

SONG_FORM = (
    Section("intro", 4),
    Section("verse", 16),
    Section("chorus", 8),
    Section("breakdown", 8),
    Section("chorus", 8),
    Section("outro", 4),
)
"""A song with two choruses."""


@dataclass(frozen=True)
class TrackRecipe:
    """Everything that decides how a synthesised track sounds; the same recipe gives the same samples.

    Attributes:
        name: title, and file name where the track is written.
        bpm: tempo in beats per minute at the first beat, 20-400.
        key: key of chords, bass line, melody and vocals.
        sections: the form, in order.
        style: rhythm section and bass line.
        artist: artist tag.
        beats_per_bar: beats in a bar: 4, 3 for a waltz, 2 for 6/8 (with ``subdivisions`` 3).
        subdivisions: equal parts of a beat: 4, or 3 for compound time such as 6/8.
        swing: position of the off note within its pair, 0.5 (straight) up to 0.75.
        swing_division: which notes swing: 16 for sixteenths, 8 for eighths.
        detune_cents: tuning of every pitched voice against A = 440 Hz.
        lead_in_seconds: digital silence before the first beat.
        tempo_drift: relative change of tempo from the first beat to the last, linear in beats, e.g. 0.01.
        tempo_steps: (bar, bpm) pairs: the tempo jumps to ``bpm`` at the start of ``bar``.
        timing_wobble_ms: standard deviation of each beat from its place, as of a live drummer; the truth wobbles along.
        offbeat_hat_gain: loudness of the off-beat hats relative to the style's own; above 3 they outshout the kick.
        kick: False leaves the kick out of the whole track.
        sub_bass: True plays the bass as a pure sine an octave lower (30-60 Hz).
        vocals: True adds formant-sung phrases to verses, choruses and breakdowns.
        gain_db: final gain below the usual level (peak at -1.4 dBFS), 0 or negative.
        sample_rate: in Hz.
        seed: decides fills, patterns, melody and noise.
    """

    name: str
    bpm: float
    key: Key
    sections: tuple[Section, ...] = CLUB_FORM
    style: Style = "house"
    artist: str = "Backbeat"
    beats_per_bar: int = 4
    subdivisions: int = 4
    swing: float = STRAIGHT
    swing_division: Literal[8, 16] = 16
    detune_cents: float = 0.0
    lead_in_seconds: float = 0.0
    tempo_drift: float = 0.0
    tempo_steps: tuple[tuple[int, float], ...] = ()
    timing_wobble_ms: float = 0.0
    offbeat_hat_gain: float = 1.0
    kick: bool = True
    sub_bass: bool = False
    vocals: bool = False
    gain_db: float = 0.0
    sample_rate: int = 44100
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what no track can be."""
        if not all(20 <= bpm <= 400 for bpm in (self.bpm, *(bpm for _, bpm in self.tempo_steps))):
            raise ValueError(f"{self.name}: tempo outside 20-400 BPM")
        if not self.sections:
            raise ValueError(f"{self.name}: a track needs at least one section")
        if not STRAIGHT <= self.swing <= 0.75:
            raise ValueError(f"{self.name}: swing {self.swing} is outside 0.5-0.75")
        if self.beats_per_bar not in (2, 3, 4) or self.subdivisions not in (3, 4):
            raise ValueError(f"{self.name}: {self.beats_per_bar} beats in {self.subdivisions} parts is no known meter")
        if self.lead_in_seconds < 0 or self.gain_db > 0:
            raise ValueError(f"{self.name}: lead-in must not be negative nor gain positive")
        if self.tempo_drift <= -1 or self.timing_wobble_ms < 0:
            raise ValueError(f"{self.name}: tempo drift must be above -1 and wobble not negative")

    @property
    def bars(self) -> int:
        """Length of the track in bars."""
        return sum(section.bars for section in self.sections)

    @property
    def beats(self) -> int:
        """Length of the track in beats."""
        return self.bars * self.beats_per_bar
