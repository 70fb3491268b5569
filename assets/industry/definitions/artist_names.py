"""The asset ``industry.artist_names``: the artists that our own charts and releases name.

Belongs here: reading credits, writing names. Does not belong here: taking credits apart
(``assets.industry.gazetteer``).
"""

import time
from dataclasses import asdict

import dagster as dg
import pandas as pd

import sql
from assets.checks import contract_results, contract_specs
from assets.industry.definitions.chart_snapshots import KEY as SNAPSHOTS_KEY
from assets.industry.gazetteer import ArtistName, Credit, artist_names
from assets.materialisation import result
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["industry", "artist_names"]
TABLE = ".".join(KEY)
RELEASES_KEY = ["industry", "new_releases"]


def artist_names_asset() -> dg.AssetsDefinition:
    """Return the asset ``industry.artist_names``."""

    @dg.asset(
        key=KEY,
        deps=[dg.AssetKey(SNAPSHOTS_KEY), dg.AssetKey(RELEASES_KEY)],
        description="The artists that our own charts and releases credit, each once: names that news is searched for.",
        kinds={"postgres", "silver"},
        owners=["team:industry"],
        code_version="1",
        check_specs=contract_specs(KEY),
    )
    def artist_names_table(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database = warehouse.warehouse()
        names = write_names(database)
        return result(database, KEY, rows=names, started=started, checks=contract_results(database, KEY, names))

    return artist_names_table


def write_names(warehouse: Warehouse) -> int:
    """Bring the names in line with charts and releases and return how many there are; equal rows are left alone."""
    names = artist_names(Credit(*row) for row in warehouse.rows(sql.text("statements/artist_credits.sql")))
    keys = [name.artist_key for name in names]
    warehouse.upsert(TABLE, pd.DataFrame([asdict(name) for name in names]), ["artist_key"])
    warehouse.execute("DELETE FROM industry.artist_names WHERE artist_key <> ALL(%s)", [keys])
    return len(names)


def read_names(warehouse: Warehouse) -> list[ArtistName]:
    """Return the names as they stand."""
    rows = warehouse.rows(
        "SELECT artist_key, name, chart_entries, best_position, releases FROM industry.artist_names ORDER BY artist_key"
    )
    return [ArtistName(*row) for row in rows]
