"""Which partitions are failed right now: tried, not made, and in nobody's hands.

Dagster shows failures run by run; a partition that failed last week and was never retried is seen nowhere. This is the
standing answer, printed by `backbeat failures` and logged every morning.

Belongs here: the question and its daily job. Does not belong here: retrying (a backfill of the keys named).
"""

from collections.abc import Mapping
from datetime import timedelta

import dagster as dg

from assets.industry.catalogue import load_catalogue
from pipelines.partitions import partitions_by_asset
from pipelines.policies import run_tags
from resources.settings import load_settings

FAILED = "FAILED"
"""Value of Dagster's partition status."""
SAMPLE_KEYS = 10
"""Keys of an asset that a report names; the UI has the rest."""


def failed_partitions(
    instance: dg.DagsterInstance, partitions: Mapping[str, dg.PartitionsDefinition[str] | None]
) -> dict[str, list[str]]:
    """Ask which partitions are failed.

    Args:
        instance: whose runs are looked at.
        partitions: assets by key (``schema.table``) and how they are partitioned.

    Returns:
        Keys by asset, latest first; assets without a failed one are left out.
    """
    found: dict[str, list[str]] = {}
    for name, definition in partitions.items():
        if definition is None:
            continue
        keys = definition.get_partition_keys(dynamic_partitions_store=instance)
        statuses = instance.get_status_by_partition(dg.AssetKey(name.split(".")), keys, definition) or {}
        failed = [key for key in reversed(keys) if (status := statuses.get(key)) and status.value == FAILED]
        if failed:
            found[name] = failed
    return found


def as_markdown(failed: Mapping[str, list[str]]) -> str:
    """Write the report: a line for each asset, with its latest failed keys."""
    if not failed:
        return "No partition is failed."
    lines = ["| Asset | Failed | Latest |", "| --- | ---: | --- |"]
    lines += [f"| `{name}` | {len(keys)} | {', '.join(keys[:SAMPLE_KEYS])} |" for name, keys in failed.items()]
    return "\n".join(lines)


@dg.op(description="Names the partitions that are failed right now.")
def report_failed_partitions(context: dg.OpExecutionContext) -> None:
    """Log the report, and show it with the run."""
    failed = failed_partitions(context.instance, partitions_by_asset(load_catalogue(load_settings().catalogue)))
    number = sum(map(len, failed.values()))
    if failed:
        context.log.warning(f"{number} partition(s) are failed: {', '.join(failed)}. Materialise them again.")
    context.add_output_metadata({"failed_partitions": number, "report": dg.MetadataValue.md(as_markdown(failed))})


@dg.job(
    description="Names the partitions that are failed right now.",
    executor_def=dg.in_process_executor,
    tags=run_tags(timedelta(minutes=30), priority=-10),
)
def failed_partitions_job() -> None:
    """Report what nobody has looked after."""
    report_failed_partitions()


def failed_partitions_schedule(cron: str) -> dg.ScheduleDefinition:
    """The report once a day, before people come to work."""
    return dg.ScheduleDefinition(
        name="failed_partitions_schedule",
        description="Reports the partitions that are failed, every morning.",
        job=failed_partitions_job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
