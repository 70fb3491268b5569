"""From a request and a crate to a plan: choose, order, cut and put on the clock.

Belongs here: reading the request, the objective, and putting the parts together. Does not belong here: the search
(``assets.mixes.set_order``), cue points (``assets.mixes.set_cut``), the clock (``assets.mixes.set_clock``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assets.mixes.crate_track import CrateTrack
from assets.mixes.energy_curves import target_energy
from assets.mixes.mix_plan import Anchor, MixPlan, MixRequest, PlannedTrack, PlannedTransition
from assets.mixes.set_clock import SetClock, set_clock
from assets.mixes.set_cut import Handover, cut_set, distrust, play_seconds
from assets.mixes.set_order import OrderProblem, OrderSolution, solve
from assets.mixes.tempo_fit import LARGEST_STRETCH_PERCENT
from assets.mixes.transition_scoring import TransitionDetail, crate_features, describe_pair, score_matrix

TRANSITION_SHARE, ENERGY_SHARE = 0.6, 0.4
"""Weights of transition quality and energy fit in the objective; together 1."""
REPEAT_PENALTY = 0.5
"""Taken off the objective, over the number of tracks, for each artist heard again too soon: as much as a transition
of no quality at all."""
UNMATCHED_WORTH = 0.6
"""Share of its score that a pair is worth where one grid is not trusted, so that beats cannot be matched."""
PLAY_SECONDS = 235.0
"""Time a track plays where there is material: 60.5 minutes over 15.5 tracks, Kim et al., ISMIR 2020."""
LEAST_PLAY_SECONDS = 30.0
"""Shorter plays are a medley, not a mix."""
LARGEST_POOL = 2_000
"""Tracks the search looks at; larger crates are thinned around the crate's densest tempo."""
COMMON_LOUDNESS_LUFS = -18.0
"""Loudness every track is brought to before mixing; the whole is brought to the request's loudness afterwards."""
LARGEST_VARISPEED_PERCENT = 0.6
"""Up to this change of speed pitch may follow: 10 cents, so that two decks are never more than 21 cents apart, which
is about what is noticed in full music; varispeed has no artefacts."""
LARGEST_GAIN_DB = 20.0
"""Gain beyond this would lift the noise of a nearly silent file to music."""


class ImpossibleRequestError(ValueError):
    """No plan can meet the request; the message says why and what would help."""


Listen = Callable[[CrateTrack], CrateTrack]
"""Checks a chosen track against its audio, gives it back with a better grid (``assets.mixes.attack_check.listen``)."""


def plan(request: MixRequest, crate: Sequence[CrateTrack], listen: Listen | None = None) -> MixPlan:
    """Choose, order and cut tracks of the crate so that the set is the best the request allows.

    Args:
        request: what is wanted.
        crate: the tracks to choose from.
        listen: applied to the tracks that are chosen, before they are cut; None: the analysis is believed.

    Raises:
        ImpossibleRequestError: no plan can meet the request.
    """
    pool = _thinned(request, _playable(request, crate))
    count, notes = _track_count(request, pool)
    solution = _ordered(request, pool, count)
    tracks = [pool[i] if listen is None else listen(pool[i]) for i in solution.order]
    details = [describe_pair(a, b) for a, b in pairwise(tracks)]
    cut = cut_set(tracks, details, request.seconds)
    clock = set_clock(tracks, cut)
    return MixPlan(
        request,
        _planned_tracks(request, tracks, clock),
        tuple(_planned_transition(i, tracks, details[i], cut.handovers[i], clock) for i in range(len(details))),
        clock.tempo_map,
        clock.anchors[-1][-1].mix_seconds,
        cut.fade_seconds,
        solution.worth,
        solution.greedy_worth,
        solution.exact,
        notes,
    )


@dataclass(frozen=True)
class _Filter:
    words: str
    keep: NDArray[np.bool_]


def _playable(request: MixRequest, crate: Sequence[CrateTrack]) -> list[CrateTrack]:
    """Tracks that pass the filters, ordered by id so that the crate's order does not matter."""
    if not crate:
        raise ImpossibleRequestError("The crate is empty; add analysed tracks to it.")
    tracks = sorted({t.track_id: t for t in crate}.values(), key=lambda t: t.track_id)
    _check_names(request, {t.track_id for t in tracks})
    low, high = request.bpm_range or (0.0, np.inf)
    wanted = (request.genre or "").strip().lower()
    filters = [
        _Filter("are excluded by must_not", np.array([t.track_id not in request.must_not for t in tracks])),
        _Filter(f"are outside {low:g}-{high:g} BPM", np.array([low <= t.bpm <= high for t in tracks])),
        _Filter(f"are not {wanted}", np.array([not wanted or t.genre == wanted for t in tracks])),
        _Filter("are too short to mix", np.array([play_seconds(t) > 0 and t.bpm > 0 for t in tracks])),
    ]
    keep = np.logical_and.reduce([f.keep for f in filters])
    kept = [t for t, k in zip(tracks, keep, strict=True) if k]
    reasons = ", ".join(f"{int((~f.keep).sum())} {f.words}" for f in filters if not f.keep.all())
    if not kept:
        raise ImpossibleRequestError(f"None of the {len(tracks)} tracks can be played: {reasons}; widen the request.")
    left_out = {t.track_id for t, k in zip(tracks, keep, strict=True) if not k}
    for name in _forced_ids(request):
        if name in left_out:
            why = next(f.words for f in filters if not f.keep[[t.track_id for t in tracks].index(name)])
            raise ImpossibleRequestError(f"Track {name} has to be played but is among those that {why}.")
    return kept


def _forced_ids(request: MixRequest) -> list[str]:
    return sorted({*request.must_have, *(i for i in (request.first, request.last) if i is not None)})


def _check_names(request: MixRequest, known: set[str]) -> None:
    for name in _forced_ids(request):
        if name not in known:
            raise ImpossibleRequestError(f"Track {name} has to be played but is not in the crate; add it.")
        if name in request.must_not:
            raise ImpossibleRequestError(f"Track {name} is both demanded and excluded; drop one of the two.")
    if request.first is not None and request.first == request.last and len(known) > 1:
        raise ImpossibleRequestError(f"Track {request.first} cannot both open and close the set; name two tracks.")
    if request.seconds is not None and request.seconds < LEAST_PLAY_SECONDS:
        raise ImpossibleRequestError(
            f"A mix of {request.seconds:g} s is shorter than one track's least play of {LEAST_PLAY_SECONDS:g} s."
        )


def _thinned(request: MixRequest, tracks: list[CrateTrack]) -> list[CrateTrack]:
    """At most ``LARGEST_POOL`` tracks: those whose tempo most others can follow, and all that are demanded."""
    if len(tracks) <= LARGEST_POOL:
        return tracks
    feels = np.mod(np.log2([t.bpm for t in tracks]), 1.0)
    reach = np.log2(1 + LARGEST_STRETCH_PERCENT / 100)
    around = np.sort(np.concatenate([feels - 1, feels, feels + 1]))
    company = np.searchsorted(around, feels + reach) - np.searchsorted(around, feels - reach)
    demanded = np.isin([t.track_id for t in tracks], _forced_ids(request))
    shuffled = np.random.default_rng(request.seed).permutation(len(tracks))
    order = np.lexsort((shuffled, -company, ~demanded))[:LARGEST_POOL]
    return [tracks[i] for i in sorted(order)]


def _track_count(request: MixRequest, pool: Sequence[CrateTrack]) -> tuple[int, tuple[str, ...]]:
    """How many tracks to play, and what of the request that leaves unmet."""
    forced = len(_forced_ids(request))
    if request.seconds is None:
        return len(pool), ()
    play = np.array([play_seconds(t) for t in pool])
    usual = float(np.minimum(play, PLAY_SECONDS).mean())
    most = max(1, int(request.seconds // min(LEAST_PLAY_SECONDS, usual)))
    if forced > most:
        raise ImpossibleRequestError(
            f"{forced} demanded tracks do not fit in {request.seconds:g} s at {LEAST_PLAY_SECONDS:g} s each; "
            "allow more time or demand fewer."
        )
    count = min(max(int(np.ceil(request.seconds / usual)), forced, 1), most)
    if count <= len(pool):
        return count, ()
    return len(pool), (f"The crate holds about {play.sum():.0f} s of the {request.seconds:.0f} s asked for.",)


def _ordered(request: MixRequest, pool: Sequence[CrateTrack], count: int) -> OrderSolution:
    features = crate_features(pool)
    targets = _targets(request, count)
    fit = 1 - np.abs(np.array([t.energy for t in pool])[None, :] - targets[:, None])
    names = [t.artist.strip().lower() for t in pool]
    codes = {name: i for i, name in enumerate(sorted(set(names) - {""}))}
    index = {t.track_id: i for i, t in enumerate(pool)}
    trusted = np.array([not distrust(t) for t in pool])
    worth = np.where(trusted[:, None] & trusted[None, :], 1.0, UNMATCHED_WORTH)
    problem = OrderProblem(
        TRANSITION_SHARE * worth * score_matrix(features).score.astype(np.float64) / 100 / max(count - 1, 1),
        ENERGY_SHARE * fit / count,
        np.array([codes.get(name, -1) for name in names]),
        REPEAT_PENALTY / count,
        frozenset(index[i] for i in request.must_have),
        None if request.first is None else index[request.first],
        None if request.last is None else index[request.last],
    )
    return solve(problem, request.seed)


def _targets(request: MixRequest, count: int) -> NDArray[np.float64]:
    positions = np.linspace(0, 1, count) if count > 1 else np.array([0.5])
    return target_energy(request.curve, positions, context=request.context, plateaus=request.plateaus)


def _planned_tracks(request: MixRequest, tracks: Sequence[CrateTrack], clock: SetClock) -> tuple[PlannedTrack, ...]:
    return tuple(
        PlannedTrack(
            position,
            track.track_id,
            track.artist,
            track.title,
            anchors,
            track.key.camelot if track.key else None,
            track.bpm,
            track.energy_between(anchors[0].track_seconds, anchors[-1].track_seconds),
            float(target),
            float(np.clip(COMMON_LOUDNESS_LUFS - track.loudness_lufs, -LARGEST_GAIN_DB, LARGEST_GAIN_DB)),
            _keeps_pitch(anchors),
        )
        for position, (track, anchors, target) in enumerate(
            zip(tracks, clock.anchors, _targets(request, len(tracks)), strict=True)
        )
    )


def _keeps_pitch(anchors: Sequence[Anchor]) -> bool:
    speeds = [(b.track_seconds - a.track_seconds) / (b.mix_seconds - a.mix_seconds) for a, b in pairwise(anchors)]
    return max(abs(speed - 1) for speed in speeds) * 100 > LARGEST_VARISPEED_PERCENT


def _planned_transition(
    position: int,
    tracks: Sequence[CrateTrack],
    detail: TransitionDetail,
    handover: Handover,
    clock: SetClock,
) -> PlannedTransition:
    meeting = clock.meetings[position]
    return PlannedTransition(
        position,
        tracks[position].track_id,
        tracks[position + 1].track_id,
        handover.technique,
        handover.bars,
        handover.incoming_bars,
        handover.leave.bar,
        handover.enter.bar,
        meeting.exit_seconds,
        meeting.entry_seconds,
        meeting.mix_start,
        meeting.mix_end,
        meeting.swap,
        meeting.deck_bpm,
        handover.beats_ratio,
        meeting.stretch_out_percent,
        meeting.stretch_in_percent,
        detail.score,
        detail.key.blend,
        detail.key.effect,
        detail.key.move,
        detail.tempo.match,
        detail.energy_step,
        bool(handover.reason),
        handover.reason,
    )
