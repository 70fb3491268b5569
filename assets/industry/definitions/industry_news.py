"""The asset ``industry.industry_news``: what the feeds of a window say, read from bronze alone.

Belongs here: bringing each source's items into the table, alone, and the check of each source. Does not belong here:
reading a feed (``parsers.feed``), judging an entry (``assets.industry.news_item``).
"""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg
from pydantic import TypeAdapter

import sql
from assets.checks import contract_results, contract_specs
from assets.industry.catalogue import Catalogue, Source
from assets.industry.definitions import bronze
from assets.industry.definitions.payloads import KEY as PAYLOADS_KEY
from assets.industry.news_item import NewsItem, news_items
from assets.industry.parsers import FEED_PARSER, PayloadError
from assets.industry.parsers.feed import EntryFault
from assets.industry.parsers.isolation import IsolatedParser
from assets.materialisation import result
from resources.failures import PermanentFailure
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import DeadLetter, Warehouse, WarehouseResource

KEY = ["industry", "industry_news"]
ASSET = ".".join(KEY)
WINDOW_FORMAT = "%Y-%m-%d-%H:%M"
"""Partition keys of feed windows: the start of the window, UTC."""

_ITEMS = TypeAdapter(list[NewsItem])


@dataclass(frozen=True)
class SourceReport:
    """What one source's payloads of a window gave.

    Attributes:
        source: whose.
        payloads: usable payloads in bronze.
        items: items parsed.
        inserted: rows that are new.
        changed: rows that changed.
        dead_letters: entries and payloads that could not be used.
        problem: why nothing was parsed from a payload that was fetched, in one sentence; None where something was.
    """

    source: Source
    payloads: int = 0
    items: int = 0
    inserted: int = 0
    changed: int = 0
    dead_letters: int = 0
    problem: str | None = None


class NewsReader:
    """Brings the feeds of one window from bronze into ``industry.industry_news``, each source alone."""

    def __init__(self, warehouse: Warehouse, store: ObjectStore, parser: IsolatedParser, partition_key: str) -> None:
        self._warehouse = warehouse
        self._store = store
        self._parser = parser
        self._partition_key = partition_key
        self._window_start = dt.datetime.strptime(partition_key, WINDOW_FORMAT).replace(tzinfo=dt.UTC)

    @property
    def window_start(self) -> dt.datetime:
        """Start of the window, UTC."""
        return self._window_start

    def read(self, source: Source) -> SourceReport:
        """Read one source's payloads of the window; of an item that several show, the last one counts."""
        letters: list[DeadLetter] = []
        items: dict[str, NewsItem] = {}
        problem = None
        try:
            payloads = bronze.read_payloads(self._warehouse, self._store, self._window_start, [source.slug])
        except FileNotFoundError as error:
            return SourceReport(source, problem=f"The stored body is gone ({error}), so it cannot be parsed again.")
        for payload in payloads:
            try:
                feed = self._parser.feed(payload.body, payload.media_type, payload.final_url or payload.url)
            except PayloadError as error:
                problem = str(error)
                letters.append(self._letter(source, EntryFault(payload.sha256, problem, _beginning(payload.body))))
                continue
            parsed, faults = news_items(feed.entries, payload.fetched_at, source.tier)
            items.update({item.guid: item for item in parsed})
            letters += [self._letter(source, fault) for fault in (*feed.faults, *faults)]
        self._warehouse.dead_letters(letters)
        if not payloads:
            return SourceReport(source, problem=self._refusal(source))
        if not items:
            problem = problem or "The feed was fetched and well-formed, but it holds no usable entry."
        inserted, changed = self._merge(source, list(items.values()))
        return SourceReport(source, len(payloads), len(items), inserted, changed, len(letters), problem)

    def _refusal(self, source: Source) -> str | None:
        """Return why bronze calls the last body of a source unusable, or None where there is no body at all."""
        reason = self._warehouse.scalar(
            "SELECT error FROM raw.payloads WHERE source_slug = %s AND window_start = %s AND uri IS NOT NULL"
            " ORDER BY fetched_at DESC LIMIT 1",
            [source.slug, self._window_start],
        )
        return None if reason is None else str(reason)

    def _merge(self, source: Source, items: list[NewsItem]) -> tuple[int, int]:
        parameters = {
            "items": _ITEMS.dump_json(items).decode(),
            "source_slug": source.slug,
            "window_start": self._window_start,
        }
        ((inserted, changed),) = self._warehouse.rows(sql.text("statements/merge_news.sql"), parameters)
        return int(inserted), int(changed)

    def _letter(self, source: Source, fault: EntryFault) -> DeadLetter:
        return DeadLetter(source.slug, fault.reference, fault.reason, ASSET, self._partition_key, fault.excerpt)


def news_asset(catalogue: Catalogue) -> dg.AssetsDefinition:
    """Return the asset ``industry.industry_news`` over the feeds of a catalogue."""
    feeds = tuple(source for source in catalogue.sources if source.parser == FEED_PARSER)

    @dg.asset(
        key=KEY,
        deps=[dg.AssetKey(PAYLOADS_KEY)],
        description="News items of the feeds, one row per source and guid: canonical address, date in UTC, language, "
        "category, impact on each tier and a two-sentence summary.",
        kinds={"postgres", "silver"},
        owners=["team:industry"],
        code_version="1",
        check_specs=[*contract_specs(KEY), *parsed_check_specs(feeds)],
    )
    def industry_news(
        context: dg.AssetExecutionContext, warehouse: WarehouseResource, store: ObjectStoreResource
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database, objects = warehouse.warehouse(), store.store()
        rows: dict[str, int] = {}
        reports: list[SourceReport] = []
        with IsolatedParser() as parser:
            for key in sorted(context.partition_keys):
                reader = NewsReader(database, objects, parser, key)
                _require_payloads(database, reader.window_start, key)
                read = [reader.read(source) for source in feeds]
                rows[key] = sum(report.items for report in read)
                reports += read
        checks = [*_contract(database, rows), *parsed_check_results(feeds, reports)]
        metadata = {"sources": dg.MetadataValue.md(report_table(reports)), **totals(reports)}
        return result(database, KEY, rows=rows, started=started, checks=checks, metadata=metadata)

    return industry_news


def parsed_check_specs(sources: Sequence[Source]) -> list[dg.AssetCheckSpec]:
    """Return one check for each source. None blocks: what a source failed to give is simply not there."""
    return [
        dg.AssetCheckSpec(
            name=parsed_check_name(source.slug),
            asset=dg.AssetKey(KEY),
            description=f"What {source.name} answered held at least one usable item.",
        )
        for source in sources
    ]


def parsed_check_name(slug: str) -> str:
    """Return the name of a source's check: Dagster allows no hyphens."""
    return f"parsed_{slug.replace('-', '_')}"


def parsed_check_results(sources: Sequence[Source], reports: Sequence[SourceReport]) -> list[dg.AssetCheckResult]:
    """Return the result of each source's check over all windows of the run."""
    results = []
    for source in sources:
        own = [report for report in reports if report.source.slug == source.slug]
        problem = next((report.problem for report in own if report.problem), None)
        payloads = sum(report.payloads for report in own)
        results.append(
            dg.AssetCheckResult(
                check_name=parsed_check_name(source.slug),
                asset_key=dg.AssetKey(KEY),
                passed=problem is None,
                description=problem or (None if payloads else "Nothing usable was fetched."),
                metadata={"payloads": payloads, "items": sum(report.items for report in own)},
            )
        )
    return results


def totals(reports: Sequence[SourceReport]) -> dict[str, int]:
    """Return the sums over all sources."""
    return {
        "items": sum(report.items for report in reports),
        "inserted": sum(report.inserted for report in reports),
        "changed": sum(report.changed for report in reports),
        "dead_letters": sum(report.dead_letters for report in reports),
        "sources_failed": sum(report.problem is not None for report in reports),
    }


def report_table(reports: Sequence[SourceReport]) -> str:
    """Return a Markdown table of the sources that had payloads or a problem."""
    lines = ["| Source | Items | New | Changed | Dead letters | Problem |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    lines += [
        f"| {report.source.name} | {report.items} | {report.inserted} | {report.changed} | {report.dead_letters} "
        f"| {(report.problem or '').replace('|', ' ').replace('<', '&lt;')} |"
        for report in reports
        if report.payloads or report.problem
    ]
    return "\n".join(lines)


def _contract(warehouse: Warehouse, rows: dict[str, int]) -> list[dg.AssetCheckResult]:
    windows = [dt.datetime.strptime(key, WINDOW_FORMAT).replace(tzinfo=dt.UTC) for key in rows]
    return contract_results(
        warehouse,
        KEY,
        sum(rows.values()) // len(rows),
        partition_key=min(rows),
        where={"last_seen_window": windows},
    )


def _require_payloads(warehouse: Warehouse, window_start: dt.datetime, key: str) -> None:
    if not warehouse.scalar("SELECT EXISTS (SELECT FROM raw.payloads WHERE window_start = %s)", [window_start]):
        raise PermanentFailure(
            f"Bronze holds no payload of the window {key}, so there is nothing to parse.",
            "Materialise raw.payloads of this window first; a past window that was never fetched cannot be.",
        )


def _beginning(body: bytes) -> str:
    return " ".join(body[:300].decode("utf-8", "replace").replace("\x00", "").split())
