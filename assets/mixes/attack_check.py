"""Check a track's grid against the attacks that are heard, all along the track.

Belongs here: how far attacks lie from the grid, section by section, and the grid moved by what all of them say. Does
not belong here: finding a grid or an attack (``assets.library``), which parts of a track overlap another
(``assets.mixes.set_cut``), judging the mix (``assets.mixes.report``, which has a detector of its own).

Single attacks scatter by ten milliseconds and more in real music although the grid is exact: a bass note, a flam, a
slow filter. So nothing is concluded from single ones: the median of some twenty has a standard error below a
millisecond, and only such medians move a grid or condemn it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets.library.attack_offsets import AttackOffsets, attack_offsets, band_attacks
from assets.library.beat_grid import BEATS_PER_BAR, Seconds
from assets.library.decode import decode_file
from assets.library.spectra import at_analysis_rate
from assets.library.track_analysis import DecodedAudio
from assets.mixes.crate_track import CrateTrack, HeardSection
from assets.mixes.set_cut import distrust

Floats = NDArray[np.float64]

SECTION_BEATS = 4 * BEATS_PER_BAR
"""Beats judged together: the shortest overlap."""
FEWEST_STRUCK = 6
"""Fewer struck beats of a section say nothing."""
CLEAR_RIVAL = 0.75
"""A second place that competes more strongly than this makes a section ambiguous (two instruments that do not play
together, a swung figure): of real sections, steady ones stay below 0.7."""
FEWEST_SECTIONS = 3
"""Fewer sections do not move a grid."""
LEAST_CLEAR_SHARE = 0.5
"""Nor do those that are clear where most are not."""
SURE_OFFSET_SECONDS = 0.002
"""A grid is moved from here on: the detector itself may be that far off for one sound or another."""
LARGEST_CORRECTION_SECONDS = 0.025
"""Attacks further from the grid belong to something else than its beats."""
LARGEST_ERROR_SECONDS = 0.002
"""Standard error beyond which a section's median is not used to move a grid."""


@dataclass(frozen=True)
class _Line:
    """Seconds by which attacks are later than the grid: ``offset`` at ``middle``, ``slope`` more per second."""

    offset: float
    slope: float
    middle: float

    def at(self, seconds: Floats) -> Floats:
        return np.asarray(self.offset + self.slope * (seconds - self.middle))


def listen(track: CrateTrack) -> CrateTrack:
    """Decode a track and check its grid `on_attacks`; one whose grid is not trusted is given back unheard.

    Raises:
        assets.library.decode.UnusableAudio: the file cannot be decoded.
    """
    return track if distrust(track) else on_attacks(track, decode_file(track.path))


def on_attacks(track: CrateTrack, audio: DecodedAudio) -> CrateTrack:
    """The track with its beats moved by what all sections agree on, and what each section says of them then.

    A constant offset and a slow drift are mended; whatever a section says beyond that is kept for `set_cut.unsteady`,
    which knows where the track is to overlap another.
    """
    if not len(track.grid.beats):
        return track
    curve = band_attacks(at_analysis_rate(audio.mono, audio.sample_rate))
    heard = _sections(curve, track.grid.beats, track.grid.period)
    line = _common_line(heard)
    if line is not None:
        # a beat stays within the track even where its attack would come before the first sample
        moved = np.maximum(track.grid.beats + line.at(track.grid.beats), 0.0)
        track = replace(track, grid=replace(track.grid, beats=moved))
        heard = [replace(s, offset=s.offset - float(line.at(np.array((s.start + s.end) / 2)))) for s in heard]
    return replace(track, heard=tuple(heard))


def _sections(curve: NDArray[np.float32], beats: Seconds, period: float) -> list[HeardSection]:
    found = []
    for first in range(0, len(beats), SECTION_BEATS):
        own = beats[first : first + SECTION_BEATS]
        found.append(_section(attack_offsets(curve, own), float(own[0]), float(own[-1]) + period))
    return found


def _section(struck: AttackOffsets, start: float, end: float) -> HeardSection:
    if len(struck.at) < FEWEST_STRUCK or struck.rival > CLEAR_RIVAL:
        return HeardSection(start, end, 0, 0.0, float("inf"))
    return HeardSection(start, end, len(struck.at), struck.median, struck.standard_error)


def _common_line(heard: list[HeardSection]) -> _Line | None:
    """The offset, and the drift if it is sure, that most sections agree on; None: the grid stays where it is.

    Medians over sections (Theil-Sen for the drift), so that a break in which other things are struck has no say.
    """
    from scipy.stats import theilslopes

    clear = [s for s in heard if s.error <= LARGEST_ERROR_SECONDS and abs(s.offset) <= LARGEST_CORRECTION_SECONDS]
    if len(clear) < max(FEWEST_SECTIONS, LEAST_CLEAR_SHARE * len(heard)):
        return None
    at = np.array([(s.start + s.end) / 2 for s in clear])
    offsets = np.array([s.offset for s in clear])
    middle = float(np.median(at))
    found = theilslopes(offsets, at)
    sure = found.low_slope > 0 or found.high_slope < 0
    drifts = sure and abs(found.slope) * float(np.ptp(at)) > SURE_OFFSET_SECONDS
    slope = float(found.slope) if drifts else 0.0
    offset = float(np.median(offsets - slope * (at - middle)))
    if not drifts and abs(offset) <= SURE_OFFSET_SECONDS:
        return None
    return _Line(offset, slope, middle)
