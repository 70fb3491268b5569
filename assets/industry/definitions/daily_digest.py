"""The asset ``industry.daily_digest``: the digest of a day as a row and as an HTML page.

Belongs here: reading the day's rows, storing what was made of them. Does not belong here: choosing
(``assets.industry.digest``), wording (``assets.industry.llm_digest``), markup (``assets.industry.digest_page``).
"""

import datetime as dt
import time
from typing import Any

import dagster as dg
import pandas as pd

import sql
from assets.checks import contract_results, contract_specs
from assets.industry.definitions.chart_movers import KEY as MOVERS_KEY
from assets.industry.definitions.industry_news import KEY as NEWS_KEY
from assets.industry.definitions.news_summaries import KEY as SUMMARIES_KEY
from assets.industry.digest import Digest, DigestItem, DigestMove, extractive_digest, uncited
from assets.industry.digest_page import digest_page
from assets.industry.llm_digest import digest_question, worded
from assets.materialisation import result
from resources.llm.chain import LanguageModels
from resources.llm.question import Answered
from resources.llm.resource import LanguageModelResource
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["industry", "daily_digest"]
CITED = "cited"


def digest_asset() -> dg.AssetsDefinition:
    """Return the asset ``industry.daily_digest``."""

    @dg.asset(
        key=KEY,
        deps=[dg.AssetKey(NEWS_KEY), dg.AssetKey(SUMMARIES_KEY), dg.AssetKey(MOVERS_KEY)],
        description="One digest a day: highlights for creators, developers and monetizers, and top movers, every "
        "source cited by its address.",
        kinds={"postgres", "html", "gold"},
        owners=["team:industry"],
        code_version="2",
        check_specs=[
            *contract_specs(KEY),
            dg.AssetCheckSpec(
                CITED,
                asset=dg.AssetKey(KEY),
                blocking=True,
                description="Every number, name and address of the digest occurs in the rows it cites.",
            ),
        ],
    )
    def daily_digest(
        context: dg.AssetExecutionContext,
        warehouse: WarehouseResource,
        store: ObjectStoreResource,
        language_models: LanguageModelResource,
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database, objects = warehouse.warehouse(), store.store()
        models = language_models.models(database)
        days = sorted(context.partition_keys)
        strange = [problem for day in days for problem in _write(database, objects, models, dt.date.fromisoformat(day))]
        checks = [
            *contract_results(database, KEY, 1, partition_key=days[-1], where={"digest_date": days}),
            dg.AssetCheckResult(
                check_name=CITED,
                asset_key=dg.AssetKey(KEY),
                passed=not strange,
                description="; ".join(strange[:10]) or None,
            ),
        ]
        metadata = _shown(database, days[-1])
        return result(database, KEY, rows=dict.fromkeys(days, 1), started=started, checks=checks, metadata=metadata)

    return daily_digest


def _write(warehouse: Warehouse, store: ObjectStore, models: LanguageModels, day: dt.date) -> list[str]:
    """Write one digest and return what it says that its sources do not."""
    items = [DigestItem(*row) for row in warehouse.rows(sql.text("statements/digest_items.sql"), {"day": day})]
    moves = [DigestMove(*row) for row in warehouse.rows(sql.text("statements/digest_moves.sql"), {"day": day})]
    digest = _worded(models, extractive_digest(day, items, moves))
    page = store.put_bytes(f"digests/{day:%Y}/{day}.html", digest_page(digest).encode(), "text/html; charset=utf-8")
    row = {
        "digest_date": day,
        "headline": digest.headline,
        "body": digest.body(),
        "method": digest.method,
        "item_count": digest.item_count,
        "mover_count": len(digest.movers),
        "source_urls": digest.source_urls,
        "html_uri": page.uri,
        "html_sha256": page.sha256,
        "html_bytes": page.bytes,
    }
    warehouse.upsert(".".join(KEY), pd.DataFrame([row], dtype=object), ["digest_date"])
    return uncited(digest, items, moves)


def _worded(models: LanguageModels, digest: Digest) -> Digest:
    """Return the digest with a language model's leads, or as it is where none gives a usable answer."""
    question = digest_question(digest)
    answer = models.ask(question) if question is not None else None
    return worded(digest, answer.parsed, answer.method) if isinstance(answer, Answered) else digest


def _shown(warehouse: Warehouse, day: str) -> dict[str, dg.MetadataValue[Any]]:
    ((headline, items, movers, uri, urls),) = warehouse.rows(
        "SELECT headline, item_count, mover_count, html_uri, source_urls FROM industry.daily_digest"
        " WHERE digest_date = %s",
        [day],
    )
    title = (headline or "no significant items").replace("<", "&lt;")
    sources = "\n".join(f"- <{url}>" for url in urls)
    return {
        "digest": dg.MetadataValue.md(f"**{day}: {title}**\n\n{items} items cited, {movers} movers.\n\n{sources}"),
        "page": dg.MetadataValue.url(uri),
    }
