"""The code location `data`: feeds, charts, news, movers, digests, and the upkeep of the instance.

Only assembles. Imports neither torch, essentia nor librosa, and opens nothing.
"""

import warnings
from collections.abc import Mapping

import dagster as dg

from assets.industry.catalogue import load_catalogue
from assets.industry.definitions import ASSETS
from pipelines.executor import data_executor
from pipelines.failed_partitions import failed_partitions_job, failed_partitions_schedule
from pipelines.jobs import DATA_JOBS, asset_jobs
from pipelines.landing_sensors import landing_sensors
from pipelines.policies import apply_policies, automation_sensors
from pipelines.purge import purge_job, purge_schedule
from pipelines.resource_set import resource_set
from pipelines.retention import retention_job, retention_schedule
from pipelines.schedules import CRONS, data_schedules
from resources.settings import load_settings

# news are parsed again from bronze fifty windows to a run, whereas only one window is fetched in a run
warnings.filterwarnings("ignore", message="Asset job feeds_job materializes assets with varying BackfillPolicies")


def build_defs(
    resource_overrides: Mapping[str, object] | None = None, cron_overrides: Mapping[str, str] | None = None
) -> dg.Definitions:
    """Assemble the location.

    Args:
        resource_overrides: resources that replace the real ones, by key.
        cron_overrides: cron expressions that replace those of ``pipelines/schedules.py``, by name.
    """
    settings = load_settings()
    catalogue = load_catalogue(settings.catalogue)
    crons = {**CRONS, **(cron_overrides or {})}
    assets = apply_policies(ASSETS, catalogue)
    jobs = asset_jobs(DATA_JOBS)
    return dg.Definitions(
        assets=assets,
        jobs=[*jobs.values(), purge_job, retention_job, failed_partitions_job],
        schedules=[
            *data_schedules(jobs, catalogue, live=settings.live_sources, crons=crons),
            purge_schedule(crons["purge"]),
            retention_schedule(crons["retention"]),
            failed_partitions_schedule(crons["failed_partitions"]),
        ],
        sensors=[*automation_sensors(assets), *landing_sensors(jobs, catalogue)],
        resources=resource_set(resource_overrides),
        executor=data_executor(),
    )


defs = build_defs()
