"""Which tracks in which order: the search.

Belongs here: an order problem as arrays, and its solution: exact for small sets, beam and local search beyond. Does
not belong here: what makes the arrays (``assets.mixes.planner``) or cue points (``assets.mixes.set_cut``).

The problem is an open path with costs that depend on place: with A[i, j] the worth of j after i, B[k, i] that of track
i in place k, and a penalty for each artist heard again too soon, maximise the sum over the path. Without the penalty
dynamic programming over subsets is exact; with it, the same table is an upper bound of what any beginning can still
gain, and branch and bound under that bound is exact again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

ARTIST_GAP = 5
"""An artist heard again within this many places is penalised."""
EXACT_TRACKS = 12
"""Largest candidate set that is solved exactly: the table has 2^n n entries."""
_NODES = 200_000
"""Branches after which the exact search gives up (sets full of one artist make its bound useless)."""
BEAM_WIDTH = 200
_RESTARTS = 30
_ROUNDS = 60
_REPLACEMENTS = 40
"""Candidates tried in each place by the local search."""
_EPSILON = 1e-12


@dataclass(frozen=True, eq=False)
class OrderProblem:
    """Choose ``places`` of n tracks and order them.

    Attributes:
        pair: shape (n, n), worth of column after row.
        place: shape (places, n), worth of a track in a place.
        artists: shape (n,), code of the artist; negative: unknown, never a repeat.
        repeat_penalty: taken off for each track whose artist was heard in the ``ARTIST_GAP - 1`` places before.
        required: indices that have to be in the order.
        first: index that opens, or None.
        last: index that closes, or None.
    """

    pair: Floats
    place: Floats
    artists: Index
    repeat_penalty: float
    required: frozenset[int]
    first: int | None
    last: int | None

    @property
    def places(self) -> int:
        """Length of the order."""
        return len(self.place)

    @property
    def tracks(self) -> int:
        """Number of candidates."""
        return len(self.pair)

    @property
    def forced(self) -> frozenset[int]:
        """Everything that has to be in the order."""
        return self.required | {i for i in (self.first, self.last) if i is not None}

    def worth(self, orders: Index) -> Floats:
        """Objective of each order; ``orders`` has shape (m, places)."""
        total = self.place[np.arange(self.places), orders].sum(axis=1)
        total += self.pair[orders[:, :-1], orders[:, 1:]].sum(axis=1)
        artists = self.artists[orders]
        repeats = np.zeros(orders.shape, bool)
        for gap in range(1, min(ARTIST_GAP, self.places)):
            repeats[:, gap:] |= (artists[:, gap:] == artists[:, :-gap]) & (artists[:, gap:] >= 0)
        return np.asarray(total - self.repeat_penalty * repeats.sum(axis=1))

    def allowed(self, orders: Index) -> NDArray[np.bool_]:
        """Which orders meet ``first``, ``last`` and ``required``; shape (m,)."""
        good = np.ones(len(orders), bool)
        for track, place in ((self.first, 0), (self.last, -1)):
            if track is not None:
                good &= orders[:, place] == track
        for track in self.required:
            good &= (orders == track).any(axis=1)
        return good


@dataclass(frozen=True)
class OrderSolution:
    """An order, its worth, that of the greedy order, and whether it is proven best."""

    order: tuple[int, ...]
    worth: float
    greedy_worth: float
    exact: bool


def solve(problem: OrderProblem, seed: int = 0) -> OrderSolution:
    """Find the best order: proven for small sets, else never worse than greedy. Same seed, same order."""
    greedy = _beam(problem, 1)
    greedy_worth = float(problem.worth(greedy[None])[0])
    best, worth = _local_search(problem, _beam(problem, BEAM_WIDTH), seed)
    if greedy_worth > worth:
        best, worth = greedy, greedy_worth
    exact = False
    if problem.tracks <= EXACT_TRACKS:
        best, worth, exact = _branch_and_bound(problem, best, worth)
    return OrderSolution(tuple(int(i) for i in best), worth, greedy_worth, exact)


def _beam(problem: OrderProblem, width: int) -> Index:
    """Beam search; with width 1 it is the greedy order."""
    forced = np.zeros(problem.tracks, bool)
    forced[list(problem.forced)] = True
    paths = np.zeros((1, 0), np.int64)
    used = np.zeros((1, problem.tracks), bool)
    worth = np.zeros(1)
    for place in range(problem.places):
        gain = np.broadcast_to(problem.place[place], used.shape).copy()
        if place:
            gain += problem.pair[paths[:, -1]]
            recent = problem.artists[paths[:, -(ARTIST_GAP - 1) :]]
            heard = (recent[:, :, None] == problem.artists[None, None, :]) & (problem.artists >= 0)
            gain -= problem.repeat_penalty * heard.any(axis=1)
        gain[used] = -np.inf
        _restrict(problem, gain, used, forced, place)
        total = (worth[:, None] + gain).ravel()
        count = min(width, int(np.isfinite(total).sum()))
        floor = np.partition(total, total.size - count)[total.size - count]
        candidates = np.flatnonzero(total >= floor)
        best = candidates[np.lexsort((candidates, -total[candidates]))][:count]
        rows, tracks = np.divmod(best, problem.tracks)
        paths = np.hstack([paths[rows], tracks[:, None]])
        used = used[rows]
        used[np.arange(count), tracks] = True
        worth = total[best]
    return np.asarray(paths[0])


def _restrict(
    problem: OrderProblem, gain: Floats, used: NDArray[np.bool_], forced: NDArray[np.bool_], place: int
) -> None:
    """Rule out, in place, what would leave first, last or a required track without room."""
    ends_here = place == problem.places - 1
    if problem.first is not None and place == 0:
        gain[:, np.arange(problem.tracks) != problem.first] = -np.inf
        return
    if problem.last is not None:
        if ends_here:
            gain[:, np.arange(problem.tracks) != problem.last] = -np.inf
            return
        gain[:, problem.last] = -np.inf
    missing = (forced & ~used).sum(axis=1)
    full = missing >= problem.places - place
    gain[np.ix_(full, ~forced)] = -np.inf


@cache
def _moves(n: int) -> Index:
    """Rearrangements of n places one move away, shape (m, n): swaps, reversals, moves of one track."""
    i, j = np.triu_indices(n, 1)
    rows, place = np.arange(len(i)), np.arange(n)
    swaps = np.tile(place, (len(i), 1))
    swaps[rows, i], swaps[rows, j] = j, i
    inside = (place >= i[:, None]) & (place <= j[:, None])
    reversals = np.where(inside, i[:, None] + j[:, None] - place, place)
    moved = [np.insert(np.delete(place, a), b, a) for a in range(n) for b in range(n) if abs(a - b) > 1]
    return np.concatenate([swaps, reversals, np.array(moved, np.int64).reshape(-1, n)])


def _neighbours(problem: OrderProblem, order: Index) -> Iterator[Index]:
    """Orders one move away, in groups: rearrangements, then replacements by unused tracks."""
    n = len(order)
    yield order[_moves(n)]
    unused = np.setdiff1d(np.arange(problem.tracks), order)
    if not unused.size:
        return
    for at in range(n):
        worth = problem.place[at, unused].copy()
        if at:
            worth += problem.pair[order[at - 1], unused]
        if at < n - 1:
            worth += problem.pair[unused, order[at + 1]]
        best = unused[np.lexsort((unused, -worth))[:_REPLACEMENTS]]
        replaced = np.tile(order, (len(best), 1))
        replaced[:, at] = best
        yield replaced


def _climb(problem: OrderProblem, order: Index) -> tuple[Index, float]:
    worth = float(problem.worth(order[None])[0])
    for _ in range(_ROUNDS):
        best = order
        for group in _neighbours(problem, order):
            group = group[problem.allowed(group)]
            if len(group):
                values = problem.worth(group)
                top = int(values.argmax())
                if values[top] > worth + _EPSILON:
                    best, worth = group[top], float(values[top])
        if best is order:
            break
        order = best
    return order, worth


def _local_search(problem: OrderProblem, order: Index, seed: int) -> tuple[Index, float]:
    """Climb, then climb again from shaken copies of the best."""
    if problem.places < 2:
        return order, float(problem.worth(order[None])[0])
    rng = np.random.default_rng(seed)
    best, worth = _climb(problem, order)
    for _ in range(_RESTARTS):
        shaken = best.copy()
        picked = rng.choice(problem.places, size=min(int(rng.integers(3, 8)), problem.places), replace=False)
        shaken[picked] = shaken[rng.permutation(picked)]
        if problem.allowed(shaken[None])[0]:
            candidate, value = _climb(problem, shaken)
            if value > worth + _EPSILON:
                best, worth = candidate, value
    return best, worth


def _completion_bounds(problem: OrderProblem) -> Floats:
    """Most that can still be gained, penalties aside, by used set (bit mask) and latest track; shape (2^n, n)."""
    n, places = problem.tracks, problem.places
    masks = np.arange(1 << n)
    size = np.array([int(m).bit_count() for m in masks])
    bits = 1 << np.arange(n)
    bounds = np.full((1 << n, n), -np.inf)
    needed = int(bits[list(problem.forced)].sum())
    complete = (size == places) & ((masks & needed) == needed)
    bounds[complete] = 0.0
    if problem.last is not None:
        bounds[np.ix_(complete, np.arange(n) != problem.last)] = -np.inf
    for place in range(places - 1, 0, -1):
        level = masks[size == place]
        for track in range(n):
            free = level[(level & bits[track]) == 0]
            after = bounds[free | bits[track], track] + problem.place[place, track]
            bounds[free] = np.maximum(bounds[free], after[:, None] + problem.pair[:, track][None, :])
    return bounds


def _branch_and_bound(problem: OrderProblem, order: Index, worth: float) -> tuple[Index, float, bool]:
    bounds = _completion_bounds(problem)
    starts = [problem.first] if problem.first is not None else list(range(problem.tracks))
    stack: list[tuple[float, tuple[int, ...], int, float]] = sorted(
        (problem.place[0, s] + bounds[1 << s, s], (s,), 1 << s, float(problem.place[0, s])) for s in starts
    )
    nodes = 0
    while stack:
        bound, path, mask, gained = stack.pop()
        if bound <= worth + _EPSILON:
            continue
        if len(path) == problem.places:
            order, worth = np.array(path), gained
            continue
        nodes += 1
        if nodes > _NODES:
            return order, worth, False
        recent = {int(problem.artists[i]) for i in path[-(ARTIST_GAP - 1) :]}
        children = []
        for track in range(problem.tracks):
            if mask >> track & 1:
                continue
            value = gained + problem.pair[path[-1], track] + problem.place[len(path), track]
            if problem.artists[track] >= 0 and int(problem.artists[track]) in recent:
                value -= problem.repeat_penalty
            grown = mask | 1 << track
            reach = float(value + bounds[grown, track])
            if reach > worth + _EPSILON:
                children.append((reach, (*path, track), grown, float(value)))
        stack.extend(sorted(children))
    return order, worth, True
