"""The asset ``industry.chart_snapshots``: one chart of one day, fetched into bronze and read from there.

Belongs here: replacing a chart whole or not at all, and its checks. Does not belong here: fetching (``payloads.py``),
publishers' formats (``parsers``), comparing charts (``chart_movers.py``).
"""

import datetime as dt
import time
from typing import Any

import dagster as dg

import sql
from assets.checks import contract_results, contract_specs
from assets.industry.catalogue import Catalogue, Source
from assets.industry.chart_entry import ChartFault, ParsedChart, gaps
from assets.industry.chart_frame import ChartIdentity, chart_frame
from assets.industry.definitions import bronze
from assets.industry.definitions.bronze import BronzePayload
from assets.industry.definitions.payloads import Fetcher, wait_if_scheduled
from assets.industry.parsers import CHART_PARSERS, PayloadError
from assets.industry.parsers.isolation import IsolatedParser
from assets.materialisation import result
from resources.failures import PermanentFailure
from resources.http_client import HttpResource
from resources.object_store import ObjectStoreResource
from resources.warehouse import DeadLetter, Warehouse, WarehouseResource

KEY = ["industry", "chart_snapshots"]
ASSET = ".".join(KEY)

COMPLETE = "complete"
DATED = "dated"
PUBLISHER = "publisher_agrees"

DATE_TOLERANCE = dt.timedelta(days=10)
"""How far a chart's own date may lie from the day it was fetched on: Billboard dates a chart up to 11 days ahead."""

PUBLISHER_AGREEMENT = 0.98
"""Least share of rows whose "last week" is the position in our preceding chart; the recorded Hot 100 has 99.67 %."""


def snapshots_asset(catalogue: Catalogue) -> dg.AssetsDefinition:
    """Return the asset ``industry.chart_snapshots`` over the charts of a catalogue."""

    @dg.asset(
        key=KEY,
        description="Published charts, one row per position: who stood where on which day, with identifiers, streams "
        "and what the publisher says of last week, peak and weeks.",
        kinds={"http", "postgres", "silver"},
        owners=["team:industry"],
        code_version="1",
        check_specs=[*contract_specs(KEY), *_chart_check_specs()],
    )
    def chart_snapshots(
        context: dg.AssetExecutionContext,
        warehouse: WarehouseResource,
        store: ObjectStoreResource,
        http: HttpResource,
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database = warehouse.warehouse()
        source, day = _chart_and_day(catalogue, context)
        wait_if_scheduled(context)
        bronze.sync_sources(database, catalogue)
        payload = Fetcher(database, store.store(), http.client()).chart_payload(source, day)
        chart = parsed_chart(source, payload)
        return _written(database, source, day, payload, chart, context.partition_key, started)

    return chart_snapshots


def _chart_and_day(catalogue: Catalogue, context: dg.AssetExecutionContext) -> tuple[Source, dt.date]:
    key = context.partition_key
    if not isinstance(key, dg.MultiPartitionKey):
        raise PermanentFailure(
            f"The partition {key} names no chart and day.", "Give a key such as apple-us|2026-11-20."
        )
    source = catalogue.source(key.keys_by_dimension["chart"])
    if source.parser not in CHART_PARSERS:
        raise PermanentFailure(
            f"No parser named {source.parser} reads {source.name}.", f"There are: {', '.join(sorted(CHART_PARSERS))}."
        )
    return source, dt.date.fromisoformat(key.keys_by_dimension["day"])


def parsed_chart(source: Source, payload: BronzePayload) -> ParsedChart:
    """Parse a payload in a process of its own; a payload that is no chart is one fault."""
    with IsolatedParser() as parser:
        try:
            return parser.chart(source.parser, payload.body)
        except PayloadError as error:
            beginning = payload.body[:300].decode("utf-8", "replace").replace("\x00", "")
            return ParsedChart(None, (), (ChartFault(payload.sha256, str(error), beginning),))


def _written(
    warehouse: Warehouse,
    source: Source,
    day: dt.date,
    payload: BronzePayload,
    chart: ParsedChart,
    partition_key: str,
    started: float,
) -> dg.MaterializeResult[Any]:
    identity, problem = store_chart(warehouse, source, day, payload, chart, partition_key)
    rows = int(warehouse.scalar(sql.text("statements/chart_length.sql"), identity.partition))
    checks = [
        *contract_results(warehouse, KEY, rows, partition_key=partition_key, where=identity.partition),
        *_chart_check_results(warehouse, identity, day, problem),
    ]
    metadata = {
        "chart_date": identity.chart_date.isoformat(),
        "dead_letters": len(chart.faults),
        "top": dg.MetadataValue.md(_top(chart)),
        "publisher": dg.MetadataValue.url(payload.final_url or payload.url),
    }
    return result(warehouse, KEY, rows=rows, started=started, checks=checks, metadata=metadata)


def store_chart(
    warehouse: Warehouse,
    source: Source,
    day: dt.date,
    payload: BronzePayload,
    chart: ParsedChart,
    partition_key: str | None = None,
) -> tuple[ChartIdentity, str | None]:
    """Replace the chart if it is complete, keep what is there otherwise.

    Args:
        warehouse: where the rows go.
        source: a chart source.
        day: date of the chart where its payload gives none.
        payload: what it was read from; an earlier one never replaces a later one.
        chart: what was read.
        partition_key: for the dead letters of lines that could not be read.

    Returns:
        Which chart it is, and why it was not written, in one sentence; None where it was.
    """
    identity = ChartIdentity(
        platform=str(source.platform),
        chart=str(source.chart),
        country=str(source.country),
        chart_date=chart.chart_date or day,
        source_slug=source.slug,
        fetched_at=payload.fetched_at,
    )
    warehouse.dead_letters(
        [
            DeadLetter(source.slug, f"{day} {fault.reference}", fault.reason, ASSET, partition_key, fault.excerpt)
            for fault in chart.faults
        ]
    )
    problem = incompleteness(chart)
    kept_at = warehouse.scalar(sql.text("statements/chart_fetched_at.sql"), identity.partition)
    if problem is None and (kept_at is None or kept_at <= payload.fetched_at):
        warehouse.replace_partition(ASSET, chart_frame(identity, chart.entries), identity.partition)
    return identity, problem


def incompleteness(chart: ParsedChart) -> str | None:
    """Return why a chart must not be written, in one sentence, or None where it is complete.

    A chart with a hole would show the tracks behind it as risen, and those in it as gone.
    """
    if not chart.entries:
        reason = chart.faults[0].reason if chart.faults else "It is empty."
        return f"No position could be read from the payload. {reason}"
    wrong = gaps([entry.position for entry in chart.entries])
    if wrong:
        return f"The positions are not 1 to N, each once: {', '.join(map(str, wrong[:10]))} are missing or doubled."
    if chart.faults:
        return f"{len(chart.faults)} lines could not be read. {chart.faults[0].reason}"
    return None


def _chart_check_specs() -> list[dg.AssetCheckSpec]:
    asset = dg.AssetKey(KEY)
    return [
        dg.AssetCheckSpec(
            COMPLETE,
            asset=asset,
            blocking=True,
            description="Positions are 1 to N, each once; if not, the rows of before stay.",
        ),
        dg.AssetCheckSpec(
            DATED,
            asset=asset,
            description=f"The publisher's date lies within {DATE_TOLERANCE.days} days of the day fetched.",
        ),
        dg.AssetCheckSpec(
            PUBLISHER,
            asset=asset,
            description=f"{PUBLISHER_AGREEMENT:.0%} of previous positions printed are those of our preceding chart.",
        ),
    ]


def _chart_check_results(
    warehouse: Warehouse, identity: ChartIdentity, day: dt.date, problem: str | None
) -> list[dg.AssetCheckResult]:
    asset = dg.AssetKey(KEY)
    distance = abs(identity.chart_date - day)
    ((compared, agreed),) = warehouse.rows(sql.text("statements/chart_agreement.sql"), identity.partition)
    return [
        dg.AssetCheckResult(check_name=COMPLETE, asset_key=asset, passed=problem is None, description=problem),
        dg.AssetCheckResult(
            check_name=DATED,
            asset_key=asset,
            passed=distance <= DATE_TOLERANCE,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"chart_date": identity.chart_date.isoformat(), "days_apart": distance.days},
        ),
        dg.AssetCheckResult(
            check_name=PUBLISHER,
            asset_key=asset,
            passed=agreed >= PUBLISHER_AGREEMENT * compared,
            severity=dg.AssetCheckSeverity.WARN,
            description=None
            if compared
            else "The publisher prints no previous positions, or we hold no preceding chart.",
            metadata={"rows_compared": compared, "rows_agreeing": agreed},
        ),
    ]


def _top(chart: ParsedChart) -> str:
    lines = ["| # | Title | Artist |", "| ---: | --- | --- |"]
    for entry in chart.entries[:10]:
        title, artist = (text.replace("|", "\\|").replace("<", "&lt;") for text in (entry.title, entry.artist))
        lines.append(f"| {entry.position} | {title} | {artist} |")
    return "\n".join(lines)
