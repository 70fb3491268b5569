"""Backup and restore of the warehouse and Dagster's storage: one file that holds both.

Belongs here: `pg_dump` and `pg_restore` of the two databases. Does not belong here: the object store, whose files are
named by the rows and are copied by whatever copies files.

The file is a tar of one `pg_dump` archive (custom format) per database. Roles and grants are not in it: they belong to
the server restored to, and ``sql/`` says what they are.
"""

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql as pgsql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from resources.database_url import DAGSTER_DATABASE, WAREHOUSE_DATABASE, conninfo, database_name, shown
from resources.failures import InputError
from resources.migrate import create_database, create_roles, grant
from resources.postgres_files import program_folder

MEMBERS = {WAREHOUSE_DATABASE: "warehouse.dump", DAGSTER_DATABASE: "dagster.dump"}
"""Which database is which member of the file."""


def backup(urls: Mapping[str, str], target: Path) -> int:
    """Write the databases to a file, which appears only when it is complete, and return its bytes.

    Each database is one consistent snapshot; people may go on writing meanwhile.

    Args:
        urls: ``WAREHOUSE_DATABASE`` and ``DAGSTER_DATABASE`` -> URL.
        target: the file; an existing one is replaced.

    Raises:
        InputError: `pg_dump` failed; the sentence quotes it.
    """
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        for database, url in urls.items():
            _run("pg_dump", conninfo(url), "--format=custom", f"--file={folder}/{MEMBERS[database]}")
        archive = Path(folder) / "archive.tar"
        with tarfile.open(archive, "w") as tar:
            for database in urls:
                tar.add(f"{folder}/{MEMBERS[database]}", MEMBERS[database])
        archive.replace(target)
    return target.stat().st_size


def restore(urls: Mapping[str, str], source: Path, *, force: bool = False) -> None:
    """Bring the databases back to what a backup holds.

    Each database is restored under another name and takes its place only when it is complete.

    Args:
        urls: ``WAREHOUSE_DATABASE`` and ``DAGSTER_DATABASE`` -> URL.
        source: a file that :func:`backup` wrote.
        force: also where a database holds rows already, which are lost then.

    Raises:
        InputError: the file is no backup, a database holds rows, or `pg_restore` failed.
    """
    if not force:
        for url in urls.values():
            _refuse_rows(url)
    with tempfile.TemporaryDirectory() as folder:
        try:
            with tarfile.open(source) as tar:
                tar.extractall(folder, members=[tar.getmember(MEMBERS[name]) for name in urls], filter="data")
        except (OSError, tarfile.TarError, KeyError) as error:
            raise InputError(
                f"{source} is not a backup of Backbeat ({error}).", "Name a file that `backbeat db backup` wrote."
            ) from error
        for database, url in urls.items():
            _restore_one(url, Path(folder) / MEMBERS[database])


def _refuse_rows(url: str) -> None:
    try:
        with psycopg.connect(conninfo(url)) as connection:
            tables = connection.execute(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'alembic_version'"
                " AND (schemaname, tablename) <> ('ops', 'repeatable_scripts')"
            ).fetchall()
            full = [table for (table,) in tables if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()]  # noqa: S608
    except psycopg.OperationalError:
        # no such database yet: nothing to lose
        return
    if full:
        raise InputError(
            f"The database at {shown(url)} holds rows ({', '.join(full[:3])}...), which restoring would replace.",
            "Back it up first, then restore with --force.",
        )


def _restore_one(url: str, archive: Path) -> None:
    with psycopg.connect(conninfo(url, "postgres"), autocommit=True) as connection:
        name = database_name(url)
        fresh, old = f"{name}_restoring", f"{name}_replaced"
        create_roles(connection)
        for leftover in (fresh, old):
            _drop(connection, leftover)
        create_database(connection, fresh)
        _run(
            "pg_restore", conninfo(url, fresh), "--exit-on-error", "--no-owner", "--no-privileges", str(archive)
        )  # fmt: skip
        if archive.name == MEMBERS[WAREHOUSE_DATABASE]:
            with psycopg.connect(conninfo(url, fresh)) as restored:
                grant(restored)
        _rename(connection, name, old)
        _rename(connection, fresh, name)
        _drop(connection, old)


def _drop(connection: psycopg.Connection, database: str) -> None:
    connection.execute(pgsql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(pgsql.Identifier(database)))


def _rename(connection: psycopg.Connection, database: str, name: str) -> None:
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is not None:
        connection.execute(
            pgsql.SQL("ALTER DATABASE {} RENAME TO {}").format(pgsql.Identifier(database), pgsql.Identifier(name))
        )


def _run(program: str, target: str, *arguments: str) -> None:
    options = conninfo_to_dict(target)
    # command lines are public on most machines: a password travels in the environment
    environment = {**os.environ, "PGPASSWORD": str(options.pop("password", "") or "")}
    completed = subprocess.run(
        [str(program_folder() / program), f"--dbname={make_conninfo('', **options)}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if completed.returncode != 0:
        lines = completed.stderr.strip().splitlines() or [f"exit code {completed.returncode}"]
        raise InputError(
            f"{program} failed ({lines[0]}).",
            "Put that right and try again; a server newer than the programs installed needs programs of its own.",
        )
