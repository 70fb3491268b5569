"""Every table and column is explained, and the snapshot that definitions read is that of the migrated database."""

from pathlib import Path

import pytest

from resources.dictionary import PAGE, SCHEMAS, as_json, as_markdown, column_schema, read_catalogue, snapshot
from resources.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[2]


def test_every_table_and_column_has_a_comment(warehouse: Warehouse) -> None:
    uncommented = [
        name
        for table in read_catalogue(warehouse).tables
        for name, comment in [
            (table.qualified_name, table.comment),
            *((f"{table.qualified_name}.{column.name}", column.comment) for column in table.columns),
        ]
        if not comment.strip()
    ]
    assert uncommented == []


def test_every_schema_and_api_function_has_a_comment(warehouse: Warehouse) -> None:
    schemas = dict(warehouse.rows("SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace"))
    assert [schema for schema in SCHEMAS if not schemas[schema]] == []
    assert [function.name for function in read_catalogue(warehouse).functions if not function.comment] == []


def test_every_table_has_a_primary_key(warehouse: Warehouse) -> None:
    assert [table.qualified_name for table in read_catalogue(warehouse).tables if not table.primary_key] == []


def test_the_snapshot_is_the_catalogue(warehouse: Warehouse) -> None:
    """On failure: `backbeat migrate && backbeat dictionary --write .`"""
    catalogue = read_catalogue(warehouse)
    assert snapshot() == catalogue
    assert (ROOT / "sql" / "dictionary.json").read_text(encoding="utf-8") == as_json(catalogue)


def test_the_page_is_the_catalogue(warehouse: Warehouse) -> None:
    """On failure: `backbeat migrate && backbeat dictionary --write .`"""
    assert (ROOT / PAGE).read_text(encoding="utf-8") == as_markdown(read_catalogue(warehouse))


def test_definitions_get_described_columns_without_a_database() -> None:
    schema = column_schema(["ops", "dead_letters"])
    assert schema is not None
    reason = next(column for column in schema.columns if column.name == "reason")
    assert reason.description is not None
    assert (reason.type, reason.constraints.nullable) == ("text", False)
    assert schema.constraints is not None
    assert schema.constraints.other[0] == "PRIMARY KEY (asset_key, source, reference)"


@pytest.mark.parametrize("key", [["library", "nothing"], ["nothing"], []])
def test_a_key_without_a_table_has_no_schema(key: list[str]) -> None:
    assert column_schema(key) is None
