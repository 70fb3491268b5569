"""Which features of a week occur more often than history and exposure let expect.

The shrunk negative-binomial test of ../shared/research/analytics.md 2.2, which on sparse counts found true bursts at a
precision of 0.48-0.56 where percent growth had 0.06. Counts are compared with what each source brought, source by
source: a feed that doubles doubles its share of what is expected. And what the outlets write must stay significant
whichever one of them is left out: the p-value of a feature of the news is the greatest of these tests.

Belongs here: the test. Does not belong here: counting (``sql/transforms/trend_occurrences.sql``), grouping what rose
(:mod:`assets.industry.trend_groups`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import nbinom

METHOD_VERSION: Final = "nb-1"
"""Changes with every formula and constant of trends."""

BASELINE_WEEKS: Final = 12
"""Weeks that a week is compared with (analytics.md 2.2)."""

LEAST_BASELINE: Final = 4
"""Fewer weeks with data make no baseline: nothing is tested."""

SHARE_PRIOR: Final = 50.0
"""Documents of a source that the share of a feature over all sources counts for in that source's own share."""

LEAST_OCCURRENCES: Final = 3
"""A feature must occur this often in the week; rarer ones are not tested on their own but counted as tests."""

LEAST_SOURCES: Final = 2
"""Outlets that must carry a feature of the news: what one outlet tells alone is its series, not a trend."""

MAX_Q: Final = 0.05
"""False discovery rate (Benjamini and Hochberg 1995)."""

PRIOR_WEEKS: Final = (0.25, 52.0)
"""Bounds of b, the weeks of history that the prior counts for: moments of few features can give anything."""

DISPERSION: Final = (0.5, 100.0)
"""Bounds of k of the negative binomial; small = overdispersed."""

CHART_PREFIX: Final = "chart:"
"""Begins the names of sources that are charts; all others are outlets."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Prior:
    """What is typical of the features of one kind.

    Attributes:
        a: shape of the gamma distribution of weekly rates.
        b: its rate, in weeks: how much history the prior counts for.
        k: dispersion of weekly counts about their expectation.
    """

    a: float
    b: float
    k: float


def rising_features(counts: pd.DataFrame, populations: pd.DataFrame) -> pd.DataFrame:
    """Test every feature of a week against its history.

    Args:
        counts: columns kind, feature, source, weeks_ago (0 = the week itself, up to ``BASELINE_WEEKS``), occurrences,
            vocabulary (features of the kind, the rare ones included that have no row).
        populations: columns source, weeks_ago, documents: what each source brought in each week.

    Returns:
        The features that rose, most significant first: kind, feature, observed, expected, growth (log ratio), p_value,
        q_value, sources; with ``attrs`` features_tested and baseline_weeks. Empty where there is no baseline.
    """
    families = counts["source"].str.startswith(CHART_PREFIX)
    brought = populations["source"].str.startswith(CHART_PREFIX)
    tested = [
        _tested(counts[families == chart], populations[brought == chart], leave_one_out=not chart)
        for chart in (False, True)
        if (families == chart).any()
    ]
    tests = pd.concat([table for table in tested if not table.empty] or [_NO_TESTS], ignore_index=True)
    total = int(counts.groupby("kind")["vocabulary"].first().reindex(tests["kind"].unique()).sum())
    tests["q_value"] = benjamini_hochberg(tests["p_value"].to_numpy(dtype=float), total)
    charted = tests["kind"].str.startswith("chart_")
    rose = tests[
        (tests["q_value"] <= MAX_Q)
        & (tests["observed"] >= LEAST_OCCURRENCES)
        & (charted | (tests["sources"] >= LEAST_SOURCES))
    ]
    ordered = rose.sort_values(["q_value", "p_value", "kind", "feature"]).reset_index(drop=True)
    weeks = populations.loc[populations["weeks_ago"] > 0, "weeks_ago"].nunique()
    ordered.attrs = {"features_tested": total, "baseline_weeks": weeks}
    return ordered


def benjamini_hochberg(p_values: Array, total: int) -> Array:
    """Return the adjusted p-values of some tests among ``total``, those left out being taken for p = 1."""
    size = len(p_values)
    order = np.argsort(p_values)
    scaled = p_values[order] * total / np.arange(1, size + 1)
    adjusted = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    result = np.empty(size)
    result[order] = adjusted
    return result


def gamma_prior(baseline: Array, expected_weeks: Array) -> tuple[float, float]:
    """Fit the gamma distribution of weekly rates by moments.

    Args:
        baseline: occurrences of each feature in all weeks of the baseline, shape (n,).
        expected_weeks: exposure of each, in weeks, shape (n,).

    Returns:
        Shape a and rate b (weeks).
    """
    rates = baseline / expected_weeks
    mean = max(float(rates.mean()), 1e-3)
    beyond_chance = max(float(rates.var() - (mean / expected_weeks).mean()), 1e-9)
    b = float(np.clip(mean / beyond_chance, *PRIOR_WEEKS))
    return mean * b, b


def dispersion(weekly: Array, expected: Array) -> float:
    """Return k of the negative binomial, pooled over features by moments: variance = m + m^2 / k.

    Args:
        weekly: occurrences by feature and week, shape (n, weeks).
        expected: the same under each feature's mean rate.
    """
    weeks = weekly.shape[1]
    excess = float((((weekly - expected) ** 2) * weeks / max(weeks - 1, 1) - expected).sum())
    squares = float((expected**2).sum())
    return float(np.clip(squares / excess, *DISPERSION)) if excess > 0 else DISPERSION[1]


@dataclass(frozen=True)
class _Occurrences:
    """Occurrences of some features by source and week, the week itself first, with what the sources brought.

    Attributes:
        held: shape (features, sources, weeks).
        documents: shape (sources, weeks).
    """

    held: npt.NDArray[np.float32]
    documents: Array

    def only(self, rows: npt.NDArray[np.intp]) -> "_Occurrences":
        """Return some features."""
        return _Occurrences(self.held[rows], self.documents)

    def without(self, source: int) -> "_Occurrences":
        """Leave a source out."""
        return _Occurrences(np.delete(self.held, source, axis=1), np.delete(self.documents, source, axis=0))

    @property
    def weekly(self) -> Array:
        """Occurrences by feature and week."""
        total: Array = self.held.sum(axis=1, dtype=np.float64)
        return total

    @property
    def exposure(self) -> Array:
        """Exposure of each feature in each week, 1 being its mean over the baseline: shape (features, weeks).

        A feature is exposed to a source by the share of that source's past documents that hold it, drawn towards its
        share over all sources.
        """
        past, volumes = self.held[:, :, 1:].sum(axis=2), self.documents[:, 1:].sum(axis=1)
        overall = (past.sum(axis=1, keepdims=True) + 0.5) / volumes.sum()
        shares = (past + SHARE_PRIOR * overall) / (volumes + SHARE_PRIOR)
        exposed = shares @ self.documents
        exposure: Array = exposed / exposed[:, 1:].mean(axis=1, keepdims=True)
        return exposure


def _tested(counts: pd.DataFrame, populations: pd.DataFrame, *, leave_one_out: bool) -> pd.DataFrame:
    """Test the features of one family of sources: outlets, or charts."""
    brought = populations.pivot_table(index="source", columns="weeks_ago", values="documents", fill_value=0)
    weeks = sorted(int(week) for week in populations["weeks_ago"].unique())
    if len(weeks) <= LEAST_BASELINE or weeks[0] != 0:
        return _NO_TESTS
    features, names = pd.factorize(pd.MultiIndex.from_frame(counts[["kind", "feature"]]))
    held = np.zeros((len(names), len(brought), len(weeks)), dtype=np.float32)
    sources, ages = pd.Index(counts["source"]), pd.Index(counts["weeks_ago"])
    places = features, brought.index.get_indexer(sources), pd.Index(weeks).get_indexer(ages)
    np.add.at(held, places, counts["occurrences"].to_numpy(dtype=np.float32))
    every = _Occurrences(held, brought[weeks].to_numpy(dtype=float))
    table = pd.DataFrame(list(names), columns=["kind", "feature"])
    table["observed"] = every.weekly[:, 0].astype(int)
    table["sources"] = (held[:, :, 0] > 0).sum(axis=1)
    tests = [
        _kind_tests(every.only(group.index.to_numpy()), leave_one_out).set_index(group.index)
        for _, group in table.groupby("kind")
    ]
    return table.join(pd.concat(tests))


def _kind_tests(occurrences: _Occurrences, leave_one_out: bool) -> pd.DataFrame:
    """Return expected, growth and p_value of the features of one kind."""
    weekly, exposure = occurrences.weekly, occurrences.exposure
    baseline, exposed = weekly[:, 1:].sum(axis=1), exposure[:, 1:].sum(axis=1)
    a, b = gamma_prior(baseline, exposed)
    k = dispersion(weekly[:, 1:], (baseline / exposed)[:, None] * exposure[:, 1:])
    expected = _expected(occurrences, a, b)
    observed = weekly[:, 0]
    p_value = _upper_tail(observed, expected, k)
    if leave_one_out:
        doubtful = np.flatnonzero((p_value <= MAX_Q) & (observed >= LEAST_OCCURRENCES))
        for source in range(len(occurrences.documents)):
            rest = occurrences.only(doubtful).without(source)
            if not rest.documents[:, 1:].any():
                continue
            # the prior shrinks with the source, or what one outlet never writes would be expected of the others
            share = rest.documents[:, 1:].sum() / occurrences.documents[:, 1:].sum()
            tail = _upper_tail(rest.weekly[:, 0], _expected(rest, a * share, b), k)
            p_value[doubtful] = np.maximum(p_value[doubtful], tail)
    growth = np.log((observed + a / b) / (expected + a / b))
    return pd.DataFrame({"expected": expected, "growth": growth, "p_value": p_value})


def _expected(occurrences: _Occurrences, a: float, b: float) -> Array:
    exposure = occurrences.exposure
    rate = (a + occurrences.weekly[:, 1:].sum(axis=1)) / (b + exposure[:, 1:].sum(axis=1))
    expected: Array = np.maximum(rate * exposure[:, 0], 1e-9)
    return expected


def _upper_tail(observed: Array, expected: Array, k: float) -> Array:
    tail: Array = nbinom.sf(observed - 1, k, k / (k + expected))
    return tail


_NO_TESTS: Final = pd.DataFrame(
    {
        "kind": pd.Series(dtype=str), "feature": pd.Series(dtype=str), "observed": pd.Series(dtype=int),
        "sources": pd.Series(dtype=int), "expected": pd.Series(dtype=float), "growth": pd.Series(dtype=float),
        "p_value": pd.Series(dtype=float),
    }
)  # fmt: skip
