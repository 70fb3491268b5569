"""Backup and restore through the real pg_dump and pg_restore."""

import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from resources.database_backup import backup, restore
from resources.database_url import DAGSTER_DATABASE, WAREHOUSE_DATABASE, conninfo, warehouse_url
from resources.failures import InputError
from resources.migrate import migrate
from resources.warehouse import DeadLetter, Warehouse


@pytest.fixture
def urls(postgres_url: str) -> Iterator[dict[str, str]]:
    """A migrated warehouse and a database with one table of Dagster's."""
    names = {name: f"{name}_{uuid.uuid4().hex[:8]}" for name in (WAREHOUSE_DATABASE, DAGSTER_DATABASE)}
    urls = {name: warehouse_url(postgres_url, database) for name, database in names.items()}
    with psycopg.connect(conninfo(postgres_url, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {names[DAGSTER_DATABASE]}")
    migrate(urls[WAREHOUSE_DATABASE])
    Warehouse(urls[DAGSTER_DATABASE]).execute("CREATE TABLE runs AS SELECT 'run-1' AS run_id")
    yield urls
    with psycopg.connect(conninfo(postgres_url, "postgres"), autocommit=True) as connection:
        for name in names.values():
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def letters(urls: dict[str, str]) -> list[str]:
    return [row[0] for row in Warehouse(urls[WAREHOUSE_DATABASE]).rows("SELECT reference FROM ops.dead_letters")]


def write_letter(urls: dict[str, str], reference: str) -> None:
    Warehouse(urls[WAREHOUSE_DATABASE]).dead_letters([DeadLetter("s", reference, "Bad.", "library.tracks")])


def test_restoring_brings_back_what_was_backed_up(urls: dict[str, str], tmp_path: Path) -> None:
    write_letter(urls, "before")
    file = tmp_path / "sub" / "backup.tar"
    assert backup(urls, file) == file.stat().st_size
    write_letter(urls, "after")
    Warehouse(urls[DAGSTER_DATABASE]).execute("DROP TABLE runs")

    with pytest.raises(InputError, match=r"holds rows.*--force"):
        restore(urls, file)
    assert len(letters(urls)) == 2

    restore(urls, file, force=True)
    assert letters(urls) == ["before"]
    assert Warehouse(urls[DAGSTER_DATABASE]).scalar("SELECT run_id FROM runs") == "run-1"
    assert migrate(urls[WAREHOUSE_DATABASE]).scripts == ()
    with Warehouse(urls[WAREHOUSE_DATABASE]).connect() as connection:
        connection.execute("SET ROLE backbeat_writer")
        assert connection.execute("DELETE FROM ops.dead_letters").rowcount == 1


def test_restoring_needs_no_database_to_be_there(urls: dict[str, str], tmp_path: Path) -> None:
    write_letter(urls, "kept")
    backup(urls, tmp_path / "b")
    with psycopg.connect(conninfo(urls[WAREHOUSE_DATABASE], "postgres"), autocommit=True) as connection:
        for url in urls.values():
            connection.execute(f"DROP DATABASE {url.split('?')[0].rsplit('/', 1)[1]} WITH (FORCE)")
    restore(urls, tmp_path / "b")
    assert letters(urls) == ["kept"]


def test_a_failed_backup_leaves_the_old_file(urls: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    file.write_bytes(b"old")
    broken = {**urls, DAGSTER_DATABASE: warehouse_url(urls[DAGSTER_DATABASE], "no_such_database")}
    with pytest.raises(InputError, match=r"pg_dump failed .*no_such_database"):
        backup(broken, file)
    assert [path.name for path in tmp_path.iterdir()] == ["backup.tar"]
    assert file.read_bytes() == b"old"


@pytest.mark.parametrize("content", [b"", b"not a tar"])
def test_a_file_that_is_no_backup_is_refused_before_anything_is_touched(
    urls: dict[str, str], tmp_path: Path, content: bytes
) -> None:
    write_letter(urls, "kept")
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(InputError, match="not a backup"):
        restore(urls, tmp_path / "x", force=True)
    assert letters(urls) == ["kept"]


def test_a_damaged_backup_leaves_the_database_as_it_was(urls: dict[str, str], tmp_path: Path) -> None:
    write_letter(urls, "kept")
    backup(urls, tmp_path / "b")
    with tarfile.open(tmp_path / "b") as tar:
        tar.extractall(tmp_path / "parts", filter="data")
    dump = tmp_path / "parts" / "warehouse.dump"
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    with tarfile.open(tmp_path / "b", "w") as tar:
        for part in (tmp_path / "parts").iterdir():
            tar.add(part, part.name)
    with pytest.raises(InputError, match="pg_restore failed"):
        restore(urls, tmp_path / "b", force=True)
    assert letters(urls) == ["kept"]
