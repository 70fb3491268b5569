"""Fetching into bronze: the asset ``raw.payloads`` for feeds, and the same for one chart of one day.

Belongs here: which sources a run asks, in parallel, and that each fails alone. Does not belong here: one source's
fetch (``assets.industry.source_fetch``), rows and bodies (``bronze.py``), health (``source_health.py``).

What is finished survives a kill: a body is stored by the thread that fetched it, and its row and the source's health
are committed together as soon as it is there. A run that is repeated asks again, and mostly hears 304.
"""

import datetime as dt
import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

import dagster as dg
from pydantic import Field

from assets.checks import contract_results, contract_specs
from assets.industry.catalogue import Cadence, Catalogue, Source
from assets.industry.definitions import bronze
from assets.industry.definitions.bronze import BronzePayload, Window
from assets.industry.definitions.source_health import (
    SourceHealth,
    read_health,
    record_health,
    source_check_results,
    source_check_specs,
)
from assets.industry.source_fetch import Fetched, KnownBody, fetch_source
from assets.materialisation import result
from resources.failures import PermanentFailure
from resources.http_client import HttpClient, HttpResource
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.settings import load_settings
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["raw", "payloads"]
FETCH_THREADS = 8
"""Requests in flight at once; those to one host still begin an interval apart."""
SCHEDULED_TAG = "dagster/schedule_name"
"""Tag that Dagster gives to the runs of a schedule."""


class FetchConfig(dg.Config):
    """What to fetch; sources that are named are asked even while they are being left alone after failures."""

    sources: list[str] = Field(default=[], description="Slugs of the sources to ask; empty: all that are due.")


@dataclass(frozen=True)
class FetchReport:
    """What one round of fetching brought, in sources."""

    fetched: int = 0
    unchanged: int = 0
    failed: int = 0
    left_alone: int = 0


class Fetcher:
    """Fetches sources into bronze, each alone."""

    def __init__(self, warehouse: Warehouse, store: ObjectStore, client: HttpClient) -> None:
        self._warehouse = warehouse
        self._store = store
        self._client = client

    def fetch(self, sources: Sequence[Source], window: Window, *, even_if_failing: bool = False) -> FetchReport:
        """Ask each source once and commit each answer as it comes.

        Args:
            sources: enabled sources with addresses.
            window: the window of the answers.
            even_if_failing: ask those too that are being left alone after failures.
        """
        health = read_health(self._warehouse)
        now = dt.datetime.now(dt.UTC)
        due = [
            source
            for source in sources
            if even_if_failing or source.slug not in health or health[source.slug].is_due(now)
        ]
        known = bronze.known_bodies(self._warehouse, self._store, [source.slug for source in due])
        outcomes: list[Fetched] = []
        problems: list[BaseException] = []
        with ThreadPoolExecutor(FETCH_THREADS, thread_name_prefix="fetch") as pool:
            waiting = {pool.submit(self._ask, source, window, known.get(source.slug)): source.slug for source in due}
            for future in as_completed(waiting):
                if (problem := future.exception()) is not None:
                    # ours, not the source's, e.g. a full disk: what the others brought is kept first
                    problems.append(problem)
                    continue
                fetched, stored = future.result()
                slug = waiting[future]
                self._commit(slug, window, fetched, stored, health.get(slug))
                outcomes.append(fetched)
        if problems:
            raise problems[0]
        failed = sum(fetched.error is not None for fetched in outcomes)
        unchanged = sum(fetched.known is not None for fetched in outcomes)
        return FetchReport(len(outcomes) - failed - unchanged, unchanged, failed, len(sources) - len(due))

    def _ask(self, source: Source, window: Window, known: KnownBody | None) -> tuple[Fetched, tuple[str, str] | None]:
        fetched = fetch_source(self._client, source, window.start.date(), known)
        # a web page in place of a feed is kept too: it is the evidence
        return fetched, bronze.put_body(self._store, fetched.body) if fetched.body else None

    def _commit(
        self,
        slug: str,
        window: Window,
        fetched: Fetched,
        stored: tuple[str, str] | None,
        before: SourceHealth | None,
    ) -> None:
        with self._warehouse.connect() as connection:
            bronze.record_payload(connection, slug, window, fetched, stored)
            record_health(connection, slug, fetched, before)

    def chart_payload(self, source: Source, day: dt.date) -> BronzePayload:
        """Return a chart's latest payload of a day, fetched now if the day is today, else from bronze.

        The day's request is not skipped because earlier ones failed: there is one a day. The catalogue must have been
        synchronised (:func:`bronze.sync_sources`).

        Raises:
            dagster.Failure: nothing usable came, for a reason that may pass; the step may be tried again.
            PermanentFailure: nothing usable came and nothing will: the day is over and was never fetched, the source
                refuses us, or it answers with something else.
        """
        window = bronze.day_window(day)
        fetched: Fetched | None = None
        if window.holds(dt.datetime.now(dt.UTC)) and source.cadence is not Cadence.DROP:
            known = bronze.known_bodies(self._warehouse, self._store, [source.slug]).get(source.slug)
            fetched, stored = self._ask(source, window, known)
            self._commit(source.slug, window, fetched, stored, read_health(self._warehouse).get(source.slug))
        kept = bronze.read_payloads(self._warehouse, self._store, window.start, [source.slug])
        if kept:
            return kept[-1]
        if source.cadence is Cadence.DROP:
            raise PermanentFailure(
                f"{source.name} arrives as a file, and none has been imported for {day}.",
                "Put the file of that day in the landing folder.",
            )
        if fetched is None:
            raise _nothing_to_replay(f"{source.name} of {day}")
        if fetched.may_pass:
            raise dg.Failure(description=fetched.error)
        raise PermanentFailure(str(fetched.error), "Enable another source of the chart, or import the chart as a file.")


def wait_if_scheduled(context: dg.AssetExecutionContext) -> None:
    """Sleep a random part of ``BACKBEAT_SPREAD_SECONDS`` in runs of a schedule: sites see all clocks strike at once."""
    spread = load_settings().spread_seconds
    if spread and SCHEDULED_TAG in context.run.tags:
        delay = random.uniform(0, spread)  # noqa: S311 - spreads load, hides nothing
        context.log.info(f"Waiting {delay:.0f} s before fetching.")
        time.sleep(delay)


def payloads_asset(catalogue: Catalogue) -> dg.AssetsDefinition:
    """Return the asset ``raw.payloads`` over the sources of a catalogue that are fetched in every window."""
    sources = catalogue.of_cadence(Cadence.WINDOW)

    @dg.asset(
        key=KEY,
        description="What each feed answered in each 4-hour window, exactly as it came: bronze, which all news is "
        "parsed from and which cannot be recomputed.",
        kinds={"http", "postgres", "bronze"},
        owners=["team:industry"],
        code_version="1",
        check_specs=[*contract_specs(KEY), *source_check_specs(KEY, sources)],
    )
    def payloads(
        context: dg.AssetExecutionContext,
        config: FetchConfig,
        warehouse: WarehouseResource,
        store: ObjectStoreResource,
        http: HttpResource,
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database, objects = warehouse.warehouse(), store.store()
        window = Window(*context.partition_time_window)
        chosen = _chosen(sources, config)
        if window.holds(dt.datetime.now(dt.UTC)):
            wait_if_scheduled(context)
            bronze.sync_sources(database, catalogue)
            report = Fetcher(database, objects, http.client()).fetch(
                chosen, window, even_if_failing=bool(config.sources)
            )
        elif bronze.count_payloads(database, window):
            report = FetchReport()
        else:
            raise _nothing_to_replay(f"The window {context.partition_key}")
        return _materialised(database, objects, window, context.partition_key, sources, report, started)

    return payloads


def _chosen(sources: Sequence[Source], config: FetchConfig) -> Sequence[Source]:
    by_slug = {source.slug: source for source in sources}
    unknown = sorted(set(config.sources) - by_slug.keys())
    if unknown:
        raise PermanentFailure(
            f"No enabled feed of the catalogue is named {', '.join(unknown)}.", f"There are: {', '.join(by_slug)}."
        )
    return [by_slug[slug] for slug in dict.fromkeys(config.sources)] or sources


def _materialised(
    warehouse: Warehouse,
    store: ObjectStore,
    window: Window,
    partition_key: str,
    sources: Sequence[Source],
    report: FetchReport,
    started: float,
) -> dg.MaterializeResult[Any]:
    rows = bronze.count_payloads(warehouse, window)
    health = read_health(warehouse)
    checks = [
        *contract_results(warehouse, KEY, rows, partition_key=partition_key, where={"window_start": window.start}),
        *source_check_results(KEY, sources, health, bronze.lost_bodies(warehouse, store, window)),
    ]
    metadata: Mapping[str, object] = {
        "sources_fetched": report.fetched,
        "sources_unchanged": report.unchanged,
        "sources_failed": report.failed,
        "sources_left_alone": report.left_alone,
        "answers": dg.MetadataValue.md(_answers(warehouse, window)),
    }
    return result(warehouse, KEY, rows=rows, started=started, checks=checks, metadata=metadata)


def _answers(warehouse: Warehouse, window: Window) -> str:
    """Return a Markdown table of what each source answered in a window."""
    rows = warehouse.rows(
        "SELECT source_slug, status, bytes, url, error FROM raw.payloads WHERE window_start = %s"
        " ORDER BY source_slug, fetched_at",
        [window.start],
    )
    lines = ["| Source | Status | Bytes | Address | Error |", "| --- | ---: | ---: | --- | --- |"]
    lines += [
        f"| {slug} | {status or ''} | {size or 0} | <{url}> | {(error or '').replace('|', ' ').replace('<', '&lt;')} |"
        for slug, status, size, url, error in rows
    ]
    return "\n".join(lines)


def _nothing_to_replay(what: str) -> PermanentFailure:
    return PermanentFailure(
        f"{what} is past and was never fetched, and a source only shows its present, so there is nothing to replay.",
        "Materialise a window that has payloads, or the current one.",
    )
