"""A warehouse with rows, and sessions with the rights of the roles."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from resources.warehouse import Warehouse

ROWS = Path(__file__).with_name("api_rows.sql")


@pytest.fixture(scope="module")
def filled(database_url: str) -> Warehouse:
    warehouse = Warehouse(database_url)
    with warehouse.connect() as connection:
        connection.execute(ROWS.read_text(encoding="utf-8"))
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return warehouse


@pytest.fixture(scope="module")
def reader(filled: Warehouse) -> Iterator[psycopg.Connection]:
    """A session with an analyst's rights."""
    with psycopg.connect(filled.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET ROLE backbeat_reader")
        yield connection


@pytest.fixture(scope="module")
def member(filled: Warehouse) -> Iterator[psycopg.Connection]:
    """A session that may also ask for mixes, so that no function is closed to it."""
    with psycopg.connect(filled.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET ROLE backbeat_member")
        yield connection
