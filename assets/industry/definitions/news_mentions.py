"""The asset ``industry.news_mentions``: whom the items of a window name.

Belongs here: reading items, writing their mentions, the check that each lies where it says. Does not belong here:
finding and judging names (``assets.industry.mention_linking``).
"""

import datetime as dt
import time
from dataclasses import asdict

import dagster as dg
from psycopg.types.json import Jsonb

import sql
from assets.checks import contract_results, contract_specs
from assets.industry.definitions.artist_names import KEY as NAMES_KEY
from assets.industry.definitions.artist_names import read_names
from assets.industry.definitions.industry_news import KEY as NEWS_KEY
from assets.industry.definitions.industry_news import WINDOW_FORMAT
from assets.industry.gazetteer import Gazetteer
from assets.industry.mention_linking import MentionLinker
from assets.materialisation import result
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["industry", "news_mentions"]
PLACED = "placed"


def mentions_asset() -> dg.AssetsDefinition:
    """Return the asset ``industry.news_mentions``."""

    @dg.asset(
        key=KEY,
        deps=[dg.AssetKey(NEWS_KEY), dg.AssetKey(NAMES_KEY)],
        description="Artists, labels, platforms and scenes that news items name, with place, confidence and reasons; "
        "names that could mean something else are left out.",
        kinds={"postgres", "silver"},
        owners=["team:industry"],
        code_version="1",
        check_specs=[*contract_specs(KEY), _placed_spec()],
    )
    def news_mentions(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database = warehouse.warehouse()
        linker = MentionLinker(Gazetteer(read_names(database)))
        keys = sorted(context.partition_keys)
        windows = {key: dt.datetime.strptime(key, WINDOW_FORMAT).replace(tzinfo=dt.UTC) for key in keys}
        rows = {key: write_mentions(database, linker, window) for key, window in windows.items()}
        checks = [
            *contract_results(database, KEY, sum(rows.values()) // len(rows), partition_key=keys[0]),
            _placed_result(database, list(windows.values())),
        ]
        return result(database, KEY, rows=rows, started=started, checks=checks)

    return news_mentions


def write_mentions(warehouse: Warehouse, linker: MentionLinker, window: dt.datetime) -> int:
    """Write the mentions of the items last seen in a window and return their number."""
    items = warehouse.rows(
        "SELECT source_slug, guid, title, coalesce(summary_raw, ''), tags FROM industry.industry_news"
        " WHERE last_seen_window = %s ORDER BY source_slug, guid",
        [window],
    )
    mentions = [
        {"source_slug": slug, "guid": guid, **asdict(mention)}
        for slug, guid, title, summary, tags in items
        for mention in linker.mentions(title, summary, tags)
    ]
    parameters = {"mentions": Jsonb(mentions), "window": window}
    ((written,),) = warehouse.rows(sql.text("statements/merge_mentions.sql"), parameters)
    return int(written)


def _placed_spec() -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        PLACED,
        asset=dg.AssetKey(KEY),
        blocking=True,
        description="Every mention stands in its item's text where its offsets say.",
    )


def _placed_result(warehouse: Warehouse, windows: list[dt.datetime]) -> dg.AssetCheckResult:
    misplaced = int(warehouse.scalar(sql.text("statements/misplaced_mentions.sql"), {"windows": windows}) or 0)
    return dg.AssetCheckResult(
        check_name=PLACED,
        asset_key=dg.AssetKey(KEY),
        passed=misplaced == 0,
        description=f"{misplaced} mentions are not where they say." if misplaced else None,
        metadata={"misplaced": misplaced},
    )
