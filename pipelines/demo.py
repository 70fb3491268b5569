"""`backbeat demo`: a synthesised crate and sample feeds through the whole graph, to a rendered and measured mix.

Belongs here: the order of the demo and its report. Does not belong here: the sample site (``pipelines/demo_site.py``),
the crate (``assets.library.synthesis``), or any step of the work itself: every run is one of the platform's own jobs.
"""

import importlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import dagster as dg
import psycopg.sql
import yaml

import sql
from assets.industry.catalogue import load_catalogue
from assets.industry.source_fetch import Fetched
from pipelines import demo_site
from pipelines.instance import open_instance, prepare
from pipelines.partitions import INTAKE_BATCHES, MIX_REQUESTS, WEEK, chart_day_key, feed_window_key
from resources.database_server import warehouse_server_url
from resources.migrate import migrate
from resources.object_store import ObjectStore
from resources.settings import Settings, load_settings
from resources.warehouse import Warehouse

TRACKS: Final = 8
CHARTS: Final = ("us", "gb")
GEAR_OUTLET: Final = "sample-gear"
DAYS_OF_CHARTS: Final = (7, 1, 0)
"""Days before today whose charts the demo holds: enough for the movers of a day and of a week."""
MIX: Final = {"title": "Backbeat demo", "length_minutes": 8, "curve": "build", "seed": 1}


@dataclass(frozen=True)
class MixSummary:
    """The rendered mix: where it is, its length, how many transitions, and how many gates of its report failed."""

    path: str
    seconds: float
    transitions: int
    gates_failed: int


@dataclass
class DemoReport:
    """What the demo made; written as ``demo.json``.

    Attributes:
        tables: rows by ``schema.table``.
        mix: the rendered mix; None where it failed.
        seconds: whole duration; ``thread_seconds`` splits it by part of the platform.
        failures: one sentence for each step or check that failed.
    """

    tables: dict[str, int] = field(default_factory=dict)
    mix: MixSummary | None = None
    seconds: float = 0.0
    thread_seconds: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def resolve_job(location: str, name: str) -> dg.JobDefinition:
    """A job of a code location, by the location's and the job's name; step processes find it by this function."""
    definitions: dg.Definitions = importlib.import_module(f"pipelines.{location}").defs
    return definitions.resolve_job_def(name)


def _partition_tags(partition: str | None) -> dict[str, str]:
    """Run tags that name a partition, as the run queue would set them."""
    match partition:
        case None:
            return {}
        case dg.MultiPartitionKey():
            by_dimension = {f"dagster/partition/{name}": key for name, key in partition.keys_by_dimension.items()}
            return {"dagster/partition": str(partition), **by_dimension}
        case _:
            return {"dagster/partition": partition}


def write_catalogue(path: Path, site: str) -> None:
    """Write a source catalogue whose sources are the feeds and charts of the sample site."""
    terms = {
        "allowed_use": "Invented content.",
        "attribution": "Backbeat's sample site.",
        "storage_limit": "None.",
        "checked_on": date(2026, 11, 20),
    }
    common = {"enabled": True, "health": "alive", "terms": terms, "politeness": {"min_interval_seconds": 0}}
    feeds = [
        {
            "slug": outlet.slug,
            "name": outlet.name,
            "kind": "gear" if outlet.slug == GEAR_OUTLET else "rss",
            "url": f"{site}/feeds/{outlet.slug}",
            "parser": "feed",
            "cadence": "window",
            "tier": tier,
            **common,
        }
        for tier, outlet in enumerate(demo_site.OUTLETS, start=1)
    ]
    charts = [
        {
            "slug": f"sample-{country}",
            "name": f"Sample chart {country.upper()}",
            "kind": "chart",
            "url": f"{site}/charts/apple/{country}",
            "form": "json",
            "parser": "apple_most_played",
            "cadence": "day",
            "tier": 2,
            "platform": "sample",
            "country": country,
            "chart": "most-played",
            **common,
        }
        for country in CHARTS
    ]
    releases = {
        "slug": "sample-releases",
        "name": "Sample releases",
        "kind": "releases",
        "url": f"{site}/releases",
        "form": "json",
        "parser": "listenbrainz_fresh_releases",
        "cadence": "day",
        "tier": 2,
        **common,
    }
    plays = {
        "slug": "sample-radio",
        "name": "Sample radio plays",
        "kind": "attention",
        "form": "csv",
        "parser": "radio_plays",
        "cadence": "drop",
        "tier": 3,
        **common,
    }
    path.write_text(yaml.safe_dump({"sources": [*feeds, *charts, releases, plays]}, sort_keys=False), encoding="utf-8")


def place_earlier_charts(warehouse: Warehouse, store: ObjectStore, catalogue_path: Path, today: date) -> None:
    """Put the sample charts of earlier days into bronze, as if they had been fetched at noon of their day."""
    # the definitions read the catalogue when they are imported, so not before the environment names the demo's
    from assets.industry.definitions import bronze

    catalogue = load_catalogue(catalogue_path)
    bronze.sync_sources(warehouse, catalogue)
    for country in CHARTS:
        source = catalogue.source(f"sample-{country}")
        for day in (today - timedelta(days=back) for back in DAYS_OF_CHARTS if back):
            window = bronze.day_window(day)
            body = demo_site.apple_most_played(country, day).encode()
            fetched = Fetched(
                url=str(source.url),
                fetched_at=window.start + timedelta(hours=12),
                final_url=source.url,
                status=200,
                media_type="application/json",
                body=body,
            )
            with warehouse.connect() as connection:
                bronze.record_payload(connection, source.slug, window, fetched, bronze.put_body(store, body))


@contextmanager
def _demo_environment(folder: Path, site: str) -> Iterator[None]:
    """Point the platform at the sample site and the synthesised crate, for this process and its children."""
    catalogue = folder / "sources.yaml"
    write_catalogue(catalogue, site)
    wanted = {
        "BACKBEAT_CATALOGUE": str(catalogue),
        "BACKBEAT_MUSIC": str(folder / "crate" / "tracks"),
        "BACKBEAT_ALLOW_PRIVATE_ADDRESSES": "true",
        "BACKBEAT_SPREAD_SECONDS": "0",
        "BACKBEAT_LANGUAGE_MODELS": "",  # a demonstration spends no money
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


class _Runs:
    """Runs jobs of the platform one after another and keeps what failed."""

    def __init__(self, instance: dg.DagsterInstance, report: DemoReport, say: Callable[[str], None]) -> None:
        self._instance = instance
        self._report = report
        self._say = say

    def run(self, location: str, name: str, thread: str, partition: str | None = None) -> None:
        """Run a job, for one partition where it has partitions, through its own executor."""
        self._say(f"{name} {partition or ''}".strip())
        started = time.monotonic()
        job = dg.build_reconstructable_job("pipelines.demo", "resolve_job", reconstructable_args=(location, name))  # type: ignore[arg-type]  # declared as a tuple of one
        tags = _partition_tags(partition)
        with dg.execute_job(job, self._instance, tags=tags) as result:
            self._keep(name, partition, result, thread, started)

    def materialise(self, asset: str, thread: str, partition: str | None = None) -> None:
        """Make one asset (``schema.table``) of the `data` location that automation makes, as the UI's button does."""
        self._say(f"{asset} {partition or ''}".strip())
        started = time.monotonic()
        definitions: dg.Definitions = importlib.import_module("pipelines.data").defs
        result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=self._instance,
            partition_key=partition,
            asset_selection=[dg.AssetKey(asset.split("."))],
            raise_on_error=False,
        )
        self._keep(asset, partition, result, thread, started)

    def _keep(
        self,
        name: str,
        partition: str | None,
        result: dg.ExecuteInProcessResult | dg.JobExecutionResult,
        thread: str,
        started: float,
    ) -> None:
        """Note what failed, and the seconds."""
        what = f"{name} {partition or ''}".strip()
        failures = [f"{what}: {event.message}" for event in result.get_step_failure_events()]
        failures += [
            f"{what}: check {check.check_name} of {check.asset_key.to_user_string()} failed: "
            f"{check.description or 'see the run'}"
            for check in result.get_asset_check_evaluations()
            if not check.passed and check.severity is dg.AssetCheckSeverity.ERROR
        ]
        if not result.success and not failures:
            failures = [f"{what}: the run failed."]
        self._report.failures.extend(failures)
        seconds = self._report.thread_seconds
        seconds[thread] = round(seconds.get(thread, 0.0) + time.monotonic() - started, 1)


def run_demo(settings: Settings, say: Callable[[str], None]) -> DemoReport:
    """Make everything the platform makes, from sample input, under the home of ``settings``.

    Doing it again makes the same again: nothing is doubled.

    Args:
        settings: names the home; an existing one is added to.
        say: told each step.

    Returns:
        What was made; also written to ``demo.json`` in the home.
    """
    from assets.library.synthesis import demo_crate, write_crate

    started = time.monotonic()
    report = DemoReport()
    folder = settings.home_path / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    say("starting the database")
    warehouse = Warehouse(warehouse_server_url(settings))
    migrate(warehouse.url)
    report.thread_seconds["database"] = round(time.monotonic() - started, 1)
    say(f"synthesising {TRACKS} tracks")
    begun = time.monotonic()
    write_crate(folder / "crate", demo_crate(TRACKS), "flac")
    report.thread_seconds["synthesis"] = round(time.monotonic() - begun, 1)
    with demo_site.serve(now.date(), now) as site, _demo_environment(folder, site):
        prepare(load_settings())
        with open_instance(load_settings()) as instance:
            runs = _Runs(instance, report, say)
            _industry(runs, warehouse, folder / "sources.yaml", now)
            _audio(runs, instance, warehouse)
    report.tables = _table_counts(warehouse)
    report.mix = _mix_summary(warehouse)
    report.seconds = round(time.monotonic() - started, 1)
    _write_report(settings.home_path / "demo.json", report)
    return report


def _industry(runs: _Runs, warehouse: Warehouse, catalogue_path: Path, now: datetime) -> None:
    today = now.date()
    place_earlier_charts(warehouse, ObjectStore(load_settings().store_url), catalogue_path, today)
    for back in DAYS_OF_CHARTS:
        for country in CHARTS:
            day = (today - timedelta(days=back)).isoformat()
            runs.run("data", "charts_job", "industry", chart_day_key(f"sample-{country}", day))
    runs.run("data", "releases_job", "industry", today.isoformat())
    runs.materialise("industry.artist_names", "industry")
    runs.run("data", "feeds_job", "industry", feed_window_key(now))
    runs.materialise("industry.gear_releases", "industry", today.isoformat())
    runs.run("data", "movers_job", "industry", today.isoformat())
    runs.run("data", "digest_job", "industry", today.isoformat())
    runs.run("data", "trends_job", "industry", str(WEEK.get_last_partition_key()))
    drop = load_settings().landing_path / "sample-radio"
    drop.mkdir(parents=True, exist_ok=True)
    (drop / f"plays-{today}.csv").write_text(demo_site.radio_plays(today), encoding="utf-8")
    runs.run("data", "landing_job", "industry")


def _audio(runs: _Runs, instance: dg.DagsterInstance, warehouse: Warehouse) -> None:
    from assets.mixes.definitions.submission import submit
    from assets.mixes.requests import parse_request

    runs.run("audio", "scan_job", "library")
    batches = [key for (key,) in warehouse.rows("SELECT batch_key FROM library.intake_batches ORDER BY 1")]
    instance.add_dynamic_partitions(str(INTAKE_BATCHES.name), batches)
    for batch in batches:
        runs.run("audio", "library_job", "library", batch)
    request_id = submit(warehouse, parse_request(yaml.safe_dump(MIX), "the demo's request"))
    instance.add_dynamic_partitions(str(MIX_REQUESTS.name), [request_id])
    runs.run("audio", "mix_job", "mix", request_id)


def _table_counts(warehouse: Warehouse) -> dict[str, int]:
    """Rows of every table of the platform that has any."""
    names = warehouse.rows(sql.text("statements/table_names.sql"))
    counts = psycopg.sql.SQL(" UNION ALL ").join(
        psycopg.sql.SQL("SELECT {}, count(*) FROM {}").format(".".join(name), psycopg.sql.Identifier(*name))
        for name in names
    )
    with warehouse.connect() as connection:
        return {name: rows for name, rows in connection.execute(counts).fetchall() if rows}


def _mix_summary(warehouse: Warehouse) -> MixSummary | None:
    """The demo's mix, or None where it was not rendered."""
    rows = warehouse.rows(sql.text("statements/latest_mix.sql"))
    if not rows:
        return None
    uri, seconds, transitions, gates_failed = rows[0]
    return MixSummary(uri.removeprefix("file://"), round(seconds, 1), transitions, gates_failed)


def _write_report(path: Path, report: DemoReport) -> None:
    temporary = path.with_suffix(".json.partial")
    temporary.write_text(json.dumps(asdict(report), indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)
