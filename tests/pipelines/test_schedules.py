"""What the clock asks for."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from assets.industry.catalogue import Cadence
from pipelines import data
from pipelines.partitions import WEEK

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def requests(name: str, moment: datetime) -> list[dg.RunRequest]:
    repository = data.defs.get_repository_def()
    schedule = repository.get_schedule_def(name)
    context = dg.build_schedule_context(scheduled_execution_time=moment, repository_def=repository)
    return list(schedule.evaluate_tick(context).run_requests or ())


def test_feeds_are_fetched_for_the_window_that_begins() -> None:
    (request,) = requests("feeds_schedule", NOON)
    assert request.partition_key == "2026-11-20-12:00"


def test_each_enabled_chart_of_the_day_gets_a_run_of_its_own() -> None:
    asked = requests("charts_schedule", NOON)
    charts = data.load_catalogue().charts()
    enabled = {source.slug for source in charts if source.cadence is not Cadence.DROP}
    assert len(enabled) < len(charts)  # what arrives as a file is not asked for
    assert {request.partition_key for request in asked} == {f"{slug}|2026-11-20" for slug in enabled}
    assert len(asked) == len({request.run_key for request in asked}) == len(enabled) > 1


def test_the_digest_is_of_the_day_before() -> None:
    (request,) = requests("digest_schedule", datetime(2026, 11, 20, 5, 30, tzinfo=UTC))
    assert request.partition_key == "2026-11-19"


@pytest.mark.parametrize("moment", [datetime(2026, 11, 16, 7, tzinfo=UTC), datetime(2026, 11, 22, 7, tzinfo=UTC)])
def test_trends_are_those_of_the_iso_week_before(moment: datetime) -> None:
    (request,) = requests("trends_schedule", moment)
    assert request.partition_key == "2026-11-09"
    assert WEEK.has_partition_key("2026-11-09")


def test_releases_are_those_of_the_day() -> None:
    (request,) = requests("releases_schedule", datetime(2026, 11, 20, 13, 0, tzinfo=UTC))
    assert request.partition_key == "2026-11-20"


def test_times_can_be_replaced() -> None:
    fast = data.build_defs(cron_overrides={"feeds": "* * * * *"}).get_repository_def()
    assert fast.get_schedule_def("feeds_schedule").cron_schedule == "* * * * *"


def test_without_live_sources_only_what_needs_no_network_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBEAT_LIVE_SOURCES", "false")
    repository = data.build_defs().get_repository_def()
    running = {
        schedule.name
        for schedule in repository.schedule_defs
        if schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    }
    assert running == {
        "digest_schedule",
        "failed_partitions_schedule",
        "purge_schedule",
        "retention_schedule",
        "trends_schedule",
    }
