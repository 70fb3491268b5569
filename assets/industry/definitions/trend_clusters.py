"""The asset ``industry.trend_clusters``: what rose together in an ISO week.

Belongs here: counting in the database, handing the counts to the test and to the grouping, storing the result. Does not
belong here: statistics (``assets.industry.trend_statistics``), grouping (``assets.industry.trend_groups``).
"""

import base64
import datetime as dt
import time
from collections.abc import Collection
from typing import Any

import dagster as dg
import pandas as pd
import psycopg
from psycopg.types.json import Jsonb

import sql
from assets.checks import contract_results, contract_specs
from assets.industry.definitions.chart_movers import KEY as MOVERS_KEY
from assets.industry.definitions.industry_news import KEY as NEWS_KEY
from assets.industry.trend_groups import Feature, Story, groups, identities, label, shown_stories
from assets.industry.trend_picture import ShownTrend, trends_picture, trends_table
from assets.industry.trend_statistics import LEAST_OCCURRENCES, METHOD_VERSION, rising_features
from assets.materialisation import result
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["industry", "trend_clusters"]
BASELINE = "baseline"
_FIGURES = ("observed", "expected", "growth", "p_value", "q_value")


def trends_asset() -> dg.AssetsDefinition:
    """Return the asset ``industry.trend_clusters``."""

    @dg.asset(
        key=KEY,
        deps=[
            dg.AssetKey(NEWS_KEY),
            dg.AssetKey(["industry", "news_stories"]),
            dg.AssetKey(["industry", "news_mentions"]),
            dg.AssetKey(MOVERS_KEY),
        ],
        description="What rose in an ISO week beyond what 12 weeks of history let expect: groups of terms, tags, names "
        "and chart features that occur in the same stories, with growth and significance.",
        kinds={"postgres", "sql", "gold"},
        owners=["team:industry"],
        code_version=METHOD_VERSION,
        check_specs=[
            *contract_specs(KEY),
            dg.AssetCheckSpec(
                BASELINE,
                asset=dg.AssetKey(KEY),
                description="The week and enough weeks before it have data.",
            ),
        ],
    )
    def trend_clusters(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database = warehouse.warehouse()
        weeks = sorted(context.partition_keys)
        tested = {week: _write(database, dt.date.fromisoformat(week)) for week in weeks}
        shown = {week: _shown(database, week) for week in weeks}
        rows = {week: len(trends) for week, trends in shown.items()}
        checks = [
            *contract_results(database, KEY, rows[weeks[-1]], partition_key=weeks[-1], where={"week": weeks}),
            _baseline_result(tested),
        ]
        metadata = _metadata(shown[weeks[-1]], weeks[-1], tested[weeks[-1]])
        return result(database, KEY, rows=rows, started=started, checks=checks, metadata=metadata)

    return trend_clusters


def _write(warehouse: Warehouse, week: dt.date) -> int:
    """Compute and store the trends of one week; return how many features were tested (0: no baseline)."""
    with warehouse.connect() as connection:
        psycopg.ClientCursor(connection).execute(sql.text("transforms/trend_occurrences.sql"), {"week": week})
        counts = _frame(connection, "trend_counts", {"least": LEAST_OCCURRENCES})
        populations = _frame(connection, "trend_populations", {})
        rising = rising_features(counts, populations)
        clusters, members = _rows(connection, week, rising)
        psycopg.ClientCursor(connection).execute(
            sql.text("transforms/trend_store.sql"),
            {"week": week, "clusters": Jsonb(clusters), "members": Jsonb(members)},
        )
    return int(rising.attrs["features_tested"])


def _rows(
    connection: psycopg.Connection, week: dt.date, rising: pd.DataFrame
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Group what rose and return the rows of the two tables."""
    features: list[Feature] = list(zip(rising["kind"], rising["feature"], strict=True))
    incidence = _frame(
        connection,
        "trend_incidence",
        {"kinds": [kind for kind, _ in features], "features": [name for _, name in features]},
    )
    found = groups(features, incidence)
    documents = sorted(frozenset[int]().union(*(group.documents for group in found)))
    told = connection.execute(sql.text("statements/trend_stories.sql"), {"documents": documents})
    stories = {int(row[0]): Story(*row) for row in told.fetchall()}
    names = identities(week, [group.members for group in found], _before(connection, week))
    columns = ["kind", "feature", *_FIGURES, "sources"]
    rows: list[dict[Any, Any]] = rising[columns].astype(object).to_dict("records")
    figures = dict(zip(features, rows, strict=True))
    clusters, members = [], []
    for rank, (name, group) in enumerate(zip(names, found, strict=True), start=1):
        count, shown = shown_stories(group, incidence, stories)
        clusters.append(
            {
                "trend_id": name,
                "rank": rank,
                "label": label(group),
                "member_count": len(group.members),
                "story_count": count,
                "stories": [{"title": one.title, "url": one.url, "source": one.source} for one in shown],
                **{name: figures[group.members[0]][name] for name in _FIGURES},
                "features_tested": rising.attrs["features_tested"],
                "baseline_weeks": rising.attrs["baseline_weeks"],
                "method_version": METHOD_VERSION,
            }
        )
        members += [{"trend_id": name, **figures[member]} for member in group.members]
    return clusters, members


def _before(connection: psycopg.Connection, week: dt.date) -> dict[str, Collection[Feature]]:
    members: dict[str, set[Feature]] = {}
    earlier = connection.execute(sql.text("statements/trend_ids.sql"), {"week": week - dt.timedelta(days=7)})
    for name, kind, feature in earlier.fetchall():
        members.setdefault(name, set()).add((kind, feature))
    return dict(members)


def _frame(connection: psycopg.Connection, name: str, parameters: dict[str, object]) -> pd.DataFrame:
    with connection.cursor() as cursor:
        cursor.execute(sql.text(f"statements/{name}.sql"), parameters)
        columns = [column.name for column in cursor.description or ()]
        return pd.DataFrame(cursor.fetchall(), columns=columns)


def _baseline_result(tested: dict[str, int]) -> dg.AssetCheckResult:
    without = [week for week, features in tested.items() if not features]
    return dg.AssetCheckResult(
        check_name=BASELINE,
        asset_key=dg.AssetKey(KEY),
        passed=not without,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"Too little data to test: {', '.join(without)}." if without else None,
        metadata={"features_tested": sum(tested.values())},
    )


def _shown(warehouse: Warehouse, week: str) -> list[ShownTrend]:
    rows = warehouse.rows(
        "SELECT trend_id, label, observed, expected, growth, q_value, story_count FROM industry.trend_clusters"
        " WHERE week = %s ORDER BY rank",
        [week],
    )
    return [ShownTrend(*row) for row in rows]


def _metadata(trends: list[ShownTrend], week: str, tested: int) -> dict[str, dg.MetadataValue[Any]]:
    metadata: dict[str, dg.MetadataValue[Any]] = {"features_tested": dg.MetadataValue.int(tested)}
    if trends:
        picture = base64.b64encode(trends_picture(trends, f"Trends of the week of {week}")).decode()
        metadata["trends"] = dg.MetadataValue.md(trends_table(trends))
        metadata["picture"] = dg.MetadataValue.md(f"![trends](data:image/png;base64,{picture})")
    return metadata
