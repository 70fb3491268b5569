"""Bring a database to the schema of this version: Alembic migrations, then the scripts that may be applied again.

Belongs here: applying what ``sql/`` holds. Does not belong here: any DDL of its own.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files

import psycopg
from psycopg import sql as pgsql

import sql
from resources.database_server import check_server
from resources.database_url import conninfo, database_name, warehouse_url

MIGRATION_LOCK = 0x6261636B62656174
"""Key of the advisory lock that lets one process migrate at a time: `backbeat` in ASCII."""

API_FOLDER = "api/"
"""Folder of the scripts that define the functions of the ``api`` schema."""


@dataclass(frozen=True)
class Migration:
    """What a migration did.

    Attributes:
        created: the database did not exist.
        revision: the revision the database is at now.
        scripts: names of the repeatable scripts that were applied.
    """

    created: bool
    revision: str
    scripts: tuple[str, ...]


def migrate(url: str) -> Migration:
    """Create the database if it is missing and bring it to this version's schema.

    Doing it again changes nothing and takes milliseconds; processes that do it at once wait for each other.

    Raises:
        InputError: the server cannot be reached, is too old or has no pgvector.
    """
    created = _create_database(url)
    # held by a session of its own: Alembic and the scripts run in transactions on other connections
    with psycopg.connect(conninfo(url), autocommit=True) as guard:
        guard.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        head = _head()
        if _revision(guard) != head:
            create_roles(guard)
            _upgrade(url)
        scripts = _apply_repeatable(url)
    return Migration(created, head, scripts)


def create_roles(connection: psycopg.Connection) -> None:
    """Create the roles of ``sql/roles.sql`` that the server lacks."""
    connection.execute(sql.text("roles.sql"))


def create_database(connection: psycopg.Connection, name: str) -> None:
    """Create an empty database over a connection in autocommit mode."""
    # template0: what someone put into template1 of a shared server is not ours
    connection.execute(pgsql.SQL("CREATE DATABASE {} TEMPLATE template0").format(pgsql.Identifier(name)))


def grant(connection: psycopg.Connection) -> None:
    """Give the roles what ``sql/grants.sql`` says, on a migrated database."""
    connection.execute(sql.text("grants.sql"))


def is_current(url: str) -> bool:
    """Say whether the database exists and has this version's schema."""
    try:
        with psycopg.connect(conninfo(url)) as connection:
            return _revision(connection) == _head() and not _changed(connection)
    except psycopg.OperationalError:
        return False


def _create_database(url: str) -> bool:
    try:
        with psycopg.connect(conninfo(url)):
            return False
    except psycopg.OperationalError:
        check_server(url)
    name = database_name(url)
    with psycopg.connect(conninfo(url, "postgres"), autocommit=True) as connection:
        try:
            create_database(connection, name)
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return False
    return True


def _head() -> str:
    names = [entry.name for entry in files("sql").joinpath("migrations").iterdir() if entry.name.endswith(".sql")]
    return max(names).split("_")[0]


def _revision(connection: psycopg.Connection) -> str | None:
    row = connection.execute("SELECT to_regclass('public.alembic_version')").fetchone()
    if row is None or row[0] is None:
        return None
    version = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
    return None if version is None else str(version[0])


def _upgrade(url: str) -> None:
    # imported here: a database that is current needs neither, and they take longer to load than the check
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    check_server(url)
    engine = create_engine(warehouse_url(url), poolclass=NullPool)
    with as_file(files("sql").joinpath("migrations")) as folder, engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def _scripts() -> dict[str, str]:
    """Return name -> text of the repeatable scripts in the order they are applied."""
    api = sorted(entry.name for entry in files("sql").joinpath("api").iterdir() if entry.name.endswith(".sql"))
    # grants last, so that they cover what the others create
    return {name: sql.text(name) for name in ["roles.sql", *(f"{API_FOLDER}{name}" for name in api), "grants.sql"]}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _changed(connection: psycopg.Connection) -> Mapping[str, str]:
    """Return the scripts to apply: all from the first that changed, as later ones may build on it.

    The scripts of the api schema are applied together or not at all.
    """
    applied: dict[str, str] = dict(connection.execute("SELECT name, sha256 FROM ops.repeatable_scripts").fetchall())
    scripts = _scripts()
    first = next((name for name, text in scripts.items() if applied.get(name) != _digest(text)), None)
    if first is not None and first.startswith(API_FOLDER):
        first = next(name for name in scripts if name.startswith(API_FOLDER))
    names = list(scripts)
    return {name: scripts[name] for name in names[names.index(first) :]} if first is not None else {}


def _apply_repeatable(url: str) -> tuple[str, ...]:
    with psycopg.connect(conninfo(url)) as connection:
        changed = _changed(connection)
        if any(name.startswith(API_FOLDER) for name in changed):
            connection.execute(sql.text("statements/drop_api_functions.sql"))
        for name, text in changed.items():
            connection.execute(text)
            connection.execute(
                "INSERT INTO ops.repeatable_scripts (name, sha256) VALUES (%s, %s)"
                " ON CONFLICT (name) DO UPDATE SET sha256 = EXCLUDED.sha256, applied_at = now()",
                [name, _digest(text)],
            )
    return tuple(changed)
