"""Synthesised tracks whose tempo, beats, bars, key, sections, vocals and stems are exactly known.

The demo, the tests and the benchmarks judge analysis, separation and mixing by them: nothing here is measured, all is made.
"""

from assets.library.synthesis.recipe import CLUB_FORM, SONG_FORM, Section, TrackRecipe
from assets.library.synthesis.synthesiser import STEMS, SyntheticTrack, synthesise
from assets.library.synthesis.truth import TrueSection, Truth, truth_from_json

__all__ = [
    "CLUB_FORM",
    "SONG_FORM",
    "STEMS",
    "Section",
    "SyntheticTrack",
    "TrackRecipe",
    "TrueSection",
    "Truth",
    "synthesise",
    "truth_from_json",
]
