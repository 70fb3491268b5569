"""The asset ``industry.gear_releases``: what the items of gear feeds announce.

Belongs here: reading the day's items, storing what was found in them. Does not belong here: the rules
(``assets.industry.gear_rules``).
"""

import datetime as dt
import time

import dagster as dg
from psycopg.types.json import Jsonb

import sql
from assets.checks import contract_results, contract_specs
from assets.industry.chart_entry import track_key
from assets.industry.definitions.industry_news import KEY as NEWS_KEY
from assets.industry.gear_rules import gear_release
from assets.materialisation import result
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["industry", "gear_releases"]


def gear_asset() -> dg.AssetsDefinition:
    """Return the asset ``industry.gear_releases``."""

    @dg.asset(
        key=KEY,
        deps=[dg.AssetKey(NEWS_KEY)],
        description="Instruments, plugins and studio gear that gear feeds announce: brand, product, kind, price where "
        "given; items that name no product are left out.",
        kinds={"postgres", "silver"},
        owners=["team:industry"],
        code_version="1",
        check_specs=contract_specs(KEY),
    )
    def gear_releases(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database = warehouse.warehouse()
        days = sorted(context.partition_keys)
        found = {day: _write(database, dt.date.fromisoformat(day)) for day in days}
        rows = {day: kept for day, (_, kept) in found.items()}
        usual = sum(rows.values()) // len(rows)
        checks = contract_results(database, KEY, usual, partition_key=days[-1], where={"day": days})
        metadata = {
            "items_read": sum(read for read, _ in found.values()),
            "gear": dg.MetadataValue.md(_shown(database, days[-1])),
        }
        return result(database, KEY, rows=rows, started=started, checks=checks, metadata=metadata)

    return gear_releases


def _write(warehouse: Warehouse, day: dt.date) -> tuple[int, int]:
    """Write one day; return the items read and those that announce a product."""
    read = warehouse.rows(sql.text("statements/gear_items.sql"), {"day": day})
    items = [row for one in read if (row := _row(*one)) is not None]
    warehouse.rows(sql.text("statements/replace_gear.sql"), {"day": day, "items": Jsonb(items)})
    return len(read), len(items)


def _row(
    source_slug: str, guid: str, title: str, summary: str | None, url: str | None, current_at: dt.datetime
) -> dict[str, object] | None:
    found = gear_release(title, summary)
    if found is None:
        return None
    return {
        "source_slug": source_slug,
        "guid": guid,
        "brand": found.brand,
        "product": found.product,
        # the same normalisation as that of artists and titles
        "product_key": track_key(found.brand, found.product),
        "kind": found.kind,
        "event": found.event,
        "price": str(found.price.amount) if found.price else None,
        "currency": found.price.currency if found.price else None,
        "title": title,
        "url": url,
        "current_at": current_at.isoformat(),
        "method": "rules",
    }


def _shown(warehouse: Warehouse, day: str) -> str:
    rows = warehouse.rows(
        "SELECT brand, product, kind, event, price, currency FROM industry.gear_releases WHERE day = %s"
        " ORDER BY current_at DESC, brand, product LIMIT 20",
        [day],
    )
    lines = ["| Brand | Product | Kind | Event | Price |", "| --- | --- | --- | --- | ---: |"]
    for brand, product, kind, event, amount, currency in rows:
        safe = [text.replace("|", "\\|").replace("<", "&lt;") for text in (brand, product)]
        cost = "" if amount is None else f"{amount} {currency}" if currency else "free"
        lines.append(f"| {safe[0]} | {safe[1]} | {kind} | {event} | {cost} |")
    return "\n".join(lines)
