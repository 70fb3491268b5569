"""What the clock starts: one schedule for each job whose time is known beforehand. All times are UTC.

Belongs here: when, and which partition. Does not belong here: what arrives unannounced (``pipelines/sensors.py``), what
follows from upstream (automation in ``pipelines/policies.py``).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import dagster as dg

from assets.industry.catalogue import Cadence, Catalogue
from pipelines.dagster_internals import UnresolvedAssetJobDefinition
from pipelines.jobs import CHARTS_JOB, DIGEST_JOB, FEEDS_JOB, RELEASES_JOB, TRENDS_JOB
from pipelines.partitions import FEED_WINDOW_CRON, chart_day_key, feed_window_key

CRONS: Mapping[str, str] = {
    "feeds": FEED_WINDOW_CRON,
    "charts": "0 12 * * *",  # after the day's charts are out in Europe and America
    "digest": "30 5 * * *",  # of the day before, which is complete by then
    "trends": "0 7 * * 1",  # of the week before; Sunday's charts and movers are there by then
    "releases": "0 13 * * *",  # after the charts, which say who is notable
    "retention": "40 2 * * *",  # between two feed windows
    "purge": "20 3 * * *",
    "failed_partitions": "0 6 * * *",
}
"""Cron expression of each schedule."""


def feeds_request(moment: datetime) -> dg.RunRequest:
    """Fetch the window that begins at ``moment``: feeds show the present alone."""
    key = feed_window_key(moment)
    return dg.RunRequest(run_key=f"feeds-{moment.isoformat()}", partition_key=key)


def chart_requests(moment: datetime, charts: Iterable[str]) -> Iterator[dg.RunRequest]:
    """Fetch each chart of the day in a run of its own, so that each fails alone."""
    day = moment.astimezone(UTC).date().isoformat()
    for chart in charts:
        yield dg.RunRequest(
            run_key=f"{chart}-{moment.isoformat()}",
            partition_key=chart_day_key(chart, day),
            tags={"backbeat/chart": chart},
        )


def releases_request(moment: datetime) -> dg.RunRequest:
    """Fetch what is announced on the day: sources show the present alone."""
    day = moment.astimezone(UTC).date().isoformat()
    return dg.RunRequest(run_key=f"releases-{moment.isoformat()}", partition_key=day)


def digest_request(moment: datetime) -> dg.RunRequest:
    """Write the digest of the day before."""
    day = (moment.astimezone(UTC) - timedelta(days=1)).date().isoformat()
    return dg.RunRequest(run_key=f"digest-{moment.isoformat()}", partition_key=day)


def trends_request(moment: datetime) -> dg.RunRequest:
    """Find the trends of the ISO week before."""
    today = moment.astimezone(UTC).date()
    monday = today - timedelta(days=today.weekday() + 7)
    return dg.RunRequest(run_key=f"trends-{moment.isoformat()}", partition_key=monday.isoformat())


def data_schedules(
    jobs: Mapping[str, UnresolvedAssetJobDefinition],
    catalogue: Catalogue,
    *,
    live: bool,
    crons: Mapping[str, str] = CRONS,
) -> list[dg.ScheduleDefinition]:
    """The schedules of the `data` location.

    Args:
        jobs: jobs of the location by name.
        catalogue: names the charts that are fetched.
        live: whether those that fetch run without being switched on (``BACKBEAT_LIVE_SOURCES``).
        crons: cron expression by schedule; tests tick faster.
    """
    fetching = dg.DefaultScheduleStatus.RUNNING if live else dg.DefaultScheduleStatus.STOPPED
    charts = [source.slug for source in catalogue.charts() if source.cadence is not Cadence.DROP]

    @dg.schedule(
        name="feeds_schedule",
        description="Fetches the feeds at the beginning of each 4-hour window.",
        job=jobs[FEEDS_JOB.name],
        cron_schedule=crons["feeds"],
        execution_timezone="UTC",
        default_status=fetching,
    )
    def feeds_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return feeds_request(context.scheduled_execution_time)

    @dg.schedule(
        name="charts_schedule",
        description="Fetches each chart once a day.",
        job=jobs[CHARTS_JOB.name],
        cron_schedule=crons["charts"],
        execution_timezone="UTC",
        default_status=fetching,
    )
    def charts_schedule(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest]:
        return list(chart_requests(context.scheduled_execution_time, charts))

    @dg.schedule(
        name="digest_schedule",
        description="Writes the digest of the day before.",
        job=jobs[DIGEST_JOB.name],
        cron_schedule=crons["digest"],
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def digest_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return digest_request(context.scheduled_execution_time)

    @dg.schedule(
        name="trends_schedule",
        description="Finds what rose in the ISO week before.",
        job=jobs[TRENDS_JOB.name],
        cron_schedule=crons["trends"],
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def trends_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return trends_request(context.scheduled_execution_time)

    @dg.schedule(
        name="releases_schedule",
        description="Fetches what was announced once a day.",
        job=jobs[RELEASES_JOB.name],
        cron_schedule=crons["releases"],
        execution_timezone="UTC",
        default_status=fetching,
    )
    def releases_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return releases_request(context.scheduled_execution_time)

    return [releases_schedule, feeds_schedule, charts_schedule, digest_schedule, trends_schedule]
