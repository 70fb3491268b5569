"""Keeping Dagster's own storage small: what only a reader of a long finished run's log needs is removed.

Dagster never deletes from its event log (about 1.8 kB a row). What the asset catalogue, the partition states and
freshness are computed from stays for ever: materialisations, observations, checks, failures and run status events.

Belongs here: the purge and its job. Does not belong here: retention of ticks (``dagster.yaml``) or of bronze payloads.
"""

import shutil
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

import dagster as dg
import psycopg

import sql
from pipelines.launcher import worker_folder
from pipelines.policies import run_tags
from resources.database_server import dagster_server_url
from resources.database_url import conninfo
from resources.settings import load_settings

KEEP_DAYS = 30
"""Days for which the whole log of a finished run can be read."""
BATCH_ROWS = 5_000
"""Rows removed in one transaction, so that no run waits for the purge."""

PURGED_EVENTS: Final = (
    "ENGINE_EVENT",
    "HANDLED_OUTPUT",
    "HOOK_COMPLETED",
    "HOOK_SKIPPED",
    "LOADED_INPUT",
    "LOGS_CAPTURED",
    "RESOURCE_INIT_FAILURE",
    "RESOURCE_INIT_STARTED",
    "RESOURCE_INIT_SUCCESS",
    "STEP_INPUT",
    "STEP_OUTPUT",
    "STEP_RESTARTED",
    "STEP_START",
    "STEP_SUCCESS",
    "STEP_WORKER_STARTED",
    "STEP_WORKER_STARTING",
)
"""Event types that only a reader of a run's log needs; log lines, which have no type, are removed with them."""


def purge_events(url: str, keep_days: int, batch_rows: int = BATCH_ROWS) -> tuple[int, int]:
    """Remove events of runs that finished more than ``keep_days`` ago.

    Args:
        url: Dagster's storage.
        keep_days: age in days from which a finished run's log is reduced.
        batch_rows: rows per transaction.

    Returns:
        Rows removed and transactions used.
    """
    removed = batches = 0
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        while True:
            rows = connection.execute(
                sql.text("statements/purge_event_log.sql"),
                {"types": list(PURGED_EVENTS), "keep_days": keep_days, "batch_rows": batch_rows},
            ).rowcount
            removed, batches = removed + rows, batches + 1
            if rows < batch_rows:
                return removed, batches


def purge_files(folder: Path, keep_days: int) -> int:
    """Remove what lies in a folder and was last changed more than ``keep_days`` ago; returns how many entries."""
    limit = time.time() - timedelta(days=keep_days).total_seconds()
    old = [path for path in folder.glob("*") if path.lstat().st_mtime < limit]
    for path in old:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(old)


@dg.op(description="Removes step and log events of runs that finished long ago.")
def purge_event_log(context: dg.OpExecutionContext) -> None:
    """Purge the storage of the instance that this run belongs to."""
    events, batches = purge_events(dagster_server_url(load_settings()), KEEP_DAYS)
    home = context.instance.root_directory
    printed = Path(context.instance.storage_directory())  # what steps printed, a folder for each run
    files = sum(purge_files(folder, KEEP_DAYS) for folder in (worker_folder(home), printed))
    context.add_output_metadata({"events_removed": events, "batches": batches, "files_removed": files})


@dg.job(
    description="Keeps Dagster's event log small.",
    executor_def=dg.in_process_executor,
    tags=run_tags(timedelta(hours=1), priority=-10),
)
def purge_job() -> None:
    """Remove what nobody reads any more."""
    purge_event_log()


def purge_schedule(cron: str) -> dg.ScheduleDefinition:
    """The purge once a day, when little else runs."""
    return dg.ScheduleDefinition(
        name="purge_schedule",
        description="Purges the event log every night.",
        job=purge_job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
