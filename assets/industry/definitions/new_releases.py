"""The asset ``industry.new_releases``: what was announced, fetched into bronze once a day and read from there.

Belongs here: bringing each source's announcements into the table, alone, and the check of each source. Does not belong
here: fetching (``payloads.py``), sources' formats (``parsers``), who is notable
(``sql/transforms/notable_releases.sql``).
"""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg
from psycopg.types.json import Jsonb

import sql
from assets.checks import contract_results, contract_specs
from assets.industry.catalogue import Cadence, Catalogue, Kind, Source
from assets.industry.definitions import bronze
from assets.industry.definitions.bronze import day_window
from assets.industry.definitions.chart_snapshots import KEY as SNAPSHOTS_KEY
from assets.industry.definitions.payloads import Fetcher, wait_if_scheduled
from assets.industry.definitions.source_health import read_health, source_check_results, source_check_specs
from assets.industry.parsers import RELEASE_PARSERS, PayloadError
from assets.industry.parsers.isolation import IsolatedParser
from assets.industry.release_entry import ReleaseEntry, ReleaseFault
from assets.industry.release_items import release_items
from assets.materialisation import result
from resources.failures import PermanentFailure
from resources.http_client import HttpClient, HttpResource
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import DeadLetter, Warehouse, WarehouseResource

KEY = ["industry", "new_releases"]
ASSET = ".".join(KEY)


@dataclass(frozen=True)
class SourceReport:
    """What one source's payloads of a day gave: items, rows inserted and changed, dead letters, and what went wrong."""

    source: Source
    items: int = 0
    inserted: int = 0
    changed: int = 0
    dead_letters: int = 0
    problem: str | None = None


def release_sources(catalogue: Catalogue) -> tuple[Source, ...]:
    """Return the enabled sources of releases that are fetched once a day and that a parser reads."""
    return tuple(
        source
        for source in catalogue.of_cadence(Cadence.DAY)
        if source.kind is Kind.RELEASES and source.parser in RELEASE_PARSERS
    )


def releases_asset(catalogue: Catalogue) -> dg.AssetsDefinition:
    """Return the asset ``industry.new_releases`` over the release sources of a catalogue."""
    sources = release_sources(catalogue)

    @dg.asset(
        key=KEY,
        # charts say who is notable
        deps=[dg.AssetKey(SNAPSHOTS_KEY)],
        description="Releases that the sources announce, one row per source and identifier: artist, title, kind, date "
        "as far as it is known, genres, and whether the artist is notable and why.",
        kinds={"http", "postgres", "silver"},
        owners=["team:industry"],
        code_version="1",
        check_specs=[*contract_specs(KEY), *source_check_specs(KEY, sources)],
    )
    def new_releases(
        context: dg.AssetExecutionContext,
        warehouse: WarehouseResource,
        store: ObjectStoreResource,
        http: HttpResource,
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database, objects = warehouse.warehouse(), store.store()
        wait_if_scheduled(context)
        bronze.sync_sources(database, catalogue)
        day = dt.date.fromisoformat(context.partition_key)
        _fetched(database, objects, http.client(), sources, day)
        reports = read_releases(database, objects, sources, day)
        return _materialised(database, objects, sources, day, reports, started)

    return new_releases


def _fetched(
    warehouse: Warehouse, store: ObjectStore, client: HttpClient, sources: Sequence[Source], day: dt.date
) -> None:
    """Ask the sources while the day lasts; afterwards bronze must hold what they said."""
    window = day_window(day)
    if window.holds(dt.datetime.now(dt.UTC)):
        Fetcher(warehouse, store, client).fetch(sources, window)
        return
    asked = "SELECT EXISTS (SELECT FROM raw.payloads WHERE window_start = %s AND source_slug = ANY(%s))"
    if not warehouse.scalar(asked, [window.start, [source.slug for source in sources]]):
        raise PermanentFailure(
            f"No source of releases was asked on {day}, and a source only shows its present.",
            "Materialise a day that has payloads, or the current one.",
        )


def read_releases(
    warehouse: Warehouse, store: ObjectStore, sources: Sequence[Source], day: dt.date
) -> list[SourceReport]:
    """Bring a day's payloads from bronze into the table, each source alone, then judge what they announce."""
    with IsolatedParser() as parser:
        reports = [_read(warehouse, store, parser, source, day) for source in sources]
    warehouse.run("transforms/notable_releases.sql", {"day": day})
    return reports


def _read(
    warehouse: Warehouse, store: ObjectStore, parser: IsolatedParser, source: Source, day: dt.date
) -> SourceReport:
    entries: list[ReleaseEntry] = []
    faults: list[ReleaseFault] = []
    problem = None
    try:
        payloads = bronze.read_payloads(warehouse, store, day_window(day).start, [source.slug])
    except FileNotFoundError as error:
        return SourceReport(source, problem=f"The stored body is gone ({error}), so it cannot be parsed again.")
    for payload in payloads:
        try:
            parsed = parser.releases(source.parser, payload.body)
        except PayloadError as error:
            problem = str(error)
            faults.append(ReleaseFault(payload.sha256, problem, payload.body[:300].decode("utf-8", "replace")))
            continue
        entries += parsed.entries
        faults += parsed.faults
    warehouse.dead_letters(
        [
            DeadLetter(source.slug, f"{day} {fault.reference}", fault.reason, ASSET, day.isoformat(), fault.excerpt)
            for fault in faults
        ]
    )
    items = release_items(entries)
    parameters = {"items": Jsonb(items), "source_slug": source.slug, "day": day}
    ((inserted, changed),) = warehouse.rows(sql.text("statements/merge_releases.sql"), parameters)
    if payloads and not items and problem is None:
        problem = "The list was fetched and well-formed, but it holds no usable release."
    return SourceReport(source, len(items), int(inserted), int(changed), len(faults), problem)


def _materialised(
    warehouse: Warehouse,
    store: ObjectStore,
    sources: Sequence[Source],
    day: dt.date,
    reports: Sequence[SourceReport],
    started: float,
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    rows = sum(report.items for report in reports)
    lost = bronze.lost_bodies(warehouse, store, day_window(day))
    problems = lost | {report.source.slug: report.problem for report in reports if report.problem}
    checks = [
        *contract_results(warehouse, KEY, rows, partition_key=day.isoformat(), where={"last_seen_day": day}),
        *source_check_results(KEY, sources, read_health(warehouse), problems),
    ]
    metadata = {
        "inserted": sum(report.inserted for report in reports),
        "changed": sum(report.changed for report in reports),
        "dead_letters": sum(report.dead_letters for report in reports),
        "notable": dg.MetadataValue.md(_notable(warehouse, day)),
    }
    return result(warehouse, KEY, rows=rows, started=started, checks=checks, metadata=metadata)


def _notable(warehouse: Warehouse, day: dt.date) -> str:
    rows = warehouse.rows(sql.text("statements/notable_of_day.sql"), {"day": day})
    lines = ["| Artist | Title | Date | Reason |", "| --- | --- | --- | --- |"]
    lines += [
        "| " + " | ".join(str(cell).replace("|", "\\|").replace("<", "&lt;") for cell in row) + " |" for row in rows
    ]
    return "\n".join(lines)
