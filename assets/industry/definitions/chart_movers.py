"""The asset ``industry.chart_movers``: what rose, fell, entered and left, as of a day.

Belongs here: running the statement and showing its result. Does not belong here: any formula
(``sql/transforms/chart_movers.sql``).
"""

import base64
import time
from typing import Any

import dagster as dg

import sql
from assets.checks import contract_results, contract_specs
from assets.industry.definitions.chart_snapshots import KEY as SNAPSHOTS_KEY
from assets.industry.movers_picture import Move, movers_picture, movers_table, strongest
from assets.materialisation import result
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["industry", "chart_movers"]
SHOWN_WINDOW_DAYS = 7

AS_OF = "as_of"
MAX_DISAGREEMENT = 0.02
"""Greatest share of rows whose printed peak or weeks may differ from the ranks: 0.6 % of the recorded Hot 100 do."""


def movers_asset() -> dg.AssetsDefinition:
    """Return the asset ``industry.chart_movers``."""

    @dg.asset(
        key=KEY,
        deps=[dg.AssetKey(SNAPSHOTS_KEY)],
        description="How each track of each chart moved over 1, 7 and 28 days: change, entries and exits, strength, "
        "velocity, acceleration, our own peak and weeks, and breakouts with their reason.",
        kinds={"postgres", "sql", "gold"},
        owners=["team:industry"],
        code_version="1",
        check_specs=[*contract_specs(KEY), _as_of_spec()],
    )
    def chart_movers(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database = warehouse.warehouse()
        days = sorted(context.partition_keys)
        rows = {day: database.run("transforms/chart_movers.sql", {"day": day}) for day in days}
        usual = sum(rows.values()) // len(rows)
        checks = [
            *contract_results(database, KEY, usual, partition_key=days[-1], where={"day": days}),
            _as_of_result(database, days),
        ]
        return result(database, KEY, rows=rows, started=started, checks=checks, metadata=_shown(database, days[-1]))

    return chart_movers


def _as_of_spec() -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        AS_OF,
        asset=dg.AssetKey(KEY),
        description=f"Printed peaks and weeks differ from the ranks on at most {MAX_DISAGREEMENT:.0%} of rows.",
    )


def _as_of_result(warehouse: Warehouse, days: list[str]) -> dg.AssetCheckResult:
    ((compared, peaks, weeks),) = warehouse.rows(sql.text("statements/publisher_leaks.sql"), {"days": days})
    return dg.AssetCheckResult(
        check_name=AS_OF,
        asset_key=dg.AssetKey(KEY),
        passed=max(peaks, weeks) <= MAX_DISAGREEMENT * compared,
        severity=dg.AssetCheckSeverity.WARN,
        description=None if compared else "No chart prints peaks, or its history here is under 56 weeks.",
        metadata={"rows_compared": compared, "peaks_differing": peaks, "weeks_differing": weeks},
    )


def _shown(warehouse: Warehouse, day: str) -> dict[str, dg.MetadataValue[Any]]:
    parameters = {"day": day, "window_days": SHOWN_WINDOW_DAYS}
    moves = [Move(*row) for row in warehouse.rows(sql.text("statements/day_moves.sql"), parameters)]
    breakouts = [move for move in moves if move.breakout_reason]
    shown = strongest(moves)
    if not shown:
        return {"moves": dg.MetadataValue.int(len(moves))}
    picture = base64.b64encode(
        movers_picture(shown, f"Strongest moves over {SHOWN_WINDOW_DAYS} days to {day}")
    ).decode()
    return {
        "moves": dg.MetadataValue.int(len(moves)),
        "breakouts": dg.MetadataValue.int(len(breakouts)),
        "movers": dg.MetadataValue.md(movers_table(shown)),
        "picture": dg.MetadataValue.md(f"![strongest moves](data:image/png;base64,{picture})"),
    }
