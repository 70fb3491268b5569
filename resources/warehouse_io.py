"""The IO manager that writes a returned frame to the asset's table and reads it back for assets downstream.

Belongs here: how a frame and a partition key become rows. Does not belong here: assets that write inside their step,
through the warehouse resource, because they also check there what they wrote.

An asset uses it by `io_manager_key="warehouse_io"`, by returning a frame and by metadata that says how to write it:
``{"write": "replace", "partition_column": "day"}`` or ``{"write": "upsert"}`` (on the table's primary key). With
several partition dimensions, ``partition_column`` maps each dimension to its column.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

import dagster as dg
import pandas as pd
from psycopg import sql as pgsql
from pydantic import BaseModel, ConfigDict, model_validator

from resources.dictionary import Table, snapshot
from resources.warehouse import Warehouse, WarehouseResource

PartitionValue = str | date | datetime


class WriteRule(BaseModel):
    """How an asset's frame is written: the ``write`` and ``partition_column`` of its metadata."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    write: Literal["replace", "upsert"]
    partition_column: str | dict[str, str] | None = None

    @model_validator(mode="after")
    def _replacing_needs_a_column(self) -> "WriteRule":
        if self.write == "replace" and not self.partition_column:
            raise ValueError("`write: replace` needs `partition_column`, which marks the rows to replace")
        return self


class WarehouseIOManager(dg.ConfigurableIOManager):
    """Writes frames to the table that the asset's key names, and reads them back."""

    warehouse: dg.ResourceDependency[WarehouseResource]

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        """Write a frame by the asset's rule, in one transaction."""
        table = _table(context.asset_key)
        rule = WriteRule.model_validate(context.definition_metadata)
        warehouse = self.warehouse.warehouse()
        if rule.write == "upsert":
            counts = warehouse.upsert(table.qualified_name, obj, table.primary_key)
            context.add_output_metadata({"inserted": counts.inserted, "updated": counts.updated})
        else:
            where = partition_condition(context, rule, table)
            single = {column: values[0] if len(values) == 1 else values for column, values in where.items()}
            warehouse.replace_partition(table.qualified_name, obj, single)
        partitioned = context.has_asset_partitions
        context.add_output_metadata(
            {
                "dagster/partition_row_count" if partitioned else "dagster/row_count": len(obj),
                "dagster/table_name": table.qualified_name,
            }
        )

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """Return the rows of the upstream partitions that the step depends on, ordered by the primary key."""
        table = _table(context.asset_key)
        upstream = context.upstream_output
        metadata: Mapping[str, Any] = (upstream.definition_metadata if upstream is not None else None) or {}
        column = metadata.get("partition_column")
        where = (
            partition_condition(context, WriteRule(write="replace", partition_column=column), table)
            if column and context.has_asset_partitions
            else {}
        )
        return _read(self.warehouse.warehouse(), table, where)


def partition_condition(
    context: dg.OutputContext | dg.InputContext, rule: WriteRule, table: Table
) -> dict[str, list[PartitionValue]]:
    """Return column -> values that mark the rows of the partitions of a step.

    A time window stands for its start: a date in a ``date`` column, an instant in a ``timestamptz`` one.

    Raises:
        ValueError: the asset has several dimensions and the rule does not name a column for each, or the step makes
            partitions that differ in more than one dimension, which one condition could not mark.
    """
    definition = context.asset_partitions_def
    types = {column.name: column.type for column in table.columns}
    keys = list(context.asset_partition_keys)
    if not isinstance(definition, dg.MultiPartitionsDefinition):
        if not isinstance(rule.partition_column, str):
            raise ValueError(f"{table.qualified_name} has one partition dimension: give one `partition_column`")
        column = rule.partition_column
        return {column: [_value(definition, key, types[column]) for key in keys]}
    dimensions = {dimension.name: dimension.partitions_def for dimension in definition.partitions_defs}
    columns = rule.partition_column
    if not isinstance(columns, dict) or set(columns) != set(dimensions):
        raise ValueError(f"{table.qualified_name} needs a `partition_column` for each of {sorted(dimensions)}")
    found: dict[str, list[PartitionValue]] = {column: [] for column in columns.values()}
    for key in keys:
        for name, part in definition.get_partition_key_from_str(key).keys_by_dimension.items():
            value = _value(dimensions[name], part, types[columns[name]])
            if value not in found[columns[name]]:
                found[columns[name]].append(value)
    if len(keys) > 1 and sum(len(values) > 1 for values in found.values()) > 1:
        raise ValueError(f"one step of {table.qualified_name} may make several partitions along one dimension only")
    return found


def _value(definition: dg.PartitionsDefinition[Any], key: str, column_type: str) -> PartitionValue:
    if not isinstance(definition, dg.TimeWindowPartitionsDefinition):
        return key
    start = definition.time_window_for_partition_key(key).start
    return start.date() if column_type == "date" else start


def _table(asset_key: dg.AssetKey) -> Table:
    table = snapshot().table(asset_key.path)
    if table is None:
        raise ValueError(f"there is no table for asset {asset_key.to_user_string()}; its key must be [schema, table]")
    return table


def _read(warehouse: Warehouse, table: Table, where: Mapping[str, list[PartitionValue]]) -> pd.DataFrame:
    conditions = [
        pgsql.SQL("{} = ANY({})").format(pgsql.Identifier(column), pgsql.Placeholder(column)) for column in where
    ]
    query = pgsql.SQL("SELECT * FROM {} WHERE {} ORDER BY {}").format(
        pgsql.Identifier(table.schema_name, table.name),
        pgsql.SQL(" AND ").join([*conditions, pgsql.SQL("true")]),
        pgsql.SQL(", ").join(pgsql.Identifier(column) for column in table.primary_key),
    )
    return warehouse.frame(query.as_string(), where)
