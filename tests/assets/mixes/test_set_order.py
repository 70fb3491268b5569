"""The search against brute force, and its promises on sets too large for that."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.mixes.set_order import ARTIST_GAP, OrderProblem, solve


def problem(
    rng: np.random.Generator,
    tracks: int,
    places: int,
    *,
    artists: int | None = None,
    required: frozenset[int] = frozenset(),
    first: int | None = None,
    last: int | None = None,
) -> OrderProblem:
    codes = np.full(tracks, -1) if artists is None else rng.integers(0, artists, tracks)
    worths = rng.uniform(0, 1, (tracks, tracks)), rng.uniform(0, 1, (places, tracks))
    return OrderProblem(*worths, codes, 0.7, required, first, last)


def by_hand(given_problem: OrderProblem, order: tuple[int, ...]) -> float:
    p = given_problem
    total = sum(p.place[k, i] for k, i in enumerate(order)) + sum(p.pair[a, b] for a, b in itertools.pairwise(order))
    for k, i in enumerate(order):
        recent = [p.artists[j] for j in order[max(0, k - ARTIST_GAP + 1) : k]]
        total -= p.repeat_penalty * (p.artists[i] >= 0 and p.artists[i] in recent)
    return float(total)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.booleans(), st.booleans(), st.booleans())
def test_small_sets_are_solved_exactly(seed: int, places: int, repeats: bool, fixed: bool, wanted: bool) -> None:
    rng = np.random.default_rng(seed)
    p = problem(
        rng,
        6,
        places,
        artists=2 if repeats else None,
        required=frozenset({5}) if wanted else frozenset(),
        first=2 if fixed else None,
        last=4 if fixed else None,
    )
    orders = [
        order
        for order in itertools.permutations(range(6), places)
        if (not fixed or (order[0] == 2 and order[-1] == 4)) and (not wanted or 5 in order)
    ]
    if not orders:
        return
    best = max(by_hand(p, order) for order in orders)
    solution = solve(p)
    assert solution.exact
    assert solution.worth == pytest.approx(best)
    assert by_hand(p, solution.order) == pytest.approx(best)
    assert solution.greedy_worth <= solution.worth + 1e-9


@pytest.mark.parametrize("seed", range(2))
def test_large_sets_beat_greedy_and_keep_the_rules(seed: int) -> None:
    p = problem(np.random.default_rng(seed), 60, 15, artists=20, required=frozenset({7, 33}), first=12, last=50)
    solution = solve(p, seed)
    assert solution.order[0] == 12
    assert solution.order[-1] == 50
    assert {7, 33} <= set(solution.order)
    assert len(set(solution.order)) == 15
    assert solution.worth == pytest.approx(by_hand(p, solution.order))
    assert solution.worth > solution.greedy_worth
    assert not solution.exact


def test_the_search_comes_near_the_optimum_where_that_is_known() -> None:
    """On sets small enough to know: beam and local search alone, so exactness is switched off."""
    gaps = []
    for seed in range(4):
        p = problem(np.random.default_rng(seed), 11, 11, artists=6)
        best = solve(p)
        assert best.exact
        from assets.mixes import set_order

        order, worth = set_order._local_search(p, set_order._beam(p, set_order.BEAM_WIDTH), seed)
        assert worth == pytest.approx(by_hand(p, tuple(order)))
        gaps.append(1 - worth / best.worth)
    assert max(gaps) <= 0.01


def test_same_seed_same_order() -> None:
    p = problem(np.random.default_rng(1), 40, 10, artists=30)
    assert solve(p, 5) == solve(p, 5)


def test_a_set_of_one_artist_is_still_ordered() -> None:
    p = problem(np.random.default_rng(2), 12, 12, artists=1)
    assert sorted(solve(p).order) == list(range(12))


def test_one_place() -> None:
    p = problem(np.random.default_rng(3), 9, 1)
    assert solve(p).order == (int(p.place[0].argmax()),)
