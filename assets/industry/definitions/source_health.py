"""What our own runs met at each source: ``ops.source_health``, and the check of each source that shows it.

Belongs here: reading and writing that table, and the checks. Does not belong here: how long a source is left alone
(``assets.industry.backoff``), what a person knows of a source (the catalogue's ``health``).
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg
import psycopg

import sql
from assets.industry.backoff import next_attempt
from assets.industry.catalogue import Source
from assets.industry.source_fetch import Fetched
from resources.warehouse import Warehouse


@dataclass(frozen=True)
class SourceHealth:
    """How the last attempts at a source went.

    Attributes:
        consecutive_failures: since the last success.
        last_success_at: UTC; None: never.
        next_attempt_at: not to be asked before; None: at any time.
        last_status: HTTP status of the last attempt; None: no answer.
        last_error: one sentence; None: the last attempt succeeded.
    """

    consecutive_failures: int
    last_success_at: dt.datetime | None
    next_attempt_at: dt.datetime | None
    last_status: int | None
    last_error: str | None

    def is_due(self, now: dt.datetime) -> bool:
        """Say whether the source may be asked."""
        return self.next_attempt_at is None or self.next_attempt_at <= now


def read_health(warehouse: Warehouse) -> dict[str, SourceHealth]:
    """Return the health of every source that was ever asked, by slug."""
    rows = warehouse.rows(
        "SELECT source, consecutive_failures, last_success_at, next_attempt_at, last_status, last_error"
        " FROM ops.source_health"
    )
    return {slug: SourceHealth(*values) for slug, *values in rows}


def record_health(connection: psycopg.Connection, slug: str, fetched: Fetched, before: SourceHealth | None) -> None:
    """Write the outcome of one attempt, in the transaction of the payload that it belongs to.

    Args:
        connection: an open transaction.
        slug: the source.
        fetched: what the attempt brought.
        before: its health before the attempt; None: never asked.
    """
    if fetched.error is None:
        connection.execute(
            sql.text("statements/record_source_success.sql"),
            {"source": slug, "at": fetched.fetched_at, "status": fetched.status},
        )
        return
    failures = (before.consecutive_failures if before else 0) + 1
    connection.execute(
        sql.text("statements/record_source_failure.sql"),
        {
            "source": slug,
            "at": fetched.fetched_at,
            "status": fetched.status,
            "error": fetched.error,
            "next_attempt_at": next_attempt(fetched.fetched_at, failures, fetched.retry_after),
        },
    )


def source_check_name(slug: str) -> str:
    """Return the name of a source's check: Dagster allows no hyphens."""
    return f"source_{slug.replace('-', '_')}"


def source_check_specs(key: Sequence[str], sources: Iterable[Source]) -> list[dg.AssetCheckSpec]:
    """Return one warning check for each source, so that each fails in its own name and stops nothing."""
    return [
        dg.AssetCheckSpec(
            name=source_check_name(source.slug),
            asset=dg.AssetKey(key),
            description=f"{source.name} answered its last request with a usable payload.",
        )
        for source in sources
    ]


def source_check_results(
    key: Sequence[str], sources: Iterable[Source], health: Mapping[str, SourceHealth], lost: Mapping[str, str]
) -> list[dg.AssetCheckResult]:
    """Return the result of each source's check.

    Args:
        key: the asset.
        sources: those of :func:`source_check_specs`.
        health: after the run.
        lost: slug -> sentence, for sources whose stored body is gone.
    """
    return [_check_result(key, source, health.get(source.slug), lost.get(source.slug)) for source in sources]


def _check_result(
    key: Sequence[str], source: Source, health: SourceHealth | None, lost: str | None
) -> dg.AssetCheckResult:
    problem = lost or (health.last_error if health else None)
    metadata: dict[str, str | int] = {"url": source.url or ""}
    if health is not None:
        metadata["consecutive_failures"] = health.consecutive_failures
        metadata["last_success"] = health.last_success_at.isoformat() if health.last_success_at else "never"
        if health.last_status is not None:
            metadata["status"] = health.last_status
        if health.next_attempt_at is not None:
            metadata["next_attempt"] = health.next_attempt_at.isoformat()
    return dg.AssetCheckResult(
        check_name=source_check_name(source.slug),
        asset_key=dg.AssetKey(key),
        passed=problem is None,
        severity=dg.AssetCheckSeverity.WARN,
        description=problem or (None if health else "Not asked yet."),
        metadata=metadata,
    )
