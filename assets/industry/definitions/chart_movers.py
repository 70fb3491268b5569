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
        check_specs=contract_specs(KEY),
    )
    def chart_movers(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database = warehouse.warehouse()
        days = sorted(context.partition_keys)
        rows = {day: database.run("transforms/chart_movers.sql", {"day": day}) for day in days}
        checks = contract_results(
            database, KEY, sum(rows.values()) // len(rows), partition_key=days[-1], where={"day": days}
        )
        return result(database, KEY, rows=rows, started=started, checks=checks, metadata=_shown(database, days[-1]))

    return chart_movers


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
