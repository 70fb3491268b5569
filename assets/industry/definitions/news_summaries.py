"""The asset ``industry.news_summaries``: what language models make of the news of a window.

Beside ``industry.industry_news``, not in it: that table stays a function of bronze alone. Where no model can be asked
or none gives a usable answer there is no row, and extraction and rules stand.

Belongs here: which items are read, storing what came of it. Does not belong here: the question
(``assets.industry.llm_news``), asking it (``resources.llm``).
"""

import datetime as dt
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import dagster as dg
import pandas as pd

import sql
from assets.checks import contract_results, contract_specs
from assets.industry.definitions.industry_news import KEY as NEWS_KEY
from assets.industry.definitions.industry_news import WINDOW_FORMAT
from assets.industry.llm_news import NewsReading, NewsText, news_question
from assets.materialisation import result
from resources.llm.chain import LanguageModels
from resources.llm.question import Answered, Unanswered
from resources.llm.resource import LanguageModelResource
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["industry", "news_summaries"]
ANSWERED = "answered"

CALLS_AT_ONCE = 4
"""Items asked about at the same time: calls take seconds, nearly all of it waiting."""


@dataclass(frozen=True)
class WindowReading:
    """What came of the items of a window.

    Attributes:
        items: that could be read.
        rows: for ``industry.news_summaries``.
        remembered: rows that an earlier run had paid for.
        reasons: why the other items were left to extraction -> items.
    """

    items: int
    rows: tuple[dict[str, Any], ...]
    remembered: int
    reasons: Counter[str]


def summaries_asset() -> dg.AssetsDefinition:
    """Return the asset ``industry.news_summaries``."""

    @dg.asset(
        key=KEY,
        deps=[dg.AssetKey(NEWS_KEY)],
        description="Two-sentence summary, category and impacts of news items by a language model, where one could be "
        "asked and its answer was borne out by the item; other items keep what extraction and rules made of them.",
        kinds={"postgres", "silver", "ai"},
        owners=["team:industry"],
        code_version="1",
        check_specs=[
            *contract_specs(KEY),
            dg.AssetCheckSpec(
                ANSWERED,
                asset=dg.AssetKey(KEY),
                description="Wherever a language model could be asked, one gave a usable answer.",
            ),
        ],
    )
    def news_summaries(
        context: dg.AssetExecutionContext, warehouse: WarehouseResource, language_models: LanguageModelResource
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database = warehouse.warehouse()
        models = language_models.models(database)
        keys = sorted(context.partition_keys)
        readings = {key: read_window(database, models, _window(key)) for key in keys}
        for reading in readings.values():
            database.upsert(".".join(KEY), pd.DataFrame(reading.rows, dtype=object), ["source_slug", "guid"])
        rows = {key: len(reading.rows) for key, reading in readings.items()}
        where = {"window_start": [_window(key) for key in keys]}
        checks = [
            *contract_results(database, KEY, sum(rows.values()) // len(rows), partition_key=keys[0], where=where),
            answered_result(list(readings.values()), asked=models.any_present),
        ]
        metadata = {"items": sum(reading.items for reading in readings.values()), "by_model": sum(rows.values())}
        return result(database, KEY, rows=rows, started=started, checks=checks, metadata=metadata)

    return news_summaries


def read_window(warehouse: Warehouse, models: LanguageModels, window_start: dt.datetime) -> WindowReading:
    """Ask about every item of a window, several at a time, until the day's budget is used up."""
    items = warehouse.rows(sql.text("statements/news_to_read.sql"), {"window_start": window_start})
    used_up = threading.Event()

    def read(item: tuple[Any, ...]) -> Answered[NewsReading] | Unanswered:
        if used_up.is_set():
            return Unanswered(("The day's budget is used up.",), out_of_budget=True)
        answer = models.ask(news_question(NewsText(*item[3:])))
        if isinstance(answer, Unanswered) and answer.out_of_budget:
            used_up.set()
        return answer

    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        answers = list(pool.map(read, items))
    read_items = [(item, answer) for item, answer in zip(items, answers, strict=True) if isinstance(answer, Answered)]
    return WindowReading(
        items=len(items),
        rows=tuple(_row(item, answer, window_start) for item, answer in read_items),
        remembered=sum(answer.remembered for _, answer in read_items),
        reasons=Counter(reason for answer in answers if isinstance(answer, Unanswered) for reason in answer.reasons),
    )


def answered_result(readings: Sequence[WindowReading], *, asked: bool) -> dg.AssetCheckResult:
    """Return the check of what was left to extraction although a model could be asked."""
    left = sum(reading.items - len(reading.rows) for reading in readings)
    reasons: Counter[str] = sum((reading.reasons for reading in readings), Counter())
    told = "; ".join(f"{reason} ({times})" for reason, times in reasons.most_common(5))
    description = f"{left} items keep their extracted summary: {told}" if left else None
    return dg.AssetCheckResult(
        check_name=ANSWERED,
        asset_key=dg.AssetKey(KEY),
        passed=not (asked and left),
        severity=dg.AssetCheckSeverity.WARN,
        description=description,
        metadata={"left_to_extraction": left, "remembered": sum(reading.remembered for reading in readings)},
    )


def _row(item: tuple[Any, ...], answer: Answered[NewsReading], window_start: dt.datetime) -> dict[str, Any]:
    source_slug, guid, content_hash = item[:3]
    return {
        "source_slug": source_slug,
        "guid": guid,
        "window_start": window_start,
        "content_hash": content_hash,
        **answer.parsed.model_dump(),
        "summary_method": answer.method,
        "impact_method": answer.method,
    }


def _window(key: str) -> dt.datetime:
    return dt.datetime.strptime(key, WINDOW_FORMAT).replace(tzinfo=dt.UTC)
