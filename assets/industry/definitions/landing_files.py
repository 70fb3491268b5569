"""The asset ``raw.landing_files``: the user's own files, taken from the landing folder into bronze; charts are read.

Belongs here: keeping a file once, its rows in bronze, and reading charts of any date. Does not belong here: the folder
(``assets.industry.landing``), the contracts (``parsers``), signals (``attention_signals.py``).

A chart is read here and not only by ``industry.chart_snapshots`` because files may be older than the first partition;
days that have a partition are made again by the sensor, with their checks.
"""

import datetime as dt
import gzip
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

import sql
from assets.checks import contract_results, contract_specs
from assets.industry.catalogue import Cadence, Catalogue, Source
from assets.industry.definitions import bronze
from assets.industry.definitions.bronze import BronzePayload, day_window
from assets.industry.definitions.chart_snapshots import parsed_chart, store_chart
from assets.industry.landing import LandingEntry, LandingError, chart_day, list_landing, read_landing
from assets.industry.parsers import CHART_PARSERS, SIGNAL_PARSERS
from assets.industry.source_fetch import Fetched
from assets.materialisation import result
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.settings import load_settings
from resources.warehouse import DeadLetter, Warehouse, WarehouseResource

KEY = ["raw", "landing_files"]
ASSET = ".".join(KEY)
MEDIA_TYPE = "text/csv"


@dataclass(frozen=True)
class UnreadFile:
    """A file in bronze that has not been read yet; the fields are columns of ``raw.landing_files``."""

    source_slug: str
    file_name: str
    sha256: str
    contract: str
    day: dt.date | None
    uri: str
    landed_at: dt.datetime


def landing_sources(catalogue: Catalogue) -> dict[str, Source]:
    """Return the sources whose files are taken, by slug: enabled, and with a contract that we can read."""
    known = {*CHART_PARSERS, *SIGNAL_PARSERS}
    return {source.slug: source for source in catalogue.of_cadence(Cadence.DROP) if source.parser in known}


def landing_asset(catalogue: Catalogue) -> dg.AssetsDefinition:
    """Return the asset ``raw.landing_files`` over the sources of a catalogue that arrive as files."""
    sources = landing_sources(catalogue)

    @dg.asset(
        key=KEY,
        description="Files that the user dropped in the landing folder, exactly as they came, each content once; "
        "charts among them are read at once, whatever their date.",
        kinds={"postgres", "bronze"},
        owners=["team:industry"],
        code_version="1",
        check_specs=contract_specs(KEY),
    )
    def landing_files(
        context: dg.AssetExecutionContext, warehouse: WarehouseResource, store: ObjectStoreResource
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database, objects = warehouse.warehouse(), store.store()
        bronze.sync_sources(database, catalogue)
        landing = Landing(database, objects, sources)
        root = load_settings().landing_path
        outcomes = landing.take(root) if root.is_dir() else Counter[str]()
        outcomes.update(landing.read_charts())
        rows = int(database.scalar("SELECT count(*) FROM raw.landing_files"))
        context.log.info(f"{root}: {dict(outcomes)}")
        checks = contract_results(database, KEY, rows)
        return result(database, KEY, rows=rows, started=started, checks=checks, metadata=dict(outcomes))

    return landing_files


class Landing:
    """Takes files into bronze, each alone."""

    def __init__(self, warehouse: Warehouse, store: ObjectStore, sources: dict[str, Source]) -> None:
        self._warehouse = warehouse
        self._store = store
        self._sources = sources

    def take(self, root: Path) -> Counter[str]:
        """Take every file of a folder that is not in bronze yet; return how many were taken, known and refused.

        Args:
            root: the landing folder.

        Raises:
            OSError: the folder cannot be listed.
        """
        outcomes: Counter[str] = Counter(files_taken=0, files_known=0, files_refused=0)
        for entry in list_landing(root, self._sources.keys()):
            try:
                outcomes["files_taken" if self._take(root, entry) else "files_known"] += 1
            except LandingError as error:
                outcomes["files_refused"] += 1
                reference = entry.name or entry.folder
                self._warehouse.dead_letters([DeadLetter(entry.folder, reference, str(error), ASSET)])
        return outcomes

    def _take(self, root: Path, entry: LandingEntry) -> bool:
        """Take one file; return whether it was new."""
        if entry.problem is not None:
            raise LandingError(entry.problem)
        source = self._sources[entry.folder]
        is_chart = source.parser in CHART_PARSERS
        day = chart_day(entry.name) if is_chart else None
        if is_chart and day is None:
            raise LandingError("Its name holds no date; name it by the day of the chart, e.g. chart-2026-11-20.csv.")
        if day is not None and day > dt.datetime.now(dt.UTC).date():
            raise LandingError(f"Its name dates the chart {day}, which is yet to come.")
        body = read_landing(root, entry)
        digest, uri = bronze.put_body(self._store, body)
        landed_at = dt.datetime.now(dt.UTC)
        row = {
            "source_slug": source.slug,
            "file_name": entry.name,
            "sha256": digest,
            "contract": source.parser,
            "day": day,
            "bytes": len(body),
            "uri": uri,
            "landed_at": landed_at,
        }
        with self._warehouse.connect() as connection:
            if not connection.execute(sql.text("statements/record_landing_file.sql"), row).rowcount:
                return False
            if day is not None:
                url = f"landing:{source.slug}/{entry.name}"
                fetched = Fetched(url, landed_at, media_type=MEDIA_TYPE, body=body)
                bronze.record_payload(connection, source.slug, day_window(day), fetched, (digest, uri))
        return True

    def read_charts(self) -> Counter[str]:
        """Bring the charts in bronze that were not read yet into ``industry.chart_snapshots``, the earlier first."""
        outcomes: Counter[str] = Counter(charts_read=0, charts_refused=0)
        for file in unread_files(self._warehouse, list(CHART_PARSERS)):
            # a source may have left the catalogue since its file came
            if file.day is None or (source := self._sources.get(file.source_slug)) is None:
                continue
            payload = BronzePayload(
                source_slug=file.source_slug,
                window_start=day_window(file.day).start,
                fetched_at=file.landed_at,
                url=file.uri,
                final_url=file.uri,
                media_type=MEDIA_TYPE,
                headers={},
                sha256=file.sha256,
                body=gzip.decompress(self._store.read_bytes(file.uri)),
            )
            chart = parsed_chart(source, payload)
            _, problem = store_chart(self._warehouse, source, file.day, payload, chart)
            rows = 0 if problem else len(chart.entries)
            mark_read(self._warehouse, file, rows, len(chart.faults), problem)
            outcomes["charts_refused" if problem else "charts_read"] += 1
        return outcomes


def unread_files(warehouse: Warehouse, contracts: list[str]) -> list[UnreadFile]:
    """Return the files of these contracts that are in bronze and not yet in silver, the earlier first."""
    rows = warehouse.rows(sql.text("statements/unread_landing_files.sql"), {"contracts": contracts})
    return [UnreadFile(*row) for row in rows]


def mark_read(warehouse: Warehouse, file: UnreadFile, rows: int, bad_rows: int, problem: str | None) -> None:
    """Say what became of a file."""
    values = {"rows": rows, "bad_rows": bad_rows, "problem": problem}
    key = {"source_slug": file.source_slug, "file_name": file.file_name, "sha256": file.sha256}
    warehouse.execute(sql.text("statements/landing_file_read.sql"), {**values, **key})
