"""The warehouse: one small class over psycopg that every asset reads and writes through.

Belongs here: transactions, bulk writes by COPY, partition replacement, upserts and dead letters, for any table.
Does not belong here: what the tables mean, DDL (``sql/``), starting a server (``resources.postgres_server``).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import psycopg
from psycopg import sql as pgsql
from psycopg.types.json import Jsonb
from psycopg.types.numeric import FloatLoader
from tenacity import retry, retry_if_exception, stop_after_delay, wait_exponential_jitter

import sql
from resources.database_server import warehouse_server_url
from resources.database_url import conninfo
from resources.settings import load_settings

RESTART_SECONDS = 20.0
"""Longest wait for a server that is restarting: crash recovery of an hour's writing takes a few seconds."""

RESTARTING = (
    "Connection refused", "No such file", "starting up", "not yet accepting", "recovery mode", "shutting down",
    "closed the connection", "too many clients",
)  # fmt: skip
"""What libpq says of a server that is down, or full, for a moment; it gives no SQLSTATE for a failed connection."""

Parameters = Mapping[str, Any] | Sequence[Any] | None
"""Bound parameters: named (``%(day)s``) or positional (``%s``)."""


@dataclass(frozen=True)
class UpsertCounts:
    """What an upsert did, in rows."""

    inserted: int
    updated: int
    unchanged: int

    @property
    def total(self) -> int:
        """Rows that the caller sent."""
        return self.inserted + self.updated + self.unchanged


@dataclass(frozen=True)
class DeadLetter:
    """One input that could not be used, kept so that nothing vanishes silently.

    Attributes:
        source: who sent it: a source slug, a folder, a client.
        reference: what it is within the source: a guid, a path, a URL.
        reason: one sentence saying what is wrong and, where there is one, the remedy.
        asset_key: the asset that refused it, e.g. ``"industry.industry_news"``.
        partition_key: the partition being made, or None.
        payload_excerpt: the start of the offending input, or None.
    """

    source: str
    reference: str
    reason: str
    asset_key: str
    partition_key: str | None = None
    payload_excerpt: str | None = None


class Warehouse:
    """Reads and writes the PostgreSQL warehouse at one URL.

    Every method is one transaction of its own; ``connect`` is for the few callers that need several
    statements in one. Sessions run in UTC. Table names are ``"schema.table"``.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection]:
        """Open a connection holding one transaction: committed on exit, rolled back on an exception.

        A server that is restarting is waited for, up to ``RESTART_SECONDS``.
        """
        with _connected(conninfo(self.url)) as connection:
            yield connection

    def execute(self, statement: str, params: Parameters = None) -> int:
        """Run one statement and return the number of rows it touched."""
        with self.connect() as connection:
            return connection.execute(statement, params).rowcount

    def rows(self, statement: str, params: Parameters = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query as tuples."""
        with self.connect() as connection:
            return connection.execute(statement, params).fetchall()

    def scalar(self, statement: str, params: Parameters = None) -> Any:
        """Return the first column of the first row, or None where there is no row."""
        with self.connect() as connection:
            row = connection.execute(statement, params).fetchone()
        return None if row is None else row[0]

    def frame(self, statement: str, params: Parameters = None) -> pd.DataFrame:
        """Return the rows of a query as a frame; ``numeric`` arrives as float, ``timestamptz`` as UTC timestamps."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.adapters.register_loader("numeric", FloatLoader)
            cursor.execute(statement, params)
            columns = [column.name for column in cursor.description or ()]
            return pd.DataFrame(cursor.fetchall(), columns=columns)

    def run(self, name: str, params: Mapping[str, Any] | None = None) -> int:
        """Run the statements of a file of the ``sql`` package in one transaction.

        Args:
            name: path within the package, e.g. ``"transforms/chart_movers.sql"``.
            params: named parameters, used as ``%(day)s``; a literal percent sign is then written ``%%``.

        Returns:
            Rows touched by the last statement of the file.
        """
        with self.connect() as connection, psycopg.ClientCursor(connection) as cursor:
            cursor.execute(sql.text(name), params)
            while cursor.nextset():
                pass
            return cursor.rowcount

    def replace_partition(self, table: str, frame: pd.DataFrame, where: Mapping[str, object]) -> int:
        """Replace the rows of one partition by those of a frame, in one transaction.

        Args:
            table: ``"schema.table"``.
            frame: the partition's rows; an empty frame empties the partition. Columns it lacks keep the table's
                default, except those of ``where``, which are filled in. Values in ``where`` columns must agree.
            where: column -> value that marks the partition; a list means any of its values. Not empty.

        Returns:
            Rows written.

        Raises:
            ValueError: ``where`` is empty, or a row of the frame lies outside the partition.
        """
        if not where:
            raise ValueError(
                f"Replacing a partition of {table} needs a condition that marks it; give `where`, as without one the "
                "whole table would go."
            )
        rows = _within_partition(table, frame, where)
        with self.connect() as connection:
            # two runs of the same partition would both delete nothing and both insert; the second waits instead
            connection.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{table} {sorted(where.items())}"]
            )
            connection.execute(
                pgsql.SQL("DELETE FROM {} WHERE {}").format(_identifier(table), _condition(where)), dict(where)
            )
            return _copy(connection, table, _column_types(connection, table), rows)

    def upsert(self, table: str, frame: pd.DataFrame, key: Sequence[str]) -> UpsertCounts:
        """Insert new rows, update rows that differ and leave equal rows untouched, in one transaction.

        Args:
            table: ``"schema.table"``.
            frame: rows to write; columns it lacks keep the table's default when inserted and their value when updated.
            key: columns of a unique key of the table, all present in the frame.

        Raises:
            ValueError: a key occurs twice in the frame.
        """
        if frame.empty:
            return UpsertCounts(0, 0, 0)
        duplicated = frame.duplicated(list(key))
        if duplicated.any():
            example = frame.loc[duplicated, list(key)].iloc[0].to_dict()
            raise ValueError(
                f"{int(duplicated.sum())} rows for {table} repeat the key of an earlier row (for example {example}); "
                "drop the duplicates before writing."
            )
        with self.connect() as connection:
            types = _column_types(connection, table)
            columns = [str(column) for column in frame.columns]
            staging = pgsql.Identifier("upsert_staging")
            connection.execute(
                pgsql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
                    staging, _columns(columns), _identifier(table)
                )
            )
            _copy(connection, "upsert_staging", types, frame)
            row = connection.execute(_upsert_statement(table, columns, key)).fetchone()
        inserted, written = row if row is not None else (0, 0)
        return UpsertCounts(inserted, written - inserted, len(frame) - written)

    def dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Record inputs that could not be used; a repeat of the same input updates its row and counts it."""
        unique = {(letter.asset_key, letter.source, letter.reference): letter for letter in letters}
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.executemany(sql.text("statements/dead_letter.sql"), [vars(unique[key]) for key in sorted(unique)])


def _is_restarting(error: BaseException) -> bool:
    return isinstance(error, psycopg.OperationalError) and any(sign in str(error) for sign in RESTARTING)


@retry(
    retry=retry_if_exception(_is_restarting),
    stop=stop_after_delay(RESTART_SECONDS),
    wait=wait_exponential_jitter(initial=0.05, max=1.0),
    reraise=True,
)
def _connected(target: str) -> psycopg.Connection:
    return psycopg.connect(target)


def _identifier(table: str) -> pgsql.Identifier:
    return pgsql.Identifier(*table.split("."))


def _columns(names: Sequence[str], prefix: str | None = None) -> pgsql.Composed:
    parts = [pgsql.Identifier(prefix, name) if prefix else pgsql.Identifier(name) for name in names]
    return pgsql.SQL(", ").join(parts)


def _condition(where: Mapping[str, object]) -> pgsql.Composed:
    def term(column: str, value: object) -> pgsql.Composed:
        if value is None:
            return pgsql.SQL("{} IS NULL").format(pgsql.Identifier(column))
        operator = "{} = ANY({})" if isinstance(value, list) else "{} = {}"
        return pgsql.SQL(operator).format(pgsql.Identifier(column), pgsql.Placeholder(column))

    return pgsql.SQL(" AND ").join([term(column, value) for column, value in where.items()])


def _within_partition(table: str, frame: pd.DataFrame, where: Mapping[str, object]) -> pd.DataFrame:
    """Return the frame with the partition's columns filled in, or raise where a row lies outside the partition."""
    missing: dict[str, Any] = {}
    for column, value in where.items():
        if column not in frame.columns:
            if isinstance(value, list):
                raise ValueError(f"Rows for {table} lack `{column}`, which tells the partitions {value} apart; add it.")
            missing[column] = value
            continue
        values = frame[column]
        if value is None:
            outside = values.notna()
        elif isinstance(value, list):
            outside = ~values.isin(value)
        else:
            outside = values != value
        if outside.any():
            raise ValueError(
                f"{int(outside.sum())} rows for {table} have a `{column}` outside the partition {value!r} "
                f"(for example {values[outside].iloc[0]!r}); write them to their own partition."
            )
    return frame.assign(**missing) if missing else frame


def _upsert_statement(table: str, columns: Sequence[str], key: Sequence[str]) -> pgsql.Composed:
    values = [column for column in columns if column not in key]
    if values:
        action = pgsql.SQL("DO UPDATE SET {} WHERE ({}) IS DISTINCT FROM ({})").format(
            pgsql.SQL(", ").join(pgsql.SQL("{0} = EXCLUDED.{0}").format(pgsql.Identifier(column)) for column in values),
            _columns(values, "target"),
            _columns(values, "excluded"),
        )
    else:
        action = pgsql.Composed([pgsql.SQL("DO NOTHING")])
    # ordered by key, so that two upserts of the same rows queue instead of deadlocking;
    # xmax = 0 marks a row version that no conflicting row preceded, i.e. an insert
    return pgsql.SQL(
        "WITH written AS ("
        " INSERT INTO {table} AS target ({columns}) SELECT {columns} FROM upsert_staging ORDER BY {key}"
        " ON CONFLICT ({key}) {action} RETURNING (target.xmax = 0) AS inserted)"
        " SELECT count(*) FILTER (WHERE inserted), count(*) FROM written"
    ).format(table=_identifier(table), columns=_columns(columns), key=_columns(list(key)), action=action)


def _column_types(connection: psycopg.Connection, table: str) -> dict[str, str]:
    """Return column -> type name of a table (``"jsonb"``, ``"_text"`` for ``text[]``, ``"vector"``...)."""
    rows = connection.execute(
        "SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
        " WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped",
        [table],
    ).fetchall()
    return dict(rows)


def _copy(connection: psycopg.Connection, table: str, types: Mapping[str, str], frame: pd.DataFrame) -> int:
    """COPY a frame into a table (types by column name) and return the number of rows."""
    unknown = [str(column) for column in frame.columns if column not in types]
    if unknown:
        raise ValueError(
            f"{table} has no column {', '.join(f'`{column}`' for column in unknown)}; "
            "run `backbeat migrate`, or fix the name."
        )
    if frame.empty:
        return 0
    names = [str(column) for column in frame.columns]
    columns = [_prepared(frame[column], types[str(column)]) for column in frame.columns]
    statement = pgsql.SQL("COPY {} ({}) FROM STDIN").format(_identifier(table), _columns(names))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in zip(*columns, strict=True):
            copy.write_row(row)
    return len(frame)


def _prepared(series: "pd.Series[Any]", type_name: str) -> list[Any]:
    """Return the values of a column in the shape that COPY expects for its type; every missing value becomes None."""
    values = series.astype(object).tolist()
    if type_name in ("json", "jsonb"):
        return [None if _is_missing(value) else Jsonb(_plain(value)) for value in values]
    if type_name == "vector":
        return [None if _is_missing(value) else "[" + ",".join(map(repr, _plain(value))) + "]" for value in values]
    if type_name in ("int2", "int4", "int8"):
        return [None if _is_missing(value) else _integer(value, series.name) for value in values]
    return [None if _is_missing(value) else _plain(value) for value in values]


def _integer(value: Any, column: object) -> int:
    # a column of integers with gaps arrives from pandas as floats
    if int(value) != value:
        raise ValueError(f"{value!r} in integer column `{column}` is not a whole number; round it deliberately first.")
    return int(value)


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _plain(value: Any) -> Any:
    """Return numpy and pandas values as plain Python ones, inside containers too."""
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


class WarehouseResource(dg.ConfigurableResource[Any]):
    """The warehouse for assets; ``url`` overrides ``BACKBEAT_DATABASE_URL`` and the embedded server."""

    url: str | None = None

    def warehouse(self) -> Warehouse:
        """Return the warehouse, starting the embedded server where that is the one meant and it is down."""
        return Warehouse(self.url or warehouse_server_url(load_settings()))
