"""What starts runs when files land: the watch of the landing folder, and the partitions of charts that came as files.

Belongs here: the two sensors and their decisions. Does not belong here: taking and reading files (``assets.industry``).
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence

import dagster as dg
import psycopg

import sql
from assets.industry.catalogue import Catalogue
from assets.industry.definitions.landing_files import landing_sources
from assets.industry.landing import LandingEntry, list_landing
from pipelines.dagster_internals import UnresolvedAssetJobDefinition
from pipelines.jobs import CHARTS_JOB, LANDING_JOB
from pipelines.partitions import FIRST_DAY, chart_day_key
from pipelines.sensors import MusicCursor, fingerprint, watch_step
from resources.settings import load_settings
from resources.warehouse import WarehouseResource

_WATCH_SECONDS = 30
_CHARTS_PER_TICK = 100
"""Runs that one tick asks for at most: a year of files is worked off in minutes, and no tick nears its time-out."""

LandedChart = tuple[str, dt.date, str, dt.datetime]
"""Source, day, hash and arrival of a chart that came as a file."""


def listing(entries: Iterable[LandingEntry]) -> str:
    """Return what a listing of the landing folder is known again by."""
    return fingerprint({"name": f"{one.folder}/{one.name}", "size": one.size, "mtime": one.changed} for one in entries)


def chart_requests(landed: Sequence[LandedChart], charts: Collection[str], today: dt.date) -> list[dg.RunRequest]:
    """Ask for a run of each chart that has a partition: one of the catalogue, on a day since ``FIRST_DAY``.

    Older days have been read when the file was taken. The same file again is the same run.
    """
    first = dt.date.fromisoformat(FIRST_DAY)
    return [
        dg.RunRequest(
            run_key=f"landed-{source}-{day}-{digest}",
            partition_key=chart_day_key(source, day.isoformat()),
            tags={"backbeat/chart": source},
        )
        for source, day, digest, _ in landed
        if source in charts and first <= day <= today
    ]


def landing_sensors(
    jobs: Mapping[str, UnresolvedAssetJobDefinition], catalogue: Catalogue
) -> list[dg.SensorDefinition]:
    """The sensors of the landing folder."""
    sources = landing_sources(catalogue).keys()
    charts = frozenset(catalogue.chart_keys())

    @dg.sensor(
        name="landing_watch",
        description="Takes files in when the landing folder has changed and has then been still.",
        job=jobs[LANDING_JOB.name],
        minimum_interval_seconds=_WATCH_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def landing_watch(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        root = load_settings().landing_path
        try:
            entries = list_landing(root, sources)
        except OSError as error:
            return dg.SkipReason(f"{root} cannot be listed ({error.strerror}): no files to take.")
        listed = listing(entries)
        cursor, changed = watch_step(MusicCursor.from_text(context.cursor), listed)
        requests = [dg.RunRequest(run_key=f"landing-{listed}")] if changed and entries else []
        return dg.SensorResult(run_requests=requests, cursor=cursor.to_text())

    @dg.sensor(
        name="landed_charts",
        description="Makes the partition of each chart that came as a file, with its checks.",
        job=jobs[CHARTS_JOB.name],
        minimum_interval_seconds=_WATCH_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def landed_charts(
        context: dg.SensorEvaluationContext, warehouse: WarehouseResource
    ) -> dg.SensorResult | dg.SkipReason:
        parameters = {"after": context.cursor or "-infinity", "limit": _CHARTS_PER_TICK}
        try:
            landed = warehouse.warehouse().rows(sql.text("statements/landed_charts.sql"), parameters)
        except psycopg.Error as error:
            return dg.SkipReason(
                f"The warehouse could not be read ({type(error).__name__}); the next tick tries again."
            )
        if not landed:
            return dg.SkipReason("No chart has landed since.")
        requests = chart_requests(landed, charts, dt.datetime.now(dt.UTC).date())
        return dg.SensorResult(run_requests=requests, cursor=landed[-1][-1].isoformat())

    return [landing_watch, landed_charts]
