"""Check a track's grid against its kicks where it is to be mixed.

Belongs here: how far the kicks lie from the grid near the cue points, and the grid corrected by that. Does not belong
here: finding a grid in the first place (``assets.library.grid_fit``) or judging the mix (``assets.mixes.report``).

A grid is one line through a whole track; a blend needs both kicks within milliseconds over sixteen bars. A mean over
some dozens of beats of the rise of the kick band gives the offset there, the scatter around it says whether it holds.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets.library.beat_grid import BEATS_PER_BAR
from assets.library.decode import decode_file
from assets.library.track_analysis import DecodedAudio
from assets.mixes.crate_track import CrateTrack
from assets.mixes.set_cut import distrust

Floats = NDArray[np.float64]

WINDOW_BARS = 16
"""Bars after a cue point that are listened to: the median overlap."""
KICK_BAND_HZ = (30.0, 160.0)
ENVELOPE_RATE_HZ = 2205.0
SEARCH_SECONDS = 0.06
"""An offset beyond this is no inaccuracy but another beat."""
NEIGHBOURHOOD_SECONDS = 0.02
"""How far single kicks are looked for around the common offset."""
PRESENT_SHARE = 0.3
"""A rise below this share of the strong ones (75th percentile) is no kick."""
FEWEST_KICKS = 12
"""Fewer say nothing of the grid."""
SHARP_MS = 6.0
"""Kicks that scatter less are kicks, not bass notes."""
LARGEST_CORRECTION_SECONDS = 0.015
"""A grid that is further off has another beat in mind."""
_SMOOTHING_SECONDS = 0.012


@dataclass(frozen=True)
class KickEvidence:
    """What the kicks near a cue point say of the grid.

    Attributes:
        at: track seconds of the middle of what was listened to.
        offset_seconds: by which the kicks are later than the grid, in the median.
        scatter_ms: 90th percentile of their distance from that.
        kicks: how many were heard.
    """

    at: float
    offset_seconds: float
    scatter_ms: float
    kicks: int


def listen(track: CrateTrack) -> CrateTrack:
    """Decode a track and check its grid `on_kicks`; one whose grid is not trusted is given back unheard.

    Raises:
        assets.library.decode.UnusableAudio: the file cannot be decoded.
    """
    return track if distrust(track) else on_kicks(track, decode_file(track.path))


def on_kicks(track: CrateTrack, audio: DecodedAudio) -> CrateTrack:
    """The track with its beats turned to run along its kicks, and how far those scatter as the grid's residual.

    Only a drift from one cue point to the other is mended: how much later than its beat a kick of a given shape seems
    depends on the detector (1-5 ms), and the analysis knows the phase better. Where kicks scatter they are likely bass
    notes, so that the beats stay where they are; where there are too few, nothing changes.
    """
    if not len(track.grid.beats):
        return track
    rise, rate = kick_band_rise(audio.mono, audio.sample_rate)
    reach = WINDOW_BARS * BEATS_PER_BAR * track.grid.period
    cues = (track.mix_in, max(track.mix_in, min(track.mix_out, track.seconds - reach)))
    found = [hear_kicks(rise, rate, track.grid.beats, cue, cue + reach) for cue in cues]
    heard = [evidence for evidence in found if evidence.kicks >= FEWEST_KICKS]
    if not heard:
        return track
    scatter = max(evidence.scatter_ms for evidence in heard)
    beats = track.grid.beats
    sharp = [e for e in heard if e.scatter_ms <= SHARP_MS and abs(e.offset_seconds) <= LARGEST_CORRECTION_SECONDS]
    if len(sharp) == len(cues):
        middle = float(np.mean([e.offset_seconds for e in sharp]))
        beats = beats + np.interp(beats, [e.at for e in sharp], [e.offset_seconds - middle for e in sharp])
    # a beat stays within the track even where its kick would come before the first sample
    grid = replace(track.grid, beats=np.maximum(beats, 0.0), residual_ms=scatter)
    return replace(track, grid=grid)


def kick_band_rise(mono: NDArray[np.float32], sample_rate: int) -> tuple[Floats, float]:
    """How steeply the level of the kick band rises, >= 0, and the rate of these values in Hz."""
    from scipy.signal import butter, resample_poly, sosfiltfilt

    factor = max(1, round(sample_rate / ENVELOPE_RATE_HZ))
    rate = sample_rate / factor
    slow = resample_poly(mono.astype(np.float64), 1, factor)
    band = sosfiltfilt(butter(2, KICK_BAND_HZ, "bandpass", fs=rate, output="sos"), slow)
    window = np.hanning(2 * round(_SMOOTHING_SECONDS * rate) + 1)
    level = np.sqrt(np.convolve(np.square(band), window / window.sum(), "same"))
    return np.maximum(np.gradient(level), 0.0), rate


def hear_kicks(rise: Floats, rate: float, beats: Floats, start: float, end: float) -> KickEvidence:
    """Compare kicks with the grid from ``start`` to ``end`` seconds; no kicks give zeros."""
    nothing = KickEvidence((start + end) / 2, 0.0, 0.0, 0)
    reach = round(SEARCH_SECONDS * rate)
    centres = np.round(beats[(beats >= start) & (beats < end)] * rate).astype(np.int64)
    centres = centres[(centres >= reach) & (centres < len(rise) - reach - 1)]
    if len(centres) < FEWEST_KICKS:
        return nothing
    windows = rise[centres[:, None] + np.arange(-reach, reach + 1)]
    heights = windows.max(axis=1)
    present = heights > PRESENT_SHARE * np.percentile(heights, 75)
    if present.sum() < FEWEST_KICKS:
        return nothing
    common = int(windows[present].mean(axis=0).argmax())
    near = round(NEIGHBOURHOOD_SECONDS * rate)
    low = max(0, common - near)
    tops = windows[present, low : common + near + 1].argmax(axis=1) + low
    exact = beats[(beats >= start) & (beats < end)]
    exact = exact[(np.round(exact * rate) >= reach) & (np.round(exact * rate) < len(rise) - reach - 1)][present]
    offsets = (centres[present] + tops - reach) / rate - exact
    middle = float(np.median(offsets))
    scatter = 1000 * float(np.percentile(np.abs(offsets - middle), 90))
    return KickEvidence(float(exact.mean()), middle, scatter, int(present.sum()))
