"""Exports: a table, one of its partitions or the answer of an ``api`` function as a file.

Belongs here: the formats, and streaming rows into them. Does not belong here: what the rows mean.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql as pgsql
from psycopg.types.json import Jsonb

from resources.dictionary import Table, read_catalogue
from resources.failures import InputError
from resources.warehouse import Warehouse

Format = Literal["parquet", "csv", "jsonl"]

BATCH_ROWS = 50_000
"""Rows held in memory at a time."""

ARROW_TYPES: Mapping[str, pa.DataType] = {
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double precision": pa.float64(),
    "real": pa.float32(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "text[]": pa.list_(pa.string()),
    "integer[]": pa.list_(pa.int32()),
    "double precision[]": pa.list_(pa.float64()),
    "real[]": pa.list_(pa.float32()),
}
"""How PostgreSQL's types are kept in Parquet; any other type is kept as its text."""


def export_rows(
    warehouse: Warehouse,
    name: str,
    file: Path,
    format: Format,
    where: Mapping[str, str],
    arguments: Mapping[str, str],
) -> int:
    """Write rows to a file, which appears only when it is complete, and return their number.

    Args:
        warehouse: where the rows are.
        name: ``schema.table``, or ``api.<function>``.
        file: file to write; an existing one is replaced.
        format: format of the file.
        where: column -> value as text: only rows that have it; for tables.
        arguments: argument -> value as text; for functions.

    Raises:
        InputError: no such table, column or function, or a value that does not fit.
    """
    temporary = file.with_name(f".{file.name}.part")
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        if name.startswith("api."):
            frame = _function_frame(warehouse, name.removeprefix("api."), arguments)
            rows = _write(temporary, format, pa.Table.from_pandas(frame, preserve_index=False).schema, iter([frame]))
        else:
            table = _table(warehouse, name, where)
            rows = _write(temporary, format, _schema(table), _table_frames(warehouse, table, where))
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return rows


def _table(warehouse: Warehouse, name: str, where: Mapping[str, str]) -> Table:
    table = read_catalogue(warehouse).table(name.split("."))
    if table is None:
        raise InputError(f"There is no table `{name}`.", "`backbeat dictionary` lists the tables.")
    known = {column.name for column in table.columns}
    for column in where:
        if column not in known:
            raise InputError(f"`{name}` has no column `{column}`.", f"It has {', '.join(sorted(known))}.")
    return table


def _table_frames(warehouse: Warehouse, table: Table, where: Mapping[str, str]) -> Iterator[pd.DataFrame]:
    """Yield the rows in batches through a server-side cursor, ordered by the primary key."""
    columns = [
        pgsql.SQL("{}").format(pgsql.Identifier(column.name))
        if column.type in ARROW_TYPES
        else pgsql.SQL("{0}::text AS {0}").format(pgsql.Identifier(column.name))
        for column in table.columns
    ]
    types = {column.name: column.type for column in table.columns}
    conditions = [
        pgsql.SQL("{} = {}::{}").format(pgsql.Identifier(column), pgsql.Placeholder(column), pgsql.SQL(types[column]))
        for column in where
    ]
    order: list[pgsql.Composable] = [pgsql.Identifier(column) for column in table.primary_key]
    query = pgsql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {}").format(
        pgsql.SQL(", ").join(columns),
        pgsql.Identifier(table.schema_name, table.name),
        pgsql.SQL(" AND ").join([*conditions, pgsql.SQL("true")]),
        pgsql.SQL(", ").join(order or [pgsql.SQL("1")]),
    )
    names = [column.name for column in table.columns]
    with warehouse.connect() as connection, connection.cursor(name="export") as cursor:
        try:
            cursor.execute(query, dict(where))
        except psycopg.DataError as error:
            raise InputError(f"A condition does not fit its column ({error.diag.message_primary}).") from error
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield pd.DataFrame(rows, columns=names, dtype=object)


def _schema(table: Table) -> pa.Schema:
    return pa.schema([(column.name, ARROW_TYPES.get(column.type, pa.string())) for column in table.columns])


def _function_frame(warehouse: Warehouse, function: str, arguments: Mapping[str, str]) -> pd.DataFrame:
    envelope: dict[str, Any] = warehouse.scalar("SELECT api.try(%s, %s)", [function, Jsonb(dict(arguments))])
    if not envelope["ok"]:
        raise InputError(envelope["error"]["message"], f"({envelope['error']['code']})")
    data = envelope["data"]
    items = data.get("items") if isinstance(data, dict) else None
    rows = items if isinstance(items, list) else [data]
    return pd.DataFrame(
        [{key: _flat(value) for key, value in row.items()} for row in rows] if rows else [],
    )


def _flat(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value


def _write(file: Path, format: Format, schema: pa.Schema, frames: Iterator[pd.DataFrame]) -> int:
    rows = 0
    if format == "parquet":
        with pq.ParquetWriter(file, schema) as writer:
            for frame in frames:
                writer.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False))
                rows += len(frame)
        return rows
    with file.open("w", encoding="utf-8", newline="") as handle:
        if format == "csv":
            pd.DataFrame(columns=schema.names).to_csv(handle, index=False)
        for frame in frames:
            if format == "csv":
                frame.to_csv(handle, index=False, header=False)
            else:
                frame.to_json(handle, orient="records", lines=True, date_format="iso", force_ascii=False)
            rows += len(frame)
    return rows
