"""The checks that every table asset has, generated from the rules that PostgreSQL's catalogue holds.

Belongs here: `contract` (blocking: the table is as documented, keys unique, required columns filled, CHECKs and
references hold) and `volume` (warning: rows against the asset's own history). Does not belong here: what only one
domain can know, such as an empty parse of a full payload; such checks stand beside their asset.

The database enforces the same rules. The check proves that it did: that no constraint was dropped, disabled or left
unvalidated, and that the table is the one this version of the code was written for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
from psycopg import sql as pgsql

import sql
from resources.dictionary import differences, read_table, snapshot
from resources.warehouse import Warehouse

CONTRACT = "contract"
VOLUME = "volume"

VOLUME_PARTITIONS = 28
"""Latest partitions that a volume is compared with."""

VOLUME_MINIMUM = 5
"""Fewer earlier partitions than this make no history."""

VOLUME_RATIO = 3.0
"""A partition with this many times more or fewer rows than the median of the latest ones is suspicious: daily and
weekly rhythms of feeds stay within a factor of two or so, a broken or doubled source does not."""


@dataclass(frozen=True)
class Violation:
    """A rule of a table and the number of rows that break it."""

    rule: str
    rows: int


def contract_specs(key: Sequence[str]) -> list[dg.AssetCheckSpec]:
    """Return the specs of the checks that every table asset has, for its ``check_specs``."""
    return [
        dg.AssetCheckSpec(
            name=CONTRACT,
            asset=dg.AssetKey(key),
            blocking=True,
            description="As documented; keys unique, required columns filled, CHECKs and references hold.",
        ),
        dg.AssetCheckSpec(
            name=VOLUME,
            asset=dg.AssetKey(key),
            description=(
                f"The partition has neither {VOLUME_RATIO:g} times more nor fewer rows than the median of the latest "
                f"{VOLUME_PARTITIONS}."
            ),
        ),
    ]


def contract_results(
    warehouse: Warehouse,
    key: Sequence[str],
    rows_written: int,
    *,
    partition_key: str = "",
    where: Mapping[str, object] | None = None,
) -> list[dg.AssetCheckResult]:
    """Run the checks of :func:`contract_specs` on what was just written.

    Args:
        warehouse: where the table is.
        key: ``[schema, table]``.
        rows_written: rows of the partition.
        partition_key: the partition, which its own history leaves out; empty for an asset without partitions.
        where: column -> value (or list of values) of the partition: only its rows are looked at. None: all rows.
    """
    asset_key = dg.AssetKey(key)
    checked, violations = count_violations(warehouse, ".".join(key), where or {})
    drift = _drift(warehouse, key)
    problems = [*drift, *(f"{violation.rows} rows break `{violation.rule}`" for violation in violations)]
    contract = dg.AssetCheckResult(
        check_name=CONTRACT,
        asset_key=asset_key,
        passed=not problems,
        description="; ".join(problems) or None,
        metadata={"rules": checked, **{violation.rule: violation.rows for violation in violations}},
    )
    return [contract, _volume(warehouse, asset_key, rows_written, partition_key)]


def count_violations(warehouse: Warehouse, table: str, where: Mapping[str, object]) -> tuple[int, list[Violation]]:
    """Count the rows of a table (or of one partition) that break each rule of the catalogue.

    Returns:
        The number of rules looked at, and those that are broken.
    """
    rules = warehouse.rows(sql.text("statements/table_rules.sql"), {"table": table})
    counts = [_count_query(table, where, *rule[1:]) for rule in rules]
    query = pgsql.SQL("SELECT ") + pgsql.SQL(", ").join([pgsql.SQL("({})").format(count) for count in counts])
    with warehouse.connect() as connection:
        found = connection.execute(query, dict(where)).fetchone() if counts else ()
    violations = [Violation(rule[0], rows) for rule, rows in zip(rules, found or (), strict=True) if rows]
    return len(rules), violations


def _count_query(
    table: str,
    where: Mapping[str, object],
    kind: str,
    columns: list[str],
    expression: str | None,
    target: str | None,
    target_columns: list[str],
) -> pgsql.Composable:
    """Return a query that counts the violations of one rule among the partition's rows."""
    subject = pgsql.Identifier("subject")
    source = pgsql.SQL("{} AS {}").format(pgsql.Identifier(*table.split(".")), subject)
    conditions: list[pgsql.Composable] = [_term(column, value) for column, value in where.items()]
    names = [pgsql.SQL("{}.{}").format(subject, pgsql.Identifier(column)) for column in columns]
    filled = [pgsql.SQL("{} IS NOT NULL").format(name) for name in names]
    if kind == "n":
        conditions.append(pgsql.SQL("{} IS NULL").format(names[0]))
    elif kind == "c":
        conditions.append(pgsql.SQL("NOT ({})").format(pgsql.SQL(expression or "true")))
    elif kind == "f":
        matches = [
            pgsql.SQL("target.{} = {}").format(pgsql.Identifier(column), name)
            for column, name in zip(target_columns, names, strict=True)
        ]
        conditions += filled
        conditions.append(
            pgsql.SQL("NOT EXISTS (SELECT FROM {} AS target WHERE {})").format(
                pgsql.SQL(target or ""),
                pgsql.SQL(" AND ").join(matches),
            )
        )
    else:
        conditions += filled
        return pgsql.SQL(
            "SELECT count(*) FROM (SELECT FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1) AS repeated"
        ).format(source, pgsql.SQL(" AND ").join(conditions), pgsql.SQL(", ").join(names))
    return pgsql.SQL("SELECT count(*) FROM {} WHERE {}").format(source, pgsql.SQL(" AND ").join(conditions))


def _term(column: str, value: object) -> pgsql.Composed:
    operator = "subject.{} = ANY({})" if isinstance(value, list) else "subject.{} IS NOT DISTINCT FROM {}"
    return pgsql.SQL(operator).format(pgsql.Identifier(column), pgsql.Placeholder(column))


def _drift(warehouse: Warehouse, key: Sequence[str]) -> list[str]:
    documented, present = snapshot().table(key), read_table(warehouse, key)
    if documented is None or present is None:
        return [f"`{'.'.join(key)}` is not in the {'data dictionary' if documented is None else 'database'}"]
    return differences(documented, present)


def _volume(warehouse: Warehouse, asset_key: dg.AssetKey, rows: int, partition_key: str) -> dg.AssetCheckResult:
    parameters: dict[str, Any] = {
        "asset_key": ".".join(asset_key.path),
        "partition_key": partition_key,
        "partitions": VOLUME_PARTITIONS,
    }
    ((partitions, median),) = warehouse.rows(sql.text("statements/usual_rows.sql"), parameters)
    known = partitions >= VOLUME_MINIMUM
    passed = not known or median / VOLUME_RATIO <= rows <= median * VOLUME_RATIO
    return dg.AssetCheckResult(
        check_name=VOLUME,
        asset_key=asset_key,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=None if known else f"No history yet: {partitions} earlier partitions of {VOLUME_MINIMUM} needed.",
        metadata={"rows": rows, "partitions_compared": partitions, **({"median": float(median)} if known else {})},
    )
