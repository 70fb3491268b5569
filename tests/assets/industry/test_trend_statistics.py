"""The test behind trends: known answers, and counts drawn from known distributions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from assets.industry.trend_statistics import (
    LEAST_OCCURRENCES,
    benjamini_hochberg,
    dispersion,
    gamma_prior,
    rising_features,
)

OUTLETS = 6
WORDS = 1500
BURST = "burst"


def drawn(seed: int, louder: int | None = None, burst: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts of 13 weeks of headlines of six outlets with interests of their own, which shift from week to week.

    Args:
        seed: of the draw.
        louder: an outlet that brings twice as much in the last week.
        burst: headlines about one new thing in the last week, in each of three outlets.
    """
    dice = np.random.default_rng(seed)
    usual = 1 / np.arange(1, WORDS + 1) ** 1.05
    rows, brought = [], []
    for outlet in range(OUTLETS):
        interests = usual + usual[dice.permutation(WORDS)]
        for weeks_ago in range(13):
            size = dice.poisson(40 * (1 + outlet / 3)) * (2 if louder == outlet and weeks_ago == 0 else 1)
            shares = interests * dice.gamma(4, 0.25, WORDS)
            words = dice.choice(WORDS, size=(size, 7), p=shares / shares.sum())
            found, times = np.unique(np.concatenate([np.unique(line) for line in words]), return_counts=True)
            brought.append((f"outlet-{outlet}", weeks_ago, size))
            rows += [
                (str(word), f"outlet-{outlet}", weeks_ago, count) for word, count in zip(found, times, strict=True)
            ]
            if burst and weeks_ago == 0 and outlet < 3:
                rows.append((BURST, f"outlet-{outlet}", 0, burst))
    counts = pd.DataFrame(rows, columns=["feature", "source", "weeks_ago", "occurrences"]).assign(kind="term")
    counts["vocabulary"] = counts["feature"].nunique()
    often = counts.groupby("feature")["occurrences"].transform("sum") >= LEAST_OCCURRENCES
    return counts[often], pd.DataFrame(brought, columns=["source", "weeks_ago", "documents"])


@given(st.integers(0, 10_000), st.integers(0, OUTLETS - 1))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_doubling_one_outlet_fires_no_trend(seed: int, louder: int) -> None:
    assert rising_features(*drawn(seed, louder)).empty


@given(st.integers(0, 10_000), st.one_of(st.none(), st.integers(0, OUTLETS - 1)))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_what_several_outlets_suddenly_tell_rises_whoever_grows_louder(seed: int, louder: int | None) -> None:
    rising = rising_features(*drawn(seed, louder, burst=4))
    assert list(rising["feature"]) == [BURST]
    (row,) = rising.to_dict("records")
    assert (row["observed"], row["sources"]) == (12, 3)
    assert row["expected"] < 1
    assert row["growth"] > np.log(2)
    assert row["p_value"] <= row["q_value"] < 0.01
    assert rising.attrs["baseline_weeks"] == 12


def test_what_one_outlet_tells_alone_is_no_trend() -> None:
    counts, brought = drawn(1, burst=12)
    alone = counts[(counts["feature"] != BURST) | (counts["source"] == "outlet-0")]
    assert BURST not in set(rising_features(alone, brought)["feature"])


def test_an_outlet_that_stops_lets_nothing_rise_or_break() -> None:
    counts, brought = drawn(2)
    gone = "outlet-5"
    rising = rising_features(
        counts[(counts["source"] != gone) | (counts["weeks_ago"] > 0)],
        brought[(brought["source"] != gone) | (brought["weeks_ago"] > 0)],
    )
    assert rising.empty


@pytest.mark.parametrize("weeks", [0, 3])
def test_a_short_history_tests_nothing(weeks: int) -> None:
    counts, brought = drawn(3, burst=6)
    rising = rising_features(counts[counts["weeks_ago"] <= weeks], brought[brought["weeks_ago"] <= weeks])
    assert rising.empty
    assert rising.attrs["features_tested"] == 0


def test_nothing_at_all_is_no_trend() -> None:
    counts, brought = drawn(3)
    assert rising_features(counts.head(0), brought.head(0)).empty


def test_a_chart_artist_needs_no_second_chart() -> None:
    rows = [
        ("chart_artist", f"a{rank}", "chart:x", week, 1)
        for week in range(1, 13)
        for rank in range(week * 7, week * 7 + 8)
    ]
    rows += [("chart_artist", f"a{rank}", "chart:x", 0, 1) for rank in range(5)] + [
        ("chart_artist", "new", "chart:x", 0, 9)
    ]
    counts = pd.DataFrame(rows, columns=["kind", "feature", "source", "weeks_ago", "occurrences"]).assign(
        vocabulary=100
    )
    brought = pd.DataFrame([("chart:x", week, 100) for week in range(13)], columns=["source", "weeks_ago", "documents"])
    assert list(rising_features(counts, brought)["feature"]) == ["new"]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 20))
def test_adjustment_agrees_with_scipy_where_the_rest_did_not_show(p_values: list[float], others: int) -> None:
    ours = benjamini_hochberg(np.array(p_values), len(p_values) + others)
    theirs = false_discovery_control(p_values + [1.0] * others)[: len(p_values)]
    assert ours == pytest.approx(theirs)


def test_prior_and_dispersion_are_those_that_counts_were_drawn_from() -> None:
    dice = np.random.default_rng(0)
    rates = dice.gamma(2.0, 1 / 4.0, 40_000)
    k = 3.0
    weekly = dice.negative_binomial(k, k / (k + rates[:, None]), size=(40_000, 12)).astype(float)
    a, b = gamma_prior(weekly.sum(axis=1), np.full(40_000, 12.0))
    assert (a, b) == pytest.approx((2.0, 4.0), rel=0.15)
    expected = np.repeat(weekly.mean(axis=1, keepdims=True), 12, axis=1)
    assert dispersion(weekly, expected) == pytest.approx(k, rel=0.25)
    assert dispersion(np.full((5, 12), 2.0), np.full((5, 12), 2.0)) == 100.0
