"""The backtest of breakouts: its design on known answers, and that the score knows nothing of the future."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from bench.breakout_backtest import average_precision, baselines, breakout_scores, cases, judged, precision_at
from bench.movers import HISTORY, load_history, read_history
from resources.warehouse import Warehouse


def test_precision_takes_ties_in_random_order() -> None:
    scores = np.array([3.0, 2.0, 2.0, 1.0])
    assert precision_at(1, scores, np.array([True, False, False, False])) == 1
    assert precision_at(2, scores, np.array([True, True, False, False])) == 0.75
    assert precision_at(9, scores, np.array([True, False, False, False])) == 0.25


@given(
    st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1).filter(lambda pairs: any(hit for _, hit in pairs))
)
def test_average_precision_agrees_with_scikit_learn(pairs: list[tuple[int, bool]]) -> None:
    scores, labels = np.array([float(score) for score, _ in pairs]), np.array([hit for _, hit in pairs])
    assert average_precision(scores, labels) == pytest.approx(average_precision_score(labels, scores))


def chart(artist: str, ranks: dict[int, int]) -> list[tuple[str, dt.date, int]]:
    """Ranks of an artist by week after the first Saturday of 2020."""
    return [(artist, dt.date(2020, 1, 4) + dt.timedelta(weeks=week), rank) for week, rank in ranks.items()]


def test_cases_are_new_artists_with_a_whole_year_behind_them() -> None:
    rows = [
        *chart("riser", {10: 80, 11: 60, 12: 50, 13: 40, 20: 8}),
        *chart("riser", {12: 90}),  # a second track: the better one counts
        *chart("late", {10: 80, 13 + 53: 5}),  # a week too late
        *chart("gone", {10: 90, 11: 95}),
        *chart("open", {100: 50, 101: 40}),  # its 52 weeks are not over
        *chart("other year", {60: 50}),
        *chart("clock", dict.fromkeys(range(150), 100)),
    ]
    table = cases(pd.DataFrame(rows, columns=["artist_key", "chart_date", "position"]), 2020, 2020)
    assert set(table.index) == {"riser", "late", "gone", "clock"}
    riser = table.loc["riser"]
    assert list(riser[["r0", "r1", "r2", "r3", "best", "later"]]) == [80, 60, 50, 40, 40, 8]
    assert riser["decision"] == dt.date(2020, 1, 4) + dt.timedelta(weeks=13)
    assert np.isnan(table.loc["late", "later"])
    rankings = baselines(table)
    assert rankings.loc["riser"].tolist() == pytest.approx(
        [-80, -40, 1 - np.log(40) / np.log(101), *_slope([80, 60, 50, 40])], abs=1e-9
    )
    assert rankings.loc["gone", "size"] == 0
    assert rankings.loc["gone", "slope"] < 0


def _slope(ranks: list[int]) -> tuple[float, float]:
    strength = 1 - np.log(ranks) / np.log(101)
    slope = float(np.polyfit([-3, -2, -1, 0], strength, 1)[0])
    return slope, float(strength[-1] + 3 * slope)


def test_shuffled_labels_are_worth_the_base_rate() -> None:
    dice = np.random.default_rng(1)
    labels = dice.random(2000) < 0.13
    figures = judged(pd.DataFrame({"noise": dice.random(2000), "oracle": labels.astype(float)}), labels, "")
    assert figures["p_at_50.oracle"] == 1
    assert figures["p_at_50_low.noise"] <= figures["base_rate"] <= figures["p_at_50_high.noise"]
    assert figures["p_at_50.random"] == pytest.approx(figures["base_rate"], abs=0.02)
    assert figures["n"] == 2000


def test_the_score_reads_no_later_chart(warehouse: Warehouse, shared: Path) -> None:
    history = read_history(shared / "data" / HISTORY, since=dt.date(2021, 1, 1))
    day = dt.date(2023, 5, 20)
    load_history(warehouse, history)
    knowing = breakout_scores(warehouse, [day])
    assert len(knowing) > 50
    assert knowing["score"].max() > 0.5
    load_history(warehouse, history[history["chart_date"] <= day])
    assert breakout_scores(warehouse, [day]).equals(knowing)
