"""Synthesised tracks whose tempo, beats, bars, key, sections, vocals and stems are exactly known.

The demo, the tests and the benchmarks judge analysis, separation and mixing by them.
Belongs here: recipes, instruments, truth and crates. Does not belong here: analysis of any kind.
"""

from assets.library.synthesis.crate import AudioFormat, WrittenTrack, demo_crate, hard_cases, write_crate
from assets.library.synthesis.recipe import CLUB_FORM, SONG_FORM, Section, TrackRecipe
from assets.library.synthesis.synthesiser import STEMS, SyntheticTrack, synthesise
from assets.library.synthesis.truth import TrueSection, Truth, truth_from_json

__all__ = [
    "CLUB_FORM",
    "SONG_FORM",
    "STEMS",
    "AudioFormat",
    "Section",
    "SyntheticTrack",
    "TrackRecipe",
    "TrueSection",
    "Truth",
    "WrittenTrack",
    "demo_crate",
    "hard_cases",
    "synthesise",
    "truth_from_json",
    "write_crate",
]
