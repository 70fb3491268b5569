"""What an asset says of the rows it wrote: one place for row counts, durations and the operational history.

Belongs here: the result of a table asset. Does not belong here: writing the rows, checks (``assets.checks``).
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster import DagsterInvariantViolationError

import sql
from resources.warehouse import Warehouse


def result(
    warehouse: Warehouse,
    key: Sequence[str],
    *,
    rows: int | Mapping[str, int],
    started: float,
    checks: Sequence[dg.AssetCheckResult] = (),
    metadata: Mapping[str, Any] | None = None,
) -> dg.MaterializeResult[Any]:
    """Record a materialisation in ``ops.materialisations`` and return it with its row count and duration.

    Args:
        warehouse: where the rows are.
        key: ``[schema, table]``.
        rows: rows of the partition after the write; partition key -> rows where one step made several.
        started: ``time.monotonic()`` at the start of the step.
        checks: results of the asset's checks.
        metadata: further metadata: pictures, samples, watermarks.
    """
    seconds = time.monotonic() - started
    run_id, partition_keys = _current_step()
    by_partition = rows if isinstance(rows, Mapping) else {partition_keys[0]: rows} if len(partition_keys) == 1 else {}
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.executemany(
            sql.text("statements/materialisation.sql"),
            [
                {
                    "asset_key": ".".join(key),
                    "partition_key": partition_key,
                    "run_id": run_id,
                    "rows": count,
                    "seconds": seconds / len(by_partition),
                }
                for partition_key, count in sorted(by_partition.items())
            ],
        )
    total = sum(rows.values()) if isinstance(rows, Mapping) else rows
    partitioned = partition_keys != [""]
    return dg.MaterializeResult(
        asset_key=dg.AssetKey(key),
        check_results=list(checks),
        metadata={
            "dagster/partition_row_count" if partitioned else "dagster/row_count": total,
            "dagster/table_name": ".".join(key),
            "seconds": round(seconds, 3),
            **(metadata or {}),
        },
    )


def _current_step() -> tuple[str, list[str]]:
    """Return the run's id and the partition keys being made; ``[""]`` for an asset without partitions."""
    try:
        context = dg.AssetExecutionContext.get()
    except DagsterInvariantViolationError:
        # called directly, as tests do: there is no run and no partition
        return "", [""]
    partitioned = context.assets_def.partitions_def is not None
    return context.run_id, list(context.partition_keys) if partitioned else [""]
