"""Synthesised tracks and their analyses, made once per process for the tests of analysis."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from assets.library.analysis import analyse
from assets.library.keys import Key
from assets.library.onset_features import OnsetFeatures, onset_features
from assets.library.spectra import at_analysis_rate
from assets.library.synthesis import CLUB_FORM, Section, SyntheticTrack, TrackRecipe, synthesise
from assets.library.track_analysis import DecodedAudio, TrackAnalysis

SHORT_FORM = (Section("intro", 4), Section("verse", 8), Section("drop", 8), Section("outro", 4))

RECIPES = {
    "house": TrackRecipe("house", 126.0, Key(9, "minor"), sections=CLUB_FORM),
    "techno": TrackRecipe("techno", 132.5, Key(5, "minor"), style="techno", sections=SHORT_FORM),
    "drum and bass": TrackRecipe("dnb", 174.0, Key(2, "major"), style="drum_and_bass", sections=SHORT_FORM),
    "half time": TrackRecipe("dub", 140.0, Key(7, "minor"), style="half_time", sections=SHORT_FORM),
    "swung hip hop": TrackRecipe(
        "hop", 92.0, Key(0, "major"), style="hip_hop", swing=0.6, vocals=True, sections=SHORT_FORM
    ),
    "loud off-beat hats": TrackRecipe(
        "hats", 128.0, Key(4, "minor"), offbeat_hat_gain=4.0, lead_in_seconds=2.371, sections=SHORT_FORM
    ),
    "detuned, odd tempo": TrackRecipe("detuned", 125.37, Key(11, "major"), detune_cents=45.0, sections=SHORT_FORM),
    "drifting": TrackRecipe("drift", 124.0, Key(4, "major"), tempo_drift=0.02, sections=CLUB_FORM),
}
STEADY = tuple(name for name in RECIPES if name != "drifting")


@cache
def track(name: str) -> SyntheticTrack:
    return synthesise(RECIPES[name])


def decoded(samples: NDArray[np.float32], sample_rate: int = 44100) -> DecodedAudio:
    return DecodedAudio(samples, sample_rate, "synthesised", None)


@cache
def analysis(name: str) -> TrackAnalysis:
    return analyse(decoded(track(name).samples))


@cache
def onsets(name: str) -> OnsetFeatures:
    return onset_features(at_analysis_rate(track(name).samples.mean(axis=1), 44100))


def distances(estimated: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds from each true time to the nearest estimated one."""
    return np.abs(estimated[:, None] - truth[None, :]).min(axis=0)
