"""Which voice plays in which section, and how loud.

Belongs here: the arrangement as data and its reading bar by bar. Does not belong here: notes, patterns and sound.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from assets.library.synthesis.recipe import SectionKind, TrackRecipe

Voice = Literal["kick", "snare", "hats", "open_hat", "ride", "roll", "bass", "pad", "arp", "riser", "vocal"]


@dataclass(frozen=True)
class Part:
    """A voice within a section.

    Attributes:
        gain: linear, 1 = the voice's usual level.
        enters: fraction of the section after which it starts.
        leaves: fraction of the section at which it stops.
    """

    gain: float = 1.0
    enters: float = 0.0
    leaves: float = 1.0


@dataclass(frozen=True)
class SectionStyle:
    """How a kind of section is arranged.

    Attributes:
        parts: the voices that play.
        energy: 0-1, how much is going on.
        brightness: brightness 0-1 of the pads at the start and the end of the section.
    """

    parts: Mapping[Voice, Part]
    energy: float
    brightness: tuple[float, float]


SECTION_STYLES: Mapping[SectionKind, SectionStyle] = {
    "intro": SectionStyle(
        {
            "kick": Part(),
            "hats": Part(0.8, enters=0.25),
            "snare": Part(0.9, enters=0.5),
            "open_hat": Part(0.9, enters=0.5),
            "pad": Part(0.35, enters=0.75),
        },
        0.35,
        (0.0, 0.2),
    ),
    "verse": SectionStyle(
        {
            "kick": Part(),
            "snare": Part(),
            "hats": Part(),
            "open_hat": Part(),
            "bass": Part(),
            "pad": Part(0.7),
            "vocal": Part(0.9),
        },
        0.6,
        (0.2, 0.4),
    ),
    "breakdown": SectionStyle(
        {"pad": Part(1.1), "arp": Part(0.5, enters=0.5), "hats": Part(0.3, enters=0.75), "vocal": Part()},
        0.25,
        (0.1, 0.5),
    ),
    "buildup": SectionStyle(
        {
            "kick": Part(0.9, leaves=0.75),
            "roll": Part(0.8, enters=0.25),
            "riser": Part(),
            "pad": Part(),
            "arp": Part(0.7),
            "hats": Part(0.7),
        },
        0.6,
        (0.3, 1.0),
    ),
    "drop": SectionStyle(
        {
            "kick": Part(1.05),
            "snare": Part(1.1),
            "hats": Part(1.1),
            "open_hat": Part(1.1),
            "ride": Part(enters=0.5),
            "bass": Part(1.15),
            "pad": Part(0.9),
            "arp": Part(),
        },
        1.0,
        (0.9, 0.7),
    ),
    "chorus": SectionStyle(
        {
            "kick": Part(),
            "snare": Part(1.1),
            "hats": Part(),
            "open_hat": Part(),
            "bass": Part(1.1),
            "pad": Part(),
            "arp": Part(0.6),
            "vocal": Part(1.1),
        },
        0.85,
        (0.6, 0.7),
    ),
    "outro": SectionStyle(
        {
            "kick": Part(),
            "hats": Part(0.8, leaves=0.75),
            "snare": Part(0.9, leaves=0.5),
            "open_hat": Part(0.9, leaves=0.5),
            "pad": Part(0.3, leaves=0.25),
        },
        0.3,
        (0.2, 0.0),
    ),
}


@dataclass(frozen=True, eq=False)
class Arrangement:
    """The arrangement of one track, bar by bar.

    Attributes:
        gains: per voice, shape (bars,): linear gain, 0 = silent.
        brightness: shape (bars,), brightness 0-1 of the pads.
        section_starts: indices of the bars that open a section.
    """

    gains: Mapping[Voice, NDArray[np.float64]]
    brightness: NDArray[np.float64]
    section_starts: tuple[int, ...]

    def progress(self, bar: int) -> float:
        """How far, 0-1, the end of ``bar`` lies in its section."""
        start = max(s for s in self.section_starts if s <= bar)
        end = min((s for s in self.section_starts if s > bar), default=len(self.brightness))
        return (bar + 1 - start) / (end - start)


def arrange(recipe: TrackRecipe) -> Arrangement:
    """Lay the voices of a recipe out over its bars."""
    gains: dict[Voice, NDArray[np.float64]] = {voice: np.zeros(recipe.bars) for voice in get_args(Voice)}
    brightness = np.zeros(recipe.bars)
    starts: list[int] = []
    first = 0
    for section in recipe.sections:
        style = SECTION_STYLES[section.kind]
        for voice, part in style.parts.items():
            enters, leaves = first + round(part.enters * section.bars), first + round(part.leaves * section.bars)
            gains[voice][enters:leaves] = part.gain
        brightness[first : first + section.bars] = np.linspace(*style.brightness, section.bars)
        starts.append(first)
        first += section.bars
    if not recipe.kick:
        gains["kick"][:] = 0
    if not recipe.vocals:
        gains["vocal"][:] = 0
    return Arrangement(gains, brightness, tuple(starts))
