"""What the mixer does to the two decks of a transition.

Belongs here: faders and EQ over an overlap, sample in, sample out. Does not belong here: when it happens
(``assets.mixes.set_clock``) or how the decks are driven (``assets.mixes.time_stretch``).

Every function takes both decks over the overlap, shape (n, 2) each, and gives both channels, whose sum is the mix.
"""

import numpy as np
from numpy.typing import NDArray

from assets.mixes.band_split import low_band

Samples = NDArray[np.float32]
Channels = tuple[Samples, Samples]

BASS_HZ = 190.0
"""Kick and bass line lie below, the 20-150 Hz that the report judges well inside."""
SWAP_SECONDS, SWAP_GUARD = 0.010, 0.002
"""The bass changes hands within this time, finished just before the downbeat whose attack hides it."""
CUT_SECONDS = 0.008
"""Crossfade of a cut: long enough not to click, too short to hear two tracks."""


def equal_power(deck_a: Samples, deck_b: Samples) -> Channels:
    """Sine and cosine fades: even power where the tracks are unrelated."""
    leave, enter = _quarter_circle(len(deck_a))
    return deck_a * leave, deck_b * enter


def eq_swap(deck_a: Samples, deck_b: Samples, swap: int, sample_rate: int) -> Channels:
    """Equal-power fades above the bass; one bass at a time, handed over just before sample ``swap``.

    Raises:
        ValueError: ``swap`` lies outside the overlap.
    """
    if not 0 <= swap <= len(deck_a):
        raise ValueError(f"swap at sample {swap} lies outside the overlap of {len(deck_a)}")
    bass_a, bass_b = (low_band(deck, sample_rate, BASS_HZ) for deck in (deck_a, deck_b))
    leave, enter = _quarter_circle(len(deck_a))
    length, guard = round(SWAP_SECONDS * sample_rate), round(SWAP_GUARD * sample_rate)
    at = np.arange(len(deck_a), dtype=np.float32)
    taken = _ramp((at - (swap - guard - length)) / length)[:, None]
    return (deck_a - bass_a) * leave + bass_a * (1 - taken), (deck_b - bass_b) * enter + bass_b * taken


def quick_cut(deck_a: Samples, deck_b: Samples, sample_rate: int) -> Channels:
    """A few milliseconds of crossfade at the start of the overlap, then only B."""
    length = min(round(CUT_SECONDS * sample_rate), len(deck_a))
    at = np.arange(len(deck_a), dtype=np.float32)
    taken = _ramp(at / max(length, 1))[:, None]
    return deck_a * (1 - taken), deck_b * taken


def _quarter_circle(count: int) -> Channels:
    angle = (np.arange(count, dtype=np.float32)[:, None] + 0.5) / max(count, 1) * np.float32(np.pi / 2)
    return np.cos(angle), np.sin(angle)


def _ramp(position: NDArray[np.floating]) -> NDArray[np.float32]:
    """0 before 0, 1 after 1, a raised cosine between: no corner, so no click."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(position, 0, 1)), np.float32)
