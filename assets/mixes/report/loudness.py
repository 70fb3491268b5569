"""Gates 7 and 9: does the level jump at a transition, and is the whole as loud as asked?

Belongs here: comparing loudness figures. Does not belong here: measuring them (``meter``).

Music changes in level by itself, from a breakdown to a drop for instance; the plan means it to. So a jump is what
remains when the sources' own change is taken off: how far the three seconds on either side lie from the integrated
loudness of the whole source they come from.
"""

import numpy as np

from assets.mixes.mix_plan import PlannedTrack
from assets.mixes.report.audio import Sources, TransitionAudio, to_track_seconds
from assets.mixes.report.gates import INTEGRATED_LOUDNESS, LOUDNESS_JUMP, WHOLE_MIX, GateResult
from assets.mixes.report.meter import EnergyTrack, energy_track, to_lufs

SHORT_TERM_SECONDS = 3.0
"""EBU Tech 3341: short-term loudness."""
_INAUDIBLE_LUFS = -70.0


def loudness_jump(transition: TransitionAudio, mix: EnergyTrack, sources: Sources) -> GateResult:
    """Judge gate 7 of one transition."""
    start, end = transition.start, transition.end
    before, after = (start - SHORT_TERM_SECONDS, start), (end, end + SHORT_TERM_SECONDS)
    heard = [mix.lufs_between(*window) for window in (before, after)]
    own = [
        _above_own_loudness(sources, track, window)
        for track, window in ((transition.outgoing, before), (transition.incoming, after))
    ]
    if min(*heard, *own) < _INAUDIBLE_LUFS:
        reason = "one side of the transition is all but silent, so there is no level to compare"
        return LOUDNESS_JUMP.unmeasured(transition.number, reason)
    jump = (heard[1] - heard[0]) - (own[1] - own[0])
    middle = _midpoint(transition, mix)
    figures = {
        "jump_lu": abs(jump),
        "midpoint_lu": abs(middle),
        "before_lufs": heard[0],
        "mid_lufs": mix.short_term_lufs((start + end) / 2),
        "after_lufs": heard[1],
    }
    detail = f"{jump:+.1f} LU from before to after beyond the music's own change, {middle:+.1f} LU at the midpoint"
    return LOUDNESS_JUMP.result(transition.number, figures, detail)


def integrated_loudness(mix: EnergyTrack, target_lufs: float) -> GateResult:
    """Judge gate 9: BS.1770-4 integrated loudness of the whole file."""
    measured = mix.integrated_lufs()
    if not np.isfinite(measured):
        return INTEGRATED_LOUDNESS.unmeasured(WHOLE_MIX, "the mix is silent", "fail")
    figures = {"deviation_lu": abs(measured - target_lufs), "integrated_lufs": measured}
    return INTEGRATED_LOUDNESS.result(WHOLE_MIX, figures, f"{measured:.2f} LUFS where {target_lufs:.1f} was asked")


def _above_own_loudness(sources: Sources, track: PlannedTrack, window: tuple[float, float]) -> float:
    energy = sources.energy(track)
    start, end = (to_track_seconds(track, at) for at in window)
    return energy.lufs_between(start, end) - energy.integrated_lufs()


def _midpoint(transition: TransitionAudio, mix: EnergyTrack) -> float:
    """Level at the midpoint over what two equal-power faders would give: the mean power of both decks; 0 for a cut."""
    start, end = transition.start, transition.end
    if end - start < SHORT_TERM_SECONDS:
        return 0.0
    middle = (start + end) / 2
    powers = []
    for name in ("deck_a", "deck_b"):
        file, offset = transition.bus(name)
        first, last = (round((at - offset) * file.sample_rate) for at in (middle - 2.5, middle + 1.5))
        # the first second only settles the filters
        powers.append(energy_track([file.read(first, last)], file.sample_rate).energy[100:].mean())
    heard = mix.lufs_between(middle - SHORT_TERM_SECONDS / 2, middle + SHORT_TERM_SECONDS / 2)
    return float(heard - float(to_lufs(float(np.mean(powers)))))
