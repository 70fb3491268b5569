"""Retention of bronze: a nightly job that lets go of bodies older than ``BACKBEAT_BRONZE_DAYS``.

Belongs here: the job and its schedule. Does not belong here: which bodies may go
(``assets/industry/definitions/bronze_retention.py``), Dagster's own storage (``pipelines/purge.py``).
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from assets.industry.definitions.bronze_retention import Removed, remove_old_bodies
from pipelines.policies import run_tags
from resources.object_store import ObjectStoreResource
from resources.settings import load_settings
from resources.warehouse import WarehouseResource


@dg.op(
    description="Removes bodies of payloads that are older than BACKBEAT_BRONZE_DAYS; keeps all where that is unset."
)
def remove_bronze(context: dg.OpExecutionContext, warehouse: WarehouseResource, store: ObjectStoreResource) -> None:
    """Apply the setting once."""
    days = load_settings().bronze_days
    removed = (
        Removed() if days is None else remove_old_bodies(warehouse.warehouse(), store.store(), days, datetime.now(UTC))
    )
    context.add_output_metadata(
        {"bodies_removed": removed.bodies, "payloads_marked": removed.payloads, "keep_days": days or "for ever"}
    )


@dg.job(
    description="Lets go of bronze that is older than BACKBEAT_BRONZE_DAYS.",
    executor_def=dg.in_process_executor,
    tags=run_tags(timedelta(hours=1), priority=-10),
)
def retention_job() -> None:
    """Remove what the setting no longer keeps."""
    remove_bronze()


def retention_schedule(cron: str) -> dg.ScheduleDefinition:
    """The retention once a day, between two feed windows."""
    return dg.ScheduleDefinition(
        name="retention_schedule",
        description="Lets go of old bronze every night.",
        job=retention_job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
