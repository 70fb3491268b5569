"""Backtest of the breakout score: which new artists of the Hot 100 reach its top, told four weeks after their entry.

    python -m bench.breakout_backtest [--set DIR] [--first 2012] [--last 2024] [--json]

The recorded history is loaded into ``industry.chart_snapshots``; ``sql/transforms/chart_movers.sql`` computes the
movers of every week in which a decision falls, as of that day: it reads no chart dated after it.
A case is an artist in the fourth week after the first entry ever; its label is whether a track of the artist reaches
the Top 10 (or the Top 40) within the following 52 weeks, for artists that have not done so yet. ``ours`` is
``chart_movers.breakout_score``; the other rankings are those of ../shared/research/analytics.md 2.3, computed from the
snapshots up to the decision. Ties are broken at random: P@k is its expectation over all orders.

The percentile is one among the last 8 charts because within a single chart the best of every week tie (P@50 on artists
of 1992-2011: 0.685 before, 0.700 after). Tried and left out on the same years: slopes weighted 0.6^k, square roots in
place of logarithms, counts of climbing weeks, the chart's own drift, the number of tracks, guests on the credit,
logistic regression on all of these. What they won there they did not win in the held-out years too.

Belongs here: the design of the experiment. Does not belong here: the score (``sql/transforms/chart_movers.sql``).
"""

import argparse
import json
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.movers import HISTORY, load_history, read_history
from resources import postgres_server
from resources.database_url import warehouse_url
from resources.migrate import migrate
from resources.warehouse import Warehouse

DECISION_WEEKS: Final = 3
"""Weeks from the first chart to the decision, which therefore sees four charts."""

HORIZON_DAYS: Final = 364
"""How long a case may take to reach the top: 52 weeks."""

CHART_LENGTH: Final = 100
SLOPE_WEIGHT: Final = 3
"""Of the weekly slope in the row to beat (analytics.md 2.3)."""

DRAWS: Final = 200
"""Random orders and bootstrap samples."""

TARGETS: Final = {"": 10, "_top40": 40}
"""Suffix of the figures' names -> rank that counts as reached."""

WORKERS: Final = 2

Figures = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]


def precision_at(k: int, scores: Figures, labels: Labels) -> float:
    """Return the expected share of positives among the k highest scores, ties in random order.

    Args:
        k: how many are chosen; all of them where there are fewer.
        scores: shape (n,), higher is better.
        labels: shape (n,).
    """
    k = min(k, len(scores))
    cut = np.sort(scores)[-k]
    above, tied = scores > cut, scores == cut
    share = (k - above.sum()) / tied.sum()
    return float((labels[above].sum() + share * labels[tied].sum()) / k)


def average_precision(scores: Figures, labels: Labels) -> float:
    """Return the average precision (area under precision over recall), tied scores taken as one step."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    hits = np.cumsum(labels[order])[ends]
    gained = np.diff(hits, prepend=0)
    return float((gained * hits / (ends + 1)).sum() / labels.sum())


def cases(history: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Return the artists that first entered in some years and whose 52 weeks are all in the history.

    Args:
        history: columns artist_key, chart_date, position.
        first: first year of entry.
        last: last year of entry.

    Returns:
        One row per artist (index artist_key): entry and decision (dates), r0..r3 (best rank in each of the first four
        weeks, NaN off the chart), best (up to the decision), later (best in the 52 weeks after it, NaN: never).
    """
    ranks = history.groupby(["artist_key", "chart_date"], as_index=False)["position"].min()
    ranks["chart_date"] = pd.to_datetime(ranks["chart_date"])
    ranks["entry"] = ranks.groupby("artist_key")["chart_date"].transform("min")
    ranks["age"] = (ranks["chart_date"] - ranks["entry"]).dt.days
    decision = 7 * DECISION_WEEKS
    complete = ranks["entry"] + timedelta(days=decision + HORIZON_DAYS) <= ranks["chart_date"].max()
    chosen = ranks[complete & ranks["entry"].dt.year.between(first, last) & (ranks["age"] <= decision + HORIZON_DAYS)]
    early = chosen[chosen["age"] <= decision].pivot_table(index="artist_key", columns="age", values="position")
    early = early.reindex(columns=range(0, decision + 1, 7)).set_axis([f"r{week}" for week in range(4)], axis=1)
    table: pd.DataFrame = early.assign(best=early.min(axis=1), entry=chosen.groupby("artist_key")["entry"].first())
    table["decision"] = (table["entry"] + timedelta(days=decision)).dt.date
    later = chosen[chosen["age"] > decision].groupby("artist_key")["position"].min()
    table["later"] = later.reindex(table.index)
    return table


def baselines(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rankings that ours is held against, one column each, higher is better."""
    ranks = table[["r0", "r1", "r2", "r3"]].to_numpy(dtype=float)
    strength = 1 - np.log(ranks) / np.log(CHART_LENGTH + 1)  # off the chart: 0
    filled = np.nan_to_num(strength)
    slope = filled @ np.array([-1.5, -0.5, 0.5, 1.5]) / 5  # least squares over weeks -3..0
    size = filled[:, -1]
    columns = {
        "debut": -ranks[:, 0],
        "best_rank": -table["best"].to_numpy(dtype=float),
        "size": size,
        "slope": slope,
        "strength_slope": size + SLOPE_WEIGHT * slope,
    }
    return pd.DataFrame(columns, index=table.index)


def breakout_scores(warehouse: Warehouse, decisions: list[date]) -> pd.DataFrame:
    """Compute the movers of every day and return the best score of each artist on it: day, artist_key, score."""
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda day: warehouse.run("transforms/chart_movers.sql", {"day": day}), decisions))
    return warehouse.frame(
        "SELECT day, artist_key, max(breakout_score) AS score FROM industry.chart_movers"
        " WHERE window_days = 7 AND breakout_score IS NOT NULL GROUP BY day, artist_key"
    )


def measure(warehouse: Warehouse, history: pd.DataFrame, first: int, last: int) -> dict[str, float]:
    """Run the backtest on an empty warehouse and return its figures."""
    load_history(warehouse, history)
    warehouse.execute("ANALYZE industry.chart_snapshots")
    table = cases(history, first, last)
    scores = breakout_scores(warehouse, sorted(set(table["decision"])))
    known = scores.set_index(["artist_key", "day"])["score"]
    ours = known.reindex(pd.MultiIndex.from_arrays([table.index, table["decision"]])).fillna(-1.0).to_numpy(dtype=float)
    rankings = baselines(table).assign(ours=ours)
    figures: dict[str, float] = {}
    for suffix, rank in TARGETS.items():
        open_cases = (table["best"] > rank).to_numpy()
        reached = (table["later"] <= rank).to_numpy()[open_cases]
        figures |= judged(rankings[open_cases], reached, suffix)
    return figures


def judged(rankings: pd.DataFrame, labels: Labels, suffix: str) -> dict[str, float]:
    """Return base rate, precision at 50 with its bootstrap interval, and average precision of each ranking."""
    dice = np.random.default_rng(0)
    size = len(labels)
    samples = dice.integers(size, size=(DRAWS, size))
    shuffled = [precision_at(50, dice.random(size), labels) for _ in range(DRAWS)]
    figures = {
        f"n{suffix}": size,
        f"base_rate{suffix}": round(float(labels.mean()), 3),
        f"p_at_50{suffix}.random": round(float(np.mean(shuffled)), 3),
    }
    for name in rankings:
        values = rankings[name].to_numpy(dtype=float)
        spread = [precision_at(50, values[sample], labels[sample]) for sample in samples]
        low, high = np.quantile(spread, [0.025, 0.975])
        figures |= {
            f"p_at_50{suffix}.{name}": round(precision_at(50, values, labels), 3),
            f"p_at_50_low{suffix}.{name}": round(float(low), 3),
            f"p_at_50_high{suffix}.{name}": round(float(high), 3),
            f"average_precision{suffix}.{name}": round(average_precision(values, labels), 3),
        }
    return figures


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, default=Path("../shared/data"), dest="folder")
    parser.add_argument("--first", type=int, default=2012)
    parser.add_argument("--last", type=int, default=2024)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="backbeat-bench-"))
    home.chmod(0o755)
    try:
        postgres_server.start(home)
        url = warehouse_url(postgres_server.url(home))
        migrate(url)
        figures = measure(Warehouse(url), read_history(options.folder / HISTORY), options.first, options.last)
    finally:
        postgres_server.stop(home)
        shutil.rmtree(home, ignore_errors=True)
    for name, value in figures.items():
        print(f"{name:40} {value:>10}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
