"""Which PostgreSQL server the platform uses: the one that the settings name, or the embedded one under home.

Belongs here: the choice and the checks that a foreign server is fit. Does not belong here: how the embedded
server is run (``resources.postgres_server``), migrations (``resources.migrate``).
"""

import psycopg

from resources import postgres_server
from resources.database_url import DAGSTER_DATABASE, WAREHOUSE_DATABASE, conninfo, dagster_url, shown, warehouse_url
from resources.failures import InputError
from resources.settings import Settings

OLDEST_SERVER = 15
"""Oldest PostgreSQL that is supported: earlier ones lack security_invoker views."""


def warehouse_server_url(settings: Settings) -> str:
    """Return the warehouse's URL (psycopg), starting the embedded server if that is the one meant and it is down."""
    if settings.database_url is not None:
        return warehouse_url(settings.database_url.get_secret_value())
    return warehouse_url(postgres_server.ensure_running(settings.home_path), WAREHOUSE_DATABASE)


def dagster_server_url(settings: Settings) -> str:
    """Return the URL of Dagster's storage (psycopg2): the setting, or database `dagster` beside the warehouse."""
    if settings.dagster_url is not None:
        return dagster_url(settings.dagster_url.get_secret_value())
    return dagster_url(warehouse_server_url(settings), DAGSTER_DATABASE)


def check_server(url: str) -> None:
    """Check that a server is reachable, new enough and offers pgvector.

    Raises:
        InputError: it is not; the sentence says what to do.
    """
    try:
        with psycopg.connect(conninfo(url, "postgres")) as connection:
            version = connection.info.server_version // 10_000
            vector = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").fetchone()
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise InputError(
            f"The database server at {shown(url)} cannot be reached ({reason}).",
            "Start it, correct BACKBEAT_DATABASE_URL, or unset it to use the embedded server.",
        ) from error
    if version < OLDEST_SERVER:
        raise InputError(
            f"The database server at {shown(url)} is PostgreSQL {version}, and {OLDEST_SERVER} is the oldest that "
            "works.",
            "Upgrade it, or unset BACKBEAT_DATABASE_URL to use the embedded server.",
        )
    if vector is None:
        raise InputError(
            f"The database server at {shown(url)} has no pgvector.",
            "Install the extension `vector` on it, or unset BACKBEAT_DATABASE_URL to use the embedded server.",
        )
